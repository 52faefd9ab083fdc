//! The golden files of the schema compiler against what this library was compiled from: they are the same Rust, save
//! for the schemas' own sentences, which the golden files leave out.

#![cfg(all(
    feature = "systems",
    feature = "chassis",
    feature = "managers",
    feature = "storage",
    feature = "network",
    feature = "accounts",
    feature = "telemetry",
    feature = "update",
    feature = "composition",
    feature = "facilities",
    feature = "registries",
    feature = "swordfish"
))]

use std::fs;
use std::path::Path;

#[test]
fn the_golden_files_are_what_the_library_is_compiled_from() {
    if option_env!("ROSEFISH_SCHEMA_DIR").is_some() {
        eprintln!("skipped: the library has other schemas than the golden files");
        return;
    }
    let out = Path::new(env!("OUT_DIR"));
    let navigation = code(&fs::read_to_string(out.join("navigation.rs")).unwrap());
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("codegen/tests/golden");
    let mut compared = 0;
    for entry in fs::read_dir(golden).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().strip_suffix(".txt").unwrap().to_owned();
        let kept = code(&fs::read_to_string(&path).unwrap());
        if file == "navigation.rs" {
            for block in kept.split_inclusive("\n}\n") {
                assert!(navigation.contains(block), "not among the library's methods:\n{block}");
            }
        } else {
            let compiled = fs::read_to_string(out.join("schema").join(&file)).unwrap();
            assert!(kept == code(&compiled), "{file}: the library was compiled from something else");
        }
        compared += 1;
    }
    assert!(compared >= 8, "{compared} golden files");
}

/// Without doc comments, places of descriptions, and reasons of deprecation.
fn code(text: &str) -> String {
    let text: String = text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("///")).collect();
    let text = blank(&text, "w::Doc(", |rest| rest.find(')'));
    // `w::n(1, 2, 0, PLACE)`: the version stays.
    let mut out = String::with_capacity(text.len());
    for (number, part) in text.split("w::n(").enumerate() {
        let notes = part.split_once(')').and_then(|(inside, after)| Some((inside.rsplit_once(", ")?.0, after)));
        match notes {
            Some((version, after)) if number > 0 => {
                out.push_str(&format!("w::n({version}){after}"));
            }
            _ => out.push_str(part),
        }
    }
    // The lines of properties: the fourth column is the place, the tenth the reason. Those of members begin with the place.
    let out = columns(&out, "w::Fields::new(\"", &[3, 9]);
    columns(&out, "w::MemberNotes(\"", &[0])
}

/// Takes columns out of each text that begins with `start`.
fn columns(text: &str, start: &str, dropped: &[usize]) -> String {
    let mut parts = text.split(start);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (lines, after) = part.split_at(closing_quote(part).unwrap());
        out.push_str(start);
        for line in lines.split("\\n") {
            let kept = line.split("\\t").enumerate().filter(|(number, _)| !dropped.contains(number));
            out.extend(kept.map(|(_, column)| format!("{column}\t")));
            out.push('\n');
        }
        out.push_str(after);
    }
    out
}

/// Takes out what stands behind each `start`, as far as `length` says.
fn blank(text: &str, start: &str, length: impl Fn(&str) -> Option<usize>) -> String {
    let mut parts = text.split(start);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(start);
        out.push_str(&part[length(part).unwrap_or(0)..]);
    }
    out
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })
}
