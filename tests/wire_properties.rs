//! What holds for any JSON object in any type: it decodes, nothing is lost, nothing panics.

use proptest::prelude::*;
use rosefish::schema;
use rosefish::wire::{DeviationKind, Kind, Limits, Record, Slot, Table, decode_into, diff, encode, encode_bytes};

#[path = "wire/damage.rs"]
mod damage;
#[allow(dead_code)]
#[path = "../cli/src/check/json.rs"]
mod json;

/// A number as services write them, and some that no type can hold.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        (1..u64::MAX).prop_map(|number| format!("{number}0")),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?",
        Just("-0.0".to_owned()),
        Just("1e999".to_owned()),
        Just("9223372036854775808".to_owned()),
    ]
}

fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,12}".prop_map(|text| serde_json::Value::from(text).to_string()),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
        number().prop_map(|number| format!("\"{number}\"")),
        proptest::sample::select(vec![
            r#""""#,
            r#""true""#,
            r#""OK""#,
            r#""ok""#,
            r#""Enabled""#,
            r#""/redfish/v1/Systems/1""#,
            r#""P1DT2S""#,
            r#""N/A""#,
            r#""2026-11-22T10:44:57Z""#,
            r#""\ud800""#,
            r#""\udc00x\u0000""#,
            r#""\ud83d\ude00""#,
            r##""#Power.1.0.1.Power""##,
        ])
        .prop_map(str::to_owned),
    ]
}

/// A name: mostly one of the type's, sometimes with another case.
fn name(names: Vec<&'static str>) -> BoxedStrategy<String> {
    let made_up = prop_oneof![
        any::<String>(),
        proptest::sample::select(vec![
            "@odata.id",
            "@odata.type",
            "@odata.etag",
            "Oem",
            "Id",
            "Status",
            "x@odata.count",
            "a/b~c",
            ""
        ])
        .prop_map(str::to_owned),
    ];
    if names.is_empty() {
        return made_up.prop_map(|name| serde_json::Value::from(name).to_string()).boxed();
    }
    let known = proptest::sample::select(names);
    prop_oneof![
        6 => known.clone().prop_map(str::to_owned),
        1 => known.clone().prop_map(str::to_uppercase),
        1 => known.prop_map(|name| format!("{name} ")),
        2 => made_up,
    ]
    .prop_map(|name| serde_json::Value::from(name).to_string())
    // What JSON can write and no text is: half a surrogate pair.
    .prop_flat_map(|name| prop_oneof![20 => Just(name), 1 => Just(r#""\ud800Name""#.to_owned())])
    .boxed()
}

/// All names that may stand in a value of the type, to a depth.
fn names(table: &'static Table, depth: usize, into: &mut Vec<&'static str>) {
    for field in table.fields.iter() {
        if !into.contains(&field.name) && into.len() < 200 {
            into.push(field.name);
        }
        if let (Kind::Record(inner) | Kind::Link(inner), true) = (field.kind, depth > 0) {
            names(inner, depth - 1, into);
        }
    }
}

/// JSON text of an object, with names that the type knows at all depths.
fn object(table: &'static Table) -> impl Strategy<Value = String> {
    let mut known = Vec::new();
    names(table, 2, &mut known);
    let leaf = prop_oneof![
        2 => string(),
        2 => number(),
        1 => proptest::sample::select(vec!["null", "true", "false", "[]", "{}", r#"{"@odata.id":"/x"}"#, "[null]", " [ { } ] "])
            .prop_map(str::to_owned),
    ];
    let members = move |value: BoxedStrategy<String>| {
        proptest::collection::vec((name(known.clone()), value), 0..8).prop_map(|members| {
            let members: Vec<_> = members.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            format!("{{{}}}", members.join(" ,"))
        })
    };
    let inner = members.clone();
    let value = leaf.prop_recursive(4, 48, 8, move |value| {
        prop_oneof![
            inner(value.clone().boxed()),
            proptest::collection::vec(value, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
        ]
    });
    members(value.boxed())
}

fn read(table: &'static Table, text: &str) -> Box<dyn Record> {
    let mut record = table.make();
    decode_into(&mut *record, text.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{error}: {text}"));
    record
}

fn same(one: &str, other: &str) -> bool {
    json::Json::parse(one).unwrap().same(&json::Json::parse(other).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn any_object_comes_back_from_any_type(
        (table, text) in proptest::sample::select(schema::types()).prop_flat_map(|(_, table)| (Just(table), object(table)))
    ) {
        let record = read(table, &text);
        let back = encode(&*record);
        prop_assert!(same(&text, &back), "{} made {text} into {back}", table.name);
        // What comes back reads as the same once more, and there is nothing to change about it.
        let again = read(table, &back);
        prop_assert!(same(&back, &encode(&*again)));
        prop_assert!(diff(&*record, &*record).is_empty());
        let _ = format!("{record:?}");
    }

    #[test]
    fn any_object_comes_back_whatever_bytes_are_in_its_strings(
        (table, text) in proptest::sample::select(schema::types()).prop_flat_map(|(_, table)| (Just(table), object(table))),
        seed in any::<u64>(),
        tail in proptest::sample::select(vec![&b""[..], b"\0", b" \xFF\"", b"{\"Name\":1}\n"])
    ) {
        let by = b"\xFF\xC0\xB0\xE2\x00\x09\x1F";
        let (mut payload, _) = damage::damage(text.as_bytes(), 100, by, &mut damage::Dice::new(seed));
        payload.extend_from_slice(tail);
        let mut record = table.make();
        decode_into(&mut *record, &payload, &Limits::default()).unwrap();
        let back = encode_bytes(&*record);
        let ((one, behind), (other, after)) = (json::Json::first(&payload).unwrap(), json::Json::first(&back).unwrap());
        prop_assert!(one.same(&other), "{} made {} into {}", table.name, payload.escape_ascii(), back.escape_ascii());
        prop_assert_eq!(behind, after);
        prop_assert!(json::Json::parse(&encode(&*record)).is_some());
        let copy = record.clone();
        prop_assert!(encode_bytes(&*copy) == back && diff(&*record, &*copy).is_empty());
        let _ = format!("{record:?}");
    }

    #[test]
    fn values_are_copied_compared_and_serialized_whole(text in object(schema::find("ComputerSystem").unwrap())) {
        let limits = Limits::default();
        let system = rosefish::wire::decode::<schema::ComputerSystem>(text.as_bytes(), &limits).unwrap().value;
        let copy = system.clone();
        prop_assert!(copy == system);
        prop_assert_eq!(encode(&copy), encode(&system));
        prop_assert!(diff(&system, &copy).is_empty());
        // serde knows numbers of 64 bits and Unicode alone: what it can carry comes back.
        let value = serde_json::to_value(&system).unwrap();
        let back: schema::ComputerSystem = serde_json::from_value(value.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(&back).unwrap(), value);
        // And is not a change, nor is its way back.
        for patch in [diff(&system, &back), diff(&back, &system)] {
            prop_assert!(patch.is_empty() && patch.body == "{}", "{patch:?}");
        }
    }

    #[test]
    fn any_text_is_read_or_refused_as_a_json_parser_would(text in "[\\[\\]{}\",:0-9eE+.truefalsn \\\\u-]{0,24}") {
        let text = format!("{{\"Name\":{text}}}");
        let table = schema::find("Chassis").unwrap();
        let decoded = decode_into(&mut *table.make(), text.as_bytes(), &Limits::default());
        // What stands behind the object is not a part of it here, and an error there.
        let is_json = decoded.is_ok_and(|found| found.iter().all(|found| found.kind != DeviationKind::TrailingData));
        prop_assert_eq!(is_json, serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok(), "{}", text);
    }
}

#[test]
fn every_type_takes_an_empty_object_and_all_its_names_with_any_value() {
    for (name, table) in schema::types() {
        for value in
            ["null", "[]", "{}", "7", "\"x\"", "[null, 7, \"x\", {}, []]", "{\"@odata.id\": \"/x\"}", "true", "1.5"]
        {
            let members: Vec<_> = table.fields.iter().map(|field| format!("{:?}: {value}", field.name)).collect();
            let text = format!("{{{}}}", members.join(", "));
            let back = encode(&*read(table, &text));
            assert!(same(&text, &back), "{name} made {text} into {back}");
        }
    }
}

#[test]
fn of_a_name_that_comes_twice_the_last_counts() {
    let table = schema::find("MessageRegistry.MessageProperty").unwrap();
    for (text, expected) in [
        (r#"{"X": [], "X": {}}"#, r#"{"X":{}}"#),
        (r#"{"X": {}, "X": []}"#, r#"{"X":[]}"#),
        (r#"{"X": [], "X": {}, "X": 7}"#, r#"{"X":7}"#),
        (r#"{"X": [], "Y": 1, "X": 7, "X": {}}"#, r#"{"X":{},"Y":1}"#),
        (r#"{"X": {"Message": "1"}, "X": {"Message": "2"}}"#, r#"{"X":{"Message":"2"}}"#),
    ] {
        let mut record = table.make();
        let deviations = decode_into(&mut *record, text.as_bytes(), &Limits::default()).unwrap();
        assert!(deviations.iter().any(|deviation| deviation.kind == DeviationKind::DuplicateProperty), "{text}");
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(json(&encode(&*record)), json(expected), "{text}");
        // The map has it only where it could be taken.
        let is_taken = record.dynamic().unwrap().get("X").is_some();
        assert_eq!(is_taken, json(expected)["X"].is_object(), "{text}");
    }
}

#[test]
fn every_field_of_a_table_has_a_slot_of_its_kind() {
    for (name, table) in schema::types() {
        let record = table.make();
        for (number, field) in table.fields.iter().enumerate() {
            let slot = record.slot(number);
            let fits = match field.kind {
                Kind::Enum(_) => matches!(slot, Slot::Enum(_)),
                Kind::Record(_) => matches!(slot, Slot::Record(_)),
                Kind::Link(_) => matches!(slot, Slot::Link(_)),
                _ => matches!(slot, Slot::Scalar(_)),
            };
            assert!(fits, "{name}: {} is {slot:?}", field.name);
        }
        let beyond = record.slot(table.fields.len());
        assert!(matches!(beyond, Slot::Rest(found, _) if found == *table), "{name}: {beyond:?}");
    }
}

/// Anyone who takes the square of these is not done in an hour.
#[test]
fn the_difference_takes_no_longer_for_each_property_the_more_there_are() {
    let (unknown, vendor) = (100_000, 100_000);
    let members = |count: usize, last: usize| {
        (0..count).map(|n| format!("\"x{n}\":{}", if n == count - 1 { last } else { 0 })).collect::<Vec<_>>().join(",")
    };
    let payload =
        |last| format!("{{\"Name\":\"{last}\",{},\"Oem\":{{{}}}}}", members(unknown, last), members(vendor, last));
    let table = schema::find("Chassis").unwrap();
    let (old, new) = (read(table, &payload(1)), read(table, &payload(2)));
    let patch = diff(&*old, &*new);
    let last = format!("x{}", unknown - 1);
    let expected = serde_json::json!({ "Name": "2", "Oem": { last.clone(): 2 }, last: 2 });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&patch.body).unwrap(), expected);
    assert_eq!(patch.changes.len(), 3);
}
