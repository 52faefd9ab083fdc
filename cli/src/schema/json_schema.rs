//! A type as JSON Schema (2020-12): what the decoder takes without a deviation, and with `strict` what else the schemas ask for.
//!
//! A link is a reference, or any object with a member: a resource in its place has another type, with a schema of its own. JSON
//! Schema accepts `41.0` as an integer and 29 February in any year, and does not know names that are only wrong in their case.

use std::collections::BTreeMap;

use rosefish::schema;
use rosefish::wire::{Detail, Field, Item, Kind, Limits, Table, decode_into};
use serde_json::{Map, Value, json};

/// What the decoder accepts as a date and time.
const DATE_TIME: &str = "^[0-9]{4}-(?:(?:01|03|05|07|08|10|12)-(?:0[1-9]|[12][0-9]|3[01])|(?:04|06|09|11)-(?:0[1-9]|[12][0-9]|30)|\
                         02-(?:0[1-9]|[12][0-9]))[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9](?::(?:[0-5][0-9]|60)(?:\\.[0-9]+)?)?\
                         (?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$";

/// What the decoder accepts as a duration.
const DURATION: &str = "^-?P(?:[0-9]+D)?(?:T(?:[0-9]+H(?:[0-9]+M)?(?:[0-9]+(?:\\.[0-9]+)?S)?|[0-9]+M(?:[0-9]+(?:\\.[0-9]+)?S)?|\
                        [0-9]+(?:\\.[0-9]+)?S))?$";

const UUID: &str = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$";

/// Returns the schema of a type, with those of all types that it contains.
pub(super) fn of(table: &'static Table, strict: bool) -> Value {
    let mut definitions: BTreeMap<&'static str, Value> = BTreeMap::new();
    let mut next = vec![table];
    while let Some(table) = next.pop() {
        if !definitions.contains_key(table.name) {
            // The name is taken before the type is read, as types may contain themselves.
            definitions.insert(table.name, Value::Null);
            definitions.insert(table.name, object(table, strict, &mut next));
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": table.name,
        "$ref": reference(table),
        "$defs": definitions,
    })
}

fn reference(table: &Table) -> String {
    format!("#/$defs/{}", table.name)
}

fn object(table: &'static Table, strict: bool, next: &mut Vec<&'static Table>) -> Value {
    let mut properties = Map::new();
    for field in table.fields.iter() {
        properties.insert(field.name.to_owned(), property(field, strict, next));
    }
    let mut patterns = Map::new();
    let further = further(table, next);
    // Annotations may be anywhere. Where the service makes up names, they can't be OData's annotations that the table doesn't have.
    let annotations = if further.is_some() { "^(?!\\s*@odata\\.).*@" } else { "@" };
    patterns.insert(annotations.to_owned(), json!(true));
    if let Some(further) = &further {
        for pattern in table.patterns {
            patterns.insert((*pattern).to_owned(), further.clone());
        }
    }
    let mut object = json!({
        "type": "object",
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": table.is_generic() && further.is_none(),
    });
    let required = table.fields.iter().filter(|field| field.flags.required()).map(|field| field.name);
    let required: Vec<&str> = required.collect();
    if strict && !required.is_empty() {
        object["required"] = json!(required);
    }
    if let Some((description, _)) = schema::description(table.notes.doc).filter(|(text, _)| !text.is_empty()) {
        object["description"] = json!(description);
    }
    object
}

fn property(field: &Field, strict: bool, next: &mut Vec<&'static Table>) -> Value {
    let mut one = one(field.kind, next);
    let detail = field.detail.unwrap_or(&Detail::NONE);
    if strict {
        for (word, limit) in [("minimum", detail.minimum), ("maximum", detail.maximum)] {
            if let Some(limit) = limit {
                one[word] = json!(limit);
            }
        }
        if let Some(pattern) = detail.pattern.filter(|_| one.get("pattern").is_none()) {
            one["pattern"] = json!(pattern);
        }
    }
    let item = if field.flags.nullable() { json!({"anyOf": [one, {"type": "null"}]}) } else { one };
    let mut property = if field.flags.many() { json!({"type": "array", "items": item}) } else { item };
    if let Some((description, _)) = schema::description(field.notes.doc).filter(|(text, _)| !text.is_empty()) {
        property["description"] = json!(description);
    }
    if field.flags.readable() && !field.flags.writable() {
        property["readOnly"] = json!(true);
    }
    if field.flags.writable() && !field.flags.readable() {
        property["writeOnly"] = json!(true);
    }
    if detail.deprecated.is_some() {
        property["deprecated"] = json!(true);
    }
    property
}

/// Returns the schema of one value that is not null.
fn one(kind: Kind, next: &mut Vec<&'static Table>) -> Value {
    match kind {
        Kind::String | Kind::ODataId | Kind::ODataType | Kind::ETag => json!({"type": "string"}),
        Kind::Int => json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX}),
        Kind::Decimal => json!({"type": "number"}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::DateTime => json!({"type": "string", "pattern": DATE_TIME}),
        Kind::Duration => json!({"type": "string", "pattern": DURATION, "minLength": 3}),
        Kind::Guid => json!({"type": "string", "pattern": UUID}),
        Kind::Primitive => json!({"type": ["string", "number", "boolean"]}),
        Kind::Oem => json!({"type": "object"}),
        Kind::Enum(table) => json!({"enum": table.members}),
        Kind::Record(table) => {
            next.push(table);
            json!({"$ref": reference(table)})
        }
        Kind::Link(_) => {
            json!({"type": "object", "properties": {"@odata.id": {"type": "string"}}, "minProperties": 1})
        }
        _ => json!(true),
    }
}

/// Returns what is in properties whose names the service makes up. The tables don't say, but the decoder does.
fn further(table: &'static Table, next: &mut Vec<&'static Table>) -> Option<Value> {
    table.make().dynamic()?;
    let names = ["Aa", "A", "a", "A1", "1", "X-A", "A.1.0.A"];
    let Some(name) = names.into_iter().find(|name| table.allows(name) && table.find(name).is_none()) else {
        return Some(json!(true));
    };
    let mut types = Vec::new();
    let mut inner = None;
    let kinds = [
        ("string", "\"a\""),
        ("integer", "1"),
        ("number", "1.5"),
        ("boolean", "true"),
        ("null", "null"),
        ("object", "{}"),
    ];
    for (kind, value) in kinds {
        let mut record = table.make();
        let text = format!("{{\"{name}\":{value}}}");
        let taken = decode_into(&mut *record, text.as_bytes(), &Limits::default()).is_ok_and(|wrong| wrong.is_empty());
        if taken {
            types.push(kind);
        }
        if let Some(Item::Record(held)) = record.dynamic().and_then(|map| map.get(name)) {
            inner = Some(held.table());
        }
    }
    Some(match inner {
        Some(table) => {
            next.push(table);
            json!({"$ref": reference(table)})
        }
        None => json!({"type": types}),
    })
}

#[cfg(test)]
mod tests {
    use rosefish::wire::ODataType;
    use rosefish_mock::Tree;

    use super::*;

    /// Returns values of every kind, to replace others with.
    fn others() -> Vec<Value> {
        let texts =
            ["", "x", "2026-02-30T00:00:00Z", "2026-02-28T10:44Z", "P", "PT", "P1DT", "PT0.5S", "Enabled", "enabled"];
        let texts = texts.iter().map(|text| json!(text));
        let values = [
            json!(null),
            json!(true),
            json!(7),
            json!(1.5),
            json!({}),
            json!([]),
            json!([null]),
            json!([{}]),
            json!(["x"]),
        ];
        values.into_iter().chain(texts).chain([json!({"@odata.id": "/x"}), json!({"@odata.id": 1})]).collect()
    }

    fn accepted(table: &'static Table, value: &Value) -> bool {
        let text = value.to_string();
        decode_into(&mut *table.make(), text.as_bytes(), &Limits::default()).expect("JSON").is_empty()
    }

    /// Collects all places of a value, by JSON pointer.
    fn places(value: &Value, at: &str, into: &mut Vec<String>) {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
            }
            Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
            _ => Vec::new(),
        };
        for (name, value) in children {
            let place = format!("{at}/{name}");
            into.push(place.clone());
            places(value, &place, into);
        }
    }

    /// Returns whether a place holds a link, or `None` for what is within one, as a resource in its place has a schema of its own.
    fn link(mut table: &'static Table, place: &str) -> Option<bool> {
        let mut link = false;
        for step in place.split('/').skip(1) {
            if step.parse::<usize>().is_ok() {
                continue;
            }
            if link {
                return None;
            }
            match table.find(step).and_then(|slot| table.fields.get(slot)).map(|field| field.kind) {
                Some(Kind::Link(_)) => link = true,
                Some(Kind::Record(inner)) => table = inner,
                _ => {}
            }
        }
        Some(link)
    }

    /// Payloads of the mock as they are, and with each value in turn replaced by another, or a property too many.
    #[test]
    fn a_schema_takes_what_the_decoder_takes_and_nothing_else() {
        let tree = Tree::demo();
        let others = others();
        let (mut right, mut wrong) = (0, 0);
        let mut seen = std::collections::BTreeSet::new();
        for payload in tree.uris().filter_map(|uri| tree.json(uri)) {
            let said = payload.get("@odata.type").and_then(Value::as_str);
            let Some(table) = said.and_then(|name| schema::find_odata_type(&ODataType::from(name))) else { continue };
            let of = of(table, false);
            let validator = jsonschema::validator_for(&of).expect("a JSON Schema");
            let mut compare = |value: &Value, what: &str| {
                let taken = accepted(table, value);
                assert_eq!(validator.is_valid(value), taken, "{} with {what}: {value:#}", table.name);
                *(if taken { &mut right } else { &mut wrong }) += 1;
            };
            compare(payload, "nothing else");
            if !seen.insert(table.name) {
                continue;
            }
            let mut at = Vec::new();
            places(payload, "", &mut at);
            for (number, place) in at.iter().enumerate() {
                let Some(link) = link(table, place) else { continue };
                for other in others.iter().skip(number % 3).step_by(3) {
                    let mut value = payload.clone();
                    *value.pointer_mut(place).expect("a place") = other.clone();
                    compare(&value, &format!("{other} at {place}"));
                }
                let mut value = payload.clone();
                if let Some(Value::Object(members)) = value.pointer_mut(place)
                    && !link
                {
                    members.insert("Unknown_Thing!".to_owned(), json!(1));
                    members.insert("Some@Message.ExtendedInfo".to_owned(), json!([]));
                    compare(&value, &format!("an unknown property at {place}"));
                }
            }
        }
        assert!(right > 500 && wrong > 2000, "{right} right, {wrong} wrong");
    }

    #[test]
    fn schemas_of_all_kinds_of_types_are_json_schemas() {
        for (_, table) in schema::types().iter().step_by(23) {
            for strict in [false, true] {
                let of = of(table, strict);
                assert!(jsonschema::meta::is_valid(&of), "{}", table.name);
            }
        }
        let strict = of(schema::find("ComputerSystem").expect("a type"), true);
        let system = &strict["$defs"]["ComputerSystem.ComputerSystem"];
        assert!(system["required"].as_array().is_some_and(|names| names.contains(&json!("Id"))));
        assert_eq!(system["properties"]["SerialNumber"]["readOnly"], json!(true));
    }
}
