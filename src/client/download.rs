//! Downloads: bodies that are files and not resources, read piece by piece, so memory use does not depend on their size.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt as _;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};

use super::Client;
use super::request::{Request, Response};
use super::tls::hexadecimal;
use super::transport::Body;
use crate::client::mask::of_uri;
use crate::error::{Error, ErrorKind};

/// A file that a service sends, as a stream of its pieces.
///
/// It ends in an error where the service falls silent for longer than it may, or sends fewer or more bytes than it said.
///
/// ```no_run
/// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
/// let dump = bmc.download("/redfish/v1/Managers/bmc/LogServices/Dump/Entries/5/attachment").await?;
/// let saved = dump.save("bmc-dump.tar").await?;
/// println!("{} bytes, SHA-256 {}", saved.bytes, saved.sha256);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read before it is polled"]
pub struct Download {
    uri: String,
    length: Option<u64>,
    content_type: Option<String>,
    body: Body,
    received: u64,
    most: Option<u64>,
    ended: bool,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedDownload {
    /// Its size in bytes.
    pub bytes: u64,
    /// The SHA-256 of what was received, in hexadecimal digits.
    pub sha256: String,
    /// How many bytes the service said that it would send. There were as many: others are an error. None where it didn't say.
    pub announced: Option<u64>,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("uri", &of_uri(&self.uri))
            .field("length", &self.length)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Begins to download what is at a URI of this service. The request counts as one under way until its answer begins; how long the
    /// service may be silent then is the client's [`read_timeout`](crate::ClientBuilder::read_timeout), and as a whole the download may
    /// take as long as it takes.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked or refuses, and for URIs of other origins.
    pub async fn download(&self, uri: &str) -> Result<Download, Error> {
        // `identity`, so that `Content-Length` is the length of the file.
        let plain = request(uri).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let (head, body) = match self.open(plain).await {
            Ok((head, body)) if is_plain(&head) => (head, body),
            // Some services insist on compression. Then the body is decompressed here.
            Ok(_) => self.open(request(uri)).await?,
            Err(error) if error.status() == Some(406) => self.open(request(uri)).await?,
            Err(error) => return Err(error),
        };
        Ok(Download::of(uri, &head, body))
    }
}

/// Returns whether a body is not compressed.
fn is_plain(head: &Response) -> bool {
    let is_identity = |name: &str| name.trim().is_empty() || name.trim().eq_ignore_ascii_case("identity");
    // An encoding whose name is not text is unknown.
    head.headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding.to_str().is_ok_and(is_identity))
}

fn request(uri: &str) -> Request {
    Request::get(uri).header(ACCEPT, HeaderValue::from_static("*/*"))
}

impl Download {
    fn of(uri: &str, head: &Response, body: Body) -> Self {
        let header = |name: &HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
        let length = header(&CONTENT_LENGTH).filter(|_| is_plain(head)).and_then(|length| length.trim().parse().ok());
        Self {
            uri: uri.to_owned(),
            length,
            content_type: head.content_type().map(str::to_owned),
            body,
            received: 0,
            most: None,
            ended: false,
        }
    }

    /// Returns how many bytes the service says that there are (`Content-Length`), where it says so.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Returns the `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Returns how many bytes have come so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Takes no more than so many bytes: what is larger is an error, at once where the service says how large it is.
    pub fn at_most(mut self, bytes: u64) -> Self {
        self.most = Some(bytes);
        self
    }

    /// Reads the next piece; none at the end.
    ///
    /// # Errors
    ///
    /// Where the connection breaks, the service falls silent, or what came is shorter or longer than it said or than it may be.
    pub async fn try_next(&mut self) -> Result<Option<Bytes>, Error> {
        self.next().await.transpose()
    }

    /// Writes it to a new file, which its owner alone can read. A file that can't be completed is removed, also where this future is
    /// dropped.
    ///
    /// # Errors
    ///
    /// Where the file is there already (it is left as it is) or can't be written ([`ErrorKind::Configuration`]), and as
    /// [`try_next`](Self::try_next).
    pub async fn save(mut self, file: impl AsRef<Path>) -> Result<SavedDownload, Error> {
        let path = file.as_ref().to_owned();
        let failed = |error: std::io::Error| {
            let text = match error.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    format!("{} is there already, and was left as it is", path.display())
                }
                _ => format!("{} can't be written", path.display()),
            };
            Error::new(ErrorKind::Configuration, text).with_source(error)
        };
        self.check()?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(failed)?;
        let mut unfinished = Unfinished(Some(path.clone()));
        let mut digest = Sha256::new();
        while let Some(piece) = self.try_next().await? {
            digest.update(&piece);
            let written = tokio::task::spawn_blocking(move || file.write_all(&piece).map(|()| file)).await;
            file = written.map_err(std::io::Error::other).and_then(|written| written).map_err(failed)?;
        }
        let synced = tokio::task::spawn_blocking(move || file.sync_all()).await;
        synced.map_err(std::io::Error::other).and_then(|synced| synced).map_err(failed)?;
        unfinished.0 = None;
        Ok(SavedDownload { bytes: self.received, sha256: hexadecimal(&digest.finalize()), announced: self.length })
    }

    /// Fails if the announced length is already too large.
    fn check(&self) -> Result<(), Error> {
        match (self.length, self.most) {
            (Some(length), Some(most)) if length > most => {
                Err(self.wrong(format!("it has {length} bytes, more than the {most} that it may have")))
            }
            _ => Ok(()),
        }
    }

    fn wrong(&self, text: String) -> Error {
        Error::new(ErrorKind::Decode, text).at("GET", &self.uri)
    }

    /// Counts a piece, or checks the total at the end.
    fn tally(&mut self, piece: Option<&Bytes>) -> Result<(), Error> {
        self.check()?;
        let more = piece.map_or(0, |piece| piece.len() as u64);
        self.received = self.received.saturating_add(more);
        if let Some(most) = self.most.filter(|most| self.received > *most) {
            return Err(self.wrong(format!("it has more than the {most} bytes that it may have")));
        }
        match self.length {
            Some(length) if self.received > length => {
                Err(self.wrong(format!("the service said {length} bytes and sent more")))
            }
            Some(length) if piece.is_none() && self.received < length => {
                Err(self.wrong(format!("it ended after {} of {length} bytes", self.received)))
            }
            _ => Ok(()),
        }
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let Poll::Ready(piece) = self.body.poll_next_unpin(context) else { return Poll::Pending };
        let item = match piece {
            Some(Err(error)) => Some(Err(error.at("GET", &self.uri))),
            Some(Ok(piece)) => Some(self.tally(Some(&piece)).map(|()| piece)),
            None => self.tally(None).err().map(Err),
        };
        self.ended = !matches!(item, Some(Ok(_)));
        Poll::Ready(item)
    }
}

/// A file that is removed when dropped, unless it was completed.
struct Unfinished(Option<PathBuf>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // `drop` can't report an error.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn received(announced: Option<u64>, most: Option<u64>, pieces: &[&'static str]) -> Result<u64, String> {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::from(*piece))).collect();
        let mut response = Response { status: 200, ..Response::default() };
        if let Some(length) = announced {
            response.headers.insert(CONTENT_LENGTH, length.into());
        }
        let body = Body::new(futures_util::stream::iter(pieces));
        let mut download = Download { most, ..Download::of("/dump", &response, body) };
        while download.try_next().await.map_err(|error| error.to_string())?.is_some() {}
        assert!(download.try_next().await.unwrap().is_none());
        Ok(download.received())
    }

    #[tokio::test]
    async fn what_is_shorter_or_longer_than_was_said_is_an_error() {
        for (announced, most, pieces, expected) in [
            (Some(5), None, &["ab", "cde"][..], Ok(5)),
            (None, None, &["ab", "cde"], Ok(5)),
            (Some(0), None, &[], Ok(0)),
            (Some(6), None, &["ab", "cde"], Err("after 5 of 6")),
            (Some(4), None, &["ab", "cde"], Err("sent more")),
            (None, Some(4), &["ab", "cde"], Err("more than the 4")),
            (Some(9), Some(4), &[], Err("more than the 4")),
        ] {
            match (received(announced, most, pieces).await, expected) {
                (Ok(count), Ok(expected)) => assert_eq!(count, expected),
                (Err(text), Err(part)) => assert!(text.contains(part), "{text}"),
                (found, expected) => panic!("{found:?}, not {expected:?}"),
            }
        }
    }
}
