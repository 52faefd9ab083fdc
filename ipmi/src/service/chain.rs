//! Decides which ID to read next in a list whose items name the next one by its ID, like the SDR repository and the event
//! log: also when one is refused, comes twice, leads back or leads nowhere. It does no I/O; `walk` sends the requests.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{Hash, Hasher};

use crate::Error;
use crate::command::CompletionCode;

/// Stands for the first item in requests.
pub(super) const FIRST: u16 = 0;
/// Stands for the last item in requests; in answers, that there is no next one.
pub(super) const LAST: u16 = 0xffff;
/// How often an ID is asked for at most: some BMCs name an item as its own successor once.
const ASKED_AT_MOST: u8 = 2;
/// How many known items in a row mean that the list leads back into itself.
const STALE_AT_MOST: u32 = 4;
/// How far after a refused item to look for the next one: in steps of the last distance between two IDs, then one by one.
/// Some BMCs number records by where they are stored: 4, 71, 138.
const STRIDES: u16 = 3;
pub(super) const NEIGHBOURS: u16 = 96;
/// How many IDs may be refused during the search for another reason than that they aren't there.
const REFUSED_AT_MOST: usize = 8;

/// What was found at an ID.
#[derive(Debug)]
pub(super) struct Found<T> {
    /// The ID in the item itself.
    pub(super) id: u16,
    /// The ID that the BMC named as the next.
    pub(super) next: u16,
    /// Its bytes, to recognize an item that comes again.
    pub(super) content: Vec<u8>,
    /// The item, as far as it can be read.
    pub(super) item: Option<T>,
    /// What could not be read of it.
    pub(super) problem: Option<Error>,
}

/// Returns whether a refusal means that the item isn't there.
pub(super) fn is_absent(error: &Error) -> bool {
    error.completion_code() == Some(CompletionCode::NotPresent)
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Ask {
    For(u16),
    /// The list is at its end.
    End,
    /// The next item wasn't found.
    Nothing(Gap),
}

/// A place in the list after which the next item isn't known.
#[derive(Debug)]
pub(super) struct Gap {
    pub(super) from: u16,
    /// Why the item could not be read; `None` if it was read but leads back.
    pub(super) error: Option<Error>,
    guesses: VecDeque<u16>,
    /// The IDs that were refused during the search, for another reason than that they aren't there.
    pub(super) refused: Vec<(u16, Error)>,
}

/// The IDs so far, and the next one.
#[derive(Debug)]
pub(super) struct Chain {
    next: Option<u16>,
    asked: HashMap<u16, u8>,
    contents: HashSet<(u16, u64)>,
    /// The last ID that was read; `stride` is its distance from the one before.
    pub(super) last: Option<u16>,
    stride: u16,
    stale: u32,
    gap: Option<Gap>,
    /// Whether the last item that was found is new.
    pub(super) is_new: bool,
}

impl Chain {
    pub(super) fn from(first: u16) -> Self {
        Self {
            next: Some(first),
            asked: HashMap::new(),
            contents: HashSet::new(),
            last: None,
            stride: 1,
            stale: 0,
            gap: None,
            is_new: false,
        }
    }

    pub(super) fn is_searching(&self) -> bool {
        self.gap.is_some()
    }

    pub(super) fn end(&mut self) {
        (self.next, self.gap) = (None, None);
    }

    pub(super) fn ask(&mut self) -> Ask {
        if let Some(id) = self.next.take() {
            if id == LAST && !self.asked.is_empty() {
                return Ask::End;
            }
            let asked = self.asked.entry(id).or_default();
            if *asked < ASKED_AT_MOST && self.stale < STALE_AT_MOST {
                *asked = asked.saturating_add(1);
                return Ask::For(id);
            }
            self.open_gap(self.last.unwrap_or(id), None);
        }
        let Some(gap) = &mut self.gap else {
            return Ask::End;
        };
        while gap.refused.len() < REFUSED_AT_MOST
            && let Some(id) = gap.guesses.pop_front()
        {
            let asked = self.asked.entry(id).or_default();
            if *asked == 0 || (id == FIRST && *asked < ASKED_AT_MOST) {
                *asked = asked.saturating_add(1);
                return Ask::For(id);
            }
        }
        self.gap.take().map_or(Ask::End, Ask::Nothing)
    }

    /// Records what was found at an ID, and returns the gap that this closes.
    pub(super) fn found<T>(&mut self, asked: u16, found: &Found<T>) -> Option<Gap> {
        let mut hasher = DefaultHasher::new();
        found.content.hash(&mut hasher);
        self.is_new = self.contents.insert((found.id, hasher.finish()));
        if !self.is_new && self.gap.is_some() {
            return None; // a known item doesn't close a gap
        }
        self.stale = if self.is_new { 0 } else { self.stale.saturating_add(1) };
        self.next = Some(found.next);
        if !self.is_new {
            return None;
        }
        let id = if asked == FIRST { found.id } else { asked };
        if let Some(distance) = self.last.and_then(|last| id.checked_sub(last)).filter(|distance| *distance > 0)
            && self.gap.is_none()
        {
            self.stride = distance;
        }
        self.last = Some(id);
        self.gap.take()
    }

    /// Records that the item at an ID was refused.
    pub(super) fn refused(&mut self, id: u16, error: Error) {
        match &mut self.gap {
            None => self.open_gap(id, Some(error)),
            Some(_) if is_absent(&error) || id == FIRST => {}
            Some(gap) => gap.refused.push((id, error)),
        }
    }

    fn open_gap(&mut self, from: u16, error: Option<Error>) {
        let strides = (1..=STRIDES).filter_map(|count| from.checked_add(self.stride.checked_mul(count)?));
        let neighbours = (1..=NEIGHBOURS).filter_map(|distance| from.checked_add(distance));
        // The oldest entries of a log may be gone by now, so that another one is the first.
        let guesses = strides.chain(neighbours).chain([FIRST]).filter(|id| *id != LAST).collect();
        self.gap = Some(Gap { from, error, guesses, refused: Vec::new() });
    }
}
