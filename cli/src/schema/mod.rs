//! `rosefish schema`: what the schemas say of a type or a property, as a person reads it.

mod json_schema;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use crate::terminal::stdout;
use anyhow::bail;
use clap::Args;
use rosefish::schema;
use rosefish::wire::{Detail, Doc, Field, Kind, Table, TypeKind};
use serde_json::json;

/// Show what the schemas say of a type or a property.
///
/// TYPE is a resource (ComputerSystem) or a type within a schema (ComputerSystem.Boot); PROPERTY may lead further down
/// (ComputerSystem/Boot/BootOrder).
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// TYPE or TYPE/PROPERTY
    #[arg(value_name = "TYPE[/PROPERTY]")]
    name: String,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
    /// The type as JSON Schema (2020-12), which takes what this program decodes without deviations
    #[arg(long, conflicts_with = "json")]
    json_schema: bool,
    /// With --json-schema: also what the schemas require, and their ranges and patterns
    #[arg(long, requires = "json_schema")]
    strict: bool,
}

/// Runs the command.
pub(crate) fn run(args: SchemaArgs) -> anyhow::Result<ExitCode> {
    let (type_name, path) = args.name.split_once('/').unwrap_or((&args.name, ""));
    let Some(table) = find(type_name) else {
        bail!("no schema has a type `{type_name}`{}", suggestion(type_name));
    };
    if args.json_schema {
        if !path.is_empty() {
            bail!("--json-schema is of a type, not of a property: `rosefish schema {type_name} --json-schema`");
        }
        writeln!(stdout(), "{:#}", json_schema::of(table, args.strict))?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = match property(table, path)? {
        Some((owner, field)) if args.json => format!("{:#}\n", property_json(owner, field)),
        Some((owner, field)) => property_text(owner, field),
        None if args.json => format!("{:#}\n", type_json(table)),
        None => type_text(table),
    };
    stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn find(name: &str) -> Option<&'static Table> {
    schema::find(name).or_else(|| {
        let same =
            |known: &str| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(&format!("{name}.{name}"));
        schema::types().iter().find(|(known, _)| same(known)).map(|(_, table)| *table)
    })
}

/// Types whose names have this one in them.
fn suggestion(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let near =
        schema::types().iter().map(|(known, _)| *known).filter(|known| known.to_ascii_lowercase().contains(&name));
    let near: Vec<_> = near.take(8).collect();
    if near.is_empty() { String::new() } else { format!("; there are {}", near.join(", ")) }
}

/// The property that a path leads to and the type that has it; none for an empty path.
fn property(mut table: &'static Table, path: &str) -> anyhow::Result<Option<(&'static Table, &'static Field)>> {
    let mut found: Option<(&'static Table, &'static Field)> = None;
    for step in path.split('/').filter(|step| !step.is_empty()) {
        if let Some((_, Field { kind: Kind::Record(inner) | Kind::Link(inner), .. })) = found {
            table = inner;
        } else if found.is_some() {
            bail!("{} has no properties: `{step}` can't be in it", table.name);
        }
        let slot = table.find(step).or_else(|| table.find_miscased(step));
        match slot.and_then(|slot| table.fields.get(slot)) {
            Some(field) => found = Some((table, field)),
            None => {
                bail!("{} has no property `{step}`; `rosefish schema {}` lists what it has", table.name, table.name)
            }
        }
    }
    Ok(found)
}

/// What a property holds, in words.
fn holds(field: &Field) -> String {
    let one = match field.kind {
        Kind::String => "string".to_owned(),
        Kind::Int => "integer".to_owned(),
        Kind::Decimal => "number".to_owned(),
        Kind::Bool => "boolean".to_owned(),
        Kind::DateTime => "date and time".to_owned(),
        Kind::Duration => "duration".to_owned(),
        Kind::Guid => "UUID".to_owned(),
        Kind::Primitive => "string, number or boolean".to_owned(),
        Kind::ODataId => "URI".to_owned(),
        Kind::ODataType => "type name".to_owned(),
        Kind::ETag => "entity tag".to_owned(),
        Kind::Oem => "vendor object".to_owned(),
        Kind::Enum(table) => format!("one of {}", table.name),
        Kind::Record(table) => table.name.to_owned(),
        Kind::Link(table) => format!("link to {}", table.name),
        _ => "value".to_owned(),
    };
    if field.flags.many() { format!("array of {one}") } else { one }
}

/// What may be done with a property.
fn access(field: &Field) -> &'static str {
    match (field.flags.readable(), field.flags.writable()) {
        (true, true) => "read-write",
        (false, true) => "write-only",
        (true, false) => "read-only",
        (false, false) => "given at creation only",
    }
}

fn type_text(table: &'static Table) -> String {
    let mut out = String::new();
    // A String takes whatever is written to it.
    let _ = writeln!(out, "{} {}", table.name, about(table));
    describe(&mut out, table.notes.doc);
    for uri in table.uris.iter().take(4) {
        let _ = writeln!(out, "  at {uri}");
    }
    if table.uris.len() > 4 {
        let _ = writeln!(out, "  and at {} further places", table.uris.len() - 4);
    }
    let _ = writeln!(out, "\nProperties");
    let width = table.fields.iter().map(|field| field.name.len()).max().unwrap_or_default();
    for field in table.fields.iter() {
        let required = if field.flags.required() { ", required" } else { "" };
        let _ = writeln!(out, "  {:width$}  {}, {}{required}", field.name, holds(field), access(field));
    }
    if !table.patterns.is_empty() {
        let _ = writeln!(out, "  further ones that the service names: {}", table.patterns.join(", "));
    }
    if !table.actions.is_empty() {
        let _ = writeln!(out, "\nActions");
        for action in table.actions {
            let parameters =
                action.parameters().map(|table| table.fields.iter().map(|field| field.name).collect::<Vec<_>>());
            let _ = writeln!(out, "  #{}({})", action.name, parameters.unwrap_or_default().join(", "));
        }
    }
    out
}

/// The kind of the type and its version, in brackets.
fn about(table: &'static Table) -> String {
    let kind = match table.kind {
        TypeKind::Entity => "resource".to_owned(),
        TypeKind::Collection => format!("collection of {}", table.member().map_or("resources", |member| member.name)),
        TypeKind::Complex => "object".to_owned(),
        TypeKind::Excerpt => "excerpt of a resource".to_owned(),
        TypeKind::Parameters => "parameters of an action".to_owned(),
        TypeKind::Actions => "how actions are invoked".to_owned(),
        _ => "type".to_owned(),
    };
    if table.version.is_some() { format!("({kind}, up to version {})", table.version) } else { format!("({kind})") }
}

fn property_text(owner: &Table, field: &Field) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}/{}: {}", owner.name, field.name, holds(field));
    describe(&mut out, field.notes.doc);
    let mut facts = vec![access(field).to_owned()];
    facts.extend(field.flags.required().then(|| "required".to_owned()));
    facts.extend(field.flags.required_on_create().then(|| "required on create".to_owned()));
    facts.extend(field.flags.nullable().then(|| "may be null".to_owned()));
    facts.extend(field.notes.since.is_some().then(|| format!("since version {}", field.notes.since)));
    let detail = field.detail.unwrap_or(&Detail::NONE);
    facts.extend(detail.unit.map(|unit| format!("in {unit}")));
    facts.extend(detail.minimum.map(|least| format!("at least {least}")));
    facts.extend(detail.maximum.map(|most| format!("at most {most}")));
    facts.extend(detail.pattern.map(|pattern| format!("matches {pattern}")));
    let _ = writeln!(out, "  {}", facts.join(", "));
    if let Some(reason) = detail.deprecated {
        let _ = writeln!(out, "  deprecated: {reason}");
    }
    if let Kind::Enum(table) = field.kind {
        for member in table.members {
            let _ = writeln!(out, "  - {member}");
        }
    }
    out
}

fn describe(out: &mut String, doc: Doc) {
    for text in
        schema::description(doc).into_iter().flat_map(|(short, long)| [short, long]).filter(|text| !text.is_empty())
    {
        let _ = writeln!(out, "  {text}");
    }
}

fn property_json(owner: &Table, field: &Field) -> serde_json::Value {
    let detail = field.detail.unwrap_or(&Detail::NONE);
    let members = match field.kind {
        Kind::Enum(table) => Some(table.members),
        _ => None,
    };
    json!({
        "type": owner.name,
        "name": field.name,
        "holds": holds(field),
        "array": field.flags.many(),
        "writable": field.flags.writable(),
        "nullable": field.flags.nullable(),
        "required": field.flags.required(),
        "required_on_create": field.flags.required_on_create(),
        "since": field.notes.since.is_some().then(|| field.notes.since.to_string()),
        "unit": detail.unit,
        "minimum": detail.minimum,
        "maximum": detail.maximum,
        "pattern": detail.pattern,
        "deprecated": detail.deprecated,
        "members": members,
        "description": schema::description(field.notes.doc).map(|(short, _)| short),
    })
}

fn type_json(table: &'static Table) -> serde_json::Value {
    let actions = table.actions.iter().map(|action| {
        let parameters =
            action.parameters().map(|table| table.fields.iter().map(|field| property_json(table, field)).collect());
        json!({"name": action.name, "parameters": parameters.unwrap_or_else(Vec::new)})
    });
    json!({
        "type": table.name,
        "about": about(table),
        "version": table.version.is_some().then(|| table.version.to_string()),
        "uris": table.uris,
        "patterns": table.patterns,
        "properties": table.fields.iter().map(|field| property_json(table, field)).collect::<Vec<_>>(),
        "actions": actions.collect::<Vec<_>>(),
        "description": schema::description(table.notes.doc).map(|(short, _)| short),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_properties_are_told_by_name() {
        let system = find("computersystem").unwrap();
        let text = type_text(system);
        for part in ["ComputerSystem.ComputerSystem (resource", "PowerState", "#ComputerSystem.Reset(ResetType"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let (owner, field) = property(system, "Boot/BootSourceOverrideTarget").unwrap().unwrap();
        assert_eq!((owner.name, field.name), ("ComputerSystem.Boot", "BootSourceOverrideTarget"));
        let text = property_text(owner, field);
        assert!(text.contains("read-write") && text.contains("- Pxe"), "{text}");
        for (path, access) in
            [("Boot", "read-write"), ("Oem", "read-write"), ("Status", "read-only"), ("SerialNumber", "read-only")]
        {
            let (owner, field) = property(system, path).unwrap().unwrap();
            let text = property_text(owner, field);
            assert!(text.contains(access), "{access} in {text}");
        }
        assert!(property(system, "Nope").is_err());
        assert!(property(system, "Id/Nope").is_err());
        assert!(suggestion("bootopt").contains("BootOption.BootOption"));
    }
}
