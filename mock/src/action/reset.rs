//! Resets: what they make of the power state, at once or after the delay that the builder set.

use serde_json::{Map, Value};

use super::offer::Action;
use crate::http::uri;
use crate::machine::state::{Settings, State};
use crate::machine::store::Store;
use crate::machine::{clock, settings};
use crate::message::{self, Message};
use crate::task::operation;
use crate::update;

/// The reset types of the standard (ResetType in Resource), for machines that list none.
static RESET_TYPES: &[&str] = &[
    "On",
    "ForceOff",
    "GracefulShutdown",
    "GracefulRestart",
    "ForceRestart",
    "Nmi",
    "ForceOn",
    "PushPowerButton",
    "PowerCycle",
    "Suspend",
    "Pause",
    "Resume",
    "FullPowerCycle",
];

/// What a reset does to the power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// On, off or paused afterwards.
    To(&'static str),
    /// Off and on again.
    Cycle,
    /// Nothing.
    None,
}

impl Change {
    fn of(reset_type: &str, current: &str) -> Self {
        let off = current == "Off";
        match reset_type {
            "On" | "ForceOn" | "Resume" => Self::To("On"),
            "ForceOff" | "GracefulShutdown" | "Suspend" => Self::To("Off"),
            "PushPowerButton" if off => Self::To("On"),
            "PushPowerButton" => Self::To("Off"),
            "Pause" => Self::To("Paused"),
            "GracefulRestart" | "ForceRestart" | "PowerCycle" | "FullPowerCycle" if off => Self::To("On"),
            "GracefulRestart" | "ForceRestart" | "PowerCycle" | "FullPowerCycle" => Self::Cycle,
            _ => Self::None,
        }
    }
}

/// Resets a system or a chassis; a chassis takes its systems along.
pub(super) fn machine(
    state: &mut State,
    action: &Action,
    given: &Map<String, Value>,
    settings: &Settings,
) -> Result<(), Message> {
    let reset_type = given.get("ResetType").and_then(Value::as_str).unwrap_or("ForceRestart");
    if !RESET_TYPES.contains(&reset_type) {
        return Err(Message::new(&message::ACTION_PARAMETER_NOT_IN_LIST, [reset_type, "ResetType", &action.name]));
    }
    let mut machines = vec![action.owner.clone()];
    machines.extend(systems_of(&state.store, &action.owner));
    for machine in &machines {
        if power_of(&state.store, machine).starts_with("Powering") {
            return Err(Message::new(&message::RESOURCE_IN_USE, []));
        }
    }
    for machine in machines {
        power(state, machine, reset_type, settings);
    }
    Ok(())
}

fn power(state: &mut State, key: String, reset_type: &str, settings: &Settings) {
    let delay = settings.power_delay;
    let current = power_of(&state.store, &key);
    let change = match Change::of(reset_type, &current) {
        Change::To(target) if target == current => Change::None,
        change => change,
    };
    match change {
        Change::None => {}
        _ if delay.is_zero() => arrive(state, &key, change),
        Change::To("On") => {
            set_power(&mut state.store, &key, "PoweringOn");
            state.schedule(delay, move |state| arrive(state, &key, change));
        }
        Change::To(_) => {
            set_power(&mut state.store, &key, "PoweringOff");
            state.schedule(delay, move |state| arrive(state, &key, change));
        }
        Change::Cycle => {
            set_power(&mut state.store, &key, "PoweringOff");
            state.schedule(delay, move |state| {
                set_power(&mut state.store, &key, "PoweringOn");
                state.schedule(delay, move |state| arrive(state, &key, change));
            });
        }
    }
}

/// The state that a change ends in.
fn arrive(state: &mut State, key: &str, change: Change) {
    let target = match change {
        Change::To(target) => target,
        Change::Cycle => "On",
        Change::None => return,
    };
    if target == "On" {
        settings::was_reset(state, key);
        update::was_reset(state);
        operation::was_reset(state);
    }
    state.store.update(key, |object| {
        if object.contains_key("PowerState") {
            object.insert("PowerState".to_owned(), target.into());
        }
        let restarted = target == "On";
        if restarted && object.contains_key("LastResetTime") {
            object.insert("LastResetTime".to_owned(), clock::now().into());
        }
        boot_progress(object, if restarted { "OSRunning" } else { "None" });
        if let Some(boot) = object.get_mut("Boot").and_then(Value::as_object_mut).filter(|_| restarted) {
            use_up_override(boot);
        }
    });
}

/// How far the machine has come on its way to the operating system.
fn boot_progress(object: &mut Map<String, Value>, last: &str) {
    let Some(progress) = object.get_mut("BootProgress").and_then(Value::as_object_mut) else {
        return;
    };
    if progress.contains_key("LastState") {
        progress.insert("LastState".to_owned(), last.into());
    }
    if progress.contains_key("LastStateTime") {
        progress.insert("LastStateTime".to_owned(), clock::now().into());
    }
}

/// An override that was meant for one boot is over with it.
fn use_up_override(boot: &mut Map<String, Value>) {
    if let Some(next) = boot.get_mut("BootNext") {
        *next = Value::Null;
    }
    if boot.get("BootSourceOverrideEnabled").and_then(Value::as_str) != Some("Once") {
        return;
    }
    for (name, value) in [("BootSourceOverrideEnabled", "Disabled"), ("BootSourceOverrideTarget", "None")] {
        if boot.contains_key(name) {
            boot.insert(name.to_owned(), value.into());
        }
    }
}

fn power_of(store: &Store, key: &str) -> String {
    let power = store.get(key).and_then(|resource| resource.object().get("PowerState")?.as_str());
    power.unwrap_or("On").to_owned()
}

fn set_power(store: &mut Store, key: &str, power: &str) {
    store.update(key, |object| {
        if object.contains_key("PowerState") {
            object.insert("PowerState".to_owned(), power.into());
        }
        match power {
            "PoweringOn" => boot_progress(object, "SystemHardwareInitializationComplete"),
            "PoweringOff" => boot_progress(object, "None"),
            _ => {}
        }
    });
}

/// The systems in a chassis; none for a system.
fn systems_of(store: &Store, key: &str) -> Vec<String> {
    let systems =
        store.get(key).and_then(|resource| resource.object().get("Links")?.get("ComputerSystems")?.as_array());
    systems
        .into_iter()
        .flatten()
        .filter_map(|system| system.get("@odata.id")?.as_str().and_then(uri::key_of_id))
        .filter(|system| store.contains(system))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reset_type_leads_somewhere() {
        for (reset_type, on, off) in [
            ("On", Change::To("On"), Change::To("On")),
            ("ForceOff", Change::To("Off"), Change::To("Off")),
            ("PushPowerButton", Change::To("Off"), Change::To("On")),
            ("PowerCycle", Change::Cycle, Change::To("On")),
            ("GracefulRestart", Change::Cycle, Change::To("On")),
            ("Nmi", Change::None, Change::None),
        ] {
            assert_eq!(Change::of(reset_type, "On"), on, "{reset_type}");
            assert_eq!(Change::of(reset_type, "Off"), off, "{reset_type}");
        }
    }
}
