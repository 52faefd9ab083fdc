//! The terminal as a screen: taken at the beginning and restored however the watch ends, even by a panic.

use std::io::{self, Stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use tokio::sync::mpsc;

use super::draw::draw;
use super::state::{Ask, Order, State};
use crate::terminal::{hold, release};

/// Whether the screen is taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

static HOOK: Once = Once::new();

/// How long the thread that reads keys may take to end.
const KEYS: Duration = Duration::from_millis(100);

/// The screen, until this is dropped.
#[derive(Debug)]
pub(super) struct Screen(Terminal<CrosstermBackend<Stdout>>);

impl Screen {
    pub(super) fn take() -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
            }));
        });
        TAKEN.store(true, Ordering::SeqCst);
        hold();
        let taken = enable_raw_mode()
            .and_then(|()| execute!(io::stdout(), EnterAlternateScreen))
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        taken.map(Self).inspect_err(|_| give_back())
    }

    /// Returns whether the screen is still taken: a panic elsewhere restores the terminal.
    pub(super) fn is_there() -> bool {
        TAKEN.load(Ordering::SeqCst)
    }

    pub(super) fn draw(&mut self, state: &State) -> io::Result<()> {
        self.0.draw(|frame| draw(state, frame)).map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Restores the terminal, once.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // If this fails, the terminal is gone.
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
        release();
    }
}

/// What a person does at the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    End,
    /// Ctrl-C, which is not a signal while the terminal is in raw mode.
    Interrupt,
    Ask(Ask),
    /// The size of the terminal has changed.
    Resized,
}

/// Returns what is typed. A thread of its own reads that, and ends soon after nobody listens any more.
pub(super) fn keys() -> mpsc::Receiver<Typed> {
    let (sender, receiver) = mpsc::channel(64);
    std::thread::spawn(move || {
        while !sender.is_closed() {
            let typed = match event::poll(KEYS) {
                Ok(false) => continue,
                Ok(true) => event::read(),
                Err(error) => Err(error),
            };
            let Ok(event) = typed else { return };
            if let Some(typed) = meaning(&event)
                && sender.blocking_send(typed).is_err()
            {
                return;
            }
        }
    });
    receiver
}

fn meaning(event: &Event) -> Option<Typed> {
    let KeyEvent { code, modifiers, kind, .. } = match event {
        Event::Key(key) => *key,
        Event::Resize(..) => return Some(Typed::Resized),
        _ => return None,
    };
    if kind == KeyEventKind::Release {
        return None;
    }
    if modifiers.contains(KeyModifiers::CONTROL) {
        return (code == KeyCode::Char('c')).then_some(Typed::Interrupt);
    }
    Some(Typed::Ask(match code {
        KeyCode::Char('q') | KeyCode::Esc => return Some(Typed::End),
        KeyCode::Down | KeyCode::Char('j') => Ask::Down(1),
        KeyCode::Up | KeyCode::Char('k') => Ask::Up(1),
        KeyCode::PageDown | KeyCode::Char(' ') => Ask::Down(10),
        KeyCode::PageUp => Ask::Up(10),
        KeyCode::Home | KeyCode::Char('g') => Ask::First,
        KeyCode::End | KeyCode::Char('G') => Ask::Last,
        KeyCode::Tab | KeyCode::Enter => Ask::View,
        KeyCode::Backspace | KeyCode::Char('b') => Ask::Back,
        KeyCode::Char('s') => Ask::NextOrder,
        KeyCode::Char('r') => Ask::Reverse,
        KeyCode::Char('n') => Ask::Sort(Order::Named),
        KeyCode::Char('p') => Ask::Sort(Order::Power),
        KeyCode::Char('h') => Ask::Sort(Order::Health),
        KeyCode::Char('t') => Ask::Sort(Order::Temperature),
        KeyCode::Char('w') => Ask::Sort(Order::Watts),
        KeyCode::Char('a') => Ask::Sort(Order::Age),
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_page_says() {
        let key = |code, modifiers| meaning(&Event::Key(KeyEvent::new(code, modifiers)));
        let plain = |code| key(code, KeyModifiers::NONE);
        assert_eq!(plain(KeyCode::Char('q')), Some(Typed::End));
        assert_eq!(plain(KeyCode::Esc), Some(Typed::End));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Typed::Interrupt));
        // One that isn't a key of the watch ends nothing.
        assert_eq!((plain(KeyCode::Char('c')), key(KeyCode::Char('q'), KeyModifiers::CONTROL)), (None, None));
        assert_eq!(meaning(&Event::Resize(40, 10)), Some(Typed::Resized));
        // Each letter that the page has in its table of keys.
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/watch.md")).unwrap();
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let letters: Vec<char> = rows.filter_map(|(key, _)| key.parse().ok()).collect();
        assert!(letters.len() > 8, "{letters:?}");
        for letter in letters {
            assert!(plain(KeyCode::Char(letter)).is_some(), "{letter}");
        }
    }
}
