//! Vendors' fan control, behind a guard: the BMC's manufacturer is checked before anything is sent, and anyone who takes the
//! fans has to say by name that cooling is now theirs to look after.

use crate::command::device::DeviceId;
use crate::command::vendor::{
    GetSupermicroFanDuty, GetSupermicroFanMode, SetDellFanControl, SetDellFanSpeed, SetDellThirdPartyCooling,
    SetInspurFanControl, SetInspurFanSpeed, SetSupermicroFanDuty, SetSupermicroFanMode, SupermicroFanMode,
};
use crate::{Client, Error, ErrorKind};

const TAKING: &str = "taking over fan control";

/// Says that the caller knows what taking over the fans means: the BMC may not raise them any more when the machine gets
/// hot. It can throttle, shut down or be damaged. The setting outlives the session; only a way back to automatic control
/// or a restart of the BMC ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoolingIsMyConcern;

/// The fans of a Supermicro machine.
///
/// What is done: OEM command 30h/45h sets one of the BMC's own fan modes, in which it continues to control the fans;
/// 30h/70h sets the duty cycle of a zone, which holds in mode `Full` and until the BMC thinks better of it.
#[derive(Clone, Debug)]
pub struct SupermicroFans(Client);

/// The fans of a Dell machine.
///
/// What is done: OEM command 30h/30h takes fan control from the iDRAC, sets speeds in percent, and gives it back. While it
/// is taken, the iDRAC doesn't react to temperatures. iDRAC 9 from firmware 3.34 on refuses it.
#[derive(Clone, Debug)]
pub struct DellFans(Client);

/// The fans of an Inspur machine.
///
/// What is done: OEM command 3Ch/2Fh takes fan control from the BMC and gives it back, 3Ch/2Dh sets speeds in percent.
/// While it is taken, the BMC doesn't react to temperatures.
#[derive(Clone, Debug)]
pub struct InspurFans(Client);

impl Client {
    /// Reads the fans of a Supermicro machine.
    ///
    /// # Errors
    /// When the BMC isn't a Supermicro's, or as [`send`](Self::send).
    pub async fn supermicro_fans(&self, _: CoolingIsMyConcern) -> Result<SupermicroFans, Error> {
        self.check_manufacturer("Supermicro").await.map(|()| SupermicroFans(self.clone()))
    }

    /// Reads the fans of a Dell machine.
    ///
    /// # Errors
    /// When the BMC isn't a Dell's, or as [`send`](Self::send).
    pub async fn dell_fans(&self, _: CoolingIsMyConcern) -> Result<DellFans, Error> {
        self.check_manufacturer("Dell").await.map(|()| DellFans(self.clone()))
    }

    /// Reads the fans of an Inspur machine.
    ///
    /// # Errors
    /// When the BMC isn't an Inspur's, or as [`send`](Self::send).
    pub async fn inspur_fans(&self, _: CoolingIsMyConcern) -> Result<InspurFans, Error> {
        self.check_manufacturer("Inspur").await.map(|()| InspurFans(self.clone()))
    }

    /// The same OEM command does something else on another vendor's BMC.
    async fn check_manufacturer(&self, wanted: &str) -> Result<(), Error> {
        let id: DeviceId = self.device_id().await?;
        if id.manufacturer() == Some(wanted) {
            return Ok(());
        }
        let found = id.manufacturer().unwrap_or("unknown");
        let detail = format!(
            "these commands are {wanted}'s, and the BMC's manufacturer is {found} ({}): nothing was sent",
            id.manufacturer_id
        );
        Err(Error::new(ErrorKind::Unsupported, TAKING, detail).at(self.peer()))
    }
}

impl SupermicroFans {
    /// Reads the fan mode.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn mode(&self) -> Result<SupermicroFanMode, Error> {
        self.0.send(&GetSupermicroFanMode).await
    }

    /// Sets the fan mode.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn set_mode(&self, mode: SupermicroFanMode) -> Result<(), Error> {
        self.0.send(&SetSupermicroFanMode(mode)).await
    }

    /// Reads the duty cycle of a zone in percent: 0 is the CPU zone, 1 the peripheral zone.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn duty(&self, zone: u8) -> Result<u8, Error> {
        self.0.send(&GetSupermicroFanDuty { zone }).await
    }

    /// Sets the duty cycle of a zone in percent.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn set_duty(&self, zone: u8, percent: u8) -> Result<(), Error> {
        self.0.send(&SetSupermicroFanDuty { zone, percent }).await
    }
}

impl DellFans {
    /// Sets the speed of one fan, or of all of them, in percent, after taking fan control from the iDRAC.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn set_speed(&self, fan: Option<u8>, percent: u8) -> Result<(), Error> {
        self.0.send(&SetDellFanControl { automatic: false }).await?;
        self.0.send(&SetDellFanSpeed { fan, percent }).await
    }

    /// Gives fan control back to the iDRAC.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn restore_automatic(&self) -> Result<(), Error> {
        self.0.send(&SetDellFanControl { automatic: true }).await
    }

    /// Sets whether the iDRAC raises the fans for PCIe cards that it doesn't know.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn set_third_party_cooling(&self, enabled: bool) -> Result<(), Error> {
        self.0.send(&SetDellThirdPartyCooling { enabled }).await
    }
}

impl InspurFans {
    /// Sets the speed of one fan, or of all of them, in percent, after taking fan control from the BMC.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn set_speed(&self, fan: Option<u8>, percent: u8) -> Result<(), Error> {
        self.0.send(&SetInspurFanControl { automatic: false }).await?;
        self.0.send(&SetInspurFanSpeed { fan, percent }).await
    }

    /// Gives fan control back to the BMC.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn restore_automatic(&self) -> Result<(), Error> {
        self.0.send(&SetInspurFanControl { automatic: true }).await
    }
}
