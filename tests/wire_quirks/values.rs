//! Payloads with one departure from the schema each, and what becomes of them. `A1` and the like are rows of `docs/quirks.md`.

use rosefish::wire::DeviationKind;

/// The type, a payload, what some fields then hold (as a person reads it, `-` where empty), and the deviations.
pub(crate) struct Case(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) &'static [(&'static str, &'static str)],
    pub(crate) &'static [(&'static str, DeviationKind)],
);

use DeviationKind::{
    BooleanInString, DateTime, Duration, EmptyLink, EmptyMember, FractionForInteger, Guid, IntegerAsDecimal,
    IrregularLink, LinkAsString, MiscasedMember, MiscasedProperty, Null, NullCollection, NumberInString, OutOfRange,
    ScalarForString, SingleForCollection, UnknownMember, UnknownProperty, WrongType,
};

pub(crate) const VALUES: &[Case] = &[
    // A1. An object for an array of one.
    Case(
        "Power",
        r#"{"PowerControl":{"MemberId":"0"},"Name":"P"}"#,
        &[("PowerControl/0/MemberId", r#""0""#), ("Name", r#""P""#)],
        &[("/PowerControl", SingleForCollection)],
    ),
    // A name that is not Unicode text.
    Case(
        "Chassis",
        r#"{"Name":"C","\ud800x":{"a":1}}"#,
        &[("Name", r#""C""#)],
        &[("/\\ud800x", DeviationKind::Unicode)],
    ),
    // A2. Numbers in strings, and texts that are not numbers.
    Case(
        "Power",
        r#"{"PowerControl":[{"PowerConsumedWatts":"152"}],"Voltages":[{"ReadingVolts":"11.900"}]}"#,
        &[("PowerControl/0/PowerConsumedWatts", "152.0"), ("Voltages/0/ReadingVolts", "11.9")],
        &[("/PowerControl/0/PowerConsumedWatts", NumberInString), ("/Voltages/0/ReadingVolts", NumberInString)],
    ),
    // A3
    Case(
        "Power",
        r#"{"Voltages":[{"UpperThresholdNonCritical":"N/A","Name":"V"}]}"#,
        &[("Voltages/0/UpperThresholdNonCritical", "-"), ("Voltages/0/Name", r#""V""#)],
        &[("/Voltages/0/UpperThresholdNonCritical", WrongType)],
    ),
    // A8
    Case(
        "Processor",
        r#"{"MaxSpeedMHz":"4000","TotalCores":""}"#,
        &[("MaxSpeedMHz", "4000"), ("TotalCores", "-")],
        &[("/MaxSpeedMHz", NumberInString), ("/TotalCores", WrongType)],
    ),
    // A9
    Case("Processor", r#"{"Socket":2}"#, &[("Socket", r#""2""#)], &[("/Socket", ScalarForString)]),
    // A5
    Case(
        "Power",
        r#"{"Voltages":[{"MemberId":0}]}"#,
        &[("Voltages/0/MemberId", r#""0""#)],
        &[("/Voltages/0/MemberId", ScalarForString)],
    ),
    // A4
    Case(
        "Power",
        r#"{"Voltages":[{"MemberID":1}]}"#,
        &[("Voltages/0/MemberId", r#""1""#)],
        &[("/Voltages/0/MemberID", MiscasedProperty), ("/Voltages/0/MemberID", ScalarForString)],
    ),
    // A6
    Case(
        "Power",
        r#"{"PowerControl":[{"PowerMetrics":{"IntervalInMin":0.083333,"MinConsumedWatts":1}}]}"#,
        &[("PowerControl/0/PowerMetrics/IntervalInMin", "-"), ("PowerControl/0/PowerMetrics/MinConsumedWatts", "1.0")],
        &[("/PowerControl/0/PowerMetrics/IntervalInMin", FractionForInteger)],
    ),
    // A7
    Case(
        "Power",
        r#"{"PowerControl":[{"PowerMetric":{"IntervalInMin":1}}]}"#,
        &[("PowerControl/0/PowerMetrics", "-")],
        &[("/PowerControl/0/PowerMetric", UnknownProperty)],
    ),
    // A26
    Case(
        "Endpoint",
        r#"{"PciId":{"FunctionNumber":"0"}}"#,
        &[("PciId/FunctionNumber", "0")],
        &[("/PciId/FunctionNumber", NumberInString)],
    ),
    // A26
    Case("Endpoint", r#"{"PciId":{"FunctionNumber":0}}"#, &[("PciId/FunctionNumber", "0")], &[]),
    // A11
    Case(
        "Chassis",
        r#"{"Location":{"PartLocation":{"LocationOrdinalValue":"3"}}}"#,
        &[("Location/PartLocation/LocationOrdinalValue", "3")],
        &[("/Location/PartLocation/LocationOrdinalValue", NumberInString)],
    ),
    // A14
    Case(
        "EnvironmentMetrics",
        r#"{"PowerWatts":{"Reading":"25.5"}}"#,
        &[("PowerWatts/Reading", "25.5")],
        &[("/PowerWatts/Reading", NumberInString)],
    ),
    // A15
    Case(
        "Thermal",
        r#"{"Temperatures":[{"SensorNumber":41.0}],"Fans":[{"Reading":6400.0}]}"#,
        &[("Temperatures/0/SensorNumber", "41"), ("Fans/0/Reading", "6400")],
        &[("/Temperatures/0/SensorNumber", IntegerAsDecimal), ("/Fans/0/Reading", IntegerAsDecimal)],
    ),
    // A15, A56
    Case(
        "Port",
        r#"{"CurrentSpeedGbps":22.5,"MaxSpeedGbps":"unknown"}"#,
        &[("CurrentSpeedGbps", "22.5"), ("MaxSpeedGbps", "-")],
        &[("/MaxSpeedGbps", WrongType)],
    ),
    // A16
    Case(
        "AttributeRegistry",
        r#"{"RegistryEntries":{"Attributes":[{"UpperBound":18446744073709551615,"LowerBound":0}]}}"#,
        &[("RegistryEntries/Attributes/0/UpperBound", "-"), ("RegistryEntries/Attributes/0/LowerBound", "0")],
        &[("/RegistryEntries/Attributes/0/UpperBound", OutOfRange)],
    ),
    // A55
    Case(
        "Volume",
        r#"{"CapacityBytes":23058430092136940000}"#,
        &[("CapacityBytes", "-")],
        &[("/CapacityBytes", OutOfRange)],
    ),
    // A55
    Case(
        "Sensor",
        r#"{"Reading":0.98279769314803982,"ReadingRangeMin":1.5E-254,"ReadingRangeMax":7}"#,
        &[("Reading", "0.9827976931480398"), ("ReadingRangeMin", "1.5e-254"), ("ReadingRangeMax", "7.0")],
        &[],
    ),
    // A46
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
    // A10. An array for an object.
    Case(
        "PowerSubsystem",
        r#"{"Allocation":[],"CapacityWatts":7}"#,
        &[("Allocation", "-"), ("CapacityWatts", "7.0")],
        &[("/Allocation", WrongType)],
    ),
    // A12
    Case(
        "Chassis",
        r#"{"Location":{"PartLocation":[]}}"#,
        &[("Location/PartLocation", "-")],
        &[("/Location/PartLocation", WrongType)],
    ),
    // A13
    Case(
        "PCIeDevice",
        r#"{"PCIeInterface":[],"Id":"1"}"#,
        &[("PCIeInterface", "-"), ("Id", r#""1""#)],
        &[("/PCIeInterface", WrongType)],
    ),
    // A32. Dates and UUIDs keep their text.
    Case("Chassis", r#"{"UUID":""}"#, &[("UUID", r#""""#)], &[("/UUID", Guid)]),
    // A33
    Case(
        "ComputerSystem",
        r#"{"LastResetTime":"0000-00-00T00:00:00+00:00"}"#,
        &[("LastResetTime", r#""0000-00-00T00:00:00+00:00""#)],
        &[("/LastResetTime", DateTime)],
    ),
    // A33
    Case(
        "SoftwareInventory",
        r#"{"ReleaseDate":"00:00:00Z"}"#,
        &[("ReleaseDate", r#""00:00:00Z""#)],
        &[("/ReleaseDate", DateTime)],
    ),
    // A34
    Case(
        "LogEntry",
        r#"{"EventTimestamp":"2017-11-23T17:17:42-0600"}"#,
        &[("EventTimestamp", r#""2017-11-23T17:17:42-0600""#)],
        &[("/EventTimestamp", DateTime)],
    ),
    // A54
    Case(
        "Certificate",
        r#"{"ValidNotBefore":"Feb 26 11:16:55 2025 GMT","ValidNotAfter":"2011-6-24T20:41:29+00:00"}"#,
        &[("ValidNotBefore", r#""Feb 26 11:16:55 2025 GMT""#)],
        &[("/ValidNotBefore", DateTime), ("/ValidNotAfter", DateTime)],
    ),
    // A54
    Case(
        "LogEntry",
        r#"{"Created":"2019-07-25 11:00:03+08:00","Modified":"T00:00:00Z"}"#,
        &[],
        &[("/Created", DateTime), ("/Modified", DateTime)],
    ),
    // A54
    Case("LogEntry", r#"{"Created":""}"#, &[("Created", r#""""#)], &[("/Created", DateTime)]),
    Case("LogEntry", r#"{"Created":"2018-06-13T04:14+06:00"}"#, &[], &[]),
    Case("Schedule.Schedule", r#"{"Lifetime":"P4Y"}"#, &[("Lifetime", r#""P4Y""#)], &[("/Lifetime", Duration)]),
    // A4, A49. Enumerations.
    Case(
        "Chassis",
        r#"{"Status":{"state":"Enabled","Health":"Ok"}}"#,
        &[("Status/State", "Enabled"), ("Status/Health", "OK")],
        &[("/Status/state", MiscasedProperty), ("/Status/Health", MiscasedMember)],
    ),
    // A49, A56
    Case(
        "Manager",
        r#"{"Status":{"Health":"Enabled","HealthRollup":"NA","State":"Standby"}}"#,
        &[("Status/Health", "Enabled"), ("Status/HealthRollup", "NA"), ("Status/State", "Standby")],
        &[("/Status/Health", UnknownMember), ("/Status/HealthRollup", UnknownMember), ("/Status/State", UnknownMember)],
    ),
    // A49
    Case(
        "Memory",
        r#"{"ErrorCorrection":"Multi-bit ECC","MemoryType":""}"#,
        &[("ErrorCorrection", "Multi-bit ECC"), ("MemoryType", "")],
        &[("/ErrorCorrection", UnknownMember), ("/MemoryType", EmptyMember)],
    ),
    // A49
    Case(
        "Chassis",
        r#"{"Status":{"Health":"Criical"}}"#,
        &[("Status/Health", "Criical")],
        &[("/Status/Health", UnknownMember)],
    ),
    // A49
    Case("Sensor", r#"{"ReadingType":"OR,AND"}"#, &[("ReadingType", "OR,AND")], &[("/ReadingType", UnknownMember)]),
    // A18
    Case(
        "TelemetryService",
        r#"{"SupportedCollectionFuntions":["Average"]}"#,
        &[("SupportedCollectionFunctions", "-")],
        &[("/SupportedCollectionFuntions", UnknownProperty)],
    ),
    // A19. Unknown properties, and names that are nearly right.
    Case(
        "Certificate",
        r#"{"VaildFrom":"x","GoodTHRU":"y"}"#,
        &[],
        &[("/VaildFrom", UnknownProperty), ("/GoodTHRU", UnknownProperty)],
    ),
    // A48
    Case(
        "PowerSubsystem",
        r#"{"CapacityWatts ":"null","@odata.contxt":"/x","@odata.id ":"/y"}"#,
        &[("CapacityWatts", "-"), ("@odata.id", r#""/y""#)],
        &[("/CapacityWatts ", MiscasedProperty), ("/CapacityWatts ", WrongType), ("/@odata.id ", MiscasedProperty)],
    ),
    // A51
    Case(
        "Chassis",
        r##"{"Actions":{"#Chassis.Reset":{"Target":"/redfish/v1/Chassis/1/Actions/Chassis.Reset"}}}"##,
        &[("Actions/#Chassis.Reset/target", r#""/redfish/v1/Chassis/1/Actions/Chassis.Reset""#)],
        &[("/Actions/#Chassis.Reset/Target", MiscasedProperty)],
    ),
    // A39
    Case(
        "ComputerSystem",
        r#"{"Links":{"Managers":[{"@odata.id":"/redfish/v1/Managers/1"}]}}"#,
        &[("Links/ManagedBy", "-")],
        &[("/Links/Managers", UnknownProperty)],
    ),
    // A21
    Case(
        "ComputerSystem",
        r#"{"href":"/rest/v1/Systems/1","Links":{"Members":[{"href":"/rest/v1/Systems/1"}]}}"#,
        &[],
        &[("/href", UnknownProperty), ("/Links/Members", UnknownProperty)],
    ),
    // A17. Links.
    Case(
        "EventDestination",
        r#"{"OriginResources":["/redfish/v1/Chassis/1"]}"#,
        &[("OriginResources/0", "/redfish/v1/Chassis/1")],
        &[("/OriginResources/0", LinkAsString)],
    ),
    // A23
    Case(
        "Chassis",
        r#"{"Links":{"Drives":[{"@odata.id":"/d/1"}]},"Drives":{"@odata.id":"/d"}}"#,
        &[("Links/Drives/0", "/d/1"), ("Drives", "/d")],
        &[],
    ),
    // A24
    Case("ComputerSystem", r#"{"PCIeDevices":[{"@odata.id":"/p/1"}]}"#, &[("PCIeDevices/0", "/p/1")], &[]),
    // A38
    Case(
        "ComputerSystem",
        r#"{"PCIeDevices":{}}"#,
        &[("PCIeDevices/0", "{}")],
        &[("/PCIeDevices", SingleForCollection)],
    ),
    // A52
    Case(
        "Chassis",
        r#"{"Assembly":{},"Thermal":{"@odata.id":""},"Power":{"@odata.id":"F0"}}"#,
        &[("Assembly", "{}"), ("Power", "F0")],
        &[("/Assembly", EmptyLink)],
    ),
    // A52
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
    // A25
    Case(
        "ChassisCollection",
        r#"{"Members":null,"Name":"C"}"#,
        &[("Members", "-"), ("Name", r#""C""#)],
        &[("/Members", NullCollection)],
    ),
    // A22
    Case("ChassisCollection", r#"{"Members@odata.count":3}"#, &[("Members", "-"), ("Members@odata.count", "3")], &[]),
    Case(
        "ChassisCollection",
        r#"{"Members":[{"@odata.id":"/c/1","Status":{"Health":"OK"}},{"@odata.id":"/c/2"}]}"#,
        &[("Members/0/Status/Health", "OK"), ("Members/1", "/c/2")],
        &[],
    ),
    // Nulls.
    Case("Memory", r#"{"CapacityMiB":null}"#, &[("CapacityMiB", "-")], &[]),
    // A38
    Case("Drive", r#"{"CapacityBytes":null}"#, &[("CapacityBytes", "-")], &[]),
    // A38
    Case("PCIeDevice", r#"{"PCIeInterface":{"MaxPCIeType":null}}"#, &[("PCIeInterface/MaxPCIeType", "-")], &[]),
    Case("Chassis", r#"{"ChassisType":null}"#, &[("ChassisType", "-")], &[("/ChassisType", Null)]),
    // A50
    Case("Chassis", r#"{"Location":{"Contacts":[null]}}"#, &[("Location/Contacts", "-")], &[]),
    // A50
    Case(
        "Memory",
        r#"{"AllowedSpeedsMHz":[2400,null,"2666",{}]}"#,
        &[("AllowedSpeedsMHz/0", "2400"), ("AllowedSpeedsMHz/1", "2666")],
        &[("/AllowedSpeedsMHz/1", Null), ("/AllowedSpeedsMHz/2", NumberInString), ("/AllowedSpeedsMHz/3", WrongType)],
    ),
    // A28. What is required and missing is missing.
    Case(
        "EthernetInterface",
        r#"{"MACAddress":"","PermanentMACAddress":"00:00:00:00:00:00"}"#,
        &[("Id", "-"), ("MACAddress", r#""""#)],
        &[],
    ),
    // A30
    Case("Chassis", "{}", &[("Name", "-"), ("ChassisType", "-")], &[]),
    // A30
    Case("ServiceRoot", r#"{"RedfishVersion":"1.0.0"}"#, &[("Systems", "-"), ("RedfishVersion", r#""1.0.0""#)], &[]),
    // A31
    Case("ManagerAccount", r#"{"UserName":"root"}"#, &[("AccountTypes", "-")], &[]),
    // A35
    Case(
        "Event",
        r#"{"Events":[{"MessageId":"A.1.0.B"}]}"#,
        &[("Events/0/MessageId", r#""A.1.0.B""#), ("Events/0/MemberId", "-")],
        &[],
    ),
    // A40
    Case("EventDestination", r#"{"Destination":"https://x"}"#, &[("Context", "-"), ("Actions", "-")], &[]),
    // A35
    Case("Assembly", r#"{"Assemblies":[{"MemberId":"0"}]}"#, &[("Assemblies/0/MemberId", r#""0""#)], &[]),
    // A36
    Case(
        "ComputerSystem",
        r#"{"Boot":{"BootOrder":["Boot0019: Ubuntu"]}}"#,
        &[("Boot/BootOrder/0", r#""Boot0019: Ubuntu""#)],
        &[],
    ),
    // A29
    Case(
        "Power",
        r##"{"@odata.type":"#Power.1.0.1.Power","PowerSupplies":[{}]}"##,
        &[("PowerSupplies/0/MemberId", "-")],
        &[],
    ),
    // A27. Entity tags.
    Case(
        "Chassis",
        r#"{"@odata.etag":1594839102}"#,
        &[("@odata.etag", r#""1594839102""#)],
        &[("/@odata.etag", ScalarForString)],
    ),
    // A27
    Case("Chassis", r#"{"@odata.etag":"1594839102"}"#, &[("@odata.etag", r#""1594839102""#)], &[]),
    // A27
    Case("Chassis", r#"{"@odata.etag":"W/\"1\""}"#, &[("@odata.etag", r#""W/\"1\"""#)], &[]),
    // A20. Vendors' own.
    Case(
        "Drive",
        r##"{"Oem":{"#SmcDrive.Indicate":{"target":"/x"}},"Actions":{"Oem":{"#Drive.Indicate":{}}}}"##,
        &[("Oem", r##"{"#SmcDrive.Indicate":{"target":"/x"}}"##)],
        &[],
    ),
    // A47
    Case(
        "Manager",
        r#"{"Oem":{"UptimeSeconds":75864.40,"Index":0}}"#,
        &[("Oem", r#"{"UptimeSeconds":75864.40,"Index":0}"#)],
        &[],
    ),
    // A47
    Case("Manager", r#"{"Oem":[{"Index":0}]}"#, &[], &[("/Oem", WrongType)]),
    // A41. Registries.
    Case(
        "MessageRegistry",
        r#"{"Language":"en-US","RegistryPrefix":"A","Messages":{"Done":{"Message":"m","NumberOfArgs":"2"}}}"#,
        &[("Language", r#""en-US""#)],
        &[("/Messages/Done/NumberOfArgs", NumberInString)],
    ),
    // A41
    Case(
        "MessageRegistryFile",
        r#"{"Id":"BiosAttributeRegistry.1_0_0","Location":[{"Language":"en-US"}]}"#,
        &[("Registry", "-"), ("Location/0/Language", r#""en-US""#)],
        &[],
    ),
    // A41, A44
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
