//! Texts that would be code if they escaped from the comment or the literal that they are put in.

use std::collections::BTreeSet;

use rosefish_codegen::rust::{self, Output};
use rosefish_codegen::{Builder, Model};

/// Texts that would escape from a comment or a literal of any kind.
pub(crate) const ESCAPES: &[&str] = &[
    "\n pub fn injected() {}\n",
    "\r pub fn injected() {}\r",
    "\u{2028} pub fn injected() {} \u{85}",
    "*/ pub fn injected() {} /*",
    "*",
    "/",
    "\" ; pub fn injected() {} const X: &str = \"",
    "\"# ; pub fn injected() {} const X: &str = r#\"",
    "\"########## ; pub fn injected() {} const X: &str = r##########\"",
    "`) }} pub fn injected() {} {{ (`",
    "{} injected {0} {{}}",
    "\\",
    "\\u{0}",
    "\u{202e}injected\u{2066}",
    "\t1\tS\t7\ninjected\t0\tS\t7",
    "x; pub fn injected() {} //",
    "../../injected",
    "r#injected",
    "fn",
    "crate",
    "\u{442}\u{435}\u{441}\u{442}",
];

/// Returns whether a name occurs as code: not in a comment, which is a literal to the compiler, nor in a string.
fn has_word(tokens: proc_macro2::TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => has_word(group.stream(), word),
        proc_macro2::TokenTree::Ident(name) => name == word,
        _ => false,
    })
}

/// Checks that a model becomes Rust, and that none of the code comes from the text that was put into a schema.
pub(crate) fn is_no_code(model: &Model, text: &str) {
    are_no_code(&rust::emit(model), text);
}

/// Like [`is_no_code`], for generated files.
pub(crate) fn are_no_code(output: &Output, text: &str) {
    let mut names = BTreeSet::new();
    for (name, code) in &output.files {
        assert!(!name.contains("..") && name.matches('/').count() <= 1, "{name}");
        assert!(names.insert(name), "{name} is written twice");
        if !name.ends_with(".rs") {
            continue;
        }
        let file = syn::parse_file(code).unwrap_or_else(|error| panic!("{error}: {text:?}: {code}"));
        nothing_stands_twice(&file, code);
        let tokens: proc_macro2::TokenStream = code.parse().expect("tokens");
        // A text without `fn` may become a name once its special characters are removed. That isn't code.
        assert!(!text.contains("fn injected") || !has_word(tokens, "injected"), "{text:?}: {code}");
    }
}

/// Checks that no two items of a file have the same name: the parser accepts that, but the compiler doesn't.
fn nothing_stands_twice(file: &syn::File, code: &str) {
    let mut known = BTreeSet::new();
    for item in &file.items {
        let (space, name) = match item {
            syn::Item::Mod(item) => ("type", &item.ident),
            syn::Item::Struct(item) => {
                let mut fields = BTreeSet::new();
                for field in item.fields.iter().filter_map(|field| field.ident.as_ref()) {
                    assert!(fields.insert(field.to_string()), "{field} stands twice in {}: {code}", item.ident);
                }
                ("type", &item.ident)
            }
            syn::Item::Enum(item) => {
                let mut variants = BTreeSet::new();
                for variant in &item.variants {
                    assert!(variants.insert(&variant.ident), "{} stands twice: {code}", variant.ident);
                }
                ("type", &item.ident)
            }
            syn::Item::Type(item) => ("type", &item.ident),
            syn::Item::Trait(item) => {
                let mut methods = BTreeSet::new();
                for method in &item.items {
                    let syn::TraitItem::Fn(method) = method else { continue };
                    let name = &method.sig.ident;
                    assert!(methods.insert(name), "{name} stands twice in {}: {code}", item.ident);
                }
                ("type", &item.ident)
            }
            syn::Item::Use(item) => {
                let mut tree = &item.tree;
                while let syn::UseTree::Path(path) = tree {
                    tree = &path.tree;
                }
                match tree {
                    syn::UseTree::Name(name) => ("type", &name.ident),
                    syn::UseTree::Rename(rename) => ("type", &rename.rename),
                    _ => panic!("an import that can't be followed: {code}"),
                }
            }
            syn::Item::Static(item) => ("value", &item.ident),
            syn::Item::Const(item) => ("value", &item.ident),
            syn::Item::Fn(item) => ("value", &item.sig.ident),
            _ => continue,
        };
        assert!(known.insert((space, name.to_string())), "{name} stands twice: {code}");
    }
}

/// Writes a library with only these schemas into a folder of this name, and returns the builder that extends it.
pub(crate) fn library(folder: &str, csdl: &str) -> Builder {
    let root = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let schemas = root.join("library");
    std::fs::create_dir_all(&schemas).expect("a writable folder");
    std::fs::create_dir_all(root.join("own")).expect("a writable folder");
    std::fs::write(schemas.join("Library_v1.xml"), csdl).expect("a writable file");
    let manifest = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/bundle.toml");
    let read = rosefish_codegen::Manifest::load(&manifest).expect("the manifest");
    let documents = rosefish_codegen::load(std::slice::from_ref(&schemas)).expect("schemas");
    let model = rosefish_codegen::build(documents, &read, &rosefish_codegen::Selection::All).expect("a model");
    rosefish_codegen::Base::of(&model, &[schemas], &manifest).write_to(&root).expect("a writable folder");
    Builder::new().extends(&root).schemas(root.join("own")).name("hostile")
}

/// Returns the file in which [`library`] looks for the schemas that extend it.
pub(crate) fn own_schema(folder: &str) -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder).join("own").join("Hostile_v1.xml")
}
