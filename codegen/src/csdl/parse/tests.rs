//! Tests of this module's promises, on schemas of a few lines.

use super::*;

/// The text inside a schema, on line 3.
fn schema(text: &str) -> Result<Document, Error> {
    parse(
        "Test_v1.xml",
        &format!(
            "<edmx:Edmx xmlns:edmx=\"x\"><edmx:DataServices>\n<Schema Namespace=\"Alpha\">\n{text}</Schema></edmx:DataServices></edmx:Edmx>"
        ),
    )
}

#[test]
fn everything_that_redfish_uses_is_read() {
    let document = schema(
            r#"<Annotation Term="Redfish.OwningEntity" String="DMTF"/>
               <EntityType Name="Thing" BaseType="Resource.Item" Abstract="true">
                 <Key><PropertyRef Name="Id"/></Key>
                 <Annotation Term="Redfish.Uris"><Collection><String>/redfish/v1/A &amp; B</String></Collection></Annotation>
                 <Property Name="One" Type="Edm.String" Nullable="false" DefaultValue="x"/>
                 <NavigationProperty Name="Two" Type="Collection(Alpha.Thing)" ContainsTarget="true"/>
               </EntityType>
               <ComplexType Name="Part" OpenType="true"/>
               <EnumType Name="Colour"><Member Name="Red"/></EnumType>
               <TypeDefinition Name="Id" UnderlyingType="Edm.String"/>
               <Action Name="Go" IsBound="true"><Parameter Name="P" Type="Alpha.Part"/><ReturnType Type="Alpha.Part"/></Action>
               <Term Name="Hint" Type="Edm.String"/>
               <EntityContainer Name="C"><Singleton Name="S" Type="Alpha.Thing"/></EntityContainer>"#,
        )
        .unwrap();
    let schema = &document.schemas[0];
    assert_eq!(schema.namespace, "Alpha");
    assert_eq!(schema.line, 2);
    assert_eq!(schema.annotations[0].value, Value::Text("DMTF".into()));
    let thing = &schema.types[0];
    assert!(thing.entity && thing.is_abstract && !thing.open);
    assert_eq!(thing.base.as_deref(), Some("Resource.Item"));
    assert_eq!(thing.annotations[0].value, Value::Collection(vec![Value::Text("/redfish/v1/A & B".into())]));
    let properties: Vec<_> =
        thing.properties.iter().map(|p| (p.line, p.name.as_str(), p.navigation, p.nullable)).collect();
    assert_eq!(properties, [(7, "One", false, Some(false)), (8, "Two", true, None)]);
    assert!(schema.types[1].open && !schema.types[1].entity);
    assert_eq!(schema.enums[0].members[0].name, "Red");
    assert_eq!(schema.definitions[0].underlying, "Edm.String");
    assert_eq!(schema.actions[0].returns.as_deref(), Some("Alpha.Part"));
    assert_eq!(schema.terms[0].name, "Hint");
}

#[test]
fn values_stand_in_attributes_or_in_elements() {
    let value = |text: &str| {
        schema(&format!("<Annotation Term=\"T\"{text}</Annotation>"))
            .map(|document| document.schemas[0].annotations[0].value.clone())
    };
    let text = |text: &str| Value::Text(text.to_owned());
    for (written, read) in [
        (">", Value::Absent),
        (" Bool=\"false\">", Value::Bool(false)),
        (" Int=\"-3\">", Value::Int(-3)),
        (" Decimal=\"1.5\">", text("1.5")),
        (" EnumMember=\"A/B\">", text("A/B")),
        ("><String> a </String>", text("a")),
        ("><String>a&#x41;<![CDATA[<b>]]></String>", text("aA<b>")),
        (
            "><Record><PropertyValue Property=\"P\" Bool=\"true\"/><Annotation Term=\"U\"/></Record>",
            Value::Record(Record {
                values: vec![("P".into(), Value::Bool(true))],
                annotations: vec![Annotation { line: 3, term: "U".into(), value: Value::Absent }],
            }),
        ),
    ] {
        assert_eq!(value(written).unwrap(), read, "{written}");
    }
}

#[test]
fn malformed_files_are_told_with_line_found_and_expected() {
    for (text, line, found, expected) in [
        ("<ComplexType/>", 3, "<ComplexType> without Name", "the attribute Name"),
        ("\n<ComplexType Name=\" \"/>", 4, "<ComplexType> with an empty Name", "a value for Name"),
        ("<ComplexType Name=\"A\" Abstract=\"yes\"/>", 3, "Abstract=\"yes\" on <ComplexType>", "true or false"),
        (
            "<Propety/>",
            3,
            "<Propety>",
            "<EntityType>, <ComplexType>, <EnumType>, <TypeDefinition>, <Action>, <Term> or <Annotation>",
        ),
        (
            "<ComplexType Name=\"A\"><Propety/></ComplexType>",
            3,
            "<Propety>",
            "<Property>, <NavigationProperty> or <Annotation>",
        ),
        ("<EnumType Name=\"A\"><Property/></EnumType>", 3, "<Property>", "<Member> or <Annotation>"),
        ("<Action Name=\"A\"><Member/></Action>", 3, "<Member>", "<Parameter>, <ReturnType> or <Annotation>"),
        ("<Annotation Term=\"A\" Int=\"1.5\"/>", 3, "Int=\"1.5\" on <Annotation>", "an integer of 64 bits"),
        ("<Annotation Term=\"A\"><Collection><Bool/></Collection></Annotation>", 3, "<Bool>", "<Record> or <String>"),
        ("<Term Name=\"&nbsp;\" Type=\"Edm.String\"/>", 3, "", ""),
        (
            "<Annotation Term=\"A\"><String>&nbsp;</String></Annotation>",
            3,
            "the entity `&nbsp;`",
            "one of XML's predefined entities or a character reference",
        ),
        ("<ComplexType Name=\"A\">", 3, "", "well-formed XML"),
        ("<ComplexType Name=\"A\" Name=\"B\"/>", 3, "", "attributes of the form name=\"value\", each once"),
    ] {
        let error = schema(text).expect_err(text);
        assert_eq!(error.line(), Some(line), "{error}");
        assert_eq!(error.file(), "Test_v1.xml");
        if !found.is_empty() {
            assert_eq!(error.found(), found);
        }
        if !expected.is_empty() {
            assert_eq!(error.expected(), expected);
        }
    }
}

#[test]
fn what_is_no_csdl_at_all_is_told() {
    for (text, found) in [
        ("", "no element at all"),
        ("<html/>", "<html>"),
        ("<Edmx/><Edmx/>", "a second root element <Edmx>"),
        ("<Edmx><Schema/></Edmx>", "<Schema>"),
        ("<Edmx>", "the end of the file inside <Edmx> from line 1"),
    ] {
        assert_eq!(parse("Test_v1.xml", text).expect_err(text).found(), found);
    }
    let deep = "<Edmx>".repeat(1000);
    let error = parse("Test_v1.xml", &deep).unwrap_err();
    assert_eq!(error.found(), "more than 64 nested elements");
    parse("Test_v1.xml", "\u{feff}<?xml version=\"1.0\"?><!-- none --><Edmx/>").unwrap();
}
