//! `rosefish record`: everything that a service has, as a folder that `rosefish mock` and other mockup servers serve.
//! Following links is the library's; what is left out of a recording is in [`mask`], how it becomes files in [`folder`].

mod folder;
mod mask;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use rosefish::Client;
use rosefish::walk::Unreached;

use crate::files;
use crate::fleet::current::Service;
use crate::host::{HostArgs, log_out, split_url};
use crate::interrupt::{INTERRUPTED, uninterrupted};
use crate::partial::{self, say_not_read};
use crate::terminal::{one_line, say, stdout};
use crate::walk::{ReachArgs, unread_line};

use folder::Recording;

const EXAMPLES: &str = "\
Examples:
  rosefish record https://bmc captured/ --user root          asks for the password
  rosefish record https://bmc captured/ --user root --mask   to be shown to others
  rosefish mock captured/                                    serves what was recorded
  rosefish record @rack7 captured/ --user root               a folder for each host

The folder is in the layout of DMTF's mockups: redfish/v1/Systems/1/index.json and so on. Passwords, \
keys, tokens and community strings are never in it, nor are sessions. With --mask, serial numbers, UUIDs, \
MAC and IP addresses, host names and asset tags are replaced by others of the same form, the same by the \
same throughout the folder. The files are for you alone to read. Look through them before you give them away: vendors hide such things in places \
that nobody knows of.

What was read before Ctrl-C stays. Exit code 3 if something could not be read or written.";

/// Write all of a service's resources to a folder, for `rosefish mock` to serve
///
/// Reads a service as `rosefish walk` does, and changes nothing, but for the session that it opens and closes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    service: Service,
    /// The folder to write to; it must not exist yet, or be empty. Of several hosts each has a folder in it by its name, or where
    /// {host} in DIR says
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Replace what identifies the machine
    #[arg(long)]
    mask: bool,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) async fn run(args: RecordArgs) -> anyhow::Result<ExitCode> {
    // Before anything is asked of the service: a walk can take minutes.
    let dir = files::folder_of_host(&args.dir, args.host.name(&args.service))?;
    folder::prepare(&dir)?;
    let (origin, _) = split_url(&args.service)?;
    let Some(client) = uninterrupted(args.host.connect(origin)).await else { return Ok(INTERRUPTED.into()) };
    let client = client?;
    let origin = client.origin().to_owned();
    let mut recording = Recording::new(&dir, args.mask.then_some(origin.as_str()));
    let mut unread = Vec::new();
    let interrupted = uninterrupted(record(&client, &args.reach, &mut recording, &mut unread)).await.is_none();
    log_out(client).await;
    anyhow::ensure!(interrupted || recording.has_root(), "{}: {}", args.service, unread.join("; "));

    // What was read before an interruption stays.
    let written = recording.finish();
    say_not_read(&unread);
    for line in &written.left_out {
        say!("{}", one_line(line));
    }
    let masked = if args.mask { format!(", {} values masked", written.masked) } else { String::new() };
    writeln!(
        stdout(),
        "{}: {} resources, {} not read, {} secrets left out{masked}",
        dir.display(),
        written.resources,
        unread.len(),
        written.secrets,
    )?;
    match interrupted {
        true => Ok(INTERRUPTED.into()),
        false => Ok(partial::code(unread.is_empty() && written.left_out.is_empty())),
    }
}

/// Reads everything; what could not be read in words beside it.
async fn record(client: &Client, reach: &ReachArgs, recording: &mut Recording, unread: &mut Vec<String>) {
    let mut visits = reach.walk(client).visits();
    while let Some(visit) = visits.next().await {
        let why = match visit.resource {
            Ok(resource) => {
                recording.add(&visit.uri, &resource, visit.page);
                continue;
            }
            Err(why) => why,
        };
        unread.push(unread_line(&visit.uri, &why));
        // What is not a resource can be served again as it is.
        if let Unreached::Failed(_) = why
            && let Ok(raw) = client.get_raw(&visit.uri).await
            && raw.status == 200
        {
            recording.add_text(&visit.uri, raw.body);
        }
    }
    if visits.is_cut() {
        unread.push(format!("what is behind the first {} resources", visits.visited()));
    }
    // No link leads to these.
    for uri in ["/redfish", "/redfish/v1/odata"] {
        if let Ok(raw) = client.get_raw(uri).await
            && raw.status == 200
        {
            recording.add_text(uri, raw.body);
        }
    }
}
