//! Captured machines with several systems, verb by verb: each system is shown or named with the reason, and what could not be read is.

mod program;

use std::collections::BTreeSet;
use std::path::Path;

use rosefish_mock::{MockBmc, Tree};
use serde_json::Value;

use program::{errors, program, runtime};

/// The verbs that read a service, and whether they are about systems one by one.
const READS: [(&str, bool); 30] = [
    ("power status", true),
    ("power policy", true),
    ("power limit", false),
    ("boot status", true),
    ("boot options", true),
    ("boot progress", true),
    ("sensors", false),
    ("controls list", false),
    ("metrics show", false),
    ("metrics reports", false),
    ("metrics definitions", false),
    ("metrics triggers", false),
    ("health", false),
    ("logs list", false),
    ("logs show", false),
    ("sel list", true),
    ("inventory", true),
    ("bios get", true),
    ("bios pending", true),
    ("bios secure-boot", true),
    ("firmware list", false),
    ("media list", false),
    ("identify status", true),
    ("users list", false),
    ("bmc info", false),
    ("network show", false),
    ("storage list", false),
    ("console list", false),
    ("certificate list", false),
    ("sessions list", false),
];

/// What these machines have of none of their systems, or nowhere.
const LACKING: [(&str, &[&str]); 3] = [
    ("libredfish/nvidia_gh200", &["metrics definitions", "metrics triggers"]),
    // Its logs were not captured.
    (
        "redfish_ctl/supermicro_fixtures",
        &["metrics definitions", "metrics triggers", "logs list", "logs show", "sel list"],
    ),
    (
        "dmtf-publications/public-bladed",
        &[
            "power policy",
            "power limit",
            "boot options",
            "boot progress",
            "controls list",
            "metrics show",
            "metrics reports",
            "metrics definitions",
            "metrics triggers",
            "bios get",
            "bios pending",
            "bios secure-boot",
            "firmware list",
            "media list",
            "certificate list",
        ],
    ),
];

/// The URIs of a tree's systems.
fn systems(tree: &Tree) -> Vec<String> {
    let members = tree.json("/redfish/v1/Systems").and_then(|systems| systems["Members"].as_array());
    let uris = members.into_iter().flatten().filter_map(|member| member["@odata.id"].as_str());
    uris.map(str::to_owned).collect()
}

#[test]
#[ignore = "needs ../shared/corpus"]
fn each_system_of_a_machine_with_several_is_shown_by_each_verb_or_named() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let runtime = runtime();
    let (mut runs, mut wrong) = (0, Vec::new());
    for (name, lacking) in LACKING {
        let tree = Tree::from_dir(corpus.join(name)).unwrap();
        let systems = systems(&tree);
        assert!(systems.len() > 1, "{name} has several systems");
        let builder = MockBmc::builder().tree(tree).plain().credentials("admin", "password");
        let bmc = runtime.block_on(builder.start()).unwrap();
        for (verb, of_systems) in READS {
            let url = bmc.url();
            let mut words: Vec<&str> = verb.split(' ').chain([url.as_str(), "--user", "admin", "--json"]).collect();
            if !["certificate", "sessions"].contains(&words[0]) {
                words.extend(["--protocol", "redfish"]);
            }
            let output = program(&words).output().unwrap();
            runs += 1;
            let (said, code) = (errors(&output), output.status.code());
            let mut complain = |what: &str| wrong.push(format!("{name} {verb} ({code:?}): {what}: {said}"));
            if lacking.contains(&verb) {
                if code != Some(1) || said.trim().is_empty() || !output.stdout.is_empty() {
                    complain("it should say that there is none");
                }
                continue;
            }
            let Ok(json) = serde_json::from_slice::<Value>(&output.stdout) else {
                complain("no JSON");
                continue;
            };
            // A health that is bad is an exit code of its own.
            let is_fine = matches!(code, Some(0 | 3)) || (verb == "health" && code == Some(4));
            if !is_fine {
                complain("another exit code");
            }
            let missing = json["partial"].as_array().unwrap();
            for one in missing {
                let (place, why) = (one["where"].as_str().unwrap_or_default(), one["why"].as_str().unwrap_or_default());
                if place.is_empty() || why.is_empty() || !said.contains(place) {
                    complain("what is missing is not named");
                }
            }
            if code == Some(3) && missing.is_empty() {
                complain("nothing is missing");
            }
            let text = json.to_string();
            let unnamed: BTreeSet<_> = systems
                .iter()
                .filter(|uri| {
                    let id = uri.rsplit('/').next().unwrap_or_default();
                    of_systems && !text.contains(&format!("\"{id}\"")) && !text.contains(uri.as_str())
                })
                .collect();
            if !unnamed.is_empty() {
                complain(&format!("not shown: {unnamed:?}"));
            }
        }
        assert_eq!(bmc.sessions(), 0, "{name}");
    }
    println!("{runs} runs, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
