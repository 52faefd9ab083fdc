//! Every captured tree with a service root is walked: what can be reached is reached and typed, what dangles is said to.
//! Needs the corpus beside the repository; without it there is nothing to walk, which the test says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rosefish::walk::{Unreached, Walk};
use rosefish::{Client, Credentials};
use rosefish_cli::walk::Summary;
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_captured_tree_is_walked_to_its_ends() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let Ok(list) = std::fs::read_to_string(corpus.join("TREES.tsv")) else {
        eprintln!("skipped: no corpus at ../../shared/corpus");
        return;
    };
    let rows = list.lines().skip(1).filter_map(|line| {
        let mut columns = line.split('\t');
        Some(corpus.join(columns.next()?).join(columns.next()?))
    });
    let mut totals = Totals::default();
    for dir in rows.collect::<BTreeSet<PathBuf>>() {
        let Ok(tree) = Tree::from_dir(&dir) else { continue };
        walk(&dir, tree, &mut totals).await;
    }
    println!("{totals:#?}");
    assert!(totals.trees > 50 && totals.resources > 5_000, "{totals:?}");
}

#[derive(Debug, Default)]
struct Totals {
    trees: usize,
    resources: usize,
    pages: usize,
    dangling: usize,
    failed: BTreeMap<String, usize>,
    not_followed: usize,
    vendors_own: usize,
    untyped: Vec<String>,
}

async fn walk(dir: &Path, tree: Tree, totals: &mut Totals) {
    let reachable = reachable(&tree);
    let bmc = MockBmc::builder().tree(tree.clone()).credentials("u", "p").plain().start().await.unwrap();
    let client = Client::builder(&bmc.url())
        .credentials(Credentials::new("u", "p"))
        .basic_auth()
        .concurrency(16)
        .connect()
        .await;
    let client = client.unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut visits = Walk::new(&client).visits();
    let (mut reached, mut told) = (BTreeSet::new(), BTreeSet::new());
    while let Some(visit) = visits.next().await {
        let uri = key(&visit.uri);
        let place = || format!("{} {}", dir.display(), visit.uri);
        match &visit.resource {
            Ok(_) if visit.page => totals.pages += 1,
            Ok(resource) => {
                assert!(reached.insert(uri), "{}: visited twice", place());
                let own = resource.record().text("@odata.type").unwrap_or_default();
                if resource.table().schema() == "Resource" {
                    if own.is_empty() {
                        totals.untyped.push(place());
                    } else {
                        totals.vendors_own += 1;
                    }
                }
            }
            Err(Unreached::Dangling(error)) => {
                assert_eq!(error.status(), Some(404), "{}: {error}", place());
                assert!(tree.bytes(&uri).is_none(), "{}: {error}", place());
                told.insert(uri);
                totals.dangling += 1;
            }
            Err(Unreached::Failed(error)) => {
                let no_json = tree.bytes(&uri).is_some() && tree.json(&uri).is_none();
                let no_resource = tree.json(&uri).is_some_and(|json| !json.is_object());
                let refused =
                    error.status().is_some_and(|status| matches!(status, 405 | 501)) && tree.bytes(&uri).is_none();
                assert!(no_json || no_resource || refused || uri.contains('?'), "{}: {error}", place());
                told.insert(uri);
                *totals
                    .failed
                    .entry(error.status().map_or("no JSON".to_owned(), |status| status.to_string()))
                    .or_default() += 1;
            }
            Err(_) => totals.not_followed += 1,
        }
    }
    let forgotten: Vec<_> = reachable.iter().filter(|uri| !reached.contains(*uri) && !told.contains(*uri)).collect();
    assert!(forgotten.is_empty(), "{}: {forgotten:?}", dir.display());
    totals.trees += 1;
    totals.resources += reached.len();
}

/// The URIs that references lead to, from the service root on, found without the library.
fn reachable(tree: &Tree) -> BTreeSet<String> {
    let mut found = BTreeSet::from([key("/redfish/v1")]);
    let mut waiting: Vec<_> = found.iter().cloned().collect();
    while let Some(uri) = waiting.pop() {
        let Some(json) = tree.json(&uri) else { continue };
        let mut references = Vec::new();
        // Its own identifier leads nowhere new, whatever it says.
        for value in json.as_object().into_iter().flat_map(|object| object.values()) {
            collect(value, &mut references);
        }
        for reference in references.into_iter().filter(|text| text.starts_with('/') && !text.starts_with("//")) {
            let reference = key(reference);
            if found.insert(reference.clone()) {
                waiting.push(reference);
            }
        }
    }
    found
}

fn collect<'j>(value: &'j Value, references: &mut Vec<&'j str>) {
    match value {
        Value::Object(object) => {
            references.extend(object.get("@odata.id").and_then(Value::as_str));
            object.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

fn key(uri: &str) -> String {
    uri.trim().split('#').next().unwrap_or_default().trim_end_matches('/').to_owned()
}

#[tokio::test]
async fn pages_are_no_resources_and_each_is_read_once() {
    let page = |members: [&str; 2], next: &str| {
        let members: Vec<_> = members.map(|uri| json!({ "@odata.id": uri })).into();
        json!({ "Name": "Systems", "Members": members, "Members@odata.count": 4, "Members@odata.nextLink": next })
    };
    let system = |id: &str| json!({ "Id": id, "Name": id });
    let tree = Tree::new()
        .with("/redfish/v1", json!({ "Name": "Root", "Systems": { "@odata.id": "/redfish/v1/Systems/" } }))
        .with("/redfish/v1/Systems", page(["/redfish/v1/Systems/1", "/redfish/v1/Systems/2/"], "/redfish/v1/more"))
        // A member that came before, and the last page leads back to the first.
        .with(
            "/redfish/v1/more",
            page(["/redfish/v1/Systems/2", "/redfish/v1/Systems/3#/Status"], "/redfish/v1/Systems"),
        )
        .with("/redfish/v1/Systems/1", system("1"))
        .with("/redfish/v1/Systems/2", system("2"))
        .with("/redfish/v1/Systems/3", system("3"));
    let bmc = MockBmc::builder().tree(tree).plain().start().await.unwrap();
    let credentials = Credentials::new(bmc.user(), bmc.password());
    let client = Client::builder(&bmc.url()).credentials(credentials).basic_auth().connect().await.unwrap();
    let (mut visits, mut summary) = (Walk::new(&client).visits(), Summary::default());
    while let Some(visit) = visits.next().await {
        summary.add(&visit);
    }
    let types: Vec<_> = summary.types().iter().map(|(name, number)| (name.as_str(), *number)).collect();
    assert_eq!(types, [("ComputerSystem", 3), ("ComputerSystemCollection", 1), ("ServiceRoot", 1)]);
    assert_eq!(summary.unread().collect::<Vec<_>>(), Vec::<String>::new());
    // One more than there are places: the client reads the root as it connects.
    assert_eq!((visits.visited(), visits.known(), bmc.request_count()), (6, 6, 7));
}
