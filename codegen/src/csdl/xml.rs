//! XML text -> a tree of elements that know their lines. It checks what XML asks for (nesting, quoting, entities) and
//! limits the depth; which elements may stand where is for [`super::parse`] to say.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::error::Error;

/// No schema nests deeper than a dozen elements; this only keeps hostile input from exhausting the stack.
const MAX_DEPTH: usize = 64;

/// An element with its attributes and children; comments and processing instructions are dropped.
#[derive(Debug)]
pub(super) struct Element {
    /// The name without its prefix.
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// The text directly inside.
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Counts lines up to the reader's position, each byte once.
struct Lines<'t> {
    text: &'t str,
    position: usize,
    line: u32,
}

impl Lines<'_> {
    fn at(&mut self, position: u64) -> u32 {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        if let Some(passed) = self.text.get(self.position..position) {
            let newlines = passed.matches('\n').count();
            self.line = self.line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
            self.position = position;
        }
        self.line
    }
}

/// Reads the document's root element.
pub(super) fn read(file: &str, text: &str) -> Result<Element, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text, position: 0, line: 1 };
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let line = lines.at(reader.buffer_position());
        let event = reader.read_event().map_err(|error| {
            let line = lines.at(reader.error_position());
            Error::at(file, line, error.to_string(), "well-formed XML")
        })?;
        let done = match event {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err(Error::at(
                        file,
                        line,
                        format!("more than {MAX_DEPTH} nested elements"),
                        "a CSDL document",
                    ));
                }
                open.push(element(file, line, &start)?);
                None
            }
            Event::Empty(start) => Some(element(file, line, &start)?),
            Event::End(_) => open.pop(),
            Event::Text(text) => {
                // The whitespace between elements does not belong to them.
                if let Some(parent) = open.last_mut()
                    && !text.trim().is_empty()
                {
                    parent.text.push_str(&text);
                }
                None
            }
            Event::CData(text) => {
                if let Some(parent) = open.last_mut() {
                    parent.text.push_str(&text);
                }
                None
            }
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character.to_string()),
                    Ok(None) => resolve_predefined_entity(&reference).map(str::to_owned),
                    Err(_) => None,
                };
                let Some(resolved) = resolved else {
                    return Err(Error::at(
                        file,
                        line,
                        format!("the entity `&{};`", &*reference),
                        "one of XML's predefined entities or a character reference",
                    ));
                };
                if let Some(parent) = open.last_mut() {
                    parent.text.push_str(&resolved);
                }
                None
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => None,
        };
        if let Some(done) = done {
            match open.last_mut() {
                Some(parent) => parent.children.push(done),
                None if root.is_none() => root = Some(done),
                None => {
                    return Err(Error::at(
                        file,
                        done.line,
                        format!("a second root element <{}>", done.name),
                        "the end of the document",
                    ));
                }
            }
        }
    }
    if let Some(unclosed) = open.pop() {
        return Err(Error::at(
            file,
            lines.at(reader.buffer_position()),
            format!("the end of the file inside <{}> from line {}", unclosed.name, unclosed.line),
            format!("</{}>", unclosed.name),
        ));
    }
    root.ok_or_else(|| Error::at(file, lines.line, "no element at all", "<edmx:Edmx>"))
}

fn element(file: &str, line: u32, start: &BytesStart<'_>) -> Result<Element, Error> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| {
            Error::at(file, line, error.to_string(), "attributes of the form name=\"value\", each once")
        })?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| Error::at(file, line, error.to_string(), "an attribute's text"))?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element {
        name: start.local_name().as_ref().to_owned(),
        line,
        attributes,
        children: Vec::new(),
        text: String::new(),
    })
}
