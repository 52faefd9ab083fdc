//! Setting the thresholds of a sensor.

use std::time::Duration;

use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::reading::from_ipmi;
use super::redfish::Service;
use super::route::Session;
use super::sensor::{self, Thresholds};
use crate::error::{Error, ErrorKind};
use crate::ipmi;
use crate::ipmi::record::sensor::{Sensor as Described, Threshold};
use crate::resource::Resource;
use crate::resource::partial::Partial;
use crate::schema::Sensor;
use crate::services::read_back::follow;
use crate::services::sensor::threshold;

/// How long thresholds may take to show.
const PATIENCE: Duration = Duration::from_secs(5);
/// What two numbers may differ by that are the same.
const SAME: f64 = 1e-6;
/// What a service may round by, in the sensor's unit.
const ROUNDED: f64 = 1.0;

impl Host {
    /// Sets those thresholds of a sensor that are given, in its unit, and leaves the others. The sensor is named by its name
    /// or its ID, as [`sensors`](Self::sensors) shows them. Returns all of its thresholds as they are then: a BMC may round
    /// them.
    ///
    /// By Redfish, the sensor has to be a resource of its own; otherwise IPMI is asked. Many BMCs forget thresholds when they
    /// restart, and some don't let them be set.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// use rosefish::host::Thresholds;
    ///
    /// let mut thresholds = Thresholds::default();
    /// thresholds.upper_critical = Some(45.0);
    /// host.set_thresholds("Inlet Temp", thresholds).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where there is no such sensor or several, it is refused, no protocol can do it, or they are others afterwards
    /// ([`ErrorKind::NotInForce`]).
    pub async fn set_thresholds(&self, sensor: &str, thresholds: Thresholds) -> Result<Outcome<Thresholds>, Error> {
        let (sensor, patience) = (sensor.to_owned(), self.patience(PATIENCE));
        let operation = move |session| {
            let sensor = sensor.clone();
            Box::pin(async move {
                match session {
                    Session::Ipmi(bmc) => by_ipmi(bmc, &sensor, thresholds).await,
                    Session::Redfish(service) => by_redfish(&service, &sensor, thresholds, patience).await,
                }
            }) as Running<_>
        };
        self.make(Capability::SetThresholds, operation, None).await
    }
}

/// The thresholds that are given.
fn given(thresholds: &Thresholds) -> Vec<(Threshold, f64)> {
    [
        (Threshold::LowerNonRecoverable, thresholds.lower_fatal),
        (Threshold::LowerCritical, thresholds.lower_critical),
        (Threshold::LowerNonCritical, thresholds.lower_caution),
        (Threshold::UpperNonCritical, thresholds.upper_caution),
        (Threshold::UpperCritical, thresholds.upper_critical),
        (Threshold::UpperNonRecoverable, thresholds.upper_fatal),
    ]
    .into_iter()
    .filter_map(|(threshold, value)| Some((threshold, value?)))
    .collect()
}

async fn by_ipmi(bmc: ipmi::Client, sensor: &str, thresholds: Thresholds) -> Result<Made<Thresholds>, Fault> {
    let asked = given(&thresholds);
    if asked.is_empty() {
        return Err(Fault::refused("no threshold is given"));
    }
    let sensor = named(&bmc, sensor).await?;
    let found = bmc.set_sensor_thresholds(&sensor, &asked).await?;
    let words: Vec<_> = asked.iter().map(|(threshold, value)| format!("{threshold:?} {value}")).collect();
    let sent = vec![format!("Set Sensor Thresholds of {}: {}", sensor.name, words.join(", "))];
    Ok(Made::unseen(Thresholds::of_ipmi(&sensor, &found), sent))
}

async fn by_redfish(
    service: &Service,
    name: &str,
    thresholds: Thresholds,
    patience: Duration,
) -> Result<Made<Thresholds>, Fault> {
    let asked = thresholds.limits();
    if asked.iter().all(Option::is_none) {
        return Err(Fault::refused("no threshold is given"));
    }
    let uri = of_redfish(service, name).await?;
    let sensor: Resource<Sensor> = match service.client.get(&uri).await {
        Ok(sensor) if !uri.contains('#') => sensor,
        Ok(_) => return Err(Fault::inexpressible(format!("{uri} is in a list, whose thresholds can't be set"))),
        Err(error) => return Err(Fault::from(error)),
    };
    let written = threshold::set(&sensor, asked).await.map_err(Fault::of_change)?;
    let Some(sent) = written.sent else {
        return Ok(Made::unseen(Thresholds::of_limits(threshold::limits(&sensor)), Vec::new()));
    };
    if let Some(task) = written.task {
        follow(task, patience).await.map_err(Fault::of_change)?;
    }
    let look = || {
        let (client, uri) = (service.client.clone(), uri.clone());
        Box::pin(async move {
            let sensor: Resource<Sensor> = client.get(&uri).await?;
            Ok(Thresholds::of_limits(threshold::limits(&sensor)))
        }) as Running<_>
    };
    let off = move |found: &Thresholds| {
        let pairs = asked.into_iter().zip(found.limits());
        pairs.filter_map(|(asked, found)| Some((found.unwrap_or(f64::INFINITY) - asked?).abs())).fold(0.0, f64::max)
    };
    let otherwise = |found: Thresholds| {
        // A service may round.
        if off(&found) < ROUNDED { Ok(found) } else { Err(format!("asked for {asked:?}; still {:?}", found.limits())) }
    };
    let confirmed = Confirmed { asked: thresholds, sent: vec![sent], patience };
    confirmed.seen(look, move |found| off(found) < SAME, otherwise).await
}

/// Where the one sensor of this name or ID is.
async fn of_redfish(service: &Service, name: &str) -> Result<String, Fault> {
    let all = sensor::by_redfish(service).await?;
    let found: Vec<_> = all.items.iter().filter(|one| one.name == name || one.id == name).collect();
    match found[..] {
        [only] => Ok(only.id.clone()),
        [] => match all.missing.into_iter().next() {
            // It may be one that could not be read.
            Some(missing) => Err(Fault::from(missing.error)),
            // What has other names by IPMI may have this one there.
            None => Err(Fault::inexpressible(format!("the Redfish service has no sensor {name:?}"))),
        },
        _ => {
            let ids: Vec<_> = found.iter().map(|one| one.id.as_str()).collect();
            let text = format!("several sensors are named {name:?}: choose one by its ID: {}", ids.join(", "));
            Err(Fault { error: Error::new(ErrorKind::Ambiguous, text), ..Fault::refused("") })
        }
    }
}

/// The one sensor of this name, or of this number as IDs have it.
async fn named(bmc: &ipmi::Client, name: &str) -> Result<Described, Fault> {
    let Partial { items, missing } = from_ipmi(bmc.sensors().await?);
    let is_it = |sensor: &&Described| sensor.name == name || format!("{:#04x}", sensor.number) == name;
    let found: Vec<_> = items.iter().filter(is_it).collect();
    match found[..] {
        [only] => Ok(only.clone()),
        [] => match missing.into_iter().next() {
            // It may be one that could not be read.
            Some(missing) => Err(Fault::from(missing.error)),
            None => {
                let names: Vec<_> =
                    items.iter().filter(|one| one.event_type.is_threshold()).map(|one| one.name.as_str()).collect();
                let text = format!("there is no sensor {name:?}; those with thresholds are: {}", names.join(", "));
                Err(Fault::refused(text))
            }
        },
        _ => {
            let ids: Vec<_> = found.iter().map(|one| format!("{:#04x}", one.number)).collect();
            let text = format!("several sensors are named {name:?}: choose one by its ID: {}", ids.join(", "));
            Err(Fault { error: Error::new(ErrorKind::Ambiguous, text), ..Fault::refused("") })
        }
    }
}
