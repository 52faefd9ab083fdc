//! Which certificate a host may show: the one that is named, those of an authority, the one that was recorded when the host was
//! first seen, or those that the system trusts.

use std::sync::{Arc, LazyLock};

use anyhow::{Context as _, bail};
use futures_util::future::BoxFuture;
use rosefish::{Client, ClientBuilder, Error, SharedTls};

use crate::host::{HostArgs, Options, split_url};
use crate::known_bmcs::{self, KnownBmc};
use crate::terminal::say;

/// The trusted authorities are read once, however many hosts there are.
static TLS: LazyLock<SharedTls> = LazyLock::new(SharedTls::default);

impl HostArgs {
    /// Returns everything except the credentials, for any number of clients of a host.
    ///
    /// # Errors
    ///
    /// If the CA file or the file of known BMCs can't be read.
    pub(crate) fn options(&self, url: &str) -> anyhow::Result<Options> {
        let args = self.with_known();
        let known = args.known_bmc(url)?;
        args.options_with(known.map(|known| known.sha256))
    }

    /// Returns the options. This certificate, if there is one, replaces the one that is named.
    fn options_with(&self, pin: Option<String>) -> anyhow::Result<Options> {
        let args = self.with_known();
        let pem = match &args.ca {
            Some(file) => Some(std::fs::read(file).with_context(|| format!("--ca {}", file.display()))?),
            None => None,
        };
        Ok(Arc::new(move |mut builder: ClientBuilder| {
            builder = builder.shared_tls(&TLS);
            if args.basic {
                builder = builder.basic_auth();
            }
            if args.insecure {
                builder = builder.danger_accept_invalid_certs();
            }
            if let Some(pem) = &pem {
                builder = builder.ca_pem(pem.clone());
            }
            // The last setting counts.
            if let Some(pin) = pin.as_ref().or(args.pin.as_ref()) {
                builder = builder.pin_sha256(pin);
            }
            if let Some(timeout) = args.timeout {
                builder = builder.timeout(timeout).connect_timeout(timeout);
            }
            if let Some(concurrency) = args.concurrency {
                builder = builder.concurrency(usize::from(concurrency));
            }
            builder
        }))
    }

    /// Returns the recorded certificate of a host, unless the options name what to trust.
    fn known_bmc(&self, url: &str) -> anyhow::Result<Option<KnownBmc>> {
        let is_named = self.insecure || self.pin.is_some() || self.ca.is_some() && !self.trust_on_first_use;
        match place(url)?.filter(|_| !is_named) {
            Some(place) => known_bmcs::find(&place),
            None => Ok(None),
        }
    }

    /// Connects to a host. If its certificate is not vouched for and not known, and hosts are to be trusted when they are first
    /// seen, the certificate is recorded, and the host is connected to once more with that certificate alone. The password has not
    /// been sent before: it only goes over TLS with a certificate that was accepted.
    ///
    /// # Errors
    ///
    /// If it can't be connected to, or the certificate can't be written down.
    pub(crate) async fn connected<T>(
        &self,
        url: &str,
        connect: impl Fn(Options) -> BoxFuture<'static, Result<T, Error>> + Send + Sync,
    ) -> anyhow::Result<T> {
        let error = match connect(self.options(url)?).await {
            Ok(connected) => return Ok(connected),
            Err(error) => error,
        };
        let args = self.with_known();
        let is_first = args.trust_on_first_use && args.pin.is_none() && !args.insecure;
        let seen = error.certificate_sha256().filter(|_| is_first);
        let (Some(sha256), Some(place)) = (seen, place(url)?) else { return Err(self.hint(url, &error)) };
        let known = match args.known_bmc(url)? {
            Some(known) => known,
            None => self.first_seen(url, KnownBmc::new(place, sha256.to_owned())).await?,
        };
        // Another program has recorded another one meanwhile, or the host is known by another.
        if known.sha256 != sha256 {
            return Err(self.hint(url, &error));
        }
        connect(self.options_with(Some(known.sha256))?).await.map_err(|error| self.hint(url, &error))
    }

    /// Records the certificate of a host that has proved that the certificate is its own, and that it is a Redfish service.
    async fn first_seen(&self, url: &str, bmc: KnownBmc) -> anyhow::Result<KnownBmc> {
        let (origin, _) = split_url(url)?;
        let file = known_bmcs::own()?;
        let options = self.options_with(Some(bmc.sha256.clone()))?;
        match options(Client::builder(origin)).connect().await {
            Ok(client) => drop(client),
            // It doesn't show its root without credentials.
            Err(error) if matches!(error.status(), Some(401 | 403)) => {}
            Err(error) => return Err(self.hint(url, &error)),
        }
        let known = file.add(bmc.clone()).await?;
        if known == bmc {
            say!(
                "rosefish: {} is trusted from now on by the certificate that it shows, SHA-256 {}, written to {}",
                bmc.host,
                bmc.sha256,
                file.path().display()
            );
        }
        Ok(known)
    }

    /// Returns what to do about a certificate that was not accepted.
    pub(crate) fn about_certificate(&self, url: &str, seen: &str) -> Option<String> {
        let args = self.with_known();
        if let Ok(Some(KnownBmc { host, sha256, since })) = args.known_bmc(url) {
            return (sha256 != seen).then(|| {
                format!(
                    "since {since} it is known by the certificate with SHA-256 {sha256}: either it has a new one, or somebody \
                     else answers; if you know {seen} to be the host's, forget the old one: rosefish certificate forget {host}"
                )
            });
        }
        // If a fingerprint was named, the error says which one was seen.
        let open = args.pin.is_none() && !args.insecure;
        open.then(|| format!("if you know that certificate to be the host's, trust it with --pin {seen}"))
    }
}

/// Returns `HOST:PORT` of a URL, by which a host is known, or `None` if the URL is without TLS.
///
/// # Errors
///
/// If it is not a URL.
pub(crate) fn place(url: &str) -> anyhow::Result<Option<String>> {
    let (origin, _) = split_url(url)?;
    let authority = match origin.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => return Ok(None),
        Some((_, authority)) => authority,
        None => origin,
    };
    let (host, port) = host_and_port(authority)?;
    let host = host.trim_start_matches('[').trim_end_matches(']').replace("%25", "%").to_ascii_lowercase();
    if host.contains(|c: char| c.is_whitespace() || c.is_control()) {
        bail!("{host:?} is not a name of a host");
    }
    Ok(Some(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }))
}

/// Splits host and port. The port defaults to that of HTTPS.
///
/// # Errors
///
/// If what follows the colon is not a port.
pub(crate) fn host_and_port(authority: &str) -> anyhow::Result<(&str, u16)> {
    let colon = authority.rfind(':').filter(|at| !authority.get(*at..).is_some_and(|rest| rest.contains(']')));
    match colon.and_then(|at| Some((authority.get(..at)?, authority.get(at + 1..)?))) {
        // An IPv6 address without brackets.
        Some((host, _)) if host.contains(':') && !host.starts_with('[') => Ok((authority, 443)),
        Some((host, port)) => Ok((host, port.parse().with_context(|| format!("{port} is not a port"))?)),
        None => Ok((authority, 443)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_come_apart_from_their_ports() {
        for (authority, host, port) in
            [("bmc", "bmc", 443), ("bmc:8443", "bmc", 8443), ("[fe80::1]:44", "[fe80::1]", 44), ("[::1]", "[::1]", 443)]
        {
            assert_eq!(host_and_port(authority).unwrap(), (host, port));
        }
        assert!(host_and_port("bmc:many").is_err());
    }

    #[test]
    fn a_host_is_known_by_one_name_however_it_is_written() {
        for (url, known_as) in [
            ("bmc-07.example", Some("bmc-07.example:443")),
            ("https://BMC-07.example/redfish/v1", Some("bmc-07.example:443")),
            ("HTTPS://bmc-07.example:443", Some("bmc-07.example:443")),
            ("10.0.0.7:8443", Some("10.0.0.7:8443")),
            ("fe80::1%eth0", Some("[fe80::1%eth0]:443")),
            ("https://[fe80::1%25eth0]:8443", Some("[fe80::1%eth0]:8443")),
            ("http://bmc", None),
        ] {
            assert_eq!(place(url).unwrap().as_deref(), known_as, "{url}");
        }
    }
}
