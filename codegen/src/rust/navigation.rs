//! Writes navigation and actions: methods of `Resource<T>` for each link and action of an entity. They need the client, so
//! they are in a file of their own.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::paths::Paths;
use super::{docs, layout};
use crate::model::ir::{Action, Docs, Field, FieldType, Struct, StructKind, TypeName};

/// The methods that every `Resource<T>` has; no link or action may take these names.
const TAKEN: &[&str] = &[
    "all",
    "any",
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
    "into_any",
    "into_value",
    "invoke",
    "members",
    "oem_action",
    "oem_actions",
    "one",
    "patch",
    "post",
    "refresh",
    "settings",
    "uri",
    "value",
];

pub(super) fn emit(paths: Paths<'_>) -> String {
    let mut out = String::new();
    for item in paths.structs() {
        let methods = methods(item, paths);
        if !methods.is_empty() {
            let body: Vec<_> = methods.iter().map(|method| method.emit(paths, Form::Inherent)).collect();
            let _ = writeln!(out, "\nimpl r::Resource<{}> {{\n{}}}", paths.absolute(&item.name), body.join("\n"));
        }
    }
    out
}

/// Writes the methods as traits, for when `Resource` belongs to another crate. `added` are actions that types of that crate get.
pub(super) fn traits(paths: Paths<'_>, added: &[(TypeName, Vec<Action>)]) -> String {
    let own = paths.structs().map(|item| (&item.name, item.rust_name.as_str(), methods(item, paths)));
    let added = added.iter().map(|(name, actions)| {
        let mut taken = taken();
        let methods = actions.iter().map(|action| invoke(&mut taken, action)).collect();
        (name, name.name.as_str(), methods)
    });
    let (mut out, mut names) = (String::new(), BTreeSet::new());
    for (name, rust, methods) in own.chain(added) {
        if methods.is_empty() {
            continue;
        }
        let mut of = format!("{rust}Methods");
        while !names.insert(of.clone()) {
            of.push('2');
        }
        let told: Vec<_> = methods.iter().map(|method| method.emit(paths, Form::Declared)).collect();
        let body: Vec<_> = methods.iter().map(|method| method.emit(paths, Form::Implemented)).collect();
        let path = paths.absolute(name);
        let _ = writeln!(
            out,
            "\n/// What a resource of the type [`{rust}`]({path}) has beside what all resources have.\npub trait {of} {{\n{}}}\n\n\
             impl {of} for r::Resource<{path}> {{\n{}}}",
            told.join("\n"),
            body.join("\n"),
        );
    }
    out
}

/// How a method is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// An inherent method.
    Inherent,
    /// A method of a trait, where the trait is declared.
    Declared,
    /// A method of a trait, where it is implemented.
    Implemented,
}

/// Returns what a type's page says about the methods that a resource of this type has: they are on the page of `Resource`, among
/// those of all types.
pub(super) fn page(paths: Paths<'_>, item: &Struct) -> Option<String> {
    let methods = methods(item, paths);
    let of = |name: &str, wanted: fn(&Method<'_>) -> bool| {
        let names = methods.iter().filter(|method| wanted(method)).map(|method| format!("`{}`", method.name));
        let names = names.collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| format!("{name} {names}"))
    };
    let links = of("links", |method| matches!(method.does, Does::Follow { .. }));
    let actions = of("actions", |method| matches!(method.does, Does::Invoke(_)));
    let all: Vec<_> = links.into_iter().chain(actions).collect();
    (!all.is_empty()).then(|| format!("As a `rosefish::Resource`: {}.", all.join("; ")))
}

/// A method of a resource.
struct Method<'m> {
    name: String,
    does: Does<'m>,
}

enum Does<'m> {
    /// Follows the link of a property, `Links/Chassis`.
    Follow { field: &'m Field, target: &'m TypeName, pointer: String },
    /// Invokes an action.
    Invoke(&'m Action),
}

/// Returns the methods of a type's resources: links, actions, and the links in `Links`.
fn methods<'m>(item: &'m Struct, paths: Paths<'m>) -> Vec<Method<'m>> {
    let is_entity = matches!(item.kind, StructKind::Entity | StructKind::Collection(_));
    if !is_entity || item.shell {
        return Vec::new();
    }
    let mut taken = taken();
    let mut methods = Vec::new();
    for field in &item.fields {
        methods.extend(link(&mut taken, field, None));
    }
    for action in &item.actions {
        methods.push(invoke(&mut taken, action));
    }
    // The links in `Links` become methods as well, unless the resource itself has a method of that name.
    let links = item.fields.iter().find(|field| field.json == "Links" && !field.many);
    if let Some(links) = links
        && let FieldType::Struct(name) = &links.ty
        && let Some(inner) = paths.get(name)
    {
        for field in &inner.fields {
            methods.extend(link(&mut taken, field, Some(links)));
        }
    }
    methods
}

fn taken() -> BTreeSet<String> {
    TAKEN.iter().map(|name| (*name).to_owned()).collect()
}

fn invoke<'m>(taken: &mut BTreeSet<String>, action: &'m Action) -> Method<'m> {
    let mut name = action.rust.clone();
    while !taken.insert(name.clone()) {
        name.push_str("_action");
    }
    Method { name, does: Does::Invoke(action) }
}

fn link<'m>(taken: &mut BTreeSet<String>, field: &'m Field, inside: Option<&Field>) -> Option<Method<'m>> {
    let FieldType::Link(target) = &field.ty else { return None };
    if field.json == "Members" || !taken.insert(field.rust.clone()) {
        return None;
    }
    let pointer = inside.map_or_else(|| field.json.clone(), |links| format!("{}/{}", links.json, field.json));
    Some(Method { name: field.rust.clone(), does: Does::Follow { field, target, pointer } })
}

impl Form {
    /// Writes the doc comment of a method. For a trait's method, it goes where the method is declared.
    fn docs(self, out: &mut String, docs: &Docs, otherwise: &str, more: Option<&str>) {
        if self != Self::Implemented {
            docs::item(out, "    ", docs, otherwise, more);
        }
    }
}

impl Method<'_> {
    fn emit(&self, paths: Paths<'_>, form: Form) -> String {
        match &self.does {
            Does::Follow { field, target, pointer } => {
                let target = paths.absolute(target);
                let (returned, method) = if field.many { ("Members", "all") } else { ("Follow", "one") };
                let mut out = String::new();
                form.docs(&mut out, &summary(&field.docs), &format!("Follows `{pointer}`."), None);
                self.body(
                    &mut out,
                    form,
                    &[],
                    &format!("r::{returned}<{target}>"),
                    method,
                    vec![format!("{pointer:?}")],
                );
                out
            }
            Does::Invoke(action) => self.action(paths, form, action),
        }
    }

    fn action(&self, paths: Paths<'_>, form: Form, action: &Action) -> String {
        let full = format!("{}.{}", action.name.schema, action.name.name);
        let returns = match &action.returns {
            Some((FieldType::Struct(name) | FieldType::Link(name), false)) => paths.absolute(name),
            _ => "()".to_owned(),
        };
        let mut out = String::new();
        let otherwise = format!("Invokes `{full}`.");
        let Some(parameters) = action.parameters.as_ref().and_then(|name| paths.get(name)) else {
            form.docs(&mut out, &action.docs, &otherwise, None);
            let returned = format!("r::Call<r::NoParameters, {returns}>");
            let arguments = vec![format!("{full:?}"), "r::NoParameters::default()".to_owned()];
            self.body(&mut out, form, &[], &returned, "invoke", arguments);
            return out;
        };
        let path = paths.absolute(&parameters.name);
        let required: Vec<_> = parameters.fields.iter().filter(|field| field.required).collect();
        let positional = match (required.is_empty(), parameters.fields.first()) {
            (true, Some(first)) => vec![first],
            _ => required,
        };
        let (mut arguments, mut values) = (Vec::new(), Vec::new());
        for field in &positional {
            let rust = &field.rust;
            let value = paths.absolute_value(&field.ty);
            let (argument, conversion) = match (field.many, field.required) {
                (true, _) => (format!("impl IntoIterator<Item = {value}>"), format!("{rust}.into_iter().collect()")),
                (false, true) => (format!("impl Into<{value}>"), format!("Some({rust}.into())")),
                (false, false) => (format!("impl Into<Option<{value}>>"), format!("{rust}.into()")),
            };
            arguments.push(format!("{rust}: {argument}"));
            values.push(format!("{rust}: {conversion}"));
        }
        values.push("..Default::default()".to_owned());
        let more = "Further parameters are set by [`with`](r::Call::with).";
        let more = (parameters.fields.len() > positional.len()).then_some(more);
        form.docs(&mut out, &action.docs, &otherwise, more);
        let returned = format!("r::Call<{path}, {returns}>");
        let start = format!("{path} {{");
        let in_line = format!("self.invoke({full:?}, {})", layout::list(0, &start, &values, "}", 0));
        // Each argument is on its own line if they don't fit on one.
        let indent = if !in_line.contains('\n') && layout::fits(8, &in_line) { 0 } else { 12 };
        let made = layout::list(indent, &start, &values, "}", 1);
        self.body(&mut out, form, &arguments, &returned, "invoke", vec![format!("{full:?}"), made]);
        out
    }

    /// Writes the signature, and a body that calls the untyped method.
    fn body(
        &self,
        out: &mut String,
        form: Form,
        arguments: &[String],
        returned: &str,
        method: &str,
        values: Vec<String>,
    ) {
        let arguments: Vec<_> = ["&self".to_owned()].iter().chain(arguments).cloned().collect();
        let visibility = if form == Form::Inherent { "pub " } else { "" };
        let signature = layout::signature(4, &format!("{visibility}fn {}(", self.name), &arguments, returned);
        if form == Form::Declared {
            let _ = writeln!(out, "    {};", signature.trim_end_matches('{').trim_end());
            return;
        }
        let call = layout::list(8, &format!("self.{method}("), &values, ")", 0);
        let _ = writeln!(out, "    #[inline]\n    {signature}\n        {call}\n    }}");
    }
}

/// Returns the description alone: the field's own documentation has the rest.
fn summary(docs: &Docs) -> Docs {
    Docs { description: docs.description.clone(), ..Docs::default() }
}
