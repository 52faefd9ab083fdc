//! The definitions of a file, each a type: an object, an enumeration, or a scalar with a name.

use std::collections::{BTreeMap, BTreeSet};

use super::entity::names;
use super::inline::Inline;
use super::reference::{self, Reference};
use super::source::{Dialect, Place, Source, check_name};
use super::{annotate, entity, property};
use crate::csdl::{Action, EnumType, Member, Parameter, Schema, TypeDefinition};
use crate::error::{Error, Errors};
use crate::tree::{Node, Value};

/// Reads all definitions of a file.
pub(crate) fn definitions(source: Source<'_>, held: &Node) -> Result<Vec<Schema>, Errors> {
    if !matches!(held.value, Value::Map(_)) {
        return Err(held.error(source.file, format!("{} of definitions", held.kind()), "a map").into());
    }
    let mut file = File { source, held, schemas: BTreeMap::new(), errors: Errors::default() };
    let actions = file.actions();
    let of_actions: BTreeSet<String> = actions.iter().flat_map(Named::all).collect();
    let mut copied = Vec::new();
    for (name, node) in held.members() {
        if of_actions.contains(name) {
            continue;
        }
        if source.dialect.get(node, "excerpt").is_some() && node.get("properties").is_some() {
            copied.push(node);
            continue;
        }
        let read = file.definition(name, node);
        file.errors.take(read);
    }
    for action in &actions {
        let read = file.action(action);
        file.errors.take(read);
    }
    let File { mut schemas, mut errors, .. } = file;
    for node in copied {
        let read = entity::excerpt_only(source, node, &mut schemas);
        errors.take(read);
    }
    errors.or(schemas.into_values().collect())
}

/// An action, as a property of an `Actions` type names it.
struct Named<'n> {
    /// `#ComputerSystem.Reset`
    property: &'n str,
    node: &'n Node,
    /// The type that has the property.
    holder: (String, String),
    /// The definition that it refers to, and what the file calls it.
    definition: Option<(String, &'n Node)>,
}

impl Named<'_> {
    /// The definitions that belong to it and are not types.
    fn all(&self) -> impl Iterator<Item = String> {
        let name = self.definition.as_ref().map(|(name, _)| name.clone());
        name.into_iter().flat_map(|name| [format!("{name}RequestBody"), name])
    }
}

struct File<'f> {
    source: Source<'f>,
    held: &'f Node,
    schemas: BTreeMap<String, Schema>,
    errors: Errors,
}

impl<'f> File<'f> {
    /// The schema and the type that a definition is.
    fn name(&self, name: &str) -> (String, String) {
        match self.source.dialect {
            Dialect::JsonSchema => (self.source.schema.to_owned(), name.to_owned()),
            Dialect::OpenApi => reference::component(self.source.schema, name),
        }
    }

    fn schema(&mut self, name: &str, line: u32) -> &mut Schema {
        let new = || Schema { line, namespace: name.to_owned(), ..Schema::default() };
        self.schemas.entry(name.to_owned()).or_insert_with(new)
    }

    fn actions(&mut self) -> Vec<Named<'f>> {
        let mut found = Vec::new();
        for (name, node) in self.held.members() {
            for (property, node) in node.get("properties").map(Node::members).unwrap_or_default() {
                if property.starts_with('#') {
                    let definition = self.local(node);
                    found.push(Named { property, node, holder: self.name(name), definition });
                }
            }
        }
        found
    }

    /// The definition of this file that a value refers to.
    fn local(&self, node: &Node) -> Option<(String, &'f Node)> {
        let options = node.get("oneOf").or_else(|| node.get("anyOf")).map(Node::items).unwrap_or_default();
        let written = std::iter::once(node).chain(options).find_map(|node| node.get("$ref"))?.text()?;
        let (_, name) = written.split_once('#')?;
        let name = name.rsplit('/').next()?;
        let found = self.held.members().iter().find(|(known, _)| known == name);
        found.map(|(name, node)| (name.clone(), node))
    }

    fn definition(&mut self, name: &str, node: &'f Node) -> Result<(), Error> {
        let source = self.source;
        let (schema, ty) = self.name(name);
        check_name(source, node, "a schema", &schema)?;
        check_name(source, node, "a type", &ty)?;
        if schema.starts_with("odata") {
            return Ok(());
        }
        let mut inline = Inline::default();
        let object = node.get("properties").is_some() || node.get("type").and_then(Node::text) == Some("object");
        let others = node.get("$ref").is_some() || node.get("anyOf").is_some() || node.get("oneOf").is_some();
        if object {
            let found = entity::read(source, &schema, &ty, node, &mut inline, &mut self.errors);
            self.schema(&schema, node.line).types.extend(found);
        } else if others {
            self.alias(&schema, &ty, node)?;
        } else if node.get("enum").is_some() {
            let found = enumeration(source, &ty, node)?;
            self.schema(&schema, node.line).enums.push(found);
        } else {
            let place = Place { schema: &schema, ty: &ty, name: &ty };
            let held = property::read(source, place, node, &mut inline)?;
            let (scalar, list) = (held.ty.starts_with("Edm."), property::is_array(node));
            if !scalar || list {
                return Err(node.error(
                    source.file,
                    format!("the definition `{ty}`"),
                    "an object, an enumeration or a scalar",
                ));
            }
            let found = TypeDefinition {
                line: node.line,
                name: ty.clone(),
                underlying: held.ty,
                annotations: held.annotations,
            };
            self.schema(&schema, node.line).definitions.push(found);
        }
        self.within(&schema, inline)
    }

    /// A name for another definition: versions of the same type are one type anyway, and that a URI may stand for a resource is known.
    fn alias(&mut self, schema: &str, ty: &str, node: &Node) -> Result<(), Error> {
        let options = node.get("anyOf").or_else(|| node.get("oneOf")).map(Node::items).unwrap_or_default();
        for option in std::iter::once(node).chain(options) {
            let Some(written) = option.get("$ref") else { continue };
            let Reference::Type(to, name) = reference::read(self.source, written)? else { continue };
            if (to.as_str(), name.as_str()) != (schema, ty) && !(schema == "Resource" && entity::is_base(ty)) {
                let found = format!("`{schema}.{ty}` as another name of `{to}.{name}`");
                return Err(written.error(
                    self.source.file,
                    found,
                    "a definition of its own, or another version of it",
                ));
            }
        }
        if schema == "Resource"
            && let Some(found) = entity::base(ty, node.line)
        {
            self.schema(schema, node.line).types.push(found);
        }
        Ok(())
    }

    fn action(&mut self, action: &Named<'f>) -> Result<(), Error> {
        let source = self.source;
        let written = action.property.trim_start_matches('#');
        let Some((schema, name)) = written.rsplit_once('.') else {
            let found = format!("the action `{}`", action.property);
            return Err(action.node.error(source.file, found, "`#Schema.Action`"));
        };
        check_name(source, action.node, "a schema", schema)?;
        check_name(source, action.node, "an action", name)?;
        let (holder_schema, holder) = &action.holder;
        let line = action.node.line;
        let binding = Parameter {
            line,
            name: schema.to_owned(),
            ty: format!("{holder_schema}.{holder}"),
            nullable: None,
            annotations: Vec::new(),
        };
        let node = action.definition.as_ref().map_or(action.node, |(_, node)| *node);
        let body = action.definition.as_ref().and_then(|(name, _)| self.held.get(&format!("{name}RequestBody")));
        let (given, required) = match (source.dialect, body) {
            (Dialect::OpenApi, Some(body)) => (body.get("properties"), names(body.get("required"))),
            _ => (node.get("parameters"), BTreeSet::new()),
        };
        let mut inline = Inline::default();
        let mut parameters = vec![binding];
        for (parameter, node) in given.map(Node::members).unwrap_or_default() {
            let place = Place { schema, ty: name, name: parameter };
            let property = property::read(source, place, node, &mut inline)?;
            let needed = source.dialect.get(node, "requiredParameter").and_then(Node::bool) == Some(true);
            let needed = needed || required.contains(parameter);
            parameters.push(Parameter {
                line: property.line,
                name: property.name,
                ty: property.ty,
                // An action's parameter may be left out or it may not; that is all.
                nullable: needed.then_some(false),
                annotations: property.annotations,
            });
        }
        let returns = self.returned(action, node, &mut inline)?;
        let found = Action {
            line,
            name: name.to_owned(),
            bound: true,
            annotations: annotate::docs(source, node),
            parameters,
            returns,
        };
        self.schema(schema, line).actions.push(found);
        self.within(schema, inline)
    }

    /// Reads what was set aside, and what is within that.
    fn within(&mut self, schema: &str, mut inline: Inline<'f>) -> Result<(), Error> {
        let source = self.source;
        while let Some((name, node)) = inline.objects.pop() {
            let found = entity::object(source, schema, &name, node, &mut inline, &mut self.errors);
            self.schema(schema, node.line).types.push(found);
        }
        for (name, node) in inline.enums {
            let found = enumeration(source, &name, node)?;
            self.schema(schema, node.line).enums.push(found);
        }
        Ok(())
    }

    /// What an action returns: JSON Schema says so, OpenAPI has a type of that name.
    fn returned(&self, action: &Named<'f>, node: &'f Node, inline: &mut Inline<'f>) -> Result<Option<String>, Error> {
        if let Some(response) = self.source.dialect.get(node, "actionResponse") {
            let (schema, ty) = &action.holder;
            let place = Place { schema, ty, name: "Response" };
            return Ok(Some(property::held(self.source, place, response, inline)?.ty).filter(|ty| !ty.is_empty()));
        }
        let Some((name, _)) = &action.definition else { return Ok(None) };
        let response = format!("{name}Response");
        let (schema, ty) = self.name(&response);
        Ok(self.held.get(&response).map(|_| format!("{schema}.{ty}")))
    }
}

/// An enumeration.
fn enumeration(source: Source<'_>, name: &str, node: &Node) -> Result<EnumType, Error> {
    let list = node.get("enum").map(Node::items).unwrap_or_default();
    let mut members = Vec::new();
    for item in list.iter().filter(|item| item.value != Value::Null) {
        let Some(member) = item.text() else {
            let found = format!("{} as a member of `{name}`", item.kind());
            return Err(item.error(source.file, found, "texts"));
        };
        let annotations = annotate::member(source, node, member);
        members.push(Member { line: item.line, name: member.to_owned(), annotations });
    }
    Ok(EnumType { line: node.line, name: name.to_owned(), annotations: annotate::docs(source, node), members })
}
