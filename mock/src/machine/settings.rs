//! Settings resources: changes that are written now and take effect later, at a reset or at a time
//! (DSP0266, "Settings resource" and "Apply time").

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::http::uri;
use crate::machine::clock;
use crate::machine::pending::{Pending, When};
use crate::machine::state::State;
use crate::machine::store::Store;
use crate::message::{self, Message};
use crate::verb::merge;

const SETTINGS: &str = "@Redfish.Settings";
const APPLY_TIME: &str = "@Redfish.SettingsApplyTime";

/// Returns the resource whose settings resource this is.
pub(crate) fn active_of(store: &Store, key: &str) -> Option<String> {
    let leads_here = |active: &str| {
        let settings = store.get(active)?.object().get(SETTINGS)?.get("SettingsObject")?.get("@odata.id")?.as_str()?;
        uri::key_of_id(settings).filter(|settings| store.resolve(settings) == key)
    };
    // Nearly all settings resources are directly below their resource.
    if let Some(parent) = uri::parent(key)
        && leads_here(parent).is_some()
    {
        return Some(parent.to_owned());
    }
    store.iter().map(|(active, _)| active).find(|active| leads_here(active).is_some()).map(str::to_owned)
}

/// Checks the apply time that a PATCH asks for.
pub(crate) fn check(store: &Store, active: &str, patch: &Map<String, Value>) -> Result<(), Message> {
    when(store, active, patch).map(|_| ())
}

fn when(store: &Store, active: &str, patch: &Map<String, Value>) -> Result<When, Message> {
    let supported: Vec<&str> = store
        .get(active)
        .and_then(|active| active.object().get(SETTINGS)?.get("SupportedApplyTimes")?.as_array())
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let Some(wanted) = patch.get(APPLY_TIME) else {
        let at_once = supported.first().is_some_and(|first| *first == "Immediate");
        return Ok(if at_once { When::Now } else { When::OnReset });
    };
    let pointer = format!("/{APPLY_TIME}/ApplyTime");
    let Some(apply_time) = wanted.get("ApplyTime").and_then(Value::as_str) else {
        return Err(Message::new(&message::PROPERTY_MISSING, ["ApplyTime"]).about(&pointer));
    };
    if !supported.contains(&apply_time) {
        return Err(Message::new(&message::PROPERTY_VALUE_NOT_IN_LIST, [apply_time, "ApplyTime"]).about(&pointer));
    }
    let window = || -> Result<(jiff::Timestamp, jiff::Timestamp), Message> {
        let name = "MaintenanceWindowStartTime";
        let text = wanted.get(name).and_then(Value::as_str);
        let text = text.ok_or_else(|| Message::new(&message::PROPERTY_MISSING, [name]))?;
        let start: jiff::Timestamp =
            text.parse().map_err(|_| Message::new(&message::PROPERTY_VALUE_FORMAT, [text, name]))?;
        let length = wanted.get("MaintenanceWindowDurationInSeconds").and_then(Value::as_i64).unwrap_or(i64::MAX);
        let end = jiff::Timestamp::from_second(start.as_second().saturating_add(length));
        Ok((start, end.unwrap_or(jiff::Timestamp::MAX)))
    };
    Ok(match apply_time {
        "Immediate" => When::Now,
        "AtMaintenanceWindowStart" => When::At(window()?.0),
        "InMaintenanceWindowOnReset" => {
            let (start, end) = window()?;
            When::Within(start, end)
        }
        _ => When::OnReset,
    })
}

/// Records what was written to a settings resource.
pub(crate) fn note(state: &mut State, active: &str, patch: &Map<String, Value>) {
    let Ok(when) = when(&state.store, active, patch) else {
        return;
    };
    let patch = patch.iter().filter(|(name, _)| !name.contains('@')).map(|(name, value)| (name.clone(), value.clone()));
    let pending = Pending { active: active.to_owned(), patch: patch.collect(), when };
    match when {
        When::Now => apply(state, &pending),
        When::At(start) => {
            let seconds = start.as_second() - jiff::Timestamp::now().as_second();
            let delay = Duration::from_secs(seconds.try_into().unwrap_or(0));
            state.schedule(delay, move |state| apply(state, &pending));
        }
        When::OnReset | When::Within(..) => state.pending.push(pending),
    }
}

/// Schedules changes for the next reset of the machine that the resource is part of.
pub(crate) fn at_reset(state: &mut State, active: &str, patch: Map<String, Value>) {
    state.pending.push(Pending { active: active.to_owned(), patch, when: When::OnReset });
}

/// Applies the pending changes of a machine that was reset.
pub(crate) fn was_reset(state: &mut State, machine: &str) {
    let now = jiff::Timestamp::now();
    let below = format!("{machine}/");
    let due = |pending: &Pending| {
        let in_time = match pending.when {
            When::Within(start, end) => start <= now && now <= end,
            _ => true,
        };
        in_time && (pending.active == machine || pending.active.starts_with(&below))
    };
    let (due, waiting) = std::mem::take(&mut state.pending).into_iter().partition(due);
    state.pending = waiting;
    let due: Vec<Pending> = due;
    for pending in &due {
        apply(state, pending);
    }
}

fn apply(state: &mut State, pending: &Pending) {
    let tag = state.store.get(&pending.active).map(|active| active.etag.clone()).unwrap_or_default();
    state.store.update(&pending.active, |active| {
        merge::merge(active, &pending.patch, true);
        if let Some(waiting) = active.get_mut("ResetBiosToDefaultsPending") {
            *waiting = false.into();
        }
        if let Some(settings) = active.get_mut(SETTINGS).and_then(Value::as_object_mut) {
            settings.insert("Time".to_owned(), clock::now().into());
            settings.insert("ETag".to_owned(), tag.into());
            settings.insert("Messages".to_owned(), json!([Message::new(&message::SUCCESS, []).to_json()]));
        }
    });
}
