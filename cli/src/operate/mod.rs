//! The commands that operate a machine, by Redfish or IPMI: how they name the host and the protocol, and how they show the result.
//! One module per command.

pub(crate) mod bios;
pub(crate) mod bmc;
mod bmc_key;
mod bmc_settings;
pub(crate) mod boot;
mod bytes;
pub(crate) mod channel;
pub(crate) mod console;
pub(crate) mod controls;
mod dcmi;
mod diagnostics;
mod facts;
pub(crate) mod fans;
pub(crate) mod firmware;
pub(crate) mod fru;
mod fru_text;
pub(crate) mod health;
pub(crate) mod identify;
pub(crate) mod inventory;
pub(crate) mod ipmi;
pub(crate) mod lan;
mod lan_alerts;
mod lan_channel;
mod lan_ipv6;
pub(crate) mod logs;
pub(crate) mod media;
mod media_boot;
pub(crate) mod metrics;
pub(crate) mod network;
pub(crate) mod number;
mod pef;
mod platform_event;
pub(crate) mod power;
mod power_limit;
pub(crate) mod raw;
mod sdr;
pub(crate) mod sel;
mod sel_entries;
pub(crate) mod sensors;
mod session_list;
pub(crate) mod sol;
pub(crate) mod storage;
pub(crate) mod table;
mod threshold;
mod told;
mod user_access;
pub(crate) mod users;
mod waiting;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures_util::future::BoxFuture;
use rosefish::Selector;
use rosefish::host::{Backend, Host, HostBuilder, Missing, Outcome, Partial, Protocol};
use rosefish::ipmi::{Builder as IpmiBuilder, CipherSuite, Client as IpmiClient, Privilege};

use crate::capture;
use crate::files;
use crate::fleet::current::Address;
use crate::fleet::settings::ProtocolName;
use crate::host::{HostArgs, Options, split_url};
use crate::partial::tell_missing;
use bmc_key::BmcKey;
use bytes::byte;
pub(crate) use table::{Table, told_apart};
pub(crate) use told::{Shown, envelope, only, print, tell, tell_attempts, tell_each, tell_list, tell_rows, to_json};
use waiting::WaitArgs;

/// Headings in `--help`.
const PROTOCOL: &str = "Protocol";
const WHICH: &str = "Which one, by Id, name or URI";
const CHANGES: &str = "What to change";

/// A privilege level of IPMI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrivilegeName {
    /// May read
    User,
    /// May also control power
    Operator,
    /// May do everything
    Administrator,
}

impl PrivilegeName {
    const fn privilege(self) -> Privilege {
        match self {
            Self::User => Privilege::User,
            Self::Operator => Privilege::Operator,
            Self::Administrator => Privilege::Administrator,
        }
    }
}

/// The host, and what to speak with it.
#[derive(Debug, Args)]
pub(crate) struct Target {
    #[command(flatten)]
    address: Address,
    /// Protocol to use [default: Redfish if available, otherwise IPMI]
    #[arg(long, value_name = "NAME", help_heading = PROTOCOL)]
    protocol: Option<ProtocolName>,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    ipmi: IpmiArgs,
    #[command(flatten)]
    host: HostArgs,
}

/// Where a verb is carried out, and how its result is shown.
#[derive(Debug, Args)]
pub(crate) struct On {
    #[command(flatten)]
    target: Target,
    /// Print JSON
    #[arg(long, display_order = 900)]
    json: bool,
}

/// What of a Redfish service is meant, where it has several.
#[derive(Debug, Clone, Default, Args)]
struct ChoiceArgs {
    /// Operate this system, where the service has several
    #[arg(help_heading = WHICH, long, value_name = "SYSTEM")]
    system: Option<Selector>,
    /// Operate this chassis and its system
    #[arg(help_heading = WHICH, long, value_name = "CHASSIS")]
    chassis: Option<Selector>,
    /// Operate this manager (BMC) and its system
    #[arg(help_heading = WHICH, long, value_name = "MANAGER")]
    manager: Option<Selector>,
}

impl ChoiceArgs {
    fn apply(&self, mut builder: HostBuilder) -> HostBuilder {
        if let Some(system) = &self.system {
            builder = builder.system(system.clone());
        }
        if let Some(chassis) = &self.chassis {
            builder = builder.chassis(chassis.clone());
        }
        if let Some(manager) = &self.manager {
            builder = builder.manager(manager.clone());
        }
        builder
    }
}

/// The host, for what only IPMI has.
#[derive(Debug, Clone, Args)]
pub(crate) struct IpmiTarget {
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    ipmi: IpmiArgs,
    #[command(flatten)]
    host: HostArgs,
}

/// Where a verb that only IPMI has is carried out, and how its result is shown.
#[derive(Debug, Args)]
pub(crate) struct OnIpmi {
    #[command(flatten)]
    target: IpmiTarget,
    /// Print JSON
    #[arg(long, display_order = 900)]
    json: bool,
}

/// Options of IPMI sessions, by the letters that ipmitool gives them.
#[derive(Debug, Clone, Args)]
struct IpmiArgs {
    /// IPMI: the UDP port [default: 623]
    #[arg(help_heading = PROTOCOL, long, short, value_name = "PORT")]
    port: Option<u16>,
    /// IPMI: the privilege level of the session [default: administrator]
    #[arg(help_heading = PROTOCOL, long, short = 'L', value_name = "LEVEL")]
    privilege: Option<PrivilegeName>,
    /// IPMI: insist on this cipher suite, such as 17 or 3, instead of the strongest that there is
    #[arg(help_heading = PROTOCOL, long, short = 'C', value_name = "N", value_parser = cipher_suite)]
    cipher_suite: Option<CipherSuite>,
    /// IPMI: ask the controller at this address behind the BMC, such as 0x30; Redfish is not asked then
    #[arg(help_heading = PROTOCOL, long = "bridge-to", short = 't', value_name = "ADDRESS", value_parser = slave_address)]
    bridge_to: Option<u8>,
    /// IPMI: the channel that this controller is on [default: 0, the IPMB]
    #[arg(help_heading = PROTOCOL, long, short = 'b', value_name = "N", requires = "bridge_to",
        value_parser = clap::value_parser!(u8).range(0..=15))]
    bridge_channel: Option<u8>,
    /// IPMI: the BMC's key K_G is in the first line of this file: text, or 0x and hexadecimal digits; without it, in
    /// ROSEFISH_IPMI_KG, if there is one
    #[arg(help_heading = PROTOCOL, long, value_name = "FILE")]
    kg_file: Option<PathBuf>,
}

fn slave_address(text: &str) -> Result<u8, String> {
    let address = byte(text)?;
    // The lowest bit marks the address of software.
    if address & 1 == 0 { Ok(address) } else { Err("expected an even address, such as 0x30".to_owned()) }
}

fn cipher_suite(text: &str) -> Result<CipherSuite, String> {
    let suite = text.parse().ok().and_then(CipherSuite::from_id);
    let suite = suite.ok_or_else(|| "expected the number of a cipher suite, such as 17 or 3".to_owned())?;
    if suite.is_protected() {
        return Ok(suite);
    }
    Err("this cipher suite leaves out integrity or encryption: use 17 or 3".to_owned())
}

impl IpmiArgs {
    fn apply(&self, host: &HostArgs, key: Option<&BmcKey>, mut builder: IpmiBuilder) -> IpmiBuilder {
        if let Some(key) = key {
            builder = builder.bmc_key(key.to_secret());
        }
        if let Some(address) = self.bridge_to {
            builder = builder.satellite(self.bridge_channel.unwrap_or(0), address);
        }
        if let Some(port) = self.port {
            builder = builder.port(port);
        }
        if let Some(privilege) = self.privilege {
            builder = builder.privilege(privilege.privilege());
        }
        if let Some(suite) = self.cipher_suite {
            builder = builder.cipher_suite(suite);
        }
        match host.request_timeout() {
            Some(timeout) => builder.timeout(timeout),
            None => builder,
        }
    }
}

/// Describes a host and who logs in there, but not yet how its service is reached.
async fn describe(
    address: &str,
    protocol: Protocol,
    choice: &ChoiceArgs,
    ipmi: &IpmiArgs,
    args: &HostArgs,
) -> anyhow::Result<HostBuilder> {
    let (origin, _) = split_url(address)?;
    let mut builder = choice.apply(Host::builder(address).protocol(protocol));
    if let Some(credentials) = args.credentials(origin).await? {
        builder = builder.credentials(credentials);
    }
    if let Some(credentials) = args.ipmi_credentials(origin).await? {
        builder = builder.ipmi_credentials(credentials);
    }
    let key = match protocol {
        Protocol::Redfish => None,
        _ => BmcKey::get(ipmi.kg_file.as_deref())?,
    };
    let (ipmi, host) = (ipmi.clone(), args.clone());
    Ok(builder.ipmi(move |builder| ipmi.apply(&host, key.as_ref(), builder)))
}

async fn open(address: &str, builder: HostBuilder, args: &HostArgs) -> anyhow::Result<Outcome<Host>> {
    let (origin, _) = split_url(address)?;
    let connect = |options: Options| {
        let builder = builder.clone().redfish(move |builder| options(builder));
        Box::pin(builder.connect()) as BoxFuture<'static, _>
    };
    let found = args.connected(origin, connect).await?;
    capture::reached();
    Ok(found)
}

impl Target {
    /// Returns the error with what to try next, if there is something that would help.
    pub(crate) fn hint(&self, error: &rosefish::Error) -> anyhow::Error {
        self.host.hint(&self.address, error)
    }

    /// Returns the address of the host.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the file for this host: `{host}` in its name is replaced by the host's.
    pub(crate) fn file(&self, file: &Path, is_written: bool) -> anyhow::Result<PathBuf> {
        files::of_host(file, self.name(), is_written)
    }

    /// Returns the name that distinguishes the host from others.
    pub(crate) fn name(&self) -> &str {
        self.host.known().name().unwrap_or(&self.address)
    }

    /// Returns the user whose password has to be typed.
    pub(crate) fn typed_by(&self) -> Option<&str> {
        self.host.typed_by()
    }

    /// Makes commands that print passwords run again the next time: what they printed was refused.
    pub(crate) fn forget_passwords(&self) {
        if let Ok((origin, _)) = split_url(&self.address) {
            self.host.forget_passwords(origin);
        }
    }

    /// Connects, for callers that keep the connection.
    pub(crate) async fn connect(&self) -> anyhow::Result<Outcome<Host>> {
        open(&self.address, self.described().await?, &self.host).await
    }

    async fn described(&self) -> anyhow::Result<HostBuilder> {
        let protocol = match self.protocol.or(self.host.known().settings().protocol) {
            Some(ProtocolName::Redfish) if self.ipmi.bridge_to.is_some() => {
                anyhow::bail!(
                    "-t names a controller behind the BMC, which only IPMI reaches: leave out --protocol redfish"
                )
            }
            Some(ProtocolName::Redfish) => Protocol::Redfish,
            Some(ProtocolName::Ipmi) => Protocol::Ipmi,
            _ if self.ipmi.bridge_to.is_some() => Protocol::Ipmi,
            None | Some(ProtocolName::Auto) => Protocol::Auto,
        };
        describe(&self.address, protocol, &self.choice, &self.ipmi, &self.host).await
    }

    /// Connects, does the work and ends the session, however the work ended.
    pub(crate) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&Host) -> Result<T, rosefish::Error>,
    ) -> anyhow::Result<T> {
        self.patiently(None, work).await
    }

    /// As [`with`](Self::with), and waits this long for a change to show.
    pub(crate) async fn patiently<T>(
        &self,
        patience: Option<Duration>,
        work: impl AsyncFnOnce(&Host) -> Result<T, rosefish::Error>,
    ) -> anyhow::Result<T> {
        let mut builder = self.described().await?;
        if let Some(patience) = patience {
            builder = builder.patience(patience);
        }
        let found = open(&self.address, builder, &self.host).await?;
        tell_attempts(&found.attempts);
        let done = work(&found.value).await;
        found.value.close().await;
        done.map_err(|error| self.host.hint(&self.address, &error))
    }
}

impl On {
    /// As [`Target::with`].
    pub(crate) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&Host) -> Result<T, rosefish::Error>,
    ) -> anyhow::Result<T> {
        self.target.with(work).await
    }

    /// Does the work and shows its result. The text is made of what was sent, and of the value.
    pub(crate) async fn tell<T: serde::Serialize, S: Into<Shown>>(
        &self,
        work: impl AsyncFnOnce(&Host) -> Result<Outcome<T>, rosefish::Error>,
        text: impl FnOnce(&[String], &T) -> S,
    ) -> anyhow::Result<ExitCode> {
        let done = self.with(work).await?;
        tell(&done, self.json, |value| text(&done.sent, value))
    }

    /// Reads a list and shows it, with what could not be read.
    pub(crate) async fn tell_list<T: serde::Serialize, S: Into<Shown>>(
        &self,
        read: impl AsyncFnOnce(&Host) -> Result<Outcome<Partial<T>>, rosefish::Error>,
        text: impl FnOnce(&[T]) -> S,
    ) -> anyhow::Result<ExitCode> {
        let found = self.with(read).await?;
        tell_list(&found, self.json, text)
    }
}

impl On {
    /// Returns the host, for a verb that only IPMI has.
    fn by_ipmi(&self) -> anyhow::Result<IpmiTarget> {
        let Target { address, protocol, choice, ipmi, host } = &self.target;
        if protocol.or(host.known().settings().protocol) == Some(ProtocolName::Redfish) {
            anyhow::bail!("{address}: only IPMI has this, and Redfish was to be used: leave out --protocol redfish");
        }
        if choice.system.is_some() || choice.chassis.is_some() || choice.manager.is_some() {
            anyhow::bail!(
                "{address}: only IPMI has this, which knows one system and one BMC: leave out --system and the like"
            );
        }
        Ok(IpmiTarget { address: address.clone(), ipmi: ipmi.clone(), host: host.clone() })
    }
}

impl IpmiTarget {
    /// Returns the file for this host: `{host}` in its name is replaced by the host's.
    fn file(&self, file: &Path, is_written: bool) -> anyhow::Result<PathBuf> {
        files::of_host(file, self.host.known().name().unwrap_or(&self.address), is_written)
    }

    /// Shows the result, as JSON in the envelope or as text, and what could not be read.
    fn tell<S: Into<Shown>>(
        &self,
        as_json: bool,
        value: serde_json::Value,
        missing: &[Missing],
        text: impl FnOnce() -> S,
    ) -> anyhow::Result<ExitCode> {
        if as_json {
            print(&format!("{:#}\n", self.envelope(value, serde_json::to_value(missing)?)))?;
        } else {
            text().into().print()?;
        }
        Ok(tell_missing(missing))
    }

    /// Returns the result as JSON, with what could not be read.
    fn envelope(&self, value: serde_json::Value, missing: serde_json::Value) -> serde_json::Value {
        envelope(&self.address, &serde_json::json!(Backend::Ipmi), value, missing)
    }

    /// As [`Target::with`], by IPMI.
    pub(crate) async fn with<T>(&self, work: impl AsyncFnOnce(&IpmiClient) -> anyhow::Result<T>) -> anyhow::Result<T> {
        // Only Redfish has paths.
        let (address, _) = split_url(&self.address)?;
        let builder = describe(address, Protocol::Ipmi, &ChoiceArgs::default(), &self.ipmi, &self.host).await?;
        let host = open(address, builder, &self.host).await?.value;
        let done = match host.ipmi().await {
            Ok(bmc) => work(&bmc).await,
            Err(error) => Err(error.into()),
        };
        host.close().await;
        done
    }
}

/// Returns an error for a mistake in the command line, which ends the program like one that `clap` finds.
fn wrong_usage(what: &str) -> anyhow::Error {
    clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, format!("{what}\n")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cipher_suites_that_protect_nothing_are_refused() {
        assert_eq!(cipher_suite("17").unwrap().id(), 17);
        for text in ["0", "1", "99", "strong"] {
            assert!(cipher_suite(text).is_err(), "{text}");
        }
    }
}
