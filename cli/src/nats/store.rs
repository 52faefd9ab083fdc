//! What is written only once: who began which change, and the result of a job. The second writer finds what the first one wrote.

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

/// How long to wait before something that the server did not take is retried.
const PAUSE: Duration = Duration::from_millis(500);

/// Who has begun a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) worker: String,
    /// A name that no other attempt has.
    pub(super) attempt: String,
}

/// Whether this is the record that counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Written<T> {
    /// It is.
    Own,
    /// Another one was there before.
    Before(T),
}

/// A submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Submission {
    pub(super) version: u32,
    /// The command line, as it was written.
    pub(super) words: Vec<String>,
    /// The hosts, in the order of their numbers.
    pub(super) hosts: Vec<String>,
    /// In seconds since 1970. No job is begun after this.
    pub(super) until: u64,
    /// How many of the jobs were submitted, counted from the first. Unknown while that is under way.
    #[serde(default)]
    pub(super) handed_in: Option<usize>,
}

impl Server {
    /// Records that a change is begun, unless that was recorded before. Keeps trying while the server can't be reached: nothing may
    /// be done before this is known.
    pub(super) async fn claim(&self, job: &str, claim: &Claim) -> anyhow::Result<Written<Claim>> {
        let value = Bytes::from(serde_json::to_vec(claim)?);
        loop {
            match self.begun.create(job, value.clone()).await {
                Ok(_) => return Ok(Written::Own),
                // It may also be this record, if only its confirmation was lost.
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

    /// Returns who has begun a change, as far as the server says.
    async fn claimed(&self, job: &str) -> Option<Claim> {
        let entry = self.begun.entry(job).await.ok()??;
        // A record that can't be read still belongs to somebody.
        let unknown = || Claim { worker: "unknown".to_owned(), attempt: String::new() };
        Some(serde_json::from_slice(&entry.value).unwrap_or_else(|_| unknown()))
    }

    /// Records the result of a job, unless one was recorded before.
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
        // This is only for listeners: if it gets lost, the result can be found where it is kept.
        let _ = self.client.publish(self.results_of(&answer.job), value).await;
        Ok(Written::Own)
    }

    /// Returns the result of a job, if there is one. Keeps trying while the server can't be reached.
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

    /// Returns the numbers of the jobs that have a result.
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
