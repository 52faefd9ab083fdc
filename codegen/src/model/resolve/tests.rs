//! Tests of this module's promises, on schemas of a few lines.

use super::*;
use crate::model::testing::{document, name};

fn resolved(schemas: &str) -> Result<Definitions, Error> {
    Ok(resolve(&[document("Test_v1.xml", schemas)?])?)
}

#[test]
fn aliases_and_versions_vanish_from_type_names() {
    let definitions = resolved(
        r#"<Schema Namespace="Alpha.v1_2_0" Alias="Self">
                 <ComplexType Name="Thing" BaseType="Alpha.v1_0_0.Thing">
                   <Property Name="One" Type="Collection(Self.Part)"/>
                   <Property Name="Two" Type="Alpha.v1_0_0.Part"/>
                   <Property Name="Three" Type="Edm.Int16"/>
                 </ComplexType>
               </Schema>"#,
    )
    .unwrap();
    let ty = &definitions.types[0];
    assert_eq!(ty.name, name("Alpha.Thing"));
    assert_eq!(ty.origin.version, Some(Version(1, 2, 0)));
    assert!(ty.bases.is_empty(), "another version of itself is no base type");
    let part = Target::Named(name("Alpha.Part"));
    let types: Vec<_> = ty.fields.iter().map(|field| field.ty.clone()).collect();
    assert_eq!(
        types,
        [
            TypeRef { to: part.clone(), many: true },
            TypeRef { to: part, many: false },
            TypeRef { to: Target::Primitive(Primitive::Int), many: false },
        ]
    );
}

#[test]
fn annotations_count_by_their_namespace_whatever_the_alias() {
    let definitions = resolve(&[csdl::parse(
        "Test_v1.xml",
        r#"<Edmx><Reference Uri="x"><Include Namespace="RedfishExtensions.v1_0_0" Alias="R"/></Reference>
               <DataServices><Schema Namespace="Alpha">
                 <ComplexType Name="Thing">
                   <Property Name="One" Type="Edm.String"><Annotation Term="R.Required"/></Property>
                   <Property Name="Two" Type="Edm.String"><Annotation Term="Redfish.Required" Bool="false"/></Property>
                 </ComplexType>
               </Schema></DataServices></Edmx>"#,
    )
    .unwrap()])
    .unwrap();
    let required: Vec<_> = definitions.types[0].fields.iter().map(|field| field.traits.required).collect();
    assert_eq!(required, [true, false]);
}

#[test]
fn every_annotation_of_a_property_is_read() {
    let definitions = resolved(
        r#"<Schema Namespace="Alpha.v1_0_0">
                 <ComplexType Name="Thing">
                   <Property Name="Speed" Type="Edm.Int64" Nullable="false">
                     <Annotation Term="OData.Permissions" EnumMember="OData.Permission/ReadWrite"/>
                     <Annotation Term="OData.Description" String="The speed."/>
                     <Annotation Term="OData.LongDescription" String="It shall be the speed."/>
                     <Annotation Term="Measures.Unit" String="MHz"/>
                     <Annotation Term="Validation.Minimum" Int="-1"/>
                     <Annotation Term="Validation.Maximum" Int="100"/>
                     <Annotation Term="Validation.Pattern" String="^a$"/>
                     <Annotation Term="OData.IsURL"/>
                     <Annotation Term="Redfish.RequiredOnCreate"/>
                     <Annotation Term="Redfish.Excerpt" String="One, Two"/>
                     <Annotation Term="Redfish.Revisions">
                       <Collection>
                         <Record>
                           <PropertyValue Property="Kind" EnumMember="Redfish.RevisionKind/Added"/>
                           <PropertyValue Property="Version" String="v1_3_0"/>
                         </Record>
                         <Record>
                           <PropertyValue Property="Kind" EnumMember="Redfish.RevisionKind/Deprecated"/>
                           <PropertyValue Property="Version" String="v1_5_0"/>
                           <PropertyValue Property="Description" String="Use another."/>
                         </Record>
                       </Collection>
                     </Annotation>
                   </Property>
                 </ComplexType>
               </Schema>"#,
    )
    .unwrap();
    let field = &definitions.types[0].fields[0];
    assert_eq!(field.nullable, Some(false));
    assert_eq!(
        field.traits,
        crate::model::definition::Traits {
            permissions: Some(crate::model::ir::Permissions::ReadWrite),
            required_on_create: true,
            unit: Some("MHz".into()),
            minimum: Some(-1),
            maximum: Some(100),
            pattern: Some("^a$".into()),
            is_url: true,
            excerpt: Some(vec!["One".into(), "Two".into()]),
            ..Default::default()
        }
    );
    assert_eq!(field.docs.description.as_deref(), Some("The speed."));
    assert_eq!(field.docs.since, Some(Version(1, 3, 0)));
    let deprecated = field.docs.deprecated.as_ref().unwrap();
    assert_eq!(deprecated.version, Some(Version(1, 5, 0)));
    assert_eq!(deprecated.description.as_deref(), Some("Use another."));
}

#[test]
fn what_cannot_be_resolved_is_told_with_its_line() {
    for (schemas, line, found) in [
        ("\n<ComplexType Name=\"A\"><Property Name=\"B\" Type=\"String\"/></ComplexType>", "8", "the type `String`"),
        (
            "<ComplexType Name=\"A\"><Property Name=\"B\" Type=\"Edm.Colour\"/></ComplexType>",
            "7",
            "the type `Edm.Colour`",
        ),
        ("<ComplexType Name=\"A\" BaseType=\"Alpha.A\"/>", "7", "the base type `Alpha.A` of `A`"),
        ("<ComplexType Name=\"A\" BaseType=\"Edm.String\"/>", "7", "the base type `Edm.String` of `A`"),
        ("<Action Name=\"Go\" IsBound=\"true\"/>", "7", "the bound action `Go` without parameters"),
        (
            "<ComplexType Name=\"A\"><Annotation Term=\"OData.AdditionalProperties\" String=\"maybe\"/></ComplexType>",
            "7",
            "\"maybe\" for OData.AdditionalProperties",
        ),
        ("<TypeDefinition Name=\"A\" UnderlyingType=\"Alpha.B\"/>", "7", "the underlying type `Alpha.B` of `A`"),
    ] {
        let error = resolved(&format!("\n<Schema Namespace=\"Alpha\">{schemas}</Schema>")).expect_err(schemas);
        let line: u32 = line.parse().unwrap();
        assert_eq!(error.line(), Some(line + 3), "{error}");
        assert_eq!(error.found(), found);
        assert!(!error.expected().is_empty());
    }
}
