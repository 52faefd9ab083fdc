//! Turns definitions into the intermediate representation. What each property holds is decided here, from its type and from
//! how the schema says that services send it. A name that no file defines becomes a shell and a warning.

use super::definition::{FieldDef, Merged, Primitive, ScalarDef, Target, TermDef, TypeDef, TypeRef};
use super::excerpt::{self, Excerpts};
use super::ir::{Docs, Dynamic, Enum, Field, FieldType, Member, Model, Schema, Struct, StructKind, Term, TypeName};
use super::odata;
use crate::error::Place;

/// Lowers everything but the actions.
pub(super) fn lower(merged: &Merged) -> Lowering<'_> {
    let mut lowering = Lowering { merged, model: Model::default(), excerpts: Excerpts::new() };
    lowering.schemas();
    lowering.enums();
    for ty in merged.types.values() {
        let lowered = lowering.structured(ty);
        lowering.model.structs.insert(ty.name.clone(), lowered);
    }
    for term in merged.terms.values() {
        lowering.term(term);
    }
    lowering
}

/// The model so far, and what it is made from.
#[derive(Debug)]
pub(super) struct Lowering<'m> {
    merged: &'m Merged,
    pub(super) model: Model,
    pub(super) excerpts: Excerpts,
}

/// Who refers to a type, and what the annotations say of how its value is sent.
#[derive(Debug)]
pub(super) struct Usage<'u> {
    place: &'u Place,
    name: &'u str,
    navigation: bool,
    auto_expand: bool,
    excerpt_copy: Option<&'u str>,
}

impl<'u> Usage<'u> {
    /// Creates a use without annotations.
    pub(super) fn plain(place: &'u Place, name: &'u str) -> Self {
        Self { place, name, navigation: false, auto_expand: false, excerpt_copy: None }
    }
}

impl<'m> Lowering<'m> {
    fn schemas(&mut self) {
        for (name, schema) in &self.merged.schemas {
            self.model.schemas.insert(
                name.clone(),
                Schema {
                    name: name.clone(),
                    owner: schema.owner.clone().unwrap_or_default(),
                    version: schema.newest,
                    release: schema.release.as_ref().map(|(_, release)| release.clone()),
                    files: schema.files.clone(),
                    ..Schema::default()
                },
            );
        }
    }

    fn enums(&mut self) {
        for (name, ty) in &self.merged.enums {
            let members = ty.members.iter();
            self.model.enums.insert(name.clone(), enumeration(name, &ty.docs, members.map(|m| (&m.name, &m.docs))));
        }
        for (name, ty) in &self.merged.scalars {
            if !ty.members.is_empty() {
                let members = ty.members.iter();
                self.model.enums.insert(name.clone(), enumeration(name, &ty.docs, members.map(|m| (&m.name, &m.docs))));
            }
        }
    }

    fn structured(&mut self, ty: &TypeDef) -> Struct {
        let kind = if ty.entity { StructKind::Entity } else { StructKind::Complex };
        Struct {
            is_abstract: ty.is_abstract,
            docs: ty.docs.clone(),
            bases: ty.bases.clone(),
            fields: ty.fields.iter().map(|field| self.field(field)).collect(),
            dynamic: self.dynamic(ty),
            open: ty.open.unwrap_or(false),
            capabilities: ty.capabilities,
            uris: ty.uris.clone(),
            deprecated_uris: ty.deprecated_uris.clone(),
            places: ty.places.clone(),
            ..Struct::new(ty.name.clone(), kind)
        }
    }

    fn dynamic(&mut self, ty: &TypeDef) -> Option<Dynamic> {
        let (_, first) = ty.patterns.first()?;
        // Patterns with different types don't have one that holds for all of them.
        let same = ty.patterns.iter().all(|(_, other)| other == first);
        let (ty_of_all, many) = if same {
            (self.type_of(first, &Usage::plain(&ty.origin.place, &ty.name.name)), first.many)
        } else {
            (FieldType::Oem, false)
        };
        Some(Dynamic {
            rust: String::new(),
            patterns: ty.patterns.iter().map(|(pattern, _)| pattern.clone()).collect(),
            ty: ty_of_all,
            many,
        })
    }

    /// Lowers a property. For a parameter, the caller corrects what differs.
    pub(super) fn field(&mut self, field: &FieldDef) -> Field {
        let scalar = self.scalar(&field.ty);
        let defined = scalar.map(|scalar| &scalar.traits);
        let traits = &field.traits;
        let usage = Usage {
            place: &field.origin.place,
            name: &field.name,
            navigation: field.navigation,
            auto_expand: traits.auto_expand,
            excerpt_copy: traits.excerpt_copy.as_deref(),
        };
        let mut docs = field.docs.clone();
        if let Some(scalar) = scalar {
            docs.description = docs.description.or_else(|| scalar.docs.description.clone());
            docs.long_description = docs.long_description.or_else(|| scalar.docs.long_description.clone());
        }
        Field {
            json: field.name.clone(),
            rust: String::new(),
            ty: self.type_of(&field.ty, &usage),
            many: field.ty.many,
            nullable: field.nullable.unwrap_or(true),
            permissions: traits.permissions.or(defined.and_then(|defined| defined.permissions)),
            required: traits.required,
            required_on_create: traits.required_on_create,
            unit: traits.unit.clone(),
            minimum: traits.minimum.or(defined.and_then(|defined| defined.minimum)),
            maximum: traits.maximum.or(defined.and_then(|defined| defined.maximum)),
            pattern: traits.pattern.clone().or_else(|| defined.and_then(|defined| defined.pattern.clone())),
            is_url: traits.is_url || defined.is_some_and(|defined| defined.is_url),
            excerpt: traits.excerpt.clone(),
            excerpt_only: traits.excerpt_only,
            docs,
        }
    }

    fn scalar(&self, ty: &TypeRef) -> Option<&'m ScalarDef> {
        match &ty.to {
            Target::Named(name) => self.merged.scalars.get(name),
            Target::Primitive(_) => None,
        }
    }

    /// Returns what a property of this type holds.
    pub(super) fn type_of(&mut self, ty: &TypeRef, usage: &Usage<'_>) -> FieldType {
        let name = match &ty.to {
            Target::Primitive(kind) => return primitive(*kind),
            Target::Named(name) => name,
        };
        if let Some(scalar) = self.merged.scalars.get(name) {
            return if scalar.members.is_empty() { primitive(scalar.primitive) } else { FieldType::Enum(name.clone()) };
        }
        if self.merged.enums.contains_key(name) {
            return FieldType::Enum(name.clone());
        }
        let entity = match self.merged.types.get(name) {
            Some(target) => target.entity,
            None => {
                self.unknown(name, usage);
                usage.navigation
            }
        };
        if !entity {
            return FieldType::Struct(name.clone());
        }
        if let Some(excerpt) = usage.excerpt_copy {
            let excerpt = (!excerpt.is_empty()).then(|| excerpt.to_owned());
            let copy = excerpt::name(name, excerpt.as_deref());
            self.excerpts.insert((name.clone(), excerpt));
            return FieldType::Struct(copy);
        }
        if usage.auto_expand { FieldType::Struct(name.clone()) } else { FieldType::Link(name.clone()) }
    }

    /// Adds a shell for a type that no file defines, and a warning.
    fn unknown(&mut self, name: &TypeName, usage: &Usage<'_>) {
        self.model.warnings.push(format!(
            "{}: `{}` refers to `{}.{}`, which no file defines",
            usage.place, usage.name, name.schema, name.name
        ));
        self.model
            .schemas
            .entry(name.schema.clone())
            .or_insert_with(|| Schema { name: name.schema.clone(), ..Schema::default() });
        let mut shell = Struct::new(name.clone(), StructKind::Complex);
        shell.shell = true;
        if usage.navigation {
            shell.kind = StructKind::Entity;
            shell.fields = odata::resource_fields();
            // By the standard's naming rule, this is a collection; its members are unknown.
            if name.name.ends_with("Collection") {
                shell.bases = vec![odata::resource_type("ResourceCollection")];
            }
        } else {
            shell.open = true;
        }
        self.model.structs.entry(name.clone()).or_insert(shell);
    }

    fn term(&mut self, term: &TermDef) {
        let vocabulary = match term.name.schema.as_str() {
            "RedfishExtensions" => "Redfish",
            other => other,
        };
        let usage = Usage::plain(&term.origin.place, &term.name.name);
        let ty = self.type_of(&term.ty, &usage);
        self.model.terms.insert(
            format!("{vocabulary}.{}", term.name.name),
            Term { ty, many: term.ty.many, docs: term.docs.clone() },
        );
    }
}

fn enumeration<'e>(name: &TypeName, docs: &Docs, members: impl Iterator<Item = (&'e String, &'e Docs)>) -> Enum {
    Enum {
        name: name.clone(),
        rust_name: String::new(),
        docs: docs.clone(),
        members: members
            .map(|(name, docs)| Member { json: name.clone(), rust: String::new(), docs: docs.clone() })
            .collect(),
    }
}

fn primitive(primitive: Primitive) -> FieldType {
    match primitive {
        Primitive::String => FieldType::String,
        Primitive::Int => FieldType::Int,
        Primitive::Decimal => FieldType::Decimal,
        Primitive::Bool => FieldType::Bool,
        Primitive::DateTime => FieldType::DateTime,
        Primitive::Duration => FieldType::Duration,
        Primitive::Guid => FieldType::Guid,
        Primitive::Any => FieldType::Primitive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{field, fields, model, name, ty};

    const RESOURCES: &str = r#"
        <Schema Namespace="Beta"><EntityType Name="Beta" BaseType="Resource.v1_0_0.Resource"/></Schema>
        <Schema Namespace="Alpha">
          <EntityType Name="Alpha" BaseType="Resource.v1_0_0.Resource">
            <NavigationProperty Name="Link" Type="Beta.Beta" Nullable="false">
              <Annotation Term="OData.AutoExpandReferences"/></NavigationProperty>
            <NavigationProperty Name="Contained" Type="Beta.Beta" ContainsTarget="true"/>
            <NavigationProperty Name="Expanded" Type="Collection(Beta.Beta)"><Annotation Term="OData.AutoExpand"/></NavigationProperty>
            <NavigationProperty Name="Unknown" Type="Delta.Delta"/>
            <NavigationProperty Name="UnknownCollection" Type="DeltaCollection.DeltaCollection"/>
            <Property Name="Part" Type="Alpha.Part"/>
            <Property Name="Size" Type="Alpha.Size"/>
            <Property Name="Code" Type="Alpha.Code"/>
            <Property Name="Strange" Type="Delta.Part"/>
          </EntityType>
          <ComplexType Name="Part"><Property Name="Any" Type="Edm.PrimitiveType"/></ComplexType>
          <TypeDefinition Name="Size" UnderlyingType="Edm.Int64">
            <Annotation Term="Validation.Minimum" Int="1"/>
            <Annotation Term="OData.Description" String="A size."/>
          </TypeDefinition>
          <TypeDefinition Name="Code" UnderlyingType="Edm.String">
            <Annotation Term="Redfish.Enumeration"><Collection>
              <Record><PropertyValue Property="Member" String="Power Unit"/>
                <Annotation Term="OData.Description" String="The unit."/></Record>
              <Record><PropertyValue Property="Member" String="8259"/></Record>
            </Collection></Annotation>
          </TypeDefinition>
        </Schema>"#;

    #[test]
    fn how_a_resource_is_sent_decides_what_the_property_holds() {
        let model = model(RESOURCES).unwrap();
        let ty = |json| field(&model, "Alpha.Alpha", json).ty.clone();
        assert_eq!(ty("Link"), FieldType::Link(name("Beta.Beta")));
        assert_eq!(ty("Contained"), FieldType::Link(name("Beta.Beta")));
        assert_eq!(ty("Expanded"), FieldType::Struct(name("Beta.Beta")));
        assert!(field(&model, "Alpha.Alpha", "Expanded").many);
        assert!(!field(&model, "Alpha.Alpha", "Link").nullable);
        assert!(field(&model, "Alpha.Alpha", "Contained").nullable);
        assert_eq!(ty("Part"), FieldType::Struct(name("Alpha.Part")));
        assert_eq!(field(&model, "Alpha.Part", "Any").ty, FieldType::Primitive);
    }

    #[test]
    fn type_definitions_fold_into_their_uses() {
        let model = model(RESOURCES).unwrap();
        let size = field(&model, "Alpha.Alpha", "Size");
        assert_eq!(size.ty, FieldType::Int);
        assert_eq!(size.minimum, Some(1));
        assert_eq!(size.docs.description.as_deref(), Some("A size."));
        let code = field(&model, "Alpha.Alpha", "Code");
        assert_eq!(code.ty, FieldType::Enum(name("Alpha.Code")));
        let members = &model.enums[&name("Alpha.Code")].members;
        assert_eq!(
            members.iter().map(|member| (member.json.as_str(), member.rust.as_str())).collect::<Vec<_>>(),
            [("Power Unit", "PowerUnit"), ("8259", "V8259")]
        );
        assert_eq!(members[0].docs.description.as_deref(), Some("The unit."));
    }

    #[test]
    fn a_name_that_no_file_defines_becomes_a_shell_and_a_warning() {
        let model = model(RESOURCES).unwrap();
        let delta = ty(&model, "Delta.Delta");
        assert!(delta.shell);
        assert_eq!(
            fields(delta),
            ["@odata.context", "@odata.id", "@odata.type", "@odata.etag", "Id", "Name", "Description", "Oem"]
        );
        assert!(model.schemas.contains_key("Delta"));
        let collection = ty(&model, "DeltaCollection.DeltaCollection");
        assert_eq!(collection.kind, StructKind::Collection(name("Resource.Item")));
        assert_eq!(
            field(&model, "Alpha.Alpha", "Strange").ty,
            FieldType::Oem,
            "a value of which nothing is known is free-form"
        );
        assert!(
            model.warnings.iter().any(|warning| warning.contains("`Unknown` refers to `Delta.Delta`")),
            "{:?}",
            model.warnings
        );
    }

    #[test]
    fn dynamic_properties_have_the_type_of_their_pattern() {
        let model = model(
            r#"<Schema Namespace="Alpha">
                 <ComplexType Name="Messages" OpenType="true">
                   <Annotation Term="Redfish.DynamicPropertyPatterns"><Collection><Record>
                     <PropertyValue Property="Pattern" String="[A-Za-z0-9]+"/>
                     <PropertyValue Property="Type" String="Alpha.Message"/>
                   </Record></Collection></Annotation>
                 </ComplexType>
                 <ComplexType Name="Message"><Property Name="Text" Type="Edm.String"/></ComplexType>
               </Schema>"#,
        )
        .unwrap();
        assert_eq!(
            ty(&model, "Alpha.Messages").dynamic,
            Some(Dynamic {
                rust: "properties".into(),
                patterns: vec!["[A-Za-z0-9]+".into()],
                ty: FieldType::Struct(name("Alpha.Message")),
                many: false,
            })
        );
    }

    #[test]
    fn terms_that_services_send_are_in_the_model_by_their_usual_name() {
        let model = model(
            r#"<Schema Namespace="RedfishExtensions.v1_0_0">
                 <Term Name="AllowableValues" Type="Collection(Edm.String)"/>
                 <Term Name="Required" Type="Edm.Boolean"/>
               </Schema>"#,
        )
        .unwrap();
        let (term, value) = model.terms.first_key_value().unwrap();
        assert_eq!(term, "Redfish.AllowableValues");
        assert_eq!((&value.ty, value.many), (&FieldType::String, true));
        assert_eq!(model.terms.len(), 1, "what only schemas use is left out");
    }
}
