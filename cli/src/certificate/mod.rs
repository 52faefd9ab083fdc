//! `rosefish certificate`: what a host shows when TLS is spoken with it, the certificates that its service manages, and those that
//! were trusted when they were first seen.

pub(crate) mod chain;
mod facts;
mod known;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use rosefish::schema::certificate::{Certificate, CertificateType};
use rosefish::schema::certificate_service::{CertificateService, GenerateCSRParameters, GenerateCSRResponse};
use rosefish::wire::Link;
use rosefish::{Client, ErrorKind, Partial, Reply, Resource};
use serde_json::json;

use crate::host::{log_out, split_url};
use crate::operate::{Shown, Table, print};
use crate::partial::{DONE_IN_PART, FOUND, tell_missing};
use crate::service::Service;
use crate::terminal::{one_line, say, shown};
use crate::trust::host_and_port;
use facts::Facts;

const DAY: i64 = 86_400;

const EXAMPLES: &str = "\
Examples:
  rosefish certificate 10.0.0.7                                 what it shows, and whether that is trusted; no login
  rosefish certificate list 10.0.0.7 --within 30 --user root    exit code 4 if one ends within 30 days
  rosefish certificate csr 10.0.0.7 --common-name bmc-07 --organization Example --user root > bmc-07.csr
  rosefish certificate replace 10.0.0.7 bmc-07.pem --user root
  rosefish certificate forget 10.0.0.7                          trust what it shows next, with --trust-on-first-use

The SHA-256 is what --pin takes. Compare it with one that came another way before you trust it.";

/// Show the certificate of whatever answers; list, request and replace those of a service; forget a known one
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CertificateArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the certificates that a host shows, whether they are trusted or not
    Show(ShowArgs),
    /// Show the certificates that a service has
    List(ListArgs),
    /// Have a service make a key and a request for a certificate (CSR), and print it
    Csr(Box<CsrArgs>),
    /// Replace a certificate
    Replace(ReplaceArgs),
    /// List the hosts that are known by the certificate that they showed first (--trust-on-first-use)
    Known(known::KnownArgs),
    /// Forget the certificate that a host showed first
    Forget(known::ForgetArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    #[command(flatten)]
    service: Service,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    service: Service,
    /// Exit with code 4 if one has ended, or ends within so many days
    #[arg(long, value_name = "DAYS")]
    within: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct CsrArgs {
    #[command(flatten)]
    service: Service,
    /// The collection that the certificate will go to, by URI [default: that of the only certificate there is]
    #[arg(long, value_name = "URI")]
    collection: Option<String>,
    /// The name of the host
    #[arg(long, value_name = "NAME")]
    common_name: String,
    /// Another name or address of the host; may be given several times
    #[arg(long, value_name = "NAME")]
    alternative_name: Vec<String>,
    /// The organization
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// The part of the organization
    #[arg(long, value_name = "NAME")]
    unit: Option<String>,
    /// The city
    #[arg(long, value_name = "NAME")]
    city: Option<String>,
    /// The state or province
    #[arg(long, value_name = "NAME")]
    state: Option<String>,
    /// The country, by its two letters
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ReplaceArgs {
    #[command(flatten)]
    service: Service,
    /// The new certificate in PEM, or with the certificates that lead to a root
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The certificate to replace, by URI [default: the only one there is]
    #[arg(long, value_name = "URI")]
    certificate: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: CertificateArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Show(args) => show(args).await,
        Verb::List(args) => list(args).await,
        Verb::Csr(args) => csr(*args).await,
        Verb::Replace(args) => replace(args).await,
        Verb::Known(args) => known::list(&args),
        Verb::Forget(args) => known::forget(args).await,
    }
}

/// Whether the client trusts what the host shows, with the given options.
enum Trust {
    Yes,
    No(String),
    /// Nothing showed it, for this reason.
    Unknown(String),
}

impl Trust {
    fn of(error: &rosefish::Error, hint: Option<String>) -> Self {
        let why = match hint {
            Some(hint) => format!("{}; {hint}", error.report()),
            None => error.report(),
        };
        match error.kind() {
            ErrorKind::Tls => Self::No(why),
            // It answered, so the certificate was accepted.
            _ if error.status().is_some() => Self::Yes,
            _ => Self::Unknown(why),
        }
    }
}

async fn trust(service: &Service, origin: &str) -> anyhow::Result<Trust> {
    let builder = service.host.options(origin)?(Client::builder(origin));
    Ok(match builder.connect().await {
        Ok(client) => {
            log_out(client).await;
            Trust::Yes
        }
        Err(error) => {
            let hint = error.certificate_sha256().and_then(|seen| service.host.about_certificate(origin, seen));
            Trust::of(&error, hint)
        }
    })
}

async fn show(args: ShowArgs) -> anyhow::Result<ExitCode> {
    let (origin, _) = split_url(&args.service.address)?;
    let chain = shown_at(origin).await?;
    let trust = trust(&args.service, origin).await?;
    if args.json {
        let chain: Vec<_> = chain.iter().map(chain::Shown::json).collect();
        let (trusted, reason) = match trust {
            Trust::Yes => (Some(true), None),
            Trust::No(why) => (Some(false), Some(why)),
            Trust::Unknown(why) => (None, Some(why)),
        };
        let value = json!({ "trusted": trusted, "reason": reason, "certificates": chain });
        return print(&args.service.json(value, json!([])));
    }
    let mut text = String::new();
    for (number, certificate) in chain.iter().enumerate() {
        let _ = writeln!(text, "Certificate {} of {}", number + 1, chain.len());
        text.push_str(&lines(certificate));
    }
    match trust {
        Trust::Yes => text.push_str("Trusted by these options\n"),
        Trust::No(why) => {
            let _ = writeln!(text, "Not trusted: {}", one_line(&why));
        }
        Trust::Unknown(why) => {
            let _ = writeln!(text, "Whether these options trust it is not known: {}", one_line(&why));
        }
    }
    print(&text)
}

fn lines(certificate: &chain::Shown) -> String {
    let mut lines = vec![("SHA-256", certificate.sha256.clone())];
    if let Some(read) = &certificate.read {
        let time = |seconds| chain::time(seconds).unwrap_or_default();
        lines.extend([
            ("Subject", read.subject.clone()),
            ("Issuer", read.issuer.clone()),
            ("Names", read.names.join(", ")),
            ("Serial number", read.serial_number.clone()),
            ("Valid from", time(read.not_before)),
            ("Valid until", format!("{} ({})", time(read.not_after), left(read.not_after))),
        ]);
    }
    let shown = lines.iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| format!("  {name:<13}  {}\n", one_line(value))).collect()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn left(until: i64) -> String {
    match until.saturating_sub(now()) {
        left @ 0.. => format!("{} days left", left / DAY),
        over => format!("expired {} days ago", over.saturating_neg() / DAY),
    }
}

/// Returns the certificates shown at an origin, the host's own first.
pub(crate) async fn shown_at(origin: &str) -> anyhow::Result<Vec<chain::Shown>> {
    if origin.starts_with("http://") {
        bail!("{origin} speaks HTTP without TLS: there is no certificate");
    }
    let (host, port) = host_and_port(origin.trim_start_matches("https://").trim_end_matches('/'))?;
    chain::shown(host, port).await
}

/// Returns the certificate service, and all certificates that it knows the locations of.
pub(crate) async fn found(
    client: &Client,
) -> Result<(Resource<CertificateService>, Partial<Resource<Certificate>>), rosefish::Error> {
    let service = client.root().certificate_service().await?;
    let locations = service.certificate_locations().await?;
    Ok((service, locations.certificates().collect_all().await))
}

async fn list(args: ListArgs) -> anyhow::Result<ExitCode> {
    let Partial { items, missing, .. } = args.service.with(async |client| Ok(found(client).await?.1)).await?;
    let ends = |certificate: &Resource<Certificate>| {
        let within = args.within.map(|days| now().saturating_add(i64::from(days).saturating_mul(DAY)));
        Facts::of(certificate).end().zip(within).is_some_and(|(end, within)| end < within)
    };
    let unknown: Vec<_> = items.iter().filter(|one| args.within.is_some() && Facts::of(one).end().is_none()).collect();
    if args.json {
        let value: Vec<_> = items
            .iter()
            .map(|certificate| {
                let facts = Facts::of(certificate);
                json!({
                    "uri": certificate.uri(),
                    "name": certificate.name,
                    "subject": facts.subject,
                    "issuer": facts.issuer,
                    "valid_not_before": facts.not_before,
                    "valid_not_after": facts.not_after,
                    "serial_number": facts.serial_number,
                    "fingerprint": certificate.fingerprint,
                })
            })
            .collect();
        print(&args.service.json(json!(value), serde_json::to_value(&missing)?))?;
    } else {
        Shown::from(table(&items)).print()?;
    }
    // It is not known whether these end soon.
    for certificate in &unknown {
        say!("not known when it ends: {}", one_line(certificate.uri()));
    }
    let code = tell_missing(&missing);
    Ok(match items.iter().any(ends) {
        true => FOUND.into(),
        false if !unknown.is_empty() => DONE_IN_PART.into(),
        false => code,
    })
}

/// Makes a table of a service's certificates.
pub(crate) fn table(all: &[Resource<Certificate>]) -> Table {
    let mut table = Table::new(&["SUBJECT", "ISSUER", "UNTIL", "EXPIRES", "URI"]);
    for certificate in all {
        let facts = Facts::of(certificate);
        let until = facts.not_after.as_ref().map(ToString::to_string).unwrap_or_default();
        let expires = facts.end().map(left).unwrap_or_default();
        let (subject, issuer) = (facts.subject.unwrap_or_default(), facts.issuer.unwrap_or_default());
        table.row([subject, issuer, until, expires, certificate.uri().to_owned()]);
    }
    table
}

/// Makes a table of the certificates that a host shows.
pub(crate) fn chain_table(all: &[chain::Shown]) -> Table {
    let mut table = Table::new(&["SUBJECT", "ISSUER", "UNTIL", "EXPIRES", "SHA-256"]);
    for certificate in all {
        let text = |of: fn(&chain::Fields) -> String| certificate.read.as_ref().map(of).unwrap_or_default();
        let until = text(|read| chain::time(read.not_after).unwrap_or_default());
        let (subject, issuer) = (text(|read| read.subject.clone()), text(|read| read.issuer.clone()));
        table.row([subject, issuer, until, text(|read| left(read.not_after)), certificate.sha256.clone()]);
    }
    table
}

/// Returns the URI of the certificate that is meant.
fn one(given: Option<&String>, all: &Partial<Resource<Certificate>>, option: &str) -> anyhow::Result<String> {
    match (given, &all.items[..]) {
        (Some(uri), _) => Ok(uri.clone()),
        (None, [only]) if all.missing.is_empty() => Ok(only.uri().to_owned()),
        (None, []) => bail!("the service shows no certificate; name one with {option}"),
        (None, several) => {
            let uris: Vec<_> = several.iter().map(|certificate| certificate.uri()).collect();
            bail!("this service has several certificates; choose one of: {} ({option})", uris.join(", "))
        }
    }
}

async fn csr(args: CsrArgs) -> anyhow::Result<ExitCode> {
    let made = args.service.with(async |client| {
        let (service, all) = found(client).await?;
        let collection = match &args.collection {
            Some(uri) => uri.clone(),
            None => {
                let uri = one(None, &all, "--collection")?;
                uri.rsplit_once('/').map_or_else(|| uri.clone(), |(collection, _)| collection.to_owned())
            }
        };
        // By name: the order of what is required is not the same in all releases of the schema.
        let parameters = GenerateCSRParameters {
            common_name: Some(args.common_name.clone()),
            alternative_names: args.alternative_name.clone(),
            certificate_collection: Some(Link::to(collection.as_str())),
            organization: args.organization.clone(),
            organizational_unit: args.unit.clone(),
            city: args.city.clone(),
            state: args.state.clone(),
            country: args.country.clone(),
            ..GenerateCSRParameters::default()
        };
        let call = service.invoke::<_, GenerateCSRResponse>("CertificateService.GenerateCSR", parameters);
        let Reply { value, status, task, .. } = call.await?;
        if let Some(task) = task {
            bail!("accepted, and not there yet: {:?}", task.handle());
        }
        match value.and_then(|value| value.csr_string) {
            Some(csr) => Ok(csr),
            None => bail!("the service answered {status}, without a request for a certificate"),
        }
    });
    let csr = made.await?;
    match args.json {
        true => print(&args.service.json(json!({ "csr": csr }), json!([]))),
        false => print(&shown(&format!("{}\n", csr.trim_end()))),
    }
}

async fn replace(args: ReplaceArgs) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(&args.file).with_context(|| args.file.display().to_string())?;
    if text.contains("PRIVATE KEY") {
        bail!("{} has a private key in it, which is not sent: the service has its own", args.file.display());
    }
    let kind = match text.matches("-----BEGIN CERTIFICATE-----").count() {
        0 => bail!("{} has no certificate in PEM", args.file.display()),
        1 => CertificateType::PEM,
        _ => CertificateType::PEMchain,
    };
    let done = args.service.with(async |client| {
        let (service, all) = found(client).await?;
        let uri = one(args.certificate.as_ref(), &all, "--certificate")?;
        let reply = service.replace_certificate(text.clone(), kind.clone(), Link::to(uri.as_str())).await?;
        Ok((uri, reply.status, reply.location, reply.task.is_some()))
    });
    let (uri, status, location, goes_on) = done.await?;
    let outcome = if goes_on { "accepted" } else { "confirmed" };
    if args.json {
        let value = json!({ "outcome": outcome, "status": status, "certificate": location.as_ref().unwrap_or(&uri) });
        return print(&args.service.json(value, json!([])));
    }
    let place =
        location.filter(|place| *place != uri).map(|place| format!("; it is at {place} now")).unwrap_or_default();
    print(&format!("{outcome} by the service ({status}): {uri}{place}\n"))
}
