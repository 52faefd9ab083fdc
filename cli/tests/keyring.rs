//! Passwords in the system's keyring: stored, used and removed, and shown nowhere.
#![cfg(target_os = "linux")]

mod program;

use std::process::Output;

use program::{errors, json, program, runtime, serve, text};
use rosefish_mock::Tree;
use serde_json::Value;

/// Without a password in the environment.
fn bare(arguments: &[&str]) -> Output {
    program(arguments).env_remove("ROSEFISH_PASSWORD").output().unwrap()
}

#[test]
fn a_password_is_stored_used_and_removed() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let url = bmc.url();
    let keyring = |verb| bare(&["keyring", verb, &url, "--user", "admin"]);
    let before = keyring("status");
    if errors(&before).contains("the keyring of this system") {
        // Containers are often kept from it; the unit tests of `stored_password` don't need it.
        assert_eq!(before.status.code(), Some(1));
        return;
    }
    assert_eq!(text(&before), "not stored\n");
    let power = |more: &[&str]| bare(&[&["power", &url, "--user", "admin", "-vv"], more].concat());
    let missing = power(&["--keyring"]);
    assert!(
        missing.status.code() == Some(1) && errors(&missing).contains("rosefish keyring set"),
        "{}",
        errors(&missing)
    );
    assert_eq!(bmc.request_count(), 0);

    // From a command, as from anywhere else.
    let from = ["keyring", "set", &url, "--user", "admin", "--password-command", "printf password\\\\n"];
    let stored = bare(&from);
    assert_eq!(text(&stored), "stored the password of admin\n");
    assert_eq!(text(&keyring("status")), "stored\n");
    let status = json(&bare(&["keyring", "status", &url, "--user", "admin", "--json"]));
    let mut schema: Value = serde_json::from_str(include_str!("../../docs/output.schema.json")).unwrap();
    for key in ["type", "properties", "required", "additionalProperties"] {
        schema.as_object_mut().unwrap().remove(key);
    }
    schema["$ref"] = "#/$defs/keyring".into();
    assert!(status["stored"] == true && jsonschema::validator_for(&schema).unwrap().is_valid(&status), "{status}");
    let used = power(&["--keyring"]);
    let seen = errors(&used);
    assert_eq!(text(&used), "on\n");
    assert!(seen.contains("Sessions") && !seen.contains("\"password\""), "{seen}");
    // Of another user there is none.
    assert_eq!(bare(&["power", &url, "--user", "joe", "--keyring"]).status.code(), Some(1));
    // The environment has another one: what is named on the command line counts.
    let named =
        program(&["power", &url, "--user", "admin", "--keyring"]).env("ROSEFISH_PASSWORD", "wrong").output().unwrap();
    assert_eq!(text(&named), "on\n");
    assert_eq!(text(&keyring("forget")), "removed the password of admin\n");
    assert_eq!((keyring("forget").status.code(), text(&keyring("status")).as_str()), (Some(1), "not stored\n"));
    for other in [&["--password-command", "x"][..], &["--password-file", "x"]] {
        assert_eq!(power(&[&["--keyring"], other].concat()).status.code(), Some(2));
    }
    assert_eq!(bmc.sessions(), 0);
}
