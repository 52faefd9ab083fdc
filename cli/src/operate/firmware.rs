//! `rosefish firmware`: which versions are installed, and updating them.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use rosefish::host::{Firmware, FirmwareProgress, FirmwareUpdate, FirmwareUpdated, FirmwareWay, Host, Outcome};
use rosefish::{Apply, Error, UploadImage};

use super::{On, Table, media_boot, tell};
use crate::image::file::Image;
use crate::image::server::ImageServer;
use crate::terminal::{one_line, say};

/// How long a new version is waited for that comes into force later.
const LATER: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "\
Examples:
  rosefish firmware 10.0.0.7 --user root                            what is installed
  rosefish firmware update 10.0.0.7 bmc-2.10.bin --user root        send it, follow it, compare the versions
  rosefish firmware update 10.0.0.7 bios.cap --apply on-reset --user root
  rosefish firmware update 10.0.0.7 nic.pldm --target NIC1 --user root
  rosefish firmware update 10.0.0.7 https://images/bmc-2.10.bin --user root
  rosefish firmware start 10.0.0.7 --user root                      what was left with --apply on-start

A file is sent by MultipartHttpPushUri, else by HttpPushUri: then targets and the time go to HttpPushUriTargets and HttpPushUriOptions, which
are reserved while it is sent. Where the service takes neither, or takes what was asked for by SimpleUpdate alone, it is served from here
for it. What is printed at the end are the versions that were seen to change.";

/// Show the installed firmware, or update it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FirmwareArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what is installed
    List(On),
    /// Update from a file of this computer, or from a URI that the BMC fetches
    Update(Box<UpdateArgs>),
    /// Start an update that waits for it
    Start(StartArgs),
}

/// When an image is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    /// At once
    Now,
    /// With the next reset
    OnReset,
    /// When `firmware start` says so
    OnStart,
    /// When the maintenance window begins
    AtMaintenance,
    /// With a reset in the maintenance window
    OnResetInMaintenance,
}

impl When {
    fn apply(self) -> Apply {
        match self {
            Self::Now => Apply::immediately(),
            Self::OnReset => Apply::on_reset(),
            Self::OnStart => Apply::named("OnStartUpdateRequest"),
            Self::AtMaintenance => Apply::at_maintenance_window(),
            Self::OnResetInMaintenance => Apply::on_reset_in_maintenance_window(),
        }
    }
}

#[derive(Debug, Args)]
struct UpdateArgs {
    #[command(flatten)]
    on: On,
    /// The image: a file of this computer, or a URI
    #[arg(value_name = "IMAGE")]
    image: String,
    /// Update this, by Id, name or URI; may be given more than once [default: what the image is for]
    #[arg(long = "target", value_name = "FIRMWARE")]
    targets: Vec<String>,
    /// When it is applied [default: as the service does]
    #[arg(long, value_name = "WHEN")]
    apply: Option<When>,
    /// Have the service take an image that it would not, such as an older one
    #[arg(long)]
    force: bool,
    /// The part `OemParameters` of the form, on which AMI's services insist
    #[arg(long, value_name = "JSON")]
    oem_parameters: Option<String>,
    /// Who fetches the image from a URI; the password comes from ROSEFISH_IMAGE_PASSWORD
    #[arg(long, value_name = "NAME")]
    image_user: Option<String>,
    /// Where it is served: the address of this computer from which it is [default: the one that routes to the BMC]
    #[arg(long, value_name = "ADDRESS", value_parser = media_boot::listen)]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    ends: EndArgs,
}

impl UpdateArgs {
    /// The update with all that is asked for beside the image.
    fn wishes(&self, update: FirmwareUpdate) -> FirmwareUpdate {
        let mut update = self.targets.iter().fold(update, FirmwareUpdate::target);
        if self.force {
            update = update.force();
        }
        if let Some(json) = &self.oem_parameters {
            update = update.oem_parameters(json);
        }
        match self.apply {
            Some(when) => update.apply(when.apply()),
            None => update,
        }
    }
}

#[derive(Debug, Args)]
struct StartArgs {
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    ends: EndArgs,
}

/// How long things may take, and how they are shown.
#[derive(Debug, Args)]
struct EndArgs {
    /// Give up after so many seconds [default: 3600]. The update continues
    #[arg(long, value_name = "SECONDS", value_parser = crate::host::seconds)]
    within: Option<Duration>,
    /// Wait so many seconds for the new version after the update has ended [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = crate::host::seconds)]
    settling: Option<Duration>,
}

pub(crate) async fn run(args: FirmwareArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::List(on) => on.tell_list(async |host| host.firmware().await, |all| table(all).text()).await,
        Verb::Update(args) => update(*args).await,
        Verb::Start(args) => {
            let within = args.ends.within.unwrap_or(Duration::from_secs(3600));
            let done = args.on.target.with(async |host| host.start_firmware_update(within).await).await?;
            report(&done, args.on.json)
        }
    }
}

pub(crate) fn table(all: &[Firmware]) -> Table {
    let mut table = Table::new(&["ID", "NAME", "VERSION", "UPDATE", "MAKER"]);
    for one in all {
        let update = match (one.updateable, one.reset_required) {
            (Some(true), Some(true)) => "with reset",
            (Some(true), _) => "yes",
            (Some(false), _) => "no",
            (None, _) => "",
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let name = one.name.clone().filter(|name| *name != one.id).unwrap_or_default();
        table.row([one.id.clone(), name, text(&one.version), update.to_owned(), text(&one.manufacturer)]);
    }
    table
}

async fn update(args: UpdateArgs) -> anyhow::Result<ExitCode> {
    let is_uri = args.image.contains("://");
    let user = match (&args.image_user, is_uri) {
        (Some(user), true) => Some((user.clone(), super::media::image_password(user)?)),
        _ => None,
    };
    // A file that isn't there is found out before anybody logs in.
    let file = if is_uri { None } else { Some(Image::open(Path::new(&args.image))?) };
    let done = args.on.target.with(async |host| Ok(send(host, &args, user, file).await)).await??;
    report(&done, args.on.json)
}

async fn send(
    host: &Host,
    args: &UpdateArgs,
    user: Option<(String, secrecy::SecretString)>,
    file: Option<Image>,
) -> anyhow::Result<Outcome<FirmwareUpdated>> {
    let failed = |error: Error| args.on.target.hint(&error);
    let mut server = None;
    let update = match file {
        None => args.wishes(FirmwareUpdate::from_uri(&args.image)),
        Some(file) => {
            let upload = FirmwareUpdate::from_image(file.name(), UploadImage::open(&args.image).await?);
            let upload = args.wishes(upload);
            let can_push = host.takes_upload(&upload).await.map_err(failed)?;
            if can_push || !host.firmware_ways().await.map_err(failed)?.contains(&FirmwareWay::Fetch) {
                upload
            } else {
                let started = ImageServer::for_host(file, args.on.target.address(), args.listen).await?;
                say!("the service fetches it from {}", started.url());
                let update = args.wishes(FirmwareUpdate::from_uri(started.url()));
                server = Some(started);
                update
            }
        }
    };
    let mut update = match user {
        Some((user, password)) => update.login(user, password),
        None => update,
    };
    let is_later = args.apply.is_some_and(|when| when != When::Now);
    if let Some(settling) = args.ends.settling.or(is_later.then_some(LATER)) {
        update = update.settling(settling);
    }
    if let Some(within) = args.ends.within {
        update = update.within(within);
    }
    let shown = Shown::new();
    let bar = shown.bar.clone();
    let shown = Arc::new(Mutex::new(shown));
    let update = update.on_progress(move |now| shown.lock().unwrap_or_else(PoisonError::into_inner).show(now));
    let done = host.update_firmware(update).await.map_err(failed);
    bar.finish_and_clear();
    drop(server);
    done
}

/// How far it is: a bar on a terminal, else lines now and then.
struct Shown {
    bar: ProgressBar,
    last: String,
    told: Option<Instant>,
}

impl Shown {
    const OFTEN: Duration = Duration::from_secs(5);

    fn new() -> Self {
        let bar = if std::io::stderr().is_terminal() && !crate::capture::is_on() {
            ProgressBar::new(100)
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("[{bar:30}] {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        Self { bar: bar.with_style(style.progress_chars("=> ")), last: String::new(), told: None }
    }

    fn show(&mut self, now: FirmwareProgress) {
        let (percent, text, is_news) = match now {
            FirmwareProgress::Sending { sent, total } => {
                let percent = sent.saturating_mul(100) / total.max(1);
                let text = format!("{percent} % of {} sent", media_boot::mebibytes(total));
                (percent, text, sent == total)
            }
            FirmwareProgress::Working { state, percent, message } => {
                let percent = u64::from(percent.unwrap_or_default());
                let state = state.unwrap_or_else(|| "under way".to_owned());
                let message = message.map(|message| format!(": {message}")).unwrap_or_default();
                (percent, format!("{state}, {percent} %{message}"), true)
            }
            _ => (0, "the BMC does not answer; waiting until it is back".to_owned(), true),
        };
        self.bar.set_position(percent);
        self.bar.set_message(one_line(&text));
        let is_due = self.told.is_none_or(|told| told.elapsed() >= Self::OFTEN);
        if self.bar.is_hidden() && text != self.last && (is_news || is_due) {
            say!("{}", one_line(&text));
            self.told = Some(Instant::now());
            self.last = text;
        }
    }
}

fn report(done: &Outcome<FirmwareUpdated>, as_json: bool) -> anyhow::Result<ExitCode> {
    tell(done, as_json, |updated| {
        let mut text = String::new();
        for message in &updated.messages {
            text.push_str(&format!("the service says: {}\n", one_line(message)));
        }
        for change in &updated.changes {
            let version = |version: &Option<String>| one_line(version.as_deref().unwrap_or("none"));
            let (before, after) = (version(&change.before), version(&change.after));
            text.push_str(&format!("{}: {before} -> {after}\n", one_line(&change.id)));
        }
        if updated.changes.is_empty() && done.unread.is_none() {
            let state = updated.state.as_ref().map(|state| format!(" (its task: {state})")).unwrap_or_default();
            text.push_str(&format!("the service took it{state}; no version has changed so far"));
            let resets = match updated.resets.is_empty() {
                true => "\n".to_owned(),
                false => format!(": {} change with a reset\n", updated.resets.join(", ")),
            };
            text.push_str(&resets);
        }
        if let Some(why) = &updated.left_behind {
            let why = one_line(why);
            say!("warning: HttpPushUriTargets and HttpPushUriOptions of the service could not be put back: {why}");
        }
        text
    })
}
