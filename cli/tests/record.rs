//! A service recorded to a folder and served from there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rosefish_mock::{DEFAULT_PASSWORD, DEFAULT_USER, MockBmc, Tree};
use serde_json::{Value, json};

fn rosefish(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rosefish"));
    let output =
        command.args(arguments).stdin(Stdio::null()).env("ROSEFISH_PASSWORD", DEFAULT_PASSWORD).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("rosefish-record-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        Self(dir)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// All that is in the files.
    fn text(&self) -> String {
        fn read(dir: &Path, text: &mut String) {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                text.push_str(&format!("\n{}\n", path.display()));
                if path.is_dir() {
                    read(&path, text);
                } else {
                    text.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let mut text = String::new();
        read(&self.0, &mut text);
        text
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a walk says that doesn't depend on the moment.
fn walked(bmc: &MockBmc) -> Value {
    let output = rosefish(&["walk", &bmc.url(), "--user", DEFAULT_USER, "--json"]);
    let mut walk: Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in ["seconds", "bytes"] {
        walk.as_object_mut().unwrap().remove(name);
    }
    walk
}

async fn served(tree: Tree) -> MockBmc {
    MockBmc::builder().tree(tree).plain().start().await.unwrap()
}

#[tokio::test]
async fn a_recording_walks_like_the_service_that_it_was_made_of() {
    let folder = Folder::new("demo");
    // In pages, and with a session of somebody else.
    let bmc = MockBmc::builder().plain().page_size(3).start().await.unwrap();
    let output = rosefish(&["record", &bmc.url(), folder.path(), "--user", DEFAULT_USER]);
    assert_eq!(bmc.sessions(), 0, "the recording has logged out");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("0 not read"), "{said}");

    let original = served(Tree::demo()).await;
    let tree = Tree::from_dir(&folder.0).unwrap();
    assert!(tree.problems().is_empty(), "{:?}", tree.problems());
    let replayed = served(tree).await;
    assert_eq!(walked(&replayed), walked(&original));
    for uri in ["/redfish/v1/Systems/1", "/redfish/v1/Chassis/1U/Sensors", "/redfish/v1/Registries/Base.1.22.1"] {
        assert!(original.resource(uri).is_some(), "{uri}");
        assert_eq!(replayed.resource(uri), original.resource(uri), "{uri}");
    }

    // A recording is never mixed with another.
    let again = Command::new(env!("CARGO_BIN_EXE_rosefish"))
        .args(["record", &bmc.url(), folder.path()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("empty or new"));
}

#[tokio::test]
async fn secrets_are_left_out_and_a_masked_machine_is_nobodys() {
    let bmc = served(Tree::demo()).await;
    let system = "/redfish/v1/Systems/1";
    let mut changed = bmc.resource(system).unwrap();
    changed["SerialNumber"] = "SN-4711-A".into();
    changed["HostName"] = "db17.example.org".into();
    changed["UUID"] = "38947555-7742-3448-3784-823347823834".into();
    changed["Oem"] = json!({ "Contoso": { "Password": "hunter2", "Note": "made for db17.example.org, SN-4711-A" } });
    bmc.set(system, changed.clone());
    let plain = Folder::new("secrets");
    rosefish(&["record", &bmc.url(), plain.path(), "--user", DEFAULT_USER]);
    let text = plain.text();
    assert!(text.contains("SN-4711-A") && !text.contains("hunter2"));

    let folder = Folder::new("masked");
    rosefish(&["record", &bmc.url(), folder.path(), "--user", DEFAULT_USER, "--mask"]);
    let text = folder.text();
    for told in ["SN-4711-A", "db17.example.org", "38947555-7742-3448-3784-823347823834", "hunter2"] {
        assert!(!text.contains(told), "{told}");
    }
    let replayed = served(Tree::from_dir(&folder.0).unwrap()).await;
    let masked = replayed.resource(system).unwrap();
    let (serial, host) = (masked["SerialNumber"].as_str().unwrap(), masked["HostName"].as_str().unwrap());
    assert_eq!(masked["Oem"]["Contoso"]["Note"], format!("made for {host}, {serial}"));
    assert_eq!(walked(&replayed)["types"], walked(&bmc)["types"]);
    assert_eq!(walked(&replayed)["errors"], 0);
}
