//! The serial console behind SOL: it greets, echoes what is typed, and says what a test makes it say.

use std::collections::VecDeque;

/// The host's serial console.
#[derive(Clone, Debug)]
pub struct Console {
    /// The greeting that is sent when a SOL session starts.
    pub greeting: String,
    /// Whether input comes back, with a line feed after each carriage return.
    pub echo: bool,
    /// Bytes on their way to the remote console.
    pub(crate) output: VecDeque<u8>,
    /// Everything that was typed.
    received: Vec<u8>,
    breaks: u32,
}

impl Default for Console {
    fn default() -> Self {
        Self {
            greeting: "\r\nrosefish mock console ready\r\n# ".to_owned(),
            echo: true,
            output: VecDeque::new(),
            received: Vec::new(),
            breaks: 0,
        }
    }
}

impl Console {
    /// Makes the host print something.
    pub fn print(&mut self, text: &str) {
        self.output.extend(text.bytes());
    }

    /// Returns everything that was typed so far.
    #[must_use]
    pub fn received(&self) -> &[u8] {
        &self.received
    }

    /// Returns how many serial breaks arrived.
    #[must_use]
    pub fn breaks(&self) -> u32 {
        self.breaks
    }

    pub(crate) fn greet(&mut self) {
        self.output.extend(self.greeting.bytes());
    }

    pub(crate) fn type_in(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
        if self.echo {
            for byte in bytes {
                self.output.push_back(*byte);
                if *byte == b'\r' {
                    self.output.extend(*b"\n# ");
                }
            }
        }
    }

    pub(crate) fn serial_break(&mut self) {
        self.breaks += 1;
    }

    pub(crate) fn take(&mut self, most: usize) -> Vec<u8> {
        let count = most.min(self.output.len());
        self.output.drain(..count).collect()
    }
}
