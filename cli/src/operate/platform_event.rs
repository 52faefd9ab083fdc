//! `rosefish ipmi event`: an event, as if a sensor of the machine had sent it.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use rosefish::ipmi::command::event::PlatformEvent;
use serde_json::json;

use super::OnIpmi;
use super::bytes::byte;

/// Test events, by the names that people know them by, as ipmitool has them: upper critical going high, lower critical going
/// low, and a correctable memory error.
const TESTS: [(&str, [u8; 7]); 3] = [
    ("temperature", [0x04, 0x01, 0x30, 0x01, 0x59, 0x00, 0x00]),
    ("voltage", [0x04, 0x02, 0x60, 0x01, 0x52, 0x00, 0x00]),
    ("memory", [0x04, 0x0c, 0x53, 0x6f, 0x00, 0x00, 0x00]),
];

#[derive(Debug, Args)]
pub(super) struct EventArgs {
    #[command(flatten)]
    on: OnIpmi,
    /// A test event (temperature, voltage, memory), or the seven bytes of one: revision, sensor type, sensor, event type,
    /// three data bytes
    #[arg(value_name = "EVENT", num_args = 1..=7, required = true)]
    event: Vec<String>,
}

fn event(words: &[String]) -> anyhow::Result<PlatformEvent> {
    if let [word] = words {
        return match TESTS.iter().find(|(name, _)| name == word) {
            Some((_, bytes)) => Ok(PlatformEvent::from_bytes(*bytes)),
            None => bail!("{word:?} is not a test event: expected temperature, voltage, memory, or seven bytes"),
        };
    }
    let bytes: Result<Vec<u8>, String> = words.iter().map(|word| byte(word)).collect();
    match bytes.map(<[u8; 7]>::try_from) {
        Ok(Ok(bytes)) => Ok(PlatformEvent::from_bytes(bytes)),
        Ok(Err(bytes)) => bail!("an event has seven bytes, not {}", bytes.len()),
        Err(wrong) => bail!("{}: {wrong}", words.join(" ")),
    }
}

pub(super) async fn run(args: EventArgs) -> anyhow::Result<ExitCode> {
    let event = event(&args.event)?;
    args.on.target.with(async |bmc| Ok(bmc.send(&event).await?)).await?;
    let bytes = event.to_bytes();
    let what = format!("{} {:#04x}: {}", event.event.sensor_type, event.sensor, event.event);
    let value = json!({ "event": what, "bytes": bytes });
    // Whether it is logged is the BMC's to decide: its filters and its log are.
    args.on.target.tell(args.on.json, value, &[], || format!("the BMC took the event: {what}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_name_or_seven_bytes() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (name, bytes) in TESTS {
            let text = bytes.map(|byte| format!("{byte:#04x}")).join(" ");
            assert_eq!(event(&words(name)).unwrap(), event(&words(&text)).unwrap());
            assert_eq!(event(&words(name)).unwrap().to_bytes(), bytes);
        }
        for wrong in ["spoon", "1 2 3", "4 1 0x30 1 0x59 0 256"] {
            assert!(event(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
