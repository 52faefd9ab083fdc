//! The boot override: from where the system starts the next time, or every time.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::every::{OfSystem, every};
use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::ipmi::command::boot as ipmi;
use crate::resource::Resource;
use crate::resource::edit::Committed;
use crate::resource::partial::Partial;
use crate::schema::ComputerSystem;
use crate::schema::computer_system::{BootSource, BootSourceOverrideEnabled, BootSourceOverrideMode};
use crate::services::boot::{self, BootDetail, SetBootOverride};
use crate::services::read_back::follow;

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
    /// Another one, as Redfish spells it; IPMI's others are `ipmi:` and their number.
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
        // What Supermicro calls its virtual CD.
        if source.as_str() == "UsbCd" {
            return Self::Cd;
        }
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
#[non_exhaustive]
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
#[non_exhaustive]
pub struct BootOverride {
    /// The device.
    pub device: BootDevice,
    /// Whether it holds for every start instead of the next one.
    pub persistent: bool,
    /// How to start; `None` leaves it as it is, which IPMI can't.
    pub mode: Option<BootMode>,
    /// The UEFI device path, for the device `UefiTarget`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uefi_target: Option<String>,
    /// The URI to start from, for the device `uefi-http`; without it, the system asks DHCP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_uri: Option<String>,
    /// The reference of the boot option (`Boot0003`), for the device `UefiBootNext`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl BootOverride {
    /// Starts from a device the next time.
    #[must_use]
    pub const fn once(device: BootDevice) -> Self {
        Self { device, persistent: false, mode: None, uefi_target: None, http_uri: None, next: None }
    }

    /// Starts from a device every time.
    #[must_use]
    pub const fn always(device: BootDevice) -> Self {
        Self { device, persistent: true, mode: None, uefi_target: None, http_uri: None, next: None }
    }

    /// Starts from a UEFI device path the next time. Redfish alone.
    #[must_use]
    pub fn uefi_target(path: impl Into<String>) -> Self {
        let target = Some(path.into());
        Self { uefi_target: target, ..Self::once(BootDevice::Other(BootSource::UefiTarget.as_str().to_owned())) }
    }

    /// Starts from a URI over HTTP the next time. Redfish alone.
    #[must_use]
    pub fn http(uri: impl Into<String>) -> Self {
        Self { http_uri: Some(uri.into()), ..Self::once(BootDevice::UefiHttp) }
    }

    /// Starts from a boot option the next time, named by its reference (`Boot0003`). Redfish alone.
    #[must_use]
    pub fn boot_option(reference: impl Into<String>) -> Self {
        let next = Some(reference.into());
        Self { next, ..Self::once(BootDevice::Other(BootSource::UefiBootNext.as_str().to_owned())) }
    }

    /// Every time, not just the next.
    #[must_use]
    pub fn always_so(mut self) -> Self {
        self.persistent = true;
        self
    }

    /// Also says how to start.
    #[must_use]
    pub const fn mode(mut self, mode: BootMode) -> Self {
        self.mode = Some(mode);
        self
    }
}

/// How long an override may take to show.
const PATIENCE: Duration = Duration::from_secs(5);

impl fmt::Display for BootOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = if self.persistent { "every time" } else { "once" };
        write!(f, "{}", self.device)?;
        if let Some(detail) = self.uefi_target.as_ref().or(self.http_uri.as_ref()).or(self.next.as_ref()) {
            write!(f, " {detail}")?;
        }
        write!(f, ", {span}")?;
        match self.mode {
            Some(mode) => write!(f, ", {mode}"),
            None => Ok(()),
        }
    }
}

impl Host {
    /// Returns the boot override in force, if there is one.
    ///
    /// # Errors
    ///
    /// Where no protocol has it, and where several systems could be meant.
    pub async fn boot_override(&self) -> Result<Outcome<Option<BootOverride>>, Error> {
        self.read(Capability::Boot, |session| Box::pin(get(session))).await
    }

    /// Returns the boot override in force of each system that is meant.
    ///
    /// # Errors
    ///
    /// Where no protocol has it of any.
    pub async fn boot_overrides(&self) -> Result<Outcome<Partial<OfSystem<Option<BootOverride>>>>, Error> {
        self.read(Capability::Boot, |session| Box::pin(get_all(session))).await
    }

    /// Sets the boot override. Returns the one that is in force then.
    ///
    /// # Errors
    ///
    /// Where it is refused, no protocol can do it, or none has words for it: UEFI HTTP boot and no mode, by IPMI. Also where
    /// it was confirmed and another one is in force ([`ErrorKind::NotInForce`]).
    pub async fn set_boot_override(&self, wanted: BootOverride) -> Result<Outcome<Option<BootOverride>>, Error> {
        self.override_boot(Some(wanted)).await
    }

    /// Takes the boot override away: the system starts as the firmware has it.
    ///
    /// # Errors
    ///
    /// As [`set_boot_override`](Self::set_boot_override).
    pub async fn clear_boot_override(&self) -> Result<Outcome<Option<BootOverride>>, Error> {
        self.override_boot(None).await
    }

    async fn override_boot(&self, wanted: Option<BootOverride>) -> Result<Outcome<Option<BootOverride>>, Error> {
        let patience = self.patience(PATIENCE);
        let expected = wanted.clone();
        let look = Arc::new(move |session| {
            let expected = expected.clone();
            Box::pin(async move { Ok(Some(get(session).await?).filter(|found| is_as_wanted(found, &expected))) })
                as Running<_>
        });
        let operation = move |session| Box::pin(set(session, wanted.clone(), patience)) as Running<_>;
        self.make(Capability::Boot, operation, Some(look)).await
    }
}

fn is_as_wanted(found: &Option<BootOverride>, wanted: &Option<BootOverride>) -> bool {
    match (found, wanted) {
        (Some(found), Some(wanted)) => {
            // A mode that isn't shown isn't another one.
            let mode = wanted.mode.is_none() || found.mode.is_none() || wanted.mode == found.mode;
            let device = |device: &BootDevice| BootDevice::of_redfish(&device.to_redfish());
            let same = |found: &Option<String>, wanted: &Option<String>| wanted.is_none() || found == wanted;
            let detail = same(&found.uefi_target, &wanted.uefi_target)
                && same(&found.http_uri, &wanted.http_uri)
                && same(&found.next, &wanted.next);
            mode && detail && found.persistent == wanted.persistent && device(&found.device) == device(&wanted.device)
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
            Ok(device.map(|device| BootOverride { persistent: flags.persistent, mode, ..BootOverride::once(device) }))
        }
        Session::Redfish(service) => Ok(of_system(&*service.system().await?)?),
    }
}

async fn get_all(session: Session) -> Result<Partial<OfSystem<Option<BootOverride>>>, Fault> {
    match session {
        Session::Ipmi(_) => Ok(OfSystem::only(get(session).await?)),
        Session::Redfish(service) => every(&service, async |system| of_system(&system)).await,
    }
}

/// The override that a system shows.
fn of_system(system: &ComputerSystem) -> Result<Option<BootOverride>, Error> {
    let no_boot = || Error::new(ErrorKind::Missing, "the system does not show a boot override");
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
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    Ok(source.map(|source| BootOverride {
        device: BootDevice::of_redfish(source),
        persistent,
        mode,
        uefi_target: text(&boot.uefi_target_boot_source_override).filter(|_| *source == BootSource::UefiTarget),
        http_uri: text(&boot.http_boot_uri).filter(|_| *source == BootSource::UefiHttp),
        next: text(&boot.boot_next).filter(|_| *source == BootSource::UefiBootNext),
    }))
}

async fn set(
    session: Session,
    wanted: Option<BootOverride>,
    patience: Duration,
) -> Result<Made<Option<BootOverride>>, Fault> {
    let is_wanted = |found: &Option<BootOverride>| is_as_wanted(found, &wanted);
    let otherwise = |found: Option<BootOverride>| Err(format!("asked for {}; still {}", words(&wanted), words(&found)));
    match session {
        Session::Ipmi(bmc) => {
            let (device, persistent, efi) = match &wanted {
                None => (ipmi::BootDevice::None, false, bmc.boot_flags().await?.efi),
                Some(wanted) => {
                    let device = wanted.device.to_ipmi()?;
                    let mode = wanted.mode.ok_or_else(|| {
                        Fault::inexpressible(
                            "IPMI's boot flags always say whether the start is legacy or UEFI: name one of them",
                        )
                    })?;
                    (device, wanted.persistent, mode == BootMode::Uefi)
                }
            };
            bmc.set_boot_device(device, persistent, efi).await?;
            let sent = vec![format!("boot flags: {device:?}, persistent: {persistent}, EFI: {efi}")];
            let look = || Box::pin(get(Session::Ipmi(bmc.clone()))) as Running<_>;
            Confirmed { asked: wanted.clone(), sent, patience }.seen(look, is_wanted, otherwise).await
        }
        Session::Redfish(service) => {
            let system = service.system().await?;
            let (committed, body) = ask(&system, wanted.as_ref()).send().await.map_err(Fault::of_change)?;
            // An override that is written to the settings shows there.
            let mut places = vec![system.uri().to_owned()];
            match committed {
                Committed::Pending(settings) => places = vec![settings.uri().to_owned(), system.uri().to_owned()],
                Committed::Confirmed(unread) => {
                    places.splice(0..0, unread.uri.filter(|uri| uri != system.uri())).for_each(drop)
                }
                Committed::Accepted(task) => {
                    follow(task, patience).await.map_err(Fault::of_change)?;
                    places.extend(boot::settings_of(&system));
                }
                Committed::Updated(_) | Committed::Unchanged => {}
            }
            let look = || Box::pin(look(service.client.clone(), places.clone(), wanted.clone())) as Running<_>;
            let sent = vec![format!("PATCH {body}")];
            Confirmed { asked: wanted.clone(), sent, patience }.seen(look, is_wanted, otherwise).await
        }
    }
}

/// What to ask of a system.
fn ask(system: &Resource<ComputerSystem>, wanted: Option<&BootOverride>) -> SetBootOverride {
    let Some(wanted) = wanted else { return system.boot_normally() };
    let ask = match wanted.persistent {
        true => system.boot_always(wanted.device.to_redfish()),
        false => system.boot_once(wanted.device.to_redfish()),
    };
    let BootOverride { uefi_target, http_uri, next, .. } = wanted.clone();
    let ask = ask.detail(BootDetail { uefi_target, http_uri, next });
    match wanted.mode {
        Some(BootMode::Uefi) => ask.mode(BootSourceOverrideMode::UEFI),
        Some(BootMode::Legacy) => ask.mode(BootSourceOverrideMode::Legacy),
        None => ask,
    }
}

/// The override at the first of these places where it is as wanted, else at the first that can be read.
async fn look(
    client: Client,
    places: Vec<String>,
    wanted: Option<BootOverride>,
) -> Result<Option<BootOverride>, Fault> {
    let mut found = None;
    for place in places {
        let read = client.get::<ComputerSystem>(&place).await.and_then(|system| of_system(&system));
        match (read, &found) {
            (Ok(read), _) if is_as_wanted(&read, &wanted) => return Ok(read),
            (Ok(read), None | Some(Err(_))) => found = Some(Ok(read)),
            (Err(error), None) => found = Some(Err(error)),
            _ => {}
        }
    }
    Ok(found.unwrap_or(Ok(None))?)
}

fn words(boot: &Option<BootOverride>) -> String {
    match boot {
        Some(boot) => boot.to_string(),
        None => "no override".to_owned(),
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
