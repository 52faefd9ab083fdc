//! Long descriptions that say no more than the short ones: `The version.` and then `This property shall contain the
//! version.` They go, so that what is left of them is worth reading.

use std::collections::BTreeSet;

use super::ir::{Docs, Model};

/// Drops the long descriptions that only repeat the short ones.
pub(super) fn drop_repeated(model: &mut Model) {
    let look = |docs: &mut Docs| {
        if let (Some(short), Some(long)) = (&docs.description, &docs.long_description)
            && repeats(short, long)
        {
            docs.long_description = None;
        }
    };
    for item in model.structs.values_mut() {
        look(&mut item.docs);
        item.fields.iter_mut().for_each(|field| look(&mut field.docs));
        item.actions.iter_mut().for_each(|action| look(&mut action.docs));
    }
    for item in model.enums.values_mut() {
        look(&mut item.docs);
        item.members.iter_mut().for_each(|member| look(&mut member.docs));
    }
    model.open_types.values_mut().for_each(look);
    model.terms.values_mut().for_each(|term| look(&mut term.docs));
}

/// What the standard's authors put around a description to make a requirement of it. Neither negations nor numbers, and
/// none of the words of conditions are among them.
const FRAME: &[&str] = &[
    "a",
    "an",
    "and",
    "any",
    "be",
    "by",
    "contain",
    "contains",
    "define",
    "defined",
    "describe",
    "describes",
    "for",
    "has",
    "have",
    "identify",
    "implementation",
    "in",
    "indicate",
    "indicates",
    "is",
    "it",
    "its",
    "name",
    "of",
    "or",
    "provide",
    "provides",
    "redfish",
    "represent",
    "represents",
    "shall",
    "specify",
    "specifies",
    "that",
    "the",
    "these",
    "this",
    "to",
    "type",
    "value",
    "whether",
    "which",
    "with",
];

/// What a long description may call the thing that it describes.
const THINGS: &[&str] = &[
    "action",
    "array",
    "collection",
    "enumeration",
    "instance",
    "instances",
    "link",
    "links",
    "object",
    "parameter",
    "property",
    "resource",
    "resources",
    "schema",
];

/// Whether each word of the long description that says something is a word of the short one.
fn repeats(short: &str, long: &str) -> bool {
    let known: BTreeSet<String> = words(short).collect();
    words(long).all(|word| known.contains(&word) || FRAME.contains(&&*word) || THINGS.contains(&&*word))
}

/// The words in lower case, without their punctuation.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::repeats;

    #[test]
    fn what_says_no_more_than_the_short_description_repeats_it() {
        let cases = [
            ("The version of this software.", "This property shall contain the version of this software."),
            (
                "The type of release of this software.",
                "This property shall describe the type of release for the software release.",
            ),
            ("The size of the image, in bytes.", "This property shall contain the size of the image in bytes."),
            ("An indication of whether it is on.", "The value of this property shall indicate whether it is on."),
            (
                "The collection of `Fan` resource instances.",
                "This resource shall represent a resource collection of `Fan` instances for a Redfish implementation.",
            ),
        ];
        for (short, long) in cases {
            assert!(repeats(short, long), "{long}");
        }
    }

    #[test]
    fn what_adds_a_condition_a_number_a_reference_or_a_negation_stays() {
        let cases = [
            ("The version.", "This property shall contain the version. It shall not change."),
            ("The port.", "This property shall contain the port, from 1 to 65535."),
            ("The model of it.", "This property shall contain the model as provided by the manufacturer."),
            ("The state.", "This property shall contain the state. If absent, `Enabled` is assumed."),
            ("The link to the log.", "This property shall contain a link to a resource of type `LogService`."),
            (
                "Universal Serial Bus.",
                "This value shall indicate conformance to the Universal Serial Bus Specification.",
            ),
        ];
        for (short, long) in cases {
            assert!(!repeats(short, long), "{long}");
        }
    }
}
