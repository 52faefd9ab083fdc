//! From a request to the handler that answers it, past the protocol version and the login.

use std::sync::{Arc, MutexGuard};

use axum::body::Body;
use axum::http::{HeaderMap, Method, Response, StatusCode};

use super::carry_out::carry_out;
use super::{after, document, privilege};
use crate::event::stream;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::journal::Journal;
use crate::machine::running::Running;
use crate::machine::session::{Account, Accounts};
use crate::machine::state::{Settings, State};
use crate::machine::store::Store;
use crate::machine::{account, login, restart};
use crate::message::{self, Message};
use crate::quirk::{amend, prepare, refuse};
use crate::task::{monitor, operation};
use crate::tree::Tree;
use crate::update::push;
use crate::verb::{collection, get, query};

/// A Redfish service over one tree.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) machine: Arc<Running>,
    pub(crate) journal: Journal,
    pub(crate) settings: Arc<Settings>,
}

impl Service {
    pub(crate) fn new(tree: &Tree, user: &str, password: &str, settings: Settings) -> Self {
        let mut accounts = Accounts::default();
        accounts.add(Account::new(user, password, "Administrator"));
        let mut store = Store::new(tree);
        settings.queries.advertise(&mut store);
        prepare::prepare(&settings.quirks, &mut store);
        account::from_tree(&store, &mut accounts);
        // What the tree was at first is not news.
        store.take_changes();
        let settings = Arc::new(settings);
        let state = State::new(Arc::clone(&settings), store, accounts);
        Self { machine: Arc::new(Running::new(state)), journal: Journal::default(), settings }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.machine.state()
    }

    pub(crate) fn open_sessions(&self) -> usize {
        let mut state = self.state();
        login::expire(&mut state, &self.settings);
        state.sessions.len()
    }

    pub(crate) fn end_sessions(&self) {
        self.state().end_sessions(|_| true);
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
        if let Some(reply) = monitor::answer(&mut state, call) {
            return reply;
        }
        if reading {
            return get::answer(&state, call, &self.settings);
        }
        let push = call.method == Method::POST && push::is_push(&state.store, &call.key);
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
            if let Some(accepted) = operation::start(&mut state, call, rule, waits, carry_out) {
                return accepted;
            }
        }
        carry_out(&mut state, call)
    }

    /// Carries a request out, with the quirks that this service has.
    pub(crate) fn respond(&self, call: &Call) -> Response<Body> {
        let quirks = &self.settings.quirks;
        let call = &*refuse::rewrite(quirks, call);
        let refused = refuse::refuse(quirks, &mut self.state(), call);
        if refused.is_none()
            && let Some(stream) = self.stream(call)
        {
            return stream;
        }
        let reply = refused.unwrap_or_else(|| self.answer(call));
        self.publish_changes();
        amend::amend(quirks, &self.settings.faults, call, reply.into_response())
    }

    /// Compresses an answer as far as the service does that and the client takes it.
    pub(crate) fn compressed(&self, request: &HeaderMap, response: Response<Body>) -> Response<Body> {
        amend::compressed(&self.settings.quirks, request, response, &self.settings.encodings)
    }

    /// Ends the session that a request is in, if it is in one.
    pub(crate) fn end_session_of(&self, call: &Call) {
        let mut state = self.state();
        login::end_of(&mut state, call);
    }

    /// Removes a resource, also from the collection that it is in. Of a task and its monitor only the
    /// sight is gone: what they are about continues.
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
    fn stream(&self, call: &Call) -> Option<Response<Body>> {
        let mut state = self.state();
        if !stream::is_stream(&state, call) {
            return None;
        }
        let allowed = login::authenticate(&mut state, call).and_then(|caller| privilege::check(&state, &caller, call));
        Some(match allowed {
            Ok(()) => stream::open(&self.machine, &mut state, call),
            Err(reply) => reply.into_response(),
        })
    }

    /// Begins to serve, on the runtime that this is called on.
    pub(crate) fn begin(&self) {
        self.machine.begin();
        if let Some(pause) = self.settings.events.reports {
            self.machine.spawn(after::refresh_reports(Arc::downgrade(&self.machine), pause));
        }
    }

    /// Publishes what has changed, and sets going what was scheduled.
    pub(crate) fn publish_changes(&self) {
        after::publish_changes(&self.machine);
    }
}
