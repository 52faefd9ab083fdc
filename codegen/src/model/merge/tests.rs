//! Tests of this module's promises, on schemas of a few lines.

use super::*;
use crate::model::testing::{merged, name};

const VERSIONS: &str = r#"
        <Schema Namespace="Alpha">
          <EntityType Name="Alpha" Abstract="true"><Annotation Term="OData.Description" String="An alpha."/></EntityType>
        </Schema>
        <Schema Namespace="Alpha.v1_10_0">
          <Annotation Term="Redfish.Release" String="2025.1"/>
          <EntityType Name="Alpha" BaseType="Alpha.v1_2_0.Alpha">
            <Property Name="Newest" Type="Edm.String"/>
          </EntityType>
          <EnumType Name="Colour"><Member Name="Red"/><Member Name="Green"/></EnumType>
        </Schema>
        <Schema Namespace="Alpha.v1_2_0">
          <Annotation Term="Redfish.Release" String="2018.1"/>
          <EntityType Name="Alpha" BaseType="Alpha.Alpha">
            <Property Name="Old" Type="Edm.String"/>
          </EntityType>
          <EnumType Name="Colour"><Member Name="Red"/></EnumType>
        </Schema>
        <Schema Namespace="Alpha.v1_10_1"><EntityType Name="Alpha" BaseType="Alpha.v1_10_0.Alpha"/></Schema>"#;

#[test]
fn versions_become_one_type_in_the_order_of_their_numbers() {
    let merged = merged(&[VERSIONS]).unwrap();
    let ty = &merged.types[&name("Alpha.Alpha")];
    let fields: Vec<_> = ty.fields.iter().map(|field| (field.name.as_str(), field.docs.since)).collect();
    assert_eq!(fields, [("Old", None), ("Newest", Some(Version(1, 10, 0)))]);
    assert!(!ty.is_abstract);
    assert!(ty.bases.is_empty());
    assert_eq!(ty.docs.since, None);
    assert_eq!(ty.docs.description.as_deref(), Some("An alpha."));
    let schema = &merged.schemas["Alpha"];
    assert_eq!(schema.newest, Some(Version(1, 10, 1)));
    assert_eq!(schema.release, Some((Version(1, 10, 0), "2025.1".into())));
    assert_eq!(schema.files, ["Test_v1.xml"]);
    let members: Vec<_> = merged.enums[&name("Alpha.Colour")]
        .members
        .iter()
        .map(|member| (member.name.as_str(), member.docs.since))
        .collect();
    assert_eq!(members, [("Red", None), ("Green", Some(Version(1, 10, 0)))]);
}

#[test]
fn the_first_folder_has_the_word_and_the_second_adds() {
    let first = r#"<Schema Namespace="Alpha.v1_0_0"><ComplexType Name="Part">
            <Property Name="Both" Type="Edm.String" Nullable="false">
              <Annotation Term="OData.Description" String="First."/>
            </Property></ComplexType></Schema>"#;
    let second = r#"<Schema Namespace="Alpha.v1_0_0"><ComplexType Name="Part">
            <Property Name="Both" Type="Edm.String">
              <Annotation Term="OData.Description" String="Second."/>
              <Annotation Term="OData.LongDescription" String="Second, at length."/>
            </Property>
            <Property Name="More" Type="Edm.Boolean"/></ComplexType></Schema>"#;
    let merged = merged(&[first, second]).unwrap();
    let part = &merged.types[&name("Alpha.Part")];
    assert_eq!(part.fields.len(), 2);
    let both = &part.fields[0];
    assert_eq!(both.nullable, Some(false));
    assert_eq!(both.docs.description.as_deref(), Some("First."));
    assert_eq!(both.docs.long_description.as_deref(), Some("Second, at length."));
}

#[test]
fn what_a_newer_version_says_anew_counts() {
    let merged = merged(&[r#"
            <Schema Namespace="Alpha.v1_0_0"><ComplexType Name="Part">
              <Property Name="Size" Type="Edm.Int64"><Annotation Term="Validation.Maximum" Int="8"/></Property>
            </ComplexType></Schema>
            <Schema Namespace="Alpha.v1_1_0"><ComplexType Name="Part" BaseType="Alpha.v1_0_0.Part">
              <Property Name="Size" Type="Edm.Int64"><Annotation Term="Validation.Maximum" Int="16"/></Property>
            </ComplexType></Schema>"#])
    .unwrap();
    let fields = &merged.types[&name("Alpha.Part")].fields;
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].traits.maximum, Some(16));
    assert_eq!(fields[0].docs.since, None);
}

#[test]
fn a_property_that_comes_with_its_type_is_not_dated_again() {
    let merged = merged(&[r#"
            <Schema Namespace="Alpha.v1_0_0"/>
            <Schema Namespace="Alpha.v1_3_0"><ComplexType Name="Part">
              <Property Name="Size" Type="Edm.Int64"/>
            </ComplexType></Schema>"#])
    .unwrap();
    let part = &merged.types[&name("Alpha.Part")];
    assert_eq!(part.docs.since, Some(Version(1, 3, 0)));
    assert_eq!(part.fields[0].docs.since, None);
}

#[test]
fn contradictions_are_errors_that_name_both_places() {
    let property = |ty: &str| {
        format!(
            r#"<Schema Namespace="Alpha"><ComplexType Name="Part"><Property Name="Size" Type="{ty}"/></ComplexType></Schema>"#
        )
    };
    let error = merged(&[&property("Edm.Int64"), &property("Edm.String")]).unwrap_err();
    assert_eq!(error.file(), "folder1/Test_v1.xml");
    assert_eq!(error.found(), "`Size` of `Alpha.Part` as `Edm.String`");
    assert!(error.expected().starts_with("`Edm.Int` as at folder0/Test_v1.xml:"));

    let kind = |kind: &str| format!(r#"<Schema Namespace="Alpha"><{kind} Name="Part"/></Schema>"#);
    for (one, other) in [("ComplexType", "EntityType"), ("ComplexType", "EnumType"), ("EnumType", "EntityType")] {
        merged(&[&kind(one), &kind(other)]).expect_err("two kinds of one name");
    }
}
