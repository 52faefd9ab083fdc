//! Requests of a program's own, for what has no type here: under the rules that all requests of the client keep to. They go
//! to the client's origin only, in its session, within its limit; a change is sent once, with `If-Match` where the service
//! wants it; what has not finished is a task, and errors are those of the service.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::HeaderValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::mask::of_uri;
use crate::client::{Client, Request, headers, if_match};
use crate::error::{Error, ErrorKind};
use crate::resource::action::Reply;
use crate::resource::apply_time::Apply;
use crate::wire::ETag;

/// A request about to be sent: `.await` sends it. A change is sent at most once: a lost answer is an error, not a second
/// try.
///
/// ```no_run
/// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
/// use serde_json::json;
///
/// let reply = bmc.post("/redfish/v1/Oem/Contoso/Actions/Polish", &json!({ "Shine": "High" })).await?;
/// if let Some(task) = reply.task {
///     task.wait(std::time::Duration::from_secs(60)).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before it is awaited"]
pub struct OwnRequest {
    client: Client,
    request: Request,
    apply: Option<Apply>,
    /// What can't be sent, and why.
    wrong: Option<Error>,
}

impl fmt::Debug for OwnRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnRequest")
            .field("method", &self.request.method)
            .field("uri", &of_uri(&self.request.uri))
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Reads JSON into a type of your own.
    ///
    /// ```no_run
    /// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct Shelf {
    ///     slots: u32,
    /// }
    ///
    /// let shelf: Shelf = bmc.get_as("/redfish/v1/Oem/Contoso/Shelf").await?;
    /// # let _ = shelf.slots;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the service can't be asked or refuses, and where its answer does not fit the type.
    pub fn get_as<D: DeserializeOwned>(&self, uri: &str) -> impl Future<Output = Result<D, Error>> + Send + use<D> {
        let body = self.body_of(uri);
        let uri = uri.to_owned();
        async move {
            let body = body.await?;
            serde_json::from_slice(&body).map_err(|error| misfit(&uri, error))
        }
    }

    /// Sends a POST to a URI of this service.
    pub fn post<B: Serialize + ?Sized>(&self, uri: &str, body: &B) -> OwnRequest {
        self.with_json("POST", uri, serde_json::to_vec(body))
    }

    /// Sends a PATCH to a URI of this service. Where the service answers that it wants an ETag, the one that the resource has
    /// now is sent along; [`OwnRequest::if_match`] says which version is meant.
    pub fn patch<B: Serialize + ?Sized>(&self, uri: &str, body: &B) -> OwnRequest {
        self.with_json("PATCH", uri, serde_json::to_vec(body))
    }

    /// Sends a PUT to a URI of this service, with an ETag as [`patch`](Self::patch).
    pub fn put<B: Serialize + ?Sized>(&self, uri: &str, body: &B) -> OwnRequest {
        self.with_json("PUT", uri, serde_json::to_vec(body))
    }

    /// Sends a DELETE to a URI of this service, with an ETag as [`patch`](Self::patch).
    pub fn delete(&self, uri: &str) -> OwnRequest {
        OwnRequest { client: self.clone(), request: Request::new("DELETE", uri), apply: None, wrong: None }
    }

    fn with_json(&self, method: &'static str, uri: &str, json: Result<Vec<u8>, serde_json::Error>) -> OwnRequest {
        let (body, wrong) = match json {
            Ok(body) => (body, None),
            Err(error) => {
                let text = "the body can't be written as JSON";
                (Vec::new(), Some(Error::new(ErrorKind::Configuration, text).at(method, uri).with_source(error)))
            }
        };
        let mut request = Request::new(method, uri);
        request.body = Some((Bytes::from(body), HeaderValue::from_static("application/json")));
        OwnRequest { client: self.clone(), request, apply: None, wrong }
    }

    fn body_of(&self, uri: &str) -> BoxFuture<'static, Result<Bytes, Error>> {
        let (client, request) = (self.clone(), Request::get(uri));
        Box::pin(async move { Ok(client.send(request.clone()).await?.success(&request)?.body) })
    }
}

fn misfit(uri: &str, error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Decode, "the answer does not fit the type").at("GET", uri).with_source(error)
}

impl OwnRequest {
    /// Sends another header along.
    ///
    /// The headers of the login, of the connection and of the body's length are the client's own: naming one of them is an
    /// error of the kind [`ErrorKind::Configuration`] when the request is awaited, and so is a value that no header
    /// can have.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match headers::own(name, value) {
            Ok((name, value)) => {
                self.request.headers.insert(name, value);
            }
            Err(error) => {
                let error = error.at(self.request.method, &self.request.uri);
                self.wrong.get_or_insert(error);
            }
        }
        self
    }

    /// Says which version of the resource is meant (`If-Match`): where it is another by now, the change is not made over it.
    pub fn if_match(mut self, tag: impl Into<ETag>) -> Self {
        self.request.if_match = Some(tag.into());
        self
    }

    /// Asks for it to be done at a certain time (`@Redfish.OperationApplyTime`, and for a PATCH or PUT
    /// `@Redfish.SettingsApplyTime`). Whether the service supports that is not checked before.
    pub fn apply(mut self, when: Apply) -> Self {
        self.apply = Some(when);
        self
    }

    /// Sets how long the request may take as a whole. Defaults to the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout = Some(timeout);
        self
    }

    fn send(mut self) -> BoxFuture<'static, Result<Reply<Value>, Error>> {
        Box::pin(async move {
            if let Some(error) = self.wrong {
                return Err(error);
            }
            if let Some(when) = &self.apply {
                let body = self.request.body.take().map_or_else(|| Bytes::from_static(b"{}"), |(body, _)| body);
                let body = String::from_utf8_lossy(&body);
                let body = match self.request.method {
                    "PATCH" | "PUT" => when.with_settings(&body),
                    _ => when.with_operation(&body),
                };
                self.request.body = Some((Bytes::from(body), HeaderValue::from_static("application/json")));
            }
            let response = match self.request.method {
                "POST" => self.client.send(self.request.clone()).await?,
                _ => if_match::send(&self.client, self.request.clone()).await?,
            };
            let answered = Reply::<()>::of(&self.client, &self.request, response)?;
            Ok(answered.with(|body| serde_json::from_slice(body).ok()))
        })
    }
}

impl IntoFuture for OwnRequest {
    type Output = Result<Reply<Value>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<R> Reply<R> {
    /// Returns the value of a header that the service sent, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
