//! Power limits: wherever a Redfish service has them, and the one of DCMI by IPMI.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::control::{chosen, in_force, of_change};
use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::reading::{chassis, finish, systems};
use super::redfish::Service;
use super::route::{Look, Session};
use crate::error::Error;
use crate::ipmi;
use crate::ipmi::command::dcmi::{LimitAction, PowerLimit as DcmiLimit};
use crate::resource::partial::{Missing, Partial};
use crate::services::control::{Form, SetPoint, labels};
use crate::services::power_limit;
use crate::services::select::{Called, Selector, choose_called};
use crate::services::survey::Survey;

/// How long a limit may take to show.
const PATIENCE: Duration = Duration::from_secs(10);
/// What IPMI's only limit is called.
const DCMI: &str = "DCMI";
const WORDS: [&str; 3] = ["power limit", "power limits", "`--limit`, `Host::set_power_limit`"];
/// Of a limit by IPMI that was not set before: how long it may be exceeded, and how often it is measured.
const CORRECTION: Duration = Duration::from_secs(1);
const SAMPLING: Duration = Duration::from_secs(1);

/// Where a power limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PowerLimitKind {
    /// A `Control` resource whose `ControlType` is `Power`.
    Control,
    /// `PowerLimitWatts` in the `EnvironmentMetrics` of a chassis or a processor.
    EnvironmentMetrics,
    /// `PowerLimit` of an element of `PowerControl` in `Power`.
    PowerControl,
    /// That of DCMI, by IPMI.
    Dcmi,
}

impl fmt::Display for PowerLimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Control => "control",
            Self::EnvironmentMetrics => "environment-metrics",
            Self::PowerControl => "power-control",
            Self::Dcmi => "dcmi",
        })
    }
}

/// A power limit. All numbers are watts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PowerLimit {
    /// The name to choose it by: its `Id` or that of the part that it limits, or its URI where another one has the same. `DCMI` by IPMI.
    pub limit: String,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub kind: PowerLimitKind,
    /// The limit. It may be there and not in force.
    pub watts: Option<f64>,
    /// Whether it is in force, where that is said.
    pub active: Option<bool>,
    /// The least that it can be set to.
    pub lowest_watts: Option<f64>,
    /// The most that it can be set to.
    pub highest_watts: Option<f64>,
    /// What it is unless it is set.
    pub default_watts: Option<f64>,
    /// What is drawn.
    pub consumed_watts: Option<f64>,
    /// Where it is described; empty by IPMI.
    pub uri: String,
    /// Where the same limit is described as well.
    pub also_at: Vec<String>,
}

impl Host {
    /// Reads the power limits of the chassis and systems that are meant, each once.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// for limit in &host.power_limits().await?.value {
    ///     println!("{}: {:?} W, in force: {:?}", limit.limit, limit.watts, limit.active);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where no protocol has one.
    pub async fn power_limits(&self) -> Result<Outcome<Partial<PowerLimit>>, Error> {
        self.read(Capability::PowerLimit, |session| Box::pin(read(session))).await
    }

    /// Sets a power limit in watts and puts it into force, or without a number takes it out of force. It is sent once and read back.
    /// Without a name, the only one is meant.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// let limit = host.set_power_limit(None, Some(400)).await?.value;
    /// println!("{} is {:?} W now", limit.limit, limit.watts);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where several could be meant, the service takes other numbers or has no way to take it out of force (nothing is sent then), where
    /// it is refused, and where it is otherwise afterwards ([`ErrorKind::NotInForce`](crate::ErrorKind)).
    pub async fn set_power_limit(
        &self,
        limit: Option<Selector>,
        watts: Option<u32>,
    ) -> Result<Outcome<PowerLimit>, Error> {
        let patience = self.patience(PATIENCE);
        let named = limit.clone();
        let look = Arc::new(move |session| Box::pin(as_wanted(session, named.clone(), watts)) as Running<_>) as Look<_>;
        let operation = move |session| Box::pin(set(session, limit.clone(), watts, patience)) as Running<_>;
        self.make(Capability::PowerLimit, operation, Some(look)).await
    }
}

async fn found(service: &Service) -> Result<(Vec<SetPoint>, Vec<Missing>), Fault> {
    let mut survey = Survey::of(&service.client);
    let chassis = chassis(service, &mut survey).await?;
    let systems = systems(service, &mut survey).await?;
    let found = power_limit::limits(&mut survey, &chassis, &systems).await;
    Ok((found, survey.into_missing()))
}

async fn read(session: Session) -> Result<Partial<PowerLimit>, Fault> {
    match session {
        Session::Ipmi(bmc) => of_dcmi(&bmc).await,
        Session::Redfish(service) => {
            let (found, missing) = found(&service).await?;
            let items = found.iter().zip(labels(&found)).map(|(one, label)| described(one, label)).collect();
            finish(items, missing, "this service has no power limit in watts")
        }
    }
}

async fn set(
    session: Session,
    named: Option<Selector>,
    watts: Option<u32>,
    patience: Duration,
) -> Result<Made<PowerLimit>, Fault> {
    match session {
        Session::Ipmi(bmc) => set_dcmi(bmc, named.as_ref(), watts, patience).await,
        Session::Redfish(service) => {
            let (found, missing) = found(&service).await?;
            let (one, label) = chosen(WORDS, found, &missing, named.as_ref())?;
            let wanted = watts.map(f64::from);
            let sent = one.set(wanted, patience).await.map_err(of_change)?;
            in_force(one, wanted, sent, patience, |one| described(one, label.clone())).await
        }
    }
}

/// The limit, if it is as wanted: what shows that a change was made whose answer was lost.
async fn as_wanted(session: Session, named: Option<Selector>, watts: Option<u32>) -> Result<Option<PowerLimit>, Fault> {
    let wanted = watts.map(f64::from);
    match session {
        Session::Ipmi(bmc) => Ok(Some(in_words(bmc.power_limit().await?)).filter(|now| now.watts == wanted)),
        Session::Redfish(service) => {
            let (found, missing) = found(&service).await?;
            let (one, label) = chosen(WORDS, found, &missing, named.as_ref())?;
            Ok(one.is(wanted).then(|| described(&one, label)))
        }
    }
}

fn described(one: &SetPoint, limit: String) -> PowerLimit {
    PowerLimit {
        limit,
        name: one.name.clone(),
        kind: match one.form {
            Form::Control => PowerLimitKind::Control,
            Form::Excerpt => PowerLimitKind::EnvironmentMetrics,
            Form::PowerControl => PowerLimitKind::PowerControl,
        },
        watts: one.value(),
        active: one.is_active(),
        lowest_watts: one.lowest(),
        highest_watts: one.highest(),
        default_watts: one.number("DefaultSetPoint"),
        consumed_watts: one.reading(),
        uri: one.uri(),
        also_at: one.also_at.clone(),
    }
}

async fn of_dcmi(bmc: &ipmi::Client) -> Result<Partial<PowerLimit>, Fault> {
    let limit = bmc.power_limit().await?;
    let mut missing = Vec::new();
    let drawn = match bmc.power_reading().await {
        Ok(reading) => reading.active.then(|| f64::from(reading.current)),
        Err(error) if error.is_unsupported() => None,
        Err(error) => {
            missing.push(Missing::new("the power that is drawn", error.into()));
            None
        }
    };
    let only = PowerLimit { consumed_watts: drawn, ..in_words(limit) };
    Ok(Partial { items: vec![only], missing })
}

fn in_words(limit: Option<DcmiLimit>) -> PowerLimit {
    PowerLimit {
        limit: DCMI.to_owned(),
        name: "DCMI power limit".to_owned(),
        kind: PowerLimitKind::Dcmi,
        watts: limit.map(|limit| f64::from(limit.watts)),
        active: Some(limit.is_some()),
        lowest_watts: None,
        highest_watts: None,
        default_watts: None,
        consumed_watts: None,
        uri: String::new(),
        also_at: Vec::new(),
    }
}

async fn set_dcmi(
    bmc: ipmi::Client,
    named: Option<&Selector>,
    watts: Option<u32>,
    patience: Duration,
) -> Result<Made<PowerLimit>, Fault> {
    choose_called(WORDS, &[Called { id: Some(DCMI), name: None, uri: "" }], &[], named)?;
    let watts = match watts.map(u16::try_from).transpose() {
        Ok(watts) if watts != Some(0) => watts,
        _ => return Err(Fault::inexpressible("DCMI's limits are of 1 to 65535 W")),
    };
    let before = bmc.power_limit().await?;
    if before.map(|limit| limit.watts) == watts {
        return Ok(Made::unseen(in_words(before), Vec::new()));
    }
    let unset = DcmiLimit { action: LimitAction::None, watts: 0, correction: CORRECTION, sampling: SAMPLING };
    let asked = watts.map(|watts| DcmiLimit { watts, ..before.unwrap_or(unset) });
    bmc.set_power_limit(asked).await?;
    let sent = match watts {
        Some(watts) => vec![format!("Set Power Limit {watts} W"), "Activate Power Limit".to_owned()],
        None => vec!["Deactivate Power Limit".to_owned()],
    };
    let look = move || {
        let bmc = bmc.clone();
        Box::pin(async move { Ok(in_words(bmc.power_limit().await?)) }) as Running<PowerLimit>
    };
    let wanted = in_words(asked);
    let is_wanted = {
        let wanted = wanted.watts;
        move |now: &PowerLimit| now.watts == wanted
    };
    let words = |watts: Option<f64>| watts.map_or_else(|| "no limit".to_owned(), |watts| format!("{watts} W"));
    let asked = words(wanted.watts);
    let otherwise = move |now: PowerLimit| Err(format!("asked for {asked}; still {}", words(now.watts)));
    Confirmed { asked: wanted, sent, patience }.seen(look, is_wanted, otherwise).await
}
