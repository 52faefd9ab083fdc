//! An FRU inventory as text and as JSON: all that it contains, and what is wrong with it.

use rosefish::ipmi::record::fru::{BoardArea, ChassisArea, Defect, Inventory, Problem, ProductArea, chassis_type_name};
use rosefish::ipmi::record::multirecord::{MultiRecord, MultiRecordBody};
use rosefish::ipmi::record::text::Text;
use serde_json::{Map, Value, json};

use super::facts;

/// Fields of an area, in the order of the FRU definition.
type Fields = Vec<(&'static str, Value)>;

/// Returns the fields that are there, by name.
fn fields(all: &[(&'static str, &Text)], extra: &[Text]) -> Fields {
    let filled = all.iter().filter(|(_, text)| !text.is_empty());
    let mut fields: Fields = filled.map(|(name, text)| (*name, text.to_string().into())).collect();
    if !extra.is_empty() {
        fields.push(("extra", extra.iter().map(|text| Value::from(text.to_string())).collect()));
    }
    fields
}

fn object(fields: Fields) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn chassis(area: &ChassisArea) -> Fields {
    let mut all: Fields = vec![("type", chassis_type_name(area.chassis_type).into())];
    all.extend(fields(&[("part_number", &area.part_number), ("serial_number", &area.serial_number)], &area.custom));
    all
}

fn board(area: &BoardArea) -> Fields {
    let mut all = Fields::new();
    let made = area.manufactured().and_then(|time| jiff::Timestamp::try_from(time).ok());
    if let Some(made) = made {
        all.push(("manufactured", made.to_string().into()));
    }
    let texts = [
        ("manufacturer", &area.manufacturer),
        ("name", &area.product_name),
        ("serial_number", &area.serial_number),
        ("part_number", &area.part_number),
        ("file_id", &area.file_id),
    ];
    all.extend(fields(&texts, &area.custom));
    all
}

fn product(area: &ProductArea) -> Fields {
    let texts = [
        ("manufacturer", &area.manufacturer),
        ("name", &area.product_name),
        ("part_number", &area.part_number),
        ("version", &area.version),
        ("serial_number", &area.serial_number),
        ("asset_tag", &area.asset_tag),
        ("file_id", &area.file_id),
    ];
    fields(&texts, &area.custom)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// Converts units of 10 mV to volts.
fn volts(centivolts: i32) -> f64 {
    f64::from(centivolts) / 100.0
}

fn record(record: &MultiRecord) -> Value {
    let mut value = match &record.body {
        MultiRecordBody::PowerSupply(supply) => json!({
            "kind": "power supply",
            "capacity_watts": supply.capacity,
            "peak_watts": supply.peak.0,
            "input_volts": [volts(supply.input_range_1.0.into()), volts(supply.input_range_1.1.into())],
            "input_hertz": [supply.frequency.0, supply.frequency.1],
            "hold_up_milliseconds": supply.hold_up_milliseconds,
        }),
        MultiRecordBody::DcOutput(output) => json!({
            "kind": "DC output",
            "output": output.number,
            "standby": output.standby,
            "nominal_volts": volts(output.nominal.into()),
            "greatest_milliamperes": output.greatest_current,
        }),
        MultiRecordBody::DcLoad(load) => json!({
            "kind": "DC load",
            "output": load.number,
            "nominal_volts": volts(load.nominal.into()),
        }),
        MultiRecordBody::ManagementAccess { kind, data } => json!({
            "kind": "management access",
            "access": kind,
            "value": String::from_utf8_lossy(data).trim_end_matches('\0'),
        }),
        MultiRecordBody::Compatibility(data) => json!({ "kind": "compatibility", "data": hexadecimal(data) }),
        MultiRecordBody::Oem { manufacturer, data } => {
            json!({ "kind": "OEM", "manufacturer": manufacturer, "data": hexadecimal(data) })
        }
        MultiRecordBody::Unknown(data) => json!({ "kind": "unknown", "data": hexadecimal(data) }),
        _ => json!({ "kind": "unknown" }),
    };
    value["type"] = format!("{:#04x}", record.record_type).into();
    if !record.intact {
        value["checksum"] = "wrong".into();
    }
    value
}

fn defect(defect: &Defect) -> String {
    let problem = match &defect.problem {
        Problem::Checksum => "its checksum is wrong".to_owned(),
        Problem::Version(version) => format!("its version {version} is not known"),
        Problem::Malformed(error) => error.to_string(),
        Problem::Unreadable(why) => format!("it could not be read: {why}"),
        Problem::Within(other) => format!("it begins within the {other} area"),
        _ => "it is damaged".to_owned(),
    };
    format!("{}: {problem}", defect.area)
}

/// Returns everything in an inventory as JSON.
pub(super) fn to_json(device: u8, name: &str, all: &Inventory) -> Value {
    json!({
        "device": device,
        "name": name,
        "chassis": all.chassis.as_ref().map(chassis).map(object),
        "board": all.board.as_ref().map(board).map(object),
        "product": all.product.as_ref().map(product).map(object),
        "records": all.records.iter().map(record).collect::<Vec<_>>(),
        "defects": all.defects.iter().map(defect).collect::<Vec<_>>(),
    })
}

/// Returns everything in an inventory as text.
pub(super) fn lines(device: u8, name: &str, all: &Inventory) -> String {
    let mut text = format!(
        "Device {device}{}\n",
        if name.is_empty() { String::new() } else { format!(", {}", facts::words(&name.into())) }
    );
    let areas = [
        ("chassis", all.chassis.as_ref().map(chassis)),
        ("board", all.board.as_ref().map(board)),
        ("product", all.product.as_ref().map(product)),
    ];
    for (area, fields) in areas {
        for (name, value) in fields.into_iter().flatten() {
            let name = format!("{area} {}", name.replace('_', " "));
            text.push_str(&format!(" {name:<22} {}\n", facts::words(&value)));
        }
    }
    for one in &all.records {
        let Value::Object(mut values) = record(one) else { continue };
        let kind = values.remove("kind").unwrap_or_default();
        let rest = values.iter().filter(|(name, _)| *name != "type");
        let rest: Vec<_> =
            rest.map(|(name, value)| format!("{} {}", name.replace('_', " "), facts::words(value))).collect();
        text.push_str(&format!(" {:<22} {}\n", facts::words(&kind), rest.join("; ")));
    }
    for one in &all.defects {
        text.push_str(&format!(" {:<22} {}\n", "defect", facts::words(&defect(one).into())));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_is_shown_with_what_is_wrong_with_it() {
        let mut bytes = vec![1, 0, 1, 0, 0, 0, 0, 254, 1, 2, 0x17, 0xc2, b'P', b'N', 0xc2, b'S', b'N', 0xc1];
        bytes.resize(24, 0);
        let found = Inventory::decode(&bytes).unwrap();
        let text = lines(3, "PSU\u{1b}", &found);
        for part in [
            "Device 3, PSU\\u001b\n",
            "chassis type           rack mount chassis",
            "chassis serial number  SN",
            "defect",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let json = to_json(3, "PSU", &found);
        assert_eq!((&json["chassis"]["part_number"], json["board"].is_null()), (&"PN".into(), true));
        assert_eq!(json["defects"][0], "chassis: its checksum is wrong");
    }
}
