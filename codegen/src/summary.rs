//! The model in one line per schema, kept in the repository so that a new release of the schemas reads as a diff.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::ir::{Model, StructKind};

#[derive(Debug, Default)]
struct Counts {
    entities: usize,
    complex: usize,
    excerpts: usize,
    parameters: usize,
    fields: usize,
    enums: usize,
    members: usize,
    actions: usize,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.entities += other.entities;
        self.complex += other.complex;
        self.excerpts += other.excerpts;
        self.parameters += other.parameters;
        self.fields += other.fields;
        self.enums += other.enums;
        self.members += other.members;
        self.actions += other.actions;
    }

    fn columns(&self) -> String {
        format!(
            "{:>8} {:>7} {:>8} {:>10} {:>6} {:>5} {:>7} {:>7}",
            self.entities,
            self.complex,
            self.excerpts,
            self.parameters,
            self.fields,
            self.enums,
            self.members,
            self.actions
        )
    }
}

/// Returns the summary, the same text for the same model.
#[must_use]
pub fn summary(model: &Model) -> String {
    let mut schemas: BTreeMap<&str, Counts> =
        model.schemas.keys().map(|name| (name.as_str(), Counts::default())).collect();
    for ty in model.structs.values() {
        let counts = schemas.entry(&ty.name.schema).or_default();
        match ty.kind {
            StructKind::Entity | StructKind::Collection(_) => counts.entities += 1,
            StructKind::Complex => counts.complex += 1,
            StructKind::Excerpt { .. } => counts.excerpts += 1,
            StructKind::Parameters => counts.parameters += 1,
        }
        counts.fields += ty.fields.len();
        counts.actions += ty.actions.len();
    }
    for ty in model.enums.values() {
        let counts = schemas.entry(&ty.name.schema).or_default();
        counts.enums += 1;
        counts.members += ty.members.len();
    }
    let mut text = format!(
        "{:<36} {:<8} {:<7} {:<12} entities complex excerpts parameters fields enums members actions\n",
        "schema", "version", "release", "group"
    );
    let mut total = Counts::default();
    for (name, counts) in &schemas {
        total.add(counts);
        let schema = model.schemas.get(*name);
        let version = schema
            .and_then(|schema| schema.version)
            .map(|version| format!("{}.{}.{}", version.0, version.1, version.2))
            .unwrap_or_default();
        let release = schema.and_then(|schema| schema.release.as_deref()).unwrap_or_default();
        let group = schema.and_then(|schema| schema.group.as_deref()).unwrap_or_default();
        // Writing to a String can't fail.
        let _ = writeln!(text, "{name:<36} {version:<8} {release:<7} {group:<12} {}", counts.columns());
    }
    let _ = writeln!(
        text,
        "{:<36} {:<8} {:<7} {:<12} {}",
        format!("{} schemas", schemas.len()),
        "",
        "",
        "",
        total.columns()
    );
    let _ = writeln!(text, "{} open types, {} terms", model.open_types.len(), model.terms.len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::model;

    #[test]
    fn each_schema_is_a_line_and_the_totals_are_the_last() {
        let model = model(
            r#"<Schema Namespace="Alpha.v1_2_0"><Annotation Term="Redfish.Release" String="2025.1"/>
                 <ComplexType Name="Part"><Property Name="One" Type="Edm.String"/></ComplexType>
                 <EnumType Name="Colour"><Member Name="Red"/><Member Name="Green"/></EnumType></Schema>"#,
        )
        .unwrap();
        let text = summary(&model);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["Alpha", "1.2.0", "2025.1", "core", "0", "1", "0", "0", "1", "1", "2", "0"]);
        assert_eq!(lines[3][..4], ["2", "schemas", "5", "1"]);
        assert_eq!(lines[4], ["1", "open", "types,", "0", "terms"]);
    }
}
