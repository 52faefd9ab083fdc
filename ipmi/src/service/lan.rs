//! LAN configuration as a whole, and writing it under "set in progress".

use crate::command::lan::{GetLanConfiguration, LanConfiguration, LanParameter, SetLanConfiguration};
use crate::{Client, Error};

const SET_IN_PROGRESS: u8 = 0;

impl Client {
    /// The LAN configuration of a channel; 0Eh is the present one. Parameters that the BMC lacks are left out.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn lan_configuration(&self, channel: u8) -> Result<LanConfiguration, Error> {
        let mut configuration = LanConfiguration::default();
        for parameter in LanConfiguration::PARAMETERS {
            match self.send(&GetLanConfiguration { channel, parameter, set: 0, block: 0 }).await {
                Ok(data) => configuration.take(parameter, &data),
                Err(error) if error.completion_code().is_some() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(configuration)
    }

    /// Sets parameters of a channel, in the order given. Setting the address of the channel in use ends the session.
    ///
    /// # Errors
    /// As [`send`](Self::send). What was set before an error stays set, unless the BMC can roll back.
    pub async fn set_lan_configuration(&self, channel: u8, parameters: &[LanParameter]) -> Result<(), Error> {
        let progress = |state| SetLanConfiguration { channel, parameter: SET_IN_PROGRESS, data: vec![state] };
        // BMCs without "set in progress" take parameters all the same.
        let in_progress = match self.send(&progress(1)).await {
            Ok(()) => true,
            Err(error) if error.completion_code().is_some_and(|code| code.number() != 0x81) => false,
            Err(error) => return Err(error),
        };
        let mut outcome = Ok(());
        for parameter in parameters {
            let (parameter, data) = parameter.encode();
            outcome = self.send(&SetLanConfiguration { channel, parameter, data }).await;
            if outcome.is_err() {
                break;
            }
        }
        if in_progress {
            // A BMC that can roll back takes "set complete" alone for "never mind"; one that can't may lack the commit.
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
