//! `rosefish ipmi sessions`: who has a session of IPMI.

use std::process::ExitCode;

use rosefish::ipmi::command::session::SessionInfo;
use serde_json::{Value, json};

use super::facts::missing;
use super::{OnIpmi, Table};

pub(super) async fn run(on: OnIpmi) -> anyhow::Result<ExitCode> {
    let found = on.target.with(async |bmc| Ok(bmc.sessions().await?)).await?;
    let missing = missing(found.missing);
    let all: Vec<Value> = found.items.iter().map(to_json).collect();
    on.target.tell(on.json, all.into(), &missing, || table(&found.items))
}

fn privilege(number: u8) -> String {
    match number {
        1 => "callback".to_owned(),
        2 => "user".to_owned(),
        3 => "operator".to_owned(),
        4 => "administrator".to_owned(),
        other => format!("{other:#x}"),
    }
}

fn to_json(one: &SessionInfo) -> Value {
    let of = one.details.as_ref();
    json!({
        "handle": one.handle,
        "user_id": of.map(|of| of.user_id),
        "privilege": of.map(|of| privilege(of.privilege)),
        "ipmi": of.map(|of| if of.ipmi_2_0 { "2.0" } else { "1.5" }),
        "channel": of.map(|of| of.channel),
        "address": of.and_then(|of| of.console).map(|(address, _)| address.to_string()),
        "port": of.and_then(|of| of.console).map(|(_, port)| port),
    })
}

fn table(all: &[SessionInfo]) -> Table {
    let mut table = Table::new(&["HANDLE", "USER ID", "PRIVILEGE", "IPMI", "CHANNEL", "FROM"]);
    for one in all {
        let Some(of) = &one.details else { continue };
        let from = of.console.map(|(address, port)| format!("{address}:{port}")).unwrap_or_default();
        let version = if of.ipmi_2_0 { "2.0" } else { "1.5" }.to_owned();
        let (user, channel) = (of.user_id.to_string(), of.channel.to_string());
        table.row([one.handle.to_string(), user, privilege(of.privilege), version, channel, from]);
    }
    table
}
