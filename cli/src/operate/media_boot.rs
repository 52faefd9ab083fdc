//! `rosefish media boot`: an image of this computer served, inserted and started from, and ejected at the end, however that comes.

use std::io::IsTerminal as _;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rosefish::host::{BootDevice, BootMode, BootOverride, Host, HostPowerState, Manner, MediaImage, MediaSlot};
use rosefish::{Error, ErrorKind, Selector};
use tokio::sync::watch;

use super::{Target, print};
use crate::image::file::{Image, Reads};
use crate::image::server::ImageServer;
use crate::interrupt::{INTERRUPTED, interrupt, uninterrupted};
use crate::terminal::{one_line, say};

/// How long a BMC may read nothing before it is done with the image.
const IDLE: Duration = Duration::from_secs(300);

/// How long a machine may take until its BMC reads the image at all: firmware takes minutes to initialise much memory.
const FIRST_READ: Duration = Duration::from_secs(20 * 60);

/// How long an operating system may take to shut down.
const SHUTDOWN: Duration = Duration::from_secs(300);

/// How often it is checked whether the BMC reads, and said so where there is no terminal.
const LOOK: Duration = Duration::from_millis(200);
const TELL: Duration = Duration::from_secs(10);

/// How often it is looked how far the start is.
const STAGES: Duration = Duration::from_secs(5);

/// How an image is inserted.
#[derive(Debug, Clone, Args)]
pub(super) struct HowArgs {
    /// The slot, by Id, name or URI [default: an empty one that takes such an image]
    #[arg(long, value_name = "SLOT")]
    slot: Option<Selector>,
    /// Eject what is in the slot
    #[arg(long)]
    replace: bool,
    /// Let the system write to it, where the BMC can
    #[arg(long)]
    writable: bool,
    /// Wait so many seconds until the BMC shows it as inserted [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = crate::host::seconds)]
    wait: Option<Duration>,
}

impl HowArgs {
    pub(super) fn image(&self, uri: &str) -> MediaImage {
        let mut image = MediaImage::new(uri);
        if let Some(slot) = &self.slot {
            image = image.slot(slot.clone());
        }
        if self.replace {
            image = image.replace();
        }
        if self.writable {
            image = image.write_protected(false);
        }
        match self.wait {
            Some(wait) => image.within(wait),
            None => image,
        }
    }
}

/// Where an image is served.
#[derive(Debug, Clone, Args)]
struct ServerArgs {
    /// Serve on this address of this computer, with or without a port [default: the one from which packets go to the BMC]
    #[arg(long, value_name = "ADDRESS", value_parser = listen)]
    listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(super) struct BootArgs {
    #[command(flatten)]
    target: Target,
    /// The image: a file of this computer, or a URI that the BMC fetches itself
    #[arg(value_name = "IMAGE")]
    image: String,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    server: ServerArgs,
    /// Start by UEFI
    #[arg(long, conflicts_with = "legacy")]
    uefi: bool,
    /// Start as a PC BIOS does
    #[arg(long)]
    legacy: bool,
    /// Don't ask a running operating system to shut down: what it hasn't written is lost
    #[arg(long)]
    force: bool,
    /// Eject when the BMC has read nothing for so many seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = crate::host::seconds)]
    idle: Option<Duration>,
}

/// How the reading ended.
enum End {
    /// Nothing was read for a while.
    Idle,
    /// Nobody has read anything.
    NeverRead,
    Interrupted,
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse::<SocketAddr>().ok();
    let address = address.or_else(|| text.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 0)));
    address.ok_or_else(|| "expected an address of this computer, such as 10.0.0.1 or 10.0.0.1:8080".to_owned())
}

pub(super) async fn run(args: BootArgs) -> anyhow::Result<ExitCode> {
    let work = Box::pin(prepare(&args));
    let Some((image, server)) = uninterrupted(work).await.transpose()? else {
        return Ok(INTERRUPTED.into());
    };
    let uri = server.as_ref().map_or(args.image.as_str(), ImageServer::url);
    let stop = Stop::listen();
    tokio::select! {
        done = args.target.with(async |host| Ok(boot(host, &args, uri, image.as_ref(), &stop).await)) => done?,
        () = stop.pressed_before_anything() => Ok(INTERRUPTED.into()),
    }
}

/// Whether Ctrl-C or a signal has asked the program to end. What has to be taken back is taken back first.
struct Stop {
    pressed: watch::Receiver<bool>,
    begun: AtomicBool,
}

impl Stop {
    fn listen() -> Self {
        let (sender, pressed) = watch::channel(false);
        tokio::spawn(async move {
            interrupt().await;
            // The receiver may be gone already.
            let _ = sender.send(true);
        });
        Self { pressed, begun: AtomicBool::new(false) }
    }

    async fn pressed(&self) {
        if self.pressed.clone().wait_for(|pressed| *pressed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    async fn pressed_before_anything(&self) {
        self.pressed().await;
        if self.begun.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }
}

/// Opens the image and begins to serve it, where it is a file.
async fn prepare(args: &BootArgs) -> anyhow::Result<(Option<Image>, Option<ImageServer>)> {
    if args.image.contains("://") || args.image.starts_with("//") || args.image.starts_with(r"\\") {
        return Ok((None, None));
    }
    let image = Image::open(Path::new(&args.image))?;
    let server = ImageServer::for_host(image.clone(), args.target.address(), args.server.listen).await?;
    say!("serving {} ({}) at {}", image.name(), mebibytes(image.length()), server.url());
    Ok((Some(image), Some(server)))
}

/// Inserts, starts, watches, ejects. What was begun is taken back whatever happens.
async fn boot(host: &Host, args: &BootArgs, uri: &str, image: Option<&Image>, stop: &Stop) -> anyhow::Result<ExitCode> {
    let insert = args.how.image(uri);
    let is_stick = insert.is_stick();
    // An interrupt while it is being inserted waits for that: nobody would know what to eject.
    stop.begun.store(true, Ordering::Relaxed);
    let inserted = host.insert_media(insert).await?;
    let slot = inserted.value;
    say!("inserted in {}: {}", slot.slot, inserted.sent.join(", then "));
    let started = tokio::select! {
        started = start(host, args, is_stick) => started.map(|()| true),
        () = stop.pressed() => Ok(false),
    };
    let end = match (&started, image) {
        (Ok(true), Some(image)) => follow(host, image, args.idle.unwrap_or(IDLE), stop).await,
        // The BMC reads it from elsewhere, and nobody can see when it is done.
        (Ok(true), None) => {
            say!("the BMC reads it from {uri}; Ctrl-C ejects it");
            let bar = ProgressBar::hidden();
            tokio::select! {
                () = stop.pressed() => {}
                () = tell_stages(host, &bar) => {}
            }
            End::Idle
        }
        (Ok(false) | Err(_), _) => End::Interrupted,
    };
    let ejected = eject(host, &slot).await;
    started?;
    ejected?;
    match (end, image.map(Image::reads)) {
        (End::Interrupted, _) => Ok(INTERRUPTED.into()),
        (End::NeverRead, _) => bail!(
            "the BMC never read the image: does a firewall keep it from {uri}? (--listen says which address is served on)"
        ),
        (End::Idle, Some(reads)) => print(&format!("done: {}; ejected from {}\n", words(&reads), slot.slot)),
        (End::Idle, None) => print(&format!("ejected from {}\n", slot.slot)),
    }
}

/// Sets the boot override, and turns the machine on or restarts it.
async fn start(host: &Host, args: &BootArgs, is_stick: bool) -> Result<(), Error> {
    let device = if is_stick { BootDevice::Usb } else { BootDevice::Cd };
    let mut wanted = BootOverride::once(device);
    if args.uefi || args.legacy {
        wanted = wanted.mode(if args.uefi { BootMode::Uefi } else { BootMode::Legacy });
    }
    let set = host.set_boot_override(wanted).await?;
    if let Some(set) = set.value {
        say!("the next start: {set}");
    }
    let state = host.power_state().await?.value;
    let done = match (state, args.force) {
        (HostPowerState::Off, _) => host.power_on().await?,
        (_, true) => host.reset(Manner::Forced).await?,
        (_, false) => host.restart(SHUTDOWN).await?,
    };
    say!("{}", if done.sent.is_empty() { "it is on".to_owned() } else { done.sent.join(", then ") });
    Ok(())
}

/// Shows what is read until nothing is read any more.
async fn follow(host: &Host, image: &Image, idle: Duration, stop: &Stop) -> End {
    let begun = Instant::now();
    let bar = bar(image.length());
    let watching = async {
        let mut told = (Instant::now(), image.reads());
        loop {
            tokio::time::sleep(LOOK).await;
            let reads = image.reads();
            bar.set_position(image.length() / 100 * reads.percent);
            bar.set_message(words(&reads));
            if bar.is_hidden() && told.0.elapsed() >= TELL && told.1 != reads {
                say!("{}", words(&reads));
                told = (Instant::now(), reads);
            }
            match reads.last {
                Some(last) if last.elapsed() >= idle => return End::Idle,
                None if begun.elapsed() >= FIRST_READ.max(idle) => return End::NeverRead,
                _ => {}
            }
        }
    };
    let end = tokio::select! {
        end = watching => end,
        () = tell_stages(host, &bar) => End::Idle,
        () = stop.pressed() => match image.reads().last {
            Some(_) => End::Idle,
            None => End::Interrupted,
        },
    };
    bar.finish_and_clear();
    end
}

/// Says which stages the start goes through, where the machine shows them. Never ends by itself.
async fn tell_stages(host: &Host, bar: &ProgressBar) {
    let mut stages = host.boot_stages(STAGES);
    loop {
        match stages.try_next().await {
            Ok(Some(stage)) => bar.suspend(|| say!("stage: {}", one_line(&stage.state))),
            Ok(None) => std::future::pending().await,
            // A BMC that doesn't show it will not do so later.
            Err(error) if error.kind() == ErrorKind::Missing || error.is_not_found() => std::future::pending().await,
            Err(_) => tokio::time::sleep(STAGES).await,
        }
    }
}

async fn eject(host: &Host, slot: &MediaSlot) -> Result<(), Error> {
    match host.eject_media(Some(slot.uri.as_str().into())).await {
        Ok(_) => Ok(()),
        Err(error) => {
            say!("the image may still be in {}: {}", slot.slot, one_line(&error.report()));
            Err(error)
        }
    }
}

fn bar(length: u64) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() && !crate::capture::is_on() {
        ProgressBar::new(length)
    } else {
        ProgressBar::hidden()
    };
    let style = ProgressStyle::with_template("[{bar:30}] {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style.progress_chars("=> "))
}

fn words(reads: &Reads) -> String {
    format!("{} % of it read, {} sent in {} requests", reads.percent, mebibytes(reads.sent), reads.requests)
}

pub(super) fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 20;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_to_serve_on_has_a_port_or_none() {
        assert_eq!(listen("10.0.0.1").unwrap(), "10.0.0.1:0".parse().unwrap());
        assert_eq!(listen("[::1]:80").unwrap(), "[::1]:80".parse().unwrap());
        assert_eq!(listen("::1").unwrap(), "[::1]:0".parse().unwrap());
        assert!(listen("eth0").is_err());
    }
}
