//! Query parameters: asked where the service says that it can, done without where it can't, and never worse for it.

use std::time::{Duration, Instant};

use rosefish::schema::{Chassis, Sensor, SensorCollection, ServiceRoot};
use rosefish::{Client, ErrorKind, Expand, Filter, Query, Resource};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{Builder, MockBmc, Query as Parameter, QuerySupport, Tree};
use serde_json::{Value, json};

use crate::{builder, connected};

const SENSORS: &str = "/redfish/v1/Chassis/1U/Sensors";

async fn started(mock: Builder) -> (MockBmc, Client, Resource<Chassis>) {
    let mock = mock.start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let chassis = bmc.get::<Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
    mock.clear_requests();
    (mock, bmc, chassis)
}

async fn names(chassis: &Resource<Chassis>, query: Query) -> Vec<String> {
    let all: Vec<_> = chassis.sensors().query(query).members().try_collect().await.unwrap();
    all.into_iter().map(|sensor: Resource<Sensor>| sensor.uri().rsplit('/').next().unwrap().to_owned()).collect()
}

/// What each request for the collection asked.
fn asked(mock: &MockBmc) -> Vec<String> {
    let requests = mock.requests();
    let of_collection = requests.iter().filter(|request| request.path() == SENSORS);
    of_collection.map(|request| request.query().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn members_come_with_their_collection_where_the_service_expands() {
    let (mock, _bmc, chassis) = started(MockBmc::builder()).await;
    let expanded = names(&chassis, Query::new()).await;
    assert_eq!(asked(&mock), ["$expand=.($levels=1)"]);
    assert_eq!(mock.request_count(), 1, "one request for {} sensors", expanded.len());
    mock.clear_requests();
    let singly = names(&chassis, Query::new().without_expand()).await;
    assert_eq!(singly, expanded);
    assert_eq!(mock.request_count(), 1 + singly.len());

    // What was inlined is as good as what was read: it has its place, its version, and leads on.
    let sensor = chassis.sensors().members().try_next().await.unwrap().unwrap();
    let itself = sensor.client().get::<Sensor>(sensor.uri()).await.unwrap();
    assert_eq!(sensor.value(), itself.value());
}

#[tokio::test]
async fn an_expansion_that_fails_is_not_tried_again() {
    for status in [500, 501, 400, 404] {
        let (mock, _bmc, chassis) = started(MockBmc::builder().query(Parameter::Expand, QuerySupport::Broken)).await;
        if status != 500 {
            mock.faults().add(Rule::on("GET", SENSORS).times(1).then(Action::Status(status)));
        }
        let count = names(&chassis, Query::new()).await.len();
        assert_eq!(asked(&mock), ["$expand=.($levels=1)", ""], "{status}");
        assert_eq!(mock.request_count(), 2 + count);
        mock.clear_requests();
        assert_eq!(names(&chassis, Query::new()).await.len(), count);
        assert_eq!(asked(&mock), [""], "it is remembered");
    }
}

#[tokio::test]
async fn an_error_that_has_nothing_to_do_with_the_query_is_told_as_it_is() {
    let (mock, _bmc, chassis) = started(MockBmc::builder()).await;
    mock.remove(SENSORS);
    let error = chassis.sensors().members().try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(!error.to_string().contains("expand"), "{error}");
}

#[tokio::test]
async fn members_that_lost_properties_when_they_were_expanded_are_read_themselves() {
    let (mock, bmc, chassis) = started(MockBmc::builder()).await;
    let raw = bmc.get_raw(&format!("{SENSORS}?$expand=.")).await.unwrap();
    let mut lossy: Value = serde_json::from_slice(&raw.body).unwrap();
    let members = lossy["Members"].as_array_mut().unwrap();
    for (number, name) in ["Id", "Name", "ReadingType"].into_iter().enumerate() {
        members[number].as_object_mut().unwrap().remove(name);
    }
    members[3] = json!({"@odata.id": members[3]["@odata.id"], "@odata.etag": "\"1\""});
    let count = members.len();
    mock.faults().add(Rule::on("GET", SENSORS).then(Action::json(200, lossy)));
    mock.clear_requests();
    let all: Vec<_> = chassis.sensors().members().try_collect().await.unwrap();
    assert_eq!(all.len(), count);
    assert!(all.iter().all(|sensor| sensor.id.is_some() && sensor.name.is_some()));
    // What the schema does not require may be missing.
    assert_eq!(mock.request_count(), 1 + 3);
}

#[tokio::test]
async fn pages_keep_the_query_whether_their_links_do_or_not() {
    let (mock, _bmc, chassis) = started(MockBmc::builder().page_size(5)).await;
    let filter = Filter::property("ReadingType").eq("Temperature");
    let temperatures = names(&chassis, Query::new().filter(filter)).await;
    assert!(temperatures.len() >= 5 && temperatures.iter().all(|name| name.contains("Temp")), "{temperatures:?}");
    let all = names(&chassis, Query::new()).await;
    assert!(all.len() > temperatures.len());
    let queries = asked(&mock);
    assert!(queries.len() > 4 && queries.iter().all(|query| query.contains("$expand=.")), "{queries:?}");
    assert!(queries.iter().all(|query| query.matches("$expand").count() == 1), "{queries:?}");

    // A service whose links forget what was asked.
    let mut first = mock.resource(SENSORS).unwrap();
    let members = first["Members"].as_array().unwrap().clone();
    let mut second = first.clone();
    first["Members"] = members[..10].to_vec().into();
    first["Members@odata.nextLink"] = format!("{SENSORS}Rest").into();
    second["Members"] = members[10..].to_vec().into();
    let mock = MockBmc::start().await.unwrap();
    mock.faults().add(Rule::on("GET", SENSORS).then(Action::json(200, first)));
    mock.faults().add(Rule::on("GET", &format!("{SENSORS}Rest")).then(Action::json(200, second)));
    let bmc = builder(&mock).connect().await.unwrap();
    let chassis = bmc.get::<Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
    mock.clear_requests();
    assert_eq!(names(&chassis, Query::new()).await.len(), members.len(), "{:?}", mock.requests());
    let rest = mock.requests().to("GET", &format!("{SENSORS}Rest")).assert_once();
    assert_eq!(rest.query(), Some("$expand=.($levels=1)"));
}

#[tokio::test]
async fn a_filter_gives_the_same_members_whoever_does_it() {
    let filters = [
        Filter::property("ReadingType").eq("Temperature"),
        Filter::property("ReadingType").eq("Temperature").and(Filter::property("Reading").gt(40)),
        Filter::property("Status/Health").ne("OK"),
        Filter::property("ReadingType").eq("Power").or(Filter::property("Id").eq("Fan1")),
        Filter::property("ReadingType").eq("Temperature").not(),
    ];
    let (theirs, _one, service) = started(MockBmc::builder()).await;
    let (ours, _two, client) = started(MockBmc::builder().query(Parameter::Filter, QuerySupport::Off)).await;
    let (alone, _three, singly) = started(
        MockBmc::builder().query(Parameter::Filter, QuerySupport::Off).query(Parameter::Expand, QuerySupport::Off),
    )
    .await;
    for filter in filters {
        let query = Query::new().filter(filter.clone());
        let expected = names(&service, query.clone()).await;
        assert_eq!(names(&client, query.clone()).await, expected, "{filter}");
        assert_eq!(names(&singly, query.clone()).await, expected, "{filter}");
        let part = query.skip(1).top(2);
        let expected: Vec<_> = expected.into_iter().skip(1).take(2).collect();
        assert_eq!(names(&service, part.clone()).await, expected, "{filter}");
        assert_eq!(names(&client, part.clone()).await, expected, "{filter}");
        assert_eq!(names(&singly, part).await, expected, "{filter}");
    }
    assert!(asked(&theirs).iter().all(|query| query.contains("$filter=")));
    assert!(asked(&ours).iter().chain(&asked(&alone)).all(|query| !query.contains("$filter")));
}

#[tokio::test]
async fn counting_reads_no_more_than_is_wanted() {
    let mock =
        MockBmc::builder().query(Parameter::TopSkip, QuerySupport::Off).query(Parameter::Expand, QuerySupport::Off);
    let (mock, _bmc, chassis) = started(mock).await;
    let all = names(&chassis, Query::new()).await;
    mock.clear_requests();
    assert_eq!(names(&chassis, Query::new().skip(3).top(4)).await, all[3..7]);
    assert_eq!(mock.request_count(), 1 + 4);
    let (mock, _bmc, chassis) = started(MockBmc::builder()).await;
    assert_eq!(names(&chassis, Query::new().skip(3).top(4)).await, all[3..7]);
    assert_eq!(asked(&mock), ["$expand=.($levels=1)&$skip=3&$top=4"]);
    assert_eq!(names(&chassis, Query::new().top(0)).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_selection_is_what_comes() {
    for support in [QuerySupport::Works, QuerySupport::Off] {
        let (mock, bmc, chassis) = started(MockBmc::builder().query(Parameter::Expand, support)).await;
        let query = Query::new().select(["Id", "Reading"]);
        let all: Vec<_> = chassis.sensors().query(query.clone()).members().try_collect().await.unwrap();
        assert!(all.iter().all(|sensor| sensor.id.is_some() && sensor.name.is_none()), "{support:?}");
        assert!(all.iter().any(|sensor| sensor.reading.is_some()));
        let expected = if support == QuerySupport::Works { 1 } else { 1 + all.len() };
        assert_eq!(mock.request_count(), expected, "{support:?}");
        let one = bmc.get_with::<Sensor>(&format!("{SENSORS}/CPU1Temp"), &query).await.unwrap();
        assert_eq!((one.uri(), one.name.is_none()), (&*format!("{SENSORS}/CPU1Temp"), true));
        let gist = bmc.get_with::<Sensor>(one.uri(), &Query::new().excerpt()).await.unwrap();
        assert!(gist.reading.is_some() && gist.name.is_none(), "{gist:?} {:?}", mock.requests());
    }
    // Where the service can't, all of it comes.
    let (mock, bmc, _) = started(MockBmc::builder().query(Parameter::Select, QuerySupport::Off)).await;
    let query = Query::new().select(["Id"]);
    assert!(bmc.get_with::<Sensor>(&format!("{SENSORS}/CPU1Temp"), &query).await.unwrap().name.is_some());
    assert!(mock.requests().iter().all(|request| request.query().is_none()));
    let error = bmc.get_with::<Sensor>(&format!("{SENSORS}/CPU1Temp"), &query.insist()).await.unwrap_err();
    assert_eq!(error.status(), Some(501), "{error}");
}

#[tokio::test]
async fn what_can_not_be_asked_is_refused_before_anything_is_sent() {
    let (mock, bmc, chassis) = started(MockBmc::builder().query(Parameter::Filter, QuerySupport::Off)).await;
    let unknown = Query::new().filter(Filter::property("Temperature").gt(40));
    let error = chassis.sensors().query(unknown).members().try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    assert!(error.to_string().contains("Temperature"), "{error}");
    let filter = Query::new().filter(Filter::property("Reading").gt(40));
    let error = bmc.get_with::<SensorCollection>(SENSORS, &filter).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed);
    assert!(error.to_string().contains("insist"), "{error}");
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test]
async fn the_only_member_is_had_in_one_request_or_two() {
    for (support, requests) in [(QuerySupport::Works, 1), (QuerySupport::Off, 2)] {
        let (mock, bmc, chassis) = started(MockBmc::builder().query(Parameter::Only, support)).await;
        let system = bmc.root().systems().only().await.unwrap().unwrap();
        assert_eq!(system.uri(), "/redfish/v1/Systems/1");
        assert!(system.name.is_some());
        assert_eq!(mock.request_count(), requests, "{support:?} {:?}", mock.requests());
        assert!(chassis.sensors().only().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_resource_comes_with_what_is_below_it() {
    let (mock, bmc, _) = started(MockBmc::builder()).await;
    let query = Query::new().expand(Expand::Subordinate).levels(2);
    let root = bmc.get_with::<ServiceRoot>("/redfish/v1/", &query).await.unwrap();
    let systems = root.systems.as_ref().unwrap().expanded().unwrap();
    assert_eq!(systems.members.len(), 1);
    assert!(systems.members[0].expanded().is_some(), "two levels");
    mock.clear_requests();
    // What came with it is not read again.
    let system = root.systems().members().try_next().await.unwrap().unwrap();
    assert!(system.power_state.is_some());
    assert_eq!(mock.request_count(), 0, "{:?}", mock.requests());
    let chassis = bmc.root().chassis().expand().await.unwrap();
    assert!(chassis.members[0].expanded().is_some());
}

/// A service with so many sensors.
fn many(count: usize) -> Tree {
    let link = |uri: &str| json!({"@odata.id": uri});
    let members: Vec<_> = (0..count).map(|n| link(&format!("/redfish/v1/Chassis/1/Sensors/{n}"))).collect();
    let features = json!({"ExpandQuery": {"NoLinks": true, "Levels": true}});
    let mut tree = Tree::new()
        .with(
            "/redfish/v1",
            json!({"@odata.type": "#ServiceRoot.v1_9_0.ServiceRoot", "Id": "Root", "Name": "Root",
            "ProtocolFeaturesSupported": features, "Chassis": link("/redfish/v1/Chassis")}),
        )
        .with(
            "/redfish/v1/Chassis",
            json!({"@odata.type": "#ChassisCollection.ChassisCollection", "Name": "Chassis",
            "Members": [link("/redfish/v1/Chassis/1")]}),
        )
        .with(
            "/redfish/v1/Chassis/1",
            json!({"@odata.type": "#Chassis.v1_14_0.Chassis", "Id": "1", "Name": "1",
            "ChassisType": "RackMount", "Sensors": link("/redfish/v1/Chassis/1/Sensors")}),
        )
        .with(
            "/redfish/v1/Chassis/1/Sensors",
            json!({"@odata.type": "#SensorCollection.SensorCollection",
            "Name": "Sensors", "Members": members}),
        );
    for n in 0..count {
        let sensor = json!({"@odata.type": "#Sensor.v1_5_0.Sensor", "Id": n.to_string(), "Name": "A", "Reading": n});
        tree = tree.with(&format!("/redfish/v1/Chassis/1/Sensors/{n}"), sensor);
    }
    tree
}

/// How long so many requests take that are sent by four tasks which do nothing else.
async fn as_fast_as_can_be(bmc: &Client, requests: usize) -> Duration {
    let begin = Instant::now();
    let task = |n: usize| {
        let bmc = bmc.clone();
        tokio::spawn(async move {
            for request in (n..requests).step_by(4) {
                bmc.get_raw(&format!("/redfish/v1/Chassis/1/Sensors/{request}")).await.unwrap();
            }
        })
    };
    for task in (0..4).map(task).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    begin.elapsed()
}

#[tokio::test]
async fn a_walk_keeps_the_service_as_busy_as_it_may_and_no_busier() {
    const LATENCY: Duration = Duration::from_millis(50);
    for support in [QuerySupport::Off, QuerySupport::Works] {
        let mock = MockBmc::builder().tree(many(500)).latency(LATENCY).query(Parameter::Expand, support).plain();
        let mock = mock.start().await.unwrap();
        let bmc = builder(&mock).concurrency(4).connect().await.unwrap();
        // Other tests want the machine as well: once in three times it has to be as quick as it is by itself.
        let mut attempts = 0;
        loop {
            attempts += 1;
            mock.clear_requests();
            let begin = Instant::now();
            let mut resources = 1;
            let mut chassis = bmc.root().chassis().members();
            while let Some(chassis) = chassis.try_next().await.unwrap() {
                resources += 2;
                resources += chassis.sensors().members().try_collect::<Vec<_>>().await.unwrap().len();
            }
            let (took, requests) = (begin.elapsed(), mock.request_count());
            assert!(mock.most_requests_under_way() <= 4);
            if support == QuerySupport::Works {
                assert!(requests < resources / 100, "{requests} requests for {resources} resources");
                break;
            }
            assert!(requests * 100 <= resources * 102, "{requests} requests for {resources} resources");
            let bound = (LATENCY * u32::try_from(requests).unwrap() / 4).as_secs_f64();
            let took = took.as_secs_f64();
            println!("{resources} resources, {requests} requests, {took:.2} s: {:.2} of the bound", took / bound);
            if took <= bound * 1.15 {
                break;
            }
            let possible = as_fast_as_can_be(&bmc, requests).await.as_secs_f64();
            println!("as fast as can be: {possible:.2} s, {:.2} of the bound", possible / bound);
            if took <= possible.max(bound) * 1.15 {
                break;
            }
            assert!(attempts < 3, "{took:.2} s, where {bound:.2} s is the bound and {possible:.2} s possible here");
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_asks_no_more() {
    let mock = MockBmc::builder().latency(Duration::from_millis(20)).query(Parameter::Expand, QuerySupport::Off);
    let (mock, _bmc, chassis) = started(mock).await;
    {
        let mut sensors = chassis.sensors().members();
        sensors.try_next().await.unwrap().unwrap();
    }
    // What was sent already may yet arrive.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let count = mock.request_count();
    assert!(count <= 1 + 2 * 4, "{count}");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(mock.request_count(), count);
}

#[tokio::test]
async fn a_stream_that_waits_for_its_reader_holds_nobody_up() {
    for concurrency in [1, 4] {
        let mock = MockBmc::builder().query(Parameter::Expand, QuerySupport::Off).start().await.unwrap();
        let bmc = builder(&mock).concurrency(concurrency).connect().await.unwrap();
        let chassis = bmc.get::<Chassis>("/redfish/v1/Chassis/1U").await.unwrap();
        let mut count = 0;
        let nested = async {
            let mut outer = chassis.sensors().members();
            while let Some(sensor) = outer.try_next().await.unwrap() {
                bmc.get::<Sensor>(sensor.uri()).await.unwrap();
                let mut inner = chassis.sensors().query(Query::new().top(3)).members();
                inner.try_next().await.unwrap().unwrap();
                count += 1;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), nested).await.expect("it stands still");
        assert!(count > 10);
        assert!(mock.most_requests_under_way() <= concurrency);
    }
}

#[test]
fn futures_of_queries_are_send() {
    fn send<T: Send>(_: &T) {}
    #[allow(dead_code, reason = "compiled, never run")]
    fn compiled(bmc: Client, chassis: Resource<Chassis>, query: Query) {
        send(&bmc.get_with::<Sensor>("", &query));
        send(&bmc.get_any_with("", None, &query));
        send(&chassis.sensors().only());
        send(&chassis.sensors().query(query.clone()).members());
        send(&std::future::IntoFuture::into_future(chassis.sensors().expand()));
    }
}

#[tokio::test]
async fn a_service_that_advertises_nothing_is_asked_nothing() {
    let (mock, bmc) = connected().await;
    let mut root = mock.resource("/redfish/v1").unwrap();
    root.as_object_mut().unwrap().remove("ProtocolFeaturesSupported");
    mock.set("/redfish/v1", root);
    drop(bmc);
    let bmc = builder(&mock).connect().await.unwrap();
    mock.clear_requests();
    bmc.root().systems().members().try_collect::<Vec<_>>().await.unwrap();
    assert!(mock.requests().iter().all(|request| request.query().is_none()), "{:?}", mock.requests());
}
