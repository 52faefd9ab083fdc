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
    model.structs.retain(|name, _| whole.contains(name) || linked.contains(name));
    model.enums.retain(|name, _| whole.contains(name));
    for (name, ty) in &mut model.structs {
        if !whole.contains(name) {
            make_shell(ty);
        }
    }
    let used: BTreeSet<&String> = model.structs.keys().chain(model.enums.keys()).map(|name| &name.schema).collect();
    model.schemas.retain(|name, _| used.contains(name) || selected(name));
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
                && all.get(name).is_some_and(|linked| matches!(linked.kind, StructKind::Collection(_)))
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
    let common: Vec<String> = odata::resource_fields().into_iter().map(|field| field.json).collect();
    ty.shell = true;
    ty.fields.retain(|field| common.contains(&field.json));
    ty.actions.clear();
    ty.dynamic = None;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::model::Selection;
    use crate::model::ir::{FieldType, StructKind};
    use crate::model::testing::{field, fields, name, select, ty};

    const SCHEMAS: &str = r#"
        <Schema Namespace="Alpha">
          <EntityType Name="Alpha" BaseType="Resource.v1_0_0.Resource">
            <NavigationProperty Name="Betas" Type="BetaCollection.BetaCollection"/>
            <NavigationProperty Name="Gamma" Type="Gamma.Gamma"><Annotation Term="OData.AutoExpand"/></NavigationProperty>
            <Property Name="Kind" Type="Beta.Kind"/>
          </EntityType>
        </Schema>
        <Schema Namespace="BetaCollection"><EntityType Name="BetaCollection" BaseType="Resource.v1_0_0.ResourceCollection">
          <NavigationProperty Name="Members" Type="Collection(Beta.Beta)"/></EntityType></Schema>
        <Schema Namespace="Beta">
          <EntityType Name="Beta" BaseType="Resource.v1_0_0.Resource">
            <Property Name="Size" Type="Edm.Int64"/><Property Name="Part" Type="Beta.Part"/></EntityType>
          <ComplexType Name="Part"><Property Name="Size" Type="Edm.Int64"/></ComplexType>
          <EnumType Name="Kind"><Member Name="One"/></EnumType>
        </Schema>
        <Schema Namespace="Gamma">
          <EntityType Name="Gamma" BaseType="Resource.v1_0_0.Resource">
            <Property Name="Part" Type="Gamma.Part"/></EntityType>
          <EntityType Name="Other" BaseType="Resource.v1_0_0.Resource"/>
          <ComplexType Name="Part"><Property Name="Size" Type="Edm.Int64"/></ComplexType>
        </Schema>"#;

    fn groups(groups: &[&str]) -> Selection {
        Selection::Groups(groups.iter().map(|group| (*group).to_owned()).collect())
    }

    #[test]
    fn values_come_along_and_linked_resources_become_shells() {
        let model = select(SCHEMAS, &groups(&[])).unwrap();
        let beta = ty(&model, "Beta.Beta");
        assert!(beta.shell);
        assert_eq!(fields(beta)[4..], ["Oem", "Id", "Name"]);
        assert!(!model.structs.contains_key(&name("Beta.Part")));
        assert!(model.enums.contains_key(&name("Beta.Kind")));
        let betas = ty(&model, "BetaCollection.BetaCollection");
        assert!(!betas.shell);
        assert_eq!(betas.kind, StructKind::Collection(name("Beta.Beta")));
        assert!(!ty(&model, "Gamma.Gamma").shell, "it is sent within another");
        assert!(model.structs.contains_key(&name("Gamma.Part")));
        assert!(!model.structs.contains_key(&name("Gamma.Other")));
        assert_eq!(field(&model, "Alpha.Alpha", "Kind").ty, FieldType::Enum(name("Beta.Kind")));
    }

    #[test]
    fn selecting_more_only_adds() {
        let less = select(SCHEMAS, &groups(&["gamma"])).unwrap();
        let more = select(SCHEMAS, &groups(&["gamma", "beta"])).unwrap();
        let all = select(SCHEMAS, &Selection::All).unwrap();
        for (name, ty) in &less.structs {
            let known: BTreeSet<_> = more.structs[name].fields.iter().map(|field| (&field.json, &field.rust)).collect();
            assert!(ty.fields.iter().all(|field| known.contains(&(&field.json, &field.rust))));
            assert_eq!(ty.rust_name, more.structs[name].rust_name);
        }
        assert_eq!(more.structs, all.structs);
    }

    #[test]
    fn an_unknown_group_is_an_error_that_lists_the_known_ones() {
        let error = select(SCHEMAS, &groups(&["delta"])).unwrap_err();
        assert_eq!(error.to_string(), "selection: found the group `delta`; expected some of beta, core, gamma");
    }
}
