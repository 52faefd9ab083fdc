//! Navigation and actions: methods of `Resource<T>` for each link and action of an entity. They need the client, so
//! they are a file of their own.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::docs;
use super::paths::Paths;
use crate::model::ir::{Action, Docs, Field, FieldType, Struct, StructKind};

/// What every `Resource<T>` can do; no link or action may take these names.
const TAKEN: &[&str] = &[
    "client",
    "commit",
    "create",
    "delete",
    "deref",
    "deviations",
    "edit",
    "etag",
    "follow",
    "follow_all",
    "into_value",
    "invoke",
    "members",
    "patch",
    "post",
    "refresh",
    "settings",
    "uri",
    "value",
];

pub(super) fn emit(paths: Paths<'_>) -> String {
    let mut out = String::from("use crate::resource::generated as r;\nuse crate::schema as s;\n\n");
    for item in paths.model.structs.values() {
        let is_entity = matches!(item.kind, StructKind::Entity | StructKind::Collection(_));
        if is_entity && !item.shell {
            methods(&mut out, paths, item);
        }
    }
    out
}

fn methods(out: &mut String, paths: Paths<'_>, item: &Struct) {
    let mut taken: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
    let mut body = String::new();
    for field in &item.fields {
        link(&mut body, paths, &mut taken, field, None);
    }
    for action in &item.actions {
        self::action(&mut body, paths, &mut taken, action);
    }
    // What `Links` has is a step away from the resource itself, unless the resource has it, too.
    let links = item.fields.iter().find(|field| field.json == "Links" && !field.many);
    if let Some(links) = links
        && let FieldType::Struct(name) = &links.ty
        && let Some(inner) = paths.get(name)
    {
        for field in &inner.fields {
            link(&mut body, paths, &mut taken, field, Some(links));
        }
    }
    if !body.is_empty() {
        let _ = writeln!(out, "impl r::Resource<{}> {{\n{body}}}", paths.absolute(&item.name));
    }
}

fn link(out: &mut String, paths: Paths<'_>, taken: &mut BTreeSet<String>, field: &Field, inside: Option<&Field>) {
    let FieldType::Link(target) = &field.ty else {
        return;
    };
    if field.json == "Members" || !taken.insert(field.rust.clone()) {
        return;
    }
    let target = paths.absolute(target);
    let pointer = inside.map_or_else(|| field.json.clone(), |links| format!("{}/{}", links.json, field.json));
    docs::item(out, "    ", &summary(&field.docs), &format!("Follows `{pointer}`."));
    let (returned, method) = if field.many { ("Members", "all") } else { ("Follow", "one") };
    let _ = writeln!(
        out,
        "    #[inline]\n    pub fn {}(&self) -> r::{returned}<{target}> {{ self.{method}({pointer:?}) }}",
        field.rust
    );
}

fn action(out: &mut String, paths: Paths<'_>, taken: &mut BTreeSet<String>, action: &Action) {
    let mut name = action.rust.clone();
    while !taken.insert(name.clone()) {
        name.push_str("_action");
    }
    let full = format!("{}.{}", action.name.schema, action.name.name);
    let returns = match &action.returns {
        Some((FieldType::Struct(name) | FieldType::Link(name), false)) => paths.absolute(name),
        _ => "()".to_owned(),
    };
    let parameters = action.parameters.as_ref().and_then(|name| paths.get(name));
    docs::item(out, "    ", &action.docs, &format!("Invokes `{full}`."));
    let Some(parameters) = parameters else {
        let _ = writeln!(
            out,
            "    #[inline]\n    pub fn {name}(&self) -> r::Call<r::NoParameters, {returns}> {{ self.invoke({full:?}, r::NoParameters::default()) }}"
        );
        return;
    };
    let path = paths.absolute(&parameters.name);
    let required: Vec<_> = parameters.fields.iter().filter(|field| field.required).collect();
    let positional = match (required.is_empty(), parameters.fields.first()) {
        (true, Some(first)) => vec![first],
        _ => required,
    };
    let mut arguments = String::new();
    let mut values = String::new();
    for field in positional {
        let rust = &field.rust;
        let value = paths.value_type(&field.ty, "").replace("super::", "s::");
        let value = value.replace("w::", "crate::wire::");
        let (argument, conversion) = match (field.many, field.required) {
            (true, _) => (format!("impl IntoIterator<Item = {value}>"), format!("{rust}.into_iter().collect()")),
            (false, true) => (format!("impl Into<{value}>"), format!("Some({rust}.into())")),
            (false, false) => (format!("impl Into<Option<{value}>>"), format!("{rust}.into()")),
        };
        let _ = write!(arguments, ", {rust}: {argument}");
        let _ = write!(values, "{rust}: {conversion}, ");
    }
    let more = if parameters.fields.len() > arguments.matches(": impl ").count() {
        "    ///\n    /// Further parameters are set by [`with`](r::Call::with).\n"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "{more}    #[inline]\n    pub fn {name}(&self{arguments}) -> r::Call<{path}, {returns}> {{\n        \
         self.invoke({full:?}, {path} {{ {values}..Default::default() }})\n    }}"
    );
}

/// The description alone: the field's own documentation has the rest.
fn summary(docs: &Docs) -> Docs {
    Docs { description: docs.description.clone(), ..Docs::default() }
}
