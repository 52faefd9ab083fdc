//! `rosefish console`: which consoles a machine has, and how to reach them.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::Selector;
use rosefish::host::{ConsoleChange, ConsoleKind, Host, HostConsole};

use super::{On, PrivilegeName, Table, told_apart, wrong_usage};
use crate::host::split_url;
use crate::terminal::one_line;

const EXAMPLES: &str = "\
Examples:
  rosefish console 10.0.0.7 --user root                          which there are, and how to reach them
  rosefish console set 10.0.0.7 --bit-rate 115200 --user root    the serial port, by Redfish
  rosefish console set 10.0.0.7 --protocol ipmi --enable --user root   Serial over LAN
  rosefish sol 10.0.0.7 --user root                              attaches this terminal, by IPMI";

/// The heading of what `set` sets.
const CHANGES: &str = "What to change";

/// Show the consoles of a machine and how to reach them, or change the serial one
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConsoleArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the consoles.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show them: serial, graphical, the BMC's shell, and the serial ports
    List(On),
    /// Change the serial port by Redfish, or Serial over LAN by IPMI
    Set(SetArgs),
}

#[derive(Debug, Args)]
struct SetArgs {
    #[command(flatten)]
    on: On,
    /// The serial port, by Id, name or URI, where there are several
    #[arg(long, value_name = "PORT")]
    serial_port: Option<Selector>,
    /// Enable it
    #[arg(help_heading = CHANGES, long, conflicts_with = "disable")]
    enable: bool,
    /// Disable it
    #[arg(help_heading = CHANGES, long)]
    disable: bool,
    /// Bits per second
    #[arg(help_heading = CHANGES, long, value_name = "N")]
    bit_rate: Option<u32>,
    /// The lowest privilege level that may open it; IPMI alone
    #[arg(help_heading = CHANGES, long, value_name = "LEVEL")]
    lowest: Option<PrivilegeName>,
    /// Whether it has to be encrypted; IPMI alone
    #[arg(help_heading = CHANGES, long, value_name = "true|false")]
    force_encryption: Option<bool>,
}

impl SetArgs {
    fn change(&self) -> ConsoleChange {
        let mut change = ConsoleChange::new();
        if let Some(port) = &self.serial_port {
            change = change.serial_port(port.clone());
        }
        if self.enable || self.disable {
            change = change.enable(self.enable);
        }
        if let Some(rate) = self.bit_rate {
            change = change.bit_rate(rate);
        }
        if let Some(level) = self.lowest {
            change = change.privilege(level.privilege());
        }
        match self.force_encryption {
            Some(force) => change.force_encryption(force),
            None => change,
        }
    }
}

pub(crate) async fn run(args: ConsoleArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::List(on) => {
            let host = host_of(&on);
            on.tell_list(async |host| host.consoles().await, |all| text(all, &host)).await
        }
        Verb::Set(args) => {
            let change = args.change();
            if change.is_empty() {
                return Err(wrong_usage("`set` needs an option that says what, such as --bit-rate"));
            }
            let host = host_of(&args.on);
            let work = async |host: &Host| host.change_console(change).await;
            args.on.tell(work, |_, console| text(std::slice::from_ref(console), &host)).await
        }
    }
}

/// The name of the host without a port, for commands that have ports of their own.
fn host_of(on: &On) -> String {
    let (origin, _) = split_url(on.target.address()).unwrap_or((on.target.address(), ""));
    let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        // More than one colon: an IPv6 address without brackets.
        None if authority.matches(':').count() > 1 => authority,
        None => authority.split(':').next().unwrap_or(authority),
    };
    host.to_owned()
}

fn text(all: &[HostConsole], host: &str) -> String {
    // Where several are alike, whose each is.
    let ways = all.iter().filter(|one| one.kind != ConsoleKind::Port);
    let ways: Vec<_> = ways.map(|one| (one.kind, one.protocol.as_deref())).collect();
    let is_several =
        (1..ways.len()).any(|at| ways.get(at).is_some_and(|way| ways.iter().take(at).any(|one| one == way)));
    let headings = ["OF", "KIND", "BY", "STATE", "PORT", "HOW"];
    let mut table = Table::new(headings.get(usize::from(!is_several)..).unwrap_or_default());
    for one in all {
        let kind = match one.kind {
            ConsoleKind::Serial => "serial",
            ConsoleKind::Graphical => "graphical",
            ConsoleKind::Shell => "BMC shell",
            _ => continue,
        };
        let state = one.enabled.map(|enabled| if enabled { "enabled" } else { "disabled" }).unwrap_or_default();
        let port = one.port.map(|port| port.to_string()).unwrap_or_default();
        let row = [kind.to_owned(), one.protocol.clone().unwrap_or_default(), state.to_owned(), port, how(one, host)];
        table.row(is_several.then(|| owner(one).to_owned()).into_iter().chain(row));
    }
    let mut text = table.text();
    let ports: Vec<&HostConsole> = all.iter().filter(|one| one.kind == ConsoleKind::Port).collect();
    let names: Vec<_> = ports.iter().map(|one| one.id.rsplit('/').next().unwrap_or(&one.id)).collect();
    let names = told_apart(&names.into_iter().zip(ports.iter().map(|one| one.id.as_str())).collect::<Vec<_>>());
    let mut table = Table::new(&["SERIAL PORT", "STATE", "BIT RATE", "FRAMING", "FLOW CONTROL"]);
    for (one, name) in ports.into_iter().zip(names) {
        let state = one.enabled.map(|enabled| if enabled { "enabled" } else { "disabled" }).unwrap_or_default();
        let rate = one.bit_rate.map(|rate| rate.to_string()).unwrap_or_default();
        let owned = |text: &Option<String>| text.clone().unwrap_or_default();
        table.row([name, state.to_owned(), rate, owned(&one.framing), owned(&one.flow_control)]);
    }
    let ports = table.text();
    if !text.is_empty() && !ports.is_empty() {
        text.push('\n');
    }
    text + &ports + &all.iter().map(sol).collect::<String>()
}

/// The system or manager in the place of a console.
fn owner(console: &HostConsole) -> &str {
    let path = console.id.split('#').next().unwrap_or_default();
    path.split('/').skip_while(|segment| !["Systems", "Managers"].contains(segment)).nth(1).unwrap_or_default()
}

/// What to type here to get there.
fn how(one: &HostConsole, host: &str) -> String {
    let port = |usual: u16| one.port.filter(|port| *port != usual);
    let mut how = match one.protocol.as_deref() {
        Some("SSH") => match port(22) {
            Some(port) => format!("ssh -p {port} USER@{host}"),
            None => format!("ssh USER@{host}"),
        },
        Some("Telnet") => match port(23) {
            Some(port) => format!("telnet {host} {port}"),
            None => format!("telnet {host}"),
        },
        Some("IPMI") if one.kind == ConsoleKind::Serial => match port(623) {
            Some(port) => format!("rosefish sol {host} --port {port}"),
            None => format!("rosefish sol {host}"),
        },
        Some("IPMI") => format!("rosefish raw {host}"),
        Some("KVMIP") => "the BMC's web interface".to_owned(),
        Some("WebSocket") => one.uri.clone().unwrap_or_default(),
        _ => String::new(),
    };
    if let Some(command) = &one.command {
        how.push_str(&format!(", then: {command}"));
    }
    if let Some(exit) = &one.exit {
        how.push_str(&format!(" ({exit})"));
    }
    how
}

/// The settings of Serial over LAN, as lines.
fn sol(one: &HostConsole) -> String {
    let Some(sol) = &one.sol else { return String::new() };
    let yes = |flag: Option<bool>| flag.map(|flag| if flag { "yes" } else { "no" }.to_owned());
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let lines = [
        ("Bit rate", number(one.bit_rate)),
        ("Kept bit rate", number(sol.kept_bit_rate)),
        ("Lowest privilege", sol.privilege.clone()),
        ("Force encryption", yes(sol.force_encryption)),
        ("Force authentication", yes(sol.force_authentication)),
        ("Accumulates", sol.accumulate_ms.map(|time| format!("for {time} ms"))),
        ("Sends", sol.send_threshold.map(|count| format!("{count} characters at once"))),
        ("Retries", number(sol.retries.map(u32::from))),
        ("Retry interval", sol.retry_interval_ms.map(|time| format!("{time} ms"))),
        ("Channel", number(sol.channel.map(u32::from))),
    ];
    let lines = lines.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    let lines: String = lines.map(|(name, value)| format!("{name:<20} {}\n", one_line(&value))).collect();
    format!("\n{lines}")
}
