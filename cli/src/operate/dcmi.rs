//! `rosefish ipmi dcmi`, `asset-tag` and `controller-id`: what DCMI has beside power.

use std::process::ExitCode;

use clap::Args;
use rosefish::host::Missing;
use rosefish::ipmi::Client;
use rosefish::ipmi::command::dcmi::DcmiText;
use serde_json::{Value, json};

use super::OnIpmi;
use super::facts::{Facts, lines, missing, named, object};
use crate::terminal::one_line;

/// The places whose temperatures DCMI knows.
const PLACES: [(u8, &str); 3] = [(0x40, "inlet"), (0x41, "processor"), (0x42, "baseboard")];

#[derive(Debug, Args)]
pub(super) struct TextArgs {
    #[command(flatten)]
    on: OnIpmi,
    /// The new text, at most 63 bytes; without it, show the present one
    #[arg(value_name = "TEXT")]
    text: Option<String>,
}

pub(super) async fn show(on: OnIpmi) -> anyhow::Result<ExitCode> {
    let found = on.target.with(async |bmc| {
        let state = bmc.dcmi_state().await?;
        let mut found = Facts::default();
        found.put(named!({
            "version": state.version.map(|(major, minor)| format!("{major}.{minor}")),
            "power_management": state.power_management,
            "log_capacity": state.event_log.map(|(entries, _)| entries),
            "log_rolls_over": state.event_log.map(|(_, rolls)| rolls),
            "sampling_seconds": state.temperature_sampling,
        }));
        found.take("asset tag", bmc.asset_tag().await, |text| named!({ "asset_tag": text }));
        found.take("controller's name", bmc.controller_name().await, |text| named!({ "controller_id": text }));
        let temperatures = temperatures(bmc, &mut found.missing).await;
        Ok((found, temperatures))
    });
    let (mut found, temperatures) = found.await?;
    let mut text = lines(&found.values);
    for one in &temperatures {
        let name = format!("{} {}", one["place"].as_str().unwrap_or_default(), one["instance"]);
        text.push_str(&format!("{name:<21} {} \u{b0}C\n", one["celsius"]));
    }
    found.put(named!({ "temperatures": temperatures }));
    on.target.tell(on.json, object(found.values), &found.missing, || text)
}

async fn temperatures(bmc: &Client, unread: &mut Vec<Missing>) -> Vec<Value> {
    let mut all = Vec::new();
    for (entity, place) in PLACES {
        match bmc.dcmi_temperatures(entity).await {
            Ok(readings) => {
                let readings_of = readings.items.into_iter();
                all.extend(
                    readings_of
                        .map(|(instance, celsius)| json!({ "place": place, "instance": instance, "celsius": celsius })),
                );
                unread.extend(missing(readings.missing));
            }
            // A machine doesn't have to have all of these places.
            Err(error) if error.completion_code().is_some() => {}
            Err(error) => unread.push(Missing::new(format!("temperatures of {place}"), error.into())),
        }
    }
    all
}

pub(super) async fn text(args: TextArgs, which: DcmiText) -> anyhow::Result<ExitCode> {
    let TextArgs { on, text } = args;
    let there = on.target.with(async |bmc| {
        if let Some(text) = &text {
            bmc.set_dcmi_text(which, text).await?;
            return Ok(text.clone());
        }
        Ok(match which {
            DcmiText::ControllerName => bmc.controller_name().await?,
            _ => bmc.asset_tag().await?,
        })
    });
    let there = there.await?;
    on.target.tell(on.json, json!(there), &[], || format!("{}\n", one_line(&there)))
}
