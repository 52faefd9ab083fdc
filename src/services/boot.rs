//! The boot override of a system, set in the words and at the place that its service takes.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::edit::{Committed, Edit};
use crate::schema::ComputerSystem;
use crate::schema::computer_system::{Boot, BootSource, BootSourceOverrideEnabled, BootSourceOverrideMode};
use crate::schema::settings::Settings;
use crate::wire::Record;

/// Where the mode is.
const MODE: &str = "/Boot/BootSourceOverrideMode";

/// A boot override about to be set: `.await` does it.
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct SetBootOverride {
    system: Resource<ComputerSystem>,
    wanted: Wanted,
}

#[derive(Debug, Clone)]
struct Wanted {
    target: BootSource,
    enabled: BootSourceOverrideEnabled,
    mode: Option<BootSourceOverrideMode>,
    detail: BootDetail,
}

/// What some targets need beside themselves.
#[derive(Debug, Clone, Default)]
pub(crate) struct BootDetail {
    /// `UefiTargetBootSourceOverride`, for `UefiTarget`.
    pub(crate) uefi_target: Option<String>,
    /// `HttpBootUri`, for `UefiHttp`.
    pub(crate) http_uri: Option<String>,
    /// `BootNext`, for `UefiBootNext`.
    pub(crate) next: Option<String>,
}

impl SetBootOverride {
    /// From this UEFI device path, with the target `UefiTarget`.
    pub fn uefi_target(mut self, path: impl Into<String>) -> Self {
        self.wanted.detail.uefi_target = Some(path.into());
        self
    }

    /// From this URI, with the target `UefiHttp`. Without it, the system asks DHCP.
    pub fn http_uri(mut self, uri: impl Into<String>) -> Self {
        self.wanted.detail.http_uri = Some(uri.into());
        self
    }

    /// From the boot option of this reference (`Boot0003`), with the target `UefiBootNext`.
    pub fn boot_next(mut self, reference: impl Into<String>) -> Self {
        self.wanted.detail.next = Some(reference.into());
        self
    }

    #[cfg(feature = "host")]
    pub(crate) fn detail(mut self, detail: BootDetail) -> Self {
        self.wanted.detail = detail;
        self
    }

    /// In this mode. Without it the mode stays as it is.
    pub fn mode(mut self, mode: BootSourceOverrideMode) -> Self {
        self.wanted.mode = Some(mode);
        self
    }
}

impl IntoFuture for SetBootOverride {
    type Output = Result<Committed<ComputerSystem>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let sent = self.send();
        Box::pin(async move { sent.await.map(|(committed, _)| committed) })
    }
}

/// What became of a change, and the body that was sent.
type Sent = (Committed<ComputerSystem>, String);

impl SetBootOverride {
    /// As `.await`, with what was really sent.
    pub(crate) fn send(self) -> BoxFuture<'static, Result<Sent, Error>> {
        set(self.system, self.wanted)
    }
}

impl Resource<ComputerSystem> {
    /// Has the system start from this the next time, instead of where its firmware would.
    ///
    /// The override is set in the settings of the system where these have it, else in the system itself. A virtual CD is
    /// `UsbCd` where there is no `Cd`; the mode is sent along where the service says that it misses it, and not where it is
    /// what it was, as some can't change it. A device that the service does not accept is refused before anything is sent.
    ///
    /// ```no_run
    /// # async fn run(system: rosefish::Resource<rosefish::schema::ComputerSystem>) -> Result<(), rosefish::Error> {
    /// use rosefish::schema::computer_system::BootSource;
    ///
    /// let _ = system.boot_once(BootSource::Pxe).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn boot_once(&self, target: BootSource) -> SetBootOverride {
        self.override_boot(target, BootSourceOverrideEnabled::Once)
    }

    /// Has the system start from this every time: see [`boot_once`](Self::boot_once).
    pub fn boot_always(&self, target: BootSource) -> SetBootOverride {
        self.override_boot(target, BootSourceOverrideEnabled::Continuous)
    }

    /// Has the system start as its firmware would: see [`boot_once`](Self::boot_once).
    pub fn boot_normally(&self) -> SetBootOverride {
        self.override_boot(BootSource::None, BootSourceOverrideEnabled::Disabled)
    }

    fn override_boot(&self, target: BootSource, enabled: BootSourceOverrideEnabled) -> SetBootOverride {
        SetBootOverride {
            system: self.clone(),
            wanted: Wanted { target, enabled, mode: None, detail: BootDetail::default() },
        }
    }
}

fn set(system: Resource<ComputerSystem>, wanted: Wanted) -> BoxFuture<'static, Result<Sent, Error>> {
    Box::pin(async move {
        let has_override = |boot: &&Boot| {
            boot.boot_source_override_enabled.is_some()
                || boot.boot_source_override_target.is_some()
                || settings_of(&system).is_some()
        };
        let Some(boot) = system.boot.as_ref().filter(has_override) else {
            return Err(Error::new(ErrorKind::Missing, "the system has no boot override").at("PATCH", system.uri()));
        };
        let record: &dyn Record = boot;
        let accepts = |property: &str, value: &str| match record.annotations().allowable_values(property) {
            Some(allowed) if !allowed.iter().any(|allowed| allowed == value) => {
                let allowed = allowed.join(", ");
                let text = format!("{value} is not among what this system accepts for {property}: {allowed}");
                Err(Error::new(ErrorKind::NotAllowed, text).at("PATCH", system.uri()))
            }
            _ => Ok(()),
        };
        let name = "BootSourceOverrideTarget";
        let mut target = wanted.target.clone();
        let usb_cd = BootSource::from("UsbCd");
        if target == BootSource::Cd && accepts(name, "Cd").is_err() && accepts(name, usb_cd.as_str()).is_ok() {
            target = usb_cd;
        }
        if target != BootSource::None {
            accepts(name, target.as_str())?;
            accepts("BootSourceOverrideEnabled", wanted.enabled.as_str())?;
        }
        if let Some(mode) = &wanted.mode {
            accepts("BootSourceOverrideMode", mode.as_str())?;
        }
        let edit = || {
            let mut edit = system.edit();
            if let Some(boot) = edit.boot.as_mut() {
                if target != BootSource::None || accepts(name, BootSource::None.as_str()).is_ok() {
                    boot.boot_source_override_target = Some(target.clone());
                }
                boot.boot_source_override_enabled = Some(wanted.enabled.clone());
                let BootDetail { uefi_target, http_uri, next } = wanted.detail.clone();
                boot.uefi_target_boot_source_override = uefi_target.or(boot.uefi_target_boot_source_override.take());
                boot.http_boot_uri = http_uri.or(boot.http_boot_uri.take());
                boot.boot_next = next.or(boot.boot_next.take());
                boot.boot_source_override_mode = wanted.mode.clone().or(boot.boot_source_override_mode.take());
            }
            edit
        };
        // What the resource said when it was read may have been changed or used up since; and some services miss the target
        // also where nothing is to be overridden.
        let whole = || edit().also("/Boot/BootSourceOverrideEnabled").also("/Boot/BootSourceOverrideTarget");
        let send = async |edit: Edit<ComputerSystem>| {
            let body = edit.patch().body;
            edit.commit().await.map(|committed| (committed, body))
        };
        match send(whole()).await {
            // It proves that nothing was done.
            Err(error) if error.status() == Some(400) && misses_mode(&error) => send(whole().also(MODE)).await,
            sent => sent,
        }
    })
}

/// Returns where the settings of a system are, in which its override may be written.
pub(crate) fn settings_of(system: &Resource<ComputerSystem>) -> Option<String> {
    let record: &dyn Record = system.value();
    let settings = record.annotations().record::<Settings>("", "Redfish.Settings")?.ok()?;
    Some(settings.value.settings_object.as_ref()?.uri()?.as_str().to_owned())
}

/// Whether the service refused because the mode was missing.
fn misses_mode(error: &Error) -> bool {
    error.messages().iter().any(|message| {
        let is_missing =
            message.message_id.as_deref().is_none_or(|id| id.contains("Missing") || id.contains("Required"));
        let names = |text: &String| text.contains("BootSourceOverrideMode");
        is_missing && (message.message.iter().any(names) || message.message_args.iter().any(names))
    })
}
