//! What an image to upload is read from: memory, a file, or any reader whose length is known. Pieces are read as they can be sent.

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::io::{AsyncRead, ReadBuf};

use crate::error::{Error, ErrorKind};
use crate::transport::Body;

/// How many bytes are read and handed on at a time.
const PIECE: usize = 1 << 16;

/// An image to upload: bytes, a file, or a reader.
///
/// ```no_run
/// # async fn run(service: rosefish::Resource<rosefish::schema::UpdateService>) -> Result<(), rosefish::Error> {
/// use rosefish::UploadImage;
///
/// service.upload("bmc-2.10.bin", UploadImage::open("images/bmc-2.10.bin").await?).await?;
/// # Ok(())
/// # }
/// ```
pub struct UploadImage(pub(super) Body);

impl fmt::Debug for UploadImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadImage").field("length", &self.length()).finish_non_exhaustive()
    }
}

impl UploadImage {
    /// Opens a file. It is read as it is sent, and must not change meanwhile.
    ///
    /// # Errors
    ///
    /// Where the file can't be opened: [`ErrorKind::Body`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let unreadable = |error| {
            Error::new(ErrorKind::Body, format!("the image {} can't be opened", path.display())).with_source(error)
        };
        let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let about = file.metadata().await.map_err(unreadable)?;
        if !about.is_file() {
            return Err(Error::new(ErrorKind::Body, format!("the image {} is not a file", path.display())));
        }
        Ok(Self::from_reader(file, about.len()))
    }

    /// Takes the image from a reader, which has to have exactly so many bytes and then its end: for one that continues or stays open,
    /// there is `AsyncReadExt::take`. Where there are fewer or more, the upload is broken off and is an error of the kind
    /// [`ErrorKind::Body`].
    pub fn from_reader(reader: impl AsyncRead + Send + 'static, length: u64) -> Self {
        let buffer = vec![0; PIECE].into_boxed_slice();
        Self(Body::sized(length, Pieces { reader: Box::pin(reader), buffer, ended: false }))
    }

    /// Returns the length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.0.length().unwrap_or_default()
    }
}

impl From<Bytes> for UploadImage {
    fn from(mut bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        let pieces = std::iter::from_fn(move || {
            let piece = bytes.split_to(bytes.len().min(PIECE));
            (!piece.is_empty()).then_some(Ok(piece))
        });
        Self(Body::sized(length, futures_util::stream::iter(pieces)))
    }
}

impl From<Vec<u8>> for UploadImage {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static [u8]> for UploadImage {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

impl From<&'static str> for UploadImage {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

/// What a reader gives.
struct Pieces {
    reader: Pin<Box<dyn AsyncRead + Send>>,
    buffer: Box<[u8]>,
    ended: bool,
}

impl Stream for Pieces {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        let mut buffer = ReadBuf::new(&mut this.buffer);
        let read = ready!(this.reader.as_mut().poll_read(context, &mut buffer));
        let piece = match read {
            Ok(()) if buffer.filled().is_empty() => None,
            Ok(()) => Some(Ok(Bytes::copy_from_slice(buffer.filled()))),
            Err(error) => Some(Err(Error::new(ErrorKind::Body, "the image can't be read").with_source(error))),
        };
        this.ended = !matches!(piece, Some(Ok(_)));
        Poll::Ready(piece)
    }
}
