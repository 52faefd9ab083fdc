//! The storage of a system: subsystems with their controllers (in a collection of their own, or within the subsystem,
//! as before 2020), drives and volumes; which drives are spare, and changes of volumes and drives.

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Error, ErrorKind};
use crate::resource::commit::Written;
use crate::resource::create::Created;
use crate::resource::partial::{Partial, key};
use crate::resource::{AnyResource, Resource, links_at};
use crate::schema::{Storage, Volume};
use crate::services::control::id;
use crate::services::read_back::follow;
use crate::services::select::{self, Selector};
use crate::services::survey::{Survey, is_absent, text, to_json};
use crate::task::TaskMonitor;

/// A storage subsystem with its parts.
#[derive(Debug)]
pub(crate) struct Subsystem {
    pub(crate) storage: AnyResource,
    /// The controllers as JSON, from either place.
    pub(crate) controllers: Vec<Value>,
    pub(crate) drives: Vec<AnyResource>,
    pub(crate) volumes: Vec<AnyResource>,
}

/// Reads the subsystems of systems. The survey records what can't be read.
pub(crate) async fn subsystems(survey: &mut Survey, systems: &[AnyResource]) -> Vec<Subsystem> {
    let mut found = Vec::new();
    for system in systems {
        for storage in survey.members(system, "Storage").await {
            let mut controllers: Vec<Value> =
                survey.members(&storage, "Controllers").await.iter().map(to_json).collect();
            if controllers.is_empty() {
                let within = to_json(&storage)["StorageControllers"].as_array().cloned().unwrap_or_default();
                controllers = within
                    .into_iter()
                    .filter(|one| one.get("@odata.id").is_none() || one.get("Name").is_some())
                    .collect();
            }
            let drives = survey.links(&storage, "Drives").await;
            let volumes = survey.members(&storage, "Volumes").await;
            found.push(Subsystem { storage, controllers, drives, volumes });
        }
    }
    found
}

/// Reads storage that only the older model, `SimpleStorage`, describes. Its devices are not resources. What `Storage`
/// describes as well is left out: it links to `Storage`, or has the same name.
pub(crate) async fn simple(survey: &mut Survey, systems: &[AnyResource], known: &[Subsystem]) -> Vec<AnyResource> {
    let known: Vec<String> = known.iter().map(|one| id(&one.storage, &to_json(&one.storage))).collect();
    let mut found = Vec::new();
    for system in systems {
        for simple in survey.members(system, "SimpleStorage").await {
            let is_known = !links_at(simple.record(), "Links/Storage").is_empty()
                || known.contains(&id(&simple, &to_json(&simple)));
            if !is_known {
                found.push(simple);
            }
        }
    }
    found
}

impl Subsystem {
    /// Returns the volumes that a drive belongs to, by the links of either.
    pub(crate) fn volumes_of(&self, drive: &AnyResource) -> Vec<&AnyResource> {
        let links = |from: &AnyResource, property: &str, to: &str| {
            let links = links_at(from.record(), property);
            links.iter().filter_map(|link| link.uri()).any(|uri| key(uri.as_str()) == key(to))
        };
        let is_in = |volume: &&AnyResource| {
            links(volume, "Links/Drives", drive.uri()) || links(drive, "Links/Volumes", volume.uri())
        };
        self.volumes.iter().filter(is_in).collect()
    }

    /// Returns why a drive is not spare; `None` if it is.
    pub(crate) fn taken(&self, drive: &AnyResource) -> Option<String> {
        let json = to_json(drive);
        if let Some(volume) = self.volumes_of(drive).first() {
            return Some(format!("is in volume {}", select::label(volume, &self.volumes)));
        }
        // A volume that could not be read still uses the drive.
        if json["Links"]["Volumes"].as_array().is_some_and(|volumes| !volumes.is_empty()) {
            return Some("is in a volume".to_owned());
        }
        let state = text(&json["Status"], "State");
        if is_absent(&json) || !matches!(state, None | Some("Enabled" | "StandbyOffline" | "StandbySpare")) {
            return Some(format!("is {}", state.unwrap_or("Absent")));
        }
        match text(&json["Status"], "Health") {
            None | Some("OK") => {}
            Some(health) => return Some(format!("has health {health}")),
        }
        if json["FailurePredicted"].as_bool() == Some(true) {
            return Some("is predicted to fail".to_owned());
        }
        let is_spare = text(&json, "HotspareType").is_some_and(|kind| kind != "None");
        is_spare.then(|| "is a hot spare".to_owned())
    }

    /// Chooses spare drives that have the same medium, protocol and capacity.
    ///
    /// # Errors
    ///
    /// If there are too few: the error lists why each other drive is not suitable.
    pub(crate) fn spare(&self, count: usize) -> Result<Vec<AnyResource>, Error> {
        let mut groups: Vec<(Value, Vec<&AnyResource>)> = Vec::new();
        let mut others = Vec::new();
        for drive in &self.drives {
            if let Some(why) = self.taken(drive) {
                others.push(format!("{} {why}", select::label(drive, &self.drives)));
                continue;
            }
            let json = to_json(drive);
            let kind = json!([json["MediaType"], json["Protocol"], json["CapacityBytes"]]);
            match groups.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, alike)) => alike.push(drive),
                None => groups.push((kind, vec![drive])),
            }
        }
        if let Some((_, alike)) = groups.iter().find(|(_, alike)| alike.len() >= count) {
            return Ok(alike.iter().take(count).map(|drive| (*drive).clone()).collect());
        }
        others.extend(
            groups
                .iter()
                .flat_map(|(_, alike)| alike)
                .map(|drive| format!("{} is spare", select::label(drive, &self.drives))),
        );
        let text = format!("there are not {count} spare drives that are alike: {}", others.join("; "));
        Err(Error::new(ErrorKind::NotAllowed, text))
    }

    /// Returns the named drives.
    pub(crate) fn named(&self, names: &[Selector]) -> Result<Vec<AnyResource>, Error> {
        let mut found = Vec::new();
        for name in names {
            found.push(choose(&self.drives, Some(name), "this storage has no drives")?);
        }
        Ok(found)
    }
}

/// Chooses one of several resources.
pub(crate) fn choose(all: &[AnyResource], named: Option<&Selector>, none: &str) -> Result<AnyResource, Error> {
    let Some(table) = all.first().map(AnyResource::table) else { return Err(Error::new(ErrorKind::Missing, none)) };
    select::choose(table, Partial::whole(all.to_vec()), named)
}

/// Returns how many drives a RAID type needs at least.
pub(crate) fn fewest(raid: &str) -> Option<usize> {
    Some(match raid {
        "RAID0" | "None" => 1,
        "RAID1" | "RAID01" | "RAID1E" => 2,
        "RAID3" | "RAID4" | "RAID5" => 3,
        "RAID6" | "RAID10" | "RAID1Triple" => 4,
        "RAID50" => 6,
        "RAID60" => 8,
        _ => return None,
    })
}

/// Creates a volume. Returns its URI, if the service reports it, and what was sent.
pub(crate) async fn create(
    storage: &AnyResource,
    body: Value,
    within: Duration,
) -> Result<(Option<String>, String), Error> {
    let volume: Volume = serde_json::from_value(body.clone()).unwrap_or_default();
    let collection = Resource::<Storage>::of(storage.clone()).volumes().await?;
    let sent = format!("POST {} {body}", collection.uri());
    let uri = match collection.create(&volume).await? {
        Created::Resource(made) => Some(made.uri().to_owned()),
        Created::Confirmed(unread) => unread.uri,
        Created::Accepted(task) => task.wait(within).await?.created.into_iter().next(),
    };
    Ok((uri, sent))
}

/// Deletes a volume.
pub(crate) async fn delete(volume: &AnyResource, within: Duration) -> Result<String, Error> {
    let sent = format!("DELETE {}", volume.uri());
    end(Resource::<Volume>::of(volume.clone()).delete().await?.task, within).await?;
    Ok(sent)
}

/// Invokes an action and waits for it to end.
pub(crate) async fn act(
    resource: &AnyResource,
    action: &'static str,
    parameters: &[(&str, &str)],
    within: Duration,
) -> Result<String, Error> {
    if !resource.actions().iter().any(|one| one.name.trim_start_matches('#') == action) {
        let text = format!("{} does not have the action {action}", resource.uri());
        return Err(Error::new(ErrorKind::Missing, text));
    }
    let mut call = resource.oem_action(action);
    for (name, value) in parameters {
        call = call.parameter(*name, *value);
    }
    end(call.await?.task, within).await?;
    let values: String = parameters.iter().map(|(_, value)| format!(" {value}")).collect();
    Ok(format!("{action}{values}"))
}

/// Waits for a task to end. A task that fails or doesn't end in time is an error.
async fn end(task: Option<TaskMonitor>, within: Duration) -> Result<(), Error> {
    match task {
        Some(task) => task.wait(within).await.map(drop),
        None => Ok(()),
    }
}

/// Returns whether the light of a drive is on; `None` if it shows none.
pub(crate) fn is_lit(drive: &Value) -> Option<bool> {
    let by_word = || text(drive, "IndicatorLED").map(|word| matches!(word, "Lit" | "Blinking"));
    drive["LocationIndicatorActive"].as_bool().or_else(by_word)
}

/// Turns the light of a drive on or off. Returns what was sent; `None` if nothing had to change.
pub(crate) async fn light(drive: &AnyResource, on: bool, within: Duration) -> Result<Option<String>, Error> {
    let json = to_json(drive);
    if let Some(vendor) =
        ["SmcDrive.Indicate", "Drive.Indicate"].into_iter().find(|name| drive.oem_action(name).is_supported())
        && is_lit(&json).is_none()
    {
        let word = json!(on);
        end(drive.oem_action(vendor).parameter("Active", word).await?.task, within).await?;
        return Ok(Some(format!("{vendor} {on}")));
    }
    let mut edit = drive.edit();
    match json["LocationIndicatorActive"].as_bool() {
        Some(_) => edit.set("/LocationIndicatorActive", on)?,
        None if text(&json, "IndicatorLED").is_some() => {
            let allowed = drive.record().annotations().allowable_values("IndicatorLED");
            let accepts = |word: &str| allowed.as_ref().is_none_or(|all| all.iter().any(|allowed| allowed == word));
            let word = match on {
                true if !accepts("Blinking") && accepts("Lit") => "Lit",
                true => "Blinking",
                false => "Off",
            };
            edit.set("/IndicatorLED", word)?;
        }
        None => return Err(Error::new(ErrorKind::Missing, format!("{} has no identify light", drive.uri()))),
    }
    let sent = format!("PATCH {} {}", drive.uri(), edit.patch().body);
    match edit.commit().await? {
        Written::Unchanged => return Ok(None),
        Written::Accepted(task) => follow(task, within).await?,
        Written::Updated(_) | Written::Pending(_) | Written::Confirmed(_) => {}
    }
    Ok(Some(sent))
}
