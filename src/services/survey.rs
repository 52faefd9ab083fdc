//! Reads many resources of a service, each once, whatever leads to it. What can't be read is recorded with the reason,
//! and the rest is still read. The neighbouring modules determine what is read.

use std::collections::HashSet;

use serde_json::Value;

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::query::{self, Asked};
use crate::resource::follow::fetch_link;
use crate::resource::members;
use crate::resource::partial::{Items, Missing, Partial, Pulse, everything, key};
use crate::resource::read::{ReadAs, is_resource, not_a_resource};
use crate::resource::{AnyResource, Expected, Resource, link_property};
use crate::wire::{AnyLink, ODataId, ODataType, Table, Type, encode};

/// A survey in progress.
#[derive(Debug)]
pub(crate) struct Survey {
    client: Client,
    seen: HashSet<String>,
    missing: Vec<Missing>,
    pulse: Pulse,
}

impl Survey {
    pub(crate) fn of(client: &Client) -> Self {
        Self { client: client.clone(), seen: HashSet::new(), missing: Vec::new(), pulse: Pulse::default() }
    }

    /// Returns the service root, where all surveys start.
    pub(crate) fn root(&self) -> AnyResource {
        self.client.root().into_any()
    }

    /// Returns what could not be read, without duplicates.
    pub(crate) fn into_missing(mut self) -> Vec<Missing> {
        let mut named = HashSet::new();
        self.missing.retain(|missing| named.insert(key(&missing.place).to_owned()));
        self.missing.extend(self.pulse.rest(self.client.origin()));
        self.missing
    }

    /// Returns whether everything could be read so far.
    pub(crate) fn is_whole(&self) -> bool {
        self.missing.is_empty() && !self.is_over()
    }

    /// Returns whether the service has stopped answering.
    fn is_over(&self) -> bool {
        self.pulse.gone.is_some()
    }

    /// Records what could not be read.
    pub(crate) async fn lose(&mut self, place: &str, error: Error) {
        self.pulse.is_gone(&self.client, &error).await;
        self.missing.push(Missing::new(place, error));
    }

    /// Takes over resources that were read elsewhere, with those that were missing.
    pub(crate) fn adopt<T: Type>(&mut self, read: Partial<Resource<T>>) -> Vec<AnyResource> {
        let items = read.items.into_iter().map(Resource::into_any).collect();
        self.sort(Partial { items, missing: read.missing })
    }

    /// Reads the resource that a property links to. Returns `None` if there is no link, if the resource was read
    /// before, and if it can't be read, which is recorded.
    pub(crate) async fn one(&mut self, from: &AnyResource, property: &str) -> Option<AnyResource> {
        let (table, links) = link_property(from.record(), property)?;
        let link = links.first()?;
        let uri = link.uri().map_or("", ODataId::as_str);
        if self.is_over() || (!uri.is_empty() && !self.seen.insert(key(uri).to_owned())) {
            return None;
        }
        match self.peek(link, table).await {
            Ok(resource) => Some(resource),
            // An empty object such as `"Memory": {}` counts as no link.
            Err(error) if error.kind() == ErrorKind::Missing => None,
            Err(error) => {
                self.lose(uri, error).await;
                None
            }
        }
    }

    /// Reads the resources that a property with several links leads to.
    pub(crate) async fn links(&mut self, from: &AnyResource, property: &str) -> Vec<AnyResource> {
        match link_property(from.record(), property) {
            Some((table, links)) => self.follow(links, table).await,
            None => Vec::new(),
        }
    }

    /// Reads the resources behind these links.
    pub(crate) async fn follow(&mut self, links: Vec<AnyLink>, table: &'static Table) -> Vec<AnyResource> {
        if self.is_over() || links.is_empty() {
            return Vec::new();
        }
        let unseen = |link: &AnyLink| link.uri().is_none_or(|uri| !self.seen.contains(key(uri.as_str())));
        let links = links.into_iter().filter(unseen).collect();
        self.take(members::of_links(&self.client, links, Expected::made_by(table)), None).await
    }

    /// Reads the members of the collection that a property links to.
    pub(crate) async fn members(&mut self, from: &AnyResource, property: &str) -> Vec<AnyResource> {
        self.members_if(from, property, None).await
    }

    /// Like [`members`](Self::members), but stops after the first member if its schema is older than the property that
    /// the members are read for.
    pub(crate) async fn members_with(&mut self, from: &AnyResource, property: &str, wanted: &str) -> Vec<AnyResource> {
        self.members_if(from, property, Some(wanted)).await
    }

    async fn members_if(&mut self, from: &AnyResource, property: &str, wanted: Option<&str>) -> Vec<AnyResource> {
        let Some((table, links)) = link_property(from.record(), property) else { return Vec::new() };
        let (Some(link), Some(member)) = (links.first(), table.member()) else { return Vec::new() };
        let uri = link.uri().map_or("", ODataId::as_str);
        if self.is_over() || (!uri.is_empty() && !self.seen.insert(key(uri).to_owned())) {
            return Vec::new();
        }
        let items = members::of_property(from, property, table, Expected::made_by(member));
        self.take(items, wanted).await
    }

    async fn take(&mut self, mut items: Items, wanted: Option<&str>) -> Vec<AnyResource> {
        if wanted.is_some() {
            items.first_alone();
        }
        let wanted = |first: &AnyResource| wanted.is_none_or(|property| may_have(first, property));
        let found = everything(items, &mut self.pulse, wanted).await;
        self.sort(found)
    }

    /// Keeps the resources that were not read before, and records what is missing.
    fn sort(&mut self, found: Partial<AnyResource>) -> Vec<AnyResource> {
        // An empty object such as `"Memory": {}` counts as no link.
        let is_link = |missing: &Missing| missing.error.kind() != ErrorKind::Missing;
        self.missing.extend(found.missing.into_iter().filter(is_link));
        let mut taken: Vec<AnyResource> = Vec::new();
        for resource in found.items {
            if !is_resource(resource.record()) {
                self.missing.push(Missing::new(resource.uri(), not_a_resource(resource.uri())));
                continue;
            }
            let place = key(resource.uri());
            let is_new = self.seen.insert(place.to_owned()) || place.is_empty();
            // A different member that has the URI of another by mistake is kept.
            let is_mistaken = || {
                let others: Vec<_> = taken.iter().filter(|other| key(other.uri()) == place).collect();
                !others.is_empty() && others.iter().all(|other| encode(other.record()) != encode(resource.record()))
            };
            if is_new || is_mistaken() {
                taken.push(resource);
            }
        }
        taken
    }

    /// Reads the resource behind a link, even if it was read before.
    pub(crate) async fn peek(&mut self, link: &AnyLink, table: &'static Table) -> Result<AnyResource, Error> {
        let resource = fetch_link(&self.client, link, table, Asked::default()).await?;
        if !is_resource(resource.record()) {
            return Err(not_a_resource(resource.uri()));
        }
        self.pulse.note(&resource);
        Ok(resource)
    }

    /// Reads a further page of a collection; `None` if it was read before or can't be read.
    pub(crate) async fn page(&mut self, uri: &str, table: &'static Table) -> Option<AnyResource> {
        if self.is_over() || !self.seen.insert(key(uri).to_owned()) {
            return None;
        }
        match query::fetch::fetch(&self.client, uri, Asked::default(), ReadAs::Exactly(table)).await {
            Ok(page) => Some(page),
            Err(error) => {
                self.lose(uri, error).await;
                None
            }
        }
    }
}

/// Returns whether the version of the schema that the resource implements has the property.
fn may_have(resource: &AnyResource, property: &str) -> bool {
    let since = resource.table().field(property).map(|field| field.notes.since);
    let version = resource.record().text("@odata.type").and_then(|name| ODataType::from(name).version());
    resource.record().has(property)
        || match (since, version) {
            (Some(since), Some(version)) => version >= since,
            _ => true,
        }
}

/// Converts a resource to JSON, to read properties that no schema, or no older one, has.
pub(crate) fn to_json(resource: &AnyResource) -> Value {
    serde_json::from_str(&encode(resource.record())).unwrap_or_default()
}

/// Returns the text of a property; `None` if it is empty, which is how vendors mark properties that they don't use.
pub(crate) fn text<'j>(json: &'j Value, name: &str) -> Option<&'j str> {
    json.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// Returns whether a part is absent: many services list empty slots.
pub(crate) fn is_absent(json: &Value) -> bool {
    text(&json["Status"], "State").is_some_and(|state| state.eq_ignore_ascii_case("Absent"))
}
