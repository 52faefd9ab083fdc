//! What is written once: which change was begun by whom, and what came of a job. Who comes second finds what the first one wrote.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use async_nats::jetstream::kv::{CreateErrorKind, Store as Bucket};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::answer::Answer;
use super::server::Server;

/// How long it is until something is tried again that the server did not take.
const PAUSE: Duration = Duration::from_millis(500);

/// Who has begun a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) worker: String,
    /// A name that no other attempt has.
    pub(super) attempt: String,
}

/// Whether this is the one that counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Written<T> {
    /// It is.
    Own,
    /// Another one was there before.
    Before(T),
}

/// What was handed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Submission {
    pub(super) version: u32,
    /// The command line, as it was written.
    pub(super) words: Vec<String>,
    /// The hosts, in the order of their numbers.
    pub(super) hosts: Vec<String>,
    /// In seconds since 1970. No job is begun later than this.
    pub(super) until: u64,
    /// How many of the jobs were handed in, the first ones; not known while that is being done.
    #[serde(default)]
    pub(super) handed_in: Option<usize>,
}

impl Server {
    /// Says that a change is begun, unless that was said before. Tries for as long as the server can't be reached: before this is known,
    /// nothing may be done.
    pub(super) async fn claim(&self, job: &str, claim: &Claim) -> anyhow::Result<Written<Claim>> {
        let value = Bytes::from(serde_json::to_vec(claim)?);
        loop {
            match self.begun.create(job, value.clone()).await {
                Ok(_) => return Ok(Written::Own),
                // This one too, if its confirmation was lost.
                Err(error) if error.kind() == CreateErrorKind::AlreadyExists => {
                    if let Some(found) = self.claimed(job).await {
                        return Ok(if found == *claim { Written::Own } else { Written::Before(found) });
                    }
                }
                Err(error) if error.kind() == CreateErrorKind::InvalidKey => {
                    anyhow::bail!("{job:?} can't be kept: {error}");
                }
                Err(_) => {}
            }
            sleep(PAUSE).await;
        }
    }

    /// Who has begun a change, as far as the server says.
    async fn claimed(&self, job: &str) -> Option<Claim> {
        let entry = self.begun.entry(job).await.ok()??;
        // A record that can't be read is somebody's all the same.
        let unknown = || Claim { worker: "unknown".to_owned(), attempt: String::new() };
        Some(serde_json::from_slice(&entry.value).unwrap_or_else(|_| unknown()))
    }

    /// Writes down what came of a job, unless something was written down before.
    pub(super) async fn answer(&self, answer: &Answer) -> anyhow::Result<Written<()>> {
        let value = Bytes::from(answer.bytes(self.largest())?);
        loop {
            match self.answers.create(&answer.job, value.clone()).await {
                Ok(_) => break,
                Err(error) if error.kind() == CreateErrorKind::AlreadyExists => {
                    let Some(found) = self.value(&self.answers, &answer.job).await else { continue };
                    let is_own = Answer::read(&found).is_ok_and(|found| found.attempt == answer.attempt);
                    if !is_own {
                        return Ok(Written::Before(()));
                    }
                    break;
                }
                Err(error) if error.kind() == CreateErrorKind::InvalidKey => {
                    anyhow::bail!("{:?} can't be kept: {error}", answer.job);
                }
                Err(_) => sleep(PAUSE).await,
            }
        }
        // For who listens: what was lost of this is found where it is kept.
        let _ = self.client.publish(self.results_of(&answer.job), value).await;
        Ok(Written::Own)
    }

    /// What came of a job, if it is there. Tries for as long as the server can't be reached.
    pub(super) async fn answer_of(&self, job: &str) -> Option<anyhow::Result<Answer>> {
        let value = self.value(&self.answers, job).await?;
        Some(Answer::read(&value).with_context(|| format!("the result of job {job} can't be read")))
    }

    async fn value(&self, bucket: &Bucket, key: &str) -> Option<Bytes> {
        loop {
            match bucket.entry(key).await {
                Ok(entry) => return entry.map(|entry| entry.value),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    /// The numbers of the jobs of which something came.
    pub(super) async fn answered(&self, submission: &str) -> anyhow::Result<BTreeSet<usize>> {
        let prefix = format!("{}{submission}.", self.answers.prefix);
        let mut subjects = self.answers.stream.info_with_subjects(format!("{prefix}*")).await?;
        let mut all = BTreeSet::new();
        while let Some((subject, _)) = subjects.try_next().await? {
            all.extend(subject.strip_prefix(&prefix).and_then(|number| number.parse::<usize>().ok()));
        }
        Ok(all)
    }
}
