//! `rosefish identify`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rosefish::host::Identify;

use super::{Target, tell, tell_each};

/// Show or switch the identify LED
#[derive(Debug, Args)]
pub(crate) struct IdentifyArgs {
    #[command(flatten)]
    target: Target,
    /// on, off, or a number of seconds (IPMI alone can do that); without it, show whether it is on
    #[arg(value_name = "ACTION", value_parser = action)]
    action: Option<Identify>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn action(text: &str) -> Result<Identify, String> {
    match text {
        "on" => Ok(Identify::On),
        "off" => Ok(Identify::Off),
        seconds => {
            let seconds = seconds.parse().map_err(|_| "expected on, off, or a number of seconds".to_owned())?;
            Ok(if seconds == 0 { Identify::Off } else { Identify::For(Duration::from_secs(seconds)) })
        }
    }
}

pub(crate) async fn run(args: IdentifyArgs) -> anyhow::Result<ExitCode> {
    let word = |on: &bool| if *on { "on" } else { "off" }.to_owned();
    let Some(action) = args.action else {
        let states = args.target.with(async |host| host.identify_states().await).await?;
        return tell_each(&states, args.json, "IDENTIFY", word);
    };
    let done = args.target.with(async |host| host.identify(action).await).await?;
    tell(&done, args.json, |on| format!("{}\n", word(on)))
}
