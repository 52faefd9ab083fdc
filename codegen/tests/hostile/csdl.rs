//! CSDL made to hurt.

use std::collections::BTreeSet;

use rosefish_codegen::csdl::parse;
use rosefish_codegen::{Manifest, Selection, build};

use crate::code::{ESCAPES, are_no_code, is_no_code, library, own_schema};
use crate::mutation::{Numbers, mutate};

const MANIFEST: &str = include_str!("../../../schemas/bundle.toml");

/// Has one of everything that the parser and the passes know.
const SCHEMA: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">
  <edmx:Reference Uri="x"><edmx:Include Namespace="RedfishExtensions.v1_0_0" Alias="Redfish"/></edmx:Reference>
  <edmx:DataServices>
    <Schema Namespace="Resource">
      <ComplexType Name="Oem"><Annotation Term="OData.AdditionalProperties" Bool="true"/></ComplexType>
      <EntityType Name="Item" Abstract="true"><Property Name="Oem" Type="Resource.Oem" Nullable="false"/></EntityType>
      <EntityType Name="ResourceCollection" BaseType="Resource.Item" Abstract="true"/>
    </Schema>
    <Schema Namespace="Thing">
      <Annotation Term="Redfish.OwningEntity" String="DMTF"/>
      <EntityType Name="Thing" BaseType="Resource.Item" Abstract="true">
        <Annotation Term="Redfish.Uris"><Collection><String>/redfish/v1/Things/{Id}</String></Collection></Annotation>
        <Annotation Term="Capabilities.InsertRestrictions"><Record><PropertyValue Property="Insertable" Bool="false"/></Record></Annotation>
      </EntityType>
      <Action Name="Reset" IsBound="true">
        <Parameter Name="Thing" Type="Thing.v1_0_0.Actions"/><Parameter Name="Type" Type="Thing.v1_0_0.Kind"/>
        <ReturnType Type="Thing.v1_0_0.Part"/>
      </Action>
      <Term Name="Hint" Type="Edm.String"/>
    </Schema>
    <Schema Namespace="Thing.v1_0_0">
      <EntityType Name="Thing" BaseType="Thing.Thing">
        <Property Name="Actions" Type="Thing.v1_0_0.Actions"/>
        <Property Name="Size" Type="Thing.v1_0_0.Size"><Annotation Term="Redfish.Excerpt" String="Power"/></Property>
        <NavigationProperty Name="Other" Type="Collection(Thing.Thing)"><Annotation Term="OData.AutoExpand"/></NavigationProperty>
        <NavigationProperty Name="Copy" Type="Thing.Thing"><Annotation Term="Redfish.ExcerptCopy" String="Power"/></NavigationProperty>
        <NavigationProperty Name="Missing" Type="Nothing.Nothing"/>
      </EntityType>
      <ComplexType Name="Actions"/>
      <ComplexType Name="Part" BaseType="Thing.v1_0_0.Base"><Property Name="Kind" Type="Thing.v1_0_0.Kind"/></ComplexType>
      <ComplexType Name="Base" OpenType="true">
        <Annotation Term="Redfish.DynamicPropertyPatterns"><Collection><Record>
          <PropertyValue Property="Pattern" String="^a$"/><PropertyValue Property="Type" String="Edm.String"/>
        </Record></Collection></Annotation>
      </ComplexType>
      <EnumType Name="Kind"><Member Name="One"/><Member Name="Two &amp; more"><Annotation Term="Redfish.Deprecated" String="x"/></Member></EnumType>
      <TypeDefinition Name="Size" UnderlyingType="Edm.Int64"><Annotation Term="Validation.Minimum" Int="0"/></TypeDefinition>
    </Schema>
    <Schema Namespace="ThingCollection">
      <EntityType Name="ThingCollection" BaseType="Resource.ResourceCollection">
        <NavigationProperty Name="Members" Type="Collection(Thing.Thing)"/>
      </EntityType>
    </Schema>
  </edmx:DataServices>
</edmx:Edmx>"#;

/// Whether a model came of it; the point is that the call returns.
fn compiles(text: &str, manifest: &Manifest) -> bool {
    parse("Hostile_v1.xml", text)
        .and_then(|document| build(vec![document], manifest, &Selection::All))
        .inspect_err(|error| assert!(!error.to_string().is_empty()))
        .is_ok()
}

#[test]
fn mutated_schemas_give_a_model_or_an_error() {
    let manifest = Manifest::parse(MANIFEST).expect("the manifest");
    assert!(compiles(SCHEMA, &manifest));
    let words: Vec<&str> = SCHEMA.split(|c: char| "<>\"= \n".contains(c)).filter(|word| !word.is_empty()).collect();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let mut models = 0;
    for _ in 0..4000 {
        let mut text = SCHEMA.to_owned();
        for _ in 0..=numbers.below(3) {
            text = mutate(&text, &words, &mut numbers);
        }
        models += usize::from(compiles(&text, &manifest));
    }
    assert!(models > 100, "only {models} mutants were schemas at all");
}

#[test]
fn huge_and_cyclic_schemas_end() {
    let manifest = Manifest::parse(MANIFEST).expect("the manifest");
    let edmx = |schemas: &str| format!("<Edmx><DataServices>{schemas}</DataServices></Edmx>");
    let chain: String = (0..5000).map(|n| format!("<ComplexType Name=\"A{n}\" BaseType=\"S.A{}\"/>", n + 1)).collect();
    assert!(!compiles(&edmx(&format!("<Schema Namespace=\"S\">{chain}</Schema>")), &manifest));
    let circle = r#"<Schema Namespace="S"><ComplexType Name="A" BaseType="S.B"/><ComplexType Name="B" BaseType="S.A"/></Schema>"#;
    assert!(!compiles(&edmx(circle), &manifest));
    assert!(!compiles(&"<Annotation>".repeat(100_000), &manifest));
    let laughs = r#"<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><Edmx><DataServices><Schema Namespace="&b;"/></DataServices></Edmx>"#;
    assert!(!compiles(laughs, &manifest), "entities are not expanded");
    let members: String = (0..10_000).map(|n| format!("<Member Name=\"M{n}\"/>")).collect();
    let properties: String = (0..10_000).map(|n| format!("<Property Name=\"P{n}\" Type=\"Edm.String\"/>")).collect();
    let many = format!(
        "<Schema Namespace=\"S\"><EnumType Name=\"E\">{members}</EnumType><ComplexType Name=\"C\">{properties}</ComplexType></Schema>"
    );
    assert!(compiles(&edmx(&many), &manifest));
    let expanded = r#"<Schema Namespace="S"><EntityType Name="A">
        <NavigationProperty Name="A" Type="S.A"><Annotation Term="OData.AutoExpand"/></NavigationProperty></EntityType></Schema>"#;
    assert!(compiles(&edmx(expanded), &manifest));
}

#[test]
fn folders_and_files_that_cannot_be_read_are_errors_that_name_them() {
    let missing = std::path::PathBuf::from("no-such-folder");
    let error = rosefish_codegen::load(&[missing]).unwrap_err();
    assert_eq!(error.file(), "no-such-folder");
    assert!(error.to_string().contains("expected a folder of schemas"));
    let empty = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let error = rosefish_codegen::load(&[empty]).unwrap_err();
    assert_eq!(error.found(), "no *.xml, *.json or *.yaml file");
}

/// The schema's texts: values of attributes, and what stands between tags.
fn places() -> Vec<std::ops::Range<usize>> {
    let mut places = Vec::new();
    let mut from = 0;
    while let Some(start) = SCHEMA[from..].find(['"', '>']).map(|at| from + at) {
        let end = if SCHEMA[start..].starts_with('"') { '"' } else { '<' };
        let Some(length) = SCHEMA[start + 1..].find(end) else { break };
        let place = start + 1..start + 1 + length;
        from = place.end + usize::from(end == '"');
        if !SCHEMA[place.clone()].trim().is_empty() {
            places.push(place);
        }
    }
    places
}

/// A text as the value of an attribute.
fn quoted(text: &str) -> String {
    let escape = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\n' | '\r' | '\t' => format!("&#{};", c as u32),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Each text of a schema, replaced by what would leave the place that it is put in.
#[test]
fn no_text_of_a_schema_becomes_code() {
    let manifest = Manifest::parse(MANIFEST).expect("the manifest");
    // Annotations that the schema above does without.
    let more = r#"<Annotation Term="Measures.Unit" String="W"/><Annotation Term="Validation.Pattern" String="^[a]$"/>
        <Annotation Term="OData.Description" String="One thing"/><Annotation Term="OData.LongDescription" String="One long thing"/>"#;
    let base = SCHEMA
        .replace(r#"<Annotation Term="Redfish.Excerpt""#, &format!(r#"{more}<Annotation Term="Redfish.Excerpt""#));
    assert!(base.len() > SCHEMA.len());
    let extra = ["W", "^[a]$", "One thing", "One long thing", "2024.1"];
    let texts =
        extra.into_iter().filter_map(|text| base.find(&format!("\"{text}\"")).map(|at| at + 1..at + 1 + text.len()));
    let in_schema = places().into_iter().map(|place| {
        let added = if SCHEMA[..place.start] == base[..place.start] { 0 } else { base.len() - SCHEMA.len() };
        place.start + added..place.end + added
    });
    let all: Vec<_> = in_schema.chain(texts).collect();
    let replaced = |places: &[std::ops::Range<usize>]| {
        let (mut models, mut errors) = (0, 0);
        for place in places {
            for escape in ESCAPES {
                for text in [(*escape).to_owned(), format!("{}{escape}", &base[place.clone()])] {
                    let schema = format!("{}{}{}", &base[..place.start], quoted(&text), &base[place.end..]);
                    let model = parse("Hostile_v1.xml", &schema)
                        .and_then(|document| build(vec![document], &manifest, &Selection::All));
                    match model {
                        Ok(model) => {
                            models += 1;
                            is_no_code(&model, &text);
                        }
                        Err(error) => {
                            assert!(!error.file().is_empty());
                            errors += 1;
                        }
                    }
                }
            }
        }
        (models, errors)
    };
    // It takes long: half of it in a thread of its own.
    let (first, second) = all.split_at(all.len() / 2);
    let (models, errors) = std::thread::scope(|scope| {
        let other = scope.spawn(|| replaced(second));
        let (models, errors) = replaced(first);
        let other = other.join().expect("nothing becomes code");
        (models + other.0, errors + other.1)
    });
    assert!(models > 500 && errors > 100, "{models} models, {errors} errors");
}

/// The schema above without what the library has: a vendor's.
fn extension() -> (String, String) {
    let start = SCHEMA.find("<Schema Namespace=\"Thing\">").expect("the schema");
    let end = SCHEMA.find("</edmx:DataServices>").expect("the end");
    let from = SCHEMA.find("<Schema").expect("the start");
    let library = format!("{}{}", &SCHEMA[..start], &SCHEMA[end..]);
    (library, format!("{}{}", &SCHEMA[..from], &SCHEMA[start..]))
}

#[test]
fn no_text_of_a_vendors_schema_becomes_code() {
    let (redfish, vendor) = extension();
    let builder = library("vendor", &redfish);
    let file = own_schema("vendor");
    let compile = |schema: &str| {
        std::fs::write(&file, schema).expect("a writable file");
        builder.compile()
    };
    are_no_code(&compile(&vendor).expect("a model"), "");
    let words: BTreeSet<_> = vendor.split('"').skip(1).step_by(2).filter(|word| word.len() > 1).collect();
    let (mut models, mut errors) = (0, 0);
    for word in words {
        for escape in ESCAPES {
            let text = format!("{word}{escape}");
            match compile(&vendor.replace(&format!("\"{word}\""), &format!("\"{}\"", quoted(&text)))) {
                Ok(output) => {
                    models += 1;
                    are_no_code(&output, &text);
                }
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    errors += 1;
                }
            }
        }
    }
    assert!(models > 100 && errors > 100, "{models} models, {errors} errors");
}

/// Names that generated code needs itself, and names that fall together once they are Rust's.
#[test]
fn names_that_are_taken_give_way() {
    let (redfish, _) = extension();
    let taken = r#"<Edmx><DataServices>
      <Schema Namespace="Methods"><EntityType Name="Methods" BaseType="Resource.Item">
        <Property Name="Residue" Type="Edm.String"/><Property Name="Properties" Type="Edm.String"/>
        <Property Name="residue" Type="Edm.String"/><Property Name="RESIDUE" Type="Edm.String"/>
        <NavigationProperty Name="Uri" Type="W.W"/><NavigationProperty Name="URI" Type="W.W"/>
      </EntityType></Schema>
      <Schema Namespace="W"><EntityType Name="W" BaseType="Resource.Item"><NavigationProperty Name="M" Type="Methods.Methods"/></EntityType>
        <ComplexType Name="M"/><ComplexType Name="TABLES"/><ComplexType Name="Module"/><ComplexType Name="Vec"/></Schema>
      <Schema Namespace="R"><EntityType Name="R" BaseType="Resource.Item"/></Schema>
      <Schema Namespace="Vec"><ComplexType Name="Vec"><Annotation Term="OData.AdditionalProperties" Bool="true"/></ComplexType></Schema>
      <Schema Namespace="FooBar"><EntityType Name="FooBar" BaseType="Resource.Item"/></Schema>
      <Schema Namespace="Foo_Bar"><EntityType Name="Foo_Bar" BaseType="Resource.Item"/></Schema>
      <Schema Namespace="WCollection">
        <EntityType Name="WCollection" BaseType="Resource.ResourceCollection">
          <NavigationProperty Name="Members" Type="Collection(W.W)"/>
        </EntityType>
        <EnumType Name="WCollectionKind"><Member Name="One"/></EnumType>
      </Schema>
    </DataServices></Edmx>"#;
    let builder = library("taken", &redfish);
    std::fs::write(own_schema("taken"), taken).expect("a writable file");
    let made = builder.compile().expect("a model");
    are_no_code(&made, "");
    let root = made.file("hostile.rs").expect("the root");
    for module in ["pub mod methods2 {", "pub mod w2 {", "pub mod r2 {"] {
        assert!(root.contains(module), "{module} in {root}");
    }
    let methods = made.file("hostile/methods2.rs").expect("a schema");
    assert!(methods.contains("pub residue2: Option<String>"), "{methods}");
    let free = made.file("hostile/vec.rs").unwrap_or_default();
    assert!(!free.contains("type Vec "), "{free}");
}
