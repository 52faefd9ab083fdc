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
#[cfg_attr(other_schemas, ignore = "needs the pinned schemas, and ROSEFISH_SCHEMA_DIR named others")]
fn the_golden_files_are_what_the_library_is_compiled_from() {
    let out = Path::new(env!("ROSEFISH_SCHEMA_FOLDER"));
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

/// Without doc comments, places of descriptions, and reasons of deprecation: of the lines with columns the second is the
/// place, and the tenth the reason.
fn code(text: &str) -> String {
    let mut out = String::new();
    let mut comment = false;
    for line in text.lines() {
        comment |= line.trim_start().starts_with("/**");
        if !comment && !line.trim_start().starts_with("///") {
            let columns = line.split('\t').enumerate().filter(|(number, _)| !matches!(number, 1 | 9));
            out.push_str(&columns.map(|(_, column)| column).collect::<Vec<_>>().join("\t"));
            out.push('\n');
        }
        comment &= !line.ends_with("*/");
    }
    out
}
