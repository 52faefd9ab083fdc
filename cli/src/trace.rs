//! `-v` and `-vv`: what is sent to a service and what it answers, as the library's log shows it, which is without secrets.

use std::io::{self, Write};

use tracing_subscriber::filter::LevelFilter;

use crate::terminal::{say_text, shown};

/// Shows requests on standard error from here on: none, those that are sent, or those with their bodies.
pub(crate) fn show(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let log = tracing_subscriber::fmt().with_writer(|| Lines(Vec::new())).with_max_level(level).without_time();
    log.with_target(false).with_ansi(false).compact().init();
}

/// A line of the log, of which parts are what a BMC said.
struct Lines(Vec<u8>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.0);
        say_text(&shown(&String::from_utf8_lossy(&bytes)));
        Ok(())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // Nobody is left to read it.
        let _ = self.flush();
    }
}
