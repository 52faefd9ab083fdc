//! `rosefish fans`: how the BMC controls the fans, and taking them from it.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::host::{FanMode, Host};
use rosefish::ipmi::CoolingIsMyConcern;

use super::{On, wrong_usage};
use crate::terminal::one_line;

const EXAMPLES: &str = "\
Examples:
  rosefish fans 10.0.0.7 --user root                      the mode, and those that there are (Supermicro)
  rosefish fans mode 10.0.0.7 heavy-io --user root        the BMC continues to react to temperatures
  rosefish fans speed 10.0.0.7 30 --cooling-is-my-concern --user root
  rosefish fans automatic 10.0.0.7 --user root            give them back (Dell, Inspur)

Fans that a service describes as controls are set by `controls`; what they do now is in `sensors --kind fan`.";

/// Show or set how the BMC controls the fans, or take them from it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FansArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the fans.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the mode that the BMC controls them in
    Status(On),
    /// Have the BMC control them in another mode
    Mode(ModeArgs),
    /// Take them from the BMC, and set their speed (IPMI alone: Dell, Inspur, Supermicro)
    Speed(SpeedArgs),
    /// Give them back to the BMC (IPMI alone: Dell, Inspur)
    Automatic(On),
}

#[derive(Debug, Args)]
struct ModeArgs {
    #[command(flatten)]
    on: On,
    /// The mode; `status` shows which there are
    #[arg(value_name = "MODE")]
    mode: String,
}

#[derive(Debug, Args)]
struct SpeedArgs {
    #[command(flatten)]
    on: On,
    /// The speed in percent of the highest
    #[arg(value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    percent: u8,
    /// Only this fan, by its number; at a Supermicro's, this zone: 0 is that of the processors [default: all]
    #[arg(long, value_name = "NUMBER")]
    fan: Option<u8>,
    /// Say that somebody else looks after the temperatures now: the BMC may not raise the fans any more, and the machine can be damaged
    #[arg(long)]
    cooling_is_my_concern: bool,
}

pub(crate) async fn run(args: FansArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Status(on) => on.tell(async |host| host.fan_mode().await, |_, fans| text(fans)).await,
        Verb::Mode(ModeArgs { on, mode }) => {
            let set = async |host: &Host| host.set_fan_mode(&mode).await;
            on.tell(set, |_, fans| one_line(fans.mode.as_deref().unwrap_or_default()) + "\n").await
        }
        Verb::Speed(SpeedArgs { on, percent, fan, cooling_is_my_concern }) => {
            if !cooling_is_my_concern {
                return Err(wrong_usage(
                    "the BMC may not raise the fans any more when the machine gets hot: if somebody else sees to that, say \
                     --cooling-is-my-concern; `fans automatic` or a mode gives them back",
                ));
            }
            let set = async |host: &Host| host.set_fan_speed(fan, percent, CoolingIsMyConcern).await;
            on.tell(set, |sent, ()| accepted(sent)).await
        }
        Verb::Automatic(on) => on.tell(async |host| host.restore_fans().await, |sent, ()| accepted(sent)).await,
    }
}

fn text(fans: &FanMode) -> String {
    let mode = fans.mode.as_deref().map_or_else(|| "not said".to_owned(), one_line);
    match fans.modes.is_empty() {
        true => format!("{mode}\n"),
        false => format!("{mode} (of {})\n", one_line(&fans.modes.join(", "))),
    }
}

/// What the BMC has taken; of most of it, it shows nothing.
fn accepted(sent: &[String]) -> String {
    sent.iter().map(|sent| format!("accepted: {}\n", one_line(sent))).collect()
}
