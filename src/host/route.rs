//! Which protocol is tried first, and when the other one is. The rules are in one place: [`Host::read`] for operations
//! that change nothing, [`Host::change`] for those that do.

use std::sync::Arc;
use std::time::Duration;

use super::fault::{Fault, Reason, Running, all_of};
use super::machine::Host;
use super::made::Made;
use super::outcome::{AttemptPhase, Backend, Outcome};
use super::profile::{Capability, HostProfile, Presence};
use super::redfish::Service;
use crate::client::{Client, SERVICE_ROOT};
use crate::error::{Error, ErrorKind};
use crate::ipmi;

/// A session by one of the protocols.
#[derive(Debug, Clone)]
pub(super) enum Session {
    Redfish(Service),
    Ipmi(ipmi::Client),
}

/// Reads back whether a change is in force.
pub(super) type ReadBack = Arc<dyn Fn(Session) -> Running<bool> + Send + Sync>;

/// Like [`ReadBack`], but returns the new state; `None` if the change is not in force.
pub(super) type Look<T> = Arc<dyn Fn(Session) -> Running<Option<T>> + Send + Sync>;

impl Host {
    /// Returns the Redfish client, for all that the capabilities here don't cover. Connects if that was not done yet.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or it was not to be used.
    pub async fn redfish(&self) -> Result<Client, Error> {
        match self.session(Backend::Redfish).await {
            Ok(Session::Redfish(service)) => Ok(service.client),
            Ok(Session::Ipmi(_)) => Err(Error::new(ErrorKind::Missing, "this is not a Redfish session")),
            Err(fault) => Err(fault.error),
        }
    }

    /// Returns the IPMI client: for consoles, LAN configuration, raw commands. Connects if that was not done yet.
    ///
    /// # Errors
    ///
    /// Where there is no IPMI, or it was not to be used.
    pub async fn ipmi(&self) -> Result<ipmi::Client, Error> {
        match self.session(Backend::Ipmi).await {
            Ok(Session::Ipmi(bmc)) => Ok(bmc),
            Ok(Session::Redfish(_)) => Err(Error::new(ErrorKind::Missing, "this is not an IPMI session")),
            Err(fault) => Err(fault.error),
        }
    }

    /// Returns the session of a protocol. Opens it if necessary.
    pub(super) async fn session(&self, backend: Backend) -> Result<Session, Fault> {
        if !self.0.plan.backends().contains(&backend) {
            return Err(Fault::refused(format!("{backend} was not to be used for this host")));
        }
        let mut connections = self.0.connections.lock().await;
        match backend {
            Backend::Redfish => {
                let client = match connections.redfish.get()? {
                    Some(client) => client,
                    None => {
                        let opened = self.open_redfish().await;
                        connections.redfish.set(&opened);
                        self.note(backend, &opened);
                        opened?
                    }
                };
                Ok(Session::Redfish(Service::new(client, self.0.plan.chosen.clone())))
            }
            Backend::Ipmi => {
                if let Some((one, several)) = self.0.plan.chosen.named() {
                    let text = format!("{one} was named, and IPMI can't tell {several} apart");
                    return Err(Fault::inexpressible(text));
                }
                let bmc = match connections.ipmi.get()? {
                    Some(bmc) => bmc,
                    None => {
                        let opened = self.open_ipmi().await;
                        connections.ipmi.set(&opened);
                        self.note(backend, &opened);
                        opened?
                    }
                };
                Ok(Session::Ipmi(bmc))
            }
        }
    }

    /// Returns whether falling back to the other protocol would help an attacker who can only break connections.
    fn may_be_led_astray(&self, backend: Backend, reason: Reason) -> bool {
        backend == Backend::Redfish
            && matches!(reason, Reason::Unreachable | Reason::NotSpoken)
            && self.0.plan.insists_on_tls()
    }

    /// Remembers whether a host speaks a protocol. If it refused the credentials, it does.
    fn note<C>(&self, backend: Backend, opened: &Result<C, Fault>) {
        let presence = match opened {
            Ok(_) => Presence::Present,
            Err(fault) if fault.error.is_auth() => Presence::Present,
            Err(fault) if self.may_be_led_astray(backend, fault.reason) => return,
            Err(fault) if matches!(fault.reason, Reason::Unreachable | Reason::NotSpoken) => Presence::Absent,
            Err(_) => return,
        };
        self.learn(|profile| profile.set_presence(backend, presence));
    }

    /// Returns whether to probe for a protocol first: not if it is known to be there, nor if it is the only one
    /// allowed.
    fn must_probe(&self, backend: Backend) -> bool {
        self.0.plan.backends().len() > 1 && self.profile().presence(backend) != Presence::Present
    }

    async fn open_redfish(&self) -> Result<Client, Fault> {
        let mut builder = self.0.plan.redfish();
        if self.must_probe(Backend::Redfish) {
            // Nothing but a Redfish service gets the password.
            builder = builder.wants_service_root();
        }
        builder.connect().await.map_err(|error| match error.uri() {
            // The root is read before the login.
            Some(SERVICE_ROOT) if !error.is_auth() => Fault::of_probe(error),
            _ => Fault::of_login(error),
        })
    }

    async fn open_ipmi(&self) -> Result<ipmi::Client, Fault> {
        let plan = &self.0.plan;
        if self.must_probe(Backend::Ipmi)
            && let Err(error) = plan.ipmi_probe().probe().await
        {
            return Err(Fault { phase: AttemptPhase::Probe, ..Fault::from(error) });
        }
        plan.ipmi().connect().await.map_err(|error| Fault { phase: AttemptPhase::Login, ..Fault::from(error) })
    }

    /// Opens the first session that can be opened.
    pub(super) async fn find(&self) -> Result<Outcome<()>, Error> {
        let profile = self.profile();
        let mut backends = self.0.plan.backends().to_vec();
        backends.sort_by_key(|backend| profile.presence(*backend) == Presence::Absent);
        let mut attempts = Vec::new();
        for backend in backends {
            match self.session(backend).await {
                Ok(_) => return Ok(Outcome::new(self.address(), (), backend, attempts)),
                Err(fault) => {
                    let stop = fault.reason == Reason::Final || self.may_be_led_astray(backend, fault.reason);
                    attempts.push(fault.into_attempt(backend));
                    if stop {
                        break;
                    }
                }
            }
        }
        Err(all_of(attempts))
    }

    /// Returns the protocols to try for a capability. Those that are known not to have it are left out, unless none is
    /// left.
    fn order(&self, capability: Capability) -> Vec<Backend> {
        let profile = self.profile();
        let all = self.0.plan.backends();
        let useful = |backend: &&Backend| {
            profile.presence(**backend) != Presence::Absent && !profile.lacks(**backend, capability)
        };
        let order: Vec<_> = all.iter().filter(useful).copied().collect();
        if order.is_empty() { all.to_vec() } else { order }
    }

    /// Returns how long a change may take to show.
    pub(super) fn patience(&self, otherwise: Duration) -> Duration {
        self.0.plan.patience.unwrap_or(otherwise)
    }

    /// Tries the protocols in turn until one answers.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        capability: Capability,
        operation: impl Fn(Session) -> Running<T> + Send + Sync,
    ) -> Result<Outcome<T>, Error> {
        let operation = |session| {
            let read = operation(session);
            Box::pin(async { Ok(Made::unseen(read.await?, Vec::new())) }) as Running<Made<T>>
        };
        self.run(capability, &operation, None).await
    }

    /// Like [`make`](Self::make), for a change that returns nothing.
    pub(super) async fn change(
        &self,
        capability: Capability,
        operation: impl Fn(Session) -> Running<()> + Send + Sync,
        read_back: Option<ReadBack>,
    ) -> Result<Outcome<()>, Error> {
        let operation = |session| {
            let changed = operation(session);
            Box::pin(async { Ok(Made::unseen(changed.await?, Vec::new())) }) as Running<Made<()>>
        };
        let look = read_back.map(|read_back| {
            Arc::new(move |session| {
                let holds = read_back(session);
                Box::pin(async { Ok(holds.await?.then_some(())) }) as Running<Option<()>>
            }) as Look<()>
        });
        self.make(capability, operation, look).await
    }

    /// Makes a change, trying the protocols in turn until one succeeds. After a failure that may have made the change,
    /// the state is read back: if the change is in force, this succeeds; if it isn't, the next protocol is tried; if
    /// that can't be determined, this fails.
    pub(super) async fn make<T: Send + 'static>(
        &self,
        capability: Capability,
        operation: impl Fn(Session) -> Running<Made<T>> + Send + Sync,
        look: Option<Look<T>>,
    ) -> Result<Outcome<T>, Error> {
        self.run(capability, &operation, look.as_ref()).await
    }

    async fn run<T: Send + 'static>(
        &self,
        capability: Capability,
        operation: &(impl Fn(Session) -> Running<Made<T>> + Send + Sync),
        look: Option<&Look<T>>,
    ) -> Result<Outcome<T>, Error> {
        let order = self.order(capability);
        let mut attempts = Vec::new();
        let mut lacking = Vec::new();
        for backend in order.iter().copied() {
            let done = match self.session(backend).await {
                Ok(session) => operation(session).await,
                Err(fault) => Err(fault),
            };
            let fault = match done {
                Ok(Made { value, sent, unread }) => {
                    for lacks in lacking {
                        self.learn(|profile: &mut HostProfile| profile.set_lacks(lacks, capability));
                    }
                    return Ok(Outcome { sent, unread, ..Outcome::new(self.address(), value, backend, attempts) });
                }
                Err(fault) => fault,
            };
            tracing::info!(host = self.0.plan.address, %backend, phase = %fault.phase, error = %fault.error.report(), "an attempt failed");
            let mut stop = fault.reason == Reason::Final || self.may_be_led_astray(backend, fault.reason);
            if !stop && fault.was_sent() {
                match look {
                    Some(look) => match self.looks(backend, &order, look).await {
                        Some(Some(value)) => {
                            attempts.push(fault.into_attempt(backend));
                            return Ok(Outcome::new(self.address(), value, backend, attempts));
                        }
                        Some(None) => {}
                        None => stop = true,
                    },
                    None => stop = true,
                }
            }
            if fault.reason == Reason::Lacking {
                lacking.push(backend);
            }
            attempts.push(fault.into_attempt(backend));
            if stop {
                break;
            }
        }
        Err(all_of(attempts))
    }

    /// Reads back whether a change was made: by the protocol that it was sent by, else by the other. `None` if neither
    /// can be read.
    async fn looks<T>(&self, sent_by: Backend, order: &[Backend], look: &Look<T>) -> Option<Option<T>> {
        let stays = sent_by == Backend::Redfish && self.0.plan.insists_on_tls();
        let others = order.iter().copied().filter(|backend| *backend != sent_by && !stays);
        for backend in std::iter::once(sent_by).chain(others) {
            let found = match self.session(backend).await {
                Ok(session) => look(session).await,
                Err(fault) => Err(fault),
            };
            match found {
                Ok(found) => return Some(found),
                Err(fault) => {
                    tracing::info!(host = self.0.plan.address, %backend, error = %fault.error.report(), "the state could not be read back")
                }
            }
        }
        None
    }
}
