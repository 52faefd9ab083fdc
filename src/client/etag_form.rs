//! The forms in which services want the tags that they gave: as they wrote them, without what compression has added, weak
//! or without quotes.

use std::sync::atomic::{AtomicU8, Ordering};

/// What servers put behind a tag when they compress what it stands for, and do not take off again.
const SUFFIXES: [&str; 6] = ["-gzip", "--gzip", ";gzip", "-deflate", "-br", "+gzip"];

/// A way to write a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As the service wrote it.
    AsIs,
    /// Quoted, without `W/` and without what compression has added.
    Strong,
    /// The same without quotes.
    Bare,
    /// `W/` and quotes.
    Weak,
}

pub(super) const FORMS: [Form; 4] = [Form::AsIs, Form::Strong, Form::Bare, Form::Weak];

/// The form that a service has taken.
#[derive(Debug, Default)]
pub(super) struct LearnedForm(AtomicU8);

impl LearnedForm {
    pub(super) fn form(&self) -> Form {
        FORMS.get(usize::from(self.0.load(Ordering::Relaxed))).copied().unwrap_or(Form::AsIs)
    }

    pub(super) fn learn(&self, form: Form) {
        let number = FORMS.iter().position(|other| *other == form).and_then(|number| u8::try_from(number).ok());
        self.0.store(number.unwrap_or_default(), Ordering::Relaxed);
    }
}

impl Form {
    pub(super) fn of(self, tag: &str) -> String {
        let bare = bare(tag);
        match self {
            Self::AsIs => tag.trim().to_owned(),
            Self::Strong => format!("\"{bare}\""),
            Self::Bare => bare.to_owned(),
            Self::Weak => format!("W/\"{bare}\""),
        }
    }
}

/// What is between the quotes, without what compression has added.
pub(super) fn bare(tag: &str) -> &str {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    SUFFIXES.iter().find_map(|suffix| tag.strip_suffix(suffix)).filter(|rest| !rest.is_empty()).unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_written_in_all_the_forms_that_services_insist_on() {
        let cases = [
            ("\"abc-gzip\"", ["\"abc-gzip\"", "\"abc\"", "abc", "W/\"abc\""]),
            ("W/\"5\"", ["W/\"5\"", "\"5\"", "5", "W/\"5\""]),
            ("1594839102", ["1594839102", "\"1594839102\"", "1594839102", "W/\"1594839102\""]),
        ];
        for (tag, expected) in cases {
            assert_eq!(FORMS.map(|form| form.of(tag)), expected.map(str::to_owned), "{tag}");
        }
        assert_eq!(bare("\"-gzip\""), "-gzip");
        assert_eq!(bare("W/\"\""), "");
    }
}
