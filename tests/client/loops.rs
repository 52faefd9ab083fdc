//! The loops that the README teaches, over every whole tree of the corpus: each member of each collection is read, or named
//! as missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rosefish::wire::Type;
use rosefish::{Client, Members, Resource, RetryPolicy};
use rosefish_mock::{MockBmc, Tree};
use serde_json::Value;

/// What became of the collections of a kind.
#[derive(Default)]
struct Row {
    trees: BTreeSet<PathBuf>,
    collections: usize,
    members: usize,
    read: usize,
    missing: usize,
    hidden: Vec<String>,
}

struct Loops<'t> {
    dir: &'t Path,
    tree: &'t Tree,
    table: &'t mut BTreeMap<&'static str, Row>,
}

fn key(uri: &str) -> String {
    uri.trim_end_matches('/').to_owned()
}

fn uri_of(reference: &Value) -> Option<String> {
    Some(key(reference.get("@odata.id")?.as_str()?)).filter(|uri| !uri.is_empty())
}

impl Loops<'_> {
    /// The members that the payloads have, counted without the library: of a linked collection over all its pages, or of an
    /// array of links. None where the property is not there.
    fn in_payload(&self, parent: &str, property: &str) -> Option<Vec<Option<String>>> {
        let parent = self.tree.json(parent)?;
        let value = parent.get(property)?;
        if let Some(links) = value.as_array() {
            return Some(links.iter().map(uri_of).collect());
        }
        let mut members = Vec::new();
        let mut next = Some(uri_of(value)?);
        let mut seen = BTreeSet::new();
        while let Some(uri) = next.take().filter(|uri| seen.insert(uri.clone())) {
            let Some(page) = self.tree.json(&uri) else { break };
            let listed = page.get("Members").and_then(Value::as_array);
            members.extend(listed.into_iter().flatten().map(uri_of));
            next = page.get("Members@odata.nextLink").and_then(Value::as_str).map(key);
        }
        Some(members)
    }

    async fn read<T: Type>(
        &mut self,
        kind: &'static str,
        parent: &str,
        property: &str,
        members: Members<T>,
    ) -> Vec<Resource<T>> {
        let found = members.collect_all().await;
        let expected = self.in_payload(parent, property);
        let row = self.table.entry(kind).or_default();
        let Some(expected) = expected else {
            // What no payload has can't be hidden, but neither can it be made up.
            assert!(found.items.is_empty(), "{}: {parent}/{property}", self.dir.display());
            return found.items;
        };
        row.trees.insert(self.dir.to_owned());
        row.collections += 1;
        row.members += expected.len();
        row.read += found.items.len();
        row.missing += found.missing.len();
        let read: BTreeSet<_> = found.items.iter().map(|item| key(item.uri())).collect();
        let missing: BTreeSet<_> = found.missing.iter().map(|missing| key(&missing.place)).collect();
        let place = format!("{}: {parent}/{property}", self.dir.display());
        // A resource goes by what it calls itself, which in some captured payloads is the name of another one.
        let is_read = |uri: &String| {
            read.contains(uri) || self.tree.json(uri).and_then(uri_of).is_some_and(|own| read.contains(&own))
        };
        for uri in expected.iter().flatten().filter(|uri| !is_read(uri) && !missing.contains(*uri)) {
            row.hidden.push(format!("{place}: {uri}"));
        }
        let places = found.items.len() + found.missing.len();
        if places < expected.len() {
            row.hidden.push(format!("{place}: {} members that have no name of their own", expected.len() - places));
        }
        found.items
    }

    async fn all(&mut self, bmc: &Client) {
        let root = bmc.root();
        let at = root.uri().to_owned();
        for system in self.read("systems", &at, "Systems", root.systems().members()).await {
            let at = system.uri();
            self.read("memory", at, "Memory", system.memory().members()).await;
            self.read("processors", at, "Processors", system.processors().members()).await;
            self.read("network interfaces", at, "EthernetInterfaces", system.ethernet_interfaces().members()).await;
            for log in self.read("logs", at, "LogServices", system.log_services().members()).await {
                self.read("log entries", log.uri(), "Entries", log.entries().members()).await;
            }
            for unit in self.read("storage", at, "Storage", system.storage().members()).await {
                self.read("drives", unit.uri(), "Drives", unit.drives()).await;
                self.read("volumes", unit.uri(), "Volumes", unit.volumes().members()).await;
            }
        }
        for chassis in self.read("chassis", &at, "Chassis", root.chassis().members()).await {
            let at = chassis.uri();
            self.read("sensors", at, "Sensors", chassis.sensors().members()).await;
            self.read("network adapters", at, "NetworkAdapters", chassis.network_adapters().members()).await;
        }
        for manager in self.read("managers", &at, "Managers", root.managers().members()).await {
            let at = manager.uri();
            self.read("network interfaces", at, "EthernetInterfaces", manager.ethernet_interfaces().members()).await;
            self.read("virtual media", at, "VirtualMedia", manager.virtual_media().members()).await;
            for log in self.read("logs", at, "LogServices", manager.log_services().members()).await {
                self.read("log entries", log.uri(), "Entries", log.entries().members()).await;
            }
        }
        if let Ok(Some(service)) = root.account_service().get_opt().await {
            self.read("accounts", service.uri(), "Accounts", service.accounts().members()).await;
        }
        if let Ok(Some(service)) = root.update_service().get_opt().await {
            let firmware = service.firmware_inventory().members();
            self.read("firmware", service.uri(), "FirmwareInventory", firmware).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs ../shared/corpus"]
async fn the_loops_of_the_readme_read_or_name_every_member_of_every_captured_tree() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let list = std::fs::read_to_string(corpus.join("TREES.tsv")).unwrap();
    let places = list.lines().skip(1).filter_map(|line| {
        let mut columns = line.split('\t');
        Some(corpus.join(columns.next()?).join(columns.next()?))
    });
    let mut table = BTreeMap::new();
    let mut trees = 0;
    for dir in places.collect::<BTreeSet<PathBuf>>() {
        let Ok(tree) = Tree::from_dir(&dir) else { continue };
        trees += 1;
        let mock = MockBmc::builder().tree(tree.clone()).plain().credentials("admin", "password");
        let mock = mock.start().await.unwrap();
        let bmc = Client::builder(&mock.url()).credentials(rosefish::Credentials::new("admin", "password"));
        let bmc = bmc.basic_auth().concurrency(16).retry(RetryPolicy::none()).connect().await;
        let bmc = bmc.unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        Loops { dir: &dir, tree: &tree, table: &mut table }.all(&bmc).await;
    }
    println!("{trees} trees");
    println!(
        "{:<20} {:>5} {:>11} {:>7} {:>7} {:>7} {:>6}",
        "kind", "trees", "collections", "members", "read", "missing", "hidden"
    );
    for (kind, row) in &table {
        let (trees, hidden) = (row.trees.len(), row.hidden.len());
        println!(
            "{kind:<20} {trees:>5} {:>11} {:>7} {:>7} {:>7} {hidden:>6}",
            row.collections, row.members, row.read, row.missing
        );
    }
    let hidden: Vec<_> = table.values().flat_map(|row| &row.hidden).collect();
    assert!(trees > 50 && table.values().map(|row| row.members).sum::<usize>() > 3000);
    assert!(hidden.is_empty(), "{hidden:#?}");
}
