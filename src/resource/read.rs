//! Reading: from a URI to a resource, of a known type or of the type that the answer names.

use super::typed::ResourceFuture;
use super::{AnyResource, Expected, Fetch, Resource};
use crate::client::{Client, Request, Response};
use crate::error::{Error, ErrorKind};
use crate::schema::{self, ServiceRoot};
use crate::wire::{ETag, Record, Table, Type, TypeKind, decode_into, peek_odata_type};

/// The type that an answer is decoded as.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReadAs {
    /// This type, whatever the answer says.
    Exactly(&'static Table),
    /// This type, unless the answer names another known one.
    Unless(&'static Table),
    /// The type in `@odata.type`; if that names no known type, this one, else the one that the URI suggests, else a
    /// generic resource.
    ItSays { otherwise: Option<&'static Table> },
}

impl AnyResource {
    /// Returns the ETag for a change. Members that came with their collection may lack an ETag that the service
    /// nevertheless requires, so they are read once.
    pub(crate) async fn tag_for_change(&self) -> Option<ETag> {
        if self.etag().is_some() || !self.is_inlined() {
            return self.etag().cloned();
        }
        // If this read fails, the answer to the change may explain why.
        let read = self.client().fetch(self.uri(), ReadAs::Exactly(self.table())).await.ok()?;
        read.etag().cloned()
    }
}

impl Client {
    /// Returns the service root, as it was when the client connected.
    #[must_use]
    pub fn root(&self) -> Resource<ServiceRoot> {
        Resource::of(AnyResource::root(self.clone()))
    }

    /// Reads a resource of a known type.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked, refuses, or does not answer with a JSON object; and where that says in `@odata.type`
    /// that it is a resource of another type. It may leave that out, or name a type that is not known.
    pub fn get<T: Type>(&self, uri: &str) -> impl Future<Output = Result<Resource<T>, Error>> + Send {
        let expected = Expected::type_of::<T>();
        ResourceFuture::of(expected.check(self.fetch(uri, ReadAs::Unless(expected.table))))
    }

    /// Reads a resource of whatever type it is: what its `@odata.type` says, else `hint`, else what its place says, else
    /// a plain [`schema::resource::BaseResource`].
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn get_any(&self, uri: &str, hint: Option<&'static Table>) -> Result<AnyResource, Error> {
        self.fetch(uri, ReadAs::ItSays { otherwise: hint }).await
    }

    /// Reads a resource.
    pub(crate) fn fetch(&self, uri: &str, read_as: ReadAs) -> Fetch {
        let client = self.clone();
        let uri = uri.to_owned();
        Box::pin(async move {
            let request = Request::get(uri);
            let response = client.send(request.clone()).await?.success(&request)?;
            client.decode(response, &request, read_as)
        })
    }

    /// Decodes an answer as a resource.
    pub(crate) fn decode(&self, response: Response, request: &Request, read_as: ReadAs) -> Result<AnyResource, Error> {
        let table = match read_as {
            ReadAs::Exactly(table) => table,
            ReadAs::Unless(table) => match other_type(&response.body, table) {
                Some(other) => return Err(mistaken(&request.uri, other, table)),
                None => table,
            },
            ReadAs::ItSays { otherwise } => peek_odata_type(&response.body)
                .and_then(|name| schema::find_odata_type(&name))
                .or(otherwise)
                .or_else(|| schema::find_uri(&request.uri))
                .unwrap_or_else(generic),
        };
        let mut record = table.make();
        let deviations = decode_into(&mut *record, &response.body, self.limits())
            .map_err(|error| response.unreadable(request, "the answer could not be read", &error))?;
        let etag =
            response.etag().or_else(|| (*record).text("@odata.etag").filter(|tag| !tag.is_empty()).map(ETag::from));
        Ok(AnyResource::new(self.clone(), request.uri.clone(), etag, deviations, record, response.body))
    }
}

impl<T: Type> Resource<T> {
    /// Reads it again.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn refresh(&mut self) -> Result<(), Error> {
        let expected = Expected::type_of::<T>();
        let read = self.client().fetch(self.uri(), ReadAs::Exactly(expected.table));
        *self = ResourceFuture::of(expected.check(read)).await?;
        Ok(())
    }
}

/// Returns the type that a body names, if it is known and differs from the expected one. Types that derive from one
/// another, or that moved to a schema of their own, share the schema's name or the type's.
pub(crate) fn other_type(body: &[u8], expected: &'static Table) -> Option<&'static Table> {
    let said = peek_odata_type(body)?;
    let (schema, name) = expected.name.split_once('.').unwrap_or((expected.name, expected.name));
    // `Resource.Item` and the like are base types of all resources.
    if said.schema() == schema || said.type_name() == name || schema == "Resource" {
        return None;
    }
    let found = schema::find_odata_type(&said)?;
    (found != expected && matches!(found.kind, TypeKind::Entity | TypeKind::Collection)).then_some(found)
}

/// Returns the error for a resource of another type than expected.
pub(crate) fn mistaken(uri: &str, found: &Table, expected: &Table) -> Error {
    Error::new(ErrorKind::Decode, format!("this is a {}, not a {}", found.name, expected.name)).at("GET", uri)
}

/// Returns the type for resources that no schema describes.
pub(crate) fn generic() -> &'static Table {
    schema::resource::BaseResource::type_table()
}

/// Returns whether an answer is a resource at all: some services answer 200 with `{}` or with an error.
pub(crate) fn is_resource(record: &dyn Record) -> bool {
    let names = ["@odata.id", "@odata.type", "Id", "Name", "MemberId", "Members"];
    names.iter().any(|name| record.has(name))
}

pub(crate) fn not_a_resource(uri: &str) -> Error {
    let text = "the answer is not a resource: it has no @odata.id, @odata.type, Id or Name";
    Error::new(ErrorKind::Decode, text).at("GET", uri)
}
