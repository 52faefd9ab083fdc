//! The command line as a whole: the order of words, the help, ipmitool's words, one envelope in JSON with its schema, tables that
//! fit, requests shown without secrets, completions and manual pages.

mod program;

use std::collections::BTreeSet;

use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::ipmi::{Act, MockIpmi, Rule as IpmiRule};
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

use program::{errors, json as json_of, on, program, rosefish, runtime, serve, text, with_triggers};

const SCHEMA: &str = include_str!("../../docs/output.schema.json");

/// Commands that read or change, with what they take behind the host: at least one for each that the schema describes.
const COMMANDS: &[&str] = &[
    "power status",
    "power off --force",
    "power on",
    "power reset --force",
    "power cycle",
    "power nmi",
    "power policy",
    "power limit",
    "power limit --watts 500",
    "boot status",
    "controls list",
    "controls set PowerLimit 600",
    "metrics show",
    "metrics reports",
    "metrics definitions",
    "metrics triggers",
    "logs collect --save DIR/dump.bin",
    "logs download 4 --log Audit --save DIR/attached.bin",
    "sensors list",
    "sensors get 0x01",
    "sensors threshold 0x04 --upper-critical 80",
    "health",
    "logs show",
    "logs list",
    "sel list",
    "inventory",
    "identify status",
    "identify on",
    "identify off",
    "users list",
    "users disable operator",
    "bmc info",
    "network show",
    "network set --vlan off",
    "console list",
    "console set --bit-rate 9600",
    "storage list",
    "storage locate Bay3",
    "storage delete 2 --yes",
    "storage erase Bay2 --yes",
    "storage create raid1",
    "storage initialise 1 --yes",
    "boot once pxe --uefi",
    "boot always disk --uefi",
    "boot http http://192.0.2.1/boot.efi",
    "boot target PciRoot(0x0)/Pci(0x1,0x0)",
    "boot next Boot0003",
    "boot clear",
    "boot options",
    "boot order Boot0003",
    "boot progress",
    "firmware list",
    "firmware update DIR/bmc-9.1.0.bin --settling 1",
    "firmware update DIR/bmc-9.2.0.bin --apply on-start --settling 1",
    "firmware start --settling 1",
    "media insert http://192.0.2.1/install.iso",
    "media list",
    "media eject",
    "bios get",
    "bios export DIR/bios.json",
    "bios set QuietBoot=off",
    "bios pending",
    "bios diff DIR/bios.json",
    "bios apply DIR/bios.json",
    "bios password Setup",
    "bios reset",
    "bios secure-boot",
    "bios secure-boot off",
    "users add eve operator",
    "users password eve",
    "users enable operator",
    "users role operator read-only",
    "users remove operator",
    "sel info",
    "sel time now",
    "sel get 1",
    "sel save DIR/events.txt",
    "sel add DIR/events.txt",
    "sel delete 1 2",
    "logs clear --log SEL",
    "sel clear",
    "fru list",
    "fru list --device 0",
    "fru read DIR/fru.bin",
    "fru edit product.asset-tag=rack7",
    "fru write DIR/fru.bin",
    "users test admin",
    "users summary",
    "users access",
    "bmc watchdog",
    "bmc enables event-log=off",
    "bmc sysinfo system-name=node7",
    "channel show",
    "channel list",
    "ipmi show",
    "ipmi dcmi",
    "ipmi asset-tag rack7",
    "ipmi controller-id node7",
    "ipmi event temperature",
    "ipmi pef",
    "ipmi sdr --save DIR/node.sdr",
    "ipmi sessions",
    "lan show",
    "lan ipv6",
    "lan alerts",
    "lan alert 1 --to 192.0.2.7",
    "lan stats --clear",
    "lan set --vlan off",
    "lan set --ipv6-address 2001:db8::7/64",
    "raw 6 1",
    "certificate csr --common-name bmc.example",
    "certificate list",
    "certificate replace DIR/new.pem",
    "sessions list",
    "sessions end --of nobody",
    "set /redfish/v1/Systems/1 AssetTag=7",
    "action /redfish/v1/Systems/1 Reset ResetType=On",
    "schemas fetch DIR/schemas",
    "bmc reset",
];

/// What has no choice of protocol.
const BY_REDFISH: &[&str] = &["certificate", "sessions", "set", "action", "schemas"];
const BY_IPMI: &[&str] = &["ipmi", "lan", "raw", "fru", "channel"];

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

#[track_caller]
fn is_like(json: &Value, schema: &Value, what: &str) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let wrong: Vec<_> =
        validator.iter_errors(json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{what}: {wrong:#?}\n{json:#}");
}

/// The envelope, with a value as the schema says it of the command.
#[track_caller]
fn is_valid(json: &Value, command: &str) {
    let mut schema = schema();
    let definition = schema["commands"][command].as_str().unwrap_or_else(|| panic!("{command} is not described"));
    schema["properties"]["value"] = json!({ "$ref": format!("#/$defs/{definition}") });
    is_like(json, &schema, command);
}

/// A folder with the files that commands take.
fn folder() -> String {
    let folder = std::env::temp_dir().join(format!("rosefish-output-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["bmc-9.1.0.bin", "bmc-9.2.0.bin"] {
        std::fs::write(folder.join(name), vec![7; 10_000]).unwrap();
    }
    let pem = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
    std::fs::write(folder.join("new.pem"), pem).unwrap();
    folder.to_str().unwrap().to_owned()
}

/// Has the BMC say that it is this manufacturer's, and answer the vendors' commands for fans as one whose mode is 4 and duty 40 %.
fn of_vendor(manufacturer: u16, bmc: &MockIpmi) -> u16 {
    let [low, high] = manufacturer.to_le_bytes();
    bmc.clear_rules();
    bmc.rule(IpmiRule::always(0x06, 0x01, Act::Reply(0, vec![0x20, 1, 2, 0x10, 2, 0xbf, low, high, 0, 0, 1])));
    for (command, data) in [(0x45, vec![4]), (0x70, vec![40]), (0x30, Vec::new())] {
        bmc.rule(IpmiRule::always(0x30, command, Act::Reply(0, data)));
    }
    bmc.addr().port()
}

#[test]
fn reads_and_changes_have_one_envelope_which_the_schema_describes() {
    let runtime = runtime();
    let bmc = serve(&runtime, with_triggers());
    let ipmi = MockIpmi::builder().start_blocking().unwrap();
    let port = ipmi.addr().port().to_string();
    let folder = folder();
    let request =
        json!({ "CSRString": "-----BEGIN CERTIFICATE REQUEST-----\nMA==\n-----END CERTIFICATE REQUEST-----" });
    bmc.faults().add(Rule::on("POST", "**/CertificateService.GenerateCSR").then(Action::json(200, request)));
    let mut seen = BTreeSet::new();
    for line in COMMANDS {
        let words: Vec<String> = line.split(' ').map(|word| word.replace("DIR", &folder)).collect();
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        let verb = words.get(1).map(|verb| format!("{} {verb}", words[0]));
        let has_verb = verb.is_some_and(|verb| schema()["commands"].get(verb).is_some());
        let rest = words.split_off(if has_verb { 2 } else { 1 });
        let command = words.join(" ");
        for (host, backend) in [(bmc.url(), "redfish"), ("127.0.0.1".to_owned(), "ipmi")] {
            let choice: &[&str] = match (backend, words[0]) {
                ("redfish", noun) if BY_IPMI.contains(&noun) => continue,
                ("ipmi", noun) if BY_REDFISH.contains(&noun) => continue,
                ("redfish", noun) if BY_REDFISH.contains(&noun) => &[],
                ("redfish", _) => &["--protocol", "redfish"],
                (_, noun) if BY_IPMI.contains(&noun) => &["--port", &port],
                _ => &["--protocol", "ipmi", "--port", &port],
            };
            let end = ["--user", "admin", "--json"];
            let arguments = [words.as_slice(), &[host.as_str()], &rest, choice, &end].concat();
            let output = program(&arguments).env("ROSEFISH_NEW_PASSWORD", "n3w-Secret-7").output().unwrap();
            if !matches!(output.status.code(), Some(0 | 3 | 4)) {
                assert!(output.stdout.is_empty(), "{arguments:?}");
                continue;
            }
            let json = json_of(&output);
            assert_eq!((&json["host"], &json["backend"]), (&host.as_str().into(), &backend.into()), "{arguments:?}");
            is_valid(&json, &command);
            seen.insert(command.clone());
        }
    }
    for (manufacturer, lines) in [
        (10876, &["fans status", "fans mode HeavyIO", "fans speed 40 --cooling-is-my-concern"][..]),
        (674, &["fans automatic"]),
    ] {
        let port = of_vendor(manufacturer, &ipmi).to_string();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let (verb, rest) = words.split_at(2);
            let end = ["--protocol", "ipmi", "--port", &port, "--user", "admin", "--json"];
            let output = rosefish(&[verb, &["127.0.0.1"], rest, &end].concat());
            is_valid(&json_of(&output), &verb.join(" "));
            seen.insert(verb.join(" "));
        }
    }
    let tls = runtime.block_on(MockBmc::start()).unwrap();
    is_valid(&json_of(&rosefish(&["certificate", "show", &tls.url(), "--json"])), "certificate show");
    seen.insert("certificate show".to_owned());
    for arguments in [&["action"][..], &["action", "Reset", "ResetType=On", "--dry-run"]] {
        let url = bmc.url();
        let rest =
            [&[arguments[0], url.as_str(), "/redfish/v1/Systems/1"], &arguments[1..], &["--json", "--user", "admin"]];
        is_valid(&json_of(&rosefish(&rest.concat())), "action");
    }
    let described = schema()["commands"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let never: Vec<_> = described.iter().filter(|name| *name != "$comment" && !seen.contains(*name)).collect();
    assert!(never.is_empty(), "what these print was not looked at: {never:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_has_no_envelope_is_described_as_well() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let url = bmc.url();
    let system = format!("{url}/redfish/v1/Systems/1");
    let folders = ["a", "b"].map(|name| {
        let folder = std::env::temp_dir().join(format!("rosefish-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let size = if name == "a" { "integer" } else { "string" };
        let definition = json!({ "type": "object", "properties": { "Size": { "type": size } } });
        let schema = json!({ "$ref": "#/definitions/Thing", "definitions": { "Thing": definition } });
        std::fs::write(folder.join("Thing.v1_0_0.json"), schema.to_string()).unwrap();
        folder.to_str().unwrap().to_owned()
    });
    // These are about files and stores of the user's own: keyring.rs and known.rs hold them against the schema.
    let elsewhere = ["certificate known", "keyring status", "keyring set", "keyring forget"];
    let mut seen: BTreeSet<String> = elsewhere.into_iter().chain(["$comment"]).map(str::to_owned).collect();
    for (command, arguments) in [
        ("walk", &[url.as_str(), "--user", "admin"][..]),
        ("get", &[&system, "--user", "admin"]),
        ("check", &[&url, "--user", "admin"]),
        ("validate", &[&url, "--user", "admin"]),
        ("oem", &[&url, "--user", "admin"]),
        ("schema", &["ComputerSystem"]),
        ("schema", &["ComputerSystem/AssetTag"]),
        ("schemas diff", &[&folders[0], &folders[1]]),
        ("watch", &[&url, "--user", "admin", "--count", "2", "--every", "1"]),
    ] {
        let words: Vec<_> = command.split(' ').collect();
        let printed = rosefish(&[words.as_slice(), arguments, &["--json"]].concat()).stdout;
        let mut schema = schema();
        let definition = schema["without-envelope"][command].as_str().unwrap().to_owned();
        let definitions = schema["$defs"].take();
        let definition = json!({ "$ref": format!("#/$defs/{definition}"), "$defs": definitions });
        let mut count = 0;
        for json in serde_json::Deserializer::from_slice(&printed).into_iter::<Value>() {
            is_like(&json.unwrap(), &definition, command);
            count += 1;
        }
        assert!(count == 1 || command == "watch" && count > 1, "{command}: {count}");
        seen.insert(command.to_owned());
    }
    let described = schema()["without-envelope"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(described, seen);
    folders.iter().for_each(|folder| std::fs::remove_dir_all(folder).unwrap());
}

#[test]
fn the_schema_refuses_what_is_not_like_it() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let well = json!({
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
