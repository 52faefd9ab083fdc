//! CSDL documents -> definitions: what one element says, with names resolved as its file has them.

use rosefish_codegen::csdl::{self, Annotation, Document, Value};

use super::definition::{
    ActionType, Deprecated, Dynamic, EnumValue, Format, Kind, Limits, ObjectType, Permissions, Property, ScalarType,
};
use super::version::Version;

/// A namespace of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Within<'d> {
    pub(super) document: &'d Document,
    pub(super) schema: &'d csdl::Schema,
}

impl Within<'_> {
    /// Returns a name with its namespace, in place of an alias of the file.
    pub(super) fn full(&self, name: &str) -> String {
        let name = name.trim();
        let Some((prefix, last)) = name.rsplit_once('.') else { return format!("{}.{name}", self.schema.namespace) };
        let includes = self.document.includes.iter().map(|include| (&include.namespace, &include.alias));
        let schemas = self.document.schemas.iter().map(|schema| (&schema.namespace, &schema.alias));
        for (namespace, alias) in includes.chain(schemas) {
            if alias.as_deref() == Some(prefix) {
                return format!("{namespace}.{last}");
            }
        }
        name.to_owned()
    }

    fn kind(&self, name: &str) -> Kind {
        match name {
            "Edm.SByte" | "Edm.Byte" | "Edm.Int16" | "Edm.Int32" | "Edm.Int64" => Kind::Integer,
            "Edm.Decimal" | "Edm.Double" | "Edm.Single" => Kind::Number,
            "Edm.String" => Kind::String(Format::Any),
            "Edm.DateTimeOffset" => Kind::String(Format::DateTime),
            "Edm.Duration" => Kind::String(Format::Duration),
            "Edm.TimeOfDay" => Kind::String(Format::TimeOfDay),
            "Edm.Guid" => Kind::String(Format::Guid),
            "Edm.Boolean" => Kind::Boolean,
            "Edm.PrimitiveType" | "Edm.Primitive" => Kind::Primitive,
            other => Kind::Named(self.full(other)),
        }
    }

    fn property(&self, ty: &str, nullable: Option<bool>, annotations: &[Annotation]) -> Property {
        let inner = ty.strip_prefix("Collection(").and_then(|ty| ty.strip_suffix(')'));
        let mut property = Property::new(self.kind(inner.unwrap_or(ty)));
        property.many = inner.is_some();
        property.nullable = nullable.unwrap_or(true);
        property.limits = limits(annotations);
        property.deprecated = revisions(annotations).1;
        for annotation in annotations {
            let text = text_of(&annotation.value);
            match term(annotation) {
                "Redfish.Required" => property.required = annotation.value != Value::Bool(false),
                "OData.AutoExpand" => property.auto_expand = annotation.value != Value::Bool(false),
                "OData.IsURL" => property.is_uri = true,
                "OData.Permissions" => {
                    property.permissions = match text.and_then(|text| text.rsplit('/').next()) {
                        Some("Read") => Permissions::Read,
                        Some("ReadWrite") => Permissions::ReadWrite,
                        Some("Write" | "None") => Permissions::Hidden,
                        _ => Permissions::Unsaid,
                    }
                }
                "Redfish.ExcerptCopy" => property.excerpt_copy = Some(text.unwrap_or_default().to_owned()),
                "Redfish.Excerpt" => {
                    let names = text.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
                    property.excerpts = Some(names.map(str::to_owned).collect());
                }
                "Redfish.ExcerptCopyOnly" => {
                    property.excerpt_only = true;
                    property.excerpts = Some(Vec::new());
                }
                _ => {}
            }
        }
        property
    }

    /// Returns what the type declares itself, without what it inherits.
    pub(super) fn object(&self, ty: &csdl::StructuredType) -> ObjectType {
        let name = format!("{}.{}", self.schema.namespace, ty.name);
        let mut object = ObjectType { tree: vec![name.clone()], name, open: false, ..ObjectType::default() };
        for declared in &ty.properties {
            let mut property = self.property(&declared.ty, declared.nullable, &declared.annotations);
            property.navigation = declared.navigation;
            property.auto_expand &= declared.navigation;
            object.properties.insert(declared.name.clone(), property);
        }
        for annotation in &ty.annotations {
            match term(annotation) {
                "OData.AdditionalProperties" => object.open = annotation.value != Value::Bool(false),
                "Redfish.Uris" => object.uris = Some(texts(&annotation.value)),
                "Redfish.DeprecatedUris" => object.deprecated_uris = texts(&annotation.value),
                "Redfish.DynamicPropertyPatterns" => object.dynamic.extend(self.dynamic(&annotation.value)),
                "Capabilities.InsertRestrictions" => allow(&mut object, &annotation.value, "Insertable", &["POST"]),
                "Capabilities.UpdateRestrictions" => {
                    allow(&mut object, &annotation.value, "Updatable", &["PATCH", "PUT"]);
                }
                "Capabilities.DeleteRestrictions" => allow(&mut object, &annotation.value, "Deletable", &["DELETE"]),
                _ => {}
            }
        }
        object
    }

    fn dynamic(&self, value: &Value) -> Vec<Dynamic> {
        let Value::Collection(records) = value else { return Vec::new() };
        let mut found = Vec::new();
        for record in records {
            if let (Some(pattern), Some(ty)) = (member(record, "Pattern"), member(record, "Type")) {
                found.push(Dynamic { pattern: pattern.to_owned(), property: self.property(ty, None, &[]) });
            }
        }
        found
    }

    pub(super) fn definition(&self, ty: &csdl::TypeDefinition) -> ScalarType {
        let mut values = None;
        for annotation in ty.annotations.iter().filter(|annotation| term(annotation) == "Redfish.Enumeration") {
            let Value::Collection(records) = &annotation.value else { continue };
            let value = |record: &Value| {
                let name = member(record, "Member")?.to_owned();
                let Value::Record(record) = record else { return None };
                let (added, deprecated) = revisions(&record.annotations);
                Some(EnumValue { name, added, deprecated })
            };
            values = Some(records.iter().filter_map(value).collect());
        }
        ScalarType { kind: self.kind(&ty.underlying), values, limits: limits(&ty.annotations) }
    }

    pub(super) fn term(&self, term: &csdl::Term) -> Option<Property> {
        Some(self.property(&term.ty, Some(false), &[]))
    }

    pub(super) fn action(&self, action: &csdl::Action) -> ActionType {
        let (added, deprecated) = revisions(&action.annotations);
        let parameters = action.parameters.iter().skip(usize::from(action.bound));
        let parameters = parameters.map(|parameter| {
            (parameter.name.clone(), self.property(&parameter.ty, parameter.nullable, &parameter.annotations))
        });
        ActionType { added, deprecated, parameters: parameters.collect() }
    }
}

pub(super) fn enumeration(ty: &csdl::EnumType) -> ScalarType {
    let value = |member: &csdl::Member| {
        let (added, deprecated) = revisions(&member.annotations);
        EnumValue { name: member.name.clone(), added, deprecated }
    };
    ScalarType {
        kind: Kind::String(Format::Any),
        values: Some(ty.members.iter().map(value).collect()),
        limits: Limits::default(),
    }
}

/// Returns a term, by the alias that Redfish's own files give its vocabulary.
fn term(annotation: &Annotation) -> &str {
    match annotation.term.as_str() {
        "RedfishExtensions.v1_0_0.Deprecated" => "Redfish.Deprecated",
        "RedfishExtensions.v1_0_0.Required" => "Redfish.Required",
        "RedfishExtensions.v1_0_0.Uris" => "Redfish.Uris",
        "RedfishExtensions.v1_0_0.DynamicPropertyPatterns" => "Redfish.DynamicPropertyPatterns",
        "Org.OData.Core.V1.Permissions" => "OData.Permissions",
        "Org.OData.Core.V1.AdditionalProperties" => "OData.AdditionalProperties",
        other => other,
    }
}

fn limits(annotations: &[Annotation]) -> Limits {
    let mut limits = Limits::default();
    for annotation in annotations {
        match (term(annotation), &annotation.value) {
            ("Validation.Minimum", Value::Int(number)) => limits.minimum = Some(*number),
            ("Validation.Maximum", Value::Int(number)) => limits.maximum = Some(*number),
            ("Validation.Pattern", Value::Text(pattern)) => limits.pattern = Some(pattern.clone()),
            _ => {}
        }
    }
    limits
}

/// Returns when it was added and deprecated.
fn revisions(annotations: &[Annotation]) -> (Option<Version>, Option<Deprecated>) {
    let (mut added, mut deprecated) = (None, None);
    for annotation in annotations {
        match (term(annotation), &annotation.value) {
            ("Redfish.Revisions", Value::Collection(records)) => {
                for record in records {
                    let version = member(record, "Version").and_then(Version::parse);
                    match member(record, "Kind").and_then(|kind| kind.rsplit('/').next()) {
                        Some("Added") => added = version,
                        Some("Deprecated") => deprecated = Some(Deprecated(version)),
                        _ => {}
                    }
                }
            }
            ("Redfish.Deprecated", _) => deprecated = deprecated.or(Some(Deprecated(None))),
            _ => {}
        }
    }
    (added, deprecated)
}

fn allow(object: &mut ObjectType, value: &Value, name: &str, methods: &[&'static str]) {
    let known = object.methods.get_or_insert_with(Vec::new);
    if let Value::Record(record) = value
        && record.values.iter().any(|(key, value)| key == name && *value == Value::Bool(true))
    {
        known.extend(methods);
    }
}

fn member<'v>(record: &'v Value, name: &str) -> Option<&'v str> {
    let Value::Record(record) = record else { return None };
    record.values.iter().find(|(key, _)| key == name).and_then(|(_, value)| text_of(value))
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Collection(items) => items.iter().filter_map(text_of).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
