//! An image: the file that was opened, and how much of it was read. A file that later takes its name is a different one.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use axum::body::Bytes;

/// How much is read of the file at a time.
const PIECE: u64 = 256 << 10;

/// How finely it is tracked which parts were read.
const STEP: u64 = 1 << 20;

/// An image that is served. Clones share what was read.
#[derive(Debug, Clone)]
pub(crate) struct Image(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: File,
    name: String,
    length: u64,
    modified: SystemTime,
    sent: AtomicU64,
    requests: AtomicU64,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// A bit for each step.
    steps: Vec<u64>,
    last: Option<Instant>,
}

/// How much of an image was read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reads {
    /// How many bytes were sent, counting those that were sent several times.
    pub(crate) sent: u64,
    /// How many requests there were.
    pub(crate) requests: u64,
    /// How many percent of the image were read at least once.
    pub(crate) percent: u64,
    /// When something was last sent.
    pub(crate) last: Option<Instant>,
}

impl Image {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("the image {} can't be opened", path.display()))?;
        let about = file.metadata().with_context(|| format!("the image {} can't be read", path.display()))?;
        if !about.is_file() {
            bail!("the image {} is not a file", path.display());
        }
        if about.len() == 0 {
            bail!("the image {} is empty", path.display());
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // Some BMCs can't read characters that a URL escapes.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let name = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        Ok(Self(Arc::new(Inner {
            file,
            name,
            length: about.len(),
            modified: about.modified().unwrap_or(UNIX_EPOCH),
            sent: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            seen: Mutex::default(),
        })))
    }

    /// Returns the name, as it is in URLs.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn length(&self) -> u64 {
        self.0.length
    }

    pub(super) fn modified(&self) -> SystemTime {
        self.0.modified
    }

    /// Returns a tag that other content doesn't have.
    pub(super) fn tag(&self) -> String {
        let age = self.0.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("\"{:x}-{:x}\"", self.0.length, age.as_nanos())
    }

    pub(super) fn was_asked(&self) {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Reads the next piece of a part.
    pub(super) async fn read(&self, from: u64, to: u64) -> io::Result<Bytes> {
        let inner = Arc::clone(&self.0);
        let length = usize::try_from((to - from).min(PIECE)).unwrap_or_default();
        let piece = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; length];
            read_exact(&inner.file, &mut piece, from)?;
            io::Result::Ok(Bytes::from(piece))
        })
        .await
        .map_err(io::Error::other)??;
        self.note(from, piece.len() as u64);
        Ok(piece)
    }

    fn note(&self, from: u64, length: u64) {
        self.0.sent.fetch_add(length, Ordering::Relaxed);
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.last = Some(Instant::now());
        let words = usize::try_from(self.0.length / STEP / 64 + 1).unwrap_or(usize::MAX);
        seen.steps.resize(words, 0);
        for step in from / STEP..=(from + length.saturating_sub(1)) / STEP {
            if let Some(word) = usize::try_from(step / 64).ok().and_then(|word| seen.steps.get_mut(word)) {
                *word |= 1 << (step % 64);
            }
        }
    }

    pub(crate) fn reads(&self) -> Reads {
        let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let steps: u64 = seen.steps.iter().map(|word| u64::from(word.count_ones())).sum();
        Reads {
            sent: self.0.sent.load(Ordering::Relaxed),
            requests: self.0.requests.load(Ordering::Relaxed),
            percent: steps.saturating_mul(100) / self.0.length.div_ceil(STEP),
            last: seen.last,
        }
    }
}

#[cfg(unix)]
fn read_exact(file: &File, piece: &mut [u8], from: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, piece, from)
}

#[cfg(windows)]
fn read_exact(file: &File, mut piece: &mut [u8], mut from: u64) -> io::Result<()> {
    while !piece.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, piece, from)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                piece = piece.split_at_mut(read).1;
                from += read as u64;
            }
        }
    }
    Ok(())
}
