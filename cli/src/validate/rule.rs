//! The rules, each with its name, how much it weighs, and where the standard has it: the title of the section of DSP0266, as
//! their numbers change from one version to the next.

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Allowed, but not what the standard recommends, or not certain.
    Warning,
    /// The standard says "shall".
    Error,
}

impl Severity {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// `property.unknown`.
    pub(crate) name: &'static str,
    pub(crate) severity: Severity,
    /// The document and the title of the section.
    pub(crate) section: &'static str,
}

macro_rules! rules {
    ($($constant:ident $severity:ident $name:literal $section:literal,)*) => {
        $(pub(crate) static $constant: Rule =
            Rule { name: $name, severity: Severity::$severity, section: $section };)*

        /// All rules, in the order of this file.
        #[cfg(test)]
        pub(crate) static ALL: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    // Answers
    NOT_READ        Error   "answer.status"             "DSP0266, Status codes",
    NOT_JSON        Error   "answer.json"               "DSP0266, Resource responses",
    NOT_OBJECT      Error   "answer.object"             "DSP0266, Resource responses",
    DUPLICATE_NAME  Error   "answer.duplicate-name"     "DSP0266, Resource responses",
    // Types
    TYPE_MISSING    Error   "type.missing"              "DSP0266, Resource type (@odata.type) property",
    TYPE_FORM       Error   "type.form"                 "DSP0266, Resource type (@odata.type) property",
    TYPE_UNKNOWN    Warning "type.unknown"              "DSP0266, Resource type (@odata.type) property",
    TYPE_VERSION    Error   "type.version"              "DSP0266, Schema versioning",
    TYPE_MISFIT     Error   "type.misfit"               "DSP0266, Resource type (@odata.type) property",
    // Properties
    UNKNOWN         Error   "property.unknown"          "DSP0266, Properties",
    MISSING         Error   "property.required"         "DSP0266, Required properties",
    NULL            Error   "property.null"             "DSP0266, Nullable properties",
    ARRAY           Error   "property.array"            "DSP0266, Array properties",
    KIND            Error   "property.kind"             "DSP0266, Primitive types",
    OBJECT          Error   "property.object"           "DSP0266, Structured properties",
    SCHEMA_GAP      Error   "property.schema"           "DSP0266, Schema definition languages",
    DEPRECATED      Warning "property.deprecated"       "DSP0266, Deprecated properties",
    EXCERPT         Error   "property.excerpt"          "DSP0266, Excerpts",
    WRITE_ONLY      Error   "property.write-only"       "DSP0266, Property permissions",
    // Values
    FORMAT          Error   "value.format"              "DSP0266, Primitive types",
    PATTERN         Error   "value.pattern"             "DSP0266, Schema annotations: Pattern",
    ENUM            Error   "value.enum"                "DSP0266, Enumerations",
    ENUM_VERSION    Error   "value.enum-version"        "DSP0266, Schema versioning",
    ENUM_DEPRECATED Warning "value.enum-deprecated"     "DSP0266, Deprecated values",
    RANGE           Error   "value.range"               "DSP0266, Schema annotations: Minimum and Maximum",
    EMPTY           Warning "value.empty"               "DSP0266, Empty string values",
    DURABLE_NAME    Error   "value.durable-name"        "DSP0266, Schema annotations: Pattern",
    // Identity
    URI             Error   "uri.pattern"               "DSP0266, Redfish-defined URIs and relative reference rules",
    URI_OEM         Warning "uri.oem"                   "DSP0266, OEM resource URIs",
    URI_DEPRECATED  Warning "uri.deprecated"            "DSP0266, Redfish-defined URIs and relative reference rules",
    URI_SLASH       Warning "uri.trailing-slash"        "DSP0266, Redfish-defined URIs and relative reference rules",
    URI_OTHER       Error   "uri.other"                 "DSP0266, Resource identifier (@odata.id) property",
    ID_SEGMENT      Error   "identity.id"               "DSP0266, Id property",
    POINTER         Error   "identity.pointer"          "DSP0266, Resource identifier (@odata.id) property",
    MEMBER_ID       Error   "identity.member-id"        "DSP0266, MemberId property",
    // References
    REFERENCE_FORM  Error   "reference.form"            "DSP0266, Reference properties",
    REFERENCE_EXTRA Error   "reference.extra"           "DSP0266, Reference properties",
    REFERENCE_BROKEN Error  "reference.broken"          "DSP0266, Reference properties",
    REFERENCE_GONE  Warning "reference.gone"            "DSP0266, Reference properties",
    REFERENCE_TYPE  Error   "reference.type"            "DSP0266, Reference properties",
    REFERENCE_POINTER Error "reference.pointer"         "DSP0266, Non-resource reference properties",
    // Collections
    COUNT           Error   "collection.count"          "DSP0266, Members@odata.count property",
    COUNT_ARRAY     Error   "collection.array-count"    "DSP0266, Array properties",
    DUPLICATE_MEMBER Error  "collection.duplicate"      "DSP0266, Members property",
    // Annotations
    ANNOTATION      Error   "annotation.unknown"        "DSP0266, Payload annotations",
    ANNOTATION_KIND Error   "annotation.kind"           "DSP0266, Payload annotations",
    ANNOTATION_PLACE Error  "annotation.place"          "DSP0266, Payload annotations",
    COPYRIGHT       Error   "annotation.copyright"      "DSP0266, Payload annotations",
    // Actions
    ACTION_OBJECT   Error   "action.object"             "DSP0266, Actions property",
    ACTION_UNKNOWN  Warning "action.unknown"            "DSP0266, Actions property",
    ACTION_PLACE    Error   "action.place"              "DSP0266, Actions property",
    ACTION_VERSION  Error   "action.version"            "DSP0266, Schema versioning",
    ACTION_TARGET   Error   "action.target"             "DSP0266, Actions property",
    ACTION_SLASH    Warning "action.trailing-slash"     "DSP0266, Actions property",
    ACTION_PROPERTY Error   "action.property"           "DSP0266, Actions property",
    ALLOWABLE       Error   "action.allowable"          "DSP0266, Allowable values",
    ALLOWABLE_NAME  Error   "action.parameter"          "DSP0266, Allowable values",
    // Oem
    OEM_OBJECT      Error   "oem.object"                "DSP0266, OEM property format and content",
    OEM_NAME        Warning "oem.name"                  "DSP0266, OEM property naming",
    // HTTP
    ALLOW           Error   "http.allow"                "DSP0266, Response headers",
    ALLOW_MISSING   Warning  "http.allow-missing"        "DSP0266, Response headers",
    ODATA_VERSION   Error   "http.odata-version"        "DSP0266, Response headers",
    CACHE_CONTROL   Error   "http.cache-control"        "DSP0266, Response headers",
    CONTENT_TYPE    Error   "http.content-type"         "DSP0266, Response headers",
    ETAG            Error   "http.etag"                 "DSP0266, ETags",
    ETAG_MISSING    Warning "http.etag-missing"         "DSP0266, ETags",
    NOT_MODIFIED    Warning "http.not-modified"         "DSP0266, ETags",
    HEAD            Error   "http.head"                 "DSP0266, HEAD",
    NOT_FOUND       Error   "http.not-found"            "DSP0266, Status codes",
    NOT_ALLOWED     Error   "http.method-not-allowed"   "DSP0266, Status codes",
    ERROR_BODY      Error   "http.error-body"           "DSP0266, Error responses",
    ROOT_OPEN       Error   "http.root-open"            "DSP0266, Service root request",
    LOGIN_WANTED    Error   "http.login-wanted"         "DSP0266, Authentication",
    VERSIONS        Error   "http.versions"             "DSP0266, Protocol version",
    METADATA        Error   "http.metadata"             "DSP0266, OData service and metadata document requests",
    // Profiles
    PROFILE_RESOURCE Error  "profile.resource"          "DSP0272, Resource (schema) level functionality",
    PROFILE_READ    Error   "profile.read"              "DSP0272, Read requirement",
    PROFILE_WRITE   Error   "profile.write"             "DSP0272, Write requirement",
    PROFILE_VERSION Error   "profile.version"           "DSP0272, MinVersion",
    PROFILE_COUNT   Error   "profile.min-count"         "DSP0272, MinCount",
    PROFILE_SUPPORT Error   "profile.supported-values"  "DSP0272, MinSupportValues",
    PROFILE_COMPARE Error   "profile.comparison"        "DSP0272, Comparison",
    PROFILE_REPLACED Warning "profile.replaced"         "DSP0272, ReplacesProperty",
    PROFILE_ACTION  Error   "profile.action"            "DSP0272, Action requirements",
    PROFILE_PARAMETER Error "profile.parameter"         "DSP0272, Parameters",
    PROFILE_ALLOW   Error   "profile.capability"        "DSP0272, Resource (schema) level functionality",
    PROFILE_REGISTRY Error  "profile.registry"          "DSP0272, Registry level requirements",
    PROFILE_PROTOCOL Error  "profile.protocol"          "DSP0272, Protocol requirements",
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_rule_has_a_name_of_its_own() {
        let names: HashSet<_> = ALL.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn the_documentation_has_each_rule_as_it_is() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/validate.md");
        let text = std::fs::read_to_string(file).unwrap();
        for rule in ALL {
            let (name, severity) = (format!("| `{}` | {} |", rule.name, rule.severity.as_str()), rule.section);
            let found = text.lines().any(|line| line.starts_with(&name) && line.ends_with(&format!("| {severity} |")));
            assert!(found, "{name} ... | {severity} |");
        }
    }
}
