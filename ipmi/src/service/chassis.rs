//! Short forms for power and identification, and the order in which boot options have to be written.

use std::time::Duration;

use crate::command::boot::{BootDevice, BootFlags, GetBootOptions, SetBootOptions, parameter};
use crate::command::chassis::{
    ChassisControl, ChassisIdentify, ChassisStatus, GetChassisStatus, GetPowerOnHours, GetSystemRestartCause,
    IdentifyState, PowerOnHours, RestartCause,
};
use crate::packet::Malformed;
use crate::{Client, Error};

/// What identifies for less than this may be over before it is read back.
const SHORTEST_READ_BACK: Duration = Duration::from_secs(5);
/// Data for Set In Progress.
const SET_COMPLETE: u8 = 0;
const SET_IN_PROGRESS: u8 = 1;
/// Boot info acknowledge: write mask for, and value of, "the BIOS has handled the boot info".
const BIOS_ACKNOWLEDGED: [u8; 2] = [0x01, 0x01];
/// Valid bit clearing: don't clear it when power or reset comes from a button, a watchdog, a command or PEF.
const KEEP_VALID: u8 = 0x1f;

impl Client {
    /// Power and faults of the chassis.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn chassis_status(&self) -> Result<ChassisStatus, Error> {
        self.send(&GetChassisStatus).await
    }

    /// Changes the power or resets the system. It is sent at most once.
    ///
    /// # Errors
    /// As [`send`](Self::send). After a timeout, [`Error::may_have_acted`] shows that the state is to be read back.
    pub async fn chassis_control(&self, control: ChassisControl) -> Result<(), Error> {
        self.send(&control).await
    }

    /// Turns the identify light on or off, and reads its state back where the BMC shows it.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when the light is not as it was asked ([`ErrorKind::NotInForce`](crate::ErrorKind)).
    pub async fn chassis_identify(&self, identify: ChassisIdentify) -> Result<(), Error> {
        let answered = self.send(&identify).await;
        if matches!(identify, ChassisIdentify::For(time) if time < SHORTEST_READ_BACK) {
            return answered; // it may be off again by now
        }
        self.confirm("identifying the chassis", answered, || async {
            let state = self.chassis_status().await?.identify;
            Ok(match (identify, state) {
                (ChassisIdentify::Off, Some(IdentifyState::Timed | IdentifyState::Indefinite)) => {
                    Some("the identify light is on".to_owned())
                }
                (ChassisIdentify::For(_) | ChassisIdentify::Indefinitely, Some(IdentifyState::Off)) => {
                    Some("the identify light is off".to_owned())
                }
                _ => None,
            })
        })
        .await
    }

    /// Why the system last restarted.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn restart_cause(&self) -> Result<RestartCause, Error> {
        self.send(&GetSystemRestartCause).await
    }

    /// Reads how long the system was powered on in its life.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn power_on_hours(&self) -> Result<PowerOnHours, Error> {
        self.send(&GetPowerOnHours).await
    }

    /// Reads the boot flags in force.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn boot_flags(&self) -> Result<BootFlags, Error> {
        let option = self.send(&GetBootOptions { parameter: parameter::BOOT_FLAGS }).await?;
        // A BMC that has no override may answer with less than all five bytes.
        match option.data.as_slice() {
            [a, b, c, d, e, ..] => Ok(BootFlags::decode([*a, *b, *c, *d, *e])),
            [a, b, rest @ ..] => Ok(BootFlags::decode([*a, *b, rest.first().copied().unwrap_or(0), 0, 0])),
            _ => Err(Error::malformed("reading the boot flags", Malformed::new("boot flags", 0)).at(self.peer())),
        }
    }

    /// Has the system start from a device the next time, or (`persistent`) every time.
    ///
    /// # Errors
    /// As [`set_boot_flags`](Self::set_boot_flags).
    pub async fn set_boot_device(&self, device: BootDevice, persistent: bool, efi: bool) -> Result<(), Error> {
        self.set_boot_flags(BootFlags::device(device, persistent, efi)).await
    }

    /// Writes boot flags: under "set in progress" where the BMC has that, with the acknowledgement of the BIOS reset,
    /// and with the BMC instructed not to clear the valid bit by itself, so that the wish outlives a wait of more than a minute.
    /// Then they are read back.
    ///
    /// # Errors
    /// As [`send`](Self::send), for the flags themselves: what BMCs lack of the ceremony around them is not an error. Also when
    /// the flags are not as they were asked ([`ErrorKind::NotInForce`](crate::ErrorKind)).
    pub async fn set_boot_flags(&self, flags: BootFlags) -> Result<(), Error> {
        let set = |parameter, data: &[u8]| SetBootOptions { parameter, data: data.to_vec() };
        let in_progress = self.optional(&set(parameter::SET_IN_PROGRESS, &[SET_IN_PROGRESS])).await?;
        self.optional(&set(parameter::VALID_BIT_CLEARING, &[KEEP_VALID])).await?;
        self.optional(&set(parameter::BOOT_INFO_ACKNOWLEDGE, &BIOS_ACKNOWLEDGED)).await?;
        let written = self.send(&set(parameter::BOOT_FLAGS, &flags.encode())).await;
        if in_progress {
            let ended = self.optional(&set(parameter::SET_IN_PROGRESS, &[SET_COMPLETE])).await;
            // Of what went wrong with the flags themselves there is more to report.
            if written.is_ok() {
                ended?;
            }
        }
        self.confirm("setting the boot flags", written, async || Ok(self.boot_flags().await?.contradiction(&flags)))
            .await
    }

    /// Sends what a BMC may lack, and says whether it took it.
    async fn optional(&self, command: &SetBootOptions) -> Result<bool, Error> {
        match self.send(command).await {
            Ok(()) => Ok(true),
            Err(error) if error.completion_code().is_some() => Ok(false),
            Err(error) => Err(error),
        }
    }
}
