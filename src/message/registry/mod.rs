//! Message registries: what an identifier stands for. Those of DMTF are built in; a service's own are read from it.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::id::MessageId;
use crate::schema::message::Message;
use crate::schema::resource::Health;

/// The messages of a registry by key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry(HashMap<String, Entry>);

/// What a registry contains about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    severity: Option<String>,
    text: String,
    resolution: Option<String>,
}

static STANDARD: LazyLock<HashMap<&'static str, Registry>> = LazyLock::new(|| {
    let mut all: HashMap<&'static str, Registry> = HashMap::new();
    for (first, text) in [("Base", include_str!("base.txt")), ("", include_str!("events.txt"))] {
        let mut prefix = first;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                prefix = name;
                continue;
            }
            let mut columns = line.split('|').map(str::trim);
            if let (Some(key), Some(severity), Some(text)) = (columns.next(), columns.next(), columns.next()) {
                let resolution = columns.next().filter(|text| !text.is_empty()).map(str::to_owned);
                let entry = Entry { severity: Some(severity.to_owned()), text: text.to_owned(), resolution };
                all.entry(prefix).or_default().0.insert(key.to_owned(), entry);
            }
        }
    }
    all
});

/// Returns DMTF's registry of this prefix. A key without a prefix belongs to the Base registry.
pub(crate) fn standard(prefix: &str) -> Option<&'static Registry> {
    STANDARD.get(if prefix.is_empty() { "Base" } else { prefix })
}

impl Registry {
    /// Parses a `MessageRegistry`.
    pub(crate) fn from_json(json: &Value) -> Self {
        let text = |entry: &Value, name: &str| entry[name].as_str().map(|text| shortened(text).to_owned());
        let messages = json["Messages"].as_object().into_iter().flatten();
        Self(
            messages
                .take(MOST)
                .filter_map(|(key, entry)| {
                    let severity = text(entry, "MessageSeverity").or_else(|| text(entry, "Severity"));
                    let resolution = text(entry, "Resolution").filter(|text| !is_nothing(text));
                    Some((shortened(key).to_owned(), Entry { severity, text: text(entry, "Message")?, resolution }))
                })
                .collect(),
        )
    }

    /// Fills in what a message leaves out.
    pub(crate) fn complete(&self, id: &MessageId<'_>, message: &mut Message) {
        let Some(entry) = self.0.get(id.key) else { return };
        if lacks_text(message) {
            message.message = Some(with_arguments(&entry.text, &message.message_args));
        }
        if message.resolution.as_deref().is_none_or(is_nothing) {
            message.resolution = entry.resolution.as_deref().map(|text| with_arguments(text, &message.message_args));
        }
        if message.message_severity.is_none() {
            let said = message.severity.as_deref().and_then(severity);
            message.message_severity = said.or_else(|| entry.severity.as_deref().and_then(severity));
        }
    }
}

/// Returns whether a message lacks a text that explains it.
pub(crate) fn lacks_text(message: &Message) -> bool {
    message.message.as_deref().is_none_or(|text| is_nothing(text) || text.contains("%1"))
}

fn is_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "None" | "None." | "N/A")
}

/// Parses a severity, including the words that older services use.
pub(crate) fn severity(text: &str) -> Option<Health> {
    match text.trim().to_ascii_lowercase().as_str() {
        "ok" | "informational" | "info" => Some(Health::OK),
        "warning" => Some(Health::Warning),
        "critical" | "error" | "fatal" => Some(Health::Critical),
        _ => None,
    }
}

/// The longest sentence in bytes; the rest is cut off.
const LONGEST: usize = 8 << 10;

/// How many messages are taken from a registry at most.
const MOST: usize = 20_000;

/// Truncates a text to the longest length.
pub(super) fn shortened(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text)
}

/// Inserts arguments into a text. A missing argument becomes `?`.
fn with_arguments(text: &str, arguments: &[String]) -> String {
    let mut whole = String::new();
    let mut rest = shortened(text);
    while let Some((before, after)) = rest.split_once('%') {
        whole.push_str(before);
        if whole.len() > LONGEST {
            rest = "";
            break;
        }
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let (number, next) = after.split_at(digits);
        match number.parse::<usize>() {
            Ok(number) if number > 0 => {
                whole.push_str(arguments.get(number.saturating_sub(1)).map_or("?", |text| shortened(text)));
                rest = next;
            }
            _ => {
                whole.push('%');
                rest = after;
            }
        }
    }
    whole.push_str(rest);
    whole.truncate(shortened(&whole).len());
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_is_well_formed() {
        assert_eq!(STANDARD.len(), 4);
        assert!(STANDARD["Base"].0.len() > 100, "{}", STANDARD["Base"].0.len());
        for (prefix, registry) in STANDARD.iter() {
            for (key, entry) in &registry.0 {
                let name = format!("{prefix}.{key}");
                assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
                assert!(entry.severity.as_deref().and_then(severity).is_some(), "{name}");
                assert!(entry.text.ends_with(['.', '1', '2']), "{name}: {}", entry.text);
                assert!(entry.resolution.as_deref().is_none_or(|text| text.ends_with('.')), "{name}");
            }
        }
    }

    #[test]
    fn arguments_are_put_in() {
        let arguments = ["a".to_owned(), "b%1".to_owned()];
        for (text, expected) in [
            ("%1 and %2.", "a and b%1."),
            ("100 % of %1", "100 % of a"),
            ("%3", "?"),
            ("%", "%"),
            ("%0", "%0"),
            ("none", "none"),
        ] {
            assert_eq!(with_arguments(text, &arguments), expected, "{text}");
        }
        let long = with_arguments(&"%1".repeat(100_000), &["é".repeat(100_000)]);
        assert!(long.starts_with('é') && long.len() <= LONGEST, "{}", long.len());
    }
}
