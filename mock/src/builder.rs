//! How a mock is built: what a test may ask of it before it starts.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::fault::Faults;
use crate::http::certificate::Certificate;
use crate::http::crowd::Crowd;
use crate::http::encoding::Encoding;
use crate::http::server::Server;
use crate::http::tls::Identity;
use crate::machine::fetch::Fetches;
use crate::machine::state::{RestartSettings, Settings};
use crate::mock::{DEFAULT_PASSWORD, DEFAULT_USER, MockBmc};
use crate::quirk::login::LoginAnswer;
use crate::quirk::names::Quirk;
use crate::service::answer::Service;
use crate::service::handle::router;
use crate::task::rule::TaskRule;
use crate::tree::Tree;
use crate::verb::query::support::{Query, QuerySupport};

/// How a [`MockBmc`] is to be.
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    tree: Option<Tree>,
    user: String,
    password: String,
    tls: bool,
    http2: bool,
    certificate: Option<Certificate>,
    address: SocketAddr,
    crowd: Option<Crowd>,
    settings: Settings,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            tree: None,
            user: DEFAULT_USER.to_owned(),
            password: DEFAULT_PASSWORD.to_owned(),
            tls: true,
            http2: false,
            certificate: None,
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            crowd: None,
            settings: Settings::default(),
        }
    }
}

impl Builder {
    /// Sets the tree that is served. Defaults to the demo tree.
    pub fn tree(mut self, tree: Tree) -> Self {
        self.tree = Some(tree);
        self
    }

    /// Sets the account that may log in. Defaults to [`DEFAULT_USER`] and [`DEFAULT_PASSWORD`].
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.user = user.into();
        self.password = password.into();
        self
    }

    /// Speaks HTTP without TLS.
    pub fn plain(mut self) -> Self {
        self.tls = false;
        self
    }

    /// Shows this certificate. Defaults to a new one of each mock's own, [`Certificate::self_signed`].
    pub fn certificate(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Offers HTTP/2 beside HTTP/1.1, by ALPN. Defaults to HTTP/1.1 alone, which is what most BMCs speak.
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// Sets the port to listen on. Defaults to one that the system chooses.
    pub fn port(mut self, port: u16) -> Self {
        self.address.set_port(port);
        self
    }

    /// Sets the address to listen on. Defaults to 127.0.0.1.
    pub fn bind(mut self, address: IpAddr) -> Self {
        self.address.set_ip(address);
        self
    }

    /// Runs on the threads of a crowd, beside other mocks. Defaults to a thread of its own. When such a mock is dropped, connections that are
    /// idle end, and requests under way are answered.
    pub fn crowd(mut self, crowd: &Crowd) -> Self {
        self.crowd = Some(crowd.clone());
        self
    }

    /// Sets how long every answer takes at least. Defaults to no longer than needed.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.settings.latency = latency;
        self
    }

    /// Sets after how long a session that is not used is ended. Defaults to what the tree's SessionService says,
    /// where 0 stands for never, and otherwise to half an hour.
    pub fn session_timeout(mut self, timeout: Duration) -> Self {
        self.settings.session_timeout = Some(timeout);
        self
    }

    /// Sets how long a machine takes from one power state to the next, showing `PoweringOn` and `PoweringOff`
    /// meanwhile. Defaults to no time.
    pub fn power_delay(mut self, delay: Duration) -> Self {
        self.settings.power_delay = delay;
        self
    }

    /// Says what becomes of a query parameter: whether it works, and whether the service root advertises
    /// it. Without, it works where the tree's root advertises it.
    ///
    /// ```
    /// use rosefish_mock::{MockBmc, Query, QuerySupport};
    ///
    /// // A service that promises $expand and then fails at it, as some do.
    /// let builder = MockBmc::builder().query(Query::Expand, QuerySupport::Broken);
    /// ```
    pub fn query(mut self, query: Query, support: QuerySupport) -> Self {
        self.settings.queries.set(query, support);
        self
    }

    /// Serves collections in pages of this many members, with a `Members@odata.nextLink` to the next page. Defaults
    /// to whole collections. A size of 0 is taken for 1.
    pub fn page_size(mut self, members: usize) -> Self {
        self.settings.queries.page_size = Some(members.max(1));
        self
    }

    /// Answers 507 to an `$expand` that would put more than this many bytes of resources into one answer. Defaults
    /// to 16 MiB.
    pub fn max_expansion(mut self, bytes: usize) -> Self {
        self.settings.queries.max_expansion = Some(bytes);
        self
    }

    /// Makes a task of an operation. By default firmware updates are tasks, and all else is done at once. A tree
    /// without a TaskService has no tasks.
    pub fn task(mut self, rule: TaskRule) -> Self {
        self.settings.tasks.add(rule);
        self
    }

    /// Sets how long tasks run whose rule doesn't say. Defaults to half a second.
    pub fn task_duration(mut self, duration: Duration) -> Self {
        self.settings.tasks.duration = duration;
        self
    }

    /// Sets after how long a silence an event stream sends a comment, so that the client knows that it is still
    /// there. Defaults to 15 seconds.
    pub fn event_keep_alive(mut self, silence: Duration) -> Self {
        self.settings.events.keep_alive = silence;
        self
    }

    /// Sets how many events are kept for streams that come back with `Last-Event-ID`. Defaults to 100.
    pub fn event_buffer(mut self, events: usize) -> Self {
        self.settings.events.buffer = events;
        self
    }

    /// Sets how often and after what time an event is sent again to a listener that doesn't take it. Defaults to
    /// what the tree's EventService says.
    pub fn event_retries(mut self, attempts: u32, interval: Duration) -> Self {
        self.settings.events.retries = Some((attempts, interval));
        self
    }

    /// Delivers events to listeners on other hosts as well. By default such subscriptions are taken, but nothing
    /// leaves this host.
    pub fn deliver_events_anywhere(mut self) -> Self {
        self.settings.events.anywhere = true;
        self
    }

    /// Spreads the JSON of an event stream over several `data:` lines.
    pub fn multi_line_events(mut self) -> Self {
        self.settings.events.multi_line = true;
        self
    }

    /// Recreates all metric reports, and sends them, this often. By default that is done on request alone.
    pub fn metric_reports(mut self, interval: Duration) -> Self {
        self.settings.events.reports = Some(interval);
        self
    }

    /// Sets how long a restart of the BMC takes (`Manager.Reset`): for `away` connections are reset and nobody is
    /// there, for `unready` after that requests are answered with 503. Defaults to no time. Sessions and event
    /// streams are lost in any case.
    pub fn restart_delay(mut self, away: Duration, unready: Duration) -> Self {
        self.settings.restart = RestartSettings { away, unready };
        self
    }

    /// Takes PUT of the resources at the paths of a pattern (`*` within a segment, `**` for anything), and no
    /// PATCH. A PUT gives what can be written the values of the body, and nothing else keeps its own: attributes
    /// that it leaves out are gone, other properties that it leaves out are null.
    pub fn put_only(mut self, path: &str) -> Self {
        self.settings.put_only.push(path.to_owned());
        self
    }

    /// Reads the images that are inserted or updated from, where they are at `http` URIs on loopback addresses, in ranges as
    /// a BMC does: see [`MockBmc::fetched_images`]. By default no image is read.
    pub fn fetch_images(mut self) -> Self {
        self.settings.fetches = Some(Fetches::default());
        self
    }

    /// Lets a PATCH add properties that the resource doesn't show, instead of refusing them as unknown. For
    /// captured trees that leave out what the machine would take.
    pub fn lenient(mut self) -> Self {
        self.settings.lenient = true;
        self
    }

    /// Sets how many sessions there may be. Defaults to as many as there are clients.
    pub fn session_limit(mut self, sessions: usize) -> Self {
        self.settings.session_limit = Some(sessions);
        self
    }

    /// Compresses answers in the first of these ways that a client takes. Defaults to none.
    pub fn compression(mut self, encodings: &[Encoding]) -> Self {
        self.settings.encodings = encodings.to_vec();
        self
    }

    /// Does something otherwise than the standard says, as services of some vendor do. Quirks of
    /// compression compress with gzip if nothing else is said of it, [`Quirk::EventsOverHttp1`] offers HTTP/2.
    ///
    /// ```
    /// use rosefish_mock::{MockBmc, Quirk};
    ///
    /// let builder = MockBmc::builder().quirk(Quirk::GzipTags).quirk(Quirk::AccountSlots);
    /// ```
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        let compresses = matches!(quirk, Quirk::GzipTags | Quirk::WeakTags | Quirk::CompressedOnly);
        if compresses && self.settings.encodings.is_empty() {
            self.settings.encodings.push(Encoding::Gzip);
        }
        match quirk {
            Quirk::EventsOverHttp1 => self.http2 = true,
            Quirk::FilterIgnoresLinks => {
                self.settings.queries.filter_ignores_links = true;
                self.settings.queries.set(Query::Filter, QuerySupport::Works);
            }
            Quirk::NoTagsInExpanded => self.settings.queries.no_tags_in_expanded = true,
            _ => {}
        }
        self.settings.quirks.add(quirk);
        self
    }

    /// Sets what the answer to a login looks like. Defaults to what the standard wants.
    pub fn login_answer(mut self, answer: LoginAnswer) -> Self {
        self.settings.login_answer = answer;
        self
    }

    /// Lets faults and journal be reached over HTTP, for tests that are not written in Rust. Anyone who
    /// can reach the port can then use it without a login, which is why it is for loopback addresses
    /// only.
    ///
    /// | | |
    /// | --- | --- |
    /// | `GET /mock/faults` | the rules, and how many requests each has affected |
    /// | `POST /mock/faults` | adds a [`Rule`](crate::fault::Rule) in JSON |
    /// | `PUT /mock/faults/random` | random faults: `{ "seed": 7, "share": 0.2 }` |
    /// | `DELETE /mock/faults/ID`, `DELETE /mock/faults` | removes one, or all |
    /// | `GET /mock/requests`, `DELETE` | the journal, and the most requests that were under way at once |
    /// | `GET /mock/sessions`, `DELETE` | how many sessions are open; ends them |
    ///
    /// ```sh
    /// curl --json '{ "path": "/redfish/v1/Systems/*", "times": 2, "then": { "status": 503 } }' \
    ///   http://127.0.0.1:8000/mock/faults
    /// ```
    pub fn control(mut self) -> Self {
        self.settings.control = true;
        self
    }

    /// Sets the faults that there are from the start.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.settings.faults = faults;
        self
    }

    /// Starts the service.
    ///
    /// # Errors
    ///
    /// If the address can't be listened on, no thread or certificate is available, or control over
    /// HTTP was asked for on an address that others can reach.
    pub async fn start(mut self) -> Result<MockBmc, Error> {
        if self.settings.control && !self.address.ip().is_loopback() {
            return Err(Error::new(format!("{}: control over HTTP is for loopback addresses only", self.address)));
        }
        self.settings.quirks.secure = self.tls;
        let identity = if self.tls {
            let certificate = self.certificate.map_or_else(Certificate::self_signed, Ok)?;
            Some(Identity::new(&certificate, self.http2)?)
        } else {
            None
        };
        let tree = self.tree.unwrap_or_else(Tree::demo);
        let service = Arc::new(Service::new(&tree, &self.user, &self.password, self.settings));
        let faults = service.settings.faults.clone();
        let serving = Arc::clone(&service);
        let away = move || faults.is_away();
        let server = Server::start(self.address, identity.as_ref(), self.crowd, away, move || router(serving))?;
        Ok(MockBmc { service, identity, server, user: self.user, password: self.password })
    }
}

impl MockBmc {
    /// Starts a service with the demo tree, TLS and a port that the system chooses.
    ///
    /// # Errors
    ///
    /// If no socket, thread or certificate is available.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// Begins to set up a service that is not like the one of [`MockBmc::start`].
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("tree", &self.tree)
            .field("user", &self.user)
            .field("tls", &self.tls)
            .field("address", &self.address)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
