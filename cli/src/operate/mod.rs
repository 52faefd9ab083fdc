//! The commands that operate a machine, by Redfish or IPMI: how they name the host and the protocol, and how they tell
//! what came of it. One module per command.

pub(crate) mod bmc;
pub(crate) mod boot;
pub(crate) mod fru;
pub(crate) mod identify;
pub(crate) mod lan;
pub(crate) mod power;
pub(crate) mod raw;
pub(crate) mod sel;
pub(crate) mod sensors;
pub(crate) mod sol;
mod table;
pub(crate) mod users;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rosefish::host::{Attempt, Host, Outcome, Protocol};
use rosefish::ipmi::{self, CipherSuite, Privilege};
use serde_json::{Value, json};

use crate::host::{HostArgs, split_url};
pub(crate) use table::Table;

/// Which protocol to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProtocolName {
    /// Redfish where there is Redfish, else IPMI
    Auto,
    /// Redfish alone
    Redfish,
    /// IPMI alone
    Ipmi,
}

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
    /// The host: a name or an address, with or without a port, or the URL of its Redfish service
    #[arg(value_name = "HOST")]
    address: String,
    /// What to speak: Redfish where there is Redfish, else IPMI, unless told
    #[arg(long, value_name = "NAME", default_value = "auto", help_heading = "Protocol", hide_default_value = true)]
    protocol: ProtocolName,
    #[command(flatten)]
    ipmi: IpmiArgs,
    #[command(flatten)]
    host: HostArgs,
}

/// The host, for what only IPMI has.
#[derive(Debug, Args)]
pub(crate) struct IpmiTarget {
    /// The host: a name or an address, with or without a port
    #[arg(value_name = "HOST")]
    address: String,
    #[command(flatten)]
    ipmi: IpmiArgs,
    #[command(flatten)]
    host: HostArgs,
}

/// Options of IPMI sessions, by the letters that ipmitool gives them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Protocol")]
struct IpmiArgs {
    /// IPMI: the UDP port, 623 unless told
    #[arg(long, short, value_name = "PORT")]
    port: Option<u16>,
    /// IPMI: the privilege level of the session, administrator unless told
    #[arg(long, short = 'L', value_name = "LEVEL")]
    privilege: Option<PrivilegeName>,
    /// IPMI: insist on this cipher suite, such as 17 or 3, instead of the strongest that there is
    #[arg(long, short = 'C', value_name = "N", value_parser = cipher_suite)]
    cipher_suite: Option<CipherSuite>,
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
    fn apply(&self, host: &HostArgs, mut builder: ipmi::Builder) -> ipmi::Builder {
        if let Some(port) = self.port {
            builder = builder.port(port);
        }
        if let Some(privilege) = self.privilege {
            builder = builder.privilege(privilege.privilege());
        }
        if let Some(suite) = self.cipher_suite {
            builder = builder.cipher_suite(suite);
        }
        match host.timeout {
            Some(timeout) => builder.timeout(timeout),
            None => builder,
        }
    }
}

async fn open(address: &str, protocol: Protocol, ipmi: &IpmiArgs, args: &HostArgs) -> anyhow::Result<Outcome<Host>> {
    let (origin, _) = split_url(address)?;
    let mut builder = Host::builder(origin).protocol(protocol);
    if let Some(credentials) = args.credentials(origin)? {
        builder = builder.credentials(credentials);
    }
    let redfish = args.options()?;
    let (ipmi, host) = (ipmi.clone(), args.clone());
    let builder = builder.redfish(redfish).ipmi(move |builder| ipmi.apply(&host, builder));
    builder.connect().await.map_err(|error| args.hint(origin, &error))
}

impl Target {
    /// Connects, does the work and ends the session, however the work ended.
    pub(crate) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&Host) -> Result<T, rosefish::Error>,
    ) -> anyhow::Result<T> {
        let protocol = match self.protocol {
            ProtocolName::Auto => Protocol::Auto,
            ProtocolName::Redfish => Protocol::Redfish,
            ProtocolName::Ipmi => Protocol::Ipmi,
        };
        let found = open(&self.address, protocol, &self.ipmi, &self.host).await?;
        tell_attempts(&found.attempts);
        let done = work(&found.value).await;
        found.value.close().await;
        done.map_err(|error| self.host.hint(&self.address, &error))
    }

    /// The same host for what only IPMI can do, unless Redfish was insisted on.
    fn ipmi_alone(self, why: &str) -> anyhow::Result<IpmiTarget> {
        if self.protocol == ProtocolName::Redfish {
            anyhow::bail!("{why}, so that --protocol redfish can't be kept");
        }
        Ok(IpmiTarget { address: self.address, ipmi: self.ipmi, host: self.host })
    }
}

impl IpmiTarget {
    /// As [`Target::with`], by IPMI.
    pub(crate) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&ipmi::Client) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let host = open(&self.address, Protocol::Ipmi, &self.ipmi, &self.host).await?.value;
        let done = match host.ipmi().await {
            Ok(bmc) => work(&bmc).await,
            Err(error) => Err(error.into()),
        };
        host.close().await;
        done
    }
}

fn tell_attempts(attempts: &[Attempt]) {
    for attempt in attempts {
        eprintln!("not by {attempt}");
    }
}

/// Tells what came of it: as JSON with how it came about, else as text, with that on standard error where it was not at
/// the first attempt.
pub(crate) fn tell<T: serde::Serialize>(
    outcome: &Outcome<T>,
    as_json: bool,
    text: impl FnOnce(&T) -> String,
) -> anyhow::Result<ExitCode> {
    let told = if as_json {
        let attempts = outcome.attempts.iter().map(
            |attempt| json!({ "backend": attempt.backend, "phase": attempt.phase, "error": attempt.error.report() }),
        );
        let attempts: Vec<Value> = attempts.collect();
        let value = json!({ "value": outcome.value, "backend": outcome.backend, "attempts": attempts });
        format!("{}\n", serde_json::to_string_pretty(&value)?)
    } else {
        tell_attempts(&outcome.attempts);
        text(&outcome.value)
    };
    print(&told)
}

/// Ends the program as for any other mistake in the command line that `clap` sees itself.
fn wrong_usage(what: &str) -> ! {
    clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, format!("{what}\n")).exit()
}

pub(crate) fn print(text: &str) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
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
