//! The page itself: its head, the overview of all machines, and each machine below it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rosefish::host::{Health, HealthReason, HostPowerState, Severity};
use sha2::{Digest as _, Sha256};

use super::detail::{self, Shown};
use super::machine::{Machine, State};
use super::plot;
use super::rows::{badge, class, left_out, text};
use crate::operate::table::Mood;

/// What people look for first is unfolded for up to so many machines.
const FEW: usize = 3;
/// How many reasons the overview shows.
const REASONS: usize = 3;

const STYLE: &str = include_str!("style.css");

/// A machine on the page.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// As it was named.
    pub(super) name: &'a str,
    /// Why it was not read, or not completely.
    pub(super) error: Option<&'a str>,
    /// What was read of it, or `None` if it was not reached.
    pub(super) machine: Option<Machine>,
}

/// Everything on the page.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    /// How many rows of each list are shown.
    pub(super) rows: usize,
    /// Whether everything that the services have was to be read.
    pub(super) walks: bool,
}

/// How a machine is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// Nothing says how it is.
    Unknown,
    Warning,
    Critical,
    NotRead,
}

impl Verdict {
    const ALL: [Self; 5] = [Self::Critical, Self::Warning, Self::NotRead, Self::Unknown, Self::Ok];

    fn of(entry: &Entry<'_>, health: Option<&Health>) -> Self {
        match health.map(|health| (health.verdict, health.seen)) {
            Some((Severity::Critical, _)) => Self::Critical,
            Some((Severity::Warning, _)) => Self::Warning,
            Some((_, seen)) if seen > 0 => Self::Ok,
            None if entry.machine.is_none() || entry.error.is_some() => Self::NotRead,
            _ => Self::Unknown,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::NotRead => "not read",
        }
    }

    fn mood(self) -> Option<Mood> {
        match self {
            Self::Ok => Some(Mood::Good),
            Self::Warning => Some(Mood::Warning),
            Self::Critical | Self::NotRead => Some(Mood::Bad),
            Self::Unknown => None,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::NotRead => "none",
            other => class(other.mood()),
        }
    }
}

/// An entry with what its row and its section both say.
struct Judged<'a> {
    number: usize,
    entry: &'a Entry<'a>,
    health: Option<Health>,
    verdict: Verdict,
    unread: usize,
}

impl Page<'_> {
    /// Returns the page as HTML. Everything that a machine says is text in it: it never becomes an address, a style or markup.
    pub(super) fn html(&self) -> String {
        let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
        // No script at all, and no other style than this one.
        let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
        let title = match &self.entries[..] {
            [only] => format!("{}: report", text(only.name)),
            several => format!("Report on {} machines", several.len()),
        };
        let judged: Vec<_> = self.entries.iter().enumerate().map(|(at, entry)| judged(at + 1, entry)).collect();
        let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    meta name="color-scheme" content="light dark";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#machines" { "To the machines" }
                    header {
                        h1 { (title) }
                        p.note { "Read on " (now) " by rosefish " (env!("CARGO_PKG_VERSION")) "." @if !self.walks {
                            " Not everything that the services have was read: no deviations, additions of vendors, or history."
                        } }
                    }
                    main {
                        (self.overview(&judged))
                        div id="machines" { @for one in &judged { (self.section(one)) } }
                    }
                }
            }
        };
        let mut page = page.into_string();
        page.push('\n');
        page
    }

    fn overview(&self, judged: &[Judged<'_>]) -> Markup {
        let counts = Verdict::ALL.map(|verdict| (verdict, judged.iter().filter(|one| one.verdict == verdict).count()));
        let shares: Vec<_> = counts.iter().map(|(verdict, count)| (verdict.class(), *count)).collect();
        html! {
            section.card aria-labelledby="overview" {
                h2 id="overview" { "Overview" }
                ul.counts { @for (verdict, count) in counts { @if count > 0 {
                    li class=(verdict.class()) { strong { (count) } " " (verdict.word()) }
                } } }
                (plot::shares(&shares))
                // Narrow screens show its rows as cards, and browsers take `display` for what a table is.
                table.overview role="table" aria-labelledby="overview" {
                    thead role="rowgroup" { tr role="row" {
                        th scope="col" role="columnheader" { "Machine" }
                        th scope="col" role="columnheader" { "Identity" }
                        th scope="col" role="columnheader" { "Power" }
                        th scope="col" role="columnheader" { "Health" }
                        th scope="col" role="columnheader" { "Problems" }
                    } }
                    tbody role="rowgroup" { @for one in judged { (row(one)) } }
                }
            }
        }
    }

    fn section(&self, one: &Judged<'_>) -> Markup {
        let Judged { number, entry, health, verdict, .. } = one;
        let shown = Shown { host: entry.name, rows: self.rows, is_open: self.entries.len() <= FEW };
        let reasons = health.as_ref().map(|health| &health.reasons.items[..]).unwrap_or_default();
        html! {
            section.card id={ "m" (number) } aria-labelledby={ "n" (number) } {
                h2 id={ "n" (number) } { (text(entry.name)) " " (badge(verdict.word(), verdict.mood())) }
                @if let Some(error) = entry.error { p.unread { (text(error)) } }
                @if let Some(machine) = &entry.machine {
                    @let (model, serial) = detail::identity(machine);
                    @if !model.is_empty() || !serial.is_empty() {
                        p.identity { (text(&model)) @if !serial.is_empty() { " " span.note { "serial number " (text(&serial)) } } }
                    }
                    @if let Some(health) = health { p { (judgement(health)) } }
                    @if !reasons.is_empty() {
                        ul.reasons { @for reason in reasons.iter().take(self.rows) { li { (why(reason)) } } }
                        (left_out(reasons.len(), self.rows, &format!("rosefish health {}", text(entry.name))))
                    }
                    (detail::machine(machine, shown))
                }
                p.back { a href="#overview" { "To the overview" } }
            }
        }
    }
}

fn judged<'a>(number: usize, entry: &'a Entry<'a>) -> Judged<'a> {
    let health = entry.machine.as_ref().and_then(Machine::health);
    let verdict = Verdict::of(entry, health.as_ref());
    let unread = entry.machine.as_ref().map_or(0, Machine::unread);
    Judged { number, entry, health, verdict, unread }
}

/// Describes what a verdict is based on.
fn judgement(health: &Health) -> String {
    match (health.seen, health.reasons.len()) {
        (0, _) => "Nothing says how it is.".to_owned(),
        (seen, 0) => format!("All is well, as {seen} components and sensors say."),
        (seen, 1) => format!("1 of {seen} components and sensors says that something is wrong:"),
        (seen, wrong) => format!("{wrong} of {seen} components and sensors say that something is wrong:"),
    }
}

fn why(reason: &HealthReason) -> Markup {
    let word = reason.severity.to_string();
    html! { (badge(&word, Mood::of(&word))) " " (text(&reason.text)) }
}

fn row(one: &Judged<'_>) -> Markup {
    let Judged { number, entry, health, verdict, unread } = one;
    let name = html! { th.c-name scope="row" role="rowheader" { a href={ "#m" (number) } { (text(entry.name)) } } };
    let Some(machine) = &entry.machine else {
        return html! {
            tr role="row" {
                (name)
                td.c-identity role="cell" {}
                td.c-power role="cell" {}
                td.c-health role="cell" { (badge(verdict.word(), verdict.mood())) }
                td.c-problems role="cell" { (text(entry.error.unwrap_or("It was not reached."))) }
            }
        };
    };
    let (model, serial) = detail::identity(machine);
    let reasons = health.as_ref().map(|health| &health.reasons.items[..]).unwrap_or_default();
    html! {
        tr role="row" {
            (name)
            td.c-identity role="cell" { (text(&model)) @if !serial.is_empty() { div.note { (text(&serial)) } } }
            td.c-power role="cell" { (power(machine)) }
            td.c-health role="cell" {
                (badge(verdict.word(), verdict.mood()))
                @if *verdict == Verdict::Ok && *unread > 0 { div.note { "as far as it could be read" } }
            }
            td.c-problems role="cell" {
                @if let Some(error) = entry.error { div { (text(error)) } }
                @if !reasons.is_empty() {
                    ul.reasons { @for reason in reasons.iter().take(REASONS) { li { (why(reason)) } } }
                }
                @if reasons.len() > REASONS { div { a href={ "#m" (number) } { (reasons.len() - REASONS) " more" } } }
                @if *unread > 0 { div.note { (unread) @if *unread == 1 { " place" } @else { " places" } " not read" } }
                @if entry.error.is_none() && reasons.is_empty() && *unread == 0 { "none" }
            }
        }
    }
}

/// Shows whether it is on or, for several systems, how many are.
fn power(machine: &Machine) -> Markup {
    let section = &machine.power;
    match (&section.state, &section.items[..]) {
        (State::Read, [only]) if section.missing.is_empty() => {
            let word = only.value.to_string();
            html! { (badge(&word, Mood::of(&word))) }
        }
        (State::Read, several) => {
            let on = several.iter().filter(|one| one.value == HostPowerState::On).count();
            let all = several.len().saturating_add(section.missing.len());
            html! { (on) " of " (all) " on" }
        }
        (State::Lacking(_), _) => html! { span.note { "does not say" } },
        (State::Waiting | State::Failed(_), _) => html! { span.note { "not read" } },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_asks_for_nothing_and_ends_in_no_way() {
        for word in ["url(", "@import", "</", "expression"] {
            assert!(!STYLE.contains(word), "{word}");
        }
    }

    #[test]
    fn a_machine_that_was_not_reached_is_a_row_with_the_reason() {
        let entry = |error| Entry { name: "n1 <i>", error, machine: None };
        let page = Page { entries: vec![entry(Some("no route <b>to</b> host"))], rows: 3, walks: true };
        let html = page.html();
        assert!(html.contains("no route &lt;b&gt;to&lt;/b&gt; host") && html.contains("n1 &lt;i&gt;"), "{html}");
        assert!(html.contains("<strong>1</strong> not read") && !html.contains("<script"), "{html}");
    }

    #[test]
    fn nothing_is_well_that_nothing_was_read_of() {
        let entry = Entry { name: "n1", error: None, machine: Some(Machine::default()) };
        assert_eq!(judged(1, &entry).verdict, Verdict::Unknown);
        assert_eq!(judged(1, &entry).unread, 9);
    }
}
