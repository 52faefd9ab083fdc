//! What the verbs of `rosefish lan` share: the host with one of its channels, and how a MAC address is written.

use clap::Args;

use super::IpmiTarget;

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    pub(super) target: IpmiTarget,
    /// The channel; without it, the one that the session comes in by
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=15))]
    pub(super) channel: Option<u8>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) fn mac(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}
