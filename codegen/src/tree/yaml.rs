//! YAML text to a tree, by the events of `saphyr-parser`. Aliases are copies of what they stand for, up to a limit; of types there are those
//! of YAML's core schema. Nothing is constructed from tags.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{MAX_DEPTH, Node, Value, line, too_deep};
use crate::error::Error;

/// As many values as a file may have, aliases expanded. DSP8010's largest file has thirty thousand.
const MAX_NODES: usize = 2_000_000;

/// Reads a YAML text of one document.
pub(crate) fn read(file: &str, text: &str) -> Result<Node, Error> {
    let mut builder = Builder { file, ..Builder::default() };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) =
            event.map_err(|error| Error::at(file, at(error.marker().line()), error.info(), "well-formed YAML"))?;
        builder.event(event, span)?;
    }
    builder.root.ok_or_else(|| Error::at(file, 1, "no value at all", "a map"))
}

/// Lines of the parser count from 1.
fn at(number: usize) -> u32 {
    line(number.saturating_sub(1))
}

/// A list or a map that is not complete yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The name of the member whose value is next.
    key: Option<String>,
    names: BTreeSet<String>,
    /// How many values there were before it.
    before: usize,
}

#[derive(Default)]
struct Builder<'f> {
    file: &'f str,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Error> {
        let line = at(span.start.line());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let key = self.open.last().is_some_and(|open| open.key.is_none() && is_map(&open.node));
                let value = match plain && !key {
                    true => scalar(&text),
                    false => Value::Text(text.into_owned()),
                };
                self.count(line, 1)?;
                self.add(Node { line, value }, anchor, 1)
            }
            Event::SequenceStart(anchor, _) => self.begin(Value::List(Vec::new()), line, anchor),
            Event::MappingStart(anchor, _) => self.begin(Value::Map(Vec::new()), line, anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let size = self.nodes - open.before;
                self.add(open.node, open.anchor, size)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor) else {
                    return Err(Error::at(self.file, line, "an alias of what is not complete", "an anchor before it"));
                };
                let (size, depth) = (*size, depth(node));
                if depth + self.open.len() >= MAX_DEPTH {
                    return Err(too_deep(self.file, line));
                }
                self.count(line, size)?;
                let mut node = self
                    .anchors
                    .get(&anchor)
                    .map(|(node, _)| node.clone())
                    .unwrap_or(Node { line, value: Value::Null });
                node.line = line;
                self.add(node, 0, size)
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Error::at(self.file, line, "a second document", "one document"))
            }
            _ => Ok(()),
        }
    }

    /// Checked before anything is copied.
    fn count(&mut self, line: u32, more: usize) -> Result<(), Error> {
        self.nodes = self.nodes.saturating_add(more);
        match self.nodes > MAX_NODES {
            true => Err(Error::at(self.file, line, format!("more than {MAX_NODES} values"), "a schema")),
            false => Ok(()),
        }
    }

    fn begin(&mut self, value: Value, line: u32, anchor: usize) -> Result<(), Error> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(self.file, line));
        }
        let before = self.nodes;
        self.count(line, 1)?;
        self.open.push(Open { node: Node { line, value }, anchor, key: None, names: BTreeSet::new(), before });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Error> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
            self.count(node.line, size)?;
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Map(members) => match open.key.take() {
                Some(key) => members.push((key, node)),
                None => {
                    let Value::Text(key) = node.value else {
                        return Err(node.error(self.file, format!("{} as a name", node.kind()), "a text"));
                    };
                    if !open.names.insert(key.clone()) {
                        return Err(Error::at(
                            self.file,
                            node.line,
                            format!("`{key}` a second time"),
                            "each name once",
                        ));
                    }
                    open.key = Some(key);
                }
            },
            _ => {}
        }
        Ok(())
    }
}

fn is_map(node: &Node) -> bool {
    matches!(node.value, Value::Map(_))
}

fn depth(node: &Node) -> usize {
    let inner = match &node.value {
        Value::List(items) => items.iter().map(depth).max(),
        Value::Map(members) => members.iter().map(|(_, node)| depth(node)).max(),
        _ => None,
    };
    inner.unwrap_or(0) + 1
}

/// A plain scalar by YAML's core schema.
fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => {
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            let number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && text.parse::<f64>().is_ok();
            if number { Value::Number(text.to_owned()) } else { Value::Text(text.to_owned()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines_and_scalars_their_kinds() {
        let node =
            read("a.yaml", "a:\n- 1\n- 'Off'\n- Off\n- v1_0_0\n- null\ntrue: x\nb: {c: !t 1, d: &x [2]}\ne: *x\n")
                .unwrap();
        let a = node.get("a").unwrap().items();
        assert_eq!(a[0], Node { line: 2, value: Value::Number("1".to_owned()) });
        assert_eq!((a[1].text(), a[2].text(), a[3].text()), (Some("Off"), Some("Off"), Some("v1_0_0")));
        assert_eq!(a[4].value, Value::Null);
        assert_eq!(node.get("true").unwrap().text(), Some("x"), "names are texts");
        assert_eq!(node.get("b").unwrap().get("c").unwrap().text(), Some("1"));
        assert_eq!((node.get("e").unwrap().line, node.get("e").unwrap().items().len()), (9, 1));
    }

    #[test]
    fn what_is_not_one_map_or_grows_without_end_is_an_error_with_its_line() {
        let laughs: String =
            (1..12).map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9))).collect();
        let laughs = format!("a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n{laughs}");
        let nested: String = (1..200).map(|n| format!("b{n}: &b{n} [*b{}]\n", n - 1)).collect();
        let nested = format!("b0: &b0 [1]\n{nested}");
        let deep = "- ".repeat(100_000);
        for (text, line) in [
            ("", 1),
            ("a: 1\nb: [1, 2\n", 3),
            ("a: 1\na: 2\n", 2),
            ("a: 1\n---\nb: 2\n", 2),
            ("a: *nothing\n", 1),
            ("a: &a [*a]\n", 1),
            ("? [a]\n: 1\n", 1),
            ("a:\n\t- b\n", 2),
            (laughs.as_str(), 7),
            (nested.as_str(), 126),
            (deep.as_str(), 1),
        ] {
            let error = read("a.yaml", text).unwrap_err();
            assert_eq!((error.file(), error.line()), ("a.yaml", Some(line)), "{error} of {:.60}", text);
        }
    }
}
