//! The emitter: the model as Rust. One file per schema with its types and their tables, one for navigation and
//! actions, which need the client, and one text with all descriptions.
//!
//! The output is data-like on purpose: structs, `match`es from numbers to fields, and tables. All that is done with
//! the types is written once, in the library. The output is deterministic.

mod descriptions;
mod docs;
mod enums;
mod navigation;
mod structs;
mod tables;

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use crate::model::ir::{FieldType, Model, Schema, Struct, StructKind, TypeName};

use descriptions::Descriptions;

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

    /// The text of one file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|(found, _)| found == name).map(|(_, text)| text.as_str())
    }
}

/// Makes Rust of a model.
#[must_use]
pub fn emit(model: &Model) -> Output {
    let emitter = Emitter { model };
    let mut descriptions = Descriptions::default();
    let mut files = Vec::new();
    let mut root = String::new();
    let mut modules = Vec::new();
    for schema in model.schemas.values() {
        let text = emitter.schema(schema, &mut descriptions);
        if text.is_empty() {
            continue;
        }
        let module = &schema.module;
        let owner = if schema.owner == "SNIA" { "Swordfish" } else { "Redfish" };
        let version = schema.version.map_or_else(String::new, |v| format!(" v{}.{}.{}", v.0, v.1, v.2));
        let release = schema.release.as_ref().map_or_else(String::new, |r| format!(" ({r})"));
        let _ = write!(
            root,
            "/// {owner} schema `{}`{version}{release}.\npub mod {module} {{\n    \
             include!(concat!(env!(\"OUT_DIR\"), \"/schema/{module}.rs\"));\n}}\n",
            schema.name
        );
        files.push((format!("schema/{module}.rs"), text));
        modules.push((&schema.name, format!("&{module}::M")));
    }
    emitter.exports(&mut root);
    modules.sort_unstable();
    let modules: Vec<_> = modules.into_iter().map(|(_, path)| path).collect();
    let _ = writeln!(root, "pub(crate) static MODULES: w::Modules = &[{}];", modules.join(", "));
    emitter.terms(&mut root, &mut descriptions);
    files.push(("schema.rs".to_owned(), root));
    files.push(("navigation.rs".to_owned(), emitter.navigation()));
    files.push(("descriptions.txt".to_owned(), descriptions.finish()));
    Output { files }
}

struct Emitter<'m> {
    model: &'m Model,
}

impl Emitter<'_> {
    fn schema(&self, schema: &Schema, descriptions: &mut Descriptions) -> String {
        let mut out = String::new();
        for (name, docs) in self.model.open_types.iter().filter(|(name, _)| name.schema == schema.name) {
            docs::item(&mut out, "", docs, &format!("`{}.{}`, which is free-form.", name.schema, name.name));
            let _ = writeln!(out, "pub type {} = w::Oem;\n", name.name);
        }
        let mut text = format!("{}\n", schema.version.map_or_else(String::new, tables::version));
        let enums = self.model.enums.iter().filter(|(name, _)| name.schema == schema.name);
        for (number, (_, item)) in enums.enumerate() {
            enums::emit(&mut out, item, number);
            tables::enumeration(&mut text, item, descriptions);
        }
        let (mut names, mut makers) = (Vec::new(), Vec::new());
        for (_, item) in self.model.structs.iter().filter(|(name, _)| name.schema == schema.name) {
            let rust = &item.rust_name;
            match &item.kind {
                _ if is_actions(item) => {
                    docs::item(&mut out, "", &item.docs, "How the actions of this resource are invoked.");
                    let _ = writeln!(out, "pub type {rust} = w::Actions;\n");
                }
                StructKind::Collection(member) if structs::is_usual(item) => {
                    self.collection(&mut out, item, member, makers.len());
                }
                _ => {
                    self.structure(&mut out, item, makers.len());
                    names.push(rust.as_str());
                }
            }
            self.table(&mut text, item, descriptions);
            makers.push(format!("w::new::<{rust}>"));
        }
        if !names.is_empty() {
            let _ = writeln!(out, "w::record_traits!({});", names.join(" "));
        }
        if out.is_empty() {
            return out;
        }
        let _ = writeln!(
            out,
            "\npub(crate) static M: w::Module = w::Module::new({:?}, {}, &[{}], &super::MODULES);",
            schema.name,
            tables::literal(&text),
            makers.join(", "),
        );
        format!("#[allow(unused_imports)]\nuse crate::wire::generated as w;\n\n{out}")
    }

    /// Entities go by their bare names at the root of `schema` as well.
    fn exports(&self, root: &mut String) {
        for item in self.model.structs.values() {
            let is_entity = matches!(item.kind, StructKind::Entity | StructKind::Collection(_));
            if is_entity && item.name.name == item.name.schema {
                let _ =
                    writeln!(root, "#[doc(no_inline)]\npub use self::{}::{};", self.module(&item.name), item.rust_name);
            }
        }
    }

    /// The module of a type, `computer_system`.
    fn module(&self, name: &TypeName) -> &str {
        self.model.schemas.get(&name.schema).map_or("missing", |schema| schema.module.as_str())
    }

    fn get(&self, name: &TypeName) -> Option<&Struct> {
        self.model.structs.get(name)
    }

    /// The path of a type as seen from a module within `schema`, `super::resource::Status`.
    fn path(&self, name: &TypeName, from: &str) -> String {
        let rust = match (self.model.structs.get(name), self.model.enums.get(name)) {
            (Some(item), _) => &item.rust_name,
            (None, Some(item)) => &item.rust_name,
            (None, None) => &name.name,
        };
        if name.schema == from { rust.clone() } else { format!("super::{}::{rust}", self.module(name)) }
    }

    /// The Rust type of one value.
    fn value_type(&self, ty: &FieldType, from: &str) -> String {
        match ty {
            FieldType::String => "String".to_owned(),
            FieldType::Int => "i64".to_owned(),
            FieldType::Decimal => "f64".to_owned(),
            FieldType::Bool => "bool".to_owned(),
            FieldType::DateTime => "w::DateTime".to_owned(),
            FieldType::Duration => "w::Duration".to_owned(),
            FieldType::Guid => "w::Guid".to_owned(),
            FieldType::Primitive => "w::Primitive".to_owned(),
            FieldType::Enum(name) | FieldType::Struct(name) => self.path(name, from),
            FieldType::Link(name) => format!("w::Link<{}>", self.path(name, from)),
            FieldType::Oem => "w::Oem".to_owned(),
            FieldType::Action => "w::ActionTarget".to_owned(),
            FieldType::ODataId => "w::ODataId".to_owned(),
            FieldType::ODataType => "w::ODataType".to_owned(),
            FieldType::ETag => "w::ETag".to_owned(),
        }
    }
}

/// An `Actions` type: the library has one type for them all.
fn is_actions(item: &Struct) -> bool {
    let mut fields = item.fields.iter();
    item.name.name == "Actions" && fields.all(|field| field.ty == FieldType::Action || field.ty == FieldType::Oem)
}
