//! `rosefish get`: one resource, as the service sent it, and where it departs from the schemas.

use std::borrow::Cow;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use crate::capture;
use crate::fleet::current::ResourceUrl;
use crate::host::{HostArgs, log_out, split_url};
use crate::pretty;
use crate::terminal::{say, stdout};

const EXAMPLES: &str = "\
Examples:
  rosefish get https://bmc/redfish/v1                 the service root
  rosefish get bmc/redfish/v1/Systems/1 --user root   without a scheme, https is meant
  rosefish get bmc/redfish/v1/Systems/1 --json | jq .PowerState

The resource goes to standard output, indented; its type, size and deviations from the schemas \
go to standard error.";

/// Show one resource
///
/// Fetches a resource, decodes it as the type that it says it is, and shows it as the service sent it, with `***` in the
/// place of secrets.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    uri: ResourceUrl,
    /// The body alone, byte by byte as it came, whatever it is, secrets included; on a terminal with control characters made visible
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) async fn run(args: GetArgs) -> anyhow::Result<ExitCode> {
    let (origin, path) = split_url(&args.uri)?;
    let path = if path.is_empty() || path == "/" { "/redfish/v1" } else { path };
    let client = args.host.connect(origin).await?;
    let shown = if args.json { raw(&client, path).await } else { typed(&client, path).await };
    log_out(client).await;
    shown
}

async fn raw(client: &rosefish::Client, path: &str) -> anyhow::Result<ExitCode> {
    let response = client.get_raw(path).await.context(client.origin().to_owned())?;
    if std::io::stdout().is_terminal() || capture::is_on() {
        stdout().write_all(&response.body)?;
    } else {
        std::io::stdout().write_all(&response.body)?;
    }
    if response.status >= 400 {
        bail!("GET {path}: the service answered {}", response.status);
    }
    Ok(ExitCode::SUCCESS)
}

async fn typed(client: &rosefish::Client, path: &str) -> anyhow::Result<ExitCode> {
    let resource = client.get_any(path, None).await.context(client.origin().to_owned())?;
    let mut out = stdout();
    writeln!(out, "{}", pretty::indent(&without_secrets(client, &resource.json())))?;
    out.flush()?;
    let deviations = resource.deviations();
    say!(
        "{}: {}, {} bytes, {}",
        resource.uri(),
        resource.table().name,
        resource.json().len(),
        match deviations.len() {
            0 => "conforms to the schemas".to_owned(),
            1 => "1 deviation from the schemas:".to_owned(),
            n => format!("{n} deviations from the schemas:"),
        }
    );
    for deviation in deviations {
        say!("  {deviation}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The text of a resource as it may be shown. It stays as it is written where it has no secrets.
fn without_secrets<'t>(client: &rosefish::Client, text: &'t str) -> Cow<'t, str> {
    let Ok(json) = serde_json::from_str::<Value>(text) else {
        return Cow::Owned(rosefish::wire::without_secrets(text));
    };
    let masked = client.masked(&json);
    if masked == json { Cow::Borrowed(text) } else { Cow::Owned(masked.to_string()) }
}
