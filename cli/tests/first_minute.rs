//! What a newcomer gets wrong in the first minute ends in a sentence that says what to do.

mod program;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use program::{errors, program, rosefish, runtime, serve};
use rosefish_mock::{MockBmc, Tree};

/// Runs a command line, which must fail with this code and say all of these.
#[track_caller]
fn fails(line: &str, code: i32, parts: &[&str]) {
    let output = rosefish(&line.split(' ').collect::<Vec<_>>());
    let said = errors(&output);
    assert_eq!(output.status.code(), Some(code), "{line}: {said}");
    for part in parts {
        assert!(said.contains(part), "{line}: {said}");
    }
}

/// A web server that is not a BMC's.
fn website() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let page = "<!DOCTYPE html><title>Not Found</title>";
            let head = "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    address
}

/// A port where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn a_host_that_is_not_there_is_said_to_be_that() {
    // The name is one that can't exist (RFC 6761).
    fails("power bmc.invalid --user admin", 1, &["bmc.invalid", "spelled right"]);
    fails("get https://bmc.invalid/redfish/v1 --user admin", 1, &["spelled right"]);
    fails(&format!("get http://{} --user admin", nobody()), 1, &["the BMC's own address"]);
    let port = nobody().port();
    fails(
        &format!("power 127.0.0.1 --user admin --protocol ipmi --port {port} --timeout 1"),
        1,
        &["IPMI over LAN is off"],
    );
}

#[test]
fn what_is_not_a_bmc_is_said_to_be_that() {
    let website = website();
    fails(&format!("walk http://{website} --user admin"), 1, &["not a BMC's Redfish service"]);
    fails(&format!("walk https://{website} --user admin"), 1, &["does the port want http://"]);
}

#[test]
fn a_certificate_that_nobody_vouches_for_can_be_pinned_from_the_error() {
    let runtime = runtime();
    let bmc = runtime.block_on(MockBmc::builder().credentials("admin", "password").start()).unwrap();
    let pin = bmc.fingerprint_sha256().unwrap().to_lowercase().replace(':', "");
    fails(&format!("power {} --user admin", bmc.url()), 1, &["--pin", &pin]);
    let pinned = rosefish(&["power", &bmc.url(), "--user", "admin", "--pin", &pin]);
    assert!(pinned.status.success(), "{}", errors(&pinned));
    fails(&format!("walk {} --user admin", bmc.url().replace("https", "http")), 1, &["does the port want https://"]);
}

#[test]
fn credentials_that_are_wrong_or_missing_are_said_to_be_that() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let wrong = program(&["power", &bmc.url(), "--user", "admin"]).env("ROSEFISH_PASSWORD", "guess").output().unwrap();
    assert!(errors(&wrong).contains("is the password in ROSEFISH_PASSWORD that of --user?"), "{}", errors(&wrong));
    assert!(!errors(&wrong).contains("guess"));
    fails(&format!("power {}", bmc.url()), 1, &["--user"]);
    let none = program(&["power", &bmc.url(), "--user", "admin"]).env_remove("ROSEFISH_PASSWORD").output().unwrap();
    assert!(errors(&none).contains("set ROSEFISH_PASSWORD"), "{}", errors(&none));
}

#[test]
fn words_in_another_order_or_of_another_tool_are_answered_with_ours() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    // The order of before: it is understood.
    let old = rosefish(&["power", &bmc.url(), "status", "--user", "admin"]);
    assert!(old.status.success(), "{}", errors(&old));
    for (line, part) in [
        ("bmc-07 power on", "rosefish power on bmc-07"),
        ("10.0.0.7", "rosefish power 10.0.0.7"),
        ("reboot bmc-07", "rosefish power reset bmc-07"),
        ("power bmc-07 -P secret", "ROSEFISH_PASSWORD"),
        ("-I lanplus -H bmc-07 -U root chassis power status", "rosefish power bmc-07 --user root"),
        ("pwoer bmc-07", "'power'"),
        ("power onn bmc-07", "'on'"),
        ("power on", "<HOST>"),
    ] {
        fails(line, 2, &[part]);
    }
    fails("get /redfish/v1/Systems", 1, &["names no host"]);
    fails("power root@10.0.0.7", 1, &["--user"]);
}
