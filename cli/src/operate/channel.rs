//! `rosefish channel`: the ways into a BMC, which only IPMI numbers.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::ipmi::ChannelState;
use rosefish::ipmi::command::session::PRESENT_CHANNEL;
use rosefish::ipmi::command::user::{ChannelAccess, ChannelInfo};
use serde_json::Value;

use super::facts::{Facts, Values, missing, named, object};
use super::{OnIpmi, Table};

/// Show the channels of a BMC: media, access, authentication, cipher suites
#[derive(Debug, Args)]
pub(crate) struct ChannelArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to show.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show all of one
    Show(ShowArgs),
    /// Show which there are
    List(OnIpmi),
}

#[derive(Debug, Args)]
struct ShowArgs {
    #[command(flatten)]
    on: OnIpmi,
    /// The channel; without it, the one that the session comes in by
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=15))]
    channel: Option<u8>,
}

pub(crate) async fn run(args: ChannelArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Show(args) => show(args).await,
        Verb::List(on) => list(on).await,
    }
}

async fn list(on: OnIpmi) -> anyhow::Result<ExitCode> {
    let found = on.target.with(async |bmc| Ok(bmc.channels().await?)).await?;
    let missing = missing(found.missing);
    let all: Vec<Value> = found.items.iter().map(|one| object(info(one))).collect();
    on.target.tell(on.json, all.into(), &missing, || {
        let mut table = Table::new(&["CHANNEL", "MEDIUM", "PROTOCOL", "SESSIONS", "ACTIVE"]);
        for one in &found.items {
            let active = if one.session_support == 0 { String::new() } else { one.active_sessions.to_string() };
            let (number, medium) = (one.channel.to_string(), one.medium_name().to_owned());
            table.row([number, medium, protocol(one.protocol).to_owned(), sessions(one).to_owned(), active]);
        }
        table
    })
}

/// Table 6-2.
fn protocol(number: u8) -> &'static str {
    match number {
        1 => "IPMB",
        2 => "ICMB",
        4 => "IPMI-SMBus",
        5 => "KCS",
        6 => "SMIC",
        7 => "BT (10)",
        8 => "BT (15)",
        9 => "terminal mode",
        0x1c..=0x1f => "OEM",
        _ => "",
    }
}

fn sessions(info: &ChannelInfo) -> &'static str {
    match info.session_support {
        0 => "none",
        1 => "one",
        2 => "several",
        _ => "by session",
    }
}

fn info(info: &ChannelInfo) -> Values {
    named!({
        "channel": info.channel,
        "medium": info.medium_name(),
        "protocol": protocol(info.protocol),
        "sessions": sessions(info),
        "active_sessions": info.active_sessions,
    })
}

fn mode(access: &ChannelAccess) -> &'static str {
    match access.mode {
        0 => "disabled",
        1 => "before boot",
        2 => "always",
        3 => "shared",
        _ => "reserved",
    }
}

fn privilege(access: &ChannelAccess) -> Option<String> {
    access.privilege.map(|level| format!("{level:?}").to_lowercase())
}

async fn show(args: ShowArgs) -> anyhow::Result<ExitCode> {
    let ShowArgs { on, channel } = args;
    let channel = channel.unwrap_or(PRESENT_CHANNEL);
    let found = on.target.with(async |bmc| Ok(bmc.channel_state(channel).await?)).await?;
    facts(found).tell(&on.target, on.json)
}

fn facts(found: ChannelState) -> Facts {
    let ChannelState { info: is, access, kept_access, authentication, suites, missing: unread, .. } = found;
    let mut facts = Facts { missing: missing(unread), ..Facts::default() };
    facts.put(info(&is));
    if let Some(access) = &access {
        facts.put(named!({
            "access": mode(access),
            "highest_privilege": privilege(access),
            "alerting": !access.alerting_disabled,
            "per_message_authentication": !access.per_message_disabled,
            "user_level_authentication": !access.user_level_disabled,
        }));
    }
    if let Some(kept) = &kept_access {
        facts.put(named!({ "kept_access": mode(kept), "kept_highest_privilege": privilege(kept) }));
    }
    if let Some(found) = &authentication {
        const TYPES: [&str; 6] = ["none", "md2", "md5", "", "password", "oem"];
        let types = TYPES.iter().enumerate().filter(|(bit, name)| found.auth_types >> bit & 1 != 0 && !name.is_empty());
        facts.put(named!({
            "ipmi_1_5": found.ipmi_1_5,
            "ipmi_2_0": found.ipmi_2_0,
            "ipmi_1_5_types": types.map(|(_, name)| *name).collect::<Vec<_>>(),
            "key_kg_is_set": found.bmc_key,
            "named_users": found.non_null_users,
            "users_without_name": found.null_users,
            "anonymous_login": found.anonymous,
        }));
    }
    if !suites.is_empty() {
        facts.put(named!({ "cipher_suites": suites.iter().map(|suite| suite.id).collect::<Vec<_>>() }));
    }
    facts
}
