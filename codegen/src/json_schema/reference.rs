//! `$ref`: which type of which schema it means. The host and the folders that it names are of no interest, and nobody asks them.

use super::source::{Dialect, Source, check_name, stem};
use crate::error::Error;
use crate::model::annotation::split_version;
use crate::tree::Node;

/// What a reference leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    /// A type: its schema, without version, and its name.
    Type(String, String),
    /// `odata-v4_idRef`: the URI of some resource.
    Link,
    /// Another definition of the general file for OData: `id`, `count`, `context`.
    OData(String),
}

/// `ComputerSystem` and `v1_2_0` of `ComputerSystem.v1_2_0`.
pub(crate) fn split_stem(stem: &str) -> (&str, Option<&str>) {
    match split_version(stem) {
        (schema, Some(_)) => (schema, stem.get(schema.len() + 1..)),
        (schema, None) => (schema, None),
    }
}

/// Reads a `$ref`.
pub(crate) fn read(source: Source<'_>, node: &Node) -> Result<Reference, Error> {
    let Some(written) = node.text() else {
        return Err(node.error(source.file, format!("{} for `$ref`", node.kind()), "a text"));
    };
    let wrong = |expected: &str| node.error(source.file, format!("the reference `{written}`"), expected);
    let form = match source.dialect {
        Dialect::JsonSchema => "a file and a definition in it, `Schema.json#/definitions/Type`",
        Dialect::OpenApi => "a file and a schema in it, `Schema.yaml#/components/schemas/Schema_Type`",
    };
    let (file, pointer) = written.split_once('#').ok_or_else(|| wrong(form))?;
    let pointers = ["/definitions/", "/$defs/", "/components/schemas/"];
    let name = pointers.iter().find_map(|start| pointer.strip_prefix(start)).ok_or_else(|| wrong(form))?;
    let name = name.replace("~1", "/").replace("~0", "~").replace("%20", " ");
    let stem = match file {
        "" => source.schema,
        file => stem(file),
    };
    let (schema, _) = split_stem(stem);
    if schema.starts_with("odata") || name.starts_with("odata") {
        let name = name.rsplit('_').next().unwrap_or_default();
        return Ok(if name == "idRef" { Reference::Link } else { Reference::OData(name.to_owned()) });
    }
    let (schema, name) = match source.dialect {
        Dialect::JsonSchema => (schema.to_owned(), name),
        Dialect::OpenApi => component(schema, &name),
    };
    check_name(source, node, "a schema", &schema)?;
    check_name(source, node, "a type", &name)?;
    Ok(Reference::Type(schema, name))
}

/// `ComputerSystem_v1_2_0_Boot` in the file of `ComputerSystem` -> `ComputerSystem` and `Boot`. A file of many schemas has the schema's
/// name in the component's alone.
pub(crate) fn component(schema: &str, name: &str) -> (String, String) {
    let own = name.strip_prefix(schema).and_then(|rest| rest.strip_prefix('_')).filter(|_| !schema.is_empty());
    let (schema, rest) = match own {
        Some(rest) => (schema, rest),
        None if !schema.is_empty() && !name.contains('_') => (schema, name),
        None => name.split_once('_').unwrap_or((name, name)),
    };
    (schema.to_owned(), without_version(rest).to_owned())
}

/// `v1_2_0_Boot` -> `Boot`
fn without_version(name: &str) -> &str {
    let mut parts = name.splitn(4, '_');
    let number = |part: Option<&str>| part.is_some_and(|part| part.parse::<u16>().is_ok());
    let major = parts.next().and_then(|part| part.strip_prefix('v'));
    match (number(major) && number(parts.next()) && number(parts.next()), parts.next()) {
        (true, Some(rest)) if !rest.is_empty() => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Value;

    #[test]
    fn a_reference_names_a_schema_and_a_type_whatever_host_it_names() {
        let read = |dialect, written: &str| {
            let source = Source { file: "a/Alpha.json", dialect, schema: "Alpha" };
            read(source, &Node { line: 7, value: Value::Text(written.to_owned()) })
        };
        let ty = |schema: &str, name: &str| Reference::Type(schema.to_owned(), name.to_owned());
        for (dialect, written, expected) in [
            (Dialect::JsonSchema, "#/definitions/Part", ty("Alpha", "Part")),
            (
                Dialect::JsonSchema,
                "http://redfish.dmtf.org/schemas/v1/Beta.v1_2_0.json#/definitions/Beta",
                ty("Beta", "Beta"),
            ),
            (Dialect::JsonSchema, "https://evil.example/../../Beta.json#/$defs/Part", ty("Beta", "Part")),
            (
                Dialect::JsonSchema,
                "http://redfish.dmtf.org/schemas/v1/odata-v4.json#/definitions/idRef",
                Reference::Link,
            ),
            (
                Dialect::JsonSchema,
                "/redfish/v1/odata.4.0.0.json#/definitions/count",
                Reference::OData("count".to_owned()),
            ),
            (Dialect::OpenApi, "#/components/schemas/Alpha_v1_2_0_Part", ty("Alpha", "Part")),
            (Dialect::OpenApi, "http://x/Beta.yaml#/components/schemas/Beta_Beta_Part", ty("Beta", "Beta_Part")),
            (Dialect::OpenApi, "http://x/odata-v4.yaml#/components/schemas/odata-v4_idRef", Reference::Link),
            (Dialect::OpenApi, "#/components/schemas/Gamma_v1_0_0_Part", ty("Gamma", "Part")),
            (Dialect::OpenApi, "#/components/schemas/Alpha_v1_x", ty("Alpha", "v1_x")),
        ] {
            assert_eq!(read(dialect, written).unwrap(), expected, "{written}");
        }
        for written in [
            "",
            "Beta.json",
            "Beta.json#/properties/x",
            "#/definitions/",
            "#/definitions/a.b",
            "#/definitions/a)",
            "a b.json#/definitions/c",
        ] {
            let error = read(Dialect::JsonSchema, written).unwrap_err();
            assert_eq!((error.file(), error.line()), ("a/Alpha.json", Some(7)), "{written}");
        }
    }
}
