//! Where services describe consoles: a system's by the way to reach them, since 2020; before, a manager's with a list of protocols,
//! the ports of which are among the network protocols.

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::Error;
use crate::resource::AnyResource;
use crate::resource::commit::Written;
use crate::services::read_back::follow;
use crate::services::survey::{text, to_json};

/// One way to reach a console.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) uri: String,
    /// The property that describes it: `SerialConsole`, `GraphicalConsole` or `CommandShell`.
    pub(crate) property: &'static str,
    /// What is said of this way.
    pub(crate) json: Value,
    pub(crate) protocol: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) port: Option<u16>,
    pub(crate) sessions: Option<u64>,
}

const PROPERTIES: [&str; 3] = ["SerialConsole", "GraphicalConsole", "CommandShell"];
/// How a system's serial console may be reached.
const WAYS: [&str; 4] = ["SSH", "Telnet", "IPMI", "WebSocket"];

/// Returns the consoles of systems and managers. What a manager has is left out where a system says it better.
pub(crate) fn places(systems: &[AnyResource], managers: &[AnyResource]) -> Vec<Place> {
    let mut found = Vec::new();
    for system in systems {
        of(system, &mut found);
    }
    let of_systems = found.len();
    for manager in managers {
        of(manager, &mut found);
    }
    let is_known = |at: usize, place: &Place, all: &[Place]| {
        let mut said = all.iter().take(of_systems);
        at >= of_systems && said.any(|one| one.property == place.property && one.protocol == place.protocol)
    };
    let mut keep =
        found.iter().enumerate().map(|(at, place)| !is_known(at, place, &found)).collect::<Vec<_>>().into_iter();
    found.retain(|_| keep.next().unwrap_or(true));
    found
}

fn of(owner: &AnyResource, found: &mut Vec<Place>) {
    let json = to_json(owner);
    for property in PROPERTIES {
        let console = &json[property];
        if !console.is_object() {
            continue;
        }
        let sessions = console["MaxConcurrentSessions"].as_u64();
        let enabled = console["ServiceEnabled"].as_bool();
        let port = |json: &Value| json["Port"].as_u64().and_then(|port| u16::try_from(port).ok());
        let mut add = |json: &Value, protocol: Option<String>, enabled: Option<bool>| {
            let (uri, json, port) = (owner.uri().to_owned(), json.clone(), port(json));
            found.push(Place { uri, property, json, protocol, enabled, port, sessions });
        };
        let ways = WAYS.into_iter().filter(|way| console[*way].is_object());
        let mut is_said = false;
        for way in ways {
            let json = &console[way];
            add(json, Some(way.to_owned()), json["ServiceEnabled"].as_bool().or(enabled));
            is_said = true;
        }
        if is_said {
            continue;
        }
        let listed = console["ConnectTypesSupported"].as_array().map(Vec::as_slice).unwrap_or_default();
        for protocol in listed.iter().filter_map(Value::as_str) {
            add(console, Some(protocol.to_owned()), enabled);
        }
        if listed.is_empty() {
            add(console, None, enabled);
        }
    }
}

/// Changes a serial port. Returns what was sent; none where it was so before.
pub(crate) async fn set_port(
    port: &AnyResource,
    enable: Option<bool>,
    bit_rate: Option<u32>,
    within: Duration,
) -> Result<Option<String>, Error> {
    let mut edit = port.edit();
    if let Some(enable) = enable {
        edit.set("/InterfaceEnabled", enable)?;
    }
    if let Some(rate) = bit_rate {
        let is_number = text(&to_json(port), "BitRate").is_none() && to_json(port)["BitRate"].is_number();
        edit.set("/BitRate", if is_number { json!(rate) } else { json!(rate.to_string()) })?;
    }
    let sent = format!("PATCH {} {}", port.uri(), edit.patch().body);
    match edit.commit().await? {
        Written::Unchanged => return Ok(None),
        Written::Accepted(task) => follow(task, within).await?,
        Written::Updated(_) | Written::Pending(_) | Written::Confirmed(_) => {}
    }
    Ok(Some(sent))
}
