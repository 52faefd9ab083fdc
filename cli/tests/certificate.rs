//! Certificates of whatever answers, those that a service has, and who is logged in at it.

mod program;

use rosefish::{Client, Credentials};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{Certificate, MockBmc, Tree};
use serde_json::json as object;

use program::{errors, json, on, rosefish, runtime, serve, text};

const SERVICE: &str = "/redfish/v1/CertificateService";
const CERTIFICATE: &str = "/redfish/v1/Managers/bmc/NetworkProtocol/HTTPS/Certificates/1";

#[test]
fn the_certificate_of_whatever_answers_is_shown_without_a_login() {
    let runtime = runtime();
    for (certificate, can_be_read) in
        [(Certificate::self_signed(), true), (Certificate::x509_v1(), true), (Certificate::weak(), true)]
    {
        let bmc: MockBmc = runtime.block_on(MockBmc::builder().certificate(certificate.unwrap()).start()).unwrap();
        let fingerprint = bmc.fingerprint_sha256().unwrap().replace(':', "").to_lowercase();
        let shown = text(&rosefish(&["certificate", &bmc.url()]));
        assert!(shown.contains(&fingerprint) && shown.contains("Not trusted: "), "{shown}");
        assert_eq!(shown.contains("Valid until"), can_be_read, "{shown}");
        // What it shows is what --pin takes.
        let pinned = json(&rosefish(&["certificate", &bmc.url(), "--pin", &fingerprint, "--json"]));
        assert_eq!((&pinned["value"]["trusted"], &pinned["partial"]), (&true.into(), &object!([])), "{pinned:#}");
        assert_eq!(pinned["value"]["certificates"][0]["sha256"], fingerprint);
        assert_eq!(bmc.requests().iter().filter(|request| request.method() == "POST").count(), 0, "nobody logged in");
    }
    let plain = serve(&runtime, Tree::demo());
    let refused = rosefish(&["certificate", &plain.url()]);
    assert!(!refused.status.success() && errors(&refused).contains("without TLS"), "{}", errors(&refused));
    let nothing = rosefish(&["certificate", &plain.url().replace("http:", "https:")]);
    assert_eq!((nothing.status.code(), nothing.stdout.len()), (Some(1), 0), "{}", errors(&nothing));
}

#[test]
fn a_certificate_is_called_trusted_only_where_the_host_answered() {
    let runtime = runtime();
    for (action, trusted) in [
        (Action::Status(404), true.into()),
        (Action::Status(401), true.into()),
        (Action::Close, object!(null)),
        (Action::Reset, object!(null)),
    ] {
        let bmc =
            runtime.block_on(MockBmc::builder().certificate(Certificate::self_signed().unwrap()).start()).unwrap();
        bmc.faults().add(Rule::any().then(action.clone()));
        let pin = bmc.fingerprint_sha256().unwrap();
        let shown = json(&rosefish(&["certificate", &bmc.url(), "--pin", &pin, "--json"]));
        assert_eq!(shown["value"]["trusted"], trusted, "{action:?} {shown:#}");
        assert_eq!(shown["value"]["reason"].is_null(), trusted == true, "{action:?} {shown:#}");
        let words = text(&rosefish(&["certificate", &bmc.url(), "--pin", &pin]));
        assert_eq!(words.contains("Trusted by these options"), trusted == true, "{action:?} {words}");
    }
}

#[test]
fn certificates_of_a_service_are_listed_with_their_ends() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let list = text(&on(&bmc.url(), "certificate", &["list"]));
    assert!(list.contains("rf2290-000117") && list.contains("days left"), "{list}");
    assert_eq!(on(&bmc.url(), "certificate", &["list", "--within", "30"]).status.code(), Some(0));
    let mut certificate = bmc.resource(CERTIFICATE).unwrap();
    certificate["ValidNotAfter"] = object!("2020-01-01T00:00:00Z");
    bmc.set(CERTIFICATE, certificate);
    let ended = on(&bmc.url(), "certificate", &["list", "--within", "30"]);
    assert_eq!(ended.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&ended.stdout).contains("expired"));
    let rule = bmc.faults().add(Rule::on("GET", CERTIFICATE).then(Action::Status(500)));
    let part = on(&bmc.url(), "certificate", &["list", "--json"]);
    assert_eq!((part.status.code(), &json(&part)["partial"][0]["where"]), (Some(3), &CERTIFICATE.into()));
    bmc.faults().remove(rule);
}

/// Cray's services say nothing of a certificate but what it is, behind what OpenSSL prints of it; some say nothing at all.
#[test]
fn a_certificate_that_says_nothing_of_itself_is_read() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let pem = bmc.resource(CERTIFICATE).unwrap()["CertificateString"].as_str().unwrap().to_owned();
    let bare = |text: String| object!({ "@odata.id": CERTIFICATE, "Name": "HTTPS", "Certificate": text });
    bmc.set(CERTIFICATE, bare(format!("Certificate:\n    Data:\n        Version: 3 (0x2)\n{pem}")));
    let read = json(&on(&bmc.url(), "certificate", &["list", "--json"]));
    let one = &read["value"][0];
    assert!(one["subject"].as_str().unwrap().contains("rf2290-000117"), "{read:#}");
    assert!(one["valid_not_after"].is_string() && one["serial_number"].is_string(), "{read:#}");
    assert_eq!(on(&bmc.url(), "certificate", &["list", "--within", "36500"]).status.code(), Some(4));
    bmc.set(CERTIFICATE, bare(String::new()));
    assert_eq!(on(&bmc.url(), "certificate", &["list"]).status.code(), Some(0));
    let unknown = on(&bmc.url(), "certificate", &["list", "--within", "30"]);
    assert_eq!(unknown.status.code(), Some(3), "that it does not end soon is not known");
    assert!(errors(&unknown).contains(&format!("not known when it ends: {CERTIFICATE}")), "{}", errors(&unknown));
}

#[test]
fn a_certificate_is_requested_and_replaced() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let csr = "-----BEGIN CERTIFICATE REQUEST-----\nMA==\n-----END CERTIFICATE REQUEST-----";
    let path = format!("{SERVICE}/Actions/CertificateService.GenerateCSR");
    bmc.faults().add(Rule::on("POST", &path).then(Action::json(200, object!({ "CSRString": csr }))));
    let arguments = ["csr", "--common-name", "bmc-07", "--organization", "Example", "--alternative-name", "10.0.0.7"];
    assert_eq!(text(&on(&bmc.url(), "certificate", &arguments)), format!("{csr}\n"));
    let sent = |path: &str| -> serde_json::Value {
        let requests = bmc.requests();
        let found = requests.iter().rev().find(|request| request.path() == path).unwrap();
        serde_json::from_slice(found.body()).unwrap()
    };
    assert_eq!(
        sent(&path),
        object!({
            "CommonName": "bmc-07",
            "AlternativeNames": ["10.0.0.7"],
            "Organization": "Example",
            "CertificateCollection": { "@odata.id": CERTIFICATE.trim_end_matches("/1") },
        })
    );
    let path = format!("{SERVICE}/Actions/CertificateService.ReplaceCertificate");
    bmc.faults().add(Rule::on("POST", &path).then(Action::Status(204)));
    let file = std::env::temp_dir().join(format!("rosefish-certificate-{}.pem", std::process::id()));
    let pem = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
    std::fs::write(&file, pem).unwrap();
    // The file stands behind the host.
    let replace = |file: &str| rosefish(&["certificate", "replace", &bmc.url(), file, "--user", "admin"]);
    let done = text(&replace(file.to_str().unwrap()));
    assert_eq!(done, format!("confirmed by the service (204): {CERTIFICATE}\n"));
    let body = sent(&path);
    assert_eq!((&body["CertificateType"], &body["CertificateString"]), (&"PEM".into(), &pem.into()));
    std::fs::write(&file, "-----BEGIN PRIVATE KEY-----\n").unwrap();
    let refused = replace(file.to_str().unwrap());
    std::fs::remove_file(&file).unwrap();
    assert!(!refused.status.success() && errors(&refused).contains("private key"), "{}", errors(&refused));
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn sessions_are_shown_and_ended_and_the_own_one_is_left() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let log_in = || {
        let builder = Client::builder(&bmc.url()).credentials(Credentials::new("admin", "password".to_owned()));
        runtime.block_on(builder.connect()).unwrap()
    };
    let clients = [log_in(), log_in(), log_in()];
    let listed = json(&on(&bmc.url(), "sessions", &["--json"]));
    let all = listed["value"].as_array().unwrap();
    assert!(all.len() == 3 && all.iter().all(|session| session["user"] == "admin"), "{listed:#}");
    let first = all[0]["id"].as_str().unwrap();
    let ended = rosefish(&["sessions", "end", &bmc.url(), first, "--user", "admin"]);
    assert_eq!(text(&ended), format!("ended session {first} of admin\n"));
    assert_eq!(bmc.sessions(), 2);
    let unknown = rosefish(&["sessions", "end", &bmc.url(), "nobody's", "--user", "admin"]);
    assert_eq!((unknown.status.code(), bmc.sessions()), (Some(1), 2));
    assert_eq!(text(&on(&bmc.url(), "sessions", &["end", "--of", "admin"])).lines().count(), 2);
    assert_eq!((bmc.sessions(), text(&on(&bmc.url(), "sessions", &[]))), (0, String::new()));
    drop(clients);
}
