//! The tree of elements -> a [`Document`]. Elements of OData that Redfish gives no meaning to (containers, keys, functions)
//! are passed over; an element that OData doesn't have there is an error, as its neighbours may have been misread too.

use super::document::{
    Action, Annotation, Document, EnumType, Include, Member, Parameter, Property, Record, Schema,
    StructuredType, Term, TypeDefinition, Value,
};
use super::xml::{self, Element};
use crate::error::Error;

/// Reads one CSDL file from its text; `file` is the name that errors give.
///
/// # Errors
///
/// Text that is not XML, or not CSDL.
pub fn parse(file: &str, text: &str) -> Result<Document, Error> {
    let root = xml::read(file, text)?;
    let parser = Parser { file };
    if root.name != "Edmx" {
        return Err(parser.misplaced(&root, "<edmx:Edmx>"));
    }
    let mut document = Document {
        file: file.to_owned(),
        ..Document::default()
    };
    for child in &root.children {
        match child.name.as_str() {
            "Reference" => parser.reference(child, &mut document.includes)?,
            "DataServices" => {
                for schema in &child.children {
                    match schema.name.as_str() {
                        "Schema" => document.schemas.push(parser.schema(schema)?),
                        _ => return Err(parser.misplaced(schema, "<Schema>")),
                    }
                }
            }
            _ => return Err(parser.misplaced(child, "<edmx:Reference> or <edmx:DataServices>")),
        }
    }
    Ok(document)
}

struct Parser<'f> {
    file: &'f str,
}

impl Parser<'_> {
    fn misplaced(&self, element: &Element, expected: &str) -> Error {
        Error::at(
            self.file,
            element.line,
            format!("<{}>", element.name),
            expected,
        )
    }

    fn required(&self, element: &Element, name: &str) -> Result<String, Error> {
        match element.attribute(name) {
            Some(value) if !value.trim().is_empty() => Ok(value.trim().to_owned()),
            Some(_) => Err(Error::at(
                self.file,
                element.line,
                format!("<{}> with an empty {name}", element.name),
                format!("a value for {name}"),
            )),
            None => Err(Error::at(
                self.file,
                element.line,
                format!("<{}> without {name}", element.name),
                format!("the attribute {name}"),
            )),
        }
    }

    fn boolean(&self, element: &Element, name: &str) -> Result<Option<bool>, Error> {
        match element.attribute(name) {
            None => Ok(None),
            Some(text) => match text.trim() {
                "true" | "1" => Ok(Some(true)),
                "false" | "0" => Ok(Some(false)),
                other => Err(Error::at(
                    self.file,
                    element.line,
                    format!("{name}=\"{other}\" on <{}>", element.name),
                    "true or false",
                )),
            },
        }
    }

    fn reference(&self, element: &Element, includes: &mut Vec<Include>) -> Result<(), Error> {
        for child in &element.children {
            match child.name.as_str() {
                "Include" => includes.push(Include {
                    namespace: self.required(child, "Namespace")?,
                    alias: child.attribute("Alias").map(str::to_owned),
                }),
                "IncludeAnnotations" | "Annotation" => {}
                _ => return Err(self.misplaced(child, "<edmx:Include>")),
            }
        }
        Ok(())
    }

    fn schema(&self, element: &Element) -> Result<Schema, Error> {
        let mut schema = Schema {
            line: element.line,
            namespace: self.required(element, "Namespace")?,
            alias: element.attribute("Alias").map(str::to_owned),
            ..Schema::default()
        };
        for child in &element.children {
            match child.name.as_str() {
                "Annotation" => schema.annotations.push(self.annotation(child)?),
                "EntityType" => schema.types.push(self.structured(child, true)?),
                "ComplexType" => schema.types.push(self.structured(child, false)?),
                "EnumType" => schema.enums.push(self.enumeration(child)?),
                "TypeDefinition" => schema.definitions.push(TypeDefinition {
                    line: child.line,
                    name: self.required(child, "Name")?,
                    underlying: self.required(child, "UnderlyingType")?,
                    annotations: self.annotations(child, &[])?,
                }),
                "Action" => schema.actions.push(self.action(child)?),
                "Term" => schema.terms.push(Term {
                    line: child.line,
                    name: self.required(child, "Name")?,
                    ty: self.required(child, "Type")?,
                    annotations: self.annotations(child, &[])?,
                }),
                // Redfish is read from its service root, not from a container; functions are not in use.
                "EntityContainer" | "Function" | "Annotations" => {}
                _ => {
                    return Err(self.misplaced(
                        child,
                        "<EntityType>, <ComplexType>, <EnumType>, <TypeDefinition>, <Action>, <Term> or <Annotation>",
                    ));
                }
            }
        }
        Ok(schema)
    }

    fn structured(&self, element: &Element, entity: bool) -> Result<StructuredType, Error> {
        let mut ty = StructuredType {
            line: element.line,
            entity,
            name: self.required(element, "Name")?,
            base: element
                .attribute("BaseType")
                .map(|base| base.trim().to_owned()),
            is_abstract: self.boolean(element, "Abstract")?.unwrap_or(false),
            open: self.boolean(element, "OpenType")?.unwrap_or(false),
            ..StructuredType::default()
        };
        for child in &element.children {
            match child.name.as_str() {
                "Annotation" => ty.annotations.push(self.annotation(child)?),
                "Property" => ty.properties.push(self.property(child, false)?),
                "NavigationProperty" => ty.properties.push(self.property(child, true)?),
                // Redfish resources have no keys but their URIs.
                "Key" if entity => {}
                _ => {
                    return Err(
                        self.misplaced(child, "<Property>, <NavigationProperty> or <Annotation>")
                    );
                }
            }
        }
        Ok(ty)
    }

    fn property(&self, element: &Element, navigation: bool) -> Result<Property, Error> {
        Ok(Property {
            line: element.line,
            navigation,
            name: self.required(element, "Name")?,
            ty: self.required(element, "Type")?,
            nullable: self.boolean(element, "Nullable")?,
            annotations: self.annotations(element, &["OnDelete", "ReferentialConstraint"])?,
        })
    }

    fn enumeration(&self, element: &Element) -> Result<EnumType, Error> {
        let mut ty = EnumType {
            line: element.line,
            name: self.required(element, "Name")?,
            ..EnumType::default()
        };
        for child in &element.children {
            match child.name.as_str() {
                "Annotation" => ty.annotations.push(self.annotation(child)?),
                "Member" => ty.members.push(Member {
                    line: child.line,
                    name: self.required(child, "Name")?,
                    annotations: self.annotations(child, &[])?,
                }),
                _ => return Err(self.misplaced(child, "<Member> or <Annotation>")),
            }
        }
        Ok(ty)
    }

    fn action(&self, element: &Element) -> Result<Action, Error> {
        let mut action = Action {
            line: element.line,
            name: self.required(element, "Name")?,
            bound: self.boolean(element, "IsBound")?.unwrap_or(false),
            ..Action::default()
        };
        for child in &element.children {
            match child.name.as_str() {
                "Annotation" => action.annotations.push(self.annotation(child)?),
                "Parameter" => action.parameters.push(Parameter {
                    line: child.line,
                    name: self.required(child, "Name")?,
                    ty: self.required(child, "Type")?,
                    nullable: self.boolean(child, "Nullable")?,
                    annotations: self.annotations(child, &[])?,
                }),
                "ReturnType" => action.returns = Some(self.required(child, "Type")?),
                _ => {
                    return Err(self.misplaced(child, "<Parameter>, <ReturnType> or <Annotation>"));
                }
            }
        }
        Ok(action)
    }

    fn annotations(&self, element: &Element, also: &[&str]) -> Result<Vec<Annotation>, Error> {
        let mut annotations = Vec::new();
        for child in &element.children {
            match child.name.as_str() {
                "Annotation" => annotations.push(self.annotation(child)?),
                name if also.contains(&name) => {}
                _ => return Err(self.misplaced(child, "<Annotation>")),
            }
        }
        Ok(annotations)
    }

    fn annotation(&self, element: &Element) -> Result<Annotation, Error> {
        Ok(Annotation {
            line: element.line,
            term: self.required(element, "Term")?,
            value: self.value(element)?,
        })
    }

    /// The value of an `Annotation` or a `PropertyValue`, as an attribute or as an element.
    fn value(&self, element: &Element) -> Result<Value, Error> {
        for (name, text) in &element.attributes {
            match name.as_str() {
                "Bool" => {
                    return Ok(self
                        .boolean(element, "Bool")?
                        .map_or(Value::Absent, Value::Bool));
                }
                "Int" => {
                    return match text.trim().parse() {
                        Ok(number) => Ok(Value::Int(number)),
                        Err(_) => Err(Error::at(
                            self.file,
                            element.line,
                            format!("Int=\"{text}\" on <{}>", element.name),
                            "an integer of 64 bits",
                        )),
                    };
                }
                "String"
                | "EnumMember"
                | "Decimal"
                | "Float"
                | "Date"
                | "DateTimeOffset"
                | "Duration"
                | "Guid"
                | "TimeOfDay"
                | "Path"
                | "PropertyPath"
                | "NavigationPropertyPath"
                | "AnnotationPath" => {
                    return Ok(Value::Text(text.clone()));
                }
                _ => {}
            }
        }
        for child in &element.children {
            match child.name.as_str() {
                "Collection" => {
                    let items = child
                        .children
                        .iter()
                        .map(|item| self.item(item))
                        .collect::<Result<_, _>>()?;
                    return Ok(Value::Collection(items));
                }
                "Record" | "String" | "EnumMember" => return self.item(child),
                "Annotation" => {}
                _ => return Err(self.misplaced(child, "<Collection>, <Record> or <String>")),
            }
        }
        Ok(Value::Absent)
    }

    fn item(&self, element: &Element) -> Result<Value, Error> {
        match element.name.as_str() {
            "Record" => {
                let mut record = Record::default();
                for child in &element.children {
                    match child.name.as_str() {
                        "PropertyValue" => {
                            record
                                .values
                                .push((self.required(child, "Property")?, self.value(child)?));
                        }
                        "Annotation" => record.annotations.push(self.annotation(child)?),
                        _ => {
                            return Err(self.misplaced(child, "<PropertyValue> or <Annotation>"));
                        }
                    }
                }
                Ok(Value::Record(record))
            }
            "String" | "EnumMember" => Ok(Value::Text(element.text.trim().to_owned())),
            _ => Err(self.misplaced(element, "<Record> or <String>")),
        }
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            thing.annotations[0].value,
            Value::Collection(vec![Value::Text("/redfish/v1/A & B".into())])
        );
        let properties: Vec<_> = thing
            .properties
            .iter()
            .map(|p| (p.line, p.name.as_str(), p.navigation, p.nullable))
            .collect();
        assert_eq!(
            properties,
            [(7, "One", false, Some(false)), (8, "Two", true, None)]
        );
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
                    annotations: vec![Annotation {
                        line: 3,
                        term: "U".into(),
                        value: Value::Absent,
                    }],
                }),
            ),
        ] {
            assert_eq!(value(written).unwrap(), read, "{written}");
        }
    }

    #[test]
    fn malformed_files_are_told_with_line_found_and_expected() {
        for (text, line, found, expected) in [
            (
                "<ComplexType/>",
                3,
                "<ComplexType> without Name",
                "the attribute Name",
            ),
            (
                "\n<ComplexType Name=\" \"/>",
                4,
                "<ComplexType> with an empty Name",
                "a value for Name",
            ),
            (
                "<ComplexType Name=\"A\" Abstract=\"yes\"/>",
                3,
                "Abstract=\"yes\" on <ComplexType>",
                "true or false",
            ),
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
            (
                "<EnumType Name=\"A\"><Property/></EnumType>",
                3,
                "<Property>",
                "<Member> or <Annotation>",
            ),
            (
                "<Action Name=\"A\"><Member/></Action>",
                3,
                "<Member>",
                "<Parameter>, <ReturnType> or <Annotation>",
            ),
            (
                "<Annotation Term=\"A\" Int=\"1.5\"/>",
                3,
                "Int=\"1.5\" on <Annotation>",
                "an integer of 64 bits",
            ),
            (
                "<Annotation Term=\"A\"><Collection><Bool/></Collection></Annotation>",
                3,
                "<Bool>",
                "<Record> or <String>",
            ),
            ("<Term Name=\"&nbsp;\" Type=\"Edm.String\"/>", 3, "", ""),
            (
                "<Annotation Term=\"A\"><String>&nbsp;</String></Annotation>",
                3,
                "the entity `&nbsp;`",
                "one of XML's predefined entities or a character reference",
            ),
            ("<ComplexType Name=\"A\">", 3, "", "well-formed XML"),
            (
                "<ComplexType Name=\"A\" Name=\"B\"/>",
                3,
                "",
                "attributes of the form name=\"value\", each once",
            ),
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
        parse(
            "Test_v1.xml",
            "\u{feff}<?xml version=\"1.0\"?><!-- none --><Edmx/>",
        )
        .unwrap();
    }
}
