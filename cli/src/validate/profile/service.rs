//! What a profile requires of a service as a whole: message registries and the protocol.

use serde_json::Value;

use super::super::answers::Answer;
use super::super::rule;
use super::super::schema::version::Version;
use super::Checker;
use super::document::{Object, Profile, lowest, text};

/// Where the service root says that it has a feature of the protocol.
const FEATURES: [(&str, &[&str]); 7] = [
    ("ExpandQuery", &["ExpandQuery", "ExpandAll"]),
    ("FilterQuery", &["FilterQuery"]),
    ("SelectQuery", &["SelectQuery"]),
    ("OnlyQuery", &["OnlyMemberQuery"]),
    ("ExcerptQuery", &["ExcerptQuery"]),
    ("DeepPATCH", &["DeepOperations", "DeepPATCH"]),
    ("DeepPOST", &["DeepOperations", "DeepPOST"]),
];

impl Checker<'_> {
    /// Checks the registries: whether they are there, in a version that is recent enough, and with the messages that are required.
    pub(super) fn registries(&mut self, profile: &Profile) {
        let answers = self.answers;
        for (name, requirement) in &profile.registries {
            let Value::Object(requirement) = requirement else { continue };
            let read = text(requirement, "ReadRequirement").unwrap_or("Mandatory");
            let place = format!("{} registry {name}", profile.name);
            let said = |answer: &Answer| {
                let registry = text(answer.object()?, "Registry")?
                    .split_once('.')
                    .map(|(name, version)| (name.to_owned(), lowest(version)));
                registry.filter(|(known, _)| known == name)
            };
            let found: Vec<(String, Option<Version>)> = answers.iter().filter_map(said).collect();
            if found.is_empty() {
                if matches!(read, "Mandatory" | "Supported") {
                    self.add(&place, "", &rule::PROFILE_REGISTRY, "the service does not have the registry");
                }
                continue;
            }
            let least = text(requirement, "MinVersion").and_then(lowest);
            if let Some(least) = least
                && !found.iter().any(|(_, version)| version.is_none_or(|version| version >= least))
            {
                let message = format!("the registry is older than version {least}");
                self.add(&place, "", &rule::PROFILE_REGISTRY, &message);
            }
            self.messages(&place, name, requirement);
        }
    }

    fn messages(&mut self, place: &str, name: &str, requirement: &Object) {
        let Some(Value::Object(required)) = requirement.get("Messages") else { return };
        let answers = self.answers;
        let is_it = |object: &&Object| text(object, "RegistryPrefix") == Some(name);
        // Others publish the registries that the service doesn't serve itself.
        let mut served = answers.iter().filter_map(Answer::object).filter(is_it).peekable();
        if served.peek().is_none() {
            return;
        }
        let known: Vec<&Object> = served.filter_map(|object| object.get("Messages")?.as_object()).collect();
        for (message, requirement) in required {
            let read = requirement.get("ReadRequirement").and_then(Value::as_str).unwrap_or("Mandatory");
            if read == "Mandatory" && !known.iter().any(|known| known.contains_key(message)) {
                let text = format!("the registry does not have the message {message}");
                self.add(place, &format!("/Messages/{message}"), &rule::PROFILE_REGISTRY, &text);
            }
        }
    }

    /// Checks the version of the protocol, and the features that the service root has to name.
    pub(super) fn protocol(&mut self, profile: &Profile) {
        let answers = self.answers;
        let Some(root) = answers.get("/redfish/v1").and_then(Answer::object) else { return };
        if let Some(least) = text(&profile.protocol, "MinVersion").and_then(lowest) {
            let version = text(root, "RedfishVersion").and_then(lowest);
            if version.is_none_or(|version| version < least) {
                let message = format!("the service does not say that its protocol is of version {least} or later");
                self.add("/redfish/v1/", "/RedfishVersion", &rule::PROFILE_PROTOCOL, &message);
            }
        }
        for (feature, path) in FEATURES {
            if text(&profile.protocol, feature) != Some("Mandatory") {
                continue;
            }
            let mut at = root.get("ProtocolFeaturesSupported");
            for name in path {
                at = at.and_then(|at| at.get(name));
            }
            if at != Some(&Value::Bool(true)) {
                let pointer = format!("/ProtocolFeaturesSupported/{}", path.join("/"));
                self.add(
                    "/redfish/v1/",
                    &pointer,
                    &rule::PROFILE_PROTOCOL,
                    &format!("{feature} is required, and not there"),
                );
            }
        }
    }
}
