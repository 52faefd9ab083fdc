//! The BMCs that are known by the certificate that they showed first: which there are, and to forget one.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};

use crate::fleet::current::Address;
use crate::known_bmcs;
use crate::operate::print;
use crate::terminal::look;
use crate::trust::place;

#[derive(Debug, Args)]
pub(super) struct KnownArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ForgetArgs {
    #[command(flatten)]
    address: Address,
}

pub(super) fn list(args: &KnownArgs) -> anyhow::Result<ExitCode> {
    let all = known_bmcs::own()?.all()?;
    if args.json {
        let all: Vec<Value> = all
            .values()
            .map(|bmc| json!({ "host": bmc.host, "sha256": bmc.sha256, "since": bmc.since.to_string() }))
            .collect();
        return print(&format!("{:#}\n", Value::from(all)));
    }
    let text: String = match look().is_terminal {
        true => all
            .values()
            .map(|bmc| format!("{}\n  SHA-256  {}\n  Since    {}\n", bmc.host, bmc.sha256, bmc.since))
            .collect(),
        false => all.values().map(known_bmcs::KnownBmc::line).collect(),
    };
    print(&text)
}

pub(super) async fn forget(args: ForgetArgs) -> anyhow::Result<ExitCode> {
    let Some(host) = place(&args.address)? else {
        bail!("{} speaks HTTP without TLS: there is no certificate", args.address);
    };
    let file = known_bmcs::own()?;
    let name = host.clone();
    if !tokio::task::spawn_blocking(move || file.forget(&name)).await?? {
        bail!("{host} is not in {}", file.path().display());
    }
    print(&format!("forgot the certificate of {host}\n"))
}
