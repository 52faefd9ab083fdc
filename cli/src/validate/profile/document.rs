//! Profiles as files: the one that was named and those that it requires, from the same folder.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

use super::super::schema::version::Version;

pub(super) type Object = Map<String, Value>;

/// No profile is larger, and none requires more of others.
const LARGEST: u64 = 16 << 20;
const MOST: usize = 100;

/// A profile.
#[derive(Debug)]
pub(super) struct Profile {
    /// `OCPBaselineHardwareManagement 1.0.1`.
    pub(super) name: String,
    pub(super) cases: Vec<UseCase>,
    pub(super) registries: Object,
    pub(super) protocol: Object,
    file: String,
}

/// What is required of the resources of a type, or of some of them.
#[derive(Debug)]
pub(super) struct UseCase {
    pub(super) resource: String,
    pub(super) title: String,
    pub(super) read: String,
    pub(super) requirement: Object,
}

/// Reads a profile and those that it requires.
pub(super) fn load(file: &Path) -> anyhow::Result<Vec<Profile>> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut profiles: Vec<Profile> = Vec::new();
    let mut wanted = vec![name];
    while let Some(name) = wanted.pop() {
        if profiles.iter().any(|profile| profile.file == name) {
            continue;
        }
        if profiles.len() >= MOST {
            bail!("{}: it requires more than {MOST} profiles", file.display());
        }
        let (profile, required) = read(folder, &name)?;
        for (name, lowest) in required {
            let found = newest(folder, &name, lowest)
                .with_context(|| format!("{}: it requires the profile {name}, which is not beside it", profile.file))?;
            wanted.push(found);
        }
        profiles.push(profile);
    }
    Ok(profiles)
}

/// Reads a profile, and returns it with the names and lowest versions of those that it requires.
fn read(folder: &Path, name: &str) -> anyhow::Result<(Profile, Vec<(String, Version)>)> {
    let path = folder.join(name);
    let said = || path.display().to_string();
    let kind = fs::metadata(&path).with_context(said)?;
    if !kind.is_file() || kind.len() > LARGEST {
        bail!("{}: it is not a file, or too large for a profile", said());
    }
    let json: Value = serde_json::from_slice(&fs::read(&path).with_context(said)?).with_context(said)?;
    let Value::Object(json) = json else { bail!("{}: it is not a JSON object", said()) };
    let (Some(title), Some(version)) = (text(&json, "ProfileName"), text(&json, "ProfileVersion")) else {
        bail!("{}: a profile has ProfileName and ProfileVersion", said());
    };
    let object = |name: &str| json.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut cases = Vec::new();
    for (resource, requirement) in object("Resources") {
        let Value::Object(requirement) = requirement else {
            bail!("{}: what it requires of {resource} is not an object", said());
        };
        match requirement.get("UseCases") {
            None => cases.push(UseCase::new(&resource, "default", requirement)),
            Some(Value::Array(several)) => {
                for (number, one) in several.iter().enumerate() {
                    let Value::Object(one) = one else {
                        bail!("{}: a use case of {resource} is not an object", said());
                    };
                    cases.push(UseCase::new(&resource, &format!("use case {}", number + 1), one.clone()));
                }
            }
            Some(_) => bail!("{}: the use cases of {resource} are not an array", said()),
        }
    }
    let required = object("RequiredProfiles").into_iter().map(|(name, one)| {
        let lowest = one.get("MinVersion").and_then(Value::as_str).and_then(lowest);
        (name, lowest.unwrap_or(Version(0, 0, 0)))
    });
    let required = required.collect();
    let profile = Profile {
        name: format!("{title} {version}"),
        cases,
        registries: object("Registries"),
        protocol: object("Protocol"),
        file: name.to_owned(),
    };
    Ok((profile, required))
}

/// Reads `1.2` or `1.2.3`.
pub(super) fn lowest(text: &str) -> Option<Version> {
    Version::parse(text).or_else(|| Version::parse(&format!("{text}.0")))
}

/// Finds the newest file of a profile that is not older than this and has the same major version: `Name.v1_2_3.json`.
fn newest(folder: &Path, name: &str, lowest: Version) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut best: Option<(Version, String)> = None;
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let rest = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')?.strip_suffix(".json"));
        let Some(version) = rest.and_then(Version::parse) else { continue };
        let is_fit = version >= lowest && (lowest.0 == 0 || version.0 == lowest.0);
        if is_fit && best.as_ref().is_none_or(|(known, _)| version > *known) {
            best = Some((version, file));
        }
    }
    best.map(|(_, file)| file)
}

impl UseCase {
    fn new(resource: &str, title: &str, requirement: Object) -> Self {
        Self {
            resource: resource.to_owned(),
            title: text(&requirement, "UseCaseTitle").unwrap_or(title).to_owned(),
            read: text(&requirement, "ReadRequirement").unwrap_or("Mandatory").to_owned(),
            requirement,
        }
    }
}

/// Returns a member that is a text.
pub(super) fn text<'v>(object: &'v Object, name: &str) -> Option<&'v str> {
    object.get(name).and_then(Value::as_str)
}

/// Returns a member that is an array, or an empty slice if it is not.
pub(super) fn list<'v>(object: &'v Object, name: &str) -> &'v [Value] {
    object.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
