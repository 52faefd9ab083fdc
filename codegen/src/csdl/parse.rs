//! The tree of elements -> a [`Document`]. Elements of OData that Redfish gives no meaning to (containers, keys, functions)
//! are passed over; an element that OData doesn't have there is an error, as its neighbours may have been misread too.

use super::document::{
    Action, Annotation, Document, EnumType, Include, Member, Parameter, Property, Record, Schema, StructuredType, Term,
    TypeDefinition, Value,
};
use super::xml::{self, Element};
use crate::error::{Error, Errors};

/// Reads one CSDL file from its text; `file` is the name that errors give.
///
/// # Errors
///
/// Text that is not XML, or not CSDL.
pub fn parse(file: &str, text: &str) -> Result<Document, Error> {
    Ok(parse_all(file, text)?)
}

/// Reads one CSDL file, or says all that is wrong with its types.
pub(crate) fn parse_all(file: &str, text: &str) -> Result<Document, Errors> {
    let mut errors = Errors::default();
    let root = xml::read(file, text)?;
    let parser = Parser { file };
    if root.name != "Edmx" {
        return Err(parser.misplaced(&root, "<edmx:Edmx>").into());
    }
    let mut document = Document { file: file.to_owned(), ..Document::default() };
    for child in &root.children {
        match child.name.as_str() {
            "Reference" => parser.reference(child, &mut document.includes)?,
            "DataServices" => {
                for schema in &child.children {
                    match schema.name.as_str() {
                        "Schema" => {
                            let (schema, wrong) = parser.schema(schema)?;
                            errors.append(wrong);
                            document.schemas.push(schema);
                        }
                        _ => return Err(parser.misplaced(schema, "<Schema>").into()),
                    }
                }
            }
            _ => return Err(parser.misplaced(child, "<edmx:Reference> or <edmx:DataServices>").into()),
        }
    }
    errors.or(document)
}

/// Returns the files that a CSDL file refers to, as it writes them: `edmx:Reference`'s `Uri`. Nothing else of the file needs to be right.
///
/// # Errors
///
/// Text that is not XML.
pub fn references(file: &str, text: &str) -> Result<Vec<String>, Error> {
    let root = xml::read(file, text)?;
    let references = root.children.iter().filter(|child| child.name == "Reference");
    Ok(references.filter_map(|reference| reference.attribute("Uri")).map(|uri| uri.trim().to_owned()).collect())
}

struct Parser<'f> {
    file: &'f str,
}

impl Parser<'_> {
    fn misplaced(&self, element: &Element, expected: &str) -> Error {
        Error::at(self.file, element.line, format!("<{}>", element.name), expected)
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

    /// A namespace, and what is wrong with its types.
    fn schema(&self, element: &Element) -> Result<(Schema, Errors), Error> {
        let mut errors = Errors::default();
        let mut schema = Schema {
            line: element.line,
            namespace: self.required(element, "Namespace")?,
            alias: element.attribute("Alias").map(str::to_owned),
            ..Schema::default()
        };
        for child in &element.children {
            match child.name.as_str() {
                "Annotation" => schema.annotations.extend(errors.take(self.annotation(child))),
                "EntityType" => schema.types.extend(errors.take(self.structured(child, true))),
                "ComplexType" => schema.types.extend(errors.take(self.structured(child, false))),
                "EnumType" => schema.enums.extend(errors.take(self.enumeration(child))),
                "TypeDefinition" => schema.definitions.extend(errors.take(self.definition(child))),
                "Action" => schema.actions.extend(errors.take(self.action(child))),
                "Term" => schema.terms.extend(errors.take(self.term(child))),
                // Redfish is read from its service root, not from a container; functions are not in use.
                "EntityContainer" | "Function" | "Annotations" => {}
                _ => {
                    errors.take::<()>(Err(self.misplaced(
                        child,
                        "<EntityType>, <ComplexType>, <EnumType>, <TypeDefinition>, <Action>, <Term> or <Annotation>",
                    )));
                }
            }
        }
        Ok((schema, errors))
    }

    fn definition(&self, element: &Element) -> Result<TypeDefinition, Error> {
        Ok(TypeDefinition {
            line: element.line,
            name: self.required(element, "Name")?,
            underlying: self.required(element, "UnderlyingType")?,
            annotations: self.annotations(element, &[])?,
        })
    }

    fn term(&self, element: &Element) -> Result<Term, Error> {
        Ok(Term {
            line: element.line,
            name: self.required(element, "Name")?,
            ty: self.required(element, "Type")?,
            annotations: self.annotations(element, &[])?,
        })
    }

    fn structured(&self, element: &Element, entity: bool) -> Result<StructuredType, Error> {
        let mut ty = StructuredType {
            line: element.line,
            entity,
            name: self.required(element, "Name")?,
            base: element.attribute("BaseType").map(|base| base.trim().to_owned()),
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
                    return Err(self.misplaced(child, "<Property>, <NavigationProperty> or <Annotation>"));
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
        let mut ty = EnumType { line: element.line, name: self.required(element, "Name")?, ..EnumType::default() };
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
        Ok(Annotation { line: element.line, term: self.required(element, "Term")?, value: self.value(element)? })
    }

    /// The value of an `Annotation` or a `PropertyValue`, as an attribute or as an element.
    fn value(&self, element: &Element) -> Result<Value, Error> {
        for (name, text) in &element.attributes {
            match name.as_str() {
                "Bool" => {
                    return Ok(self.boolean(element, "Bool")?.map_or(Value::Absent, Value::Bool));
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
                    let items = child.children.iter().map(|item| self.item(item)).collect::<Result<_, _>>()?;
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
                            record.values.push((self.required(child, "Property")?, self.value(child)?));
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
mod tests;
