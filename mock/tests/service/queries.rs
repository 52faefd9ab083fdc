//! Query parameters as a client meets them.

use reqwest::Method;
use rosefish_mock::{MockBmc, Query, QuerySupport, Tree};
use serde_json::{Value, json};

use crate::support::{demo, get, patch, send_with, small_tree};

#[tokio::test]
async fn members_are_expanded_selected_and_filtered() {
    let bmc = demo().await;
    let sensors = "/redfish/v1/Chassis/1U/Sensors";
    let whole = get(&bmc, &format!("{sensors}?$expand=.")).await;
    assert_eq!(whole.status, 200);
    let members = whole.json()["Members"].as_array().unwrap().clone();
    assert_eq!(members.len(), 19);
    assert!(members.iter().all(|member| member["Reading"].is_number() && member["@odata.type"].is_string()));

    let hot = get(
        &bmc,
        &format!("{sensors}?$filter=Reading gt 40 and ReadingType eq 'Temperature'&$expand=.&$select=Reading"),
    )
    .await;
    let hot = hot.json();
    let names: Vec<_> =
        hot["Members"].as_array().unwrap().iter().map(|member| member["@odata.id"].as_str().unwrap()).collect();
    assert!(names.iter().any(|name| name.ends_with("/CPU1Temp")), "{names:?}");
    assert!(!names.iter().any(|name| name.ends_with("/Fan1")), "{names:?}");
    assert_eq!(hot["Members@odata.count"], names.len());
    assert!(hot["Members"][0].get("Name").is_none());

    let excerpt = get(&bmc, &format!("{sensors}/CPU1Temp?excerpt")).await.json();
    assert_eq!(excerpt["Reading"], 52.0);
    assert!(excerpt.get("Precision").is_none() && excerpt["@odata.id"].is_string());
}

#[tokio::test]
async fn the_only_member_takes_the_collections_place() {
    let bmc = demo().await;
    assert_eq!(get(&bmc, "/redfish/v1/Systems?only").await.json()["@odata.id"], "/redfish/v1/Systems/1");
    let several = get(&bmc, "/redfish/v1/Chassis/1U/Sensors?only").await.json();
    assert!(several["Members"].is_array(), "none of several is the only one");
    let both = get(&bmc, "/redfish/v1/Systems?only&$expand=.").await;
    assert_eq!((both.status, both.message().as_str()), (400, "QueryCombinationInvalid"));
}

#[tokio::test]
async fn top_and_skip_count_members() {
    let bmc = demo().await;
    for (query, expected) in [
        ("$top=2", vec!["1", "2"]),
        ("$skip=4", vec!["5", "6"]),
        ("$skip=1&$top=2", vec!["2", "3"]),
        ("$top=0", vec![]),
        ("$skip=9", vec![]),
    ] {
        let page = get(&bmc, &format!("/redfish/v1/Systems/1/LogServices/SEL/Entries?{query}")).await.json();
        let ids: Vec<_> =
            page["Members"].as_array().unwrap().iter().map(|entry| entry["Id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{query}");
        assert_eq!(page["Members@odata.count"], 6, "the count is that of all: {query}");
        assert!(page.get("Members@odata.nextLink").is_none(), "{query}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_and_keep_the_query() {
    let bmc = MockBmc::builder().plain().page_size(4).start().await.unwrap();
    for (query, expected, pages) in
        [("", 6, 2), ("?$expand=.", 6, 2), ("?$skip=1", 5, 2), ("?$top=5", 5, 2), ("?$filter=Severity eq 'OK'", 4, 1)]
    {
        let mut next = Some(format!("/redfish/v1/Systems/1/LogServices/SEL/Entries{query}"));
        let (mut ids, mut count) = (Vec::new(), 0);
        while let Some(link) = next {
            let page = get(&bmc, &link).await;
            assert_eq!(page.status, 200, "{link}: {}", page.text);
            let page = page.json();
            for member in page["Members"].as_array().unwrap() {
                ids.push(member["@odata.id"].clone());
            }
            next = page.get("Members@odata.nextLink").and_then(Value::as_str).map(str::to_owned);
            count += 1;
        }
        let all = ids.len();
        ids.dedup();
        assert_eq!((ids.len(), all, count), (expected, expected, pages), "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_said() {
    let bmc = demo().await;
    for (query, status, message) in [
        ("Systems?only=yes", 400, "QueryParameterValueFormatError"),
        ("?excerpt=yes", 400, "QueryParameterValueFormatError"),
        ("Systems?$nonsense=1", 501, "QueryParameterUnsupported"),
        ("Systems?$top=x", 400, "QueryParameterValueTypeError"),
        ("Systems?$top=-1", 400, "QueryParameterOutOfRange"),
        ("Systems?$skip=", 400, "QueryParameterValueTypeError"),
        ("Systems?$expand=", 400, "QueryParameterValueFormatError"),
        ("Systems?$expand=.($levels=99)", 400, "QueryParameterOutOfRange"),
        ("Systems?$filter=Id", 200, ""),
        ("Systems?$filter=Id eq", 400, "QueryParameterValueFormatError"),
        ("Systems?$select=", 400, "QueryParameterValueFormatError"),
        ("Systems?$top=1&$top=2", 400, "QueryCombinationInvalid"),
        ("Systems/1?$top=1", 400, "QueryNotSupportedOnResource"),
        ("Systems/1?only", 400, "QueryNotSupportedOnResource"),
        ("Systems/1?nonsense=1", 200, ""),
    ] {
        let answer = get(&bmc, &format!("/redfish/v1/{query}")).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
        if status != 200 {
            assert_eq!(answer.message(), message, "{query}");
        }
    }
    let patch =
        send_with(&bmc, Method::PATCH, "/redfish/v1/Systems/1?$select=Id", Some(json!({ "AssetTag": "x" })), &[]).await;
    assert_eq!((patch.status, patch.message().as_str()), (400, "QueryNotSupportedOnOperation"));
}

#[tokio::test]
async fn a_service_can_know_promise_or_fail_at_a_parameter() {
    let start = |support| MockBmc::builder().plain().query(Query::Expand, support).start();
    for (support, advertised, status) in [
        (QuerySupport::Works, true, 200),
        (QuerySupport::Unadvertised, false, 200),
        (QuerySupport::Off, false, 501),
        (QuerySupport::Broken, true, 500),
    ] {
        let bmc = start(support).await.unwrap();
        let root = get(&bmc, "/redfish/v1").await.json();
        assert_eq!(root["ProtocolFeaturesSupported"]["ExpandQuery"]["NoLinks"], advertised, "{support:?}");
        assert_eq!(get(&bmc, "/redfish/v1/Systems?$expand=.").await.status, status, "{support:?}");
        assert_eq!(get(&bmc, "/redfish/v1/Systems").await.status, 200);
    }
    // A tree that says nothing knows none, and one that is asked to work does.
    let silent = MockBmc::builder().tree(small_tree()).plain().start().await.unwrap();
    assert_eq!(get(&silent, "/redfish/v1/Systems?$expand=.").await.status, 501);
    assert!(get(&silent, "/redfish/v1/Systems?only").await.json()["Members"].is_array());
    let told =
        MockBmc::builder().tree(small_tree()).plain().query(Query::Expand, QuerySupport::Works).start().await.unwrap();
    assert_eq!(get(&told, "/redfish/v1/Systems?$expand=.").await.json()["Members"][0]["Id"], "1");
}

#[tokio::test]
async fn what_a_query_made_has_a_tag_of_its_own() {
    let tree = Tree::demo();
    let bmc = MockBmc::builder().tree(tree).plain().start().await.unwrap();
    let uri = "/redfish/v1/Systems?$expand=.";
    let tag = get(&bmc, uri).await.header("etag").unwrap().to_owned();
    assert_eq!(send_with(&bmc, Method::GET, uri, None, &[("If-None-Match", &tag)]).await.status, 304);
    assert_eq!(crate::support::patch(&bmc, "/redfish/v1/Systems/1", json!({ "AssetTag": "new" })).await.status, 200);
    assert_eq!(send_with(&bmc, Method::GET, uri, None, &[("If-None-Match", &tag)]).await.status, 200);
}

#[tokio::test]
async fn an_expansion_can_be_too_large() {
    let bmc = MockBmc::builder().plain().max_expansion(10_000).start().await.unwrap();
    assert_eq!(get(&bmc, "/redfish/v1/Systems?$expand=.").await.status, 200);
    let large = get(&bmc, "/redfish/v1/Systems?$expand=*($levels=3)").await;
    assert_eq!((large.status, large.message().as_str()), (507, "InsufficientStorage"));
}

#[tokio::test]
async fn numbers_keep_their_digits_whatever_is_made_of_their_resource() {
    let numbers = r#""A":20.650000000000002,"B":23058430092136940000,"C":1.0,"D":[1.50,-0,{"E":1.5E-254}]"#;
    let (collection, sensor) = ("/redfish/v1/Sensors", "/redfish/v1/Sensors/1");
    let bodies = [
        ("/redfish/v1", r#"{"Sensors":{"@odata.id":"/redfish/v1/Sensors"}}"#.to_owned()),
        (collection, format!(r#"{{"@odata.id":"{collection}","Members":[{{"@odata.id":"{sensor}"}}],"X":1.10}}"#)),
        (sensor, format!(r#"{{"@odata.id":"{sensor}","Tag":"",{numbers}}}"#)),
    ];
    let tree = bodies.into_iter().fold(Tree::new(), |tree, (uri, body)| tree.with_body(uri, body));
    let mut builder = MockBmc::builder().tree(tree).plain();
    for query in [Query::Expand, Query::Select, Query::Filter, Query::TopSkip] {
        builder = builder.query(query, QuerySupport::Works);
    }
    let bmc = builder.start().await.unwrap();
    let answers = [
        get(&bmc, &format!("{collection}?$expand=.")).await,
        get(&bmc, &format!("{collection}?$filter=A gt 20.6&$expand=.")).await,
        get(&bmc, &format!("{collection}?$top=1&$expand=.")).await,
        get(&bmc, &format!("{sensor}?$select=A,B,C,D")).await,
        patch(&bmc, sensor, json!({ "Tag": "rack 7" })).await,
        get(&bmc, sensor).await,
        get(&bmc, &format!("{collection}?$expand=.")).await,
    ];
    for answer in answers {
        assert!(answer.status == 200 && answer.text.contains(numbers), "{}", answer.text);
        assert!(!answer.text.contains("Members") || answer.text.contains(r#""X":1.10"#), "{}", answer.text);
    }
    assert_eq!(bmc.resource(sensor).unwrap()["C"], 1.0);
}
