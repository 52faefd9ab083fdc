//! What extends the library's types, for a crate of somebody else: a root file to include, a file per schema, and the methods of
//! resources as traits, since `Resource` is not that crate's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::access::Access;
use super::descriptions::Descriptions;
use super::paths::Paths;
use super::{Output, WIRE, exports, head, layout, module, navigation, schema};
use crate::base::Base;
use crate::model::ir::{Action, FieldType, Model, StructKind, TypeName};

/// A program may have it in a module that nobody else sees, and use but a part.
const UNUSED: &str = "#[allow(dead_code, unused_imports, reason = \"not all of it is used\")]\n";

/// Makes Rust of what a model has and `base` has not; `own` are the schemas that are described, not only referred to.
pub(crate) fn emit(model: &Model, base: &Base, name: &str, own: &BTreeSet<String>) -> Output {
    let paths = Paths { model, base: Some(base) };
    let (access, mut descriptions) = (Access::of(model), Descriptions::default());
    let (mut files, mut root) = (Vec::new(), head("schemas", WIRE));
    let (mut made, mut known) = (Vec::new(), Vec::new());
    for item in model.schemas.values() {
        let text = schema(paths, item, &access, &mut descriptions);
        if !text.is_empty() {
            files.push(module(&mut root, name, UNUSED, item, text));
            let path = format!("&{}::M", item.module);
            known.push((item.name.clone(), path.clone()));
            if own.contains(&item.name) {
                made.push(path);
            }
        }
    }
    exports(paths, &mut root, UNUSED, |schema| own.contains(schema));
    let added = added(paths, own);
    let text = navigation::traits(paths, &added);
    if !text.is_empty() {
        let wire = if text.contains("w::") { WIRE } else { "" };
        let uses = format!("use ::rosefish::generated as r;\n{wire}");
        files.push((format!("{name}/methods.rs"), head("schemas", &uses) + &text));
    }
    let methods = if text.is_empty() {
        String::new()
    } else {
        format!("include!(concat!(env!(\"OUT_DIR\"), \"/{name}/methods.rs\"));")
    };
    let _ = writeln!(
        root,
        "\n/// Traits with a method for each link and each action of a resource.\n{UNUSED}pub mod methods {{\n    {methods}\n}}"
    );
    for (schema, module) in elsewhere(paths, base) {
        known.push((schema, format!("&::rosefish::schema::{module}::M")));
    }
    known.sort_unstable();
    let known: Vec<_> = known.into_iter().map(|(_, path)| path).collect();
    let start = "\npub(crate) static MODULES: w::Modules = ";
    let _ = writeln!(root, "{start}{};", layout::list(0, "&[", &known, "]", start.len()));
    let start = "\nstatic OWN: w::Modules = ";
    let _ = writeln!(root, "{start}{};", layout::list(0, "&[", &made, "]", start.len()));
    let actions: BTreeSet<_> = added.iter().flat_map(|(_, actions)| actions).map(|action| &action.name).collect();
    let actions: Vec<_> = actions.iter().map(|name| format!("\"{}.{}\"", name.schema, name.name)).collect();
    let start = "\nstatic ACTIONS: &[&str] = ";
    let _ = writeln!(root, "{start}{};", layout::list(0, "&[", &actions, "]", start.len()));
    let _ = writeln!(
        root,
        "\n/// All types that are described here.\n\
         {UNUSED}pub fn types() -> impl Iterator<Item = &'static w::Table> {{\n    w::tables(OWN)\n}}\n\n\
         /// All actions that are described here of resources elsewhere, `Schema.Action`.\n\
         #[must_use]\n\
         {UNUSED}pub fn actions() -> &'static [&'static str] {{\n    ACTIONS\n}}\n\n\
         /// The type of this name, `Schema.Type`; of a resource the bare name will do.\n\
         #[must_use]\n\
         {UNUSED}pub fn find(name: &str) -> Option<&'static w::Table> {{\n    w::find_type(OWN, name)\n}}\n\n\
         /// A description and the long description that goes with it (it may be empty).\n\
         #[must_use]\n\
         {UNUSED}pub fn description(doc: w::Doc) -> Option<(&'static str, &'static str)> {{\n    \
         w::description(include_str!(concat!(env!(\"OUT_DIR\"), \"/{name}/descriptions.txt\")), doc)\n}}"
    );
    files.push((format!("{name}/descriptions.txt"), descriptions.finish()));
    files.push((format!("{name}.rs"), root));
    files.sort();
    Output { files }
}

/// The schemas elsewhere that types here refer to, with their modules.
fn elsewhere(paths: Paths<'_>, base: &Base) -> BTreeMap<String, String> {
    let mut used: BTreeSet<&TypeName> = BTreeSet::new();
    for item in paths.structs() {
        used.extend(item.fields.iter().map(|field| &field.ty).filter_map(named));
        used.extend(item.dynamic.iter().map(|dynamic| &dynamic.ty).filter_map(named));
        used.extend(item.actions.iter().filter_map(|action| action.parameters.as_ref()));
        if let StructKind::Collection(member) = &item.kind {
            used.insert(member);
        }
    }
    used.into_iter().filter_map(|name| Some((name.schema.clone(), base.module(name)?.to_owned()))).collect()
}

/// The actions that schemas of our `own` give to resources of types elsewhere, by way of `OemActions`.
fn added(paths: Paths<'_>, own: &BTreeSet<String>) -> Vec<(TypeName, Vec<Action>)> {
    let mut added = Vec::new();
    for (name, item) in paths.model.structs.iter().filter(|(name, _)| paths.elsewhere(name).is_some()) {
        let actions: Vec<_> = item.actions.iter().filter(|action| own.contains(&action.name.schema)).cloned().collect();
        if !actions.is_empty() && item.kind == StructKind::Entity {
            added.push((name.clone(), actions));
        }
    }
    added
}

/// The type that a value refers to.
fn named(ty: &FieldType) -> Option<&TypeName> {
    match ty {
        FieldType::Enum(name) | FieldType::Struct(name) | FieldType::Link(name) => Some(name),
        _ => None,
    }
}
