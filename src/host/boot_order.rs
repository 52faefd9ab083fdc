//! The boot order and what it is made of, and how far a start has come. IPMI has neither.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::every::{OfSystem, lists_of_each, of_each};
use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use super::wait::passes;
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::edit::Committed;
use crate::resource::partial::Partial;
use crate::schema::{BootOption, ComputerSystem};
use crate::services::boot::settings_of;
use crate::services::read_back::follow;

/// How long a new order may take to show.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a BMC may be away while a start is watched.
const AWAY: Duration = Duration::from_secs(600);

/// Something that the firmware can start from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BootEntry {
    /// What the boot order calls it (`Boot0003`).
    pub reference: String,
    /// What it is called in the setup.
    pub name: Option<String>,
    /// Whether it is tried.
    pub enabled: Option<bool>,
    /// The kind of device, as Redfish spells it (`Pxe`, `Hdd`).
    pub alias: Option<String>,
    /// Its UEFI device path.
    pub uefi_device_path: Option<String>,
    /// Its place in the order, from 1 on; none where it is not in it.
    pub place: Option<usize>,
}

/// How far a start has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BootStage {
    /// The last stage that was reached, as Redfish spells it (`OSBootStarted`); of a vendor's own, what it calls it.
    pub state: String,
    /// When it was reached, as the service writes it.
    pub since: Option<String>,
}

/// The stages of a start, each as it is seen: see [`Host::boot_stages`].
#[must_use = "nothing is asked before the stream is polled"]
pub struct BootStages(BoxStream<'static, Result<BootStage, Error>>);

impl std::fmt::Debug for BootStages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BootStages").finish_non_exhaustive()
    }
}

impl BootStages {
    /// Returns the next stage.
    ///
    /// # Errors
    ///
    /// As [`Host::boot_stages`].
    pub async fn try_next(&mut self) -> Result<Option<BootStage>, Error> {
        self.0.next().await.transpose()
    }
}

impl Stream for BootStages {
    type Item = Result<BootStage, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl Host {
    /// Returns what the firmware can start from: first what is in the boot order, in that order.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish or it has no boot order, and where several systems could be meant.
    pub async fn boot_entries(&self) -> Result<Outcome<Partial<BootEntry>>, Error> {
        self.read(Capability::BootOrder, |session| Box::pin(entries(session))).await
    }

    /// Returns what the firmware can start from, of each system that is meant: see [`boot_entries`](Self::boot_entries).
    ///
    /// # Errors
    ///
    /// Where no system has a boot order that can be read.
    pub async fn boot_entries_of_systems(&self) -> Result<Outcome<Partial<OfSystem<Vec<BootEntry>>>>, Error> {
        let read = |session| Box::pin(lists_of_each(session, |one| Box::pin(entries(one)))) as Running<_>;
        self.read(Capability::BootOrder, read).await
    }

    /// Puts these first in the boot order, by reference, name or alias; the others follow as they were. Returns the order that was seen
    /// then, or will be in force with the next reset.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// let order = host.set_boot_order(vec!["Boot0003".to_owned()]).await?;
    /// println!("{}", order.value.join(", "));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where one of them is not there, the service refuses it, or another order is in force afterwards.
    pub async fn set_boot_order(&self, first: Vec<String>) -> Result<Outcome<Vec<String>>, Error> {
        let patience = self.patience(PATIENCE);
        let operation = move |session| Box::pin(set(session, first.clone(), patience)) as Running<_>;
        self.make(Capability::BootOrder, operation, None).await
    }

    /// Returns how far the system has come with its start.
    ///
    /// # Errors
    ///
    /// Where the service does not show it.
    pub async fn boot_stage(&self) -> Result<Outcome<BootStage>, Error> {
        self.read(Capability::BootProgress, |session| Box::pin(stage(session))).await
    }

    /// Returns how far each system that is meant has come with its start.
    ///
    /// # Errors
    ///
    /// Where the service shows it of none.
    pub async fn boot_stage_of_systems(&self) -> Result<Outcome<Partial<OfSystem<BootStage>>>, Error> {
        let read = |session| Box::pin(of_each(session, |one| Box::pin(stage(one)))) as Running<_>;
        self.read(Capability::BootProgress, read).await
    }

    /// Follows a start: the stage that there is, and each further one. It is asked for this often, and the stream continues until it is
    /// dropped. That a BMC does not answer for some minutes does not end it.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// let mut stages = host.boot_stages(std::time::Duration::from_secs(2));
    /// while let Some(stage) = stages.try_next().await? {
    ///     println!("{}", stage.state);
    ///     if stage.state == "OSRunning" {
    ///         break;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// An error ends the stream: the service does not show it, or can't be asked for ten minutes.
    pub fn boot_stages(&self, every: Duration) -> BootStages {
        let begin = (self.clone(), None::<BootStage>, false);
        let stages = futures_util::stream::unfold(begin, move |(host, last, is_over)| async move {
            if is_over {
                return None;
            }
            match Box::pin(next_stage(host.clone(), last, every)).await {
                Ok(stage) => Some((Ok(stage.clone()), (host, Some(stage), false))),
                Err(error) => Some((Err(error), (host, None, true))),
            }
        });
        BootStages(Box::pin(stages))
    }
}

async fn next_stage(host: Host, last: Option<BootStage>, every: Duration) -> Result<BootStage, Error> {
    let mut seen = Instant::now();
    loop {
        if last.is_some() {
            sleep(every).await;
        }
        match host.boot_stage().await {
            Ok(found) if last.as_ref() != Some(&found.value) => return Ok(found.value),
            Ok(_) => seen = Instant::now(),
            Err(error) if !passes(&error) || seen.elapsed() >= AWAY || last.is_none() => return Err(error),
            Err(_) => {}
        }
    }
}

async fn system(session: Session) -> Result<Resource<ComputerSystem>, Fault> {
    match session {
        Session::Redfish(service) => service.system().await,
        Session::Ipmi(_) => Err(Fault::lacking("IPMI has no boot order and shows no start")),
    }
}

async fn stage(session: Session) -> Result<BootStage, Fault> {
    let system = system(session).await?;
    let progress = system.boot_progress.as_ref();
    let state = progress.and_then(|progress| {
        let state = progress.last_state.as_ref()?.as_str();
        let own = progress.oem_last_state.clone().filter(|own| !own.is_empty());
        Some(own.filter(|_| state == "OEM").unwrap_or_else(|| state.to_owned()))
    });
    let state = state.ok_or_else(|| Fault::lacking("the system does not show how far it has started"))?;
    let since = progress.and_then(|progress| progress.last_state_time.as_ref());
    Ok(BootStage { state, since: since.map(|time| time.as_str().to_owned()) })
}

/// The order that a system shows. Some write the name behind the reference (`Boot0019: Ubuntu`).
fn order_of(system: &ComputerSystem) -> Vec<String> {
    system.boot.as_ref().map(|boot| boot.boot_order.clone()).unwrap_or_default()
}

fn reference(entry: &str) -> &str {
    entry.split_once(':').map_or(entry, |(reference, _)| reference).trim()
}

async fn entries(session: Session) -> Result<Partial<BootEntry>, Fault> {
    let system = system(session).await?;
    let found = known(&system).await?;
    match found.items.is_empty() && found.missing.is_empty() {
        true => Err(Fault::lacking("the system has no boot order")),
        false => Ok(found),
    }
}

async fn known(system: &Resource<ComputerSystem>) -> Result<Partial<BootEntry>, Fault> {
    let mut options = Partial::whole(Vec::<Resource<BootOption>>::new());
    if let Some(list) = system.boot.as_ref().and_then(|boot| boot.boot_options.as_ref()) {
        options = system.follow(list).members().collect_all().await;
    }
    let order = order_of(system);
    let mut all = Vec::new();
    for (at, entry) in order.iter().enumerate() {
        let mut one = BootEntry {
            reference: reference(entry).to_owned(),
            place: Some(at.saturating_add(1)),
            ..BootEntry::default()
        };
        one.name = entry.split_once(':').map(|(_, name)| name.trim().to_owned());
        all.push(one);
    }
    for option in &options.items {
        let Some(named) = option.boot_option_reference.clone().or_else(|| option.id.clone()) else { continue };
        let at = all.iter().position(|one: &BootEntry| one.reference == reference(&named)).unwrap_or(all.len());
        if at == all.len() {
            all.push(BootEntry { reference: named, ..BootEntry::default() });
        }
        if let Some(one) = all.get_mut(at) {
            describe(one, option);
        }
    }
    Ok(Partial { items: all, missing: options.missing })
}

fn describe(entry: &mut BootEntry, option: &BootOption) {
    let name = option.display_name.clone().or_else(|| option.name.clone());
    entry.name = name.or(entry.name.take());
    entry.enabled = option.boot_option_enabled;
    entry.alias = option.alias.as_ref().map(|alias| alias.as_str().to_owned());
    entry.uefi_device_path = option.uefi_device_path.clone();
}

async fn set(session: Session, first: Vec<String>, patience: Duration) -> Result<Made<Vec<String>>, Fault> {
    let system = system(session).await?;
    let all = known(&system).await?;
    let present = order_of(&system);
    let mut order: Vec<String> = Vec::new();
    for wanted in &first {
        let is = |one: &&BootEntry| {
            let same = |text: &Option<String>| text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case(wanted));
            one.reference.eq_ignore_ascii_case(wanted) || same(&one.name) || same(&one.alias)
        };
        let Some(one) = all.items.iter().find(is) else {
            let names: Vec<_> = all.items.iter().map(|one| one.reference.as_str()).collect();
            let text = format!("there is nothing called {wanted} to start from; choose among: {}", names.join(", "));
            return Err(Fault { error: Error::new(ErrorKind::Ambiguous, text), ..Fault::refused("") });
        };
        // As the service spells it.
        let spelled = present.iter().find(|entry| reference(entry) == one.reference).unwrap_or(&one.reference);
        if !order.contains(spelled) {
            order.push(spelled.clone());
        }
    }
    for entry in &present {
        if !order.contains(entry) {
            order.push(entry.clone());
        }
    }
    if order == present {
        return Ok(Made::unseen(order, Vec::new()));
    }
    let mut edit = system.edit();
    edit.boot.get_or_insert_default().boot_order = order.clone();
    let sent = vec![format!("PATCH {}", edit.patch().body)];
    let mut places = vec![system.uri().to_owned()];
    match edit.commit().await.map_err(Fault::of_change)? {
        Committed::Pending(settings) => places = vec![settings.uri().to_owned(), system.uri().to_owned()],
        Committed::Accepted(task) => {
            follow(task, patience).await.map_err(Fault::of_change)?;
            places.extend(settings_of(&system));
        }
        Committed::Unchanged | Committed::Updated(_) | Committed::Confirmed(_) => {}
    }
    let client = system.client().clone();
    let wanted = order.clone();
    let look = || {
        let (client, places, wanted) = (client.clone(), places.clone(), wanted.clone());
        Box::pin(async move {
            let mut found = Vec::new();
            for place in places {
                let shown = order_of(&*client.get::<ComputerSystem>(&place).await?);
                if shown == wanted || found.is_empty() {
                    found = shown;
                }
            }
            Ok(found)
        }) as Running<Vec<String>>
    };
    let otherwise = |found: Vec<String>| Err(format!("asked for {}; still {}", order.join(", "), found.join(", ")));
    let is_wanted = |found: &Vec<String>| *found == wanted;
    Confirmed { asked: order.clone(), sent, patience }.seen(look, is_wanted, otherwise).await
}
