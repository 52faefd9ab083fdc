//! The forms in which services accept the ETags that they sent: unchanged, without a suffix added by compression, weak,
//! or without quotes.

use std::sync::atomic::{AtomicU8, Ordering};

/// Suffixes that servers add to an ETag when they compress the body, and fail to remove when the tag comes back.
const SUFFIXES: [&str; 6] = ["-gzip", "--gzip", ";gzip", "-deflate", "-br", "+gzip"];

/// How to write an ETag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Unchanged.
    AsIs,
    /// Quoted, without `W/` and without a suffix added by compression.
    Strong,
    /// As `Strong`, without quotes.
    Bare,
    /// With `W/` and quotes.
    Weak,
}

pub(super) const FORMS: [Form; 4] = [Form::AsIs, Form::Strong, Form::Bare, Form::Weak];

/// The form that the service accepted.
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

/// Returns what is between the quotes, without a suffix added by compression.
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
