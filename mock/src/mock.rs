//! The public face of a running mock: what a test can ask and change while clients talk to it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;

use crate::error::Error;
use crate::event::{publish, report};
use crate::fault::Faults;
use crate::http::server::Server;
use crate::http::tls::Identity;
use crate::http::uri;
use crate::journal::assert::Requests;
use crate::machine::fetch::FetchedImage;
use crate::service::answer::Service;

/// The user that may log in unless the builder was given another.
pub const DEFAULT_USER: &str = "admin";

/// The password of [`DEFAULT_USER`].
pub const DEFAULT_PASSWORD: &str = "rosefish";

/// A running Redfish service.
///
/// It listens on a loopback address and runs on a thread of its own until [`MockBmc::shutdown`] is
/// called or it is dropped.
///
/// ```
/// # async fn example() -> Result<(), rosefish_mock::Error> {
/// use rosefish_mock::MockBmc;
///
/// let bmc = MockBmc::start().await?;
/// // ... point a client at bmc.url(), trusting bmc.certificate_pem() ...
/// assert_eq!(bmc.sessions(), 0, "the client has logged out");
/// # Ok(())
/// # }
/// ```
pub struct MockBmc {
    pub(crate) service: Arc<Service>,
    pub(crate) identity: Option<Identity>,
    pub(crate) server: Server,
    pub(crate) user: String,
    pub(crate) password: String,
}

impl MockBmc {
    /// Returns where the service is: `https://127.0.0.1:PORT`, without a trailing slash.
    pub fn url(&self) -> String {
        let scheme = if self.identity.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.server.address)
    }

    /// Returns the address that the service listens on.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Returns the user that may log in.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns that user's password at the start.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Returns the self-signed certificate, for clients to trust; `None` without TLS.
    pub fn certificate_pem(&self) -> Option<&str> {
        self.identity.as_ref().map(|identity| identity.pem.as_str())
    }

    /// Returns the certificate's SHA-256 as 64 hexadecimal digits, for clients to pin; `None` without TLS.
    pub fn fingerprint_sha256(&self) -> Option<String> {
        self.identity.as_ref().map(Identity::fingerprint)
    }

    /// Returns what goes wrong: rules can be added and removed at any time.
    pub fn faults(&self) -> &Faults {
        &self.service.settings.faults
    }

    /// Returns all requests so far, in the order in which they arrived.
    pub fn requests(&self) -> Requests {
        self.service.journal.all()
    }

    /// Returns how many requests there were so far.
    pub fn request_count(&self) -> usize {
        self.service.journal.len()
    }

    /// Returns the most requests that were under way at the same time, since the start or since requests
    /// were forgotten.
    pub fn most_requests_under_way(&self) -> usize {
        self.service.journal.most_under_way()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.service.journal.clear();
    }

    /// Returns how many sessions are open.
    pub fn sessions(&self) -> usize {
        self.service.open_sessions()
    }

    /// Returns a resource as a client would get it now; `None` if there is none, or what is there is no
    /// JSON.
    pub fn resource(&self, uri: &str) -> Option<Value> {
        let state = self.service.state();
        state.store.get(&uri::key(uri))?.json.as_deref().cloned()
    }

    /// Returns the collections as they are now, and the URIs of their members.
    pub fn collections(&self) -> BTreeMap<String, Vec<String>> {
        self.service.state().store.collections()
    }

    /// Puts a resource in place, whether there was one before or not. Collections are not changed
    /// by that.
    pub fn set(&self, uri: &str, resource: Value) {
        self.service.state().store.set(&uri::key(uri), resource);
        self.service.publish_changes();
    }

    /// Removes a resource and all below it. Collections are not changed by that.
    pub fn remove(&self, uri: &str) {
        self.service.state().store.remove(&uri::key(uri));
        self.service.publish_changes();
    }

    /// Ends all sessions, as a restart of a real BMC would.
    pub fn end_sessions(&self) {
        self.service.end_sessions();
    }

    /// Sends an event of one record: to the streams and subscriptions that choose it, and to the log. What
    /// every record has (`EventId`, `EventTimestamp`, ...) is added where it is missing.
    pub fn send_event(&self, record: Value) {
        publish::raise(&mut self.service.state(), record);
        self.service.publish_changes();
    }

    /// Makes a metric report again from the properties that it is about, and sends it; says whether there
    /// is such a report.
    pub fn send_metric_report(&self, uri: &str) -> bool {
        let sent = report::send(&mut self.service.state(), &uri::key(uri));
        self.service.publish_changes();
        sent
    }

    /// Returns the images that were fetched, and those under way: see
    /// [`Builder::fetch_images`](crate::Builder::fetch_images).
    pub fn fetched_images(&self) -> Vec<FetchedImage> {
        self.service.settings.fetches.as_ref().map(|fetches| fetches.all().clone()).unwrap_or_default()
    }

    /// Returns how many event streams are open.
    pub fn event_streams(&self) -> usize {
        self.service.state().events.streams()
    }

    /// Ends all event streams. Clients may open them again.
    pub fn end_event_streams(&self) {
        self.service.state().events.end_streams();
    }

    /// Stops the service and waits until it has stopped. Requests under way are cut off.
    pub async fn shutdown(mut self) {
        self.server.stop();
        self.server.ended().await;
    }

    /// Serves until Ctrl-C is pressed or, on Unix, SIGTERM arrives; then stops.
    ///
    /// # Errors
    ///
    /// If the process can't listen for signals.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime that has I/O enabled.
    pub async fn wait(self) -> Result<(), Error> {
        let unheard = |error| Error::because("the mock can't listen for signals", error);
        #[cfg(unix)]
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(unheard)?;
        #[cfg(unix)]
        let terminated = terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<Option<()>>();
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed.map_err(unheard)?,
            _ = terminated => {}
            () = self.server.ended() => {}
        }
        self.shutdown().await;
        Ok(())
    }
}

impl fmt::Debug for MockBmc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockBmc").field("url", &self.url()).field("user", &self.user).finish_non_exhaustive()
    }
}
