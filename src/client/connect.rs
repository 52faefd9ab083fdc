//! Connecting: the service root, the login, and, where a password must be changed first, the change.

use std::fmt;
use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::access::{Access, Way};
use super::cache::Cache;
use super::credentials::Credentials;
use super::etag_form::LearnedForm;
use super::exchange::Exchange;
use super::if_match;
use super::query_memory::QueryMemory;
use super::registries::Registries;
use super::request::Request;
use super::retry::RetryPolicy;
use super::session::logout::there;
use super::session::{Connections, NoSession, PasswordChange, Session, SessionToken, blames_credentials};
use super::{Client, Inner, Options, SERVICE_ROOT};
use crate::error::{Error, ErrorKind};
use crate::schema::ServiceRoot;
use crate::wire::decode_into;

/// Where sessions are made if the service root doesn't say.
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

/// How many accounts are looked at to find the client's own. Services have room for some sixteen.
const MOST_ACCOUNTS: usize = 256;

/// How a client says on whose behalf it asks.
#[derive(Clone)]
pub(crate) enum Means {
    /// By a session that it opens, where there are credentials; Basic where there are no sessions.
    Login,
    Basic,
    Bearer(SecretString),
    /// By a session that is there already; true if this client ends it.
    Token(SessionToken, bool),
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Login => "Login",
            Self::Basic => "Basic",
            Self::Bearer(_) => "Bearer",
            Self::Token(..) => "Token",
        })
    }
}

/// Reads the service root and logs in.
pub(crate) async fn connect(
    exchange: Exchange,
    credentials: Option<Credentials>,
    means: Means,
    retry: RetryPolicy,
    (concurrency, pages): (usize, usize),
    cache: Option<usize>,
    wants_root: bool,
) -> Result<Client, Error> {
    let exchange = Arc::new(exchange);
    let inner = Inner {
        access: Access::new(&exchange),
        exchange,
        under_way: Semaphore::new(concurrency),
        concurrency,
        pages,
        root: OnceLock::new(),
        query: QueryMemory::default(),
        if_match: LearnedForm::default(),
        cache: cache.map(Cache::new),
        registries: Registries::default(),
    };
    let options = Options { timeout: None, retry, connecting: true, plain: false };
    let client = Client { inner: Arc::new(inner), options: Arc::new(options.clone()) };
    let request = Request::get(SERVICE_ROOT);
    let mut response = match (&means, &credentials) {
        // The login takes the same connection, and must not be cut by the end of the caller's runtime.
        (Means::Login, Some(_)) => {
            let (client, request) = (client.clone(), request.clone());
            let interrupted = || Err(Error::new(ErrorKind::Connect, "the client's thread has ended"));
            let origin = client.inner.exchange.origin.as_str().to_owned();
            there(&origin, Box::pin(async move { client.send(request).await })).await.unwrap_or_else(interrupted)?
        }
        _ => client.send(request.clone()).await?,
    };
    // Most services show the root to anybody; for one that doesn't, the login has to find its place by itself.
    let hidden = matches!(response.status, 401 | 403);
    if hidden && client.begin(means.clone(), credentials.clone(), Some(SESSIONS.to_owned())).await? {
        response = client.send(request.clone()).await?;
    }
    let response = response.success(&request)?;
    let mut root = ServiceRoot::default();
    let deviations = decode_into(&mut root, &response.body, &client.inner.exchange.limits).map_err(|error| {
        let what = "this is not a Redfish service: the answer could not be read";
        response.unreadable(&request, what, &error).with_status(response.status, vec![])
    })?;
    if wants_root && !hidden && !is_service_root(&root) {
        let error = Error::new(ErrorKind::Decode, "what answers is not a Redfish service root");
        return Err(error.at(request.method, &request.uri));
    }
    let sessions = sessions_of(&root);
    let document = (Arc::new(root), response.etag(), deviations);
    // It is set here only.
    let _ = client.inner.root.set(document);
    if !hidden {
        client.begin(means, credentials, sessions).await?;
    }
    Ok(Client { options: Arc::new(Options { connecting: false, ..options }), ..client })
}

/// Whether what answered says in any way that it is a service root.
fn is_service_root(root: &ServiceRoot) -> bool {
    let says_so = root.odata_type.as_ref().is_some_and(|odata_type| odata_type.as_str().contains("ServiceRoot"));
    says_so || root.redfish_version.is_some() || root.systems.is_some()
}

/// Where sessions are made: `Links.Sessions`, which is there even where `SessionService` is not. None where the service
/// names neither: some then answer a login as they answer any request without credentials, with 401.
fn sessions_of(root: &ServiceRoot) -> Option<String> {
    let link = root.links.as_ref().and_then(|links| links.sessions.as_ref()).and_then(|link| link.uri());
    let usual = || root.session_service.as_ref().map(|_| SESSIONS.to_owned());
    link.map(|uri| uri.as_str().to_owned()).or_else(usual)
}

/// Something that a service shows to those who are logged in only.
fn first_link(root: &ServiceRoot) -> Option<String> {
    let links = [root.managers.as_ref().and_then(|link| link.uri()), root.chassis.as_ref().and_then(|link| link.uri())];
    links.into_iter().flatten().next().map(|uri| uri.as_str().to_owned())
}

impl Client {
    /// Gets hold of what requests are sent with; false where there is nothing to begin with.
    async fn begin(
        &self,
        means: Means,
        credentials: Option<Credentials>,
        sessions: Option<String>,
    ) -> Result<bool, Error> {
        let (access, exchange) = (&self.inner.access, &self.inner.exchange);
        let place = sessions.clone().unwrap_or_else(|| SESSIONS.to_owned());
        let begin = |way, credentials| {
            access.begin(way, credentials, place.clone());
            Ok(true)
        };
        let credentials = match (means, credentials) {
            (Means::Bearer(token), credentials) => return begin(Way::Bearer(token), credentials),
            (Means::Token(token, ours), credentials) => {
                if !exchange.origin.is(&token.origin) {
                    let text = format!("the session is one at {}, not at {}", token.origin, exchange.origin);
                    return Err(Error::new(ErrorKind::Configuration, text));
                }
                let user = credentials.as_ref().map(Credentials::user);
                let session = Session::adopted(exchange, &place, token, user, ours)?;
                return begin(Way::Session(Some(session)), credentials);
            }
            (_, None) => return Ok(false),
            (Means::Basic, credentials) => return begin(Way::Basic, credentials),
            (Means::Login, Some(credentials)) => credentials,
        };
        if sessions.is_none() {
            return begin(Way::Basic, Some(credentials));
        }
        match Session::login(exchange, &place, &credentials, Connections::Shared, None).await.0 {
            Ok(login) => {
                access.begin(Way::Session(Some(login.session)), Some(credentials), place);
                access.require_password_change(login.password_change);
                Ok(true)
            }
            // No session for who has to change the password: it goes without one.
            Err(NoSession::Refused(error)) if error.kind() == ErrorKind::PasswordChangeRequired => {
                access.begin(Way::Stopgap, Some(credentials), place);
                access
                    .require_password_change(PasswordChange::Required { account: error.account().map(str::to_owned) });
                Ok(true)
            }
            // There are no sessions here.
            Err(NoSession::Refused(error)) if matches!(error.status(), Some(404 | 405 | 501)) => {
                tracing::info!(origin = self.origin(), error = %error.report(), "no sessions: Basic authentication is used");
                begin(Way::Basic, Some(credentials))
            }
            // Sessions that can't be used, or a service that wants Basic. Credentials that were found wrong are another matter:
            // they are never tried twice.
            Err(NoSession::WithoutToken(error)) => self.begin_basic(error, credentials, place).await,
            Err(NoSession::Refused(error))
                if matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden)
                    && !blames_credentials(&error) =>
            {
                self.begin_basic(error, credentials, place).await
            }
            Err(NoSession::Refused(error)) => Err(error),
        }
    }

    /// Tries Basic authentication, once, where the login came to nothing for a reason that leaves it possible. What came of
    /// the login is the error where the service does not take it either.
    async fn begin_basic(&self, why: Error, credentials: Credentials, place: String) -> Result<bool, Error> {
        tracing::info!(origin = self.origin(), error = %why.report(), "no session: Basic authentication is tried");
        let behind_login = match self.inner.root.get() {
            // It shows its root to nobody without credentials.
            None => SERVICE_ROOT.to_owned(),
            Some((root, ..)) => first_link(root).unwrap_or_else(|| place.clone()),
        };
        self.inner.access.begin(Way::Basic, Some(credentials), place);
        let answer = self.send(Request::get(behind_login)).await?;
        if answer.status == 401 { Err(why) } else { Ok(true) }
    }

    /// Returns whether the password of the account must be changed before anything else can be done, as the service
    /// said at the login: [`change_password`](Self::change_password) does that.
    #[must_use]
    pub fn password_change_required(&self) -> bool {
        self.inner.access.password_change() != PasswordChange::NotRequired
    }

    /// Changes the password of the account that the client is logged in with, also where nothing else is allowed before
    /// that ([`ErrorKind::PasswordChangeRequired`]). The client continues with the new one.
    ///
    /// ```no_run
    /// # async fn run(bmc: rosefish::Client, new: String) -> Result<(), rosefish::Error> {
    /// if bmc.password_change_required() {
    ///     bmc.change_password(new).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the account is not found, and where the service can't be asked or refuses: [`Error::messages`] then say
    /// what it wants of a password.
    pub async fn change_password(&self, new: impl Into<SecretString> + Send) -> Result<(), Error> {
        self.set_password(new.into()).await
    }

    async fn set_password(&self, new: SecretString) -> Result<(), Error> {
        let access = &self.inner.access;
        let Some(user) = access.user() else {
            return Err(Error::new(ErrorKind::NotAllowed, "without credentials there is no account to change"));
        };
        let account = match access.password_change() {
            PasswordChange::Required { account: Some(account) } => account,
            _ => match self.account_of(&user).await {
                // The session is reported on the way to it.
                Err(error) if error.account().is_some() => error.account().unwrap_or_default().to_owned(),
                found => found?,
            },
        };
        self.inner.exchange.secrets.know(new.expose_secret());
        let body = serde_json::json!({ "Password": new.expose_secret() }).to_string();
        let request = Request::with_body("PATCH", account, body);
        if_match::send(self, request.clone()).await?.success(&request)?;
        access.set_password(new.clone());
        if access.is_stopgap() {
            access.log_in(Credentials { user, password: new }).await?;
        }
        Ok(())
    }

    /// Takes note of a change of an account, which may be the client's own.
    pub(crate) fn own_account_changed(&self, user: &str, name: Option<&str>, password: Option<&str>) {
        self.inner.access.account_changed(user, name, password);
    }

    /// The URI of the account of a user.
    async fn account_of(&self, user: &str) -> Result<String, Error> {
        let root = self.json(SERVICE_ROOT).await?;
        let missing =
            || Error::new(ErrorKind::Missing, format!("the account of {user} is not among those of the service"));
        let link = |value: &Value, name: &str| value[name]["@odata.id"].as_str().map(str::to_owned).ok_or_else(missing);
        let service = self.json(&link(&root, "AccountService")?).await?;
        let accounts = self.json(&link(&service, "Accounts")?).await?;
        for member in accounts["Members"].as_array().into_iter().flatten().take(MOST_ACCOUNTS) {
            let Some(uri) = member["@odata.id"].as_str() else { continue };
            if self.json(uri).await.is_ok_and(|account| account["UserName"] == user) {
                return Ok(uri.to_owned());
            }
        }
        Err(missing())
    }

    /// Reads JSON without a type.
    pub(crate) async fn json(&self, uri: &str) -> Result<Value, Error> {
        let request = Request::get(uri);
        let response = self.send(request.clone()).await?.success(&request)?;
        crate::wire::from_slice(&response.body)
            .map_err(|error| response.unreadable(&request, "the answer could not be read", &error))
    }

    /// Logs in again with these credentials: others, or the same after the service has refused them for a time. The
    /// session that there was is ended.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked or refuses.
    pub async fn log_in(&self, credentials: Credentials) -> Result<(), Error> {
        if let Some(cache) = &self.inner.cache {
            cache.clear();
        }
        self.inner.access.log_in(credentials).await
    }

    /// Returns the session, for another client or process to continue with. It still ends with this client:
    /// [`keep_session`](Self::keep_session) has it outlive the client. None where there is no session.
    #[must_use]
    pub fn session_token(&self) -> Option<SessionToken> {
        self.inner.access.token()
    }

    /// Returns the session, which this client does not end any more when it is dropped: anyone who has the token does
    /// so. None where there is no session.
    #[must_use = "nobody can end the session without its token"]
    pub fn keep_session(&self) -> Option<SessionToken> {
        self.inner.access.keep()
    }

    /// Ends the session and reports how it went, also a session that came from elsewhere. Other clones of this client can
    /// do nothing after it.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked or refuses.
    pub fn close(self) -> impl Future<Output = Result<(), Error>> + Send {
        // Not an `async fn`: those are compiled where they are awaited.
        let closed: BoxFuture<'static, _> = Box::pin(async move {
            match self.inner.access.close() {
                Some(session) => {
                    let _turn = self.inner.under_way.acquire().await;
                    session.logout().await
                }
                None => Ok(()),
            }
        });
        closed
    }
}
