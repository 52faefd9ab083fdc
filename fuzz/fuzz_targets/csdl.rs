//! Any text as a schema file: no panic, neither in the parser nor in the passes that make a model of what it read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rosefish_codegen::{Manifest, Selection, build, csdl, rust};

const MANIFEST: &str = include_str!("../../schemas/bundle.toml");

fuzz_target!(|text: &str| {
    let Ok(document) = csdl::parse("fuzzed.xml", text) else { return };
    let manifest = Manifest::parse(MANIFEST).expect("the manifest is the repository's");
    if let Ok(model) = build(vec![document], &manifest, &Selection::All) {
        let _ = rust::emit(&model);
    }
});
