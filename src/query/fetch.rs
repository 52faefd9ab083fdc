//! Reading with a query, and reading on without it where the service turns out not to be able.

use super::{Asked, Query, Scope};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::resource::read::{ReadAs, generic};
use crate::resource::typed::ResourceFuture;
use crate::resource::{AnyResource, Expected, Fetch, Resource};
use crate::wire::{Table, Type};

impl Client {
    /// Reads a resource of a known type with query parameters: see [`Query`].
    ///
    /// ```no_run
    /// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
    /// use rosefish::{Expand, Query};
    /// use rosefish::schema::Chassis;
    ///
    /// let query = Query::new().expand(Expand::Subordinate).select(["Name", "Status/Health"]);
    /// let chassis = bmc.get_with::<Chassis>("/redfish/v1/Chassis/1", &query).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); and where the query names a property that the type does not have, or asks for what the
    /// service does not say that it can do. Nothing is sent then.
    pub fn get_with<T: Type>(
        &self,
        uri: &str,
        query: &Query,
    ) -> impl Future<Output = Result<Resource<T>, Error>> + Send {
        let expected = Expected::type_of::<T>();
        ResourceFuture::of(expected.check(ask(self, uri, query, expected.table, ReadAs::Exactly(expected.table))))
    }

    /// Reads a resource of whatever type it is, as [`get_any`](Self::get_any), with query parameters. Properties in the
    /// query are checked where `hint` is given.
    ///
    /// # Errors
    ///
    /// As [`get_with`](Self::get_with).
    pub async fn get_any_with(
        &self,
        uri: &str,
        hint: Option<&'static Table>,
        query: &Query,
    ) -> Result<AnyResource, Error> {
        ask(self, uri, query, hint.unwrap_or_else(generic), ReadAs::ItSays { otherwise: hint }).await
    }
}

/// Reads one resource with a query, whose properties are those of `table`.
pub(crate) fn ask(client: &Client, uri: &str, query: &Query, table: &'static Table, read_as: ReadAs) -> Fetch {
    match query.ask(table, client.features(), Scope::Resource) {
        Ok(asked) => fetch(client, uri, asked, read_as),
        Err(text) => {
            let error = Error::new(ErrorKind::NotAllowed, text).at("GET", uri);
            Box::pin(async move { Err(error) })
        }
    }
}

/// Reads a resource with what is asked of it; without what only saves requests where that fails.
pub(crate) fn fetch(client: &Client, uri: &str, asked: Asked, read_as: ReadAs) -> Fetch {
    let (client, uri) = (client.clone(), uri.to_owned());
    Box::pin(async move {
        let place = uri.split('#').next().unwrap_or_default().to_owned();
        let mut failure = None;
        if asked.is_saving() && !client.query_memory().has_failed(&uri) {
            match client.fetch(&asked.uri(&uri), read_as).await {
                Ok(resource) => return Ok(resource.moved(place)),
                Err(error) if is_final(&error) => return Err(error.at("GET", &uri)),
                Err(error) => failure = Some(error),
            }
        }
        let resource = client.fetch(&asked.needed_uri(&uri), read_as).await?.moved(place);
        // It can be read, so the parameters were to blame.
        if let Some(error) = failure {
            tracing::info!(origin = client.origin(), error = %error.report(), "query parameters fail here: they are not used again");
            client.query_memory().note(&uri);
        }
        Ok(resource)
    })
}

/// Whether the failure has nothing to do with query parameters.
fn is_final(error: &Error) -> bool {
    use ErrorKind as Kind;
    error.is_auth() || matches!(error.kind(), Kind::Configuration | Kind::Tls | Kind::ForeignOrigin | Kind::Missing)
}
