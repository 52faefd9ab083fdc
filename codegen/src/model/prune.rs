//! The selection: what its schemas define stays, and so does every value that they contain, wherever it is defined. Resources
//! that they only link to become shells of their common properties, so that selecting more schemas only adds.

use std::collections::BTreeSet;

use super::ir::{FieldType, Model, Struct, StructKind, TypeName};
use super::odata;

/// Keeps what belongs to schemas for which `selected` holds, and what that needs.
pub(super) fn prune(model: &mut Model, selected: impl Fn(&str) -> bool) {
    let mut reach = Reach::default();
    for name in model.structs.keys().chain(model.enums.keys()) {
        if selected(&name.schema) {
            reach.whole(name);
        }
    }
    for term in model.terms.values() {
        reach.value(&term.ty);
    }
    while let Some(name) = reach.queue.pop() {
        if let Some(ty) = model.structs.get(&name) {
            reach.through(ty, &model.structs);
        }
    }
    let Reach { whole, linked, .. } = reach;
    model
        .structs
        .retain(|name, _| whole.contains(name) || linked.contains(name));
    model.enums.retain(|name, _| whole.contains(name));
    for (name, ty) in &mut model.structs {
        if !whole.contains(name) {
            make_shell(ty);
        }
    }
    let used: BTreeSet<&String> = model
        .structs
        .keys()
        .chain(model.enums.keys())
        .map(|name| &name.schema)
        .collect();
    model
        .schemas
        .retain(|name, _| used.contains(name) || selected(name));
    model.open_types.retain(|name, _| selected(&name.schema));
}

#[derive(Default)]
struct Reach {
    whole: BTreeSet<TypeName>,
    linked: BTreeSet<TypeName>,
    queue: Vec<TypeName>,
}

impl Reach {
    fn whole(&mut self, name: &TypeName) {
        if self.whole.insert(name.clone()) {
            self.queue.push(name.clone());
        }
    }

    fn value(&mut self, ty: &FieldType) {
        match ty {
            FieldType::Struct(name) | FieldType::Enum(name) => self.whole(name),
            FieldType::Link(name) => {
                self.linked.insert(name.clone());
            }
            _ => {}
        }
    }

    fn through(&mut self, ty: &Struct, all: &std::collections::BTreeMap<TypeName, Struct>) {
        for field in &ty.fields {
            self.value(&field.ty);
            // A collection is its members: without them a link to it would lead nowhere.
            if let FieldType::Link(name) = &field.ty
                && all
                    .get(name)
                    .is_some_and(|linked| matches!(linked.kind, StructKind::Collection(_)))
            {
                self.whole(name);
            }
        }
        if let Some(dynamic) = &ty.dynamic {
            self.value(&dynamic.ty);
        }
        for action in &ty.actions {
            if let Some(parameters) = &action.parameters {
                self.whole(parameters);
            }
            if let Some((returned, _)) = &action.returns {
                self.value(returned);
            }
        }
        match &ty.kind {
            StructKind::Collection(member) => {
                self.linked.insert(member.clone());
            }
            StructKind::Excerpt { of, .. } => {
                self.linked.insert(of.clone());
            }
            _ => {}
        }
    }
}

fn make_shell(ty: &mut Struct) {
    let common: Vec<String> = odata::resource_fields()
        .into_iter()
        .map(|field| field.json)
        .collect();
    ty.shell = true;
    ty.fields.retain(|field| common.contains(&field.json));
    ty.actions.clear();
    ty.dynamic = None;
}
