//! Storage: controllers, drives and volumes, their lights, and erasing drives. IPMI has no storage.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::reading::{finish, systems};
use super::redfish::Service;
use super::route::Session;
use crate::error::{Error, ErrorKind};
use crate::resource::AnyResource;
use crate::resource::partial::{Missing, Partial};
use crate::services::select::{Selector, label};
use crate::services::storage::{self, Subsystem, choose};
use crate::services::survey::{Survey, text, to_json};

/// How long a change may take to show once the service reports that it is done.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long a task may take by default.
pub(super) const WITHIN: Duration = Duration::from_secs(3600);

/// A storage subsystem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StorageSystem {
    /// The name to choose it by.
    pub storage: String,
    /// What it is called.
    pub name: Option<String>,
    /// Its health, as the service spells it.
    pub health: Option<String>,
    /// Its controllers.
    pub controllers: Vec<StorageController>,
    /// Its drives.
    pub drives: Vec<StorageDrive>,
    /// Its volumes.
    pub volumes: Vec<StorageVolume>,
    /// Its URI.
    pub uri: String,
}

/// A storage controller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StorageController {
    /// What it is called.
    pub name: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its serial number.
    pub serial_number: Option<String>,
    /// The version of its firmware.
    pub firmware: Option<String>,
    /// Its health, as the service spells it.
    pub health: Option<String>,
    /// The RAID types that it knows.
    pub raid_types: Vec<String>,
}

/// A drive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StorageDrive {
    /// The name to choose it by.
    pub drive: String,
    /// What it is called.
    pub name: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its serial number.
    pub serial_number: Option<String>,
    /// Its size in bytes.
    pub capacity_bytes: Option<u64>,
    /// The medium, as the service spells it (`SSD`, `HDD`).
    pub media: Option<String>,
    /// How it is connected, as the service spells it (`NVMe`, `SAS`).
    pub protocol: Option<String>,
    /// Its state, as the service spells it.
    pub state: Option<String>,
    /// Its health, as the service spells it.
    pub health: Option<String>,
    /// Whether it is predicted to fail.
    pub failure_predicted: Option<bool>,
    /// Whether its identify light is on; none where it shows none.
    pub identify: Option<bool>,
    /// Why it is not spare (`is in volume 1`); none where a volume can be made of it.
    pub taken: Option<String>,
    /// Its URI.
    pub uri: String,
}

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StorageVolume {
    /// The name to choose it by.
    pub volume: String,
    /// What it is called.
    pub name: Option<String>,
    /// Its RAID type, as the service spells it.
    pub raid: Option<String>,
    /// Its size in bytes.
    pub capacity_bytes: Option<u64>,
    /// Its state, as the service spells it.
    pub state: Option<String>,
    /// Its health, as the service spells it.
    pub health: Option<String>,
    /// Its drives, by the names to choose them by.
    pub drives: Vec<String>,
    /// Its URI.
    pub uri: String,
}

impl Host {
    /// Returns the storage of all systems that are meant.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or it shows none.
    pub async fn storage(&self) -> Result<Outcome<Partial<StorageSystem>>, Error> {
        self.read(Capability::Storage, |session| Box::pin(read(session))).await
    }

    /// Turns the identify light of a drive on or off. Returns the drive.
    ///
    /// # Errors
    ///
    /// Where several drives could be meant, it has no light, and where the light is not as it was asked afterwards.
    pub async fn identify_drive(&self, drive: Selector, on: bool) -> Result<Outcome<StorageDrive>, Error> {
        let patience = self.patience(PATIENCE);
        let operation = move |session| Box::pin(light(session, drive.clone(), on, patience)) as Running<_>;
        self.make(Capability::Storage, operation, None).await
    }

    /// Erases a drive so that nothing can be read from it any more, and waits for the end of it. Returns the drive.
    ///
    /// # Errors
    ///
    /// Where several drives could be meant, the drive is in a volume, can't erase itself or not in the way that is named
    /// (`BlockErase`, `CryptographicErase`, `Overwrite`), and where its task fails.
    pub async fn erase_drive(&self, drive: Selector, how: Option<String>) -> Result<Outcome<StorageDrive>, Error> {
        let operation = move |session| {
            let (drive, how) = (drive.clone(), how.clone());
            Box::pin(async move {
                let (subsystem, drive) = drive_of(session, drive).await?;
                if let Some(volume) = subsystem.volumes_of(&drive).first() {
                    let volume = label(volume, &subsystem.volumes);
                    return Err(Fault::refused(format!("the drive is in volume {volume}: delete that first")));
                }
                let parameters: Vec<_> = how.as_deref().map(|how| ("SanitizationType", how)).into_iter().collect();
                let done = storage::act(&drive, "Drive.SecureErase", &parameters, WITHIN).await;
                let sent = done.map_err(Fault::of_action)?;
                Ok(Made::unseen(of_drive(&drive, &subsystem), vec![sent]))
            }) as Running<_>
        };
        self.make(Capability::Storage, operation, None).await
    }
}

pub(super) fn service(session: Session) -> Result<Service, Fault> {
    match session {
        Session::Redfish(service) => Ok(service),
        Session::Ipmi(_) => Err(Fault::lacking("IPMI has no storage")),
    }
}

/// Returns the storage subsystems of the one selected system, to be changed, and what could not be read of them.
pub(super) async fn to_change(service: &Service) -> Result<(Vec<Subsystem>, Vec<Missing>), Fault> {
    let mut survey = Survey::of(&service.client);
    let system = service.system().await?.into_any();
    let found = storage::subsystems(&mut survey, &[system]).await;
    Ok((found, survey.into_missing()))
}

async fn read(session: Session) -> Result<Partial<StorageSystem>, Fault> {
    let service = service(session)?;
    let mut survey = Survey::of(&service.client);
    let systems = systems(&service, &mut survey).await?;
    let found = storage::subsystems(&mut survey, &systems).await;
    let simple = storage::simple(&mut survey, &systems, &found).await;
    let all: Vec<AnyResource> = found.iter().map(|one| &one.storage).chain(&simple).cloned().collect();
    let mut items: Vec<_> = found.iter().map(|one| of_subsystem(one, &all)).collect();
    items.extend(simple.iter().map(|one| of_simple(one, &all)));
    finish(items, survey.into_missing(), "no system of this service shows its storage")
}

/// If something is missing, returns what could not be read, since it may have been there.
pub(super) fn or_unread<T>(found: Result<T, Error>, missing: Vec<Missing>) -> Result<T, Fault> {
    match (found, missing.into_iter().next()) {
        (Err(error), Some(unread)) if matches!(error.kind(), ErrorKind::Missing) => Err(unread.error.into()),
        (found, _) => Ok(found?),
    }
}

/// Returns the selected subsystem: the one that is named, else the only one with drives.
pub(super) fn subsystem(mut found: Vec<Subsystem>, named: Option<&Selector>) -> Result<Subsystem, Error> {
    if named.is_none() && found.iter().any(|one| !one.drives.is_empty()) {
        found.retain(|one| !one.drives.is_empty());
    }
    let all: Vec<AnyResource> = found.iter().map(|one| one.storage.clone()).collect();
    let chosen = choose(&all, named, "the system does not show any storage")?;
    let at = found.iter().position(|one| one.storage.uri() == chosen.uri()).unwrap_or_default();
    Ok(found.swap_remove(at))
}

pub(super) async fn volume_of(
    session: Session,
    storage: Option<Selector>,
    volume: Selector,
) -> Result<(Subsystem, AnyResource), Fault> {
    let (found, missing) = to_change(&service(session)?).await?;
    let found = found.into_iter().filter(|one| storage.is_some() || !one.volumes.is_empty()).collect();
    let chosen = match storage {
        Some(storage) => subsystem(found, Some(&storage)).and_then(|one| {
            let volume = choose(&one.volumes, Some(&volume), "this storage has no volumes")?;
            Ok((one, volume))
        }),
        None => among(found, &volume, |one| &one.volumes, "this machine has no volumes"),
    };
    or_unread(chosen, missing)
}

async fn drive_of(session: Session, drive: Selector) -> Result<(Subsystem, AnyResource), Fault> {
    let (found, missing) = to_change(&service(session)?).await?;
    or_unread(among(found, &drive, |one| &one.drives, "this machine shows no drives"), missing)
}

/// Finds the named resource in all subsystems.
fn among(
    mut found: Vec<Subsystem>,
    named: &Selector,
    of: fn(&Subsystem) -> &Vec<AnyResource>,
    none: &str,
) -> Result<(Subsystem, AnyResource), Error> {
    let all: Vec<AnyResource> = found.iter().flat_map(of).cloned().collect();
    let chosen = choose(&all, Some(named), none)?;
    let is_in = |one: &Subsystem| of(one).iter().any(|one| one.uri() == chosen.uri());
    let at = found.iter().position(is_in).unwrap_or_default();
    Ok((found.swap_remove(at), chosen))
}

async fn light(session: Session, drive: Selector, on: bool, patience: Duration) -> Result<Made<StorageDrive>, Fault> {
    let (subsystem, drive) = drive_of(session, drive).await?;
    let subsystem = std::sync::Arc::new(subsystem);
    let sent = storage::light(&drive, on, patience).await.map_err(Fault::of_change)?;
    let value = of_drive(&drive, &subsystem);
    let Some(sent) = sent else { return Ok(Made::unseen(value, Vec::new())) };
    let asked = StorageDrive { identify: Some(on), ..value };
    if storage::is_lit(&to_json(&drive)).is_none() {
        return Ok(Made::unseen(asked, vec![sent]));
    }
    let look = || {
        let (drive, subsystem) = (drive.clone(), subsystem.clone());
        Box::pin(async move {
            let now = drive.client().get_any(drive.uri(), Some(drive.table())).await?;
            Ok(of_drive(&now, &subsystem))
        }) as Running<StorageDrive>
    };
    let is_so = move |now: &StorageDrive| now.identify == Some(on);
    let otherwise = |_| Err("the light was asked for, and is still as it was".to_owned());
    Confirmed { asked, sent: vec![sent], patience }.seen(look, is_so, otherwise).await
}

fn owned(json: &Value, name: &str) -> Option<String> {
    text(json, name).map(str::to_owned)
}

fn of_subsystem(one: &Subsystem, all: &[AnyResource]) -> StorageSystem {
    let json = to_json(&one.storage);
    StorageSystem {
        storage: label(&one.storage, all),
        name: owned(&json, "Name"),
        health: owned(&json["Status"], "HealthRollup").or_else(|| owned(&json["Status"], "Health")),
        controllers: one.controllers.iter().map(of_controller).collect(),
        drives: one.drives.iter().map(|drive| of_drive(drive, one)).collect(),
        volumes: one.volumes.iter().map(|volume| of_volume(volume, one)).collect(),
        uri: one.storage.uri().to_owned(),
    }
}

/// Converts storage of the model before `Storage`. Its devices are drives that can't be made into volumes.
fn of_simple(one: &AnyResource, all: &[AnyResource]) -> StorageSystem {
    let json = to_json(one);
    let devices = json["Devices"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_device = |(at, device): (usize, &Value)| StorageDrive {
        drive: owned(device, "Name").unwrap_or_else(|| at.to_string()),
        name: owned(device, "Name"),
        model: owned(device, "Model"),
        capacity_bytes: device["CapacityBytes"].as_u64(),
        state: owned(&device["Status"], "State"),
        health: owned(&device["Status"], "Health"),
        taken: Some("is in SimpleStorage, which has no volumes".to_owned()),
        uri: format!("{}#/Devices/{at}", one.uri()),
        ..StorageDrive::default()
    };
    let devices = devices.iter().enumerate().filter(|(_, device)| device.is_object());
    StorageSystem {
        storage: label(one, all),
        name: owned(&json, "Name"),
        health: owned(&json["Status"], "HealthRollup").or_else(|| owned(&json["Status"], "Health")),
        controllers: Vec::new(),
        drives: devices.map(of_device).collect(),
        volumes: Vec::new(),
        uri: one.uri().to_owned(),
    }
}

fn of_controller(json: &Value) -> StorageController {
    let types = json["SupportedRAIDTypes"].as_array().map(Vec::as_slice).unwrap_or_default();
    StorageController {
        name: owned(json, "Name"),
        model: owned(json, "Model"),
        serial_number: owned(json, "SerialNumber"),
        firmware: owned(json, "FirmwareVersion"),
        health: owned(&json["Status"], "Health"),
        raid_types: types.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}

fn of_drive(drive: &AnyResource, subsystem: &Subsystem) -> StorageDrive {
    let json = to_json(drive);
    StorageDrive {
        drive: label(drive, &subsystem.drives),
        name: owned(&json, "Name"),
        model: owned(&json, "Model"),
        serial_number: owned(&json, "SerialNumber"),
        capacity_bytes: json["CapacityBytes"].as_u64(),
        media: owned(&json, "MediaType"),
        protocol: owned(&json, "Protocol"),
        state: owned(&json["Status"], "State"),
        health: owned(&json["Status"], "Health"),
        failure_predicted: json["FailurePredicted"].as_bool(),
        identify: storage::is_lit(&json),
        taken: subsystem.taken(drive),
        uri: drive.uri().to_owned(),
    }
}

pub(super) fn of_volume(volume: &AnyResource, subsystem: &Subsystem) -> StorageVolume {
    let json = to_json(volume);
    let is_in = |drive: &&AnyResource| subsystem.volumes_of(drive).iter().any(|one| one.uri() == volume.uri());
    let drives = subsystem.drives.iter().filter(is_in).map(|drive| label(drive, &subsystem.drives)).collect();
    StorageVolume {
        volume: label(volume, &subsystem.volumes),
        name: owned(&json, "DisplayName").or_else(|| owned(&json, "Name")),
        // Before `RAIDType`, `VolumeType` described it in words (`Mirrored`).
        raid: owned(&json, "RAIDType").or_else(|| owned(&json, "VolumeType")),
        capacity_bytes: json["CapacityBytes"].as_u64(),
        state: owned(&json["Status"], "State"),
        health: owned(&json["Status"], "Health"),
        drives,
        uri: volume.uri().to_owned(),
    }
}
