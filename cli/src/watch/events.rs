//! What happens on a host: by the stream of its service where it offers one, else by the entries that are new in its logs.

use std::collections::HashSet;
use std::time::Duration;

use rosefish::ErrorKind;
use rosefish::host::{Host, LogEntry, LogQuery, Partial, Severity};
use rosefish::schema::event::EventRecord;
use tokio::time::{Instant, sleep, timeout};

use super::lanes::{Lanes, Pace};
use super::news::{Event, Tell};
use crate::operate::logs::{NEWEST, mark};

/// When a stream is asked for again that has ended or could not be had.
const AGAIN: Duration = Duration::from_secs(300);

/// So many entries are shown that were there before.
const BEFORE: usize = 5;

/// Reports what happens, until the credentials are refused and the host must not be asked any more.
pub(super) async fn follow(host: &Host, by_redfish: bool, pace: Pace, lanes: &Lanes, tell: &Tell) {
    let mut log = Log::default();
    let mut stream_at = by_redfish.then(Instant::now);
    loop {
        if !log.read(host, pace, lanes, tell).await {
            return;
        }
        if stream_at.is_some_and(|at| at <= Instant::now()) {
            let logs = "events: new entries of the logs";
            stream_at = match stream(host, tell).await {
                End::NotOffered => {
                    tell.source(format!("{logs}, every {} s; the service offers no stream", pace.every.as_secs_f64()))
                        .await;
                    None
                }
                End::Failed(error) if error.is_auth() => {
                    tell.source(format!("events are not read: {}", error.report())).await;
                    return;
                }
                End::Failed(error) => {
                    tell.source(format!("{logs}; the stream ended: {}", error.report())).await;
                    Instant::now().checked_add(AGAIN)
                }
                End::Over => Instant::now().checked_add(AGAIN),
            };
            // What came while the stream broke.
            continue;
        }
        sleep(pace.every).await;
    }
}

/// Why a stream came to its end.
enum End {
    NotOffered,
    /// The service has no more to say.
    Over,
    Failed(rosefish::Error),
}

/// Reports what the stream brings, until it ends.
async fn stream(host: &Host, tell: &Tell) -> End {
    let service = async { host.redfish().await?.root().event_service().await };
    let service = match service.await {
        Ok(service) => service,
        Err(error) if matches!(error.kind(), ErrorKind::Missing | ErrorKind::NotFound) => return End::NotOffered,
        Err(error) => return End::Failed(error),
    };
    if service.server_sent_event_uri.as_deref().unwrap_or_default().is_empty() {
        return End::NotOffered;
    }
    let by_stream = || tell.source("events: the stream of the service".to_owned());
    by_stream().await;
    let mut events = service.events();
    let mut last = None;
    while let Some(notification) = events.next().await {
        match notification {
            Ok(notification) => {
                if last.take().is_some() {
                    by_stream().await;
                }
                for record in notification.records() {
                    tell.happened(of_record(record)).await;
                }
            }
            // The stream continues behind what it can't read, or this is its end.
            Err(error) => {
                tell.source(format!("events: the stream of the service; {}", error.report())).await;
                last = Some(error);
            }
        }
    }
    last.map_or(End::Over, End::Failed)
}

fn of_record(record: &EventRecord) -> Event {
    let word = record.message_severity.as_ref().map(ToString::to_string).or_else(|| record.severity.clone());
    let text = record.message.clone().filter(|text| !text.is_empty()).or_else(|| {
        let id = record.message_id.clone()?;
        Some(if record.message_args.is_empty() { id } else { format!("{id}: {}", record.message_args.join(", ")) })
    });
    Event {
        time: record.event_timestamp.as_ref().map(ToString::to_string),
        severity: word.as_deref().and_then(severity),
        message: text.unwrap_or_else(|| "an event without a message".to_owned()),
        is_old: false,
    }
}

fn severity(word: &str) -> Option<Severity> {
    serde_json::from_value(word.to_ascii_lowercase().into()).ok()
}

fn of_entry(one: LogEntry, is_old: bool) -> Event {
    let LogEntry { entry, .. } = one;
    Event { time: entry.time.map(|time| time.to_string()), severity: entry.severity, message: entry.message, is_old }
}

/// The logs of a host.
#[derive(Debug, Default)]
struct Log {
    known: HashSet<String>,
    was_read: bool,
    said: HashSet<String>,
}

impl Log {
    /// Reports what is new; false where the credentials were refused.
    async fn read(&mut self, host: &Host, pace: Pace, lanes: &Lanes, tell: &Tell) -> bool {
        let read = {
            let Some(_turn) = lanes.turn(false).await else { return false };
            timeout(pace.longest, host.log_entries(LogQuery::all().last(NEWEST))).await
        };
        let why = match read {
            Ok(Ok(found)) => {
                let Partial { items, missing } = found.value;
                let new: Vec<LogEntry> = items.into_iter().filter(|one| self.known.insert(mark(one))).collect();
                let is_first = !std::mem::replace(&mut self.was_read, true);
                let skipped = if is_first { new.len().saturating_sub(BEFORE) } else { 0 };
                for one in new.into_iter().skip(skipped) {
                    tell.happened(of_entry(one, is_first)).await;
                }
                missing.first().map(|missing| format!("not all logs are read: {missing}"))
            }
            Ok(Err(error)) if error.is_auth() => {
                tell.source(format!("events are not read: {}", error.report())).await;
                return false;
            }
            Ok(Err(error)) => Some(format!("logs are not read: {}", error.report())),
            Err(_) => Some(format!("logs are not read: it takes longer than {} s", pace.longest.as_secs_f64())),
        };
        if let Some(why) = why
            && self.said.insert(why.clone())
        {
            tell.unread(why).await;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_known_in_any_case_and_no_others() {
        assert_eq!(severity("Critical"), Some(Severity::Critical));
        assert_eq!((severity("OK"), severity("Informational")), (Some(Severity::Ok), None));
    }
}
