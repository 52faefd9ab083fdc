//! What real services send and no schema allows: each case says what becomes of the fields, which deviations are reported,
//! and that nothing is lost. The payloads are made up after the reports of many clients. `A1` and the like are rows of
//! `docs/quirks.md`.

mod values;

use rosefish::schema;
use rosefish::wire::{DecodeErrorKind, Limits, ODataType, Record, Slot, decode_into, encode};

use values::{Case, VALUES};

#[allow(dead_code)]
#[path = "../../cli/src/check/json.rs"]
mod json;

#[test]
fn what_services_send_is_read_as_far_as_it_can_be_and_kept() {
    for Case(name, text, fields, deviations) in VALUES {
        let table = schema::find(name).unwrap_or_else(|| panic!("no type {name}"));
        let mut record = table.make();
        let found = decode_into(&mut *record, text.as_bytes(), &Limits::default()).unwrap();
        for (path, expected) in *fields {
            assert_eq!(held(&*record, path), *expected, "{path} of {name} {text}");
        }
        let found: Vec<_> = found.iter().map(|deviation| (deviation.pointer.as_str(), deviation.kind)).collect();
        assert_eq!(found, *deviations, "{name} {text}");
        let back = encode(&*record);
        let (one, other) = (json::Json::parse(text).unwrap(), json::Json::parse(&back).unwrap());
        assert!(one.same(&other), "{name}: {text} came back as {back}");
    }
}

/// What a field holds, by the names of the standard: `Boot/BootOrder/0`.
fn held(record: &dyn Record, path: &str) -> String {
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let number = record.table().find(name).unwrap_or_else(|| panic!("{:?} has no {name}", record.table()));
    let slot = record.slot(number);
    let many = record.table().fields[number].flags.many();
    let (index, rest) = match (many, rest.split_once('/')) {
        (true, Some((index, rest))) => (index.parse().unwrap(), rest),
        (true, None) => (rest.parse().unwrap_or(0), ""),
        (false, _) => (0, rest),
    };
    if index >= slot.len() {
        return "-".to_owned();
    }
    match slot {
        Slot::Scalar(scalar) => format!("{:?}", scalar.print(index)),
        Slot::Enum(values) => values.get(index).unwrap().to_owned(),
        Slot::Record(records) if rest.is_empty() => format!("{:?}", records.get(index).unwrap()),
        Slot::Record(records) => held(records.get(index).unwrap(), rest),
        Slot::Link(links) => match links.get(index).unwrap().view() {
            rosefish::wire::LinkView::Reference(uri) | rosefish::wire::LinkView::Text(uri) => uri.to_string(),
            rosefish::wire::LinkView::Expanded(inner) => held(inner, rest),
            rosefish::wire::LinkView::Irregular(json) => json.to_owned(),
        },
        Slot::Rest(..) | Slot::Map(_) => "-".to_owned(),
    }
}

// A4, A29, A53
#[test]
fn a_type_is_found_however_its_name_is_written() {
    let cases = [
        ("#Memory.Memory", Some("Memory.Memory")),
        ("Session.v1_3_0.Session", Some("Session.Session")),
        ("#Manager.1.0.0.Manager", Some("Manager.Manager")),
        ("#Power.1.0.1.Power", Some("Power.Power")),
        ("#ComputerSystem.v1_8_0_.ComputerSystem", Some("ComputerSystem.ComputerSystem")),
        ("#ComputerSystem.v99_0_0.ComputerSystem", Some("ComputerSystem.ComputerSystem")),
        ("#AccountService.0.94.0.ManagerAccount", Some("ManagerAccount.ManagerAccount")),
        ("#Chassis.v1_2_0", Some("Chassis.Chassis")),
        ("#Cisco_Power", None),
        ("#ContosoDrive.v1_0_0.Drive", None),
        ("", None),
    ];
    for (written, expected) in cases {
        let found = schema::find_odata_type(&ODataType::from(written));
        assert_eq!(found.map(|table| table.name), expected, "{written}");
    }
}

// A27
#[test]
fn only_text_that_is_no_json_is_an_error_and_says_where() {
    let table = schema::find("Chassis").unwrap();
    let mut record = table.make();
    let error = decode_into(&mut *record, b"{\n  \"@odata.etag\": \"W/\"1\"\"\n}", &Limits::default()).unwrap_err();
    assert!(matches!(error.kind(), DecodeErrorKind::Syntax(_)), "{error}");
    assert_eq!(error.position().0, 2, "{error}");
    for text in ["<html>", "", "{", "[1", "{\"a\":01}", "{\"a\":NaN}", "{\"a\":-Infinity}", "[] {}"] {
        let error = decode_into(&mut *table.make(), text.as_bytes(), &Limits::default()).unwrap_err();
        assert!(matches!(error.kind(), DecodeErrorKind::Syntax(_)), "{text}: {error}");
    }
}

// A42, A43, A45
#[test]
fn an_error_of_a_service_is_read_in_all_its_forms() {
    let payloads = [
        r#"{"error":{"code":"Base.1.0.GeneralError","@Message.ExtendedInfo":[{"MessageId":"Base.1.0.A"}]}}"#,
        r#"{"error":{"@Message.ExtendedInfo":{"MessageId":"Base.1.0.A"}}}"#,
        r#"{"@Message.ExtendedInfo":[{"MessageId":"Base.1.0.A"}]}"#,
        r#"{"Accepted":{"@Message.ExtendedInfo":[{"MessageId":"A","MessageArgs":["/redfish/v1/TaskService/Tasks/1234"]}]}}"#,
    ];
    for text in payloads {
        let mut record = schema::find("Resource.Resource").unwrap().make();
        assert!(decode_into(&mut *record, text.as_bytes(), &Limits::default()).unwrap().is_empty(), "{text}");
        let (one, other) = (json::Json::parse(text).unwrap(), encode(&*record));
        assert!(one.same(&json::Json::parse(&other).unwrap()), "{text}");
    }
}
