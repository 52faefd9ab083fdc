//! What the dashboard shows: the hosts with their last readings, what happened, and what of it a person is looking at. Everything
//! that comes in here is made safe to show.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

use super::digest::{Digest, Measured};
use super::news::{Event, News};
use crate::terminal::one_line;

/// How many readings are kept for the sparklines.
const SERIES: usize = 240;

/// How many sensors of a host have a sparkline.
const SENSORS: usize = 512;

/// How many events are kept of each host, and of all hosts.
const EVENTS: usize = 50;
const ALL_EVENTS: usize = 1000;

/// Values in the order of time.
pub(super) type Series = VecDeque<f64>;

/// A host.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) last: Option<Digest>,
    pub(super) hottest: Series,
    pub(super) watts: Series,
    pub(super) sensors: HashMap<String, Series>,
    /// The newest last.
    pub(super) events: VecDeque<Event>,
    pub(super) source: String,
    pub(super) unread: String,
}

/// What the hosts are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// As they were named.
    #[default]
    Named,
    Power,
    Health,
    Temperature,
    Watts,
    Age,
}

impl Order {
    const ALL: [Self; 6] = [Self::Named, Self::Power, Self::Health, Self::Temperature, Self::Watts, Self::Age];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Named => "order given",
            Self::Power => "power",
            Self::Health => "health",
            Self::Temperature => "temperature",
            Self::Watts => "watts",
            Self::Age => "age",
        }
    }
}

/// What fills the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum View {
    /// The table, and the rest as far as there is room.
    #[default]
    All,
    /// The host that is chosen.
    Details,
    Events,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Down(usize),
    Up(usize),
    First,
    Last,
    Sort(Order),
    NextOrder,
    Reverse,
    View,
    Back,
}

/// Everything that the dashboard shows.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) hosts: Vec<Seen>,
    /// The newest last, each with the number of its host.
    pub(super) events: VecDeque<(usize, Event)>,
    pub(super) order: Order,
    pub(super) reversed: bool,
    pub(super) view: View,
    /// The number of the host that is chosen.
    pub(super) chosen: usize,
    /// How many lines of the details or the events are scrolled past.
    pub(super) scrolled: usize,
    pub(super) now: Timestamp,
    pub(super) colours: bool,
}

impl State {
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>, colours: bool) -> Self {
        let seen = |name: &str| Seen { name: one_line(name), ..Seen::default() };
        let hosts = names.into_iter().map(seen).collect();
        Self { hosts, colours, now: Timestamp::now(), ..Self::default() }
    }

    /// Takes in what is new.
    pub(super) fn take(&mut self, news: News) {
        let (News::Read(number, _) | News::Happened(number, _) | News::Source(number, _) | News::Unread(number, _)) =
            news;
        let Some(host) = self.hosts.get_mut(number) else { return };
        match news {
            News::Read(_, digest) => host.read(digest.shown()),
            News::Source(_, text) => host.source = one_line(&text),
            News::Unread(_, text) => host.unread = one_line(&text),
            News::Happened(_, mut event) => {
                event.message = one_line(&event.message);
                event.time = event.time.map(|time| one_line(&time));
                keep(&mut host.events, event.clone(), EVENTS);
                if !event.is_old {
                    keep(&mut self.events, (number, event), ALL_EVENTS);
                }
            }
        }
    }

    /// Returns the numbers of the hosts in the order in which they are shown. Hosts that are alike stay in the order in which they
    /// were named.
    pub(super) fn sorted(&self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.hosts.len()).collect();
        let last = |number: &usize| self.hosts.get(*number).and_then(|host| host.last.as_ref());
        let down =
            |a: Option<f64>, b: Option<f64>| b.unwrap_or(f64::NEG_INFINITY).total_cmp(&a.unwrap_or(f64::NEG_INFINITY));
        match self.order {
            Order::Named => {}
            Order::Power => all.sort_by_cached_key(|number| last(number).map(Digest::power_words)),
            Order::Health => {
                all.sort_by_key(|number| std::cmp::Reverse(last(number).map(|last| (last.rank(), last.problems.len()))))
            }
            Order::Temperature => all.sort_by(|a, b| {
                let of = |number| last(number).and_then(Digest::hottest).map(|one| one.value);
                down(of(a), of(b))
            }),
            Order::Watts => all.sort_by(|a, b| {
                let of = |number| last(number).and_then(|last| last.watts.as_ref()).map(|one| one.value);
                down(of(a), of(b))
            }),
            Order::Age => all.sort_by_key(|number| last(number).map(|last| last.at)),
        }
        if self.reversed {
            all.reverse();
        }
        all
    }

    /// Does what a key asks for.
    pub(super) fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Down(by) if self.view == View::All => self.choose(|at| at.saturating_add(by)),
            Ask::Up(by) if self.view == View::All => self.choose(|at| at.saturating_sub(by)),
            Ask::First if self.view == View::All => self.choose(|_| 0),
            Ask::Last if self.view == View::All => self.choose(|_| usize::MAX),
            Ask::Down(by) => self.scrolled = self.scrolled.saturating_add(by).min(ALL_EVENTS),
            Ask::Up(by) => self.scrolled = self.scrolled.saturating_sub(by),
            Ask::First | Ask::Last => self.scrolled = 0,
            Ask::Sort(order) => self.order = order,
            Ask::NextOrder => {
                let at = Order::ALL.iter().position(|order| *order == self.order).unwrap_or_default();
                self.order = Order::ALL.iter().cycle().nth(at + 1).copied().unwrap_or_default();
            }
            Ask::Reverse => self.reversed = !self.reversed,
            Ask::View => {
                self.scrolled = 0;
                self.view = match self.view {
                    View::All => View::Details,
                    View::Details => View::Events,
                    View::Events => View::All,
                };
            }
            Ask::Back => (self.view, self.scrolled) = (View::All, 0),
        }
    }

    fn choose(&mut self, place: impl FnOnce(usize) -> usize) {
        let sorted = self.sorted();
        let at = sorted.iter().position(|number| *number == self.chosen).unwrap_or_default();
        let at = place(at).min(sorted.len().saturating_sub(1));
        self.chosen = sorted.get(at).copied().unwrap_or_default();
    }
}

impl Seen {
    fn read(&mut self, digest: Digest) {
        if let Some(hottest) = digest.hottest() {
            keep(&mut self.hottest, hottest.value, SERIES);
        }
        if let Some(watts) = &digest.watts {
            keep(&mut self.watts, watts.value, SERIES);
        }
        for Measured { id, value, .. } in digest.temperatures.iter().chain(&digest.fans) {
            if self.sensors.contains_key(id) || self.sensors.len() < SENSORS {
                keep(self.sensors.entry(id.clone()).or_default(), *value, SERIES);
            }
        }
        self.last = Some(digest);
    }
}

fn keep<T>(all: &mut VecDeque<T>, one: T, most: usize) {
    if all.len() >= most {
        all.pop_front();
    }
    all.push_back(one);
}
