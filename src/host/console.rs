//! The consoles of a machine and of its BMC: serial, graphical, command shells, and how each is reached. By IPMI that is Serial
//! over LAN.

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
use crate::error::Error;
use crate::ipmi;
use crate::ipmi::Privilege;
use crate::ipmi::command::session::PRESENT_CHANNEL;
use crate::ipmi::command::sol::SolParameter;
use crate::resource::AnyResource;
use crate::resource::partial::Partial;
use crate::services::console::{self, Place};
use crate::services::select::Selector;
use crate::services::survey::{Survey, text, to_json};

const PATIENCE: Duration = Duration::from_secs(5);

/// What a console shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ConsoleKind {
    /// The serial console of a system.
    #[default]
    Serial,
    /// The screen, keyboard and mouse of a system.
    Graphical,
    /// The command shell of the BMC itself.
    Shell,
    /// A serial port: how it is set.
    Port,
}

/// A console, and one way to reach it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostConsole {
    /// What it shows.
    pub kind: ConsoleKind,
    /// Where it is described: a URI, with a pointer where it is within a resource; `SOL` by IPMI.
    pub id: String,
    /// By which protocol it is reached (`SSH`, `Telnet`, `IPMI`, `KVMIP`, `WebSocket`), as the service spells it. None for a port.
    pub protocol: Option<String>,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// The TCP or UDP port.
    pub port: Option<u16>,
    /// What to type after logging in, to get from the BMC's shell to the console.
    pub command: Option<String>,
    /// The keys that end it.
    pub exit: Option<String>,
    /// The path of the web socket.
    pub uri: Option<String>,
    /// How many can have it open at a time.
    pub sessions: Option<u64>,
    /// Bits per second.
    pub bit_rate: Option<u32>,
    /// Data bits, parity and stop bits, such as `8N1`.
    pub framing: Option<String>,
    /// How the flow of characters is controlled, as the service spells it.
    pub flow_control: Option<String>,
    /// The settings of Serial over LAN, by IPMI.
    pub sol: Option<SolSettings>,
}

/// How Serial over LAN is set, by IPMI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SolSettings {
    /// Whether it has to be encrypted.
    pub force_encryption: Option<bool>,
    /// Whether it has to be authenticated.
    pub force_authentication: Option<bool>,
    /// The lowest privilege level that may open it (`user`, `operator`, `administrator`, `oem`).
    pub privilege: Option<String>,
    /// Bits per second that are kept over a restart of the BMC.
    pub kept_bit_rate: Option<u32>,
    /// Milliseconds until characters are sent.
    pub accumulate_ms: Option<u16>,
    /// So many characters are sent at once.
    pub send_threshold: Option<u8>,
    /// How often a packet is repeated.
    pub retries: Option<u8>,
    /// Milliseconds between two repetitions.
    pub retry_interval_ms: Option<u16>,
    /// The channel that it is on.
    pub channel: Option<u8>,
}

/// A change of a serial console: what is not set stays as it is.
///
/// ```no_run
/// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
/// use rosefish::host::ConsoleChange;
///
/// for console in &host.consoles().await?.value {
///     println!("{:?} by {:?} on port {:?}", console.kind, console.protocol, console.port);
/// }
/// host.change_console(ConsoleChange::new().enable(true).bit_rate(115_200)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct ConsoleChange {
    port: Option<Selector>,
    enable: Option<bool>,
    bit_rate: Option<u32>,
    privilege: Option<Privilege>,
    force_encryption: Option<bool>,
}

impl ConsoleChange {
    /// Changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the serial port by Redfish, where there are several: by its `Id`, name or URI.
    #[must_use]
    pub fn serial_port(mut self, port: Selector) -> Self {
        self.port = Some(port);
        self
    }

    /// Enables or disables it: the serial port by Redfish, Serial over LAN by IPMI.
    #[must_use]
    pub fn enable(mut self, enable: bool) -> Self {
        self.enable = Some(enable);
        self
    }

    /// Sets the bits per second; by IPMI those in force and those that are kept.
    #[must_use]
    pub fn bit_rate(mut self, rate: u32) -> Self {
        self.bit_rate = Some(rate);
        self
    }

    /// Sets the lowest privilege level that may open it, by IPMI.
    #[must_use]
    pub fn privilege(mut self, privilege: Privilege) -> Self {
        self.privilege = Some(privilege);
        self
    }

    /// Sets whether it has to be encrypted, by IPMI.
    #[must_use]
    pub fn force_encryption(mut self, force: bool) -> Self {
        self.force_encryption = Some(force);
        self
    }

    /// Returns whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { port: _, enable, bit_rate, privilege, force_encryption } = self;
        enable.is_none() && bit_rate.is_none() && privilege.is_none() && force_encryption.is_none()
    }
}

impl Host {
    /// Returns the consoles of the systems that are meant and of their managers, each once for every way to reach it, and the
    /// serial ports.
    ///
    /// # Errors
    ///
    /// Where no protocol shows any.
    pub async fn consoles(&self) -> Result<Outcome<Partial<HostConsole>>, Error> {
        self.read(Capability::Console, |session| Box::pin(consoles(session))).await
    }

    /// Changes a serial console, and reads it back: the settings of a serial port by Redfish, those of Serial over LAN by IPMI.
    ///
    /// # Errors
    ///
    /// Where several ports or managers could be meant, where it is refused, and where something else shows afterwards
    /// ([`ErrorKind::NotInForce`](crate::ErrorKind::NotInForce)). Redfish has neither privilege levels nor encryption of a serial port.
    pub async fn change_console(&self, change: ConsoleChange) -> Result<Outcome<HostConsole>, Error> {
        let patience = self.patience(PATIENCE);
        let operation = move |session| Box::pin(set(session, change.clone(), patience)) as Running<_>;
        self.make(Capability::Console, operation, None).await
    }
}

async fn consoles(session: Session) -> Result<Partial<HostConsole>, Fault> {
    let service = match session {
        Session::Redfish(service) => service,
        Session::Ipmi(bmc) => return Ok(Partial::whole(vec![sol(&bmc).await?])),
    };
    let mut survey = Survey::of(&service.client);
    let systems = systems(&service, &mut survey).await?;
    let managers = service.managers().await?;
    let managers = survey.adopt(managers);
    let mut found: Vec<HostConsole> = Vec::new();
    for place in console::places(&systems, &managers) {
        found.push(of_place(&place));
    }
    for manager in &managers {
        found.extend(survey.members(manager, "SerialInterfaces").await.iter().map(of_port));
    }
    finish(found, survey.into_missing(), "the Redfish service shows no consoles")
}

fn number<T: TryFrom<u64>>(json: &Value, name: &str) -> Option<T> {
    json[name].as_u64().and_then(|number| T::try_from(number).ok())
}

fn of_place(place: &Place) -> HostConsole {
    let owned = |name: &str| text(&place.json, name).map(str::to_owned);
    HostConsole {
        kind: match place.property {
            "GraphicalConsole" => ConsoleKind::Graphical,
            "CommandShell" => ConsoleKind::Shell,
            _ => ConsoleKind::Serial,
        },
        id: format!("{}#/{}", place.uri, place.property),
        protocol: place.protocol.clone(),
        enabled: place.enabled,
        port: place.port,
        command: owned("ConsoleEntryCommand"),
        exit: owned("HotKeySequenceDisplay"),
        uri: owned("ConsoleURI"),
        sessions: place.sessions,
        ..HostConsole::default()
    }
}

fn of_port(port: &AnyResource) -> HostConsole {
    let json = to_json(port);
    let owned = |name: &str| text(&json, name).map(str::to_owned);
    let framing = match (text(&json, "DataBits"), text(&json, "Parity"), text(&json, "StopBits")) {
        (Some(data), Some(parity), Some(stop)) => Some(format!("{data}{}{stop}", parity.get(..1).unwrap_or(parity))),
        _ => None,
    };
    HostConsole {
        kind: ConsoleKind::Port,
        id: port.uri().to_owned(),
        enabled: json["InterfaceEnabled"].as_bool(),
        bit_rate: bit_rate(&json),
        framing,
        flow_control: owned("FlowControl"),
        ..HostConsole::default()
    }
}

/// It is a text in the schema, and a number in some payloads.
fn bit_rate(json: &Value) -> Option<u32> {
    text(json, "BitRate").and_then(|rate| rate.parse().ok()).or_else(|| number(json, "BitRate"))
}

async fn sol(bmc: &ipmi::Client) -> Result<HostConsole, Fault> {
    let found = bmc.sol_configuration(PRESENT_CHANNEL).await?;
    if found == Default::default() {
        return Err(Fault::lacking("the BMC shows nothing of Serial over LAN"));
    }
    let privilege = found.authentication.and_then(|(_, _, level)| match level {
        1 => Some("callback"),
        2 => Some("user"),
        3 => Some("operator"),
        4 => Some("administrator"),
        5 => Some("oem"),
        _ => None,
    });
    let settings = SolSettings {
        force_encryption: found.authentication.map(|(forced, _, _)| forced),
        force_authentication: found.authentication.map(|(_, forced, _)| forced),
        privilege: privilege.map(str::to_owned),
        kept_bit_rate: found.non_volatile_rate.filter(|rate| *rate > 0),
        accumulate_ms: found.accumulate.map(|(time, _)| time),
        send_threshold: found.accumulate.map(|(_, threshold)| threshold),
        retries: found.retry.map(|(count, _)| count),
        retry_interval_ms: found.retry.map(|(_, interval)| interval),
        channel: found.payload_channel,
    };
    Ok(HostConsole {
        kind: ConsoleKind::Serial,
        id: "SOL".to_owned(),
        protocol: Some("IPMI".to_owned()),
        enabled: found.enabled,
        port: found.port,
        bit_rate: found.volatile_rate.filter(|rate| *rate > 0),
        sol: Some(settings),
        ..HostConsole::default()
    })
}

async fn set(session: Session, change: ConsoleChange, patience: Duration) -> Result<Made<HostConsole>, Fault> {
    match session {
        Session::Redfish(service) => set_port(service, change, patience).await,
        Session::Ipmi(bmc) => set_sol(bmc, change).await,
    }
}

async fn set_sol(bmc: ipmi::Client, change: ConsoleChange) -> Result<Made<HostConsole>, Fault> {
    if change.port.is_some() {
        return Err(Fault::inexpressible("IPMI has Serial over LAN alone, and no named serial ports"));
    }
    let mut parameters = Vec::new();
    if change.privilege.is_some() || change.force_encryption.is_some() {
        // They are one parameter: what is not asked for stays.
        let before = bmc.sol_configuration(PRESENT_CHANNEL).await?.authentication;
        let (encryption, authentication, level) =
            before.ok_or_else(|| Fault::lacking("the BMC does not show who may open Serial over LAN"))?;
        let level = change.privilege.map_or(level, |privilege| privilege as u8);
        let encryption = change.force_encryption.unwrap_or(encryption);
        parameters.push(SolParameter::Authentication(encryption, authentication, level));
    }
    if let Some(rate) = change.bit_rate {
        parameters.extend([SolParameter::NonVolatileRate(rate), SolParameter::VolatileRate(rate)]);
    }
    parameters.extend(change.enable.map(SolParameter::Enabled));
    bmc.set_sol_configuration(PRESENT_CHANNEL, &parameters).await?;
    let sent = parameters.iter().map(|one| format!("Set SOL Configuration {one:?}")).collect();
    Ok(Made::unseen(sol(&bmc).await?, sent))
}

async fn set_port(service: Service, change: ConsoleChange, patience: Duration) -> Result<Made<HostConsole>, Fault> {
    if change.privilege.is_some() || change.force_encryption.is_some() {
        let text =
            "Redfish has neither a privilege level nor encryption of a serial port; IPMI has, of Serial over LAN";
        return Err(Fault::inexpressible(text));
    }
    let manager = service.manager_to_change().await?;
    let port = manager.serial_interfaces().members().collect_all().await.choose(change.port.as_ref())?;
    let (enable, rate) = (change.enable, change.bit_rate);
    let sent = console::set_port(port.any(), enable, rate, patience).await.map_err(Fault::of_change)?;
    let look = || {
        let port = port.clone();
        Box::pin(async move {
            let client = port.client();
            Ok(of_port(&client.get_any(port.uri(), Some(port.any().table())).await?))
        }) as Running<_>
    };
    let is_so = move |found: &HostConsole| {
        enable.is_none_or(|wanted| found.enabled == Some(wanted))
            && rate.is_none_or(|wanted| found.bit_rate == Some(wanted))
    };
    let Some(sent) = sent else { return Ok(Made::unseen(look().await?, Vec::new())) };
    let otherwise = |found: HostConsole| {
        Err(format!("the change was confirmed; still enabled: {:?}, bit rate: {:?}", found.enabled, found.bit_rate))
    };
    let mut asked = of_port(port.any());
    (asked.enabled, asked.bit_rate) = (enable.or(asked.enabled), rate.or(asked.bit_rate));
    Confirmed { asked, sent: vec![sent], patience }.seen(look, is_so, otherwise).await
}
