//! Reading many places of a service in one go: each once, whatever leads there; and what can't be read is noted, with
//! where and why, while the rest is read. What is looked for where is said by the modules beside this one.

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

/// What is being read of a service.
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

    /// The service root, where all surveys begin.
    pub(crate) fn root(&self) -> AnyResource {
        self.client.root().into_any()
    }

    /// What could not be read, each place once.
    pub(crate) fn into_missing(mut self) -> Vec<Missing> {
        let mut named = HashSet::new();
        self.missing.retain(|missing| named.insert(key(&missing.place).to_owned()));
        self.missing.extend(self.pulse.rest(self.client.origin()));
        self.missing
    }

    /// Whether everything could be read so far.
    pub(crate) fn is_whole(&self) -> bool {
        self.missing.is_empty() && !self.is_over()
    }

    /// Whether nothing more is available.
    fn is_over(&self) -> bool {
        self.pulse.gone.is_some()
    }

    /// Notes what could not be read.
    pub(crate) async fn lose(&mut self, place: &str, error: Error) {
        self.pulse.is_gone(&self.client, &error).await;
        self.missing.push(Missing::new(place, error));
    }

    /// Takes over what was read without this.
    pub(crate) fn adopt<T: Type>(&mut self, read: Partial<Resource<T>>) -> Vec<AnyResource> {
        let items = read.items.into_iter().map(Resource::into_any).collect();
        self.sort(Partial { items, missing: read.missing })
    }

    /// The resource behind the link of a property. None where there is no link, where the resource was read before, and
    /// where it can't be read, which is noted.
    pub(crate) async fn one(&mut self, from: &AnyResource, property: &str) -> Option<AnyResource> {
        let (table, links) = link_property(from.record(), property)?;
        let link = links.first()?;
        let uri = link.uri().map_or("", ODataId::as_str);
        if self.is_over() || (!uri.is_empty() && !self.seen.insert(key(uri).to_owned())) {
            return None;
        }
        match self.peek(link, table).await {
            Ok(resource) => Some(resource),
            // As good as no link: `"Memory": {}`.
            Err(error) if error.kind() == ErrorKind::Missing => None,
            Err(error) => {
                self.lose(uri, error).await;
                None
            }
        }
    }

    /// The resources behind the links of a property that has several.
    pub(crate) async fn links(&mut self, from: &AnyResource, property: &str) -> Vec<AnyResource> {
        match link_property(from.record(), property) {
            Some((table, links)) => self.follow(links, table).await,
            None => Vec::new(),
        }
    }

    /// The resources behind these links.
    pub(crate) async fn follow(&mut self, links: Vec<AnyLink>, table: &'static Table) -> Vec<AnyResource> {
        if self.is_over() || links.is_empty() {
            return Vec::new();
        }
        let unseen = |link: &AnyLink| link.uri().is_none_or(|uri| !self.seen.contains(key(uri.as_str())));
        let links = links.into_iter().filter(unseen).collect();
        self.take(members::of_links(&self.client, links, Expected::made_by(table)), None).await
    }

    /// The members of the collection behind the link of a property.
    pub(crate) async fn members(&mut self, from: &AnyResource, property: &str) -> Vec<AnyResource> {
        self.members_if(from, property, None).await
    }

    /// As [`members`](Self::members), unless the first member shows that the members don't have the property that they
    /// are read for: their schema is older than it.
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

    /// Keeps what is a resource and was not read before, and notes what is missing.
    fn sort(&mut self, found: Partial<AnyResource>) -> Vec<AnyResource> {
        // As good as no link: `"Memory": {}`.
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
            // A member that says by mistake that it is at the URI of another is another one all the same.
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

    /// The resource behind a link, whether it was read before or not.
    pub(crate) async fn peek(&mut self, link: &AnyLink, table: &'static Table) -> Result<AnyResource, Error> {
        let resource = fetch_link(&self.client, link, table, Asked::default()).await?;
        if !is_resource(resource.record()) {
            return Err(not_a_resource(resource.uri()));
        }
        self.pulse.note(&resource);
        Ok(resource)
    }

    /// A further page of a collection. None where it was read before or can't be.
    pub(crate) async fn page(&mut self, uri: &str, table: &'static Table) -> Option<AnyResource> {
        if self.is_over() || !self.seen.insert(uri.to_owned()) {
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

/// Whether a resource's schema has the property in the version that the service implements.
fn may_have(resource: &AnyResource, property: &str) -> bool {
    let since = resource.table().field(property).map(|field| field.notes.since);
    let version = resource.record().text("@odata.type").and_then(|name| ODataType::from(name).version());
    resource.record().has(property)
        || match (since, version) {
            (Some(since), Some(version)) => version >= since,
            _ => true,
        }
}

/// A resource as JSON, where it is read by names that no schema has, or not yet.
pub(crate) fn to_json(resource: &AnyResource) -> Value {
    serde_json::from_str(&encode(resource.record())).unwrap_or_default()
}

/// The text of a property; none where it is empty, which is what vendors write into those that they don't use.
pub(crate) fn text<'j>(json: &'j Value, name: &str) -> Option<&'j str> {
    json.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// Whether a thing is there at all: many services list places that are empty.
pub(crate) fn is_absent(json: &Value) -> bool {
    text(&json["Status"], "State").is_some_and(|state| state.eq_ignore_ascii_case("Absent"))
}
