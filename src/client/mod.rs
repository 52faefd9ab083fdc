//! The client: one per BMC, cheap to clone. It holds the session, keeps to a limit of requests under way, and gives
//! typed resources.

mod builder;
mod message;
mod session;
mod tls;
mod transport;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::header::AUTHORIZATION;
use secrecy::ExposeSecret;
use tokio::sync::{Mutex, Semaphore};

pub use builder::{ClientBuilder, Credentials};
pub(crate) use transport::{Request, Response};

use crate::error::{Error, ErrorKind};
use crate::resource::{AnyResource, Resource};
use crate::schema::{self, ServiceRoot};
use crate::wire::{ETag, Table, Type, decode_into, peek_odata_type};
use session::Session;
use transport::{Authorization, Transport};

/// Where every Redfish service begins (DSP0266, "Service root").
pub const SERVICE_ROOT: &str = "/redfish/v1/";

/// Where sessions are made if the service root doesn't say.
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

/// A client of one BMC. Clones share the session, the connections and the limit of requests under way. When the last of
/// them is dropped the session is ended; [`close`](Self::close) does so without holding up the thread, and tells
/// how it went.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    transport: Arc<Transport>,
    access: Access,
    under_way: Semaphore,
    concurrency: usize,
    root: ServiceRootDocument,
}

type ServiceRootDocument = (ServiceRoot, Option<ETag>, Vec<crate::wire::Deviation>);

/// How requests say on whose behalf they are.
enum Access {
    Anonymous,
    Basic(Credentials),
    Session(Box<Sessions>),
}

/// What is needed to log in, and again.
struct Sessions {
    credentials: Credentials,
    /// The URI of the collection.
    uri: String,
    current: Mutex<Current>,
}

/// The session of the moment, and how many there have been.
struct Current {
    session: Option<Session>,
    generation: u64,
}

/// What a client has sent and received so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent, those of login included.
    pub requests: u64,
    /// Bytes of bodies received.
    pub bytes: u64,
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: Option<String>,
    /// The `ETag`.
    pub etag: Option<ETag>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("origin", &self.origin()).finish_non_exhaustive()
    }
}

/// Reads the service root and logs in.
pub(crate) async fn connect(
    transport: Arc<Transport>,
    credentials: Option<Credentials>,
    basic: bool,
    concurrency: usize,
) -> Result<Client, Error> {
    let request = Request::get(SERVICE_ROOT);
    let mut response = transport.send(&request, &None).await?;
    let mut access = Access::Anonymous;
    // Most services show the root to anybody; for one that doesn't, the login has to find its place by itself.
    let hidden = matches!(response.status, 401 | 403);
    if hidden && let Some(credentials) = credentials.clone() {
        access = log_in(&transport, credentials, basic, SESSIONS.to_owned()).await?;
        response = transport.send(&request, &authorization(&access).await?.0).await?;
    }
    let response = response.success(&request)?;
    let mut root = ServiceRoot::default();
    let limits = transport.config().limits;
    let deviations = decode_into(&mut root, &response.body, &limits).map_err(|error| {
        let text = format!("this is not a Redfish service: the answer could not be read{}", response.glimpse());
        Error::new(ErrorKind::Decode, text).at("GET", SERVICE_ROOT).with_source(error)
    })?;
    if !hidden && let Some(credentials) = credentials {
        let sessions = sessions_of(&root);
        access = log_in(&transport, credentials, basic || sessions.is_none(), sessions.unwrap_or_default()).await?;
    }
    let etag = response.etag.clone();
    let under_way = Semaphore::new(concurrency);
    Ok(Client(Arc::new(Inner { transport, access, under_way, concurrency, root: (root, etag, deviations) })))
}

/// Where sessions are made: `Links.Sessions`, which is there even where `SessionService` is not. None where the service
/// names neither: some then answer a login as they answer any request without credentials, with 401.
fn sessions_of(root: &ServiceRoot) -> Option<String> {
    let link = root.links.as_ref().and_then(|links| links.sessions.as_ref()).and_then(|link| link.uri());
    let usual = || root.session_service.as_ref().map(|_| SESSIONS.to_owned());
    link.map(|uri| uri.as_str().to_owned()).or_else(usual)
}

/// Makes a session; where the service has none, Basic.
async fn log_in(
    transport: &Arc<Transport>,
    credentials: Credentials,
    basic: bool,
    sessions: String,
) -> Result<Access, Error> {
    if basic {
        return Ok(Access::Basic(credentials));
    }
    match Session::login(transport, sessions.clone(), &credentials).await {
        Ok(session) => {
            let current = Mutex::new(Current { session: Some(session), generation: 0 });
            Ok(Access::Session(Box::new(Sessions { credentials, uri: sessions, current })))
        }
        // There are no sessions here. Refused credentials are another matter: they are never tried twice.
        Err(error) if matches!(error.status(), Some(404 | 405 | 501)) => {
            tracing::info!(%error, "no sessions: Basic authentication is used");
            Ok(Access::Basic(credentials))
        }
        Err(error) => Err(error),
    }
}

/// The header to send, and the generation of the session that it is of.
async fn authorization(access: &Access) -> Result<(Authorization, u64), Error> {
    Ok(match access {
        Access::Anonymous => (None, 0),
        Access::Basic(credentials) => {
            let text = format!("{}:{}", credentials.user, credentials.password.expose_secret());
            (session::header(AUTHORIZATION, &format!("Basic {}", base64(text.as_bytes())))?, 0)
        }
        Access::Session(sessions) => {
            let current = sessions.current.lock().await;
            let header = current.session.as_ref().map(Session::authorization).transpose()?.flatten();
            (header, current.generation)
        }
    })
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

impl Client {
    /// Begins to set up a client of the service at a URL, `https://bmc-07.example`; a host name alone means HTTPS.
    ///
    /// ```no_run
    /// # async fn run(password: String) -> Result<(), rosefish::Error> {
    /// use rosefish::{Client, Credentials};
    ///
    /// let bmc = Client::builder("https://bmc-07.example").credentials(Credentials::new("root", password)).connect().await?;
    /// println!("{:?}", bmc.root().redfish_version);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(url: &str) -> ClientBuilder {
        ClientBuilder::new(url)
    }

    /// The service root, as it was when the client connected.
    #[must_use]
    pub fn root(&self) -> Resource<ServiceRoot> {
        let (root, etag, deviations) = &self.0.root;
        Resource::new(self.clone(), SERVICE_ROOT.to_owned(), etag.clone(), deviations.clone(), Box::new(root.clone()))
    }

    /// Scheme, host and port of the service.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.transport.config().origin.as_str()
    }

    /// What was sent and received so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let (requests, bytes) = self.0.transport.traffic();
        Traffic { requests, bytes }
    }

    /// How many requests may be under way at once.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.0.concurrency
    }

    /// Reads a resource of a known type.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked, refuses, or does not answer with a JSON object.
    pub async fn get<T: Type>(&self, uri: &str) -> Result<Resource<T>, Error> {
        self.fetch(uri, Some(T::type_table()), false).await?.typed()
    }

    /// Reads a resource of whatever type it is: what its `@odata.type` says, else `hint`, else what its place says, else
    /// a plain [`schema::resource::Resource`].
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn get_any(&self, uri: &str, hint: Option<&'static Table>) -> Result<AnyResource, Error> {
        self.fetch(uri, hint, true).await
    }

    /// Reads whatever is at a URI and does not judge it.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked.
    pub async fn get_raw(&self, uri: &str) -> Result<RawResponse, Error> {
        let Response { status, content_type, etag, body, .. } = self.send(Request::get(uri)).await?;
        Ok(RawResponse { status, content_type, etag, body })
    }

    /// Ends the session and tells how it went. Other clones of this client can do nothing after it.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked or refuses.
    pub async fn close(self) -> Result<(), Error> {
        if let Access::Session(sessions) = &self.0.access {
            let session = sessions.current.lock().await.session.take();
            if let Some(session) = session {
                return session.logout(&self.0.transport).await;
            }
        }
        Ok(())
    }

    /// Reads a resource; `lenient` prefers the type that it says it has.
    pub(crate) fn fetch(
        &self,
        uri: &str,
        hint: Option<&'static Table>,
        lenient: bool,
    ) -> BoxFuture<'static, Result<AnyResource, Error>> {
        let client = self.clone();
        let uri = uri.to_owned();
        Box::pin(async move {
            let request = Request::get(uri);
            let response = client.send(request.clone()).await?.success(&request)?;
            client.decode(response, &request, hint, lenient)
        })
    }

    /// Makes a resource of an answer.
    pub(crate) fn decode(
        &self,
        response: Response,
        request: &Request,
        hint: Option<&'static Table>,
        lenient: bool,
    ) -> Result<AnyResource, Error> {
        let said = || peek_odata_type(&response.body).and_then(|name| schema::find_odata_type(&name));
        let table = match (lenient, hint) {
            (false, Some(hint)) => hint,
            _ => said().or(hint).or_else(|| schema::find_uri(&request.uri)).unwrap_or_else(generic),
        };
        let mut record = (table.new)();
        let limits = &self.0.transport.config().limits;
        let deviations = decode_into(&mut *record, &response.body, limits).map_err(|error| {
            let text = format!("the answer could not be read{}", response.glimpse());
            Error::new(ErrorKind::Decode, text).at(request.method, &request.uri).with_source(error)
        })?;
        let etag = response.etag.or_else(|| (*record).text("@odata.etag").map(ETag::from));
        Ok(AnyResource::new(self.clone(), request.uri.clone(), etag, deviations, record, response.body))
    }

    /// Sends a request within the limit of requests under way. A session that the service no longer knows is renewed
    /// once: a 401 proves that nothing was done.
    pub(crate) fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, Error>> {
        let client = self.clone();
        Box::pin(async move {
            let inner = &client.0;
            let closed = |_| Error::new(ErrorKind::Connect, "the client is closed");
            let _permit = inner.under_way.acquire().await.map_err(closed)?;
            let (header, generation) = authorization(&inner.access).await?;
            let response = inner.transport.send(&request, &header).await?;
            if response.status != 401 || header.is_none() || !inner.renew(generation).await? {
                return Ok(response);
            }
            let (header, _) = authorization(&inner.access).await?;
            inner.transport.send(&request, &header).await
        })
    }
}

/// The type of resources of which nothing is known.
fn generic() -> &'static Table {
    schema::resource::Resource::type_table()
}

impl Inner {
    /// Logs in again, unless somebody else did so meanwhile. False where there is no session to renew.
    async fn renew(&self, generation: u64) -> Result<bool, Error> {
        let Access::Session(sessions) = &self.access else { return Ok(false) };
        let mut current = sessions.current.lock().await;
        if current.generation != generation {
            return Ok(true);
        }
        // A closed client stays closed.
        let Some(old) = current.session.take() else { return Ok(false) };
        old.forget();
        current.session = Some(Session::login(&self.transport, sessions.uri.clone(), &sessions.credentials).await?);
        current.generation += 1;
        Ok(true)
    }
}
