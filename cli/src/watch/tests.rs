//! The picture at several sizes, of hosts that are well, ill, dead and hostile.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;
use rosefish::host::{SensorStatus, Severity};
use serde_json::json;

use super::digest::{Digest, Failed, Measured, Problem};
use super::draw::draw;
use super::news::{Event, News};
use super::paint::{age, bar, spark};
use super::state::{Ask, Order, State};

const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}evil\r\nnext\u{200b}\t\u{65e5}\u{672c}";

fn temperature(name: &str, value: f64) -> Measured {
    let (id, name) = (format!("/c/1/{name}"), name.to_owned());
    Measured { id, name, value, unit: "Cel", status: SensorStatus::Ok, limit: Some(90.0) }
}

fn digest(temperatures: Vec<Measured>) -> Digest {
    Digest {
        at: Timestamp::from_second(1_000_000).unwrap(),
        took: Duration::from_millis(1500),
        is_up: true,
        backend: Some("redfish".to_owned()),
        power: vec![serde_json::from_value(json!({ "system": "1", "value": "on" })).unwrap()],
        verdict: Some(Severity::Ok),
        problems: Vec::new(),
        temperatures,
        fans: Vec::new(),
        watts: None,
        failures: Vec::new(),
        unread: Vec::new(),
    }
}

fn read(number: usize, digest: Digest) -> News {
    News::Read(number, Box::new(digest))
}

fn state() -> State {
    let mut state = State::new(["node01", "node02", "node03", "node04", HOSTILE], false);
    for step in 0..20 {
        let hottest = temperature("CPU1", 40.0 + f64::from(step));
        let fan = Measured {
            id: "/f".into(),
            name: "Fan 1".into(),
            unit: "RPM",
            value: 8000.0,
            limit: None,
            ..hottest.clone()
        };
        let watts =
            Measured { id: "/p".into(), name: "Power".into(), unit: "W", value: 312.4, limit: None, ..hottest.clone() };
        let well = Digest { watts: Some(watts), fans: vec![fan], ..digest(vec![hottest, temperature("Inlet", 22.0)]) };
        state.take(read(0, well));
    }
    let problem = Problem { severity: Severity::Critical, text: "Fan 3 failed".into(), id: "/c/1/Fans/3".into() };
    let ill = Digest {
        verdict: Some(Severity::Critical),
        problems: vec![problem],
        ..digest(vec![temperature("CPU1", 88.0)])
    };
    state.take(read(1, Digest { unread: vec!["sensors: /redfish/v1/Chassis/2: timeout".into()], ..ill }));
    let failed =
        Failed { part: "connection", kind: "connect".into(), message: "the host can't be reached: refused".into() };
    let down = Digest { is_up: false, power: Vec::new(), verdict: None, failures: vec![failed], ..digest(Vec::new()) };
    state.take(read(2, down));
    let hostile = Problem { severity: Severity::Warning, text: HOSTILE.into(), id: HOSTILE.into() };
    let bad = Digest {
        verdict: Some(Severity::Warning),
        problems: vec![hostile],
        ..digest(vec![temperature(HOSTILE, 1e300)])
    };
    state.take(read(4, bad));
    state.take(News::Source(4, HOSTILE.into()));
    let event = |message: &str, is_old| Event {
        time: Some("2026-11-28T10:00:00Z".into()),
        severity: Some(Severity::Warning),
        message: message.into(),
        is_old,
    };
    state.take(News::Happened(0, event("before the watch", true)));
    state.take(News::Happened(1, event("Fan 3 stopped", false)));
    state.take(News::Happened(4, event(HOSTILE, false)));
    state.now = Timestamp::from_second(1_000_007).unwrap();
    state
}

fn picture(state: &State, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(state, frame)).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> Vec<String> {
    let line = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..buffer.area.height).map(line).collect()
}

#[test]
fn a_small_terminal_has_what_matters_most() {
    let lines = text(&picture(&state(), 40, 10));
    assert_eq!(lines[0], "5 hosts, 3 on, 2 not well, 1 not reached");
    assert_eq!(lines[1], "HOSTv          POWER HEALTH       TEMP");
    assert_eq!(lines[2], "node01         on    ok           59 \u{b0}C");
    assert_eq!(lines[3], "node02         on    critical 1*  88 \u{b0}C");
    assert_eq!(lines[4], "node03               connect");
    assert_eq!(lines[5], "node04               ...");
    assert!(lines[9].starts_with("q end"), "{lines:#?}");
}

#[test]
fn a_usual_terminal_has_the_host_that_is_chosen_and_the_events() {
    let mut state = state();
    state.ask(Ask::Down(1));
    let lines = text(&picture(&state, 80, 24));
    let whole = lines.join("\n");
    for part in
        ["WATTS", "AGE", "312 W", "7 s", "\u{2581}\u{2582}", "node03", "Fan 3 failed", "not read: sensors: /redfish/v1"]
    {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    assert!(lines.contains(&"node02 2026-11-28T10:00:00Z warning Fan 3 stopped".to_owned()), "{whole}");
    assert!(whole.contains("Events since the watch began: 2") && !whole.contains("before the watch"), "{whole}");
    // The reason is shown with a host that doesn't answer.
    state.ask(Ask::Down(1));
    let whole = text(&picture(&state, 80, 24)).join("\n");
    assert!(whole.contains("not read: connection: the host can't be reached: refused"), "{whole}");
    // What was there before is shown with its host.
    state.ask(Ask::First);
    state.ask(Ask::View);
    let whole = text(&picture(&state, 80, 24)).join("\n");
    for part in
        ["power 312 W", "Temperatures", "Inlet", "\u{2588}\u{2588}\u{2591}", "8000 RPM", "Fan 1", "before the watch"]
    {
        assert!(whole.contains(part), "{part}: {whole}");
    }
}

#[test]
fn nothing_that_a_bmc_says_reaches_the_terminal_and_no_size_is_too_small() {
    let mut state = state();
    state.colours = true;
    for views in 0..3 {
        for chosen in 0..5 {
            state.ask(Ask::Back);
            state.ask(Ask::First);
            state.ask(Ask::Down(chosen));
            (0..views).for_each(|_| state.ask(Ask::View));
            state.ask(Ask::Down(3));
            for (width, height) in [(40, 10), (80, 24), (200, 60), (1, 1), (3, 2), (20, 4), (500, 200)] {
                let picture = picture(&state, width, height);
                let bad = |c: char| c.is_control() || ['\u{202e}', '\u{200b}'].contains(&c);
                assert!(!picture.content().iter().any(|cell| cell.symbol().contains(bad)), "{width}x{height}");
            }
        }
    }
    let mut none = State::new([], true);
    none.ask(Ask::Down(1));
    picture(&none, 80, 24);
    state.ask(Ask::Back);
    let whole = text(&picture(&state, 200, 60)).join("\n");
    assert!(whole.contains("\\u001b[2J"), "{whole}");
}

#[test]
fn colours_are_there_only_where_they_are_wanted() {
    let mut state = state();
    let is_red = |state: &State| picture(state, 80, 24).content().iter().any(|cell| cell.fg == Color::Red);
    assert!(!is_red(&state));
    assert!(picture(&state, 80, 24).content().iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    state.colours = true;
    assert!(is_red(&state));
}

#[test]
fn hosts_are_sorted_by_what_a_person_asks_for() {
    let mut state = state();
    assert_eq!(state.sorted(), [0, 1, 2, 3, 4]);
    for (order, sorted) in
        [(Order::Health, [2, 1, 4, 0, 3]), (Order::Temperature, [4, 1, 0, 2, 3]), (Order::Watts, [0, 1, 2, 3, 4])]
    {
        state.ask(Ask::Sort(order));
        assert_eq!(state.sorted(), sorted, "{order:?}");
    }
    state.ask(Ask::Reverse);
    assert_eq!(state.sorted(), [4, 3, 2, 1, 0]);
    // The chosen host stays chosen.
    assert_eq!(state.chosen, 0);
    state.ask(Ask::Up(1));
    assert_eq!(state.chosen, 1);
}

#[test]
fn sparklines_bars_and_ages_say_what_there_is() {
    assert_eq!(spark(&[], 5), "");
    assert_eq!(spark(&[0.0, 70.0, 35.0], 5), "\u{2581}\u{2588}\u{2585}");
    // Half a degree doesn't make a peak.
    assert_eq!(spark(&[60.0, 60.5, 60.0], 5), "\u{2581}\u{2582}\u{2581}");
    assert_eq!(spark(&[1.0, 2.0, 3.0], 2).chars().count(), 2);
    assert_eq!(
        (bar(0.5, 4), bar(7.0, 2)),
        ("\u{2588}\u{2588}\u{2591}\u{2591}".to_owned(), "\u{2588}\u{2588}".to_owned())
    );
    let at = |second| Timestamp::from_second(second).unwrap();
    assert_eq!(
        (age(at(0), at(90)), age(at(0), at(600)), age(at(9), at(0))),
        ("90 s".into(), "10 min".into(), "0 s".into())
    );
}
