//! Consoles from the command line: which there are by either protocol, and their settings.

mod program;

use rosefish_mock::Tree;
use rosefish_mock::ipmi::MockIpmi;
use serde_json::json;

use program::{errors, json as printed, on, rosefish, runtime, serve, text};

#[test]
fn consoles_are_shown_with_how_to_reach_them() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let shown = text(&on(&bmc.url(), "console", &["--wide"]));
    for part in
        ["ssh -p 2200 USER@127.0.0.1 (Press Ctrl+]", "rosefish sol 127.0.0.1", "KVMIP", "BMC shell", "115200    8N1"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(shown.matches("KVMIP").count(), 1, "the system's and the manager's are one: {shown}");
    let set = text(&on(&bmc.url(), "console", &["set", "--bit-rate", "9600", "--disable"]));
    assert!(set.contains("9600") && set.contains("disabled"), "{set}");
    let port = bmc.resource("/redfish/v1/Managers/bmc/SerialInterfaces/1").unwrap();
    assert_eq!((&port["BitRate"], &port["InterfaceEnabled"]), (&json!("9600"), &json!(false)));
    let refused = on(&bmc.url(), "console", &["set", "--lowest", "operator", "--protocol", "redfish"]);
    assert!(errors(&refused).contains("neither a privilege level"), "{}", errors(&refused));
    assert_eq!(on(&bmc.url(), "console", &["set"]).status.code(), Some(2));
}

#[test]
fn serial_over_lan_is_shown_and_set_by_ipmi() {
    let ipmi = MockIpmi::builder().start_blocking().unwrap();
    let port = ipmi.addr().port().to_string();
    let run = |arguments: &[&str]| {
        let rest = ["127.0.0.1", "--protocol", "ipmi", "--port", &port, "--user", "admin"];
        rosefish(&[&["console"], arguments, &rest].concat())
    };
    let shown = text(&run(&[]));
    for part in ["rosefish sol 127.0.0.1", "operator", "for 60 ms", "100 ms"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let set = ["set", "--bit-rate", "57600", "--lowest", "administrator", "--force-encryption", "false", "--json"];
    let set = printed(&run(&set));
    let sol = &set["value"]["sol"];
    assert_eq!((&set["value"]["bit_rate"], &sol["kept_bit_rate"]), (&json!(57600), &json!(57600)), "{set:#}");
    assert_eq!((&sol["privilege"], &sol["force_encryption"]), (&json!("administrator"), &json!(false)));
    assert_eq!(sol["force_authentication"], true, "what was not asked for stays");
    let wrong = run(&["set", "--bit-rate", "1200"]);
    assert!(!wrong.status.success() && errors(&wrong).contains("57600"), "{}", errors(&wrong));
    assert!(text(&run(&["set", "--disable"])).contains("disabled"));
    let attach = rosefish(&["sol", "127.0.0.1", "--port", &port, "--user", "admin"]);
    assert!(!attach.status.success());
}
