//! Whether a property accepts a value.

use serde_json::{Map, Value};

use super::{Field, Kind, Type, members};
use crate::message::{self, Message, text};

/// Checks one value of a property: its type, its spelling, its range, its format.
pub(crate) fn unfit(field: &Field, value: &Value) -> Option<Message> {
    let name = field.name;
    let shown = text(value);
    if value.is_null() {
        return (!field.is_nullable()).then(|| Message::new(&message::PROPERTY_VALUE_TYPE, [&shown, name]));
    }
    let fits = match field.kind {
        Kind::Text | Kind::Time | Kind::Duration | Kind::Uuid | Kind::Enumeration(_) => value.is_string(),
        Kind::Integer => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Kind::Decimal => value.is_number(),
        Kind::Truth => value.is_boolean(),
        Kind::Scalar => !value.is_object() && !value.is_array(),
        Kind::Link | Kind::Object(_) | Kind::Excerpt => value.is_object(),
        Kind::Free => true,
    };
    if !fits {
        return Some(Message::new(&message::PROPERTY_VALUE_TYPE, [&shown, name]));
    }
    match (field.kind, value) {
        (Kind::Enumeration(enumeration), Value::String(chosen)) => {
            let known = members(enumeration).any(|member| member == *chosen);
            (!known).then(|| Message::new(&message::PROPERTY_VALUE_NOT_IN_LIST, [chosen, name]))
        }
        (Kind::Integer | Kind::Decimal, Value::Number(number)) => {
            let (least, most) = field.bounds.unwrap_or_default();
            let number = number.as_f64().unwrap_or_default();
            let outside = least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most);
            outside.then(|| Message::new(&message::PROPERTY_OUT_OF_RANGE, [&shown, name]))
        }
        (kind, Value::String(text)) => {
            (!has_form(kind, text)).then(|| Message::new(&message::PROPERTY_VALUE_FORMAT, [&shown, name]))
        }
        _ => None,
    }
}

fn has_form(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Time => text.parse::<jiff::Timestamp>().is_ok(),
        // The standard uses ISO 8601 durations of days and smaller units.
        Kind::Duration => {
            let body = text.strip_prefix('-').unwrap_or(text).strip_prefix('P');
            body.is_some_and(|body| {
                !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_digit() || b"DTHMS.".contains(&byte))
            }) && text.bytes().any(|byte| byte.is_ascii_digit())
        }
        Kind::Uuid => {
            let groups: Vec<_> = text.split('-').map(str::len).collect();
            groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        }
        _ => true,
    }
}

/// Checks an object that a client wants to create, property by property.
pub(crate) fn misfits(ty: &Type, object: &Map<String, Value>, pointer: &str, wrong: &mut Vec<Message>) {
    for (name, value) in object {
        if name.contains('@') || name == "Oem" || name == "Actions" {
            continue;
        }
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        let Some(field) = ty.field(name) else {
            if !ty.open {
                wrong.push(Message::new(&message::PROPERTY_UNKNOWN, [name]).about(&pointer));
            }
            continue;
        };
        match value {
            Value::Array(elements) if field.many => {
                for (index, element) in elements.iter().enumerate() {
                    one(field, element, &format!("{pointer}/{index}"), wrong);
                }
            }
            value if field.many && !value.is_null() => {
                wrong.push(Message::new(&message::PROPERTY_VALUE_TYPE, [&text(value), name]).about(&pointer));
            }
            value => one(field, value, &pointer, wrong),
        }
    }
}

fn one(field: &Field, value: &Value, pointer: &str, wrong: &mut Vec<Message>) {
    // A null leaves a property unset on creation.
    if value.is_null() {
        return;
    }
    if let Some(message) = unfit(field, value) {
        wrong.push(message.about(pointer));
    } else if let (Some(ty), Value::Object(object)) = (field.object(), value) {
        misfits(ty, object, pointer, wrong);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::find;

    #[test]
    fn values_fit_or_it_is_said_why_not() {
        for (ty, name, value, expected) in [
            ("ComputerSystem.ComputerSystem", "AssetTag", json!("x"), ""),
            ("ComputerSystem.ComputerSystem", "AssetTag", json!(1), "PropertyValueTypeError"),
            ("ComputerSystem.ComputerSystem", "AssetTag", json!(null), ""),
            ("ComputerSystem.Boot", "BootSourceOverrideTarget", json!("Pxe"), ""),
            ("ComputerSystem.Boot", "BootSourceOverrideTarget", json!("Tape"), "PropertyValueNotInList"),
            ("Manager.Manager", "DateTime", json!("2026-11-30T12:00:00Z"), ""),
            ("Manager.Manager", "DateTime", json!("tomorrow"), "PropertyValueFormatError"),
            ("EventService.EventService", "ServiceEnabled", json!("true"), "PropertyValueTypeError"),
            ("VLanNetworkInterface.VLAN", "VLANId", json!(4094), ""),
            ("VLanNetworkInterface.VLAN", "VLANId", json!(4095), "PropertyValueOutOfRange"),
            ("VLanNetworkInterface.VLAN", "VLANId", json!(1.5), "PropertyValueTypeError"),
            ("Schedule.Schedule", "RecurrenceInterval", json!("PT10S"), ""),
            ("Schedule.Schedule", "RecurrenceInterval", json!("10 s"), "PropertyValueFormatError"),
        ] {
            let field = find(ty).and_then(|ty| ty.field(name)).unwrap_or_else(|| panic!("{ty} {name}"));
            let found = unfit(field, &value).map(|message| message.to_json()["MessageId"].as_str().unwrap().to_owned());
            let found = found.as_deref().and_then(|id| id.rsplit('.').next()).unwrap_or_default();
            assert_eq!(found, expected, "{name} {value}");
        }
    }
}
