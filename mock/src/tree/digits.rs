//! Numbers as they were written. A JSON library stores `20.650000000000002`, `1.50` or 23058430092136940000 as the
//! nearest number that the machine can represent, but copying a value from one answer to another must not change it.
//! Such numbers are marked strings in a [`Value`] here, and become numbers again when it is written.

use std::sync::Arc;

use serde_json::{Map, Number, Value};

/// The prefix of a string that stands for a number. It doesn't occur in payloads, where it would have to be escaped.
const MARK: &str = "\0number:";

/// Parses JSON and marks each number whose digits would otherwise change.
pub(crate) fn parse(body: &[u8]) -> serde_json::Result<Value> {
    match marked(body) {
        // The unmarked text is parsed only for its error message.
        Some(text) => serde_json::from_slice(&text).or_else(|_| serde_json::from_slice(body)),
        None => serde_json::from_slice(body),
    }
}

/// Returns the text with marks on the numbers that need one, or `None` if none does.
fn marked(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(byte) = body.get(at) {
        match byte {
            b'"' => at = end_of_text(body, at),
            b'-' | b'0'..=b'9' => {
                let rest = body.get(at..).unwrap_or_default();
                let length = rest.iter().take_while(|byte| is_of_number(**byte)).count();
                let number = rest.get(..length).and_then(|number| std::str::from_utf8(number).ok()).unwrap_or_default();
                let after = rest.get(length..).unwrap_or_default().trim_ascii_start();
                // A number in place of a name is an error, which a mark would hide.
                if !after.starts_with(b":") && !keeps_digits(number) && is_number(number) {
                    out.extend_from_slice(body.get(copied..at).unwrap_or_default());
                    out.extend_from_slice(format!("\"\\u0000{}{number}\"", MARK.trim_start_matches('\0')).as_bytes());
                    copied = at + length;
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return None;
    }
    out.extend_from_slice(body.get(copied..).unwrap_or_default());
    Some(out)
}

/// Returns the position after the string that begins here.
fn end_of_text(body: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = body.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    body.len()
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

fn keeps_digits(number: &str) -> bool {
    let short = number.len() < 16 && number.bytes().all(|byte| byte.is_ascii_digit());
    if short && (number.len() == 1 || !number.starts_with('0')) {
        return true;
    }
    serde_json::from_str::<Number>(number).is_ok_and(|parsed| parsed.to_string() == number)
}

/// Returns whether a text is a number by the grammar of JSON (RFC 8259, section 6), however large.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, part) = match unsigned.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (unsigned, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && part.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

/// Returns the digits of a marked number.
pub(crate) fn digits(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix(MARK).filter(|digits| is_number(digits))
}

/// Returns whether a value has marked numbers.
pub(crate) fn has_marks(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(has_marks),
        Value::Object(object) => object.values().any(has_marks),
        other => digits(other).is_some(),
    }
}

/// Replaces marked numbers by the nearest that can be represented, or by null if they are too large.
pub(crate) fn plain(value: Value) -> Value {
    match value {
        Value::Array(elements) => elements.into_iter().map(plain).collect(),
        Value::Object(object) => object.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        other => match digits(&other) {
            Some(digits) => serde_json::from_str(digits).unwrap_or_default(),
            None => other,
        },
    }
}

/// Returns the value without marks, and the value with them if it has any.
pub(crate) fn split(exact: Value) -> (Option<Arc<Value>>, Option<Arc<Value>>) {
    if has_marks(&exact) {
        (Some(Arc::new(plain(exact.clone()))), Some(Arc::new(exact)))
    } else {
        (Some(Arc::new(exact)), None)
    }
}

/// Restores the digits of the numbers that are equal to those of an earlier value. Resources in an array are matched
/// by their `@odata.id`, other elements by their index.
pub(crate) fn restore(value: &mut Value, earlier: &Value) {
    match (value, earlier) {
        (Value::Object(object), Value::Object(earlier)) => {
            for (name, value) in object {
                if let Some(earlier) = earlier.get(name) {
                    restore(value, earlier);
                }
            }
        }
        (Value::Array(elements), Value::Array(earlier)) => {
            for (index, element) in elements.iter_mut().enumerate() {
                let id = element.get("@odata.id");
                let same = id.and_then(|id| earlier.iter().find(|other| other.get("@odata.id") == Some(id)));
                if let Some(same) = same.or_else(|| earlier.get(index)) {
                    restore(element, same);
                }
            }
        }
        (value, earlier) if digits(earlier).is_some() && plain(earlier.clone()) == *value => {
            earlier.clone_into(value);
        }
        _ => {}
    }
}

/// Writes the value as JSON text.
pub(crate) fn write(value: &Value) -> String {
    let mut text = String::new();
    write_to(value, &mut text);
    text
}

fn write_to(value: &Value, text: &mut String) {
    match value {
        Value::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_to(element, text);
            }
            text.push(']');
        }
        Value::Object(object) => write_object(object, text),
        other => match digits(other) {
            Some(digits) => text.push_str(digits),
            None => text.push_str(&other.to_string()),
        },
    }
}

fn write_object(object: &Map<String, Value>, text: &mut String) {
    text.push('{');
    for (index, (name, value)) in object.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write_to(value, text);
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_written_with_the_digits_they_were_read_with() {
        for number in [
            "0",
            "-0",
            "1.0",
            "1.50",
            "20.650000000000002",
            "0.98279769314803982",
            "23058430092136940000",
            "18446744073709551615",
            "-9223372036854775808",
            "1.5E-254",
            "1e5",
            "1E+400",
            "123456789012345678901234567890.123456789012345678901234567890",
        ] {
            let text = format!("{{\"a\":[{number},{{\"b\":{number}}}],\"c\":\"{number}\"}}");
            let value = parse(text.as_bytes()).unwrap();
            assert_eq!(write(&value), text);
            let plain = plain(value.clone());
            assert!(!has_marks(&plain) && plain["c"] == number, "{plain}");
            let mut again = plain;
            restore(&mut again, &value);
            // A number that can't be represented is not recognised by its value.
            assert!(write(&again) == text || number.contains("400"), "{again}");
        }
    }

    #[test]
    fn texts_are_left_alone_and_what_is_not_json_is_refused() {
        for text in [r#"{"a":"\"1.0,\\","b\"1.0":"20.650000000000002"}"#, r#"["\\",1.0]"#] {
            assert_eq!(write(&parse(text.as_bytes()).unwrap()), text);
        }
        for broken in ["{\"a\":1.2.3}", "[01]", "[1.]", "[-]", "[1e]", "\"1.0", "[1.50", "{1.50:1}", ""] {
            assert!(parse(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_was_changed_has_its_new_digits_and_what_moved_its_old_ones() {
        let earlier = parse(br#"{"M":[{"@odata.id":"/1","R":1.50},{"@odata.id":"/2","R":2.50}],"N":3.50}"#).unwrap();
        let mut value = json!({ "M": [{ "@odata.id": "/2", "R": 2.5 }], "N": 3.25 });
        restore(&mut value, &earlier);
        assert_eq!(write(&value), r#"{"M":[{"@odata.id":"/2","R":2.50}],"N":3.25}"#);
    }
}
