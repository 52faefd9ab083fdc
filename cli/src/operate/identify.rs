//! `rosefish identify`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rosefish::host::Identify;

use super::{Target, tell};

/// Tell, light or put out the identify light
#[derive(Debug, Args)]
pub(crate) struct IdentifyArgs {
    #[command(flatten)]
    target: Target,
    /// on, off, or a number of seconds (IPMI alone can do that); without it, tell whether it is on
    #[arg(value_name = "ACTION", value_parser = action)]
    action: Option<Identify>,
    /// Tell it as JSON
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
    let word = |on: bool| if on { "on\n".to_owned() } else { "off\n".to_owned() };
    let Some(action) = args.action else {
        let state = args.target.with(async |host| host.identify_state().await).await?;
        return tell(&state, args.json, |on| word(*on));
    };
    let done = args.target.with(async |host| host.identify(action).await).await?;
    tell(&done, args.json, |()| word(action != Identify::Off))
}
