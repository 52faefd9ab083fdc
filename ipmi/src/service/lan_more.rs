//! What a LAN channel has besides its address: IPv6, alert destinations, and counters.

use super::lan::is_lacking;
use super::steps::{Failure, Steps};
use crate::command::alert::{self, AlertDestination};
use crate::command::lan::GetLanConfiguration;
use crate::command::lan_ipv6::{DYNAMIC, Ipv6Configuration, Ipv6Parameter, STATIC};
use crate::command::lan_statistics::{ClearLanStatistics, GetLanStatistics, LanStatistics};
use crate::deadline::part;
use crate::partial::{Item, Partial, ReadError};
use crate::{Client, Error};

const SETTING_IPV6: &str = "setting IPv6";
const SETTING_DESTINATION: &str = "setting an alert destination";
/// 255 static and 255 dynamic addresses are the most that a BMC can claim.
const STEPS: u32 = 600;

impl Client {
    /// Reads the counters of a LAN channel; 0Eh is the present one.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn lan_statistics(&self, channel: u8) -> Result<LanStatistics, Error> {
        self.send(&GetLanStatistics { channel }).await
    }

    /// Sets the counters of a LAN channel to zero.
    ///
    /// # Errors
    /// As [`send`](Self::send). Whether they are zero afterwards can't be seen: reading them counts.
    pub async fn clear_lan_statistics(&self, channel: u8) -> Result<(), Error> {
        self.send(&ClearLanStatistics { channel }).await
    }

    /// Reads what a channel has of IPv6. Parameters that the BMC lacks are left out; one that can't be read hides none of
    /// the others.
    ///
    /// # Errors
    /// As [`send`](Self::send), when none of the parameters can be read.
    pub async fn ipv6_configuration(&self, channel: u8) -> Result<Ipv6Configuration, Error> {
        let mut steps = Steps::new(self.clone(), STEPS);
        let mut found = Ipv6Configuration::default();
        let (mut read, mut refusal) = (0_u32, None);
        for parameter in Ipv6Configuration::PARAMETERS {
            match steps.send(&get(channel, parameter, 0)).await {
                Ok(data) => {
                    read = read.saturating_add(1);
                    found.take(parameter, &data);
                }
                Err(Failure::All(error)) if read == 0 => return Err(error),
                Err(Failure::All(error)) => {
                    found.missing.push(ReadError::from_here_on(Item::LanParameter(parameter), error));
                    return Ok(found);
                }
                Err(Failure::Step(error)) => {
                    if !error.completion_code().is_some_and(is_lacking) {
                        found.missing.push(ReadError::new(Item::LanParameter(parameter), error.clone()));
                    }
                    refusal.get_or_insert(error);
                }
            }
        }
        if let (0, Some(error)) = (read, refusal) {
            return Err(error);
        }
        let (fixed, dynamic) = found.most.unwrap_or_default();
        let places = (0..fixed).map(|slot| (STATIC, slot)).chain((0..dynamic).map(|slot| (DYNAMIC, slot)));
        for (parameter, slot) in places {
            match steps.send(&get(channel, parameter, slot)).await {
                Ok(data) => found.take(parameter, &data),
                Err(Failure::Step(error)) => {
                    found.missing.push(ReadError::new(Item::Ipv6Address { parameter, slot }, error));
                }
                Err(Failure::All(error)) => {
                    found.missing.push(ReadError::from_here_on(Item::Ipv6Address { parameter, slot }, error));
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Sets parameters of IPv6, in the order given, and reads them back.
    ///
    /// # Errors
    /// As [`set_lan_configuration`](Self::set_lan_configuration).
    pub async fn set_ipv6_configuration(&self, channel: u8, parameters: &[Ipv6Parameter]) -> Result<(), Error> {
        let written: Vec<_> = parameters.iter().map(|parameter| parameter.encode()).collect();
        let answered = self.write_lan(channel, &written).await;
        self.confirm(SETTING_IPV6, answered, || async {
            let mut found = Ipv6Configuration::default();
            for parameter in parameters {
                let (number, slot) = parameter.place();
                match self.send_within(&get(channel, number, slot), part(self.timeout(), 4)).await {
                    Ok(data) => found.take(number, &data),
                    // What can't be read back doesn't contradict.
                    Err(error) if error.completion_code().is_some() => {}
                    Err(error) => return Err(error),
                }
            }
            let other: Vec<_> = parameters.iter().filter_map(|parameter| parameter.contradiction(&found)).collect();
            Ok((!other.is_empty()).then(|| other.join(", ")))
        })
        .await
    }

    /// Reads where a channel sends alerts; empty destinations are among them, and number 0 is the volatile one.
    ///
    /// # Errors
    /// As [`send`](Self::send), when the BMC doesn't say how many there are.
    pub async fn alert_destinations(&self, channel: u8) -> Result<Partial<AlertDestination>, Error> {
        let mut steps = Steps::new(self.clone(), STEPS);
        let count = steps.send(&get(channel, alert::COUNT, 0)).await.map_err(Failure::into_error)?;
        let count = count.first().copied().unwrap_or(0) & 0x0f;
        let mut all = Partial::default();
        for number in 0..=count {
            match destination(&mut steps, channel, number).await {
                Ok(found) => all.items.push(found),
                // Not all have the volatile one.
                Err(Failure::Step(error)) if number == 0 && error.completion_code().is_some() => {}
                Err(Failure::Step(error)) => {
                    all.missing.push(ReadError::new(Item::AlertDestination(number), error));
                }
                Err(Failure::All(error)) => {
                    all.missing.push(ReadError::from_here_on(Item::AlertDestination(number), error));
                    break;
                }
            }
        }
        Ok(all)
    }

    /// Sets where alerts are sent, and reads it back.
    ///
    /// # Errors
    /// As [`set_lan_configuration`](Self::set_lan_configuration).
    pub async fn set_alert_destination(&self, channel: u8, asked: AlertDestination) -> Result<(), Error> {
        let answered = self.write_lan(channel, &asked.encode()).await;
        self.confirm(SETTING_DESTINATION, answered, || async {
            let mut steps = Steps::new(self.clone(), STEPS);
            let found = destination(&mut steps, channel, asked.number).await.map_err(Failure::into_error)?;
            Ok((found != asked)
                .then(|| format!("destination {} is {} ({:?})", asked.number, found.address, found.kind)))
        })
        .await
    }
}

async fn destination(steps: &mut Steps, channel: u8, number: u8) -> Result<AlertDestination, Failure> {
    let kind = steps.send(&get(channel, alert::KIND, number)).await?;
    let address = steps.send(&get(channel, alert::ADDRESS, number)).await?;
    AlertDestination::decode(&kind, &address).map_err(|malformed| {
        Failure::Step(Error::malformed("reading an alert destination", malformed).at(steps.peer()))
    })
}

const fn get(channel: u8, parameter: u8, set: u8) -> GetLanConfiguration {
    GetLanConfiguration { channel, parameter, set, block: 0 }
}
