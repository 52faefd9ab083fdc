//! `rosefish fru`: what a machine is made of.

use std::process::ExitCode;

use clap::Args;
use rosefish::host::Component;

use super::{Table, Target, tell_list};

/// Show what a machine is made of: makers, models, serial numbers
#[derive(Debug, Args)]
pub(crate) struct FruArgs {
    #[command(flatten)]
    target: Target,
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: FruArgs) -> anyhow::Result<ExitCode> {
    let found = args.target.with(async |host| host.inventory().await).await?;
    tell_list(&found, args.json, |all| {
        let mut table = Table::new(&[
            "KIND",
            "NAME",
            "MANUFACTURER",
            "MODEL",
            "SERIAL NUMBER",
            "PART NUMBER",
            "VERSION",
            "ASSET TAG",
        ]);
        for part in all {
            let Component { manufacturer, model, serial_number, part_number, version, asset_tag, .. } = part.clone();
            let texts = [manufacturer, model, serial_number, part_number, version, asset_tag];
            let texts = texts.into_iter().map(Option::unwrap_or_default);
            table.row([part.kind.to_string(), part.name.clone()].into_iter().chain(texts));
        }
        table.text()
    })
}
