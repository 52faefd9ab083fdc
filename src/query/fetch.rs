//! Reading with a query, and reading on without it where the service turns out not to be able.

use futures_util::future::BoxFuture;

use super::{Asked, Query};
use crate::client::Client;
use crate::erased::Typed;
use crate::error::{Error, ErrorKind};
use crate::resource::{AnyResource, Expected, Resource};
use crate::wire::{Record, Table, Type};

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
        Typed::new(expected.check(ask(self, uri, query, expected.table, false)), Resource::of)
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
        ask(self, uri, query, hint.unwrap_or_else(|| crate::schema::resource::Resource::type_table()), true).await
    }
}

/// Reads one resource with a query.
pub(crate) fn ask(
    client: &Client,
    uri: &str,
    query: &Query,
    table: &'static Table,
    lenient: bool,
) -> BoxFuture<'static, Result<AnyResource, Error>> {
    match query.ask(table, client.features(), false) {
        Ok(asked) => fetch(client, uri, asked, table, lenient),
        Err(text) => {
            let error = Error::new(ErrorKind::NotAllowed, text).at("GET", uri);
            Box::pin(async move { Err(error) })
        }
    }
}

/// Reads a resource with what is asked of it; without what only saves requests where that fails.
pub(crate) fn fetch(
    client: &Client,
    uri: &str,
    asked: Asked,
    table: &'static Table,
    lenient: bool,
) -> BoxFuture<'static, Result<AnyResource, Error>> {
    let (client, uri) = (client.clone(), uri.to_owned());
    Box::pin(async move {
        let place = uri.split('#').next().unwrap_or_default().to_owned();
        let mut failure = None;
        if asked.is_saving() && !client.query_memory().has_failed(&uri) {
            match client.fetch(&asked.uri(&uri, true), Some(table), lenient).await {
                Ok(resource) => return Ok(resource.moved(place)),
                Err(error) if is_final(&error) => return Err(error.at("GET", &uri)),
                Err(error) => failure = Some(error),
            }
        }
        let resource = client.fetch(&asked.uri(&uri, false), Some(table), lenient).await?.moved(place);
        // It can be read, so the parameters were to blame.
        if let Some(error) = failure {
            tracing::info!(%error, "query parameters fail here: they are not used again");
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
