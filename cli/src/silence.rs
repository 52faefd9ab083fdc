//! The terminal without echo: from before a password is asked for until it was read, or until the program ends. What is typed as soon as
//! the question stands there is not shown either.

/// Ends the silence when it is dropped.
#[must_use = "the terminal is silent for as long as this lives"]
pub(crate) struct Silence(());

impl Silence {
    pub(crate) fn begin() -> Self {
        terminal::silence();
        Self(())
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        end();
    }
}

/// Ends the silence, where there is one: a signal may end the program while it waits for a password.
pub(crate) fn end() {
    terminal::restore();
}

#[cfg(unix)]
mod terminal {
    use std::fs::File;
    use std::sync::{Mutex, PoisonError};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// The terminal and how it was.
    static BEFORE: Mutex<Option<(File, Termios)>> = Mutex::new(None);

    pub(super) fn silence() {
        let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty") else { return };
        let Ok(before) = tcgetattr(&terminal) else { return };
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        if tcsetattr(&terminal, OptionalActions::Now, &silent).is_ok() {
            BEFORE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((terminal, before));
        }
    }

    pub(super) fn restore() {
        if let Some((terminal, before)) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
        }
    }
}

#[cfg(not(unix))]
mod terminal {
    pub(super) fn silence() {}

    pub(super) fn restore() {}
}
