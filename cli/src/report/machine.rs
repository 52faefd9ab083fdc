//! What is read of a machine for the page, piece by piece: what was read before something failed stays.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rosefish::explore::{Explorer, Findings};
use rosefish::host::{
    Backend, Component, Controller, Firmware, Health, Host, HostPowerState, LogEntry, LogQuery, OfSystem, Outcome,
    Partial, Sensor,
};
use rosefish::walk::Walk;
use rosefish::{Client, Error, ErrorKind};

use super::series::{History, Series};
use crate::certificate;
use crate::operate::Table;
use crate::walk::unread_line;

/// Entries of logs are on the page anyway, and some logs have thousands.
const LOG_ENTRIES: &str = "**/LogServices/*/Entries/**";

/// What the page is to have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// How many entries of a log.
    pub(super) rows: usize,
    pub(super) walk: bool,
}

/// How far the reading of something has come.
#[derive(Debug, Default, PartialEq)]
pub(super) enum State {
    /// It has not had its turn.
    #[default]
    Waiting,
    Read,
    /// It was not asked for, or the machine has nothing of the kind.
    Lacking(String),
    Failed(String),
}

/// A part of what is known of a machine.
#[derive(Debug)]
pub(super) struct Section<T> {
    pub(super) state: State,
    pub(super) items: Vec<T>,
    /// What could not be read, and why.
    pub(super) missing: Vec<String>,
}

impl<T> Default for Section<T> {
    fn default() -> Self {
        Self { state: State::Waiting, items: Vec::new(), missing: Vec::new() }
    }
}

impl<T> Section<T> {
    fn of(read: Result<Partial<T>, Error>) -> Self {
        match read {
            Ok(Partial { items, missing }) => {
                let missing = missing.iter().map(ToString::to_string).collect();
                Self { state: State::Read, items, missing }
            }
            Err(error) if error.kind() == ErrorKind::Missing && error.status().is_none() => {
                Self::lacking(error.report())
            }
            Err(error) => Self { state: State::Failed(error.report()), ..Self::default() },
        }
    }

    fn lacking(why: impl Into<String>) -> Self {
        Self { state: State::Lacking(why.into()), ..Self::default() }
    }

    /// Returns how many places could not be read.
    pub(super) fn unread(&self) -> usize {
        let whole = matches!(self.state, State::Waiting | State::Failed(_));
        self.missing.len().saturating_add(usize::from(whole))
    }
}

/// The result of following all links of a service.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) resources: usize,
    /// How many resources have deviations.
    pub(super) deviant: usize,
    /// By kind.
    pub(super) kinds: BTreeMap<&'static str, usize>,
    /// The first of them, each with the URI of its resource.
    pub(super) deviations: Vec<(String, String)>,
    pub(super) findings: Findings,
    pub(super) history: Vec<Series>,
}

/// What is known of a machine.
#[derive(Debug, Default)]
pub(super) struct Machine {
    pub(super) backend: Option<Backend>,
    /// What was tried before.
    pub(super) attempts: Vec<String>,
    pub(super) controllers: Section<Controller>,
    pub(super) power: Section<OfSystem<HostPowerState>>,
    pub(super) parts: Section<Component>,
    pub(super) sensors: Section<Sensor>,
    pub(super) firmware: Section<Firmware>,
    pub(super) log: Section<LogEntry>,
    /// The certificates that it shows.
    pub(super) chain: Section<Table>,
    pub(super) certificates: Section<Table>,
    pub(super) walked: Section<Walked>,
}

impl Machine {
    /// Returns the machine's health, as far as it was read, or `None` if neither parts nor sensors were.
    pub(super) fn health(&self) -> Option<Health> {
        let is_read = self.parts.state == State::Read || self.sensors.state == State::Read;
        is_read.then(|| Health::of(&self.parts.items, &self.sensors.items, &[]))
    }

    pub(super) fn unread(&self) -> usize {
        [
            self.controllers.unread(),
            self.power.unread(),
            self.parts.unread(),
            self.sensors.unread(),
            self.firmware.unread(),
            self.log.unread(),
            self.chain.unread(),
            self.certificates.unread(),
            self.walked.unread(),
        ]
        .iter()
        .sum()
    }

    fn came_by<T>(&mut self, read: &Result<Outcome<T>, Error>) {
        if let Ok(outcome) = read {
            self.backend.get_or_insert(outcome.backend);
            for attempt in outcome.attempts.iter().map(ToString::to_string) {
                if !self.attempts.contains(&attempt) {
                    self.attempts.push(attempt);
                }
            }
        }
    }
}

/// A machine that is being read. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet(Arc<Mutex<Machine>>);

impl Sheet {
    fn put<T>(&self, what: impl FnOnce(&mut Machine) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn section<T>(
        &self,
        read: Result<Outcome<Partial<T>>, Error>,
        place: impl FnOnce(&mut Machine) -> &mut Section<T>,
    ) {
        self.put(|machine| {
            machine.came_by(&read);
            *place(machine) = Section::of(read.map(|outcome| outcome.value));
        });
    }

    pub(super) fn unread(&self) -> usize {
        self.put(|machine| machine.unread())
    }

    pub(super) fn take(&self) -> Machine {
        self.put(std::mem::take)
    }
}

/// Reads a machine. A failure doesn't end the reading.
pub(super) async fn read(host: &Host, sheet: &Sheet, wanted: Wanted) {
    sheet.section(host.controllers().await, |machine| &mut machine.controllers);
    sheet.section(host.power_states().await, |machine| &mut machine.power);
    sheet.section(host.inventory().await, |machine| &mut machine.parts);
    sheet.section(host.sensors().await, |machine| &mut machine.sensors);
    sheet.section(host.firmware().await, |machine| &mut machine.firmware);
    sheet.section(host.log_entries(LogQuery::all().last(wanted.rows)).await, |machine| &mut machine.log);
    let client = match sheet.put(|machine| machine.backend) {
        Some(Backend::Ipmi) => None,
        _ => host.redfish().await.ok(),
    };
    let Some(client) = client else {
        let why = "Only Redfish has this, and this machine was not read by Redfish.";
        sheet.put(|machine| {
            machine.chain = Section::lacking(why);
            machine.certificates = Section::lacking(why);
            machine.walked = Section::lacking(why);
        });
        return;
    };
    let chain = chain(client.origin()).await;
    sheet.put(|machine| machine.chain = chain);
    let certificates = certificate::found(&client).await.map(|(_, found)| Partial {
        items: if found.items.is_empty() { Vec::new() } else { vec![certificate::table(&found.items)] },
        missing: found.missing,
    });
    sheet.put(|machine| machine.certificates = Section::of(certificates));
    let walked = match wanted.walk {
        true => walk(&client, wanted.rows).await,
        false => Section::lacking("Left out by --no-walk."),
    };
    sheet.put(|machine| machine.walked = walked);
}

async fn chain(origin: &str) -> Section<Table> {
    if origin.starts_with("http://") {
        return Section::lacking("This service is reached by HTTP without TLS: nothing is encrypted.");
    }
    match certificate::shown_at(origin).await {
        Ok(shown) => Section { items: vec![certificate::chain_table(&shown)], ..Section::of(Ok(Partial::default())) },
        Err(error) => Section { state: State::Failed(format!("{error:#}")), ..Section::default() },
    }
}

async fn walk(client: &Client, rows: usize) -> Section<Walked> {
    let mut visits = Walk::new(client).skip(LOG_ENTRIES).visits();
    let (mut explorer, mut history, mut missing) = (Explorer::new(), History::default(), Vec::new());
    let (mut resources, mut deviant, mut kinds, mut deviations) = (0, 0, BTreeMap::new(), Vec::new());
    while let Some(visit) = visits.next().await {
        let resource = match &visit.resource {
            Ok(resource) => resource,
            Err(why) => {
                missing.push(unread_line(&visit.uri, why));
                continue;
            }
        };
        resources += usize::from(!visit.page);
        deviant += usize::from(!resource.deviations().is_empty());
        for deviation in resource.deviations() {
            *kinds.entry(deviation.kind.as_str()).or_default() += 1;
            if deviations.len() < rows {
                deviations.push((visit.uri.clone(), deviation.to_string()));
            }
        }
        explorer.add_resource(resource);
        history.add(resource);
    }
    if visits.is_cut() {
        missing.push(format!("what is behind the first {} resources", visits.visited()));
    }
    drop(visits);
    // Nothing links to the resources that describe actions.
    for uri in explorer.wanted() {
        match client.get_any(&uri, None).await {
            Ok(resource) => explorer.add_resource(&resource),
            Err(error) => missing.push(format!("{uri}: {}", error.report())),
        }
    }
    missing.sort();
    deviations.sort();
    let walked =
        Walked { resources, deviant, kinds, deviations, findings: explorer.findings(), history: history.series() };
    Section { state: State::Read, items: vec![walked], missing }
}
