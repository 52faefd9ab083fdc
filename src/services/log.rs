//! The event log of a machine: which of its logs that is, and all or the newest of its entries.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use super::read_back::{Seen, read_back};
use super::survey::{Survey, text, to_json};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::resource::{AnyResource, Resource, link_property, links_at};
use crate::schema::LogService;
use crate::schema::message::Message;
use crate::wire::{AnyLink, DateTime, ODataId, Table};

/// How long a log may take to show that it was cleared.
const PATIENCE: Duration = Duration::from_secs(5);

/// Returns the log that stands for the system event log. The first of these resources with logs decides: the log that
/// is marked as the SEL, else its first one.
pub(crate) async fn event_log(survey: &mut Survey, owners: &[AnyResource]) -> Option<AnyResource> {
    for owner in owners {
        let logs = survey.members(owner, "LogServices").await;
        let is_sel = |log: &AnyResource| {
            let log = to_json(log);
            text(&log, "Id").is_some_and(|id| id.eq_ignore_ascii_case("SEL"))
                || text(&log, "LogEntryType") == Some("SEL")
        };
        let place = logs.iter().position(is_sel).unwrap_or(0);
        if let Some(log) = logs.into_iter().nth(place) {
            return Some(log);
        }
    }
    None
}

/// Reads the entries of a log in its order: all, or this many of the newest.
pub(crate) async fn entries(survey: &mut Survey, log: &AnyResource, last: Option<usize>) -> Vec<AnyResource> {
    match last {
        None => survey.members(log, "Entries").await,
        Some(0) => Vec::new(),
        Some(last) => newest(survey, log, last).await,
    }
}

/// Clears a log, with the ETag of its entries if the service requires it, and verifies that it has fewer entries
/// afterwards.
pub(crate) async fn clear(log: &Resource<LogService>) -> Result<(), Error> {
    let before = count(log).await.ok();
    match log.clear_log(None).await {
        // The refusal proves that nothing was done.
        Err(error) if error.status() == Some(400) && wants_tag(&error) => {
            let entries = log.entries().await?;
            let tag = entries.etag().map(|tag| tag.as_str().to_owned());
            log.clear_log(tag).await?;
        }
        done => drop(done?),
    }
    let Some(before) = before.filter(|before| *before > 1) else { return Ok(()) };
    let fewer = |now: &usize| *now < before;
    // Many logs record the clearing as an entry. A confirmed change counts as done if it can't be read.
    match read_back(PATIENCE, || count(log), fewer).await {
        Seen::Otherwise(now) => {
            let text = format!(
                "the service confirmed that the log was cleared, but it has {now} entries; before it had {before}"
            );
            Err(Error::new(ErrorKind::NotInForce, text).at("POST", log.uri()))
        }
        Seen::AsWanted(_) | Seen::Unread(_) => Ok(()),
    }
}

fn wants_tag(error: &Error) -> bool {
    let names = |text: &String| text.contains("LogEntriesETag");
    error.messages().iter().any(|message| message.message.iter().any(names) || message.message_args.iter().any(names))
}

/// Returns how many entries a log has.
async fn count(log: &Resource<LogService>) -> Result<usize, Error> {
    let entries = log.entries().await?;
    let said = to_json(entries.any()).get("Members@odata.count").and_then(Value::as_u64);
    let said = said.and_then(|count| usize::try_from(count).ok());
    Ok(said.unwrap_or_else(|| links_at(entries.any().record(), "Members").len()))
}

/// Completes a message whose text the service leaves to its registries, or that still has placeholders such as `%1`.
pub(crate) async fn explain(client: &Client, entry: &AnyResource, message: &mut String) {
    let json = to_json(entry);
    let Some(id) = text(&json, "MessageId") else { return };
    let is_said = text(&json, "Message").is_some_and(|said| !said.contains("%1"));
    if is_said {
        return;
    }
    let arguments = json.get("MessageArgs").and_then(Value::as_array).into_iter().flatten();
    let mut said = Message {
        message_id: Some(id.to_owned()),
        message_args: arguments.filter_map(Value::as_str).map(str::to_owned).collect(),
        ..Message::default()
    };
    client.complete_message(&mut said).await;
    if let Some(text) = said.message.filter(|text| !text.is_empty()) {
        *message = text;
    }
}

/// Reads the newest entries. A collection is mostly a list of links, so the others need not be read. Which end has the
/// newest differs between services.
async fn newest(survey: &mut Survey, log: &AnyResource, last: usize) -> Vec<AnyResource> {
    let Some(first_page) = survey.one(log, "Entries").await else { return Vec::new() };
    let Some((table, mut links)) = link_property(first_page.record(), "Members") else { return Vec::new() };
    let newest_first = is_newest_first(survey, &links, table).await;
    let mut next = next_page(&first_page);
    let mut kept = VecDeque::new();
    loop {
        kept.extend(links);
        if newest_first {
            kept.truncate(last);
        } else {
            kept.drain(..kept.len().saturating_sub(last));
        }
        if newest_first && kept.len() == last {
            break;
        }
        let Some(uri) = next else { break };
        let Some(page) = survey.page(&uri, first_page.table()).await else { break };
        links = link_property(page.record(), "Members").map(|(_, links)| links).unwrap_or_default();
        next = next_page(&page);
    }
    survey.follow(kept.into(), table).await
}

fn next_page(page: &AnyResource) -> Option<String> {
    page.record().text("Members@odata.nextLink").filter(|uri| !uri.is_empty()).map(str::to_owned)
}

/// Returns whether the first of these entries is newer than the last: by time, else by the number at the end of the
/// URI.
async fn is_newest_first(survey: &mut Survey, links: &[AnyLink], table: &'static Table) -> bool {
    let [first, .., last] = links else { return false };
    let first_entry = survey.peek(first, table).await;
    let last_entry = survey.peek(last, table).await;
    if let (Ok(first), Ok(last)) = (&first_entry, &last_entry) {
        let created = |entry: &AnyResource| DateTime::from(text(&to_json(entry), "Created")?).timestamp();
        if let (Some(first), Some(last)) = (created(first), created(last))
            && first != last
        {
            return first > last;
        }
    }
    let number = |link: &AnyLink| {
        let segment = link.uri().map(ODataId::last_segment)?;
        let digits = segment.bytes().rev().take_while(u8::is_ascii_digit).count();
        segment.get(segment.len().saturating_sub(digits)..)?.parse::<u64>().ok()
    };
    matches!(number(first).zip(number(last)).map(|(first, last)| first.cmp(&last)), Some(Ordering::Greater))
}
