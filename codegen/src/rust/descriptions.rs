//! Collects all descriptions in one text, so that programs that never use them don't carry them.

use std::collections::HashMap;

use crate::model::ir::Docs;

/// Collects descriptions: one line each, with the long description after a tab.
#[derive(Debug)]
pub(super) struct Descriptions {
    text: String,
    places: HashMap<String, usize>,
}

impl Default for Descriptions {
    fn default() -> Self {
        // Place 0 means that there is none.
        Self { text: "\n".to_owned(), places: HashMap::new() }
    }
}

impl Descriptions {
    /// Returns where a description starts, in bytes from the start of the text; 0 if there is none.
    pub(super) fn place(&mut self, docs: &Docs) -> usize {
        let flat = |text: &Option<String>| {
            text.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let line = format!("{}\t{}", flat(&docs.description), flat(&docs.long_description));
        if line.len() == 1 {
            return 0;
        }
        if let Some(place) = self.places.get(&line) {
            return *place;
        }
        let place = self.text.len();
        self.text.push_str(&line);
        self.text.push('\n');
        self.places.insert(line, place);
        place
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}
