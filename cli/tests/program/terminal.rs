//! A terminal of its own, which util-linux's `script` makes.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A shell's command line that runs on a terminal.
pub struct Terminal {
    script: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    seen: String,
}

impl Terminal {
    pub fn run(command: &str) -> Self {
        let mut script = Command::new("script")
            .args(["-qec", command, "/dev/null"])
            .env("ROSEFISH_PASSWORD", "password")
            .env("XDG_CONFIG_HOME", "/nonexistent")
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (keyboard, screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        Self { script, keyboard, screen, seen: String::new() }
    }

    /// Waits for this text, and returns everything that was shown until then.
    #[track_caller]
    pub fn until(&mut self, text: &str) -> &str {
        let mut buffer = [0; 4096];
        while !self.seen.contains(text) {
            let count = self.screen.read(&mut buffer).unwrap();
            assert!(count > 0, "{text:?} never came: {}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        &self.seen
    }

    pub fn type_in(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Waits until the command ends, which has to succeed, and returns everything that was shown.
    #[track_caller]
    pub fn end(mut self) -> String {
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).unwrap();
        assert!(self.script.wait().unwrap().success(), "{}", self.seen);
        self.seen + &String::from_utf8_lossy(&rest)
    }
}
