//! Sessions: login, the token, and a logout that can't be forgotten.

use std::fmt;
use std::sync::mpsc;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::Credentials;
use super::transport::{Authorization, Config, Request, Response, Transport};
use crate::error::{Error, ErrorKind};

/// How long a dropped client holds up its thread for the service to confirm the logout.
const PATIENCE: Duration = Duration::from_secs(3);

/// A session at the service. Dropping it logs out.
pub(crate) struct Session {
    token: SecretString,
    /// Where to DELETE; none once that is done.
    uri: Option<String>,
    config: Config,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl Session {
    /// Logs in. It goes on to its end even if the caller stops waiting, so that the session that the service may have
    /// made is known, and ended.
    pub(crate) async fn login(
        transport: &Arc<Transport>,
        sessions: String,
        credentials: &Credentials,
    ) -> Result<Self, Error> {
        let transport = Arc::clone(transport);
        let body = serde_json::json!({
            "UserName": credentials.user,
            "Password": credentials.password.expose_secret(),
        });
        let request = Request::with_body("POST", sessions, body.to_string());
        let login = tokio::spawn(async move {
            let response = transport.send(&request, &None).await?.success(&request)?;
            Self::of(response, transport.config().clone(), &request)
        });
        login.await.map_err(|error| Error::new(ErrorKind::Connect, "the login was interrupted").with_source(error))?
    }

    fn of(response: Response, config: Config, request: &Request) -> Result<Self, Error> {
        let in_body = || {
            serde_json::from_slice::<serde_json::Value>(&response.body).ok()?["@odata.id"].as_str().map(str::to_owned)
        };
        let uri = response.location.clone().or_else(in_body);
        let Some(token) = response.token else {
            let text = format!("the service made a session but sent no X-Auth-Token{}", response.glimpse());
            return Err(Error::new(ErrorKind::Decode, text)
                .at(request.method, &request.uri)
                .with_status(response.status, Vec::new()));
        };
        Ok(Self { token: token.into(), uri, config })
    }

    pub(crate) fn authorization(&self) -> Result<Authorization, Error> {
        header(HeaderName::from_static("x-auth-token"), self.token.expose_secret())
    }

    /// Logs out and says how it went.
    pub(crate) async fn logout(mut self, transport: &Transport) -> Result<(), Error> {
        let Some(uri) = self.uri.clone() else { return Ok(()) };
        let request = Request { method: "DELETE", uri, body: None, if_match: None };
        let authorization = self.authorization()?;
        let response = transport.send(&request, &authorization).await?;
        // From here on nothing is left to do; if the future is dropped before, `drop` does it.
        self.uri = None;
        // Some answer 400 or 401 to a logout that they carried out, and 404 means that it has ended already.
        match response.status {
            400 | 401 | 404 | 410 => Ok(()),
            _ => response.success(&request).map(drop),
        }
    }

    /// Forgets a session that the service no longer knows: there is nothing to log out of.
    pub(crate) fn forget(mut self) {
        self.uri = None;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(uri) = self.uri.take() else { return };
        let (done, wait) = mpsc::sync_channel(1);
        let token = self.token.clone();
        let farewell = Farewell { uri, token, config: self.config.clone(), done };
        let sent = FAREWELLS.lock().unwrap_or_else(PoisonError::into_inner).send(farewell);
        if sent.is_ok() {
            // The process may end right after this: wait, but not for long.
            let _ = wait.recv_timeout(PATIENCE);
        }
    }
}

/// A logout for the thread that does those which nobody waits for.
struct Farewell {
    uri: String,
    token: SecretString,
    config: Config,
    done: mpsc::SyncSender<()>,
}

static FAREWELLS: LazyLock<Mutex<mpsc::Sender<Farewell>>> = LazyLock::new(|| {
    let (sender, receiver) = mpsc::channel::<Farewell>();
    // If there can be no thread there are no logouts, and nobody waits: the channel is closed.
    let _ = thread::Builder::new().name("rosefish-logout".to_owned()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        while let Ok(farewell) = receiver.recv() {
            runtime.block_on(farewell.say());
        }
    });
    Mutex::new(sender)
});

impl Farewell {
    async fn say(self) {
        // A pool of its own: the client's belongs to a runtime that may be gone.
        let Ok(transport) = Transport::new(Config { timeout: PATIENCE, ..self.config }) else { return };
        let request = Request { method: "DELETE", uri: self.uri, body: None, if_match: None };
        let Ok(authorization) = header(HeaderName::from_static("x-auth-token"), self.token.expose_secret()) else {
            return;
        };
        if let Err(error) = transport.send(&request, &authorization).await {
            tracing::warn!(%error, "a session could not be ended");
        }
        let _ = self.done.send(());
    }
}

/// A header that is never shown.
pub(crate) fn header(name: HeaderName, value: &str) -> Result<Authorization, Error> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        Error::new(ErrorKind::Configuration, format!("the value of {name} has characters that a header can't have"))
    })?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}
