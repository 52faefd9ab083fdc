//! JSON text as its members and items, so that a part of it can be found or replaced while everything else stays as it was.

use std::mem::take;
use std::ops::Range;

use super::json::{Json, Peek};
use super::lossy::{Lossy, LossyBox};
use super::writer::{Writer, write_string};

/// A part of an object or array. The ranges refer to the text of the object or array.
#[derive(Debug)]
pub(crate) struct Part {
    /// The member's name; `None` in an array, or if the name is not Unicode text.
    pub(crate) name: Option<String>,
    /// The name and the value, or the item itself.
    whole: Range<usize>,
    pub(crate) value: Range<usize>,
}

/// Returns whether a text begins with an object or an array, and its parts. Returns `None` for scalars.
pub(crate) fn parts(text: &str) -> Option<(Peek, Vec<Part>)> {
    let mut json = Json::new(text);
    let peek = json.peek().ok()?;
    let mut parts = Vec::new();
    let mut first = true;
    match peek {
        Peek::Object => {
            while let Some(name) = json.next_name(take(&mut first)).ok()? {
                let inner = json.peek().ok()?;
                let value = value(&mut json, inner)?;
                let whole = name.place().0.saturating_sub(1)..value.end;
                parts.push(Part { name: name.text().map(Into::into), whole, value });
            }
        }
        Peek::Array => {
            while let Some(inner) = json.next_item(take(&mut first)).ok()? {
                let value = value(&mut json, inner)?;
                parts.push(Part { name: None, whole: value.clone(), value });
            }
        }
        _ => return None,
    }
    Some((peek, parts))
}

fn value(json: &mut Json<'_>, peek: Peek) -> Option<Range<usize>> {
    let start = json.place();
    pass(json, peek)?;
    Some(start..json.place())
}

/// Moves to the end of a value.
pub(crate) fn pass(json: &mut Json<'_>, peek: Peek) -> Option<()> {
    let mut first = true;
    match peek {
        Peek::Null => json.word("null").ok(),
        Peek::True => json.word("true").ok(),
        Peek::False => json.word("false").ok(),
        Peek::Number => json.number().ok().map(drop),
        Peek::String => json.string().ok().map(drop),
        Peek::Array => {
            while let Some(peek) = json.next_item(take(&mut first)).ok()? {
                pass(json, peek)?;
            }
            Some(())
        }
        Peek::Object => {
            while json.next_name(take(&mut first)).ok()?.is_some() {
                let peek = json.peek().ok()?;
                pass(json, peek)?;
            }
            Some(())
        }
    }
}

/// Splits a JSON pointer into its first name and the rest.
pub(crate) fn split(pointer: &str) -> Option<(String, &str)> {
    let pointer = pointer.strip_prefix('/')?;
    let end = pointer.find('/').unwrap_or(pointer.len());
    let (name, rest) = pointer.split_at(end);
    Some((name.replace("~1", "/").replace("~0", "~"), rest))
}

/// Why a pointer leads to no place for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Astray {
    /// It does not begin with a slash.
    Form,
    /// It leads into something that is neither an object nor an array.
    Scalar,
    /// The array does not have this index.
    Index,
}

/// Returns the text with a value set where a pointer points. Missing objects are created on the way, also in place of null.
pub(crate) fn set(json: Lossy<'_>, pointer: &str, value: &str) -> Result<LossyBox, Astray> {
    let (place, insert) = place(json.text, pointer, value)?;
    Ok(spliced(json, place, &insert))
}

/// Returns the text without what a pointer points at, or `None` if there is nothing.
pub(crate) fn remove(json: Lossy<'_>, pointer: &str) -> Option<LossyBox> {
    let mut left: Option<LossyBox> = None;
    // A name may occur twice.
    while let Some(place) = taken_away(left.as_ref().map_or(json, LossyBox::view).text, pointer) {
        let shorter = spliced(left.as_ref().map_or(json, LossyBox::view), place, "");
        let in_array = parts_above(shorter.as_str(), pointer).is_some_and(|peek| peek == Peek::Array);
        left = Some(shorter);
        if in_array {
            break;
        }
    }
    left
}

fn spliced(json: Lossy<'_>, place: Range<usize>, insert: &str) -> LossyBox {
    let mut writer = Writer::default();
    writer.kept(json.part(0, place.start));
    writer.raw(insert);
    writer.kept(json.part(place.end, json.text.len()));
    writer.kept_text()
}

/// Returns the range to replace and its new text, so that a pointer points at a value.
fn place(text: &str, pointer: &str, value: &str) -> Result<(Range<usize>, String), Astray> {
    if pointer.is_empty() {
        return Ok((0..text.len(), value.to_owned()));
    }
    let (name, rest) = split(pointer).ok_or(Astray::Form)?;
    let within = |part: &Part| -> Result<(Range<usize>, String), Astray> {
        let inner = text.get(part.value.clone()).unwrap_or_default();
        let (place, insert) = place(inner, rest, value)?;
        Ok((part.value.start.saturating_add(place.start)..part.value.start.saturating_add(place.end), insert))
    };
    match parts(text) {
        None if text.trim() == "null" => Ok((0..text.len(), nested(pointer, value).ok_or(Astray::Form)?)),
        None => Err(Astray::Scalar),
        Some((Peek::Array, parts)) => {
            let index = if name == "-" { Some(parts.len()) } else { name.parse::<usize>().ok() };
            match index.map(|index| (index, parts.get(index))) {
                Some((_, Some(part))) => within(part),
                Some((index, None)) if index == parts.len() => {
                    let new =
                        if rest.is_empty() { value.to_owned() } else { nested(rest, value).ok_or(Astray::Form)? };
                    Ok(appended(text, &parts, &new))
                }
                _ => Err(Astray::Index),
            }
        }
        Some((_, parts)) => match parts.iter().rfind(|part| part.name.as_deref() == Some(&*name)) {
            Some(part) => within(part),
            None => {
                let member = nested(pointer, value).ok_or(Astray::Form)?;
                let member = member.get(1..member.len().saturating_sub(1)).unwrap_or_default();
                Ok(appended(text, &parts, member))
            }
        },
    }
}

/// Returns where to insert a part after the others, and the text to insert.
fn appended(text: &str, parts: &[Part], new: &str) -> (Range<usize>, String) {
    match parts.last() {
        Some(last) => (last.whole.end..last.whole.end, format!(",{new}")),
        None => {
            // After the opening bracket.
            let start = text.find(['{', '[']).map_or(0, |open| open.saturating_add(1));
            (start..start, new.to_owned())
        }
    }
}

/// Wraps a value in the objects that a pointer leads through.
fn nested(pointer: &str, value: &str) -> Option<String> {
    let mut out = String::new();
    let (mut rest, mut depth) = (pointer, 0_usize);
    while !rest.is_empty() {
        let (name, tail) = split(rest)?;
        out.push('{');
        write_string(&mut out, &name);
        out.push(':');
        (rest, depth) = (tail, depth.saturating_add(1));
    }
    out.push_str(value);
    out.extend(std::iter::repeat_n('}', depth));
    Some(out)
}

/// Returns the kind of the object or array that a pointer's last name refers to.
fn parts_above(text: &str, pointer: &str) -> Option<Peek> {
    let (name, rest) = split(pointer)?;
    let (peek, parts) = parts(text)?;
    if rest.is_empty() {
        return Some(peek);
    }
    let part = chosen(peek, &parts, &name)?;
    parts_above(text.get(parts.get(part)?.value.clone())?, rest)
}

fn chosen(peek: Peek, parts: &[Part], name: &str) -> Option<usize> {
    match peek {
        Peek::Array => name.parse().ok().filter(|index| *index < parts.len()),
        _ => parts.iter().rposition(|part| part.name.as_deref() == Some(name)),
    }
}

/// Returns the range of what a pointer points at, together with its comma.
fn taken_away(text: &str, pointer: &str) -> Option<Range<usize>> {
    let (name, rest) = split(pointer)?;
    let (peek, parts) = parts(text)?;
    let index = chosen(peek, &parts, &name)?;
    let part = parts.get(index)?;
    if !rest.is_empty() {
        let place = taken_away(text.get(part.value.clone())?, rest)?;
        return Some(part.value.start.saturating_add(place.start)..part.value.start.saturating_add(place.end));
    }
    let before = index.checked_sub(1).and_then(|before| parts.get(before));
    Some(match (before, parts.get(index.saturating_add(1))) {
        (Some(before), _) => before.whole.end..part.whole.end,
        (None, Some(after)) => part.whole.start..after.whole.start,
        (None, None) => part.whole.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_put_where_the_pointer_says_and_all_else_stays() {
        let text = r#" {"A" : 1.50, "B":{ }, "C":[1, {"D":2}], "N":null,"A/~":"x" } "#;
        let cases = [
            ("/A", r#" {"A" : 7, "B":{ }, "C":[1, {"D":2}], "N":null,"A/~":"x" } "#),
            ("/B/E/F", r#" {"A" : 1.50, "B":{"E":{"F":7} }, "C":[1, {"D":2}], "N":null,"A/~":"x" } "#),
            ("/C/1/D", r#" {"A" : 1.50, "B":{ }, "C":[1, {"D":7}], "N":null,"A/~":"x" } "#),
            ("/C/-", r#" {"A" : 1.50, "B":{ }, "C":[1, {"D":2},7], "N":null,"A/~":"x" } "#),
            ("/C/2/X", r#" {"A" : 1.50, "B":{ }, "C":[1, {"D":2},{"X":7}], "N":null,"A/~":"x" } "#),
            ("/N/X", r#" {"A" : 1.50, "B":{ }, "C":[1, {"D":2}], "N":{"X":7},"A/~":"x" } "#),
            ("/A~1~0", r#" {"A" : 1.50, "B":{ }, "C":[1, {"D":2}], "N":null,"A/~":7 } "#),
            ("/Q\"", r#" {"A" : 1.50, "B":{ }, "C":[1, {"D":2}], "N":null,"A/~":"x","Q\"":7 } "#),
            ("", "7"),
        ];
        for (pointer, expected) in cases {
            assert_eq!(set(text.into(), pointer, "7").unwrap().as_str(), expected, "{pointer}");
        }
        for (pointer, astray) in [("A", Astray::Form), ("/A/X", Astray::Scalar), ("/C/9", Astray::Index)] {
            assert_eq!(set(text.into(), pointer, "7").unwrap_err(), astray, "{pointer}");
        }
    }

    #[test]
    fn what_is_removed_takes_its_comma_along() {
        let cases = [
            ("/A", r#"{"A":1,"B":2}"#, Some(r#"{"B":2}"#)),
            ("/B", r#"{"A":1, "B":2}"#, Some(r#"{"A":1}"#)),
            ("/A", r#"{"A":1,"B":2,"A":3}"#, Some(r#"{"B":2}"#)),
            ("/A/0", r#"{"A":[1,2]}"#, Some(r#"{"A":[2]}"#)),
            ("/A/B", r#"{"A":{"B":1}}"#, Some(r#"{"A":{}}"#)),
            ("/A/C", r#"{"A":{"B":1}}"#, None),
            ("", "{}", None),
            ("/A/B/C", r#"{"A":{"B":1}}"#, None),
        ];
        for (pointer, text, expected) in cases {
            let removed = remove(text.into(), pointer);
            assert_eq!(removed.as_ref().map(LossyBox::as_str), expected, "{pointer} of {text}");
        }
    }
}
