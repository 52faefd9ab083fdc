//! The result of a job, as it is kept and sent: what a command printed and how it ended, as if it had run on this computer.

use rosefish::ErrorKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::job::VERSION;
use super::stamp::now;
use crate::capture::Captured;
use crate::fleet::outcome::{Outcome, Told};
use crate::terminal::one_line;

/// The result of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) version: u32,
    pub(super) job: String,
    /// The host, as it was named.
    pub(super) host: String,
    /// The worker that gives this answer, and a name that no other answer has.
    pub(super) worker: String,
    pub(super) attempt: String,
    outcome: Word,
    /// The kind of error, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// What the command printed on standard output, except tables.
    text: String,
    tables: Vec<Vec<Vec<String>>>,
    /// Its lines on standard error.
    said: Vec<String>,
    /// Whether the host has answered.
    reached: bool,
    /// In seconds since 1970.
    begun: u64,
    ended: u64,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Done,
    InPart,
    Found,
    Failed,
    Unknown,
    Unreachable,
    LeftAlone,
}

/// The worker that answers a job, and when it began.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) job: String,
    pub(super) host: String,
    pub(super) worker: String,
    pub(super) attempt: String,
    pub(super) begun: u64,
}

impl Answer {
    pub(super) fn new(origin: Origin, told: Told) -> Self {
        let Origin { job, host, worker, attempt, begun } = origin;
        let Told { captured: Captured { text, tables, said, reached }, outcome, error } = told;
        let (outcome, kind) = match outcome {
            Outcome::Well => (Word::Done, None),
            Outcome::InPart => (Word::InPart, None),
            Outcome::Found => (Word::Found, None),
            Outcome::Failed(kind) => (Word::Failed, kind.and_then(|kind| serde_json::to_value(kind).ok())),
            Outcome::Unknown => (Word::Unknown, None),
            Outcome::Unreached => (Word::Unreachable, None),
            Outcome::LeftAlone => (Word::LeftAlone, None),
        };
        let (version, ended) = (VERSION, now());
        Self { version, job, host, worker, attempt, outcome, kind, error, text, tables, said, reached, begun, ended }
    }

    /// Returns the answer as a message of at most so many bytes. A larger one is reduced to how the command ended, and says what is
    /// missing.
    pub(super) fn bytes(&self, most: usize) -> anyhow::Result<Vec<u8>> {
        let whole = serde_json::to_vec(self)?;
        if whole.len() <= most {
            return Ok(whole);
        }
        let lacking = format!(
            "what it printed is lost: its {} bytes are more than the {most} that the NATS server takes (max_payload)",
            whole.len()
        );
        let outcome = match self.outcome {
            Word::Done => Word::InPart,
            outcome => outcome,
        };
        let error = self.error.as_ref().filter(|error| error.len() < 4096).cloned();
        let short =
            Self { outcome, error, text: String::new(), tables: Vec::new(), said: vec![lacking], ..self.clone() };
        Ok(serde_json::to_vec(&short)?)
    }

    /// Reads an answer that was kept.
    ///
    /// # Errors
    ///
    /// If it is not an answer, or has another version.
    pub(super) fn read(json: &[u8]) -> anyhow::Result<Self> {
        let answer: Self = serde_json::from_slice(json)?;
        anyhow::ensure!(answer.version == VERSION, "it has version {}, not {VERSION}", answer.version);
        Ok(answer)
    }

    /// Returns the result as if the command had run on this computer.
    pub(super) fn told(self) -> Told {
        let kind = self.kind.and_then(|kind| serde_json::from_value::<ErrorKind>(kind).ok());
        let outcome = match self.outcome {
            Word::Done => Outcome::Well,
            Word::InPart => Outcome::InPart,
            Word::Found => Outcome::Found,
            Word::Failed => Outcome::Failed(kind),
            Word::Unknown => Outcome::Unknown,
            Word::Unreachable => Outcome::Unreached,
            Word::LeftAlone => Outcome::LeftAlone,
        };
        // Others may have written this: only plain text is shown of it.
        let mut tables = self.tables;
        tables.iter_mut().flatten().flatten().for_each(|cell| *cell = one_line(cell));
        let captured = Captured { text: self.text, tables, said: self.said, reached: self.reached };
        Told { captured, outcome, error: self.error.map(|error| one_line(&error)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(told: Told) -> Answer {
        let text = || "x".to_owned();
        Answer::new(Origin { job: text(), host: text(), worker: text(), attempt: text(), begun: 1 }, told)
    }

    fn told(outcome: Outcome, text: &str) -> Told {
        let captured = Captured { text: text.to_owned(), reached: true, ..Captured::default() };
        Told { captured, outcome, error: None }
    }

    #[test]
    fn what_came_of_a_job_is_the_same_on_the_other_side() {
        use Outcome as O;
        let kinds = [O::Failed(None), O::Failed(Some(ErrorKind::Unauthorized)), O::Failed(Some(ErrorKind::NotInForce))];
        for outcome in [O::Well, O::InPart, O::Found, O::Unknown, O::Unreached, O::LeftAlone].into_iter().chain(kinds) {
            let bytes = answer(told(outcome, "on\n")).bytes(10_000).unwrap();
            let other = Answer::read(&bytes).unwrap().told();
            assert_eq!((other.outcome, other.captured.text.as_str()), (outcome, "on\n"));
        }
        let newer = String::from_utf8(answer(told(O::Failed(None), "")).bytes(10_000).unwrap()).unwrap();
        let newer = newer.replace("\"outcome\":\"failed\"", "\"outcome\":\"failed\",\"kind\":\"of-next-year\"");
        assert_eq!(Answer::read(newer.as_bytes()).unwrap().told().outcome, O::Failed(None));
        assert!(Answer::read(newer.replace("\"version\":1", "\"version\":2").as_bytes()).is_err());
    }

    #[test]
    fn what_is_too_large_keeps_how_it_ended_and_says_what_it_lacks() {
        let large = "y".repeat(5000);
        for (outcome, expected) in [(Outcome::Well, Outcome::InPart), (Outcome::Found, Outcome::Found)] {
            let bytes = answer(told(outcome, &large)).bytes(2000).unwrap();
            let other = Answer::read(&bytes).unwrap().told();
            assert!(bytes.len() <= 2000 && other.outcome == expected, "{other:?}");
            assert!(other.captured.said[0].contains("is lost"), "{other:?}");
        }
    }

    #[test]
    fn headings_of_a_forged_table_do_nothing_to_the_terminal() {
        let mut forged = answer(told(Outcome::Well, ""));
        forged.tables = vec![vec![vec!["NAME\u{1b}[2J".to_owned()], vec!["\u{202e}x\ny".to_owned()]]];
        let shown = forged.told().captured.tables;
        assert_eq!(shown, [[["NAME\\u001b[2J"], ["\\u202ex y"]]]);
    }
}
