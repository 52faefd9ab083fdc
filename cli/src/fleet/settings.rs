//! What an inventory says of a host besides its name: how to reach it and how to log in.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// The settings of a host. The command line decides what is not set here.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    /// Where the BMC is, if the host's name is not that of its BMC: `{host}` stands for the name.
    pub(crate) address: Option<String>,
    pub(crate) protocol: Option<ProtocolName>,
    pub(crate) user: Option<String>,
    pub(crate) password_command: Option<String>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) password_env: Option<String>,
    pub(crate) keyring: Option<bool>,
    /// The user for IPMI, if it is a different one.
    pub(crate) ipmi_user: Option<String>,
    pub(crate) ipmi_password_command: Option<String>,
    pub(crate) ipmi_password_file: Option<PathBuf>,
    pub(crate) ipmi_password_env: Option<String>,
    pub(crate) ipmi_keyring: Option<bool>,
    pub(crate) basic: Option<bool>,
    pub(crate) insecure: Option<bool>,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) pin: Option<String>,
    pub(crate) trust_on_first_use: Option<bool>,
    /// In seconds.
    #[serde(deserialize_with = "seconds", default)]
    pub(crate) timeout: Option<Duration>,
}

/// Which protocol to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProtocolName {
    /// Redfish where there is Redfish, else IPMI
    Auto,
    /// Redfish alone
    Redfish,
    /// IPMI alone
    Ipmi,
}

fn seconds<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let seconds = f64::deserialize(from)?;
    let time = Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero());
    time.map(Some).ok_or_else(|| serde::de::Error::custom("expected a number of seconds above 0"))
}

impl Settings {
    /// Takes what is not set here from other settings. What belongs together is taken together: the sources of a password, and the
    /// ways to trust a certificate.
    pub(crate) fn or(self, other: &Self) -> Self {
        let has_password = self.password_command.is_some()
            || self.password_file.is_some()
            || self.password_env.is_some()
            || self.keyring.is_some();
        let has_ipmi_password = self.ipmi_password_command.is_some()
            || self.ipmi_password_file.is_some()
            || self.ipmi_password_env.is_some()
            || self.ipmi_keyring.is_some();
        let has_trust =
            self.insecure.is_some() || self.ca.is_some() || self.pin.is_some() || self.trust_on_first_use.is_some();
        let other = other.clone();
        let pick = |own: bool, this, that| if own { this } else { that };
        let pick_path = |own: bool, this, that| if own { this } else { that };
        let pick_flag = |own: bool, this, that| if own { this } else { that };
        Self {
            address: self.address.or(other.address),
            protocol: self.protocol.or(other.protocol),
            user: self.user.or(other.user),
            password_command: pick(has_password, self.password_command, other.password_command),
            password_file: pick_path(has_password, self.password_file, other.password_file),
            password_env: pick(has_password, self.password_env, other.password_env),
            keyring: pick_flag(has_password, self.keyring, other.keyring),
            ipmi_user: self.ipmi_user.or(other.ipmi_user),
            ipmi_password_command: pick(has_ipmi_password, self.ipmi_password_command, other.ipmi_password_command),
            ipmi_password_file: pick_path(has_ipmi_password, self.ipmi_password_file, other.ipmi_password_file),
            ipmi_password_env: pick(has_ipmi_password, self.ipmi_password_env, other.ipmi_password_env),
            ipmi_keyring: pick_flag(has_ipmi_password, self.ipmi_keyring, other.ipmi_keyring),
            basic: self.basic.or(other.basic),
            insecure: pick_flag(has_trust, self.insecure, other.insecure),
            ca: pick_path(has_trust, self.ca, other.ca),
            pin: pick(has_trust, self.pin, other.pin),
            trust_on_first_use: pick_flag(has_trust, self.trust_on_first_use, other.trust_on_first_use),
            timeout: self.timeout.or(other.timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_is_taken_together() {
        let group = Settings {
            user: Some("root".into()),
            password_file: Some("all".into()),
            insecure: Some(true),
            ..Settings::default()
        };
        let host = Settings { password_command: Some("bw".into()), pin: Some("00".into()), ..Settings::default() };
        let both = host.or(&group);
        assert_eq!((both.user.as_deref(), both.password_command.as_deref()), (Some("root"), Some("bw")));
        assert_eq!((both.password_file, both.insecure, both.pin.as_deref()), (None, None, Some("00")));
        let group = Settings { keyring: Some(true), trust_on_first_use: Some(true), ..Settings::default() };
        let both = Settings { password_env: Some("P".into()), ..Settings::default() }.or(&group);
        assert_eq!((both.keyring, both.trust_on_first_use), (None, Some(true)));
        let both = Settings { insecure: Some(true), ..Settings::default() }.or(&group);
        assert_eq!((both.keyring, both.trust_on_first_use), (Some(true), None));
    }
}
