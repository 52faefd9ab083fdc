//! Compares values by their meaning, however they are written: numbers by value, members of objects in any order. Another JSON
//! library may have rewritten them in this way.

use serde_json::{Number, Value};

use crate::codec::encode::encode;
use crate::codec::lenient::Node;
use crate::codec::writer::Writer;
use crate::reflect::record::{Record, Slot};

/// Returns whether two records mean the same.
pub(crate) fn alike(one: &dyn Record, other: &dyn Record) -> bool {
    one.table() == other.table() && alike_json(&encode(one), &encode(other))
}

/// Returns whether two values of a field mean the same.
pub(crate) fn alike_slot(one: &Slot<'_>, other: &Slot<'_>, many: bool) -> bool {
    // A value that the field could not hold is missing here.
    if one.is_empty() || other.is_empty() {
        return false;
    }
    let json = |slot| {
        let mut writer = Writer::default();
        writer.slot(slot, many);
        writer.text()
    };
    alike_json(&json(one), &json(other))
}

/// Returns whether two JSON texts mean the same.
pub(crate) fn alike_json(one: &str, other: &str) -> bool {
    // Both are read as serde gets them: each number parser rounds numbers beyond 64 bits in its own way.
    let read = |json: &str| serde_json::to_value(Node::all(json).ok()?).ok();
    one == other || matches!((read(one), read(other)), (Some(one), Some(other)) if alike_values(&one, &other))
}

fn alike_values(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => alike_numbers(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike_values(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let alike = |(name, one)| other.get(name).is_some_and(|other| alike_values(one, other));
            one.len() == other.len() && one.iter().all(alike)
        }
        (one, other) => one == other,
    }
}

/// Compares whole numbers exactly, others as `f64`.
#[allow(clippy::float_cmp, reason = "the same digits are the same number")]
fn alike_numbers(one: &Number, other: &Number) -> bool {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.as_f64() == other.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_compared_by_what_it_means() {
        let cases = [
            (r#"{"A":1,"B":[1,2]}"#, r#"{ "B": [1, 2], "A": 1 }"#, true),
            ("1", "1.0", true),
            ("1.50", "1.5", true),
            ("1e3", "1000", true),
            (r#""a""#, r#""\u0061""#, true),
            ("9007199254740993", "9007199254740992", false),
            ("18446744073709551615", "18446744073709551614", false),
            ("[1,2]", "[2,1]", false),
            ("1", r#""1""#, false),
            ("null", "{}", false),
            (r#"{"A":null}"#, "{}", false),
            (r#"{"A":1}"#, r#"{"A":1,"B":1}"#, false),
        ];
        for (one, other, expected) in cases {
            assert_eq!(alike_json(one, other), expected, "{one}, {other}");
            assert_eq!(alike_json(other, one), expected, "{other}, {one}");
        }
    }
}
