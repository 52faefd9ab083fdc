//! What real services send and no schema allows: each case says what becomes of the fields, which deviations are told,
//! and that nothing is lost. The payloads are made up after the reports of many clients.

use rosefish::schema;
use rosefish::wire::{DecodeErrorKind, DeviationKind, Limits, ODataType, Record, Slot, decode_into, encode};

#[allow(dead_code)]
#[path = "../cli/src/check/json.rs"]
mod json;

/// The type, a payload, what some fields then hold (as a person reads it, `-` where empty), and the deviations.
struct Case(
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, DeviationKind)],
);

use DeviationKind::{
    BooleanInString, DateTime, Duration, EmptyLink, EmptyMember, FractionForInteger, Guid, IntegerAsDecimal,
    IrregularLink, LinkAsString, MiscasedMember, MiscasedProperty, Null, NullCollection, NumberInString, OutOfRange,
    ScalarForString, SingleForCollection, UnknownMember, UnknownProperty, WrongType,
};

const VALUES: &[Case] = &[
    // An object for an array of one.
    Case(
        "Power",
        r#"{"PowerControl":{"MemberId":"0"},"Name":"P"}"#,
        &[("PowerControl/0/MemberId", r#""0""#), ("Name", r#""P""#)],
        &[("/PowerControl", SingleForCollection)],
    ),
    // A name that is no Unicode text.
    Case(
        "Chassis",
        r#"{"Name":"C","\ud800x":{"a":1}}"#,
        &[("Name", r#""C""#)],
        &[("/\\ud800x", DeviationKind::Unicode)],
    ),
    // Numbers in strings, and texts that are none.
    Case(
        "Power",
        r#"{"PowerControl":[{"PowerConsumedWatts":"152"}],"Voltages":[{"ReadingVolts":"11.900"}]}"#,
        &[("PowerControl/0/PowerConsumedWatts", "152.0"), ("Voltages/0/ReadingVolts", "11.9")],
        &[("/PowerControl/0/PowerConsumedWatts", NumberInString), ("/Voltages/0/ReadingVolts", NumberInString)],
    ),
    Case(
        "Power",
        r#"{"Voltages":[{"UpperThresholdNonCritical":"N/A","Name":"V"}]}"#,
        &[("Voltages/0/UpperThresholdNonCritical", "-"), ("Voltages/0/Name", r#""V""#)],
        &[("/Voltages/0/UpperThresholdNonCritical", WrongType)],
    ),
    Case(
        "Processor",
        r#"{"MaxSpeedMHz":"4000","TotalCores":""}"#,
        &[("MaxSpeedMHz", "4000"), ("TotalCores", "-")],
        &[("/MaxSpeedMHz", NumberInString), ("/TotalCores", WrongType)],
    ),
    Case("Processor", r#"{"Socket":2}"#, &[("Socket", r#""2""#)], &[("/Socket", ScalarForString)]),
    Case(
        "Power",
        r#"{"Voltages":[{"MemberId":0}]}"#,
        &[("Voltages/0/MemberId", r#""0""#)],
        &[("/Voltages/0/MemberId", ScalarForString)],
    ),
    Case(
        "Power",
        r#"{"Voltages":[{"MemberID":1}]}"#,
        &[("Voltages/0/MemberId", r#""1""#)],
        &[("/Voltages/0/MemberID", MiscasedProperty), ("/Voltages/0/MemberID", ScalarForString)],
    ),
    Case(
        "Power",
        r#"{"PowerControl":[{"PowerMetrics":{"IntervalInMin":0.083333,"MinConsumedWatts":1}}]}"#,
        &[("PowerControl/0/PowerMetrics/IntervalInMin", "-"), ("PowerControl/0/PowerMetrics/MinConsumedWatts", "1.0")],
        &[("/PowerControl/0/PowerMetrics/IntervalInMin", FractionForInteger)],
    ),
    Case(
        "Power",
        r#"{"PowerControl":[{"PowerMetric":{"IntervalInMin":1}}]}"#,
        &[("PowerControl/0/PowerMetrics", "-")],
        &[("/PowerControl/0/PowerMetric", UnknownProperty)],
    ),
    Case(
        "Endpoint",
        r#"{"PciId":{"FunctionNumber":"0"}}"#,
        &[("PciId/FunctionNumber", "0")],
        &[("/PciId/FunctionNumber", NumberInString)],
    ),
    Case("Endpoint", r#"{"PciId":{"FunctionNumber":0}}"#, &[("PciId/FunctionNumber", "0")], &[]),
    Case(
        "Chassis",
        r#"{"Location":{"PartLocation":{"LocationOrdinalValue":"3"}}}"#,
        &[("Location/PartLocation/LocationOrdinalValue", "3")],
        &[("/Location/PartLocation/LocationOrdinalValue", NumberInString)],
    ),
    Case(
        "EnvironmentMetrics",
        r#"{"PowerWatts":{"Reading":"25.5"}}"#,
        &[("PowerWatts/Reading", "25.5")],
        &[("/PowerWatts/Reading", NumberInString)],
    ),
    Case(
        "Thermal",
        r#"{"Temperatures":[{"SensorNumber":41.0}],"Fans":[{"Reading":6400.0}]}"#,
        &[("Temperatures/0/SensorNumber", "41"), ("Fans/0/Reading", "6400")],
        &[("/Temperatures/0/SensorNumber", IntegerAsDecimal), ("/Fans/0/Reading", IntegerAsDecimal)],
    ),
    Case(
        "Port",
        r#"{"CurrentSpeedGbps":22.5,"MaxSpeedGbps":"unknown"}"#,
        &[("CurrentSpeedGbps", "22.5"), ("MaxSpeedGbps", "-")],
        &[("/MaxSpeedGbps", WrongType)],
    ),
    Case(
        "AttributeRegistry",
        r#"{"RegistryEntries":{"Attributes":[{"UpperBound":18446744073709551615,"LowerBound":0}]}}"#,
        &[("RegistryEntries/Attributes/0/UpperBound", "-"), ("RegistryEntries/Attributes/0/LowerBound", "0")],
        &[("/RegistryEntries/Attributes/0/UpperBound", OutOfRange)],
    ),
    Case(
        "Volume",
        r#"{"CapacityBytes":23058430092136940000}"#,
        &[("CapacityBytes", "-")],
        &[("/CapacityBytes", OutOfRange)],
    ),
    Case(
        "Sensor",
        r#"{"Reading":0.98279769314803982,"ReadingRangeMin":1.5E-254,"ReadingRangeMax":7}"#,
        &[("Reading", "0.9827976931480398"), ("ReadingRangeMin", "1.5e-254"), ("ReadingRangeMax", "7.0")],
        &[],
    ),
    Case(
        "Memory",
        r#"{"VolatileSizeMiB":0,"CapacityMiB":16384}"#,
        &[("VolatileSizeMiB", "0"), ("CapacityMiB", "16384")],
        &[],
    ),
    Case(
        "VirtualMedia",
        r#"{"Inserted":"true","WriteProtected":"yes"}"#,
        &[("Inserted", "true"), ("WriteProtected", "-")],
        &[("/Inserted", BooleanInString), ("/WriteProtected", WrongType)],
    ),
    // An array for an object.
    Case(
        "PowerSubsystem",
        r#"{"Allocation":[],"CapacityWatts":7}"#,
        &[("Allocation", "-"), ("CapacityWatts", "7.0")],
        &[("/Allocation", WrongType)],
    ),
    Case(
        "Chassis",
        r#"{"Location":{"PartLocation":[]}}"#,
        &[("Location/PartLocation", "-")],
        &[("/Location/PartLocation", WrongType)],
    ),
    Case(
        "PCIeDevice",
        r#"{"PCIeInterface":[],"Id":"1"}"#,
        &[("PCIeInterface", "-"), ("Id", r#""1""#)],
        &[("/PCIeInterface", WrongType)],
    ),
    // Dates and UUIDs keep their text.
    Case("Chassis", r#"{"UUID":""}"#, &[("UUID", r#""""#)], &[("/UUID", Guid)]),
    Case(
        "ComputerSystem",
        r#"{"LastResetTime":"0000-00-00T00:00:00+00:00"}"#,
        &[("LastResetTime", r#""0000-00-00T00:00:00+00:00""#)],
        &[("/LastResetTime", DateTime)],
    ),
    Case(
        "SoftwareInventory",
        r#"{"ReleaseDate":"00:00:00Z"}"#,
        &[("ReleaseDate", r#""00:00:00Z""#)],
        &[("/ReleaseDate", DateTime)],
    ),
    Case(
        "LogEntry",
        r#"{"EventTimestamp":"2017-11-23T17:17:42-0600"}"#,
        &[("EventTimestamp", r#""2017-11-23T17:17:42-0600""#)],
        &[("/EventTimestamp", DateTime)],
    ),
    Case(
        "Certificate",
        r#"{"ValidNotBefore":"Feb 26 11:16:55 2025 GMT","ValidNotAfter":"2011-6-24T20:41:29+00:00"}"#,
        &[("ValidNotBefore", r#""Feb 26 11:16:55 2025 GMT""#)],
        &[("/ValidNotBefore", DateTime), ("/ValidNotAfter", DateTime)],
    ),
    Case(
        "LogEntry",
        r#"{"Created":"2019-07-25 11:00:03+08:00","Modified":"T00:00:00Z"}"#,
        &[],
        &[("/Created", DateTime), ("/Modified", DateTime)],
    ),
    Case("LogEntry", r#"{"Created":""}"#, &[("Created", r#""""#)], &[("/Created", DateTime)]),
    Case("LogEntry", r#"{"Created":"2018-06-13T04:14+06:00"}"#, &[], &[]),
    Case("Schedule.Schedule", r#"{"Lifetime":"P4Y"}"#, &[("Lifetime", r#""P4Y""#)], &[("/Lifetime", Duration)]),
    // Enumerations.
    Case(
        "Chassis",
        r#"{"Status":{"state":"Enabled","Health":"Ok"}}"#,
        &[("Status/State", "Enabled"), ("Status/Health", "OK")],
        &[("/Status/state", MiscasedProperty), ("/Status/Health", MiscasedMember)],
    ),
    Case(
        "Manager",
        r#"{"Status":{"Health":"Enabled","HealthRollup":"NA","State":"Standby"}}"#,
        &[("Status/Health", "Enabled"), ("Status/HealthRollup", "NA"), ("Status/State", "Standby")],
        &[("/Status/Health", UnknownMember), ("/Status/HealthRollup", UnknownMember), ("/Status/State", UnknownMember)],
    ),
    Case(
        "Memory",
        r#"{"ErrorCorrection":"Multi-bit ECC","MemoryType":""}"#,
        &[("ErrorCorrection", "Multi-bit ECC"), ("MemoryType", "")],
        &[("/ErrorCorrection", UnknownMember), ("/MemoryType", EmptyMember)],
    ),
    Case(
        "Chassis",
        r#"{"Status":{"Health":"Criical"}}"#,
        &[("Status/Health", "Criical")],
        &[("/Status/Health", UnknownMember)],
    ),
    Case("Sensor", r#"{"ReadingType":"OR,AND"}"#, &[("ReadingType", "OR,AND")], &[("/ReadingType", UnknownMember)]),
    Case(
        "TelemetryService",
        r#"{"SupportedCollectionFuntions":["Average"]}"#,
        &[("SupportedCollectionFunctions", "-")],
        &[("/SupportedCollectionFuntions", UnknownProperty)],
    ),
    // Unknown properties, and names that are nearly right.
    Case(
        "Certificate",
        r#"{"VaildFrom":"x","GoodTHRU":"y"}"#,
        &[],
        &[("/VaildFrom", UnknownProperty), ("/GoodTHRU", UnknownProperty)],
    ),
    Case(
        "PowerSubsystem",
        r#"{"CapacityWatts ":"null","@odata.contxt":"/x","@odata.id ":"/y"}"#,
        &[("CapacityWatts", "-"), ("@odata.id", r#""/y""#)],
        &[("/CapacityWatts ", MiscasedProperty), ("/CapacityWatts ", WrongType), ("/@odata.id ", MiscasedProperty)],
    ),
    Case(
        "Chassis",
        r##"{"Actions":{"#Chassis.Reset":{"Target":"/redfish/v1/Chassis/1/Actions/Chassis.Reset"}}}"##,
        &[("Actions/#Chassis.Reset/target", r#""/redfish/v1/Chassis/1/Actions/Chassis.Reset""#)],
        &[("/Actions/#Chassis.Reset/Target", MiscasedProperty)],
    ),
    Case(
        "ComputerSystem",
        r#"{"Links":{"Managers":[{"@odata.id":"/redfish/v1/Managers/1"}]}}"#,
        &[("Links/ManagedBy", "-")],
        &[("/Links/Managers", UnknownProperty)],
    ),
    Case(
        "ComputerSystem",
        r#"{"href":"/rest/v1/Systems/1","Links":{"Members":[{"href":"/rest/v1/Systems/1"}]}}"#,
        &[],
        &[("/href", UnknownProperty), ("/Links/Members", UnknownProperty)],
    ),
    // Links.
    Case(
        "EventDestination",
        r#"{"OriginResources":["/redfish/v1/Chassis/1"]}"#,
        &[("OriginResources/0", "/redfish/v1/Chassis/1")],
        &[("/OriginResources/0", LinkAsString)],
    ),
    Case(
        "Chassis",
        r#"{"Links":{"Drives":[{"@odata.id":"/d/1"}]},"Drives":{"@odata.id":"/d"}}"#,
        &[("Links/Drives/0", "/d/1"), ("Drives", "/d")],
        &[],
    ),
    Case("ComputerSystem", r#"{"PCIeDevices":[{"@odata.id":"/p/1"}]}"#, &[("PCIeDevices/0", "/p/1")], &[]),
    Case(
        "ComputerSystem",
        r#"{"PCIeDevices":{}}"#,
        &[("PCIeDevices/0", "{}")],
        &[("/PCIeDevices", SingleForCollection)],
    ),
    Case(
        "Chassis",
        r#"{"Assembly":{},"Thermal":{"@odata.id":""},"Power":{"@odata.id":"F0"}}"#,
        &[("Assembly", "{}"), ("Power", "F0")],
        &[("/Assembly", EmptyLink)],
    ),
    Case(
        "Chassis",
        r#"{"Power":{"@odata.id":"https://bmc.example/redfish/v1/Chassis/1/Power/"}}"#,
        &[("Power", "https://bmc.example/redfish/v1/Chassis/1/Power/")],
        &[],
    ),
    Case(
        "Chassis",
        r#"{"Power":7,"Thermal":[1]}"#,
        &[("Power", "7")],
        &[("/Power", IrregularLink), ("/Thermal", IrregularLink)],
    ),
    Case(
        "ChassisCollection",
        r#"{"Members":null,"Name":"C"}"#,
        &[("Members", "-"), ("Name", r#""C""#)],
        &[("/Members", NullCollection)],
    ),
    Case("ChassisCollection", r#"{"Members@odata.count":3}"#, &[("Members", "-"), ("Members@odata.count", "3")], &[]),
    Case(
        "ChassisCollection",
        r#"{"Members":[{"@odata.id":"/c/1","Status":{"Health":"OK"}},{"@odata.id":"/c/2"}]}"#,
        &[("Members/0/Status/Health", "OK"), ("Members/1", "/c/2")],
        &[],
    ),
    // Nulls.
    Case("Memory", r#"{"CapacityMiB":null}"#, &[("CapacityMiB", "-")], &[]),
    Case("Drive", r#"{"CapacityBytes":null}"#, &[("CapacityBytes", "-")], &[]),
    Case("PCIeDevice", r#"{"PCIeInterface":{"MaxPCIeType":null}}"#, &[("PCIeInterface/MaxPCIeType", "-")], &[]),
    Case("Chassis", r#"{"ChassisType":null}"#, &[("ChassisType", "-")], &[("/ChassisType", Null)]),
    Case("Chassis", r#"{"Location":{"Contacts":[null]}}"#, &[("Location/Contacts", "-")], &[]),
    Case(
        "Memory",
        r#"{"AllowedSpeedsMHz":[2400,null,"2666",{}]}"#,
        &[("AllowedSpeedsMHz/0", "2400"), ("AllowedSpeedsMHz/1", "2666")],
        &[("/AllowedSpeedsMHz/1", Null), ("/AllowedSpeedsMHz/2", NumberInString), ("/AllowedSpeedsMHz/3", WrongType)],
    ),
    // What is required and missing is missing.
    Case(
        "EthernetInterface",
        r#"{"MACAddress":"","PermanentMACAddress":"00:00:00:00:00:00"}"#,
        &[("Id", "-"), ("MACAddress", r#""""#)],
        &[],
    ),
    Case("Chassis", "{}", &[("Name", "-"), ("ChassisType", "-")], &[]),
    Case("ServiceRoot", r#"{"RedfishVersion":"1.0.0"}"#, &[("Systems", "-"), ("RedfishVersion", r#""1.0.0""#)], &[]),
    Case("ManagerAccount", r#"{"UserName":"root"}"#, &[("AccountTypes", "-")], &[]),
    Case(
        "Event",
        r#"{"Events":[{"MessageId":"A.1.0.B"}]}"#,
        &[("Events/0/MessageId", r#""A.1.0.B""#), ("Events/0/MemberId", "-")],
        &[],
    ),
    Case("EventDestination", r#"{"Destination":"https://x"}"#, &[("Context", "-"), ("Actions", "-")], &[]),
    Case("Assembly", r#"{"Assemblies":[{"MemberId":"0"}]}"#, &[("Assemblies/0/MemberId", r#""0""#)], &[]),
    Case(
        "ComputerSystem",
        r#"{"Boot":{"BootOrder":["Boot0019: Ubuntu"]}}"#,
        &[("Boot/BootOrder/0", r#""Boot0019: Ubuntu""#)],
        &[],
    ),
    Case(
        "Power",
        r##"{"@odata.type":"#Power.1.0.1.Power","PowerSupplies":[{}]}"##,
        &[("PowerSupplies/0/MemberId", "-")],
        &[],
    ),
    // Entity tags.
    Case(
        "Chassis",
        r#"{"@odata.etag":1594839102}"#,
        &[("@odata.etag", r#""1594839102""#)],
        &[("/@odata.etag", ScalarForString)],
    ),
    Case("Chassis", r#"{"@odata.etag":"1594839102"}"#, &[("@odata.etag", r#""1594839102""#)], &[]),
    Case("Chassis", r#"{"@odata.etag":"W/\"1\""}"#, &[("@odata.etag", r#""W/\"1\"""#)], &[]),
    // Vendors' own.
    Case(
        "Drive",
        r##"{"Oem":{"#SmcDrive.Indicate":{"target":"/x"}},"Actions":{"Oem":{"#Drive.Indicate":{}}}}"##,
        &[("Oem", r##"{"#SmcDrive.Indicate":{"target":"/x"}}"##)],
        &[],
    ),
    Case(
        "Manager",
        r#"{"Oem":{"UptimeSeconds":75864.40,"Index":0}}"#,
        &[("Oem", r#"{"UptimeSeconds":75864.40,"Index":0}"#)],
        &[],
    ),
    Case("Manager", r#"{"Oem":[{"Index":0}]}"#, &[], &[("/Oem", WrongType)]),
    // Registries.
    Case(
        "MessageRegistry",
        r#"{"Language":"en-US","RegistryPrefix":"A","Messages":{"Done":{"Message":"m","NumberOfArgs":"2"}}}"#,
        &[("Language", r#""en-US""#)],
        &[("/Messages/Done/NumberOfArgs", NumberInString)],
    ),
    Case(
        "MessageRegistryFile",
        r#"{"Id":"BiosAttributeRegistry.1_0_0","Location":[{"Language":"en-US"}]}"#,
        &[("Registry", "-"), ("Location/0/Language", r#""en-US""#)],
        &[],
    ),
    Case(
        "Message.Message",
        r##"{"MessageId":"Success","RelatedProperties":["/Boot","#/Boot"]}"##,
        &[("RelatedProperties/1", r##""#/Boot""##), ("Severity", "-")],
        &[],
    ),
    Case(
        "Bios",
        r#"{"Attributes":{"Mode":"Auto","Count":3,"On":true,"2x":null,"Odd":{"a":1}}}"#,
        &[],
        &[("/Attributes/2x", UnknownProperty), ("/Attributes/Odd", WrongType)],
    ),
];

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
