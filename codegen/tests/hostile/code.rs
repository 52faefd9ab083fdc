//! Texts that would be code, if they got out of the comment or the literal that they are put in.

use rosefish_codegen::{Model, rust};

/// What leaves a comment or a literal of any kind, if anything does.
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

/// Where a name stands as code: not in a comment, which is a literal to the compiler, nor in a string.
fn has_word(tokens: proc_macro2::TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => has_word(group.stream(), word),
        proc_macro2::TokenTree::Ident(name) => name == word,
        _ => false,
    })
}

/// That what a model becomes is Rust, and that none of it comes from the text that was put into a schema.
pub(crate) fn is_no_code(model: &Model, text: &str) {
    for (name, code) in &rust::emit(model).files {
        assert!(!name.contains("..") && name.matches('/').count() <= 1, "{name}");
        if !name.ends_with(".rs") {
            continue;
        }
        let file = syn::parse_file(code).unwrap_or_else(|error| panic!("{error}: {text:?}: {code}"));
        drop(file);
        let tokens: proc_macro2::TokenStream = code.parse().expect("tokens");
        // A name that is one without its signs is a name, and no code.
        assert!(!text.contains("fn injected") || !has_word(tokens, "injected"), "{text:?}: {code}");
    }
}
