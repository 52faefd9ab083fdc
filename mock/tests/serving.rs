//! What a client sees of an unchanged tree, and of the server around it.

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use rosefish_mock::{Certificate, MockBmc};
use serde_json::json;
use support::{get, http, log_in, send_as, send_with, small, small_tree};

#[tokio::test]
async fn only_the_documents_and_the_root_are_open_to_everybody() {
    let bmc = small().await;
    for (path, expected) in [
        ("/redfish", 200),
        ("/redfish/v1", 200),
        ("/redfish/v1/", 200),
        ("/redfish/v1/odata", 200),
        ("/redfish/v1/$metadata", 200),
        ("/redfish/v1/Systems", 401),
        ("/redfish/v1/Nowhere", 401),
    ] {
        let answer = send_as(&bmc, ("", ""), Method::GET, path, None, &[]).await;
        assert_eq!(answer.status, expected, "{path}");
        assert_eq!(answer.header("odata-version"), Some("4.0"), "{path}");
        assert_eq!(answer.header("www-authenticate").is_some(), expected == 401, "{path}");
    }
}

#[tokio::test]
async fn the_bytes_are_those_of_the_file_and_slashes_at_the_end_do_not_matter() {
    let dir = std::env::temp_dir().join(format!("rosefish-mock-{}", std::process::id()));
    let text = "{\n  \"b\" : 1.50, \"@odata.id\":\"/redfish/v1/\" , \"a\": [ ]}\n";
    std::fs::create_dir_all(dir.join("Odd")).unwrap();
    std::fs::write(dir.join("index.json"), text).unwrap();
    std::fs::write(dir.join("Odd/index.json"), "<html>busy</html>").unwrap();
    std::fs::write(dir.join("Odd/headers.json"), "{}").unwrap();
    let tree = rosefish_mock::Tree::from_dir(&dir).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!(tree.problems().len(), 1);

    let bmc = MockBmc::builder().tree(tree).plain().start().await.unwrap();
    for path in ["/redfish/v1", "/redfish/v1/"] {
        assert_eq!(get(&bmc, path).await.text, text);
    }
    let odd = get(&bmc, "/redfish/v1/Odd/").await;
    assert_eq!(
        (odd.text.as_str(), odd.header("content-type")),
        ("<html>busy</html>", Some("text/html; charset=utf-8"))
    );
}

#[test]
fn a_folder_without_service_root_is_refused_unless_asked_for() {
    let dir = std::env::temp_dir().join(format!("rosefish-mock-rootless-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("Systems")).unwrap();
    std::fs::write(dir.join("Systems/index.json"), "{}").unwrap();
    let refused = rosefish_mock::Tree::from_dir(&dir).unwrap_err();
    let tree = rosefish_mock::Tree::from_dir_without_root(&dir).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(refused.to_string().contains("none of its 1 payloads is a service root"), "{refused}");
    assert_eq!(tree.uris().collect::<Vec<_>>(), ["/redfish/v1/Systems"]);
    assert!(rosefish_mock::Tree::from_dir(&dir).unwrap_err().to_string().contains("can't be read"));
}

#[tokio::test]
async fn what_is_not_there_is_a_404_with_a_message() {
    let bmc = small().await;
    let answer = get(&bmc, "/redfish/v1/systems").await;
    assert_eq!((answer.status, answer.message().as_str()), (404, "ResourceMissingAtURI"));
    assert_eq!(answer.json()["error"]["@Message.ExtendedInfo"][0]["MessageArgs"], json!(["/redfish/v1/systems"]));
}

#[tokio::test]
async fn an_unchanged_resource_answers_304() {
    let bmc = small().await;
    let tag = get(&bmc, "/redfish/v1/Systems/1").await.header("etag").unwrap().to_owned();
    let again = send_with(&bmc, Method::GET, "/redfish/v1/Systems/1/", None, &[("If-None-Match", &tag)]).await;
    assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", Some(tag.as_str())));
}

#[tokio::test]
async fn head_says_all_that_get_says_but_the_body() {
    let bmc = small().await;
    let full = get(&bmc, "/redfish/v1/Systems/1").await;
    let head = send_with(&bmc, Method::HEAD, "/redfish/v1/Systems/1", None, &[]).await;
    for name in ["content-type", "content-length", "etag", "allow", "link", "cache-control", "odata-version"] {
        assert!(full.header(name).is_some(), "{name}");
        assert_eq!(head.header(name), full.header(name), "{name}");
    }
    assert_eq!(
        head.header("link"),
        Some("<http://redfish.dmtf.org/schemas/v1/ComputerSystem.v1_22_0.json>; rel=describedby")
    );
    assert_eq!(head.text, "");
}

#[tokio::test]
async fn other_protocol_versions_fail_as_preconditions() {
    let bmc = small().await;
    for (version, expected) in [("4.0", 200), ("4.1", 412)] {
        let answer = send_with(&bmc, Method::GET, "/redfish/v1", None, &[("OData-Version", version)]).await;
        assert_eq!(answer.status, expected, "{version}");
    }
}

#[tokio::test]
async fn query_parameters_with_a_dollar_are_refused_and_others_passed_over() {
    let bmc = small().await;
    for (query, expected) in [("", 200), ("?rpp=3", 200), ("?$unheard=1", 501), ("?a=b&%24unheard", 501)] {
        assert_eq!(get(&bmc, &format!("/redfish/v1/Systems{query}")).await.status, expected, "{query}");
    }
}

#[tokio::test]
async fn methods_that_a_resource_does_not_take_are_named_by_those_that_it_takes() {
    let bmc = small().await;
    for (method, path, allowed) in [
        (Method::PUT, "/redfish/v1/Systems/1", "GET, HEAD, PATCH"),
        (Method::DELETE, "/redfish/v1/Systems/1", "GET, HEAD, PATCH"),
        (Method::POST, "/redfish/v1/Systems/1", "GET, HEAD, PATCH"),
        (Method::POST, "/redfish/v1/Systems", "GET, HEAD"),
        (Method::PATCH, "/redfish/v1/Systems", "GET, HEAD"),
        (Method::PATCH, "/redfish/v1", "GET, HEAD"),
        (Method::POST, "/redfish", "GET, HEAD"),
        (Method::DELETE, "/redfish/v1/$metadata", "GET, HEAD"),
    ] {
        let answer = send_with(&bmc, method.clone(), path, Some(json!({ "A": 1 })), &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allowed)), "{method} {path}");
        assert!(answer.json()["error"]["message"].is_string(), "{method} {path}");
    }
}

#[tokio::test]
async fn tls_is_spoken_with_the_certificate_that_the_mock_names() {
    let untrusting = http();
    let bmc = MockBmc::builder().tree(small_tree()).start().await.unwrap();
    let certificate = reqwest::Certificate::from_pem(bmc.certificate_pem().unwrap().as_bytes()).unwrap();
    let trusting = reqwest::Client::builder().no_proxy().tls_certs_only([certificate]).build().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("https://{host}:{}/redfish/v1", bmc.address().port());
        assert_eq!(trusting.get(url).send().await.unwrap().status(), 200, "{host}");
    }
    assert!(untrusting.get(bmc.url() + "/redfish/v1").send().await.is_err());
    assert_eq!(bmc.fingerprint_sha256().map(|fingerprint| fingerprint.len()), Some(64));
}

#[tokio::test]
async fn the_port_is_closed_when_the_mock_is_dropped_or_shut_down() {
    let bmc = small().await;
    let address = bmc.address();
    drop(bmc);
    assert!(TcpStream::connect(address).is_err());
    let bmc = small().await;
    let address = bmc.address();
    bmc.shutdown().await;
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it() {
    let bmc = small().await;
    let second = MockBmc::builder().tree(small_tree()).plain().port(bmc.address().port()).start().await;
    let error = second.map(drop).unwrap_err().to_string();
    assert_eq!(error, format!("{}: can't listen there", bmc.address()));
}

#[tokio::test]
async fn a_client_that_blocks_the_tests_thread_is_answered() {
    let bmc = small().await;
    let mut stream = TcpStream::connect(bmc.address()).unwrap();
    stream.write_all(b"GET /redfish HTTP/1.1\r\nHost: bmc\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("{\"v1\":\"/redfish/v1/\"}"), "{answer}");
}

#[tokio::test]
async fn a_handshake_that_does_not_go_on_holds_up_nobody() {
    let bmc = MockBmc::builder().tree(small_tree()).start().await.unwrap();
    let _silent = TcpStream::connect(bmc.address()).unwrap();
    let _ = http();
    let trusting = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build().unwrap();
    assert_eq!(trusting.get(bmc.url() + "/redfish").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_journal_has_every_request_without_credentials() {
    let bmc = small().await;
    log_in(&bmc, bmc.user(), bmc.password()).await;
    get(&bmc, "/redfish/v1/Systems?x=1").await;
    let requests = bmc.requests();
    let seen: Vec<_> =
        requests.iter().map(|request| (request.method(), request.path(), request.query(), request.status())).collect();
    assert_eq!(
        seen,
        [("POST", "/redfish/v1/SessionService/Sessions", None, 201), ("GET", "/redfish/v1/Systems", Some("x=1"), 200)]
    );
    assert_eq!(requests[0].json().unwrap()["Password"], "***");
    assert_eq!(requests[1].header("authorization"), Some("Basic ***"));
    bmc.clear_requests();
    assert_eq!(bmc.request_count(), 0);
}

#[tokio::test]
async fn latency_is_waited_for() {
    let latency = Duration::from_millis(60);
    let bmc = MockBmc::builder().tree(small_tree()).plain().latency(latency).start().await.unwrap();
    let started = Instant::now();
    get(&bmc, "/redfish/v1/Systems").await;
    assert!(started.elapsed() >= latency);
}

#[tokio::test]
async fn a_test_can_look_at_and_change_what_is_served() {
    let bmc = small().await;
    let mut system = bmc.resource("/redfish/v1/Systems/1").unwrap();
    system["Name"] = "Changed".into();
    bmc.set("/redfish/v1/Systems/1/", system);
    assert_eq!(get(&bmc, "/redfish/v1/Systems/1").await.json()["Name"], "Changed");
    bmc.remove("/redfish/v1/Systems/1");
    assert_eq!(get(&bmc, "/redfish/v1/Systems/1").await.status, 404);
    assert_eq!(bmc.resource("/redfish/v1/Systems/1"), None);
}

#[test]
fn the_demo_tree_is_whole() {
    let tree = rosefish_mock::Tree::demo();
    assert!(tree.has_root());
    assert_eq!(tree.problems(), []);
    for uri in tree.uris() {
        let resource = tree.json(uri).unwrap();
        for link in links(resource) {
            let fragment = link.split('#').next().unwrap();
            assert!(tree.bytes(fragment).is_some(), "{uri} leads to {link}, where there is nothing");
        }
    }
}

fn links(value: &serde_json::Value) -> Vec<&str> {
    match value {
        serde_json::Value::Object(object) => {
            let own = object.get("@odata.id").and_then(|id| id.as_str());
            own.into_iter().chain(object.values().flat_map(links)).collect()
        }
        serde_json::Value::Array(elements) => elements.iter().flat_map(links).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn the_documents_are_served_whatever_a_capture_has_in_their_place() {
    let documents =
        [("/redfish", "\"v1\""), ("/redfish/v1/odata", "\"value\""), ("/redfish/v1/$metadata", "<edmx:Edmx")];
    for capture in [None, Some("{\"error\":{}}"), Some("<html>404</html>"), Some("")] {
        let mut tree = small_tree();
        for (uri, _) in documents {
            if let Some(capture) = capture {
                tree = tree.with_body(uri, capture);
            }
        }
        let bmc = MockBmc::builder().tree(tree).plain().start().await.unwrap();
        for (uri, content) in documents {
            let answer = send_as(&bmc, ("", ""), Method::GET, uri, None, &[]).await;
            assert!(answer.status == 200 && answer.text.contains(content), "{uri} {capture:?}: {}", answer.text);
        }
    }
    let own = small_tree().with_body("/redfish", r#"{"v1":"/redfish/v1/","v2":"/redfish/v2/"}"#);
    let bmc = MockBmc::builder().tree(own).plain().start().await.unwrap();
    assert!(send_as(&bmc, ("", ""), Method::GET, "/redfish", None, &[]).await.text.contains("v2"));
}

#[tokio::test]
async fn old_certificates_and_those_of_the_test_are_shown_as_they_are() {
    let own = Certificate::self_signed().unwrap();
    let bmc = MockBmc::builder().tree(small_tree()).certificate(own.clone()).start().await.unwrap();
    let again = MockBmc::builder().tree(small_tree()).certificate(own).start().await.unwrap();
    assert_eq!(bmc.fingerprint_sha256(), again.fingerprint_sha256());
    for certificate in [Certificate::x509_v1().unwrap(), Certificate::weak().unwrap()] {
        let bmc = MockBmc::builder().tree(small_tree()).certificate(certificate).start().await.unwrap();
        // Trusted it can't be: the client takes it for none.
        assert!(http().get(bmc.url() + "/redfish/v1").send().await.is_err());
        for version in [reqwest::tls::Version::TLS_1_2, reqwest::tls::Version::TLS_1_3] {
            let builder = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true);
            let careless = builder.tls_version_min(version).tls_version_max(version).build().unwrap();
            assert_eq!(careless.get(bmc.url() + "/redfish/v1").send().await.unwrap().status(), 200, "{version:?}");
        }
    }
    for (certificate, key) in [("", ""), ("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", "")] {
        assert!(Certificate::from_pem(certificate, key).is_err());
    }
}

/// Runs OpenSSL's program, and gives what it says.
fn openssl(arguments: &[&str], input: &str) -> String {
    let mut child = std::process::Command::new("openssl")
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
#[ignore = "needs openssl"]
async fn openssl_reads_the_certificates_and_checks_their_signatures() {
    let made = std::env::temp_dir().join(format!("rosefish-openssl-{}", std::process::id()));
    std::fs::create_dir_all(&made).unwrap();
    let path = |name: &str| made.join(name).to_str().unwrap().to_owned();
    let (key, pem) = (path("key.pem"), path("cert.pem"));
    let request = ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=old", "-keyout", &key, "-out", &pem];
    openssl(&request, "");
    let text = |name: &str| std::fs::read_to_string(name).unwrap();
    for (certificate, version, length, algorithm) in [
        (Certificate::x509_v1().unwrap(), "Version: 1 ", "256 bit", "ecdsa-with-SHA256"),
        (Certificate::weak().unwrap(), "Version: 1 ", "1024 bit", "sha1WithRSAEncryption"),
        (
            Certificate::from_pem(&text(&pem), &text(&key)).unwrap(),
            "Version: 3 ",
            "1024 bit",
            "sha256WithRSAEncryption",
        ),
    ] {
        let bmc = MockBmc::builder().tree(small_tree()).certificate(certificate).start().await.unwrap();
        let shown = bmc.certificate_pem().unwrap();
        let told = openssl(&["x509", "-noout", "-text"], shown);
        assert!([version, length, algorithm].iter().all(|part| told.contains(part)), "{told}");
        let file = path("shown.pem");
        std::fs::write(&file, shown).unwrap();
        for tls in ["-tls1_2", "-tls1_3"] {
            let place = bmc.address().to_string();
            let arguments = ["s_client", "-connect", &place, tls, "-CAfile", &file, "-cipher", "DEFAULT:@SECLEVEL=0"];
            let told = openssl(&arguments, "Q\n");
            assert!(told.contains("Verify return code: 0 (ok)"), "{tls} {algorithm}: {told}");
        }
    }
    std::fs::remove_dir_all(made).unwrap();
}
