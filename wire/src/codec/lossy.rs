//! JSON text of a payload that was not valid UTF-8: U+FFFD replaces the invalid bytes, which are kept beside the text. Code that
//! reads gets text, and code that writes gets the original bytes.

use std::borrow::Cow;
use std::fmt;

/// Bytes that are not text, and the position of the U+FFFD that replaces them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost {
    /// The position in the text.
    at: u32,
    length: u8,
    bytes: [u8; Lost::LONGEST],
}

impl Lost {
    /// The length of a broken-off escape (`\u00e`) and a broken-off character.
    pub(crate) const LONGEST: usize = 5 + 3;

    /// Creates an entry. Returns `None` if the bytes are too many or the text is too long.
    pub(crate) fn new(at: usize, parts: [&[u8]; 2]) -> Option<Self> {
        let mut bytes = [0; Self::LONGEST];
        let [first, second] = parts;
        for (to, from) in bytes.iter_mut().zip(first.iter().chain(second)) {
            *to = *from;
        }
        let length = first.len().saturating_add(second.len());
        let length = u8::try_from(length).ok().filter(|_| length <= Self::LONGEST)?;
        Some(Self { at: u32::try_from(at).ok()?, length, bytes })
    }

    pub(crate) fn at(&self) -> usize {
        self.at as usize
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Shifts the position, so that `from` becomes `to`.
    pub(crate) fn moved(self, from: usize, to: usize) -> Self {
        Self { at: u32::try_from(self.at().saturating_sub(from).saturating_add(to)).unwrap_or(u32::MAX), ..self }
    }
}

/// A JSON text, and the bytes that it lost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lossy<'a> {
    pub(crate) text: &'a str,
    lost: &'a [Lost],
    /// Where this text begins in the text that `lost` refers to.
    base: usize,
}

impl<'a> From<&'a str> for Lossy<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self { text, lost: &[], base: 0 }
    }
}

impl<'a> Lossy<'a> {
    pub(crate) fn new(text: &'a str, lost: &'a [Lost]) -> Self {
        Self { text, lost, base: 0 }
    }

    /// Returns whether no bytes were lost.
    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        self.lost.is_empty()
    }

    /// Returns a part of the text.
    #[inline]
    pub(crate) fn part(&self, start: usize, end: usize) -> Self {
        let text = self.text.get(start..end).unwrap_or_default();
        if self.lost.is_empty() { Self::from(text) } else { self.lossy_part(text, start, end) }
    }

    #[cold]
    fn lossy_part(&self, text: &'a str, start: usize, end: usize) -> Self {
        let before = |place: usize| self.lost.partition_point(|lost| lost.at() < self.base.saturating_add(place));
        Self {
            text,
            lost: self.lost.get(before(start)..before(end)).unwrap_or_default(),
            base: self.base.saturating_add(start),
        }
    }

    /// Returns the lost bytes, with their positions in a text in which this one begins at `start`.
    pub(crate) fn lost(self, start: usize) -> impl Iterator<Item = Lost> + 'a {
        self.lost.iter().map(move |lost| lost.moved(self.base, start))
    }

    /// Returns the original bytes.
    pub(crate) fn bytes(self) -> Cow<'a, [u8]> {
        if self.is_whole() {
            return Cow::Borrowed(self.text.as_bytes());
        }
        Cow::Owned(restored(self.text, self.lost(0)))
    }
}

/// Returns the original bytes of a text.
pub(crate) fn restored(text: &str, lost: impl Iterator<Item = Lost>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut copied = 0;
    for lost in lost {
        bytes.extend_from_slice(text.as_bytes().get(copied..lost.at()).unwrap_or_default());
        bytes.extend_from_slice(lost.bytes());
        copied = lost.at().saturating_add(char::REPLACEMENT_CHARACTER.len_utf8());
    }
    bytes.extend_from_slice(text.as_bytes().get(copied..).unwrap_or_default());
    bytes
}

/// An owned [`Lossy`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum LossyBox {
    /// Nothing was lost.
    Whole(Box<str>),
    Lossy(Box<(Box<str>, Box<[Lost]>)>),
}

impl LossyBox {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Whole(text) => text,
            Self::Lossy(lossy) => &lossy.0,
        }
    }

    pub(crate) fn view(&self) -> Lossy<'_> {
        match self {
            Self::Whole(text) => Lossy::from(&**text),
            Self::Lossy(lossy) => Lossy::new(&lossy.0, &lossy.1),
        }
    }
}

impl From<Lossy<'_>> for LossyBox {
    fn from(json: Lossy<'_>) -> Self {
        match json.is_whole() {
            true => Self::Whole(Box::from(json.text)),
            false => Self::Lossy(Box::new((Box::from(json.text), json.lost(0).collect()))),
        }
    }
}

impl fmt::Debug for LossyBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
