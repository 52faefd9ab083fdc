//! How a host is named on the command line, and how that becomes a [`Client`]. The commands that talk to a host flatten
//! [`HostArgs`] into their arguments.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::capture;
use crate::fleet::current::Known;
use crate::interrupt::{finished, is_interrupted, uninterrupted};
use crate::mistaken;
use crate::password::{PASSWORD_VARIABLE, Source, of_environment};
use crate::terminal::say;
use anyhow::{Context as _, bail};
use clap::Args;
use futures_util::future::BoxFuture;
use rosefish::{Client, ClientBuilder, Credentials, ErrorKind};
use secrecy::SecretString;

/// The heading of [`HostArgs`] in `--help`. Each argument sets it: a heading of the whole would also apply to the arguments that
/// follow.
const CONNECTION: &str = "Connection";

/// Sets everything except the credentials, for any number of clients of a host.
pub(crate) type Options = Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;

/// How to reach a host and how to log in.
#[derive(Debug, Clone, Args)]
pub struct HostArgs {
    /// Log in as this user; the password comes from ROSEFISH_PASSWORD or is asked for
    #[arg(help_heading = CONNECTION, long, short, value_name = "NAME", env = "ROSEFISH_USER")]
    pub user: Option<String>,
    /// Take the password from the first line that this command prints, run without a shell, once for each host; {host} and
    /// {user} in it stand for those
    #[arg(help_heading = CONNECTION, long, value_name = "COMMAND", conflicts_with = "password_file")]
    pub password_command: Option<String>,
    /// Take the password from the first line of this file, which nobody else may be able to read
    #[arg(help_heading = CONNECTION, long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Take the password from the system's keyring, where `rosefish keyring set` has put it
    #[arg(help_heading = CONNECTION, long, conflicts_with_all = ["password_command", "password_file"])]
    pub keyring: bool,
    /// Send the password with every request (HTTP Basic) instead of opening a session
    #[arg(help_heading = CONNECTION, long)]
    pub basic: bool,
    /// Accept any certificate. Anyone on the network path can then read the password
    #[arg(help_heading = CONNECTION, long, conflicts_with_all = ["ca", "pin", "trust_on_first_use"])]
    pub insecure: bool,
    /// Trust the certificates in this PEM file instead of the system's
    #[arg(help_heading = CONNECTION, long, value_name = "FILE", conflicts_with = "pin")]
    pub ca: Option<PathBuf>,
    /// Trust the one certificate whose SHA-256 is this, 64 hexadecimal digits with or without colons
    #[arg(help_heading = CONNECTION, long, value_name = "SHA256")]
    pub pin: Option<String>,
    /// Trust the certificate that a host shows when it is first seen, if nobody vouches for it, and no other from then on: it is
    /// written to known-bmcs in the user's configuration
    #[arg(help_heading = CONNECTION, long, conflicts_with = "pin")]
    pub trust_on_first_use: bool,
    /// End a request after so many seconds
    #[arg(help_heading = CONNECTION, long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// Requests in flight at a time [default: 4]; a BMC is a small computer
    #[arg(help_heading = CONNECTION, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: Option<u16>,
    #[command(flatten)]
    known: Known,
}

/// Why something failed on a host, with the kind of error.
#[derive(Debug)]
pub(crate) struct HostError {
    text: String,
    pub(crate) kind: ErrorKind,
}

impl HostError {
    pub(crate) fn new(text: String, kind: ErrorKind) -> Self {
        Self { text, kind }
    }
}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for HostError {}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected a number of seconds above 0, such as 30 or 2.5".to_owned())
}

impl HostArgs {
    /// Connects and logs in.
    ///
    /// # Errors
    ///
    /// If there is no password, the CA file can't be read, or the host can't be reached or refuses the login.
    pub async fn connect(&self, url: &str) -> anyhow::Result<Client> {
        let credentials = self.credentials(url).await?;
        let connect = |options: Options| {
            let builder = options(Client::builder(url));
            let connected = match credentials.clone() {
                Some(credentials) => builder.credentials(credentials).connect(),
                None => builder.connect(),
            };
            Box::pin(connected) as BoxFuture<'static, _>
        };
        let client = self.connected(url, connect).await?;
        capture::reached();
        Ok(client)
    }

    /// Returns the user with the password, if a user was named.
    pub(crate) async fn credentials(&self, url: &str) -> anyhow::Result<Option<Credentials>> {
        let Some(user) = self.user() else { return Ok(None) };
        let password = match self.password_source() {
            Some(source) => source.get(self.name(url), user).await?,
            None => of_environment(user, url)?,
        };
        Ok(Some(Credentials::new(user, password)))
    }

    /// Makes commands that print passwords run again the next time: what they printed was refused.
    pub(crate) fn forget_passwords(&self, url: &str) {
        let known = self.known.settings();
        let users = [self.user(), known.ipmi_user.as_deref()];
        for source in [self.password_source(), self.ipmi_source()].into_iter().flatten() {
            users.iter().flatten().for_each(|user| source.forget(self.name(url), user));
        }
    }

    fn ipmi_source(&self) -> Option<Source> {
        let known = self.known.settings();
        let (command, file) = (known.ipmi_password_command.as_ref(), known.ipmi_password_file.as_ref());
        let keyring = known.ipmi_keyring.unwrap_or_default();
        Source::of(command, file, keyring, known.ipmi_password_env.as_ref())
    }

    /// Returns the credentials for IPMI, if the inventory has separate ones.
    pub(crate) async fn ipmi_credentials(&self, url: &str) -> anyhow::Result<Option<Credentials>> {
        let (known, own) = (self.known.settings(), self.ipmi_source());
        if own.is_none() && known.ipmi_user.is_none() {
            return Ok(None);
        }
        let Some(user) = known.ipmi_user.as_deref().or(self.user()) else { return Ok(None) };
        let password = match own.or_else(|| self.password_source()) {
            Some(source) => source.get(self.name(url), user).await?,
            None => of_environment(user, url)?,
        };
        Ok(Some(Credentials::new(user, password)))
    }

    fn user(&self) -> Option<&str> {
        self.known.user(self.user.as_deref())
    }

    /// Returns the user. It is an error if none was named.
    pub(crate) fn named_user(&self) -> anyhow::Result<&str> {
        self.user().context("name a user with --user")
    }

    /// Returns the password to store in the keyring, which comes from elsewhere.
    pub(crate) async fn password_to_store(&self, url: &str) -> anyhow::Result<SecretString> {
        let user = self.named_user()?;
        match self.password_source().filter(|source| *source != Source::Keyring) {
            Some(source) => source.get(self.name(url), user).await,
            None => of_environment(user, url),
        }
    }

    /// Returns the user whose password comes from the environment or has to be typed.
    pub(crate) fn typed_by(&self) -> Option<&str> {
        self.user().filter(|_| self.password_source().is_none())
    }

    /// Returns the host as it was named.
    pub(crate) fn name<'a>(&'a self, url: &'a str) -> &'a str {
        self.known.name().unwrap_or(url)
    }

    fn password_source(&self) -> Option<Source> {
        let known = self.known.settings();
        let (command, file) = (known.password_command.as_ref(), known.password_file.as_ref());
        let keyring = known.keyring.unwrap_or_default();
        Source::of(self.password_command.as_ref(), self.password_file.as_ref(), self.keyring, None)
            .or_else(|| Source::of(command, file, keyring, known.password_env.as_ref()))
    }

    /// Returns what the inventory says, which applies where the command line says nothing.
    pub(crate) fn known(&self) -> &Known {
        &self.known
    }

    /// Returns these arguments, with what the inventory says where they say nothing.
    pub(crate) fn with_known(&self) -> Self {
        let (mut args, known) = (self.clone(), self.known.settings());
        if !self.insecure && self.ca.is_none() && self.pin.is_none() {
            // `--trust-on-first-use` asks for certificates to be checked: the inventory can't turn that off.
            args.insecure = !self.trust_on_first_use && known.insecure.unwrap_or_default();
            (args.ca, args.pin) = (known.ca.clone(), known.pin.clone());
            args.trust_on_first_use |= known.trust_on_first_use.unwrap_or_default();
        }
        args.basic |= known.basic.unwrap_or_default();
        args.timeout = self.timeout.or(known.timeout);
        args
    }

    /// Returns how long a request may take, if that is set.
    pub(crate) fn request_timeout(&self) -> Option<Duration> {
        self.timeout.or(self.known.settings().timeout)
    }

    /// Returns the error with what to try next, if there is something that would help.
    pub(crate) fn hint(&self, url: &str, error: &rosefish::Error) -> anyhow::Error {
        let text = match self.with_known().mended_by(url, error).or_else(|| mistaken::reach(url, error)) {
            Some(hint) => format!("{url}: {}; {hint}", error.report()),
            None => format!("{url}: {}", error.report()),
        };
        anyhow::Error::new(HostError::new(text, error.kind()))
    }

    fn mended_by(&self, url: &str, error: &rosefish::Error) -> Option<String> {
        let hint = |text: &str| Some(text.to_owned());
        if let Some(sha256) = error.certificate_sha256() {
            return self.about_certificate(url, sha256);
        }
        let is_login = error.method() == Some("POST")
            && error.uri().is_some_and(|uri| uri.trim_end_matches('/').ends_with("Sessions"));
        match error.kind() {
            _ if self.user().is_none() => error.is_auth().then(|| "name a user with --user".to_owned()),
            ErrorKind::SessionLimit if !self.basic => hint("--basic does without a session"),
            ErrorKind::Unauthorized if self.password_source().is_none() => {
                hint("is the password in ROSEFISH_PASSWORD that of --user?")
            }
            // The login failed, but not because of the password.
            ErrorKind::Refused | ErrorKind::Decode | ErrorKind::Forbidden if is_login && !self.basic => {
                hint("--basic does without a session, where the service takes the password with each request")
            }
            _ => None,
        }
    }
}

/// How long the program waits at its end for sessions to be logged out.
const LOGOUTS: Duration = Duration::from_secs(5);

/// How long it waits for the sessions of clients that were dropped with the runtime: nothing handles signals then.
const LAST_LOGOUTS: Duration = Duration::from_secs(2);

/// Ends the session, and reports if that fails. After Ctrl-C, it is ended in the background.
pub async fn log_out(client: Client) {
    if is_interrupted() {
        drop(client);
    } else if let Some(Err(error)) = uninterrupted(client.close()).await {
        say!("rosefish: the session could not be ended, it will time out: {}", error.report());
    }
}

/// Waits for the sessions that are being ended in the background, for a bounded time. This is the last thing that the program does.
pub async fn logged_out() -> usize {
    let left = match finished(rosefish::logged_out(LOGOUTS)).await {
        Some(left) => left,
        None => rosefish::logged_out(Duration::ZERO).await,
    };
    if left > 0 {
        say!("rosefish: {left} sessions could not be ended in time; they will time out");
    }
    left
}

/// Waits for the sessions of clients that tasks held until the runtime ended.
pub fn logged_out_at_the_end() {
    let left = rosefish::logged_out_blocking(LAST_LOGOUTS);
    if left > 0 {
        say!("rosefish: {left} sessions could not be ended in time; they will time out");
    }
}

/// Splits a URL as a person types it into the service's origin and the path on it (`""` if there is none).
///
/// # Errors
///
/// If it has credentials in it (they would be seen in the list of processes and in logs), or no host.
pub fn split_url(url: &str) -> anyhow::Result<(&str, &str)> {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(authority..).unwrap_or_default();
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(host).unwrap_or((rest, ""));
    if host.contains('@') {
        bail!(
            "the URL has a user or password in it, where others can see it: name the user with --user, put the password in \
             {PASSWORD_VARIABLE}"
        );
    }
    if host.is_empty() {
        bail!("{url:?} names no host: expected something like https://bmc.example or 10.0.0.7");
    }
    Ok((url.get(..authority + host.len()).unwrap_or(url), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_apart_where_the_path_begins() {
        for (url, origin, path) in [
            ("https://bmc/redfish/v1/Systems", "https://bmc", "/redfish/v1/Systems"),
            ("bmc:8443/redfish/v1", "bmc:8443", "/redfish/v1"),
            ("http://[fe80::1]:8000", "http://[fe80::1]:8000", ""),
            ("10.0.0.7", "10.0.0.7", ""),
            ("https://bmc?x=1", "https://bmc", "?x=1"),
        ] {
            assert_eq!(split_url(url).unwrap(), (origin, path), "{url}");
        }
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        let error = split_url("https://root:calvin@bmc/").unwrap_err().to_string();
        assert!(error.contains("--user") && !error.contains("calvin"), "{error}");
        assert!(split_url("https:///redfish").is_err());
    }

    #[test]
    fn timeouts_are_positive_numbers() {
        assert_eq!(seconds("2.5"), Ok(Duration::from_millis(2500)));
        for text in ["0", "-1", "soon", "inf", "NaN", "1e300"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
