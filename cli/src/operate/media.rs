//! `rosefish media`: what is in the virtual drives of a machine, and starting it from an image on this computer.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use rosefish::Selector;
use rosefish::host::{Host, MediaSlot};
use secrecy::SecretString;

use super::media_boot::{self, BootArgs, HowArgs};
use super::{On, Table, print};
use crate::image::file::Image;
use crate::image::server::ImageServer;
use crate::interrupt::{INTERRUPTED, interrupt, uninterrupted};
use crate::terminal::say;

/// The variable that has the password of who fetches an image.
const IMAGE_PASSWORD_VARIABLE: &str = "ROSEFISH_IMAGE_PASSWORD";

const EXAMPLES: &str = "\
Examples:
  rosefish media 10.0.0.7 --user root                                   what is in which slot
  rosefish media insert 10.0.0.7 https://images/install.iso --user root
  rosefish media insert 10.0.0.7 nfs://10.0.0.1/export/install.iso --slot CD1 --user root
  rosefish media insert 10.0.0.7 cifs://10.0.0.1/share/install.iso --image-user joe --user root
  rosefish media eject 10.0.0.7 --user root
  rosefish media boot 10.0.0.7 install.iso --user root                  serve it, insert it, start from it, eject it
  rosefish media serve install.iso --listen 10.0.0.1                    serve it alone, and say where

The password for the image comes from ROSEFISH_IMAGE_PASSWORD. What to do where a BMC reads no HTTP is in docs/virtual-media.md.";

/// Show, insert or eject virtual media, and start from an image
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MediaArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the slots and what is in them
    List(On),
    /// Insert an image that the BMC fetches from a URI
    Insert(InsertArgs),
    /// Eject what is in a slot
    Eject(EjectArgs),
    /// Serve an image from here, start the machine from it, and eject it at the end
    Boot(Box<BootArgs>),
    /// Serve an image from here, until Ctrl-C
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
struct InsertArgs {
    #[command(flatten)]
    on: On,
    /// The URI of the image: http, https, nfs, cifs or smb
    #[arg(value_name = "URI")]
    image: String,
    #[command(flatten)]
    how: HowArgs,
    /// Who fetches the image; the password comes from ROSEFISH_IMAGE_PASSWORD
    #[arg(long, value_name = "NAME")]
    image_user: Option<String>,
}

#[derive(Debug, Args)]
struct EjectArgs {
    #[command(flatten)]
    on: On,
    /// The slot, by Id, name or URI [default: the only one that has something in it]
    #[arg(long, value_name = "SLOT")]
    slot: Option<Selector>,
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// The image
    #[arg(value_name = "FILE")]
    image: PathBuf,
    /// Serve on this address of this computer, with or without a port
    #[arg(long, value_name = "ADDRESS", value_parser = media_boot::listen)]
    listen: SocketAddr,
}

pub(crate) async fn run(args: MediaArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        // These say themselves what an interrupt means.
        Verb::Boot(args) => media_boot::run(*args).await,
        Verb::Serve(args) => serve(args).await,
        verb => {
            let work = Box::pin(operate(verb));
            uninterrupted(work).await.unwrap_or(Ok(INTERRUPTED.into()))
        }
    }
}

async fn operate(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Insert(args) => {
            let mut image = args.how.image(&args.image);
            if let Some(user) = &args.image_user {
                image = image.login(user.clone(), image_password(user)?);
            }
            let insert = async |host: &Host| host.insert_media(image.clone()).await;
            args.on.tell(insert, |sent, slot| format!("inserted in {}: {}\n", slot.slot, sent.join(", then "))).await
        }
        Verb::Eject(args) => {
            let eject = async |host: &Host| host.eject_media(args.slot.clone()).await;
            let told = args.on.tell(eject, |sent, slot| match slot {
                Some(slot) if sent.is_empty() => format!("{} is empty\n", slot.slot),
                Some(slot) => format!("ejected from {}\n", slot.slot),
                None => "all slots are empty\n".to_owned(),
            });
            told.await
        }
        Verb::List(on) => on.tell_list(async |host| host.media_slots().await, table).await,
        Verb::Boot(args) => media_boot::run(*args).await,
        Verb::Serve(args) => serve(args).await,
    }
}

fn table(all: &[MediaSlot]) -> String {
    let mut table = Table::new(&["SLOT", "TAKES", "STATE", "IMAGE", "BY"]);
    for slot in all {
        let state = match (slot.inserted, slot.write_protected) {
            (true, Some(false)) => "inserted, writable",
            (true, _) => "inserted",
            (false, _) => "empty",
        };
        // What is shown of an image that was ejected is not news.
        let image = slot.image.clone().filter(|_| slot.inserted).unwrap_or_default();
        table.row([slot.slot.clone(), slot.media_types.join(", "), state.to_owned(), image, slot.protocols.join(", ")]);
    }
    table.text()
}

pub(super) fn image_password(user: &str) -> anyhow::Result<SecretString> {
    match std::env::var(IMAGE_PASSWORD_VARIABLE) {
        Ok(password) => Ok(password.into()),
        Err(_) => bail!("no password for {user}, who fetches the image: set {IMAGE_PASSWORD_VARIABLE}"),
    }
}

async fn serve(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let image = Image::open(&args.image)?;
    let public = if args.listen.ip().is_unspecified() { Some("192.0.2.1") } else { None };
    let server = ImageServer::start(image.clone(), args.listen, public).await?;
    // A program that started this one waits for the address.
    print(&format!("{}\n", server.url()))?;
    say!("{} bytes; anyone who knows this URL can read it; Ctrl-C ends it", image.length());
    interrupt().await;
    let reads = image.reads();
    say!("sent {} in {} requests", media_boot::mebibytes(reads.sent), reads.requests);
    Ok(ExitCode::SUCCESS)
}
