//! What a resource and its members are called: `@odata.id`, `Id`, `MemberId`, `DurableName`.

use serde_json::Value;

use super::super::answers::key;
use super::super::finding::quoted;
use super::super::rule::{self, Rule};
use super::super::schema::definition::ObjectType;
use super::{At, Checker, Member, Object};

type Wrong = (&'static Rule, String);

impl Checker<'_> {
    pub(super) fn identity(&self, place: &At, member: Member<'_>, value: &Value) -> Option<Wrong> {
        let Member { payload, ty, name, .. } = member;
        let text = value.as_str()?;
        match (place.pointer.as_str(), name) {
            ("/@odata.id", _) => self.own_uri(ty, text),
            ("/Id", _) if !self.answers.is_annotated(self.resource.uri) => {
                let uri = payload.get("@odata.id").and_then(Value::as_str)?;
                let templates = ty.uris.as_ref()?;
                let names_member = |template: &String| template.ends_with('}');
                // Where the URI fits none, which is another finding, it is that of a member if all of them are.
                let is_member = match templates.iter().find(|template| fits(template, uri)) {
                    Some(template) => names_member(template),
                    None => templates.iter().all(names_member),
                };
                let last = key(uri).rsplit('/').next().unwrap_or_default();
                let is_other = is_member && last != text;
                is_other.then(|| (&rule::ID_SEGMENT, format!("'Id' is {}, and the URI ends in '{last}'", quoted(text))))
            }
            (_, "@odata.id") if payload.contains_key("MemberId") => {
                let pointer = place.pointer.strip_suffix("/@odata.id").unwrap_or_default();
                let expected = format!("{}#{pointer}", self.resource.uri);
                (text != expected)
                    .then(|| (&rule::POINTER, format!("'@odata.id' is {}, and {expected} is expected", quoted(text))))
            }
            (pointer, "MemberId") => {
                let expected = pointer.rsplit('/').nth(1).unwrap_or_default();
                (text != expected).then(|| {
                    (
                        &rule::MEMBER_ID,
                        format!("'MemberId' is {}, and the member's pointer ends in '{expected}'", quoted(text)),
                    )
                })
            }
            _ => None,
        }
    }

    fn own_uri(&self, ty: &ObjectType, uri: &str) -> Option<Wrong> {
        let is_served = self.resource.answer.status.is_some() && !self.resource.uri.contains('?');
        if is_served && key(uri) != key(self.resource.uri) {
            let message = format!("'@odata.id' is {}, and the resource is at {}", quoted(uri), self.resource.uri);
            return Some((&rule::URI_OTHER, message));
        }
        if self.answers.is_annotated(uri) {
            return None;
        }
        if let Some(templates) = &ty.uris {
            let Some(template) = templates.iter().find(|template| fits(template, uri)) else {
                // Vendors decide where to put resources below `Oem`.
                let rule = if uri.contains("/Oem/") { &rule::URI_OEM } else { &rule::URI };
                return Some((rule, format!("{} is not a URI that the schema has for {}", quoted(uri), ty.name)));
            };
            if ty.deprecated_uris.contains(template) {
                return Some((&rule::URI_DEPRECATED, format!("the URI {template} is deprecated")));
            }
        }
        let has_slash = uri.ends_with('/') && uri != "/redfish/v1/";
        has_slash.then(|| (&rule::URI_SLASH, format!("{} ends in a slash", quoted(uri))))
    }

    /// Checks a durable name. The property beside it says what it looks like.
    pub(super) fn durable_name(&self, payload: &Object, name: &str, value: &Value) -> Option<Wrong> {
        if name != "DurableName" {
            return None;
        }
        let text = value.as_str()?;
        let format = payload.get("DurableNameFormat").and_then(Value::as_str)?;
        let pattern = match format {
            "NAA" => "(([0-9A-Fa-f]{2}){8}){1,2}$",
            "FC_WWN" | "EUI" => "([0-9A-Fa-f]{2}[:-]){7}[0-9A-Fa-f]{2}$",
            "UUID" => "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
            "NGUID" => "([0-9A-Fa-f]{2}){16}$",
            "MACAddress" => "([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$",
            _ => return None,
        };
        let is_wrong = self.patterns.matches(pattern, text) == Some(false);
        is_wrong.then(|| (&rule::DURABLE_NAME, format!("{} does not have the form of {format}", quoted(text))))
    }
}

/// Returns whether a URI fits a template: as many segments, and the same ones where the template names them.
pub(super) fn fits(template: &str, uri: &str) -> bool {
    let segments = |text: &str| key(text).split('/').map(str::to_owned).collect::<Vec<_>>();
    let (template, uri) = (segments(template), segments(uri));
    template.len() == uri.len()
        && template.iter().zip(&uri).all(|(template, segment)| match template.starts_with('{') {
            true => !segment.is_empty(),
            false => template == segment,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_stands_for_one_segment_at_a_time() {
        for (template, uri, expected) in [
            ("/redfish/v1/Chassis/{ChassisId}", "/redfish/v1/Chassis/1U", true),
            ("/redfish/v1/Chassis/{ChassisId}", "/redfish/v1/Chassis/1U/", true),
            ("/redfish/v1/Chassis/{ChassisId}", "/redfish/v1/Chassis/", false),
            ("/redfish/v1/Chassis/{ChassisId}", "/redfish/v1/Chassis/1U/Power", false),
            ("/redfish/v1/Chassis/{ChassisId}/Power", "/redfish/v1/Chassis/1U/Thermal", false),
            ("/redfish/v1", "/redfish/v1/", true),
        ] {
            assert_eq!(fits(template, uri), expected, "{template} {uri}");
        }
    }
}
