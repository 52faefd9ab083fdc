//! Reads the LAN configuration as a whole, and writes parameters under "set in progress".

use super::steps::{Failure, Steps};
use crate::command::CompletionCode;
use crate::command::lan::{GetLanConfiguration, LanConfiguration, LanParameter, SetLanConfiguration};
use crate::deadline::part;
use crate::partial::{Item, ReadError};
use crate::{Client, Error};

const SETTING: &str = "setting the LAN configuration";
const SET_IN_PROGRESS: u8 = 0;
/// The address, a parameter that every LAN channel has.
const ADDRESS: u8 = 3;
const STEPS: u32 = 64;

impl Client {
    /// Reads the LAN configuration of a channel; 0Eh is the present one. Parameters that the BMC lacks are left out; one that
    /// can't be read doesn't hide the others.
    ///
    /// # Errors
    /// As [`send`](Self::send), when the channel is refused: it has no LAN address, and nothing else can be read of it.
    pub async fn lan_configuration(&self, channel: u8) -> Result<LanConfiguration, Error> {
        let mut steps = Steps::new(self.clone(), STEPS);
        let mut configuration = LanConfiguration::default();
        let mut read = 0_u32;
        let mut refusal: Option<(u8, Error)> = None;
        for parameter in LanConfiguration::PARAMETERS {
            let item = Item::LanParameter(parameter);
            match steps.send(&get(channel, parameter)).await {
                Ok(data) => {
                    read = read.saturating_add(1);
                    configuration.take(parameter, &data);
                }
                Err(Failure::All(error)) if read == 0 => return Err(error),
                Err(Failure::All(error)) => {
                    configuration.missing.push(ReadError::from_here_on(item, error));
                    break;
                }
                Err(Failure::Step(error)) => {
                    // The error for the parameter that every channel has says most about the channel.
                    if refusal.as_ref().is_none_or(|_| parameter == ADDRESS) {
                        refusal = Some((parameter, error.clone()));
                    }
                    if !error.completion_code().is_some_and(is_lacking) {
                        configuration.missing.push(ReadError::new(item, error));
                    }
                }
            }
        }
        match refusal {
            Some((_, error)) if read == 0 => Err(error),
            // A channel without an address may not be a LAN channel: ask for what it is.
            Some((ADDRESS, error)) if configuration.missing.is_empty() => match self.channel_info(channel).await {
                Ok(info) if info.is_lan() => Ok(configuration),
                Err(refused) if refused.completion_code().is_some() => Err(refused),
                _ => Err(error),
            },
            _ => Ok(configuration),
        }
    }

    /// Sets parameters of a channel, in the order given, and reads them back. Setting the address of the channel in use
    /// ends the session; then nothing can be read back any more.
    ///
    /// # Errors
    /// As [`send`](Self::send). What was set before an error stays set, unless the BMC can roll back. Also when a parameter
    /// is not as it was asked ([`ErrorKind::NotInForce`](crate::ErrorKind)).
    pub async fn set_lan_configuration(&self, channel: u8, parameters: &[LanParameter]) -> Result<(), Error> {
        let written: Vec<_> = parameters.iter().map(|parameter| parameter.encode()).collect();
        let answered = self.write_lan(channel, &written).await;
        self.confirm(SETTING, answered, || async {
            let mut found = LanConfiguration::default();
            for parameter in parameters {
                let (number, _) = parameter.encode();
                match self.send_within(&get(channel, number), part(self.timeout(), 4)).await {
                    Ok(data) => found.take(number, &data),
                    // A parameter that can't be read back doesn't contradict the change.
                    Err(error) if error.completion_code().is_some() => {}
                    Err(error) => return Err(error),
                }
            }
            let other: Vec<_> = parameters.iter().filter_map(|parameter| parameter.contradiction(&found)).collect();
            Ok((!other.is_empty()).then(|| other.join(", ")))
        })
        .await
    }

    /// Writes parameters, each once, in the order given.
    pub(super) async fn write_lan(&self, channel: u8, parameters: &[(u8, Vec<u8>)]) -> Result<(), Error> {
        let progress = |state| SetLanConfiguration { channel, parameter: SET_IN_PROGRESS, data: vec![state] };
        // BMCs without "set in progress" accept parameters anyway.
        let in_progress = match self.send(&progress(1)).await {
            Ok(()) => true,
            Err(error) if error.completion_code().is_some_and(|code| code.number() != 0x81) => false,
            Err(error) => return Err(error),
        };
        let mut outcome = Ok(());
        for parameter in parameters {
            let (parameter, data) = parameter.clone();
            outcome = self.send(&SetLanConfiguration { channel, parameter, data }).await;
            if outcome.is_err() {
                break;
            }
        }
        if in_progress {
            // A BMC that can roll back does so on "set complete" without a commit; one that can't may not know the commit.
            if outcome.is_ok() {
                match self.send(&progress(2)).await {
                    Err(error) if error.completion_code().is_none() => return Err(error),
                    _ => {}
                }
            }
            let ended = self.send(&progress(0)).await;
            if outcome.is_ok() {
                outcome = ended;
            }
        }
        outcome
    }
}

const fn get(channel: u8, parameter: u8) -> GetLanConfiguration {
    GetLanConfiguration { channel, parameter, set: 0, block: 0 }
}

/// Returns whether BMCs answer with this code for a parameter that they don't have.
pub(super) fn is_lacking(code: CompletionCode) -> bool {
    code.number() == 0x80
        || matches!(
            code,
            CompletionCode::ParameterOutOfRange | CompletionCode::InvalidField | CompletionCode::NotPresent
        )
}
