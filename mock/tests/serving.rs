//! What a client sees of an unchanged tree, and of a login.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

fn small_tree() -> Tree {
    Tree::new()
        .with(
            "/redfish/v1",
            json!({
                "@odata.id": "/redfish/v1/", "@odata.type": "#ServiceRoot.v1_17_0.ServiceRoot", "Id": "RootService", "Name": "Root",
                "Systems": { "@odata.id": "/redfish/v1/Systems" },
                "Links": { "Sessions": { "@odata.id": "/redfish/v1/SessionService/Sessions" } },
            }),
        )
        .with("/redfish/v1/SessionService", json!({ "Id": "SessionService", "SessionTimeout": 600 }))
        .with("/redfish/v1/SessionService/Sessions", json!({ "Name": "Sessions", "Members": [], "Members@odata.count": 0 }))
        .with("/redfish/v1/Systems", json!({ "Name": "Systems", "Members": [{ "@odata.id": "/redfish/v1/Systems/1" }], "Members@odata.count": 1 }))
        .with(
            "/redfish/v1/Systems/1",
            json!({ "@odata.type": "#ComputerSystem.v1_22_0.ComputerSystem", "Id": "1", "Name": "One", "PowerState": "On" }),
        )
}

async fn plain() -> MockBmc {
    MockBmc::builder()
        .tree(small_tree())
        .plain()
        .start()
        .await
        .unwrap()
}

async fn get(bmc: &MockBmc, path: &str) -> reqwest::Response {
    client()
        .get(bmc.url() + path)
        .basic_auth(bmc.user(), Some(bmc.password()))
        .send()
        .await
        .unwrap()
}

fn client() -> reqwest::Client {
    // The first call decides; later ones find it decided.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn log_in(bmc: &MockBmc) -> reqwest::Response {
    client()
        .post(bmc.url() + "/redfish/v1/SessionService/Sessions")
        .body(json!({ "UserName": bmc.user(), "Password": bmc.password() }).to_string())
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_session_opens_serves_and_closes() {
    let bmc = plain().await;
    let login = log_in(&bmc).await;
    assert_eq!(login.status(), StatusCode::CREATED);
    let token = login.headers()["x-auth-token"].to_str().unwrap().to_owned();
    let location = login.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(bmc.sessions(), 1);
    assert_eq!(
        bmc.resource("/redfish/v1/SessionService/Sessions").unwrap()["Members@odata.count"],
        1
    );

    let with_token = |method: Method, path: &str| {
        client()
            .request(method, bmc.url() + path)
            .header("X-Auth-Token", &token)
            .send()
    };
    let system: Value = serde_json::from_str(
        &with_token(Method::GET, "/redfish/v1/Systems/1")
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
    )
    .unwrap();
    assert_eq!(system["Name"], "One");
    assert_eq!(
        with_token(Method::GET, &location).await.unwrap().status(),
        StatusCode::OK
    );

    assert_eq!(
        with_token(Method::DELETE, &location)
            .await
            .unwrap()
            .status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(bmc.sessions(), 0);
    assert_eq!(
        bmc.resource("/redfish/v1/SessionService/Sessions").unwrap()["Members@odata.count"],
        0
    );
    assert_eq!(
        with_token(Method::GET, "/redfish/v1/Systems/1")
            .await
            .unwrap()
            .status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn sessions_expire_unused() {
    let bmc = MockBmc::builder()
        .tree(small_tree())
        .plain()
        .session_timeout(Duration::ZERO)
        .start()
        .await
        .unwrap();
    assert_eq!(log_in(&bmc).await.status(), StatusCode::CREATED);
    assert_eq!(bmc.sessions(), 0);
    assert_eq!(
        bmc.resource("/redfish/v1/SessionService/Sessions").unwrap()["Members@odata.count"],
        0
    );
}

#[tokio::test]
async fn only_the_documents_and_the_root_are_open_to_everybody() {
    let bmc = plain().await;
    for (path, expected) in [
        ("/redfish", 200),
        ("/redfish/v1", 200),
        ("/redfish/v1/", 200),
        ("/redfish/v1/odata", 200),
        ("/redfish/v1/$metadata", 200),
        ("/redfish/v1/Systems", 401),
        ("/redfish/v1/Nowhere", 401),
    ] {
        let answer = client().get(bmc.url() + path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{path}");
        assert_eq!(answer.headers()["odata-version"], "4.0", "{path}");
        assert_eq!(
            answer.headers().contains_key("www-authenticate"),
            expected == 401,
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_404_with_a_message() {
    let bmc = plain().await;
    let answer = get(&bmc, "/redfish/v1/systems").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(
        body["error"]["@Message.ExtendedInfo"][0]["MessageArgs"],
        json!(["/redfish/v1/systems"])
    );
}

#[tokio::test]
async fn an_unchanged_resource_answers_304() {
    let bmc = plain().await;
    let tag = get(&bmc, "/redfish/v1/Systems/1").await.headers()["etag"].clone();
    let again = client()
        .get(bmc.url() + "/redfish/v1/Systems/1/")
        .basic_auth(bmc.user(), Some(bmc.password()))
        .header("If-None-Match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()["etag"], tag);
}

#[tokio::test]
async fn head_says_all_that_get_says_but_the_body() {
    let bmc = plain().await;
    let full = get(&bmc, "/redfish/v1/Systems/1").await;
    let head = client()
        .head(bmc.url() + "/redfish/v1/Systems/1")
        .basic_auth(bmc.user(), Some(bmc.password()))
        .send()
        .await
        .unwrap();
    for name in [
        "content-type",
        "content-length",
        "etag",
        "allow",
        "link",
        "cache-control",
        "odata-version",
    ] {
        assert_eq!(head.headers()[name], full.headers()[name], "{name}");
    }
    assert_eq!(
        head.headers()["link"],
        "<http://redfish.dmtf.org/schemas/v1/ComputerSystem.v1_22_0.json>; rel=describedby"
    );
    assert!(head.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn other_protocol_versions_fail_as_preconditions() {
    let bmc = plain().await;
    let answer = client()
        .get(bmc.url() + "/redfish/v1")
        .header("OData-Version", "4.1")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn tls_is_spoken_with_the_certificate_that_the_mock_names() {
    let untrusting = client();
    let bmc = MockBmc::builder().tree(small_tree()).start().await.unwrap();
    let certificate =
        reqwest::Certificate::from_pem(bmc.certificate_pem().unwrap().as_bytes()).unwrap();
    let trusting = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        .build()
        .unwrap();
    assert_eq!(
        trusting
            .get(bmc.url() + "/redfish/v1")
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
    let by_name = format!("https://localhost:{}/redfish/v1", bmc.address().port());
    assert_eq!(
        trusting.get(by_name).send().await.unwrap().status(),
        StatusCode::OK
    );
    assert!(
        untrusting
            .get(bmc.url() + "/redfish/v1")
            .send()
            .await
            .is_err()
    );
    assert_eq!(
        bmc.fingerprint_sha256()
            .map(|fingerprint| fingerprint.len()),
        Some(64)
    );
}

#[tokio::test]
async fn the_port_is_closed_when_the_mock_is_dropped() {
    let bmc = plain().await;
    let address = bmc.address();
    drop(bmc);
    assert!(std::net::TcpStream::connect(address).is_err());
    let bmc = plain().await;
    let address = bmc.address();
    bmc.shutdown().await;
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn a_client_that_blocks_the_tests_thread_is_answered() {
    use std::io::{Read as _, Write as _};
    let bmc = plain().await;
    let mut stream = std::net::TcpStream::connect(bmc.address()).unwrap();
    stream
        .write_all(b"GET /redfish HTTP/1.1\r\nHost: bmc\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("{\"v1\":\"/redfish/v1/\"}"),
        "{answer}"
    );
}

#[tokio::test]
async fn the_journal_has_every_request_without_credentials() {
    let bmc = plain().await;
    log_in(&bmc).await;
    get(&bmc, "/redfish/v1/Systems?x=1").await;
    let requests = bmc.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| {
            (
                request.method(),
                request.path(),
                request.query(),
                request.status(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("POST", "/redfish/v1/SessionService/Sessions", None, 201),
            ("GET", "/redfish/v1/Systems", Some("x=1"), 200),
        ]
    );
    assert_eq!(requests[0].json().unwrap()["Password"], "***");
    assert_eq!(requests[1].header("authorization"), Some("Basic ***"));
}

#[tokio::test]
async fn latency_is_waited_for() {
    let bmc = MockBmc::builder()
        .tree(small_tree())
        .plain()
        .latency(Duration::from_millis(60))
        .start()
        .await
        .unwrap();
    let started = std::time::Instant::now();
    get(&bmc, "/redfish/v1/Systems").await;
    assert!(started.elapsed() >= Duration::from_millis(60));
}
