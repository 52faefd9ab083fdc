//! Writes descriptions as doc comments. The schemas' text is plain with code in backticks; whatever else Markdown would
//! interpret is escaped.

use std::fmt::Write as _;

use crate::model::ir::{Deprecation, Docs, Field, Permissions, Version};

/// Writes the doc comment of a type, a member or an action. `otherwise` stands in for a missing description, and `more` adds
/// what the schema can't know.
pub(super) fn item(out: &mut String, indent: &str, docs: &Docs, otherwise: &str, more: Option<&str>) {
    paragraphs(out, indent, docs, otherwise, &facts_of(docs), more);
}

/// Writes the doc comment of a field.
pub(super) fn field(out: &mut String, indent: &str, field: &Field) {
    let mut facts = vec![format!("`{}`", field.json)];
    let mut fact = |text: &str| facts.push(text.to_owned());
    match field.permissions {
        Some(Permissions::Read) => fact("read-only"),
        Some(Permissions::ReadWrite) => fact("read-write"),
        Some(Permissions::Write) => fact("write-only"),
        Some(Permissions::None) | None => {}
    }
    if field.required {
        fact("required");
    }
    if field.required_on_create {
        fact("required on create");
    }
    if let Some(unit) = &field.unit {
        facts.push(format!("unit `{unit}`"));
    }
    match (field.minimum, field.maximum) {
        (Some(low), Some(high)) => facts.push(format!("{low} to {high}")),
        (Some(low), None) => facts.push(format!("at least {low}")),
        (None, Some(high)) => facts.push(format!("at most {high}")),
        (None, None) => {}
    }
    if let Some(pattern) = field.pattern.as_ref().filter(|pattern| !pattern.contains('`')) {
        facts.push(format!("pattern `{pattern}`"));
    }
    facts.extend(facts_of(&field.docs));
    paragraphs(out, indent, &field.docs, &format!("The `{}` property.", field.json), &facts, None);
}

fn facts_of(docs: &Docs) -> Vec<String> {
    let number = |v: &Version| format!("{}.{}", v.0, v.1);
    let mut facts = Vec::new();
    if let Some(since) = &docs.since {
        facts.push(format!("since {}", number(since)));
    }
    if let Some(Deprecation { version, description }) = &docs.deprecated {
        let since = version.as_ref().map_or_else(String::new, |v| format!(" since {}", number(v)));
        let why = description.as_ref().map_or_else(String::new, |text| format!(": {}", escape(text)));
        facts.push(format!("**deprecated**{since}{why}"));
    }
    facts
}

fn paragraphs(out: &mut String, indent: &str, docs: &Docs, otherwise: &str, facts: &[String], more: Option<&str>) {
    let text = |text: &Option<String>| text.as_deref().map(escape).filter(|text| !text.is_empty());
    let first = text(&docs.description).or_else(|| text(&docs.long_description));
    let long = text(&docs.long_description).filter(|long| Some(long) != first.as_ref());
    let facts = Some(facts.join(" · ")).filter(|facts| !facts.is_empty());
    let first = first.unwrap_or_else(|| otherwise.to_owned());
    let more = more.map(str::to_owned);
    let all: Vec<_> = [Some(first), long, facts, more].into_iter().flatten().map(|text| line(&text)).collect();
    // A block comment where possible: line comments are an attribute per line to the compiler, and there would be 50,000.
    if all.len() == 1 || all.iter().any(|text| has_comment(text)) {
        let gap = format!("\n{indent}///\n{indent}/// ");
        let _ = writeln!(out, "{indent}/// {}", all.join(&gap));
    } else {
        let gap = format!("\n\n{indent}");
        let _ = writeln!(out, "{indent}/** {} */", all.join(&gap));
    }
}

/// Makes text from a schema safe for a comment of one line. It gets into comments only this way: a character that ends a line would
/// end the comment, and one that changes the direction would show something other than what the compiler reads.
pub(super) fn line(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(is_odd, " ")
}

/// Returns whether a text can't go into a block comment: because of a comment mark, or half of one at its start or end.
fn has_comment(text: &str) -> bool {
    text.contains("*/") || text.contains("/*") || text.starts_with('/') || text.ends_with(['*', '/'])
}

/// Turns plain text with code in backticks into Markdown that looks the same.
pub(super) fn escape(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let backticks = text.matches('`').count() % 2 == 0;
    let mut out = String::with_capacity(text.len());
    let mut code = false;
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let url = word.trim_start_matches(['(', '"']);
        let end = url.trim_end_matches([')', '.', ',', ';', '"', ':']);
        if !code && (end.starts_with("http://") || end.starts_with("https://")) && !end.contains(['<', '>', '`']) {
            let (before, after) = (&word[..word.len() - url.len()], &url[end.len()..]);
            let _ = write!(out, "{before}<{end}>{after}");
        } else {
            for c in word.chars() {
                match c {
                    '`' if backticks => {
                        code = !code;
                        out.push(c);
                    }
                    '`' | '[' | ']' | '<' | '>' | '*' | '\\' if !code => {
                        out.push('\\');
                        out.push(c);
                    }
                    _ => out.push(c),
                }
            }
        }
        if words.peek().is_some() {
            out.push(' ');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_escaped_outside_of_code() {
        let cases = [
            ("The `[A-Z]` of <x>  and [y].", "The `[A-Z]` of \\<x\\> and \\[y\\]."),
            ("See http://example.com/a_b.", "See <http://example.com/a_b>."),
            ("An odd ` backtick", "An odd \\` backtick"),
        ];
        for (text, expected) in cases {
            assert_eq!(escape(text), expected);
        }
    }
}
