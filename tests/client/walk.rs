//! Walks: everything is found, once, with where it was linked from, and no more than was asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use rosefish::schema::MemoryCollection;
use rosefish::walk::{NotFollowed, Unreached, Visit, Walk};
use rosefish::wire::Record as _;
use rosefish::{Client, Credentials};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Tree};
use serde_json::json;

use crate::{builder, connected};

async fn all(walk: Walk) -> BTreeMap<String, Visit> {
    let mut visits = walk.visits();
    let mut found = BTreeMap::new();
    while let Some(visit) = visits.next().await {
        let before = found.insert(visit.uri.trim_end_matches('/').to_owned(), visit);
        assert!(before.is_none(), "{before:?} was visited twice");
    }
    assert_eq!(visits.known(), found.len());
    assert_eq!(visits.visited(), found.len());
    found
}

#[tokio::test]
async fn a_walk_leaves_out_what_it_is_told_to_and_nothing_else() {
    let (mock, bmc) = connected().await;
    let everything = all(Walk::new(&bmc)).await;
    assert!(everything.len() > 50 && everything.values().all(|visit| visit.resource.is_ok()), "{}", everything.len());
    let is_log = |uri: &str| uri.contains("/LogServices");
    assert!(everything.keys().any(|uri| is_log(uri)));

    mock.clear_requests();
    let skipped = all(Walk::new(&bmc).skip("/redfish/v1/**/logservices/**")).await;
    assert!(skipped.keys().all(|uri| !is_log(uri)));
    assert!(everything.keys().filter(|uri| !is_log(uri)).all(|uri| skipped.contains_key(uri)), "nothing else");
    assert!(mock.requests().iter().all(|request| !is_log(request.path())), "it is not even read");

    let no_memory = all(Walk::new(&bmc).skip_type(MemoryCollection::type_table())).await;
    assert!(no_memory.keys().all(|uri| !uri.ends_with("/Memory")));
    assert!(no_memory.contains_key("/redfish/v1/Systems/1/Processors"));

    let systems = all(Walk::new(&bmc).follow_if(|link| link.uri.contains("/Systems"))).await;
    assert!(systems.contains_key("/redfish/v1/Systems/1") && !systems.contains_key("/redfish/v1/Chassis"));
}

#[tokio::test]
async fn a_walk_begins_where_it_is_told_to_and_goes_no_further() {
    let (_mock, bmc) = connected().await;
    let alone = all(Walk::new(&bmc).from("/redfish/v1/Systems/1").depth(0)).await;
    assert_eq!(alone.keys().collect::<Vec<_>>(), ["/redfish/v1/Systems/1"]);
    assert!(alone.values().all(|visit| visit.linked_from.is_none() && visit.depth == 0));

    let near = all(Walk::new(&bmc).depth(1)).await;
    assert!(near.contains_key("/redfish/v1/Systems") && !near.contains_key("/redfish/v1/Systems/1"));
    let system = all(Walk::new(&bmc).depth(2)).await.remove("/redfish/v1/Systems/1").unwrap();
    assert_eq!((system.depth, system.page), (2, false));
    assert_eq!(system.linked_from.unwrap().to_string(), "/redfish/v1/Systems#/Members/0");

    let two = all(Walk::new(&bmc).from("/redfish/v1/Chassis").from("/redfish/v1/Managers").depth(0)).await;
    assert_eq!(two.len(), 2);
    let mut visits = Walk::new(&bmc).limit(7).visits();
    let mut number = 0;
    while visits.next().await.is_some() {
        number += 1;
    }
    assert_eq!((number, visits.visited()), (7, 7));
}

#[tokio::test]
async fn what_can_not_be_read_is_an_item_and_hides_nothing() {
    let link = |uri: &str| json!({ "@odata.id": uri });
    let members =
        ["/redfish/v1/Systems/1", "/redfish/v1/Systems/2", "/redfish/v1/Systems/3", "https://elsewhere/x", "4"];
    let members: Vec<_> = members.map(link).into();
    let system = |id: &str| json!({ "Id": id, "Name": id });
    let tree = Tree::new()
        .with("/redfish/v1", json!({ "Name": "Root", "Systems": link("/redfish/v1/Systems") }))
        .with("/redfish/v1/Systems", json!({ "Name": "Systems", "Members": members }))
        .with("/redfish/v1/Systems/2", system("2"))
        .with("/redfish/v1/Systems/3", system("3"));
    let mock = MockBmc::builder().tree(tree).plain().start().await.unwrap();
    mock.faults().add(Rule::on("GET", "**/Systems/2").then(Action::Status(500)));
    let credentials = Credentials::new(mock.user(), mock.password());
    let bmc = Client::builder(&mock.url()).credentials(credentials).basic_auth().connect().await.unwrap();
    let found = all(Walk::new(&bmc)).await;
    assert_eq!(found.len(), 7, "{found:?}");
    let place = |uri: &str| &found[uri].resource;
    assert!(matches!(place("/redfish/v1/Systems/1"), Err(Unreached::Dangling(error)) if error.status() == Some(404)));
    assert!(matches!(place("/redfish/v1/Systems/2"), Err(Unreached::Failed(error)) if error.status() == Some(500)));
    assert!(place("/redfish/v1/Systems/3").is_ok());
    assert!(matches!(place("https://elsewhere/x"), Err(Unreached::NotFollowed(NotFollowed::AnotherHost))));
    assert!(matches!(place("4"), Err(Unreached::NotFollowed(NotFollowed::NotAPath))));
    let from = found["/redfish/v1/Systems/2"].linked_from.as_ref().unwrap();
    assert_eq!((from.uri.as_str(), from.pointer.as_str()), ("/redfish/v1/Systems", "/Members/1"));
}

#[tokio::test]
async fn whoever_reads_between_two_visits_does_not_wait_for_the_walk() {
    let mock = MockBmc::builder().latency(Duration::from_millis(2)).start().await.unwrap();
    let bmc = builder(&mock).concurrency(1).connect().await.unwrap();
    let reading = async {
        let mut visits = Walk::new(&bmc).limit(20).visits();
        while let Some(visit) = visits.next().await {
            bmc.get_raw(&visit.uri).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap();
}
