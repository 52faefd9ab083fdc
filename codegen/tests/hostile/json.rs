//! JSON Schema and OpenAPI made to hurt. As JSON is YAML, what both say alike is written once.

use std::sync::OnceLock;

use rosefish_codegen::csdl::Document;
use rosefish_codegen::model::ir::{FieldType, StructKind, TypeName};
use rosefish_codegen::{Error, Manifest, Model, Selection, build, parse};

use crate::code::{ESCAPES, is_no_code};
use crate::mutation::{Numbers, mutate};

const MANIFEST: &str = include_str!("../../../schemas/bundle.toml");

/// Has one of everything that the front end knows.
const SCHEMA: &str = r##"{
  "$id": "http://redfish.dmtf.org/schemas/v1/Thing.v1_2_0.json", "title": "#Thing.v1_2_0.Thing", "owningEntity": "DMTF", "release": "2025.1",
  "uris": ["/redfish/v1/Things/{ThingId}"], "insertable": false, "updatable": true, "deletable": false,
  "definitions": {
    "Actions": {"type": "object", "additionalProperties": false, "properties": {"#Thing.Reset": {"$ref": "#/definitions/Reset"}}},
    "Reset": {
      "type": "object", "description": "Resets it.",
      "parameters": {
        "Kind": {"$ref": "#/definitions/Kind", "requiredParameter": true},
        "Target": {"$ref": "http://redfish.dmtf.org/schemas/v1/odata-v4.json#/definitions/idRef", "longDescription": "A link to a resource of type `Thing`."}
      },
      "actionResponse": {"$ref": "#/definitions/Part"}
    },
    "Kind": {"type": "string", "enum": ["One", "Two & more"], "enumDescriptions": {"One": "The one."}, "enumVersionAdded": {"Two & more": "v1_1_0"}, "enumDeprecated": {"One": "No more."}},
    "Size": {"type": "integer", "minimum": 0, "maximum": 8},
    "Part": {
      "type": "object", "description": "A part.", "required": ["Kind"], "requiredOnCreate": ["Kind"], "additionalProperties": true,
      "patternProperties": {"^a$": {"type": "string"}, "^([a-zA-Z_][a-zA-Z0-9_]*)?@(odata|Redfish|Message)\\.[a-z]*$": {"type": ["array", "string"]}},
      "properties": {
        "Kind": {"anyOf": [{"$ref": "#/definitions/Kind"}, {"type": "null"}], "readonly": false},
        "Inner": {"type": "object", "properties": {"Deep": {"type": "string", "enum": ["Yes", "No"]}}},
        "Self": {"$ref": "#/definitions/Part"},
        "Any": {"type": ["string", "number", "boolean", "null"]}
      }
    },
    "Thing": {
      "type": "object",
      "properties": {
        "@odata.id": {"$ref": "http://redfish.dmtf.org/schemas/v1/odata-v4.json#/definitions/id"},
        "Actions": {"$ref": "#/definitions/Actions"},
        "Size": {"$ref": "#/definitions/Size", "units": "By", "excerpt": "ThingPower"},
        "When": {"type": ["string", "null"], "format": "date-time", "readonly": true, "versionAdded": "v1_1_0", "deprecated": "Use it not.", "versionDeprecated": "v1_2_0"},
        "Parts": {"type": "array", "items": {"$ref": "#/definitions/Part"}, "readonly": true},
        "Others": {"type": "array", "items": {"$ref": "http://redfish.dmtf.org/schemas/v1/odata-v4.json#/definitions/idRef"}, "longDescription": "Links to resources of type `Thing`."},
        "Lost": {"$ref": "https://192.0.2.1:1/schemas/Nothing.json#/definitions/Nothing"},
        "Password": {"type": "string", "pattern": "^[a]$", "writeOnly": true}
      }
    }
  }
}"##;

/// What the standard's `Resource` has, as far as `Thing` needs it.
const RESOURCE: &str = r##"{"definitions": {
  "Item": {"anyOf": [{"$ref": "#/definitions/Resource"}]}, "ItemOrCollection": {"anyOf": []}, "ResourceCollection": {"anyOf": []},
  "Resource": {"anyOf": []}, "ReferenceableMember": {"anyOf": []},
  "Oem": {"type": "object", "additionalProperties": true, "properties": {}}}}"##;

/// The manifest and the schema of all resources, read once.
fn known() -> &'static (Manifest, Vec<Document>) {
    static KNOWN: OnceLock<(Manifest, Vec<Document>)> = OnceLock::new();
    let read = || (Manifest::parse(MANIFEST).expect("a manifest"), parse("Resource.json", RESOURCE).expect("a schema"));
    KNOWN.get_or_init(read)
}

fn compile(file: &str, text: &str) -> Result<Model, Error> {
    let (manifest, documents) = known();
    let mut documents = documents.clone();
    documents.extend(parse(file, text)?);
    build(documents, manifest, &Selection::All)
}

/// The same in OpenAPI.
fn openapi(text: &str) -> String {
    let mut text = text
        .replace("\"definitions\"", "\"components\": {\"schemas\"")
        .replace("#/definitions/", "#/components/schemas/");
    for word in [
        "longDescription",
        "versionAdded",
        "versionDeprecated",
        "requiredOnCreate",
        "patternProperties",
        "excerpt",
        "units",
    ] {
        text = text.replace(&format!("\"{word}\""), &format!("\"x-{word}\""));
    }
    text.trim_end().to_owned() + "}"
}

fn name(schema: &str, name: &str) -> TypeName {
    TypeName { schema: schema.to_owned(), name: name.to_owned() }
}

#[test]
fn a_json_schema_says_what_csdl_would() {
    let model = compile("Thing.v1_2_0.json", SCHEMA).unwrap();
    let thing = &model.structs[&name("Thing", "Thing")];
    let field = |json: &str| thing.fields.iter().find(|field| field.json == json).expect("a field");
    assert_eq!(thing.kind, StructKind::Entity);
    assert_eq!(thing.uris, ["/redfish/v1/Things/{ThingId}"]);
    assert_eq!((thing.capabilities.insertable, thing.capabilities.updatable), (Some(false), Some(true)));
    assert_eq!(
        (&field("Size").ty, field("Size").maximum, field("Size").unit.as_deref()),
        (&FieldType::Int, Some(8), Some("By"))
    );
    assert_eq!(field("Size").excerpt, Some(vec!["Power".to_owned()]));
    assert_eq!((&field("When").ty, field("When").nullable), (&FieldType::DateTime, true));
    assert!(field("When").docs.since.is_some() && field("When").docs.deprecated.is_some());
    assert_eq!((&field("Others").ty, field("Others").many), (&FieldType::Link(name("Thing", "Thing")), true));
    assert!(
        field("Parts").many && field("Password").permissions == Some(rosefish_codegen::model::ir::Permissions::Write)
    );
    let part = &model.structs[&name("Thing", "Part")];
    let kind = part.fields.iter().find(|field| field.json == "Kind").expect("a field");
    assert!(kind.required && kind.required_on_create && kind.nullable && part.open && part.dynamic.is_some());
    assert!(model.enums.contains_key(&name("Thing", "PartInnerDeep")), "{:?}", model.enums.keys());
    let action = &thing.actions[0];
    assert_eq!(
        (action.rust.as_str(), &action.returns),
        ("reset", &Some((FieldType::Struct(name("Thing", "Part")), false)))
    );
    let parameters = &model.structs[&name("Thing", "ResetParameters")].fields;
    assert!(parameters[0].required && !parameters[1].required);
    assert_eq!(parameters[1].ty, FieldType::Link(name("Thing", "Thing")));
    assert!(
        model.warnings.iter().any(|warning| warning.contains("Thing.v1_2_0.json:35: `Lost`")),
        "{:?}",
        model.warnings
    );
}

#[test]
fn a_services_openapi_says_where_resources_are_and_what_may_be_done() {
    let text = "openapi: 3.0.1\npaths:\n  /redfish/v1/Things/{ThingId}/:\n    get:\n      responses:\n        '200':\n          content:\n            \
                application/json:\n              schema:\n                $ref: http://x/Thing.v1_2_0.yaml#/components/schemas/Thing_v1_2_0_Thing\n    patch: {}\n";
    let thing = compile("openapi.yaml", text).unwrap().structs[&name("Thing", "Thing")].clone();
    assert_eq!(thing.uris, ["/redfish/v1/Things/{ThingId}"]);
    let may = thing.capabilities;
    assert_eq!((may.insertable, may.updatable, may.deletable), (Some(false), Some(true), Some(false)));
}

#[test]
fn what_can_not_be_right_is_an_error_with_its_place() {
    for (what, text, line) in [
        ("no map", "[1]", 1),
        ("no definitions", "{\n\"title\": 1}", 1),
        ("definitions that are none", "{\n\"definitions\": 7}", 2),
        ("a definition that is none", "{\"definitions\": {\n\"A\": 7}}", 2),
        ("a name twice", "{\"definitions\": {\"A\": {\"type\": \"object\"},\n\"A\": {\"type\": \"object\"}}}", 2),
        ("a name that is none", "{\"definitions\": {\n\"a.b\": {\"type\": \"object\"}}}", 2),
        (
            "another name in a circle",
            "{\"definitions\": {\n\"A\": {\"$ref\": \"#/definitions/B\"}, \"B\": {\"$ref\": \"#/definitions/A\"}}}",
            2,
        ),
        (
            "a reference that is none",
            "{\"definitions\": {\"A\": {\"type\": \"object\", \"properties\": {\n\"B\": {\"$ref\": 7}}}}}",
            2,
        ),
        (
            "a type that JSON lacks",
            "{\"definitions\": {\"A\": {\"type\": \"object\", \"properties\": {\n\"B\": {\"type\": \"date\"}}}}}",
            2,
        ),
        (
            "two types",
            "{\"definitions\": {\"A\": {\"type\": \"object\", \"properties\": {\"B\": {\"anyOf\": [{\"$ref\": \"C.json#/definitions/C\"},\n{\"$ref\": \"D.json#/definitions/D\"}]}}}}}",
            2,
        ),
        ("a member that is no text", "{\"definitions\": {\"A\": {\"type\": \"string\", \"enum\": [\"a\",\n7]}}}", 2),
        (
            "an action without schema",
            "{\"definitions\": {\"A\": {\"type\": \"object\", \"properties\": {\n\"#Go\": {\"type\": \"object\"}}}}}",
            2,
        ),
    ] {
        let error = compile("Alpha.json", text).expect_err(what);
        assert_eq!((error.file(), error.line()), ("Alpha.json", Some(line)), "{what}: {error}");
        let error = compile("Alpha.yaml", &openapi(text)).expect_err(what);
        assert!(error.file() == "Alpha.yaml" && error.line().is_some(), "{what}: {error}");
    }
    for (file, text) in
        [("A.json", "<Edmx/>"), ("A.yaml", "\u{0}"), ("A.xml", "{}"), ("A.json", "a: b"), ("A.yaml", "just text")]
    {
        let error = compile(file, text).unwrap_err();
        assert_eq!((error.file(), error.line()), (file, Some(1)), "{error}");
    }
}

#[test]
fn keywords_and_ten_thousand_members_are_names_like_others() {
    let words = ["type", "self", "Self", "crate", "fn", "super", "match", "async", "0", "A-B", "\u{fc}"];
    let properties: Vec<String> = words.iter().map(|word| format!("\"{word}\": {{\"type\": \"string\"}}")).collect();
    let many: Vec<String> = (0..10_000).map(|n| format!("\"P{n}\": {{\"type\": \"integer\"}}")).collect();
    let members: Vec<String> =
        words.iter().map(|word| format!("\"{word}\"")).chain((0..10_000).map(|n| format!("\"M{n}\""))).collect();
    let text = format!(
        "{{\"definitions\": {{\"A\": {{\"type\": \"object\", \"properties\": {{{}}}}}, \"B\": {{\"type\": \"object\", \"properties\": {{{}}}}}, \
         \"E\": {{\"type\": \"string\", \"enum\": [{}]}}}}}}",
        properties.join(","),
        many.join(","),
        members.join(",")
    );
    for (file, text) in [("Alpha.json", text.clone()), ("Alpha.yaml", openapi(&text))] {
        let model = compile(file, &text).unwrap();
        assert_eq!(model.structs[&name("Alpha", "A")].fields.len(), words.len());
        assert_eq!(model.structs[&name("Alpha", "B")].fields.len(), 10_000);
        assert_eq!(model.enums[&name("Alpha", "E")].members.len(), 10_000 + words.len());
        is_no_code(&model, "");
    }
}

#[test]
fn mutated_schemas_give_a_model_or_an_error() {
    let words: Vec<&str> = SCHEMA.split(|c: char| "{}\"[]:, \n".contains(c)).filter(|word| !word.is_empty()).collect();
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    let both = [("Thing.v1_2_0.json", SCHEMA.to_owned()), ("Thing.v1_2_0.yaml", openapi(SCHEMA))];
    let mut models = 0;
    for round in 0..800 {
        let (file, schema) = &both[round % 2];
        let mut text = schema.clone();
        for _ in 0..=numbers.below(2) {
            text = mutate(&text, &words, &mut numbers);
        }
        match compile(file, &text) {
            Ok(_) => models += 1,
            Err(error) => assert!(!error.file().is_empty(), "{error}"),
        }
    }
    assert!(models > 100, "only {models} mutants were schemas at all");
}

/// Each text of a schema, replaced by what would leave the place that it is put in.
#[test]
fn no_text_of_a_schema_becomes_code() {
    let (mut models, mut errors) = (0, 0);
    let quotes: Vec<usize> = SCHEMA.match_indices('"').map(|(at, _)| at).collect();
    // Each place with every third of them, another third at the next place.
    for (number, pair) in quotes.chunks(2).enumerate() {
        let [start, end] = pair else { continue };
        for escape in ESCAPES.iter().skip(number % 3).step_by(3) {
            let text = format!("{}{escape}", &SCHEMA[start + 1..*end]);
            let text_in_quotes = quoted(&text);
            let schema = format!("{}{text_in_quotes}{}", &SCHEMA[..*start], &SCHEMA[end + 1..]);
            match compile("Thing.v1_2_0.json", &schema) {
                Ok(model) => {
                    models += 1;
                    if models % 16 == 0 {
                        is_no_code(&model, &text);
                    }
                }
                Err(error) => {
                    assert!(!error.file().is_empty());
                    errors += 1;
                }
            }
        }
    }
    assert!(models > 300 && errors > 50, "{models} models, {errors} errors");
}

fn quoted(text: &str) -> String {
    let escape = |c: char| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        c if c < ' ' => format!("\\u{:04x}", c as u32),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}
