//! Bytes that are not text, in strings and names, and what stands behind the body: that string is withheld and reported,
//! everything else is there, and the bytes come back.

use std::fs;
use std::path::Path;

use rosefish::schema;
use rosefish::wire::{DecodeErrorKind, Limits, Table};
use rosefish::wire::{
    Deviation, DeviationKind, Handling, LinkView, ODataType, Record, at, decode, decode_into, diff, encode,
    encode_bytes, from_slice, peek_odata_type,
};
use serde_json::{Value, json};

#[path = "wire/damage.rs"]
mod damage;
#[allow(dead_code)]
#[path = "../cli/src/check/json.rs"]
mod json;

use DeviationKind::{
    ControlCharacter, MiscasedMember, MiscasedProperty, TrailingData, Unicode, UnknownMember, UnknownProperty,
    WrongType,
};
use Handling::{Coerced, Kept, Withheld};

/// A type, a payload, what it is as text, and what is reported.
struct Case(&'static str, &'static [u8], Value, &'static [(&'static str, DeviationKind, Handling)]);

fn read(table: &'static Table, payload: &[u8]) -> (Box<dyn Record>, Vec<Deviation>) {
    let mut record = table.make();
    let deviations = decode_into(&mut *record, payload, &Limits::default())
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(payload)));
    (record, deviations)
}

fn comes_back(payload: &[u8], record: &dyn Record) -> bool {
    let back = encode_bytes(record);
    let (Some((one, behind)), Some((other, after))) = (json::Json::first(payload), json::Json::first(&back)) else {
        return false;
    };
    one.same(&other) && behind == after
}

#[test]
fn a_string_that_is_not_text_is_withheld_reported_and_comes_back() {
    let cases = [
        // Of every kind of field.
        Case(
            "Chassis",
            b"{\"Manufacturer\":\"\xFF\xFF\",\"Model\":\"RM\xB0 1\",\"SerialNumber\":\"303\"}",
            json!({"Manufacturer": "\u{FFFD}\u{FFFD}", "Model": "RM\u{FFFD} 1", "SerialNumber": "303"}),
            &[("/Manufacturer", Unicode, Withheld), ("/Model", Unicode, Withheld)],
        ),
        Case(
            "Chassis",
            b"{\"ChassisType\":\"Rack\xB0\",\"PowerState\":\"On\"}",
            json!({"ChassisType": "Rack\u{FFFD}", "PowerState": "On"}),
            &[("/ChassisType", Unicode, Withheld)],
        ),
        Case(
            "Processor",
            b"{\"MaxSpeedMHz\":\"\xFF\",\"TotalCores\":4,\"UUID\":\"\xE2\x82\"}",
            json!({"MaxSpeedMHz": "\u{FFFD}", "TotalCores": 4, "UUID": "\u{FFFD}"}),
            &[("/MaxSpeedMHz", Unicode, Withheld), ("/UUID", Unicode, Withheld)],
        ),
        Case(
            "VirtualMedia",
            b"{\"Inserted\":\"tru\xFF\",\"Image\":\"x\"}",
            json!({"Inserted": "tru\u{FFFD}", "Image": "x"}),
            &[("/Inserted", Unicode, Withheld)],
        ),
        Case(
            "LogEntry",
            b"{\"Created\":\"\xFE\",\"Id\":\"1\",\"@odata.etag\":\"\xFE\",\"@odata.type\":\"\xFE\"}",
            json!({"Created": "\u{FFFD}", "Id": "1", "@odata.etag": "\u{FFFD}", "@odata.type": "\u{FFFD}"}),
            &[("/Created", Unicode, Withheld), ("/@odata.etag", Unicode, Withheld), ("/@odata.type", Unicode, Withheld)],
        ),
        Case(
            "Schedule.Schedule",
            b"{\"Lifetime\":\"P\xFFD\",\"Foo\":7}",
            json!({"Lifetime": "P\u{FFFD}D", "Foo": 7}),
            &[("/Lifetime", Unicode, Withheld), ("/Foo", UnknownProperty, Withheld)],
        ),
        // An object was expected.
        Case(
            "Chassis",
            b"{\"Status\":\"\xFF\",\"Location\":[\"\xFF\"]}",
            json!({"Status": "\u{FFFD}", "Location": ["\u{FFFD}"]}),
            &[
                ("/Status", Unicode, Withheld),
                ("/Status", WrongType, Withheld),
                ("/Location/0", Unicode, Withheld),
                ("/Location", WrongType, Withheld),
            ],
        ),
        // Links.
        Case(
            "Chassis",
            b"{\"@odata.id\":\"/\xFF\",\"Power\":{\"@odata.id\":\"/\xFF\"},\"Thermal\":{\"@odata.id\":\"/t\"},\"Assembly\":\"\xFF\"}",
            json!({
                "@odata.id": "/\u{FFFD}", "Power": {"@odata.id": "/\u{FFFD}"}, "Thermal": {"@odata.id": "/t"},
                "Assembly": "\u{FFFD}"
            }),
            &[
                ("/@odata.id", Unicode, Withheld),
                ("/Power/@odata.id", Unicode, Withheld),
                ("/Assembly", Unicode, Withheld),
            ],
        ),
        Case(
            "ChassisCollection",
            b"{\"Members\":[{\"@odata.id\":\"/\xFF\"},{\"@odata.id\":\"/2\"},{\"@odata.id\":\"/3\",\"Name\":\"\xFF\",\"Id\":\"3\"}]}",
            json!({"Members": [{"@odata.id": "/\u{FFFD}"}, {"@odata.id": "/2"}, {"@odata.id": "/3", "Name": "\u{FFFD}", "Id": "3"}]}),
            &[("/Members/0/@odata.id", Unicode, Withheld), ("/Members/2/Name", Unicode, Withheld)],
        ),
        // In arrays: the others are there.
        Case(
            "ComputerSystem",
            b"{\"Boot\":{\"BootOrder\":[\"a\",\"\xFF\",\"c\"]},\"HostingRoles\":[\"ApplicationServer\",\"\xFF\"]}",
            json!({"Boot": {"BootOrder": ["a", "\u{FFFD}", "c"]}, "HostingRoles": ["ApplicationServer", "\u{FFFD}"]}),
            &[("/Boot/BootOrder/1", Unicode, Withheld), ("/HostingRoles/1", Unicode, Withheld)],
        ),
        // Dynamic properties, by value and by name.
        Case(
            "Bios",
            b"{\"Attributes\":{\"Mode\":\"\xFF\",\"Count\":3,\"\xFF\":1}}",
            json!({"Attributes": {"Mode": "\u{FFFD}", "Count": 3, "\u{FFFD}": 1}}),
            &[("/Attributes/Mode", Unicode, Withheld), ("/Attributes/\u{FFFD}", Unicode, Withheld)],
        ),
        // Names.
        Case(
            "Chassis",
            b"{\"Na\xFFme\":{\"a\":[\"\xFE\"]},\"Name\":\"C\"}",
            json!({"Na\u{FFFD}me": {"a": ["\u{FFFD}"]}, "Name": "C"}),
            &[("/Na\u{FFFD}me/a/0", Unicode, Withheld), ("/Na\u{FFFD}me", Unicode, Withheld)],
        ),
        // What is free-form, unknown, or an annotation.
        Case(
            "Chassis",
            b"{\"Oem\":{\"Contoso\":{\"a\":[{\"b~/\":\"\xFF\"}],\"\xFE\":1}},\"Foo\":{\"x\":\"\xFF\"},\"Name@Contoso.Note\":\"\xFF\"}",
            json!({
                "Oem": {"Contoso": {"a": [{"b~/": "\u{FFFD}"}], "\u{FFFD}": 1}},
                "Foo": {"x": "\u{FFFD}"},
                "Name@Contoso.Note": "\u{FFFD}"
            }),
            &[
                ("/Oem/Contoso/a/0/b~0~1", Unicode, Withheld),
                ("/Oem/Contoso/\u{FFFD}", Unicode, Withheld),
                ("/Foo/x", Unicode, Withheld),
                ("/Foo", UnknownProperty, Withheld),
                ("/Name@Contoso.Note", Unicode, Withheld),
            ],
        ),
        // In the midst of an escape.
        Case(
            "Chassis",
            b"{\"Name\":\"a\\\xFFb\",\"Model\":\"\\u00\xFF9\",\"SKU\":\"\\\\\xFF\"}",
            json!({"Name": "a\u{FFFD}b", "Model": "\u{FFFD}9", "SKU": "\\\u{FFFD}"}),
            &[("/Name", Unicode, Withheld), ("/Model", Unicode, Withheld), ("/SKU", Unicode, Withheld)],
        ),
        // Half a surrogate pair is not text either, and costs its own string only.
        Case(
            "Chassis",
            br#"{"Name":"\ud800","Power":{"@odata.id":"\udfff"},"Oem":{"C":["\ud800x",1]}}"#,
            json!({"Name": "\u{FFFD}", "Power": {"@odata.id": "\u{FFFD}"}, "Oem": {"C": ["\u{FFFD}x", 1]}}),
            &[("/Name", Unicode, Withheld), ("/Power/@odata.id", Unicode, Withheld)],
        ),
        // Control characters are text that was meant.
        Case(
            "Chassis",
            b"{\"Name\":\"a\tb\x01c\",\"Model\":\"\x00\",\"Power\":{\"@odata.id\":\"/\tp\"}}",
            json!({"Name": "a\tb\u{1}c", "Model": "\0", "Power": {"@odata.id": "/\tp"}}),
            &[
                ("/Name", ControlCharacter, Kept),
                ("/Model", ControlCharacter, Kept),
                ("/Power/@odata.id", ControlCharacter, Kept),
            ],
        ),
        Case(
            "Chassis",
            b"{\"Status\":{\"Health\":\"OK\n\",\"State\":\"enabled\"},\"HeightMm\":\"4\t\",\"Oem\":{\"a\tb\":\"\r\n\"}}",
            json!({"Status": {"Health": "OK\n", "State": "enabled"}, "HeightMm": "4\t", "Oem": {"a\tb": "\r\n"}}),
            &[
                ("/Status/Health", ControlCharacter, Kept),
                ("/Status/Health", UnknownMember, Kept),
                ("/Status/State", MiscasedMember, Coerced),
                ("/HeightMm", ControlCharacter, Withheld),
                ("/HeightMm", WrongType, Withheld),
                ("/Oem/a\tb", ControlCharacter, Kept),
                ("/Oem/a\tb", ControlCharacter, Kept),
            ],
        ),
        Case(
            "Chassis",
            b"{\"Name\t\":\"C\",\"Links\":{\"Foo\nBar\":\"\x1F\"}}",
            json!({"Name\t": "C", "Links": {"Foo\nBar": "\u{1f}"}}),
            &[
                ("/Name\t", ControlCharacter, Kept),
                ("/Name\t", MiscasedProperty, Coerced),
                ("/Links/Foo\nBar", ControlCharacter, Kept),
                ("/Links/Foo\nBar", ControlCharacter, Kept),
                ("/Links/Foo\nBar", UnknownProperty, Withheld),
            ],
        ),
        Case(
            "Bios",
            b"{\"Attributes\":{\"Mode\":\"a\tb\"}}",
            json!({"Attributes": {"Mode": "a\tb"}}),
            &[("/Attributes/Mode", ControlCharacter, Kept)],
        ),
        // What stands behind the object, and before it.
        Case("Chassis", b"{\"Name\":\"C\"}\x00\n", json!({"Name": "C"}), &[("", TrailingData, Kept)]),
        Case("Chassis", b"{\"Name\":\"C\"}\x00\xFF", json!({"Name": "C"}), &[("", TrailingData, Kept)]),
        Case("Chassis", b"{\"Name\":\"C\"} {\"Name\":\"D\"}", json!({"Name": "C"}), &[("", TrailingData, Kept)]),
        Case("Chassis", b"{\"Name\":\"C\"}}", json!({"Name": "C"}), &[("", TrailingData, Kept)]),
        Case("Chassis", b"{\"Name\":\"C\"} \r\n\t", json!({"Name": "C"}), &[]),
        Case("Chassis", b"\xEF\xBB\xBF {\"Name\":\"C\"}", json!({"Name": "C"}), &[]),
        Case(
            "Chassis",
            b"\xEF\xBB\xBF{\"Name\":\"\xFF\"}\xFF\"\x01",
            json!({"Name": "\u{FFFD}"}),
            &[("/Name", Unicode, Withheld), ("", TrailingData, Kept)],
        ),
    ];
    for Case(name, payload, text, expected) in cases {
        let shown = String::from_utf8_lossy(payload);
        let (record, deviations) = read(schema::find(name).unwrap(), payload);
        let found: Vec<_> = deviations.iter().map(|found| (&*found.pointer, found.kind, found.handling)).collect();
        assert_eq!(found, expected, "{name} {shown}");
        assert!(comes_back(payload, &*record), "{shown} came back as {:?}", encode_bytes(&*record).escape_ascii());
        // Where it must be text, U+FFFD stands in for what is not.
        assert_eq!(from_slice::<Value>(encode(&*record).as_bytes()).unwrap(), text, "{shown}");
        let copy = record.clone();
        assert!(comes_back(payload, &*copy) && diff(&*record, &*copy).is_empty(), "{shown}");
        assert_eq!(at(&*record, "").unwrap(), encode(&*record));
        let _ = format!("{record:?}");
        // What is written as bytes reads as the same once more.
        let (again, found) = read(record.table(), &encode_bytes(&*record));
        assert!(encode_bytes(&*again) == encode_bytes(&*record), "{shown}");
        // In another order, as fields come back in that of the type; and control characters as escapes.
        let pointers = |found: &[Deviation]| {
            let found = found.iter().filter(|found| found.kind == Unicode);
            found.map(|found| found.pointer.clone()).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(pointers(&found), pointers(&deviations), "{shown}");
    }
}

#[test]
fn fields_have_what_is_text_and_nothing_else() {
    let payload = b"{\"Manufacturer\":\"\xFF\",\"Model\":\"a\tb\",\"PartNumber\":\"303\",\"Status\":{\"State\":\"\xFF\",\"Health\":\"OK\"},\"Power\":{\"@odata.id\":\"\xFF\"}}";
    let chassis = decode::<schema::Chassis>(payload, &Limits::default()).unwrap().value;
    assert_eq!(chassis.manufacturer, None);
    assert_eq!(chassis.model.as_deref(), Some("a\tb"));
    assert_eq!(chassis.part_number.as_deref(), Some("303"));
    let status = chassis.status.as_ref().unwrap();
    assert_eq!((&status.state, status.health.as_ref().map(|health| health.as_str())), (&None, Some("OK")));
    // A link to nowhere is one that can't be followed, not a resource without properties.
    let power = chassis.power.as_ref().unwrap();
    assert!(power.uri().is_none() && power.expanded().is_none());
    assert!(matches!(power.any().view(), LinkView::Irregular("{\"@odata.id\":\"\u{FFFD}\"}")));
    assert_eq!(serde_json::to_value(&chassis).unwrap()["Manufacturer"], "\u{FFFD}");
    assert_eq!(at(&chassis, "/Manufacturer").as_deref(), Some("\"\u{FFFD}\""));
    assert_eq!(at(&chassis, "/Status/Health").as_deref(), Some("\"OK\""));
    // A field that is changed is what it was changed to.
    let mut changed = chassis.clone();
    changed.manufacturer = Some("Contoso".to_owned());
    assert_eq!(diff(&chassis, &changed).body, r#"{"Manufacturer":"Contoso"}"#);
    assert!(encode_bytes(&changed).windows(9).any(|part| part == b"\"Contoso\""));
    // Other bytes are another value, though they are the same text.
    let other = decode::<schema::Chassis>(b"{\"Manufacturer\":\"\xFE\"}", &Limits::default()).unwrap().value;
    let one = decode::<schema::Chassis>(b"{\"Manufacturer\":\"\xFF\"}", &Limits::default()).unwrap().value;
    assert!(one != other && encode(&one) == encode(&other));
}

#[test]
fn what_is_kept_as_json_can_be_viewed_whatever_is_in_it() {
    let payload = b"{\"Oem\":{\"Contoso\":{\"Bad\":\"\xFF\",\"Half\":\"\\ud800\",\"Huge\":1e999,\"Line\":\"a\nb\",\"Good\":[1,\"x\"]}},\
        \"@Redfish.Settings\":{\"SettingsObject\":{\"@odata.id\":\"/s\"},\"ETag\":\"\xFF\",\"MaintenanceWindowResource\":{\"@odata.id\":\"/m\"}},\
        \"Name@Redfish.AllowableValues\":[\"a\",\"\xFF\",\"c\\ud800\"],\"Foo\":{\"a\":[\"\\ud800\",20.650000000000002]}}";
    let chassis = decode::<schema::Chassis>(payload, &Limits::default()).unwrap().value;
    let oem = chassis.oem.as_ref().unwrap();
    assert_eq!(oem.vendors(), ["Contoso"]);
    let view: Value = oem.get("Contoso").unwrap().unwrap();
    assert_eq!(view, json!({"Bad": "\u{FFFD}", "Half": "\u{FFFD}", "Huge": null, "Line": "a\nb", "Good": [1, "x"]}));
    assert_eq!(oem.view::<Value>().unwrap()["Contoso"], view);
    assert!(oem.as_json().contains("\"Bad\":\"\u{FFFD}\"") && oem.as_json().contains(r#""Line":"a\nb""#));
    let record: &dyn Record = &chassis;
    let annotations = record.annotations();
    assert_eq!(annotations.allowable_values("Name").unwrap(), ["a", "\u{FFFD}", "c\u{FFFD}"]);
    // As a type it has what is text, and reports the rest.
    let settings = annotations.record::<schema::settings::Settings>("", "Redfish.Settings").unwrap().unwrap();
    assert_eq!(settings.value.etag, None);
    assert_eq!(settings.value.settings_object.as_ref().unwrap().uri().unwrap(), &"/s");
    assert_eq!(settings.deviations.len(), 1);
    assert_eq!(at(record, "/Foo/a/1").as_deref(), Some("20.650000000000002"));
    assert_eq!(at(record, "/Oem/Contoso/Good/1").as_deref(), Some("\"x\""));
    assert_eq!(at(record, "/Oem/Contoso/Bad").as_deref(), Some("\"\u{FFFD}\""));
    assert_eq!(at(record, "/Oem/Contoso/Good/2"), None);
}

#[test]
fn payloads_of_no_type_are_read_as_leniently() {
    for (payload, expected) in [
        (&b"{\"a\":\"\xFF\",\"b\":[1]}\x00"[..], json!({"a": "\u{FFFD}", "b": [1]})),
        (b"\xEF\xBB\xBF[\"a\tb\"]", json!(["a\tb"])),
        (b"{\"a\":\"\\ud800\"}", json!({"a": "\u{FFFD}"})),
        (b"{\"a\":1} trailing", json!({"a": 1})),
        (b"7", json!(7)),
    ] {
        assert_eq!(from_slice::<Value>(payload).unwrap(), expected);
    }
    for payload in [&b"\xFF"[..], b"", b"<html>", b"{\"a\":\xFF}", b"{\"a\"", b"{\"a\":01}"] {
        assert!(from_slice::<Value>(payload).is_err(), "{}", payload.escape_ascii());
    }
    let peek = |payload: &[u8]| peek_odata_type(payload);
    let chassis = ODataType::from("#Chassis.v1_5_0.Chassis");
    assert_eq!(peek(b"{\"Name\":\"\xFF\",\"@odata.type\":\"#Chassis.v1_5_0.Chassis\"}"), Some(chassis.clone()));
    assert_eq!(peek(b"{\"Na\tme\":\"\x00\",\"@odata.type\":\"#Chassis.v1_5_0.Chassis\"}\x00"), Some(chassis));
    assert_eq!(peek(b"{\"@odata.type\":\"#Chassis\xFF\"}"), None);
}

#[test]
fn what_is_not_json_is_an_error_that_says_where_in_the_payload() {
    let cases: [(&[u8], bool, (usize, usize)); 7] = [
        (b"{\"a\":\"\xFF\xFF\xFF\"\n,\"b\"}", false, (2, 5)),
        (b"{\"a\":\"x\ny\t\",b}", false, (2, 5)),
        (b"{\"a\":\"\xFF\",\xFF}", true, (1, 10)),
        (b"\xFF\xFE{\0}\0", true, (1, 1)),
        (b"{\"a\":\"\xFF", false, (1, 8)),
        (b"[1] x", false, (1, 5)),
        (b"404 page not found", false, (1, 5)),
    ];
    for (payload, not_utf8, position) in cases {
        let error =
            decode_into(&mut *schema::find("Chassis").unwrap().make(), payload, &Limits::default()).unwrap_err();
        let found = (matches!(error.kind(), DecodeErrorKind::NotUtf8), error.position());
        assert_eq!(found, (not_utf8, position), "{}: {error}", payload.escape_ascii());
    }
    // Nothing of an attempt that failed is left in the record.
    let mut record = schema::find("Chassis").unwrap().make();
    decode_into(&mut *record, b"{\"Name\":\"C\",\"Foo\":1,\"Model\":\"a\tb\"}", &Limits::default()).unwrap();
    assert_eq!(encode(&*record), r#"{"Name":"C","Model":"a\tb","Foo":1}"#);
}

#[test]
fn secrets_are_not_shown_even_where_they_are_not_text() {
    let payload = b"{\"Password\":\"hunter\xFF2\",\"Foo\":{\"Password\":\"hunter2\"},\"Oem\":{\"C\":{\"Token\":\"hunter\t2\"}}}{\"Password\":\"hunter2\"}";
    let mut account = schema::ManagerAccount::default();
    let deviations = decode_into(&mut account, payload, &Limits::default()).unwrap();
    assert_eq!(deviations.len(), 4);
    for text in deviations.iter().map(ToString::to_string).chain([format!("{account:?}")]) {
        assert!(!text.contains("hunter"), "{text}");
    }
}

#[test]
fn bytes_are_withheld_at_any_depth() {
    let mut payload = b"{\"Foo\":".repeat(40);
    payload.extend(b"{\"Bar\":\"\xFF\",\"Baz\":1}");
    payload.extend(b"}".repeat(40));
    let (record, deviations) = read(schema::find("Chassis").unwrap(), &payload);
    assert_eq!(deviations[0].pointer, format!("{}/Bar", "/Foo".repeat(40)));
    assert!(comes_back(&payload, &*record));
}

/// Of a payload in which bytes were replaced: it decodes, and comes back.
fn holds(table: &'static Table, payload: &[u8], replaced: usize, place: &str) {
    let (record, deviations) = read(table, payload);
    assert!(comes_back(payload, &*record), "{place} is lossy");
    let told = deviations.iter().any(|found| matches!(found.kind, Unicode | ControlCharacter));
    assert_eq!(told, replaced > 0, "{place}");
    serde_json::from_str::<serde::de::IgnoredAny>(&encode(&*record))
        .or_else(|error| match error.to_string() {
            // What a service wrote as text, and JSON allows: it is as it came.
            said if said.contains("surrogate") || said.contains("out of range") || said.contains("hex escape") => {
                Ok(serde::de::IgnoredAny)
            }
            said => Err(format!("{place}: {said}")),
        })
        .unwrap();
}

/// The table of a payload's type, by what it was before it was damaged.
fn table(payload: &[u8]) -> Option<&'static Table> {
    let value = from_slice::<Value>(payload).ok().filter(Value::is_object)?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let said = text("@odata.type").and_then(|name| schema::find_odata_type(&ODataType::from(name)));
    said.or_else(|| text("@odata.id").and_then(schema::find_uri)).or_else(|| schema::find("Resource"))
}

fn damage_all(folder: &Path) -> usize {
    let mut count = 0;
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            count += damage_all(&path);
            continue;
        }
        let Ok(bytes) = fs::read(&path) else { continue };
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let Some(table) = table(&bytes) else { continue };
        count += 1;
        for (per_thousand, by) in [(10, &b"\xFF"[..]), (50, b"\xFF\xC0\xF5\x00\t\n\x1B")] {
            let mut dice = damage::Dice::new(count as u64);
            let (payload, replaced) = damage::damage(&bytes, per_thousand, by, &mut dice);
            holds(table, &payload, replaced, &path.display().to_string());
        }
    }
    count
}

#[test]
fn the_mocks_own_tree_comes_back_with_bytes_in_its_strings_replaced() {
    let count = damage_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("mock/demo"));
    assert!(count > 50, "{count} payloads");
}

#[test]
#[ignore = "needs ../shared/corpus"]
fn the_corpus_comes_back_with_bytes_in_its_strings_replaced() {
    let folder = std::env::var_os("ROSEFISH_CORPUS").map(std::path::PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"));
    let count = damage_all(&folder);
    assert!(count > 5_000, "{count} payloads");
}
