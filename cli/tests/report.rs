//! `rosefish report`: all machines are on the page, with what could not be read in its place, and nothing that a machine says is more
//! than text on it.
#![cfg(unix)]

mod program;

use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::ipmi::MockIpmi;
use rosefish_mock::{MockBmc, Quirk, Tree};
use serde_json::{Value, json};

use program::{errors, rosefish, runtime, serve};

/// A folder that is removed when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rosefish-report-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.file(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Returns an inventory of named hosts, each with further lines.
fn inventory(hosts: &[(&str, String, &str)]) -> String {
    let host =
        |(name, address, more): &(&str, String, &str)| format!("[hosts.{name}]\naddress = \"{address}\"\n{more}\n");
    format!("[defaults]\nuser = \"admin\"\nprotocol = \"redfish\"\n{}", hosts.iter().map(host).collect::<String>())
}

/// An element's name and its attributes.
type Element = (String, Vec<(String, String)>);

/// What a browser makes of a page: its elements, its texts, and where it is not valid HTML.
#[derive(Debug, Default)]
struct Seen {
    elements: RefCell<Vec<Element>>,
    text: RefCell<String>,
    wrong: RefCell<Vec<String>>,
}

impl TokenSink for Seen {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let name = tag.name.to_string();
                let attributes = tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string()));
                self.elements.borrow_mut().push((name.clone(), attributes.collect()));
                self.text.borrow_mut().push('\n');
                match name.as_str() {
                    "style" => return TokenSinkResult::RawData(RawKind::Rawtext),
                    // In an SVG, it is an element like any other.
                    "title" if self.elements.borrow().iter().all(|(name, _)| name != "svg") => {
                        return TokenSinkResult::RawData(RawKind::Rcdata);
                    }
                    _ => {}
                }
            }
            Token::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
            Token::CommentToken(text) => self.wrong.borrow_mut().push(format!("line {line}: the comment {text}")),
            Token::NullCharacterToken => self.wrong.borrow_mut().push(format!("line {line}: a NUL")),
            Token::ParseError(error) => self.wrong.borrow_mut().push(format!("line {line}: {error}")),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[track_caller]
fn parsed(html: &str) -> Seen {
    let tokenizer = Tokenizer::new(Seen::default(), TokenizerOpts { exact_errors: true, ..TokenizerOpts::default() });
    let input = BufferQueue::default();
    input.push_back(html.into());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let seen = tokenizer.sink;
    assert_eq!(*seen.wrong.borrow(), Vec::<String>::new());
    seen
}

impl Seen {
    fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
        element.1.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Checks what holds for each page: nothing comes from elsewhere, nothing runs, and people who can't see it can read it.
    #[track_caller]
    fn is_self_contained_and_accessible(&self) {
        let elements = self.elements.borrow();
        let ids: Vec<_> = elements.iter().filter_map(|one| Self::attribute(one, "id")).collect();
        let mut level = 0;
        let mut tables = (0, 0);
        for element in elements.iter() {
            let name = element.0.as_str();
            assert!(
                !["script", "img", "link", "iframe", "object", "form", "base", "image", "use"].contains(&name),
                "{element:?}"
            );
            for (attribute, value) in &element.1 {
                assert!(!attribute.starts_with("on") && attribute != "style" && attribute != "src", "{element:?}");
                assert!(attribute != "href" || value.starts_with('#'), "{element:?}");
                if attribute == "aria-labelledby" || attribute == "href" {
                    assert!(ids.contains(&value.trim_start_matches('#')), "{element:?}");
                }
            }
            if let Some(next) = name.strip_prefix('h').and_then(|digit| digit.parse::<usize>().ok()) {
                assert!(next <= level + 1, "{element:?} comes after a heading of level {level}");
                level = next;
            }
            assert!(name != "th" || Self::attribute(element, "scope").is_some(), "{element:?}");
            let is_scrolled = Self::attribute(element, "tabindex").is_some();
            assert!(!is_scrolled || Self::attribute(element, "aria-label").is_some(), "{element:?}");
            match name {
                "table" if Self::attribute(element, "aria-labelledby").is_none() => tables.0 += 1,
                "caption" => tables.1 += 1,
                _ => {}
            }
        }
        assert_eq!(tables.0, tables.1, "each table has a caption");
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        let policy =
            elements.iter().find_map(|one| Self::attribute(one, "content").filter(|text| text.contains("-src")));
        let policy = policy.unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(elements[0], ("html".to_owned(), vec![("lang".to_owned(), "en".to_owned())]));
    }
}

fn report(hosts: &str, inventory: &str, output: &str, more: &[&str]) -> Output {
    rosefish(&[&["report", hosts, "--hosts", inventory, "--output", output, "--retries", "0"], more].concat())
}

#[test]
fn all_machines_are_on_one_page_the_dead_ones_and_those_of_ipmi_among_them() {
    let (runtime, folder) = (runtime(), Folder::new("all"));
    let uri = "/redfish/v1/TelemetryService/MetricReports/Temperature";
    let mut tree = Tree::demo();
    let mut metrics = tree.json(uri).cloned().unwrap();
    metrics["MetricValues"] = (0..10)
        .map(|minute| {
            let time = format!("2026-11-30T12:0{minute}:00Z");
            json!({ "MetricId": "Inlet", "MetricValue": format!("2{minute}.5"), "Timestamp": time, "MetricProperty": "/redfish/v1/Chassis/1U" })
        })
        .collect();
    tree.insert(uri, metrics);
    let uri = "/redfish/v1/Chassis/1U/PowerSubsystem/PowerSupplies/PSU2";
    let mut supply = tree.json(uri).cloned().unwrap();
    supply["Status"] = json!({ "State": "UnavailableOffline", "Health": "Critical" });
    tree.insert(uri, supply);
    let ill = serve(&runtime, tree);
    let tls =
        runtime.block_on(MockBmc::builder().credentials("admin", "password").quirk(Quirk::GzipTags).start()).unwrap();
    let broken = serve(&runtime, Tree::demo());
    broken.faults().add(Rule::on("GET", "/redfish/v1/UpdateService/FirmwareInventory").then(Action::Status(500)));
    let old = runtime.block_on(MockIpmi::builder().credentials("admin", "password").start()).unwrap();
    let file = folder.write(
        "hosts.toml",
        &inventory(&[
            ("ill", ill.url(), ""),
            ("tls", tls.url(), "insecure = true"),
            ("broken", broken.url(), ""),
            ("old", old.addr().to_string(), "protocol = \"ipmi\""),
            ("dead", "127.0.0.1:9".to_owned(), ""),
        ]),
    );
    let page = folder.file("report.html");
    let done = report("ill,tls,broken,old,dead", &file, &page, &[]);
    assert_eq!(done.status.code(), Some(3), "{}", errors(&done));
    assert!(done.stdout.is_empty() && errors(&done).contains("dead: "), "{}", errors(&done));
    let html = folder.read("report.html");
    let seen = parsed(&html);
    seen.is_self_contained_and_accessible();
    let text = seen.text.borrow();
    for expected in [
        "Report on 5 machines",
        "power-supply",
        "127.0.0.1:9 could not be reached",
        "Only Redfish has this",
        "Read by IPMI.",
        "reached by HTTP without TLS",
        "Inlet (/redfish/v1/Chassis/1U)",
        "20.5 at 2026-11-30T12:00:00Z",
        "/redfish/v1/UpdateService/FirmwareInventory: ",
        "days left",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let elements = seen.elements.borrow();
    let count = |name: &str| elements.iter().filter(|(element, _)| element == name).count();
    assert_eq!(count("polyline"), 1);
    // Five rows, and a section for each.
    let is_row = |one: &&Element| one.0 == "tr" && Seen::attribute(one, "role") == Some("row");
    assert_eq!(elements.iter().filter(is_row).count(), 6);
    assert!(elements.iter().filter(|one| Seen::attribute(one, "class") == Some("bar")).count() > 10);
    let mode = std::fs::metadata(&page).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    for bmc in [&ill, &tls, &broken] {
        assert_eq!(bmc.sessions(), 0);
    }
}

#[test]
fn what_is_there_stays_and_a_wrong_place_is_found_out_before_anything_is_asked() {
    let (runtime, folder) = (runtime(), Folder::new("place"));
    let bmc = serve(&runtime, Tree::demo());
    let file = folder.write("hosts.toml", &inventory(&[("n1", bmc.url(), "")]));
    let there = folder.write("there.html", "precious");
    let nowhere = folder.file("none/report.html");
    for (output, more, said) in [
        (there.as_str(), &[][..], "--force"),
        (&nowhere, &[], "there is no folder"),
        (folder.0.to_str().unwrap(), &["--force"], "a folder"),
        ("-", &["--csv"], "--csv"),
        ("-", &["--group-by", "value"], "--group-by"),
    ] {
        let refused = report("n1", &file, output, more);
        assert!(refused.status.code() == Some(1) && errors(&refused).contains(said), "{output}: {}", errors(&refused));
    }
    assert_eq!((folder.read("there.html").as_str(), bmc.requests().len()), ("precious", 0));
    assert_eq!(report("n1", &file, "-", &["--json"]).status.code(), Some(2));
    // The lists are cut as the option says, and the page says so. The old content of the file goes when the new page is complete.
    let few = report("n1", &file, &there, &["--force", "--rows", "2", "--no-walk"]);
    assert_eq!(few.status.code(), Some(0), "{}", errors(&few));
    let html = folder.read("there.html");
    let seen = parsed(&html);
    seen.is_self_contained_and_accessible();
    let text = seen.text.borrow().replace('\n', "");
    assert!(text.contains("The first 2 of ") && text.contains("rosefish inventory n1"), "{text}");
    assert!(text.contains("Left out by --no-walk"), "{text}");
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 2, "nothing is left beside it");
    let printed = report("n1", &file, "-", &["--rows", "2", "--no-walk"]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(parsed(&printed).elements, seen.elements);
}

#[test]
fn a_single_machine_that_is_dead_has_a_page_that_says_so() {
    let folder = Folder::new("dead");
    let file = folder.write("hosts.toml", &inventory(&[("n1", "127.0.0.1:9".to_owned(), "")]));
    let done = report("n1", &file, &folder.file("one.html"), &[]);
    assert_eq!(done.status.code(), Some(1), "{}", errors(&done));
    let seen = parsed(&folder.read("one.html"));
    seen.is_self_contained_and_accessible();
    assert!(seen.text.borrow().contains("could not be reached"));
    let done = report("n1,n1", &file, &folder.file("list.html"), &[]);
    assert_eq!(done.status.code(), Some(5), "{}", errors(&done));
}

#[test]
fn what_was_read_when_time_is_up_is_on_the_page_and_the_rest_is_named() {
    let (runtime, folder) = (runtime(), Folder::new("late"));
    let bmc = serve(&runtime, Tree::demo());
    bmc.faults().add(Rule::on("GET", "/redfish/v1/Chassis/**").then(Action::Delay(Duration::from_secs(3600))));
    let file = folder.write("hosts.toml", &inventory(&[("n1", bmc.url(), "")]));
    let done = report("n1", &file, &folder.file("late.html"), &["--host-deadline", "10"]);
    assert_eq!(done.status.code(), Some(1), "{}", errors(&done));
    let seen = parsed(&folder.read("late.html"));
    seen.is_self_contained_and_accessible();
    let text = seen.text.borrow();
    assert!(text.contains("not read") && !text.contains("All is well"), "{text}");
}

/// What would be markup, a script, a style, the end of an attribute, an address, and characters that reverse a line. It doesn't
/// contain a number sign, which would make a name an action.
const HOSTILE: &str = "</style></title><script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)> style=\"x\" \
    <!-- --> ]]> &lt;b&gt; javascript:alert(4) \u{202e}\u{2066}\u{200b}\u{0}\u{1b}[2J`${x}{{y}}";

fn is_hidden(c: char) -> bool {
    let is_format = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    is_format || c.is_control() && c != '\n'
}

/// Appends a mark to each text that nothing depends on, and to the names of vendors' properties.
fn marked(value: &mut Value, mark: &str) {
    match value {
        Value::String(text) if !text.starts_with('/') => text.push_str(mark),
        Value::Array(items) => items.iter_mut().for_each(|item| marked(item, mark)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let is_needed = ["target", "UserName", "Id", "RedfishVersion"].contains(&name.as_str());
                if !is_needed && !name.starts_with('@') {
                    marked(member, mark);
                }
            }
            members.insert(format!("Extra{mark}"), json!(mark));
        }
        _ => {}
    }
}

fn marked_tree(mark: &str, address: &str) -> Tree {
    let demo = Tree::demo();
    let mut tree = Tree::new();
    for uri in demo.uris() {
        let Some(mut json) = demo.json(uri).cloned() else { continue };
        marked(&mut json, mark);
        if uri == "/redfish/v1/Systems/1" {
            json["Oem"][format!("Contoso{mark}")] = json!({
                "@odata.type": format!("#Contoso{mark}.v1_0_0.Thing"), mark: mark,
                "Link": { "@odata.id": address }, "Huge": mark.repeat(40_000 / mark.len()),
            });
            json["Model"] = json!(mark.repeat(400_000 / mark.len()));
            json["AssetTag"] = json!({ mark: [mark] });
        }
        tree = tree.with(uri, json);
    }
    tree
}

#[test]
fn whatever_a_machine_says_is_text() {
    let (runtime, folder) = (runtime(), Folder::new("hostile"));
    let page = |mark: &str, address: &str| {
        let bmc = serve(&runtime, marked_tree(mark, address));
        bmc.faults().add(Rule::on("GET", "**/Drives/**").then(Action::message(500, "Base.1.8.InternalError", mark)));
        let file = folder.write("hosts.toml", &inventory(&[("n1", bmc.url(), "")]));
        let done = report("n1", &file, &folder.file("page.html"), &["--force"]);
        assert_eq!(done.status.code(), Some(3), "{}", errors(&done));
        folder.read("page.html")
    };
    let hostile = page(HOSTILE, "javascript:alert(5)");
    // As long as what is shown of the other: columns are as wide as what is in them.
    let escapes = HOSTILE.chars().filter(|c| is_hidden(*c)).count();
    let harmless = page(&"x".repeat(HOSTILE.chars().count() + 5 * escapes), "urn:harmless:alert5");
    let (seen, expected) = (parsed(&hostile), parsed(&harmless));
    seen.is_self_contained_and_accessible();
    for (one, other) in seen.elements.borrow().iter().zip(expected.elements.borrow().iter()) {
        assert_eq!(one, other);
    }
    assert_eq!(seen.elements.borrow().len(), expected.elements.borrow().len());
    // All of it can be read, even what would be invisible.
    let text = seen.text.borrow();
    assert!(text.contains("<script>alert(1)</script><img src=x onerror=alert(2)>\"'>"), "{text}");
    assert!(text.contains("\\u202e\\u2066\\u200b\\u0000\\u001b[2J") && text.contains("characters more)"), "{text}");
    assert!(!hostile.contains(is_hidden));
    // No text is longer than what a person would read.
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(longest < 6000, "{longest}");
}
