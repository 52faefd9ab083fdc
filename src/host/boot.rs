//! The boot override: from where the system starts the next time, or every time.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use crate::error::Error;
use crate::ipmi::command::boot as ipmi;
use crate::schema::computer_system::{Boot, BootSource, BootSourceOverrideEnabled, BootSourceOverrideMode};
use crate::wire::Record;

/// A device, or a program of the firmware, to start from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BootDevice {
    /// PXE.
    Pxe,
    /// The hard disk.
    Disk,
    /// CD or DVD.
    Cd,
    /// Floppy, or the primary removable medium.
    Floppy,
    /// USB. IPMI has no word for it.
    Usb,
    /// The firmware's setup.
    BiosSetup,
    /// The diagnostic partition.
    Diagnostics,
    /// The UEFI shell. IPMI has no word for it.
    UefiShell,
    /// UEFI HTTP boot. IPMI has no word for it.
    UefiHttp,
    /// Another one, as Redfish spells it; IPMI's others are told by `ipmi:` and their number.
    #[serde(untagged)]
    Other(String),
}

impl BootDevice {
    const NAMES: [(Self, &'static str); 9] = [
        (Self::Pxe, "pxe"),
        (Self::Disk, "disk"),
        (Self::Cd, "cd"),
        (Self::Floppy, "floppy"),
        (Self::Usb, "usb"),
        (Self::BiosSetup, "bios-setup"),
        (Self::Diagnostics, "diagnostics"),
        (Self::UefiShell, "uefi-shell"),
        (Self::UefiHttp, "uefi-http"),
    ];

    fn to_redfish(&self) -> BootSource {
        match self {
            Self::Pxe => BootSource::Pxe,
            Self::Disk => BootSource::Hdd,
            Self::Cd => BootSource::Cd,
            Self::Floppy => BootSource::Floppy,
            Self::Usb => BootSource::Usb,
            Self::BiosSetup => BootSource::BiosSetup,
            Self::Diagnostics => BootSource::Diags,
            Self::UefiShell => BootSource::UefiShell,
            Self::UefiHttp => BootSource::UefiHttp,
            Self::Other(spelling) => BootSource::from(spelling.as_str()),
        }
    }

    fn of_redfish(source: &BootSource) -> Self {
        let known = Self::NAMES.iter().map(|(device, _)| device).find(|device| device.to_redfish() == *source);
        known.cloned().unwrap_or_else(|| Self::Other(source.as_str().to_owned()))
    }

    fn to_ipmi(&self) -> Result<ipmi::BootDevice, Fault> {
        Ok(match self {
            Self::Pxe => ipmi::BootDevice::Pxe,
            Self::Disk => ipmi::BootDevice::Disk,
            Self::Cd => ipmi::BootDevice::Cd,
            Self::Floppy => ipmi::BootDevice::Floppy,
            Self::BiosSetup => ipmi::BootDevice::BiosSetup,
            Self::Diagnostics => ipmi::BootDevice::Diagnostic,
            Self::Usb => {
                return Err(Fault::inexpressible(
                    "IPMI doesn't know USB as a boot device; its `floppy` is the primary removable medium as well",
                ));
            }
            other => return Err(Fault::inexpressible(format!("IPMI has no way to ask for a start from {other}"))),
        })
    }

    fn of_ipmi(device: ipmi::BootDevice) -> Option<Self> {
        Some(match device {
            ipmi::BootDevice::None => return None,
            ipmi::BootDevice::Pxe => Self::Pxe,
            ipmi::BootDevice::Disk => Self::Disk,
            ipmi::BootDevice::Cd => Self::Cd,
            ipmi::BootDevice::Floppy => Self::Floppy,
            ipmi::BootDevice::BiosSetup => Self::BiosSetup,
            ipmi::BootDevice::Diagnostic => Self::Diagnostics,
            other => Self::Other(format!("ipmi:{}", other.number())),
        })
    }
}

impl fmt::Display for BootDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::NAMES.iter().find(|(device, _)| device == self).map(|(_, name)| *name);
        match self {
            Self::Other(text) => f.pad(text),
            _ => f.pad(known.unwrap_or_default()),
        }
    }
}

impl FromStr for BootDevice {
    type Err = std::convert::Infallible;

    /// The names that `Display` gives; anything else is taken for a `BootSource` of Redfish.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::NAMES.iter().find(|(_, name)| text.eq_ignore_ascii_case(name));
        Ok(known.map_or_else(|| Self::of_redfish(&BootSource::from(text)), |(device, _)| device.clone()))
    }
}

/// How the firmware starts the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BootMode {
    /// As a PC BIOS.
    Legacy,
    /// UEFI.
    Uefi,
}

impl fmt::Display for BootMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Legacy => "legacy",
            Self::Uefi => "UEFI",
        })
    }
}

/// From where to start, instead of where the firmware would.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BootOverride {
    /// The device.
    pub device: BootDevice,
    /// Whether it holds for every start instead of the next one.
    pub persistent: bool,
    /// How to start; `None` leaves it as it is, which IPMI can't.
    pub mode: Option<BootMode>,
}

impl Host {
    /// The boot override in force, if there is one.
    ///
    /// # Errors
    ///
    /// Where no protocol can tell.
    pub async fn boot_override(&self) -> Result<Outcome<Option<BootOverride>>, Error> {
        self.read(Capability::Boot, |session| Box::pin(get(session))).await
    }

    /// Sets the boot override.
    ///
    /// # Errors
    ///
    /// Where it is refused, no protocol can do it, or none has words for it: UEFI HTTP boot and no mode, by IPMI.
    pub async fn set_boot_override(&self, wanted: BootOverride) -> Result<Outcome<()>, Error> {
        self.override_boot(Some(wanted)).await
    }

    /// Takes the boot override away: the system starts as the firmware has it.
    ///
    /// # Errors
    ///
    /// As [`set_boot_override`](Self::set_boot_override).
    pub async fn clear_boot_override(&self) -> Result<Outcome<()>, Error> {
        self.override_boot(None).await
    }

    async fn override_boot(&self, wanted: Option<BootOverride>) -> Result<Outcome<()>, Error> {
        let expected = wanted.clone();
        let holds = Arc::new(move |session| {
            let expected = expected.clone();
            Box::pin(async move { Ok(is_as_wanted(get(session).await?, expected)) }) as _
        });
        let operation = move |session| Box::pin(set(session, wanted.clone())) as _;
        self.change(Capability::Boot, operation, Some(holds)).await
    }
}

fn is_as_wanted(found: Option<BootOverride>, wanted: Option<BootOverride>) -> bool {
    match (found, wanted) {
        (Some(found), Some(wanted)) => {
            let mode = wanted.mode.is_none() || wanted.mode == found.mode;
            mode && (found.device, found.persistent) == (wanted.device, wanted.persistent)
        }
        (found, wanted) => found.is_none() && wanted.is_none(),
    }
}

async fn get(session: Session) -> Result<Option<BootOverride>, Fault> {
    match session {
        Session::Ipmi(bmc) => {
            let flags = bmc.boot_flags().await?;
            let mode = Some(if flags.efi { BootMode::Uefi } else { BootMode::Legacy });
            let device = BootDevice::of_ipmi(flags.device).filter(|_| flags.valid);
            Ok(device.map(|device| BootOverride { device, persistent: flags.persistent, mode }))
        }
        Session::Redfish(service) => {
            let system = service.system().await?;
            let boot = system.boot.as_ref().ok_or_else(no_boot)?;
            let enabled = boot.boot_source_override_enabled.as_ref().ok_or_else(no_boot)?;
            let source = boot.boot_source_override_target.as_ref().filter(|source| **source != BootSource::None);
            let mode = match &boot.boot_source_override_mode {
                Some(BootSourceOverrideMode::UEFI) => Some(BootMode::Uefi),
                Some(BootSourceOverrideMode::Legacy) => Some(BootMode::Legacy),
                _ => None,
            };
            let persistent = *enabled == BootSourceOverrideEnabled::Continuous;
            let source = source.filter(|_| *enabled != BootSourceOverrideEnabled::Disabled);
            Ok(source.map(|source| BootOverride { device: BootDevice::of_redfish(source), persistent, mode }))
        }
    }
}

fn no_boot() -> Fault {
    Fault::lacking("the system doesn't tell a boot override")
}

async fn set(session: Session, wanted: Option<BootOverride>) -> Result<(), Fault> {
    match session {
        Session::Ipmi(bmc) => {
            let Some(wanted) = wanted else {
                return Ok(bmc.set_boot_device(ipmi::BootDevice::None, false, bmc.boot_flags().await?.efi).await?);
            };
            let device = wanted.device.to_ipmi()?;
            let mode = wanted.mode.ok_or_else(|| {
                Fault::inexpressible(
                    "IPMI's boot flags always say whether the start is legacy or UEFI: name one of them",
                )
            })?;
            Ok(bmc.set_boot_device(device, wanted.persistent, mode == BootMode::Uefi).await?)
        }
        Session::Redfish(service) => {
            let mut edit = service.system().await?.edit();
            let boot = edit.boot.as_mut().ok_or_else(no_boot)?;
            match wanted {
                None => boot.boot_source_override_enabled = Some(BootSourceOverrideEnabled::Disabled),
                Some(wanted) => {
                    let source = wanted.device.to_redfish();
                    accepts(boot, "BootSourceOverrideTarget", source.as_str())?;
                    boot.boot_source_override_target = Some(source);
                    let enabled = match wanted.persistent {
                        true => BootSourceOverrideEnabled::Continuous,
                        false => BootSourceOverrideEnabled::Once,
                    };
                    accepts(boot, "BootSourceOverrideEnabled", enabled.as_str())?;
                    boot.boot_source_override_enabled = Some(enabled);
                    if let Some(mode) = wanted.mode {
                        let mode = match mode {
                            BootMode::Legacy => BootSourceOverrideMode::Legacy,
                            BootMode::Uefi => BootSourceOverrideMode::UEFI,
                        };
                        accepts(boot, "BootSourceOverrideMode", mode.as_str())?;
                        boot.boot_source_override_mode = Some(mode);
                    }
                }
            }
            edit.commit().await.map(|_| ()).map_err(Fault::of_change)
        }
    }
}

/// Whether the service accepts a value, where it says so.
fn accepts(boot: &Boot, property: &str, value: &str) -> Result<(), Fault> {
    let record: &dyn Record = boot;
    match record.annotations().allowable_values(property) {
        Some(allowed) if !allowed.iter().any(|allowed| allowed == value) => {
            let allowed = allowed.join(", ");
            Err(Fault::inexpressible(format!(
                "{value} is not among what this system accepts for {property}: {allowed}"
            )))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_the_same_in_text_and_by_redfish() {
        for (device, name) in BootDevice::NAMES {
            assert_eq!(device.to_string(), name);
            assert_eq!(name.parse(), Ok(device.clone()));
            assert_eq!(BootDevice::of_redfish(&device.to_redfish()), device);
        }
        assert_eq!("SDCard".parse(), Ok(BootDevice::Other("SDCard".into())));
        assert_eq!("Hdd".parse(), Ok(BootDevice::Disk));
    }

    #[test]
    fn what_ipmi_cannot_say_is_refused_with_the_reason() {
        for device in [BootDevice::UefiHttp, BootDevice::UefiShell, BootDevice::Usb, BootDevice::Other("SDCard".into())]
        {
            assert!(device.to_ipmi().unwrap_err().error.to_string().contains("IPMI"), "{device}");
        }
    }
}
