//! Any text as a JSON Schema and as an OpenAPI file: no panic, neither in the readers nor in the passes after them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rosefish_codegen::{Manifest, Selection, build, parse, rust};

const MANIFEST: &str = include_str!("../../schemas/bundle.toml");

fuzz_target!(|text: &str| {
    for file in ["Fuzzed.v1_0_0.json", "Fuzzed.v1_0_0.yaml", "openapi.yaml", "redfish-payload-annotations-v1.yaml"] {
        let Ok(documents) = parse(file, text) else { continue };
        let manifest = Manifest::parse(MANIFEST).expect("the manifest is the repository's");
        if let Ok(model) = build(documents, &manifest, &Selection::All) {
            let _ = rust::emit(&model);
        }
    }
});
