//! Every whole tree of the corpus, with one member of each collection that can't be read: the lists of a host have all
//! that they had before but for what stands there, and name the place.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Instant;

use rosefish::host::{EventLogQuery, Host, Missing, Partial, Protocol};
use rosefish::{Error, RetryPolicy};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Tree};
use serde_json::Value;

const VERBS: [&str; 4] = ["sensors", "inventory", "event_log", "users"];

/// What a list had: the identifiers, and the places that could not be read.
struct List {
    items: Vec<String>,
    missing: Vec<String>,
}

async fn read(host: &Host, verb: &str) -> Result<List, Error> {
    fn list<T>(read: Partial<T>, id: impl Fn(&T) -> &String) -> List {
        let missing = read.missing.iter().map(|missing: &Missing| missing.place.clone()).collect();
        List { items: read.iter().map(|item| id(item).clone()).collect(), missing }
    }
    Ok(match verb {
        "sensors" => list(host.sensors().await?.value, |sensor| &sensor.id),
        "inventory" => list(host.inventory().await?.value, |part| &part.id),
        "event_log" => list(host.event_log(EventLogQuery::all()).await?.value, |entry| &entry.id),
        _ => list(host.users().await?.value, |user| &user.id),
    })
}

fn faults() -> [(&'static str, Action); 4] {
    [
        ("404", Action::Status(404)),
        ("500", Action::Status(500)),
        ("HTML", Action::html(200)),
        ("nothing", Action::Close),
    ]
}

/// A tree that is served.
struct Served {
    name: String,
    tree: Tree,
    bmc: MockBmc,
    host: Host,
}

/// What a list has when all is well, and which places that took.
struct Whole {
    items: Vec<String>,
    missing: BTreeSet<String>,
    asked: BTreeSet<String>,
    /// Of each collection that has several members, one that was read.
    members: Vec<String>,
}

#[derive(Default)]
struct Row {
    lists: usize,
    faults: usize,
    kept: usize,
    lost_with_it: usize,
    hidden: Vec<String>,
    unnamed: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs ../shared/corpus"]
async fn a_bad_member_in_any_captured_tree_hides_no_other_and_is_named() {
    let begun = Instant::now();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let list = std::fs::read_to_string(corpus.join("TREES.tsv")).unwrap();
    let places = list.lines().skip(1).filter_map(|line| {
        let mut columns = line.split('\t');
        Some(corpus.join(columns.next()?).join(columns.next()?))
    });
    let mut table: BTreeMap<(&str, &str), Row> = BTreeMap::new();
    let mut trees = 0;
    for dir in places.collect::<BTreeSet<PathBuf>>() {
        let Ok(tree) = Tree::from_dir(&dir) else { continue };
        trees += 1;
        let served = serve(&dir, tree).await;
        for verb in VERBS {
            let Some(whole) = whole(&served, verb).await else { continue };
            let leaves = whole.members.iter().filter(|uri| is_leaf(&whole, uri)).cloned().collect();
            let branches = whole.members.iter().filter(|uri| !is_leaf(&whole, uri));
            // What is below a branch goes with it: such are tried one by one.
            let tries: Vec<Vec<String>> =
                std::iter::once(leaves).chain(branches.map(|uri| vec![uri.clone()])).collect();
            for (name, action) in faults() {
                let row = table.entry((verb, name)).or_default();
                for bad in tries.iter().filter(|bad| !bad.is_empty()) {
                    try_out(&served, verb, &whole, bad, &action, row).await;
                }
            }
        }
    }
    println!("{trees} trees in {:.0} s", begun.elapsed().as_secs_f64());
    println!(
        "{:<10} {:<8} {:>6} {:>7} {:>7} {:>9} {:>7} {:>8}",
        "list", "fault", "lists", "faults", "kept", "lost with", "hidden", "unnamed"
    );
    for ((verb, fault), row) in &table {
        let (hidden, unnamed) = (row.hidden.len(), row.unnamed.len());
        println!(
            "{verb:<10} {fault:<8} {:>6} {:>7} {:>7} {:>9} {hidden:>7} {unnamed:>8}",
            row.lists, row.faults, row.kept, row.lost_with_it
        );
    }
    let all = |of: fn(&Row) -> &Vec<String>| table.values().flat_map(of).cloned().collect::<Vec<_>>();
    assert!(trees > 50 && table.values().map(|row| row.faults).sum::<usize>() > 500);
    for line in all(|row| &row.hidden).iter().chain(&all(|row| &row.unnamed)) {
        eprintln!("{line}");
    }
    assert!(all(|row| &row.hidden).is_empty() && all(|row| &row.unnamed).is_empty());
}

async fn serve(dir: &Path, mut tree: Tree) -> Served {
    // Each member is to be asked for by itself.
    if let Some(mut root) = tree.json("/redfish/v1").cloned() {
        root.as_object_mut().unwrap().remove("ProtocolFeaturesSupported");
        tree.insert("/redfish/v1", root);
    }
    let bmc = MockBmc::builder().tree(tree.clone()).plain().credentials("admin", "password").start().await.unwrap();
    let host = Host::builder(&bmc.url()).protocol(Protocol::Redfish).credentials(super::credentials());
    let host = host.redfish(|client| client.basic_auth().concurrency(16).retry(RetryPolicy::none()));
    let name = dir.iter().rev().take(2).map(|part| part.to_string_lossy()).collect::<Vec<_>>();
    let host = host.connect().await.unwrap_or_else(|error| panic!("{}: {error}", dir.display())).value;
    Served { name: format!("{}/{}", name[1], name[0]), tree, bmc, host }
}

fn key(uri: &str) -> String {
    uri.split('#').next().unwrap_or_default().trim_end_matches('/').to_owned()
}

async fn whole(served: &Served, verb: &str) -> Option<Whole> {
    served.bmc.clear_requests();
    let list = read(&served.host, verb).await.ok()?;
    let requests = served.bmc.requests();
    let asked: BTreeSet<_> =
        requests.iter().filter(|request| request.status() == 200).map(|request| key(request.path())).collect();
    let mut members = Vec::new();
    for uri in &asked {
        let all = served.tree.json(uri).and_then(|json| json.get("Members")).and_then(Value::as_array);
        let all: Vec<_> =
            all.into_iter().flatten().filter_map(|member| member["@odata.id"].as_str()).map(key).collect();
        let read: Vec<_> = all.iter().filter(|uri| asked.contains(*uri)).collect();
        if all.len() > 1 && !read.is_empty() {
            members.push(read[read.len() / 2].clone());
        }
    }
    Some(Whole { items: list.items, missing: list.missing.iter().map(|uri| key(uri)).collect(), asked, members })
}

/// Whether nothing is read below a place, or by a link in it that no other place has.
fn is_leaf(whole: &Whole, uri: &str) -> bool {
    !whole.asked.iter().any(|asked| asked.strip_prefix(uri).is_some_and(|rest| rest.starts_with('/')))
}

/// The places that references in a resource lead to.
fn collect(value: &Value, links: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            links.extend(object.get("@odata.id").and_then(Value::as_str).map(key));
            object.values().for_each(|value| collect(value, links));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, links)),
        _ => {}
    }
}

/// What was read when all was well and can be reached by links that don't stand in a bad member.
fn reachable(served: &Served, whole: &Whole, bad: &[String]) -> BTreeSet<String> {
    // The root was read when the host was connected.
    let root = "/redfish/v1".to_owned();
    let mut reached = BTreeSet::new();
    let mut open = vec![root.clone()];
    while let Some(uri) = open.pop() {
        let was_read = uri == root || whole.asked.contains(&uri);
        if was_read && !bad.contains(&uri) && reached.insert(uri.clone()) {
            served.tree.json(&uri).into_iter().for_each(|json| collect(json, &mut open));
        }
    }
    reached
}

async fn try_out(served: &Served, verb: &str, whole: &Whole, bad: &[String], action: &Action, row: &mut Row) {
    let rules: Vec<_> = bad
        .iter()
        .flat_map(|uri| [uri.clone(), format!("{uri}/")])
        .map(|uri| served.bmc.faults().add(Rule::on("GET", &uri).then(action.clone())))
        .collect();
    served.bmc.clear_requests();
    let read = read(&served.host, verb).await;
    for rule in rules {
        served.bmc.faults().remove(rule);
    }
    let place = |what: &str| format!("{}: {verb}: {what} with {action:?} at {}", served.name, bad.join(" "));
    let list = match read {
        Ok(list) => list,
        Err(error) => {
            // Of the only one there is, nothing else can be hidden; but it has to be named.
            let below = |item: &String| bad.iter().any(|uri| key(item).starts_with(uri.as_str()));
            if !whole.items.iter().all(below) && verb != "event_log" {
                row.hidden.push(place(&error.to_string()));
            }
            return;
        }
    };
    row.lists += 1;
    row.faults += bad.len();
    let requests = served.bmc.requests();
    let asked: BTreeSet<_> = requests.iter().map(|request| key(request.path())).collect();
    let missing: BTreeSet<_> = list.missing.iter().map(|uri| key(uri)).collect();
    for uri in bad.iter().filter(|uri| asked.contains(*uri) && !missing.contains(*uri)) {
        row.unnamed.push(place(uri));
    }
    for uri in missing.iter().filter(|uri| !whole.missing.contains(*uri) && !bad.contains(uri)) {
        row.unnamed.push(place(&format!("{uri} is named")));
    }
    let mut left: HashMap<&String, usize> = HashMap::new();
    for item in &list.items {
        *left.entry(item).or_default() += 1;
    }
    let own_ids: Vec<_> = bad.iter().filter_map(|uri| served.tree.json(uri)?["Id"].as_str()).collect();
    let reachable = reachable(served, whole, bad);
    for item in &whole.items {
        if let Some(count) = left.get_mut(item).filter(|count| **count > 0) {
            *count -= 1;
            row.kept += 1;
            continue;
        }
        let document = key(item);
        let is_below = bad.iter().any(|uri| document.starts_with(uri.as_str()));
        // What only the bad one led to was not asked for either.
        let leads_there = |uri: &String| {
            let mut links = Vec::new();
            served.tree.json(uri).into_iter().for_each(|json| collect(json, &mut links));
            !is_leaf(whole, uri) || links.contains(&document)
        };
        let is_cut_off = !reachable.contains(&document) || bad.iter().any(leads_there);
        let went_with_it = item.starts_with('/') && !asked.contains(&document) && is_cut_off;
        // Another log stands for the event log where the one that did can't be read.
        let is_other_log = verb == "event_log" && bad.iter().any(|uri| !is_leaf(whole, uri));
        if is_below || went_with_it || is_other_log || own_ids.contains(&item.as_str()) {
            row.lost_with_it += 1;
        } else {
            row.hidden.push(place(item));
        }
    }
}
