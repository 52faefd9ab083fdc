//! The service itself: from a request to the handler that answers it, past the protocol version and
//! the login. What a verb does is in the modules of the verbs.

pub(crate) mod control;
mod document;
mod faulted;
mod privilege;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use tokio::runtime::Handle;

use crate::http::call::Call;
use crate::http::connection::Wire;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::journal::Journal;
use crate::machine::session::{Account, Accounts};
use crate::machine::state::{Settings, State};
use crate::machine::store::Store;
use crate::machine::{account, login, restart};
use crate::message::{self, Message};
use crate::tree::Tree;
use crate::verb::refuse::not_allowed;
use crate::verb::{collection, delete, get, patch, post, query};
use crate::{action, event, fault, quirk, task, update};

/// Larger bodies are refused. Firmware images are the largest that a client has reason to send.
const MAX_BODY: usize = 64 << 20;

/// A Redfish service over one tree.
#[derive(Debug)]
pub(crate) struct Service {
    state: Mutex<State>,
    pub(crate) journal: Journal,
    pub(crate) settings: Arc<Settings>,
    /// What its tasks run on, as soon as it serves.
    runtime: OnceLock<Handle>,
}

impl Service {
    pub(crate) fn new(tree: &Tree, user: &str, password: &str, settings: Settings) -> Self {
        let mut accounts = Accounts::default();
        accounts.add(Account::new(user, password, "Administrator"));
        let mut store = Store::new(tree);
        settings.queries.advertise(&mut store);
        quirk::prepare(&settings.quirks, &mut store);
        account::from_tree(&store, &mut accounts);
        // What the tree was at first is no news.
        store.take_changes();
        let settings = Arc::new(settings);
        let state = State::new(Arc::clone(&settings), store, accounts);
        Self { state: Mutex::new(state), journal: Journal::default(), settings, runtime: OnceLock::new() }
    }

    /// The state. A handler that panicked leaves at worst one resource half-changed, which is no
    /// reason to stop serving the others.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open_sessions(&self) -> usize {
        let mut state = self.state();
        login::expire(&mut state, &self.settings);
        state.sessions.len()
    }

    pub(crate) fn end_sessions(&self) {
        login::close(&mut self.state(), |_| true);
    }

    fn answer(&self, call: &Call) -> Reply {
        if let Some(version) = call.header("odata-version")
            && version.trim() != "4.0"
        {
            let message = Message::new(&message::HEADER_INVALID, ["OData-Version"]);
            return Reply::errors(StatusCode::PRECONDITION_FAILED, &[message]);
        }
        let mut state = self.state();
        if let Some(reply) = restart::unready(&state) {
            return reply;
        }
        login::expire(&mut state, &self.settings);
        if let Some(reply) = document::answer(&state, call) {
            return reply;
        }
        if call.method == Method::POST && login::is_sessions(&state, &call.key) {
            return login::open(&mut state, call);
        }
        let open_to_all = call.key == uri::ROOT && matches!(call.method, Method::GET | Method::HEAD);
        if !open_to_all {
            let caller = match login::authenticate(&mut state, call) {
                Ok(caller) => caller,
                Err(reply) => return reply,
            };
            if let Err(reply) = privilege::check(&state, &caller, call) {
                return reply;
            }
            state.caller = Some(caller.user);
        }
        let reading = matches!(call.method, Method::GET | Method::HEAD);
        if !reading && call.query.as_deref().is_some_and(query::misplaced) {
            return Reply::error(Message::new(&message::QUERY_NOT_ON_OPERATION, []));
        }
        if let Some(reply) = task::monitor(&mut state, call) {
            return reply;
        }
        if reading {
            return get::answer(&state, call, &self.settings);
        }
        let push = call.method == Method::POST && update::is_push(&state.store, &call.key);
        let tasks = &self.settings.tasks;
        // An upload has its apply time among its parameters.
        let waits = if push { Ok(false) } else { collection::waits_for_reset(&state, call) };
        let waits = match waits {
            Ok(waits) => waits,
            Err(message) => return Reply::error(message),
        };
        let rule =
            if push || waits { tasks.or_default(&call.method, &call.key) } else { tasks.find(&call.method, &call.key) };
        if let Some(rule) = rule {
            // What would be refused is refused at once.
            let refused = carry_out(&mut state.trial(), call);
            if refused.is_error() {
                return refused;
            }
            if let Some(accepted) = task::start(&mut state, call, rule, waits) {
                return accepted;
            }
        }
        carry_out(&mut state, call)
    }

    /// Carries a request out, with the quirks that this service has.
    pub(crate) fn respond(self: &Arc<Self>, call: &Call) -> Response<Body> {
        let quirks = &self.settings.quirks;
        let call = &*quirk::rewrite(quirks, call);
        let refused = quirk::refuse(quirks, &mut self.state(), call);
        if refused.is_none()
            && let Some(stream) = self.stream(call)
        {
            return stream;
        }
        let reply = refused.unwrap_or_else(|| self.answer(call));
        self.publish_changes();
        quirk::amend(quirks, &self.settings.faults, call, reply.into_response())
    }

    /// Compresses an answer as far as the service does that and the client takes it.
    pub(crate) fn compressed(&self, request: &HeaderMap, response: Response<Body>) -> Response<Body> {
        quirk::compressed(&self.settings.quirks, request, response, &self.settings.encodings)
    }

    /// Ends the session that a request is in, if it is in one.
    pub(crate) fn end_session_of(&self, call: &Call) {
        let mut state = self.state();
        login::end_of(&mut state, call);
    }

    /// Removes a resource, also from the collection that it is in. Of a task and its monitor only the
    /// sight is gone: what they are about goes on.
    pub(crate) fn remove_silently(&self, key: &str) {
        let mut state = self.state();
        if let Some(pair) = state.tasks.pair(key) {
            self.settings.faults.hide(pair);
            return;
        }
        let key = state.store.resolve(key).to_owned();
        match state.store.collection_of(&key) {
            Some(collection) => state.store.remove_member(&collection, &key),
            None => state.store.remove(&key),
        }
    }

    /// Opens a stream of events, if that is what a request is for.
    fn stream(self: &Arc<Self>, call: &Call) -> Option<Response<Body>> {
        let mut state = self.state();
        if !event::stream::is_stream(&state, call) {
            return None;
        }
        let allowed = login::authenticate(&mut state, call).and_then(|caller| privilege::check(&state, &caller, call));
        Some(match allowed {
            Ok(()) => event::stream::open(self, &mut state, call),
            Err(reply) => reply.into_response(),
        })
    }

    /// Begins to serve, on the runtime that this is called on.
    pub(crate) fn begin(self: &Arc<Self>) {
        // It is called once.
        let _ = self.runtime.set(Handle::current());
        let Some(pause) = self.settings.events.reports else {
            return;
        };
        let service = Arc::downgrade(self);
        self.spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let Some(service) = service.upgrade() else {
                    return;
                };
                event::refresh_reports(&mut service.state());
                service.publish_changes();
            }
        });
    }

    /// Lets something run beside the requests. Without a runtime it is dropped: the service has not
    /// begun then, or has ended.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = self.runtime.get() {
            runtime.spawn(work);
        }
    }

    /// Tells of what has changed, and sets going what was left for later.
    pub(crate) fn publish_changes(self: &Arc<Self>) {
        let (later, outbox) = {
            let mut state = self.state();
            event::publish_changes(&mut state);
            (std::mem::take(&mut state.later), state.events.outbox())
        };
        if !outbox.is_empty() {
            event::deliver(self, outbox);
        }
        for (delay, change) in later {
            let service = Arc::downgrade(self);
            self.spawn(async move {
                tokio::time::sleep(delay).await;
                // Changes of a service that nobody holds any more concern nobody.
                if let Some(service) = service.upgrade() {
                    change(&mut service.state());
                    service.publish_changes();
                }
            });
        }
    }
}

/// Does what a request wants to have changed.
pub(crate) fn carry_out(state: &mut State, call: &Call) -> Reply {
    let settings = Arc::clone(&state.settings);
    match call.method {
        Method::PATCH | Method::PUT => patch::answer(state, call, &settings),
        Method::POST if update::is_push(&state.store, &call.key) => {
            update::upload(state, call).unwrap_or_else(|| not_allowed(state, &call.key))
        }
        Method::POST => match action::find(&state.store, &call.key) {
            Some(action) => action::answer(state, call, &action, &settings),
            None => post::answer(state, call, &settings),
        },
        Method::DELETE => delete::answer(state, call),
        _ => not_allowed(state, &call.key),
    }
}

/// Answers a request and notes it in the journal.
pub(crate) async fn handle(
    Shared(service): Shared<Arc<Service>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_BODY).await;
    if service.settings.control && control::is_for(parts.uri.path()) {
        return control::answer(&service, &parts, &body.unwrap_or_default());
    }
    let ticket = service.journal.begin(&parts, body.as_ref().unwrap_or(&Bytes::new()));
    if !service.settings.latency.is_zero() {
        tokio::time::sleep(service.settings.latency).await;
    }
    let response = match body {
        Ok(body) => {
            let path = parts.uri.path().to_owned();
            let actions = service.settings.faults.of(parts.method.as_str(), &path, &parts.headers, &body);
            let query = parts.uri.query().map(str::to_owned);
            let call = Call { method: parts.method, key: uri::key(&path), query, headers: parts.headers, body };
            let response = if !actions.is_empty() {
                ticket.faulted(format!("{actions:?}"));
                faulted::apply_faults(&service, &call, &path, &wire, &actions).await
            } else if let Some(redirected) = quirk::redirect(&service.settings.quirks, &service.state(), &path) {
                redirected.into_response()
            } else {
                service.respond(&call)
            };
            service.compressed(&call.headers, response)
        }
        Err(_) => Reply::error(Message::new(&message::PAYLOAD_TOO_LARGE, [])).into_response(),
    };
    if !wire.is_ended() {
        ticket.answered(response.status().as_u16());
    }
    fault::until_sent(response, ticket)
}
