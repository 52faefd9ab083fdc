//! Vendors' objects are read and changed as the types of their packs.

use std::collections::BTreeMap;

use rosefish::wire::{Oem, Table, encode};
use rosefish_oem::{cray, dell, hpe, huawei, ieit, openbmc};

fn oem(json: &str) -> Oem {
    json.parse().unwrap()
}

#[test]
fn an_object_that_does_not_say_what_it_is_is_found_by_its_name() {
    let oem = oem(
        r#"{"public":{"ManagementIPv4":"192.0.2.7","Manufacturer":"IEIT SYSTEMS","Model":"SA5212-M7","SerialNumber":"1"}}"#,
    );
    let root = oem.typed::<ieit::oem_public::ServiceRoot>().unwrap().unwrap();
    assert!(root.deviations.is_empty(), "{:?}", root.deviations);
    let root = root.value;
    let all = [root.management_ipv4, root.manufacturer, root.model, root.serial_number];
    assert_eq!(all.map(Option::unwrap), ["192.0.2.7", "IEIT SYSTEMS", "SA5212-M7", "1"]);
}

#[test]
fn an_object_is_of_the_type_that_it_says() {
    let oem = oem(
        r##"{"Dell":{"@odata.type":"#DellOem.v9_0_0.DellOemResources","DellSystem":{"SystemGeneration":"16G Monolithic","X":1.50}}}"##,
    );
    let dell = oem.typed::<dell::dell_oem::DellOemResources>().unwrap().unwrap();
    assert_eq!(encode(&dell.value).matches("1.50").count(), 1, "what the type doesn't have is kept as it was");
    let system = dell.value.dell_system.unwrap();
    assert_eq!(system.expanded().unwrap().system_generation.as_deref(), Some("16G Monolithic"));
    assert!(oem.typed::<hpe::hpe_ilo::HpeiLO>().is_none());
}

#[test]
fn what_stands_in_oem_itself_is_read_and_changed() {
    let mut oem = oem(r#"{"Index":1.0,"ParentalContext":"Chassis","More":[1]}"#);
    let sensor = oem.typed::<cray::oem_cray::SensorContext>().unwrap().unwrap().value;
    assert_eq!((sensor.index, sensor.parental_context.as_deref()), (Some(1), Some("Chassis")));
    assert!(oem.change::<cray::oem_cray::SensorContext>(|it| it.parental_context = Some("Node".into())).unwrap());
    assert_eq!(oem.as_json(), r#"{"Index":1.0,"ParentalContext":"Node","More":[1]}"#);
}

#[test]
fn names_that_a_service_makes_up_are_a_map() {
    let oem =
        oem(r##"{"OpenBmc":{"@odata.type":"#OpenBMCManager.OpenBmc","Fan":{"FanZones":{"Left":{"ZoneIndex":0}}}}}"##);
    let fan = oem.typed::<openbmc::openbmc_manager::OpenBmc>().unwrap().unwrap().value.fan.unwrap();
    let zones: &BTreeMap<String, _> = &fan.fan_zones.unwrap().properties;
    assert_eq!(zones["Left"].zone_index, Some(0.0));
}

#[test]
fn a_place_is_found_however_deep_it_stands() {
    let packs = rosefish_oem::packs();
    let name = |table: Option<&'static Table>| table.map(|table| table.name);
    for (schema, pointer, vendor, expected) in [
        ("ServiceRoot", "/Oem", "Public", Some("OemPublic.ServiceRoot")),
        ("Thermal", "/Fans/*/Oem", "huawei", Some("OemHuawei.Fan")),
        ("Drive", "/Status/Oem", "Huawei", Some("OemHuawei.Severity")),
        ("Unheard", "/Deep/Oem", "xFusion", Some("OemHuawei.Extension")),
        ("Drive", "/Actions/Oem", "Huawei", Some("OemHuawei.Targets")),
        ("Drive", "/Oem", "Nobody", None),
    ] {
        assert_eq!(name(packs.object(schema, pointer, vendor, None)), expected, "{schema} {pointer} {vendor}");
    }
    assert_eq!(huawei::find("OemHuawei.Fan").map(|table| table.schema()), Some("OemHuawei"));
}
