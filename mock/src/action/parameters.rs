//! The parameters that the schemas declare for each action. The values that a given machine accepts
//! are listed in that machine's payloads.

use crate::schema;

/// A parameter of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// The kind of JSON that a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Truth,
    Object,
    Array,
    /// Any scalar.
    Any,
}

/// Returns the parameters of an action such as `ComputerSystem.Reset`, or `None` if no standard schema
/// declares the action.
pub(super) fn of(action: &str) -> Option<Vec<Parameter>> {
    Some(schema::parameters(action)?.filter_map(parse).collect())
}

/// Parses `Name:kind`, with an exclamation mark after the kind if the parameter is required.
fn parse(text: &'static str) -> Option<Parameter> {
    let (name, kind) = text.split_once(':')?;
    let (kind, required) = match kind.strip_suffix('!') {
        Some(kind) => (kind, true),
        None => (kind, false),
    };
    let kind = match kind {
        "text" => Kind::Text,
        "number" => Kind::Number,
        "truth" => Kind::Truth,
        "object" => Kind::Object,
        "any" => Kind::Any,
        "array" => Kind::Array,
        _ => return None,
    };
    Some(Parameter { name, kind, required })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_of_vendors_are_not_known() {
        assert_eq!(of("HpeiLO.Reset"), None);
        assert_eq!(of("Bios.ResetBios"), Some(Vec::new()));
        let reset = Parameter { name: "ResetType", kind: Kind::Text, required: false };
        assert_eq!(of("ComputerSystem.Reset"), Some(vec![reset]));
    }
}
