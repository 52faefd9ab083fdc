//! What the emitter makes of a few schemas, one or two for each thing that it can make, kept in `golden/`: a change of
//! the emitter reads as a diff. The schemas' own sentences are left out. That the same text is what the library was
//! compiled from is a test of the library's, `tests/golden.rs`.

use std::fs;
use std::path::Path;
use std::process::Command;

use rosefish_codegen::model::ir::Docs;
use rosefish_codegen::{Manifest, Model, Selection, build, load, pinned, rust};

/// Registries and names that services make up, excerpts, actions with parameters and what they return, collections, what
/// both bundles define, a type that others share, and a schema of nothing but types for other schemas.
const SCHEMAS: [&str; 9] = [
    "action_info",
    "bios",
    "computer_system_collection",
    "control",
    "message_registry",
    "physical_context",
    "redundancy",
    "schedule",
    "virtual_media",
];

/// The model of the pinned schemas.
fn pinned_model() -> Model {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = Manifest::load(&folder.join("../schemas/bundle.toml")).expect("the manifest");
    build(load(&pinned()).expect("the pinned schemas"), &manifest, &Selection::All).expect("a model")
}

/// All of it, with the schemas' sentences: a golden file has but some of the forms. Needs rustfmt, which comes with cargo.
#[test]
fn what_is_emitted_is_laid_out_as_rustfmt_would() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("formatted");
    let output = rust::emit(&pinned_model());
    output.write_to(&folder).expect("a writable folder");
    let files = output.files.iter().map(|(name, _)| name).filter(|name| name.ends_with(".rs"));
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--check", "--edition", "2024", "--color", "never", "--config-path"]).arg(configuration);
    let done = rustfmt.args(files).current_dir(&folder).output().expect("rustfmt, a component of the toolchain");
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}

#[test]
fn the_emitted_rust_is_that_of_the_golden_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut model = pinned_model();
    silence(&mut model);
    let output = rust::emit(&model);
    let mut golden: Vec<(String, String)> = SCHEMAS
        .iter()
        .map(|module| (module.to_string(), output.file(&format!("schema/{module}.rs")).expect("a schema").to_owned()))
        .collect();
    let navigation = output.file("navigation.rs").expect("navigation");
    golden.push(("navigation".to_owned(), SCHEMAS.iter().map(|module| methods(navigation, module)).collect()));
    let mut differing = Vec::new();
    for (name, text) in golden {
        let path = folder.join(format!("tests/golden/{name}.rs.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &text).expect("a writable golden file");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if let Some(line) = first_difference(&kept, &text) {
            differing.push(format!("{}: {line}", path.display()));
        }
    }
    assert!(
        differing.is_empty(),
        "the emitter makes something else than before; if that is meant, run this test with UPDATE_GOLDEN=1 and read the \
         diff:\n{}",
        differing.join("\n")
    );
}

/// Takes the schemas' sentences out of the model, and leaves versions.
fn silence(model: &mut Model) {
    fn quiet(docs: &mut Docs) {
        docs.description = None;
        docs.long_description = None;
        if let Some(deprecated) = &mut docs.deprecated {
            deprecated.description = None;
        }
    }
    for item in model.structs.values_mut() {
        quiet(&mut item.docs);
        item.fields.iter_mut().for_each(|field| quiet(&mut field.docs));
        item.actions.iter_mut().for_each(|action| quiet(&mut action.docs));
    }
    for item in model.enums.values_mut() {
        quiet(&mut item.docs);
        item.members.iter_mut().for_each(|member| quiet(&mut member.docs));
    }
    model.open_types.values_mut().for_each(quiet);
    model.terms.values_mut().for_each(|term| quiet(&mut term.docs));
}

/// The methods of one schema's resources.
fn methods(navigation: &str, module: &str) -> String {
    let start = format!("impl r::Resource<s::{module}::");
    let blocks = navigation.split_inclusive("\n}\n").map(|block| block.trim_start_matches('\n'));
    let blocks: Vec<_> = blocks.filter(|block| block.starts_with(&start)).collect();
    blocks.join("\n")
}

fn first_difference(kept: &str, now: &str) -> Option<String> {
    let mut pairs = kept.lines().zip(now.lines()).enumerate();
    match pairs.find(|(_, (kept, now))| kept != now) {
        Some((number, (kept, now))) => Some(format!("line {}:\n  was {kept}\n  is  {now}", number + 1)),
        None if kept == now => None,
        None => Some(format!("{} lines were, {} are", kept.lines().count(), now.lines().count())),
    }
}
