//! `rosefish report`: one page about machines, for people who don't sit at a terminal. What is read of a machine is in [`machine`];
//! [`page`] writes the HTML, in which nothing that a machine says is more than text.

mod detail;
mod machine;
mod page;
mod plot;
mod rows;
mod series;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use clap::{ArgMatches, Args, FromArgMatches as _};

use crate::files::write_new;
use crate::fleet::current::{Named, arguments_for};
use crate::fleet::fan::{Work, gather};
use crate::fleet::options::Line;
use crate::fleet::outcome::Outcome;
use crate::operate::Target;
use crate::partial;
use crate::terminal::{say, stdout};
use machine::{Sheet, Wanted};
use page::{Entry, Page};

const EXAMPLES: &str = "\
Examples:
  rosefish report 10.0.0.7 -o node7.html --user root
  rosefish report @cluster -o cluster.html --force --user root
  rosefish report @cluster -o quick.html --no-walk --user root      a fraction of the requests
  rosefish report @cluster -o - --user root | gzip > cluster.html.gz

The page needs no network and has no scripts. It has serial numbers and addresses in it: the file is for you alone to read.
What could not be read stands on the page with the reason, machines that could not be reached among it; the exit code is 3 then.
There is no --json: inventory, sensors, health, logs, firmware, certificate list, walk and oem have it.";

/// Write a page about machines: health, inventory, sensors, logs, firmware, certificates, deviations
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    target: Target,
    /// The file to write; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file if it is there already
    #[arg(long)]
    force: bool,
    /// Show at most so many rows of each list
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rows: u32,
    /// Don't read everything that a service has: no deviations, no map of what its vendor adds, no history
    #[arg(long)]
    no_walk: bool,
}

/// What is read of each host, by its name: also of those that fail half-way.
type Sheets = Arc<Mutex<HashMap<String, Sheet>>>;

/// Reads the hosts and writes the page.
pub(crate) async fn run(line: &Line, leaf: &ArgMatches, hosts: Vec<Named>, is_list: bool) -> anyhow::Result<ExitCode> {
    if line.many.csv || line.many.group_by.is_some() {
        bail!("`report` writes a page: --csv and --group-by are for commands that print");
    }
    let args = ReportArgs::from_arg_matches(leaf)?;
    // Before anything is asked of anybody: reading can take minutes.
    check_place(&args)?;
    let names: Vec<String> = hosts.iter().map(|host| host.name.clone()).collect();
    let sheets = Sheets::default();
    let begin = {
        let (sheets, leaf) = (Arc::clone(&sheets), leaf.clone());
        move |host: Arc<Named>| {
            let name = host.name.clone();
            let args = arguments_for::<ReportArgs>(host, &leaf)?;
            Ok(Box::pin(read(args, name, Arc::clone(&sheets))) as Work)
        }
    };
    let (told, code) = gather(line, leaf, hosts, Arc::new(begin)).await?;
    let mut sheets = std::mem::take(&mut *sheets.lock().unwrap_or_else(PoisonError::into_inner));
    let entries = names.iter().zip(&told).map(|(name, told)| Entry {
        name,
        error: match told {
            Some(told) => told.error.as_deref(),
            None => Some("interrupted: this machine was not read to its end"),
        },
        machine: sheets.remove(name).map(|sheet| sheet.take()),
    });
    let page = Page { entries: entries.collect(), rows: args.rows(), walks: !args.no_walk };
    write(&args, &page.html())?;
    // Exit code 5 is for lists.
    let is_one = !is_list && matches!(told.first(), Some(Some(told)) if told.outcome == Outcome::Unreached);
    Ok(if is_one { ExitCode::FAILURE } else { code })
}

impl ReportArgs {
    fn rows(&self) -> usize {
        usize::try_from(self.rows).unwrap_or(usize::MAX)
    }

    fn is_printed(&self) -> bool {
        self.output.as_os_str() == "-"
    }
}

/// Reads a host.
async fn read(args: ReportArgs, name: String, sheets: Sheets) -> anyhow::Result<ExitCode> {
    let sheet = Sheet::default();
    let wanted = Wanted { rows: args.rows(), walk: !args.no_walk };
    let unread = args.target.with(async |host| {
        sheets.lock().unwrap_or_else(PoisonError::into_inner).insert(name, sheet.clone());
        machine::read(host, &sheet, wanted).await;
        Ok(sheet.unread())
    });
    let unread = unread.await?;
    if unread > 0 {
        say!("{unread} places could not be read: the page names them");
    }
    Ok(partial::code(unread == 0))
}

fn check_place(args: &ReportArgs) -> anyhow::Result<()> {
    if args.is_printed() {
        return Ok(());
    }
    let file = &args.output;
    if file.is_dir() {
        bail!("{}: this is a folder; name a file", file.display());
    }
    if !args.force && file.symlink_metadata().is_ok() {
        bail!("{}: the file is there already; --force replaces it", file.display());
    }
    let folder = folder_of(file);
    if !folder.is_dir() {
        bail!("{}: there is no folder {}", file.display(), folder.display());
    }
    Ok(())
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn write(args: &ReportArgs, html: &str) -> anyhow::Result<()> {
    if args.is_printed() {
        let mut out = stdout();
        out.write_all(html.as_bytes())?;
        return Ok(out.flush()?);
    }
    let file = &args.output;
    let done = if args.force { replace(file, html) } else { write_new(file, html) };
    done.with_context(|| format!("{}: the page can't be written", file.display()))?;
    say!("rosefish: {}: {} kB", file.display(), html.len().div_ceil(1000));
    Ok(())
}

/// Puts a file in the place of another, which stays until the new one is complete.
fn replace(file: &Path, html: &str) -> std::io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    // A String takes whatever is written to it.
    let mut end = String::new();
    let _ = write!(end, ".{}.new", std::process::id());
    name.push(end);
    let new = file.with_file_name(name);
    let done = write_new(&new, html).and_then(|()| std::fs::rename(&new, file));
    if done.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    done
}
