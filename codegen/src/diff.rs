//! What differs between two models: two releases of the schemas, two services, or one release in two languages.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::ir::{
    Action, Docs, Enum, Field, FieldType, Model, Permissions, Struct, StructKind, TypeName, Version,
};

/// Something that one model has otherwise than another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The schema, `ComputerSystem`.
    pub schema: String,
    /// The type in it, with what of it: `ComputerSystem/AssetTag`. Empty for the schema as a whole.
    pub item: String,
    /// What differs: `type`, `permissions`, `required` and so on; for what only one of them has, what it is: `property`, `member`.
    pub aspect: &'static str,
    /// What the first model says; none where it doesn't have the thing.
    pub before: Option<String>,
    /// What the second model says; none where it doesn't have the thing.
    pub after: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schema, item, aspect, .. } = self;
        let dot = if item.is_empty() { "" } else { "." };
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "~ {schema}{dot}{item}: {aspect} {before} -> {after}"),
            (Some(before), None) => write!(f, "- {schema}{dot}{item}: {aspect} {before}"),
            (None, Some(after)) => write!(f, "+ {schema}{dot}{item}: {aspect} {after}"),
            (None, None) => write!(f, "  {schema}{dot}{item}: {aspect}"),
        }
    }
}

/// Compares two models, sorted by schema. Descriptions are not compared.
#[must_use]
pub fn diff(before: &Model, after: &Model) -> Vec<Difference> {
    let mut found = Found { schema: String::new(), differences: Vec::new() };
    let schemas: BTreeSet<&String> = before.schemas.keys().chain(after.schemas.keys()).collect();
    for schema in schemas {
        found.schema.clone_from(schema);
        let (one, other) = (before.schemas.get(schema), after.schemas.get(schema));
        let version = |version: Option<Version>| version.map_or("without version".to_owned(), written_version);
        let one = one.map(|schema| version(schema.version));
        found.value(
            "",
            if one.is_some() && other.is_some() { "version" } else { "schema" },
            one,
            other.map(|schema| version(schema.version)),
        );
    }
    let names: BTreeSet<&TypeName> = before.structs.keys().chain(after.structs.keys()).collect();
    for name in names {
        found.schema.clone_from(&name.schema);
        match (before.structs.get(name), after.structs.get(name)) {
            (Some(one), Some(other)) => found.structs(one, other),
            (one, other) => found.value(&name.name, "type", one.map(kind), other.map(kind)),
        }
    }
    let names: BTreeSet<&TypeName> = before.enums.keys().chain(after.enums.keys()).collect();
    for name in names {
        found.schema.clone_from(&name.schema);
        match (before.enums.get(name), after.enums.get(name)) {
            (Some(one), Some(other)) => found.enums(one, other),
            (one, other) => {
                let members = |item: &Enum| format!("enumeration of {}", item.members.len());
                found.value(&name.name, "type", one.map(members), other.map(members));
            }
        }
    }
    let terms: BTreeSet<&String> = before.terms.keys().chain(after.terms.keys()).collect();
    for name in terms {
        let (schema, term) = name.split_once('.').unwrap_or(("", name));
        schema.clone_into(&mut found.schema);
        let written = |model: &Model| model.terms.get(name).map(|term| written(&term.ty, term.many));
        found.value(&format!("@{term}"), "term", written(before), written(after));
    }
    found.differences.sort();
    found.differences
}

struct Found {
    schema: String,
    differences: Vec<Difference>,
}

impl Found {
    fn value(&mut self, item: &str, aspect: &'static str, before: Option<String>, after: Option<String>) {
        if before != after {
            let (schema, item) = (self.schema.clone(), item.to_owned());
            self.differences.push(Difference { schema, item, aspect, before, after });
        }
    }

    /// Both have the thing, and may say different things of it.
    fn said(&mut self, item: &str, aspect: &'static str, before: impl Into<String>, after: impl Into<String>) {
        self.value(item, aspect, Some(before.into()), Some(after.into()));
    }

    /// What only one of them has among many.
    fn list(&mut self, item: &str, aspect: &'static str, before: &[String], after: &[String]) {
        for gone in before.iter().filter(|value| !after.contains(value)) {
            self.value(item, aspect, Some(gone.clone()), None);
        }
        for new in after.iter().filter(|value| !before.contains(value)) {
            self.value(item, aspect, None, Some(new.clone()));
        }
    }

    fn structs(&mut self, one: &Struct, other: &Struct) {
        let item = &one.name.name;
        self.said(item, "kind", kind(one), kind(other));
        self.said(item, "open", yes(one.open), yes(other.open));
        self.said(item, "abstract", yes(one.is_abstract), yes(other.is_abstract));
        let may = |flag: Option<bool>| flag.map_or("unsaid", yes);
        self.said(item, "insertable", may(one.capabilities.insertable), may(other.capabilities.insertable));
        self.said(item, "updatable", may(one.capabilities.updatable), may(other.capabilities.updatable));
        self.said(item, "deletable", may(one.capabilities.deletable), may(other.capabilities.deletable));
        self.list(item, "URI", &one.uris, &other.uris);
        self.list(item, "deprecated URI", &one.deprecated_uris, &other.deprecated_uris);
        self.docs(item, &one.docs, &other.docs);
        let dynamic = |item: &Struct| {
            let dynamic = item.dynamic.as_ref()?;
            Some(format!("{} for {}", written(&dynamic.ty, dynamic.many), dynamic.patterns.join(" ")))
        };
        self.value(item, "further properties", dynamic(one), dynamic(other));
        let fields: BTreeMap<&str, &Field> = other.fields.iter().map(|field| (field.json.as_str(), field)).collect();
        let known: BTreeSet<&str> = one.fields.iter().map(|field| field.json.as_str()).collect();
        let what = |field: &Field| written(&field.ty, field.many);
        for field in &one.fields {
            let item = format!("{item}/{}", field.json);
            match fields.get(field.json.as_str()) {
                Some(other) => self.fields(&item, field, other),
                None => self.value(&item, "property", Some(what(field)), None),
            }
        }
        for field in other.fields.iter().filter(|field| !known.contains(field.json.as_str())) {
            self.value(&format!("{item}/{}", field.json), "property", None, Some(what(field)));
        }
        self.actions(item, &one.actions, &other.actions);
    }

    fn fields(&mut self, item: &str, one: &Field, other: &Field) {
        self.said(item, "type", written(&one.ty, one.many), written(&other.ty, other.many));
        self.said(item, "nullable", yes(one.nullable), yes(other.nullable));
        self.said(item, "permissions", permissions(one.permissions), permissions(other.permissions));
        self.said(item, "required", yes(one.required), yes(other.required));
        self.said(item, "required on create", yes(one.required_on_create), yes(other.required_on_create));
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        self.value(item, "minimum", number(one.minimum), number(other.minimum));
        self.value(item, "maximum", number(one.maximum), number(other.maximum));
        self.value(item, "unit", one.unit.clone(), other.unit.clone());
        self.value(item, "pattern", one.pattern.clone(), other.pattern.clone());
        self.said(item, "URL", yes(one.is_url), yes(other.is_url));
        let excerpt = |names: &Option<Vec<String>>| names.as_ref().map(|names| format!("[{}]", names.join(",")));
        self.value(item, "excerpt", excerpt(&one.excerpt), excerpt(&other.excerpt));
        self.docs(item, &one.docs, &other.docs);
    }

    fn docs(&mut self, item: &str, one: &Docs, other: &Docs) {
        self.value(item, "since", one.since.map(written_version), other.since.map(written_version));
        let deprecated = |docs: &Docs| {
            let deprecated = docs.deprecated.as_ref()?;
            Some(deprecated.version.map_or_else(|| "at some time".to_owned(), written_version))
        };
        self.value(item, "deprecated", deprecated(one), deprecated(other));
    }

    fn actions(&mut self, item: &str, one: &[Action], other: &[Action]) {
        let name = |action: &Action| format!("{}.{}", action.name.schema, action.name.name);
        let what = |action: &Action| match &action.parameters {
            Some(parameters) => format!("with {}", qualified(parameters)),
            None => "without parameters".to_owned(),
        };
        for action in one {
            let item = format!("{item}/#{}", name(action));
            let Some(other) = other.iter().find(|other| other.name == action.name) else {
                self.value(&item, "action", Some(what(action)), None);
                continue;
            };
            self.said(&item, "parameters", what(action), what(other));
            let returns = |action: &Action| action.returns.as_ref().map(|(ty, many)| written(ty, *many));
            self.value(&item, "returns", returns(action), returns(other));
        }
        for action in other.iter().filter(|action| one.iter().all(|known| known.name != action.name)) {
            self.value(&format!("{item}/#{}", name(action)), "action", None, Some(what(action)));
        }
    }

    fn enums(&mut self, one: &Enum, other: &Enum) {
        let item = &one.name.name;
        let members = |item: &Enum| item.members.iter().map(|member| member.json.clone()).collect::<Vec<_>>();
        self.list(item, "member", &members(one), &members(other));
        self.docs(item, &one.docs, &other.docs);
        for member in &one.members {
            if let Some(other) = other.members.iter().find(|other| other.json == member.json) {
                self.docs(&format!("{item}/{}", member.json), &member.docs, &other.docs);
            }
        }
    }
}

fn yes(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

fn permissions(permissions: Option<Permissions>) -> &'static str {
    match permissions {
        None => "unsaid",
        Some(Permissions::None) => "none",
        Some(Permissions::Read) => "read",
        Some(Permissions::Write) => "write",
        Some(Permissions::ReadWrite) => "read and write",
    }
}

fn kind(item: &Struct) -> String {
    match &item.kind {
        StructKind::Entity => "resource".to_owned(),
        StructKind::Collection(of) => format!("collection of {}", qualified(of)),
        StructKind::Complex => "object".to_owned(),
        StructKind::Excerpt { of, .. } => format!("excerpt of {}", qualified(of)),
        StructKind::Parameters => "parameters".to_owned(),
    }
}

fn written_version(version: Version) -> String {
    format!("v{}.{}.{}", version.0, version.1, version.2)
}

fn qualified(name: &TypeName) -> String {
    format!("{}.{}", name.schema, name.name)
}

/// What a property holds, in words.
fn written(ty: &FieldType, many: bool) -> String {
    let one = match ty {
        FieldType::String => "string".to_owned(),
        FieldType::Int => "integer".to_owned(),
        FieldType::Decimal => "number".to_owned(),
        FieldType::Bool => "boolean".to_owned(),
        FieldType::DateTime => "date-time".to_owned(),
        FieldType::Duration => "duration".to_owned(),
        FieldType::Guid => "uuid".to_owned(),
        FieldType::Primitive => "any scalar".to_owned(),
        FieldType::Enum(name) | FieldType::Struct(name) => qualified(name),
        FieldType::Link(name) => format!("link to {}", qualified(name)),
        FieldType::Oem => "free-form object".to_owned(),
        FieldType::Action => "action".to_owned(),
        FieldType::ODataId => "URI".to_owned(),
        FieldType::ODataType => "type name".to_owned(),
        FieldType::ETag => "entity tag".to_owned(),
    };
    if many { format!("list of {one}") } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::model;

    const BEFORE: &str = r#"<Schema Namespace="Alpha.v1_0_0"><Annotation Term="Redfish.Release" String="1"/>
        <ComplexType Name="Part">
          <Property Name="Kept" Type="Edm.String"><Annotation Term="OData.Description" String="One."/></Property>
          <Property Name="Gone" Type="Edm.Int64"/>
          <Property Name="Other" Type="Edm.Int64"><Annotation Term="OData.Permissions" EnumMember="OData.Permission/Read"/></Property>
        </ComplexType>
        <EnumType Name="Colour"><Member Name="Red"/><Member Name="Green"/></EnumType></Schema>"#;

    const AFTER: &str = r#"<Schema Namespace="Alpha.v1_1_0">
        <ComplexType Name="Part">
          <Property Name="Kept" Type="Edm.String"><Annotation Term="OData.Description" String="Otherwise."/></Property>
          <Property Name="Other" Type="Collection(Edm.String)"><Annotation Term="OData.Permissions" EnumMember="OData.Permission/ReadWrite"/></Property>
          <Property Name="New" Type="Alpha.v1_1_0.Colour"/>
        </ComplexType>
        <EnumType Name="Colour"><Member Name="Red"/><Member Name="Blue"/></EnumType></Schema>"#;

    #[test]
    fn what_is_gone_new_or_otherwise_is_told_and_nothing_else() {
        let (before, after) = (model(BEFORE).unwrap(), model(AFTER).unwrap());
        assert_eq!(diff(&before, &before), []);
        let told: Vec<String> = diff(&before, &after).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "~ Alpha: version v1.0.0 -> v1.1.0",
                "+ Alpha.Colour: member Blue",
                "- Alpha.Colour: member Green",
                "- Alpha.Part/Gone: property integer",
                "+ Alpha.Part/New: property Alpha.Colour",
                "~ Alpha.Part/Other: permissions read -> read and write",
                "~ Alpha.Part/Other: type integer -> list of string",
            ]
        );
    }
}
