//! The command line as a whole: the order of words, the help, ipmitool's words, one envelope in JSON with its schema, tables that
//! fit, requests shown without secrets, completions and manual pages.

mod program;

use rosefish_mock::ipmi::MockIpmi;
use rosefish_mock::{MockBmc, Tree};
use serde_json::Value;

use program::{errors, json, on, program, rosefish, runtime, serve, text};

const SCHEMA: &str = include_str!("../../docs/output.schema.json");

/// Commands that read or change, each with the part of the schema that its value is.
const COMMANDS: &[(&[&str], &str)] = &[
    (&["power"], "power"),
    (&["power", "off", "--force"], "power"),
    (&["power", "on"], "power"),
    (&["power", "policy"], "text"),
    (&["boot"], "boot"),
    (&["sensors"], "sensors"),
    (&["health"], "health"),
    (&["logs"], "logs"),
    (&["logs", "list"], "log-list"),
    (&["sel"], "events"),
    (&["inventory"], "inventory"),
    (&["identify"], "switch"),
    (&["identify", "on"], "switch"),
    (&["users"], "users"),
    (&["users", "disable", "operator"], "text"),
    (&["bmc"], "bmc"),
    (&["network"], "network"),
    (&["network", "set", "--vlan", "off"], "network"),
    (&["console"], "consoles"),
    (&["console", "set", "--bit-rate", "9600"], "console"),
    (&["storage"], "storage"),
    (&["storage", "locate", "Bay3"], "drive"),
    (&["storage", "delete", "2", "--yes"], "volume"),
    (&["storage", "create", "raid1"], "volume"),
    (&["storage", "initialise", "1", "--yes"], "volume"),
    (&["storage", "erase", "Bay2", "--yes"], "drive"),
    (&["boot", "once", "pxe", "--uefi"], "boot"),
    (&["boot", "always", "disk", "--uefi"], "boot"),
    (&["boot", "http", "http://192.0.2.1/boot.efi"], "boot"),
    (&["boot", "next", "Boot0003"], "boot"),
    (&["boot", "clear"], "boot"),
    (&["boot", "options"], "boot-options"),
    (&["boot", "order", "Boot0003"], "boot-order"),
    (&["boot", "progress"], "boot-stage"),
    (&["firmware"], "firmware"),
    (&["media", "insert", "http://192.0.2.1/install.iso"], "media-slot"),
    (&["media"], "media"),
    (&["media", "eject"], "media-slot"),
    (&["bios", "get"], "bios"),
    (&["bios", "secure-boot"], "secure-boot"),
    (&["users", "enable", "operator"], "text"),
    (&["users", "role", "operator", "read-only"], "text"),
    (&["users", "remove", "operator"], "text"),
    (&["sel", "clear"], "text"),
    (&["lan"], "lan"),
];

#[track_caller]
fn is_valid(json: &Value, value: &str) {
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    schema["properties"]["value"] = serde_json::json!({ "$ref": format!("#/$defs/{value}") });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<_> =
        validator.iter_errors(json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{value}: {wrong:#?}\n{json:#}");
}

#[test]
fn reads_and_changes_have_one_envelope_which_the_schema_describes() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let ipmi = MockIpmi::builder().start_blocking().unwrap();
    let port = ipmi.addr().port().to_string();
    let mut seen = 0;
    for (command, value) in COMMANDS {
        for (host, options, backend) in [
            (bmc.url(), &["--protocol", "redfish"][..], "redfish"),
            ("127.0.0.1".to_owned(), &["--protocol", "ipmi", "--port", &port], "ipmi"),
        ] {
            if *value == "lan" && backend == "redfish" {
                continue;
            }
            let options = if *value == "lan" { &options[2..] } else { options };
            let (verb, rest) = command.split_at(command.len().min(2));
            let arguments = [verb, &[host.as_str()][..], rest, options, &["--user", "admin", "--json"]].concat();
            let output = rosefish(&arguments);
            if !matches!(output.status.code(), Some(0 | 3 | 4)) {
                assert!(output.stdout.is_empty(), "{arguments:?}");
                continue;
            }
            let json = json(&output);
            assert_eq!((&json["host"], &json["backend"]), (&host.as_str().into(), &backend.into()), "{arguments:?}");
            is_valid(&json, value);
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
    let url = bmc.url();
    let tls = runtime.block_on(MockBmc::start()).unwrap();
    is_valid(&json(&rosefish(&["certificate", &tls.url(), "--json"])), "shown-certificates");
    is_valid(&json(&on(&url, "certificate", &["list", "--json"])), "certificates");
    is_valid(&json(&on(&url, "sessions", &["--json"])), "sessions");
    for arguments in [&["set", "AssetTag=rack 7"][..], &["action"], &["action", "Reset", "ResetType=On", "--dry-run"]] {
        let rest =
            [&[arguments[0], url.as_str(), "/redfish/v1/Systems/1"], &arguments[1..], &["--json", "--user", "admin"]];
        is_valid(&json(&rosefish(&rest.concat())), "any");
    }
}

#[test]
fn the_schema_refuses_what_is_not_like_it() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let well = serde_json::json!({
        "host": "bmc", "backend": "ipmi", "value": "on", "sent": [], "unread": null, "partial": [], "attempts": [],
    });
    assert!(validator.is_valid(&well));
    for (name, value) in
        [("backend", "telnet".into()), ("host", Value::Null), ("more", 1.into()), ("partial", "none".into())]
    {
        let mut wrong = well.clone();
        wrong[name] = value;
        assert!(!validator.is_valid(&wrong), "{name}");
    }
}

#[test]
fn the_verb_stands_before_the_host_or_behind_it() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let url = bmc.url();
    let rest = ["--protocol", "redfish", "--user", "admin"];
    for (words, said) in [
        (&["power", &url][..], "on\n"),
        (&["power", "status", &url], "on\n"),
        (&["power", "off", &url, "--force"], "turned off\n"),
        (&["power", &url, "on"], "turned on\n"),
        (&["power", "--force", "off", &url], "turned off\n"),
    ] {
        assert_eq!(text(&rosefish(&[words, &rest].concat())), said, "{words:?}");
    }
    let wrong = rosefish(&["power", "onn", &url]);
    assert!(wrong.status.code() == Some(2) && errors(&wrong).contains("'on'"), "{}", errors(&wrong));
    let wrong = rosefish(&["-H", "bmc", "-U", "root", "sdr", "list"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(errors(&wrong).contains("rosefish sensors bmc --user root"), "{}", errors(&wrong));
}

#[test]
fn help_shows_verbs_and_keeps_options_under_their_headings() {
    let help = text(&rosefish(&["power", "--help"]));
    for part in ["rosefish power [VERB] HOST", "Verbs:", "  nmi ", "short for `rosefish power status HOST`"] {
        assert!(help.contains(part), "{part}: {help}");
    }
    let help = text(&rosefish(&["power", "off", "--help"]));
    let (before, connection) = help.split_once("\nConnection:").unwrap();
    assert!(before.contains("--force") && before.contains("--json") && before.contains("--wait"), "{help}");
    let connection = connection.split("\n\n\n").next().unwrap();
    assert!(!connection.contains("--force") && connection.contains("--insecure"), "{help}");
}

#[test]
fn tables_fit_into_eighty_columns_unless_they_may_be_wide() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let longest = |output: &str| output.lines().map(|line| line.chars().count()).max().unwrap();
    let mut cut = 0;
    for noun in ["sensors", "inventory", "logs", "sel", "users"] {
        let shown = text(&on(&bmc.url(), noun, &[]));
        assert!(longest(&shown) <= 80, "{noun}: {shown}");
        let wide = text(&on(&bmc.url(), noun, &["--wide"]));
        assert!(!wide.contains('…') && wide.lines().count() == shown.lines().count(), "{noun}: {wide}");
        cut += usize::from(shown.contains('…') && longest(&wide) > 80);
        let narrow = program(&[noun, &bmc.url(), "--user", "admin"]).env("COLUMNS", "60").output().unwrap();
        assert!(longest(&text(&narrow)) <= 60, "{noun}");
    }
    assert!(cut > 0);
    let coloured = on(&bmc.url(), "sensors", &["--color", "always"]);
    assert!(text(&coloured).contains("\u{1b}[32mok"));
    assert!(!text(&on(&bmc.url(), "sensors", &[])).contains('\u{1b}'));
}

#[test]
fn requests_are_shown_without_secrets() {
    let runtime = runtime();
    let bmc: MockBmc = serve(&runtime, Tree::demo());
    let quiet = on(&bmc.url(), "users", &["--protocol", "redfish"]);
    assert_eq!(errors(&quiet), "");
    let requests = errors(&on(&bmc.url(), "users", &["--protocol", "redfish", "-v"]));
    assert!(requests.contains("/redfish/v1/AccountService/Accounts") && requests.contains("status=200"), "{requests}");
    assert!(!requests.contains("UserName"), "{requests}");
    let mut change = program(&["users", "password", &bmc.url(), "operator", "-vv", "--user", "admin"]);
    let bodies = errors(&change.env("ROSEFISH_NEW_PASSWORD", "another-Secret-7").output().unwrap());
    assert!(bodies.contains("UserName"), "{bodies}");
    for secret in ["another-Secret-7", "\"password\""] {
        assert!(!bodies.contains(secret), "{secret}: {bodies}");
    }
}

#[test]
fn there_are_completions_and_manual_pages() {
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&rosefish(&["completions", shell]));
        assert!(script.contains("inventory") && script.contains("of-chassis"), "{shell}");
    }
    let dir = std::env::temp_dir().join(format!("rosefish-man-{}", std::process::id()));
    text(&rosefish(&["man", dir.to_str().unwrap()]));
    let page = std::fs::read_to_string(dir.join("rosefish-power-off.1")).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(page.contains("force") && page.starts_with(".ie"), "{page}");
}
