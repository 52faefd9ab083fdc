//! `rosefish sol`: the machine's serial console on this terminal.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

use clap::Args;
use rosefish::ipmi::Console;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use super::IpmiTarget;

const KEYS: &str = "\
At the beginning of a line:
  ~.  ends it        ~B  sends a serial break        ~~  is one ~";

/// Attach to the serial console of a machine (Serial over LAN), by IPMI
#[derive(Debug, Args)]
#[command(after_help = KEYS)]
pub(crate) struct SolArgs {
    #[command(flatten)]
    target: IpmiTarget,
    /// End the console that somebody else has open
    #[arg(long)]
    take_over: bool,
}

/// Prints words of our own on a terminal that is raw: it needs the carriage returns.
fn tell(text: &str) {
    // Nobody is left to read it.
    let _ = io::stderr().write_all(text.as_bytes());
}

pub(crate) async fn run(args: SolArgs) -> anyhow::Result<ExitCode> {
    let attached = args.target.with(async |bmc| {
        let console = if args.take_over { bmc.take_over_sol().await } else { bmc.sol().await }?;
        let _raw = RawTerminal::enter();
        tell("attached; ~. ends it\r\n");
        let attached = attach(console).await;
        tell("\r\ndetached\r\n");
        attached
    });
    attached.await?;
    Ok(ExitCode::SUCCESS)
}

/// Carries characters both ways until either side ends.
async fn attach(mut console: Console) -> anyhow::Result<()> {
    let mut typed = keyboard();
    let mut keys = Keys::default();
    let mut buffer = [0; 4096];
    loop {
        tokio::select! {
            read = console.read(&mut buffer) => {
                let Some(shown) = buffer.get(..read?).filter(|shown| !shown.is_empty()) else { return Ok(()) };
                let mut out = std::io::stdout().lock();
                out.write_all(shown)?;
                out.flush()?;
            }
            bytes = typed.recv() => {
                let Some(bytes) = bytes else { return Ok(()) };
                for key in keys.read(&bytes) {
                    match key {
                        Key::Bytes(bytes) => console.write_all(&bytes).await?,
                        Key::Break => console.send_break(),
                        Key::End => return Ok(()),
                    }
                }
                console.flush().await?;
            }
        }
    }
}

/// What is typed. It is read on a thread of its own, which nobody waits for: a read of the terminal can't be cancelled.
fn keyboard() -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok(length @ 1..) = std::io::stdin().lock().read(&mut buffer) {
            let Some(bytes) = buffer.get(..length) else { return };
            if sender.blocking_send(bytes.to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

#[derive(Debug, PartialEq, Eq)]
enum Key {
    Bytes(Vec<u8>),
    Break,
    End,
}

/// Finds the escapes in what is typed.
#[derive(Debug)]
struct Keys {
    line_begins: bool,
    escaped: bool,
}

impl Default for Keys {
    fn default() -> Self {
        Self { line_begins: true, escaped: false }
    }
}

impl Keys {
    fn read(&mut self, bytes: &[u8]) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut plain = Vec::new();
        for byte in bytes.iter().copied() {
            if std::mem::take(&mut self.escaped) {
                match byte {
                    b'.' | b'B' => {
                        if !plain.is_empty() {
                            keys.push(Key::Bytes(std::mem::take(&mut plain)));
                        }
                        keys.push(if byte == b'.' { Key::End } else { Key::Break });
                        continue;
                    }
                    b'~' => {}
                    _ => plain.push(b'~'),
                }
            } else if byte == b'~' && self.line_begins {
                self.escaped = true;
                continue;
            }
            plain.push(byte);
            self.line_begins = matches!(byte, b'\r' | b'\n');
        }
        if !plain.is_empty() {
            keys.push(Key::Bytes(plain));
        }
        keys
    }
}

/// The terminal without echo and line editing, as long as this lives.
#[derive(Debug)]
struct RawTerminal {
    #[cfg(unix)]
    before: rustix::termios::Termios,
}

impl RawTerminal {
    #[cfg(unix)]
    fn enter() -> Option<Self> {
        use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
        let input = std::io::stdin();
        if !input.is_terminal() {
            return None;
        }
        let before = tcgetattr(&input).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&input, OptionalActions::Now, &raw).ok()?;
        Some(Self { before })
    }

    #[cfg(not(unix))]
    fn enter() -> Option<Self> {
        let _ = std::io::stdin().is_terminal();
        None
    }
}

#[cfg(unix)]
impl Drop for RawTerminal {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_count_at_the_beginning_of_a_line() {
        let cases: [(&[u8], &[Key]); 5] = [
            (b"~.", &[Key::End]),
            (b"ls\r~B", &[Key::Bytes(b"ls\r".to_vec()), Key::Break]),
            (b"a~.", &[Key::Bytes(b"a~.".to_vec())]),
            (b"~~x", &[Key::Bytes(b"~x".to_vec())]),
            (b"~x", &[Key::Bytes(b"~x".to_vec())]),
        ];
        for (typed, keys) in cases {
            assert_eq!(Keys::default().read(typed), keys, "{typed:?}");
            // The same, key by key.
            let mut one_by_one = Keys::default();
            let ends = typed.iter().flat_map(|byte| one_by_one.read(&[*byte])).any(|key| key == Key::End);
            assert_eq!(ends, keys.contains(&Key::End));
        }
    }
}
