//! The emitter: the model as Rust. One file per schema with its types and their tables, one for navigation and
//! actions, which need the client, and one text with all descriptions.
//!
//! The output is data-like on purpose: structs, `match`es from numbers to fields, and tables. All that is done with
//! the types is written once, in the library. The output is deterministic.

mod access;
mod descriptions;
mod docs;
mod enums;
mod extension;
mod layout;
mod navigation;
mod paths;
mod structs;
mod tables;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use crate::model::ir::{Model, Schema, StructKind};
use crate::model::name::hides;

pub(crate) use extension::emit as emit_extension;

use access::Access;
use descriptions::Descriptions;
use paths::Paths;

/// The generated files: their names and texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// In the order in which they were made, which is that of the names.
    pub files: Vec<(String, String)>,
}

impl Output {
    /// Writes the files into a folder, and only those whose text is not there already.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        for (name, text) in &self.files {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            if std::fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
                std::fs::write(path, text)?;
            }
        }
        Ok(())
    }

    /// Returns the text of one file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|(found, _)| found == name).map(|(_, text)| text.as_str())
    }
}

/// How types in a crate of somebody else get at `wire`.
const WIRE: &str = "use ::rosefish::wire::generated as w;\n";

/// Makes Rust of a model.
#[must_use]
pub fn emit(model: &Model) -> Output {
    let paths = Paths { model, base: None };
    let mut descriptions = Descriptions::default();
    let mut files = Vec::new();
    let mut root = head("the schemas", "");
    let mut modules = Vec::new();
    let access = Access::of(model);
    for schema in model.schemas.values() {
        let text = self::schema(paths, schema, &access, &mut descriptions);
        if !text.is_empty() {
            files.push(module(&mut root, "schema", "", schema, text));
            modules.push((&schema.name, format!("&{}::M", schema.module)));
        }
    }
    exports(paths, &mut root, "", |_| true);
    modules.sort_unstable();
    let modules: Vec<_> = modules.into_iter().map(|(_, path)| path).collect();
    let start = "\npub(crate) static MODULES: w::Modules = ";
    let _ = writeln!(root, "{start}{};", layout::list(0, "&[", &modules, "]", start.len()));
    tables::terms(&mut root, model, &mut descriptions);
    files.push(("schema.rs".to_owned(), root));
    let navigation = navigation::emit(paths);
    let wire = if navigation.contains("w::") { "use crate::wire::generated as w;\n" } else { "" };
    let uses = format!("use crate::resource::generated as r;\nuse crate::schema as s;\n{wire}");
    files.push(("navigation.rs".to_owned(), head("the schemas", &uses) + &navigation));
    files.push(("descriptions.txt".to_owned(), descriptions.finish()));
    Output { files }
}

/// The module of a schema, in the file that is returned.
fn module(root: &mut String, folder: &str, attribute: &str, schema: &Schema, text: String) -> (String, String) {
    let module = &schema.module;
    let file = module.trim_start_matches("r#");
    let _ = write!(
        root,
        "\n/// {}.\n{attribute}pub mod {module} {{\n    include!(concat!(env!(\"OUT_DIR\"), \"/{folder}/{file}.rs\"));\n}}\n",
        docs::line(&title(schema))
    );
    (format!("{folder}/{file}.rs"), text)
}

/// What a file opens with: what made it, and where that is explained.
fn head(source: &str, uses: &str) -> String {
    let gap = if uses.is_empty() { "" } else { "\n" };
    format!(
        "// Generated from {source} by rosefish-codegen: don't edit.\n\
         // How, and why it looks like this: docs/architecture.md, \"From CSDL to Rust\" and \"Few functions per type\".\n\
         {gap}{uses}"
    )
}

/// ``Redfish schema `Bios` v1.3.0 (2024.1)``
fn title(schema: &Schema) -> String {
    let owner = match schema.owner.as_str() {
        "SNIA" => "Swordfish",
        "DMTF" | "" => "Redfish",
        other => other,
    };
    let version = schema.version.map_or_else(String::new, |v| format!(" v{}.{}.{}", v.0, v.1, v.2));
    let release = schema.release.as_ref().map_or_else(String::new, |release| format!(" ({release})"));
    format!("{owner} schema `{}`{version}{release}", schema.name)
}

fn schema(paths: Paths<'_>, schema: &Schema, access: &Access, descriptions: &mut Descriptions) -> String {
    let mut out = String::new();
    let open_types = paths.model.open_types.iter().filter(|(name, _)| name.schema == schema.name && !hides(&name.name));
    for (name, docs) in open_types {
        docs::item(&mut out, "", docs, &format!("`{}.{}`, which is free-form.", name.schema, name.name), None);
        let _ = writeln!(out, "pub type {} = w::Oem;\n", name.name);
    }
    let mut text = format!("{}\n", schema.version.map_or_else(String::new, tables::version));
    let mut open = Vec::new();
    for item in paths.enums().filter(|item| item.name.schema == schema.name) {
        enums::emit(&mut out, item, open.len());
        tables::enumeration(&mut text, item, descriptions);
        open.push(item.rust_name.as_str());
    }
    let (mut names, mut makers) = (Vec::new(), Vec::new());
    for item in paths.structs().filter(|item| item.name.schema == schema.name) {
        let rust = &item.rust_name;
        let page = navigation::page(paths, item);
        match &item.kind {
            _ if structs::is_actions(item) => {
                docs::item(&mut out, "", &item.docs, "How the actions of this resource are invoked.", None);
                let _ = writeln!(out, "pub type {rust} = w::Actions;\n");
            }
            StructKind::Collection(member) if structs::is_usual(item) => {
                structs::collection(&mut out, paths, item, member, makers.len(), page.as_deref());
            }
            _ => {
                structs::emit(&mut out, paths, item, makers.len(), page.as_deref());
                names.push(rust.as_str());
            }
        }
        tables::record(&mut text, item, access, descriptions);
        makers.push(format!("w::new::<{rust}>"));
    }
    for (traits, names) in [("open_enum_traits", open), ("record_traits", names)] {
        if !names.is_empty() {
            let _ = writeln!(out, "w::{traits}! {{\n    {}\n}}\n", layout::filled(4, &names));
        }
    }
    if out.is_empty() {
        return out;
    }
    // The text is an item of its own, so that the rest can be laid out.
    let _ = writeln!(out, "const TABLES: &str = {};\n", tables::literal(&text));
    let module = layout::assignment("pub static M: w::Module", "w::Module::new", |indent| {
        let makers = layout::list(indent, "&[", &makers, "]", 1);
        vec![format!("{:?}", schema.name), "TABLES".to_owned(), makers, "&super::MODULES".to_owned()]
    });
    let _ = writeln!(out, "#[doc(hidden)]\n{module}");
    let wire = if paths.base.is_some() { WIRE } else { "use rosefish_wire::generated as w;\n" };
    head(&docs::line(&title(schema)), &format!("{wire}\n")) + &out
}

/// Entities go by their bare names at the root of `schema` as well, the first of a name where spellings fall together.
fn exports(paths: Paths<'_>, root: &mut String, attribute: &str, wanted: impl Fn(&str) -> bool) {
    let mut taken = BTreeSet::new();
    for item in paths.structs().filter(|item| wanted(&item.name.schema)) {
        let is_entity = matches!(item.kind, StructKind::Entity | StructKind::Collection(_));
        if is_entity && item.name.name == item.name.schema && taken.insert(&item.rust_name) {
            let _ = writeln!(
                root,
                "\n{attribute}#[doc(no_inline)]\npub use self::{}::{};",
                paths.module(&item.name),
                item.rust_name
            );
        }
    }
}
