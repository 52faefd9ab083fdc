//! The event log of a machine: which of its logs that is, and its entries, or the newest of them.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::survey::{Survey, text, to_json};
use crate::resource::{AnyResource, link_property};
use crate::wire::{AnyLink, DateTime, ODataId, Table};

/// The log that stands for the system event log: the one that says so, else the first. The first of these resources that
/// has logs is the one whose logs are meant.
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

/// The entries of a log in its order: all, or as many of the newest.
pub(crate) async fn entries(survey: &mut Survey, log: &AnyResource, last: Option<usize>) -> Vec<AnyResource> {
    match last {
        None => survey.members(log, "Entries").await,
        Some(0) => Vec::new(),
        Some(last) => newest(survey, log, last).await,
    }
}

/// The newest entries. A collection is a list of links, mostly, so that the others need not be read; which end of it is the
/// newer one is not the same everywhere.
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

/// Whether the first of these entries is newer than the last: by their times, else by the numbers that end their URIs.
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
        let digits = segment.len() - segment.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        segment.get(segment.len() - digits..)?.parse::<u64>().ok()
    };
    matches!(number(first).zip(number(last)).map(|(first, last)| first.cmp(&last)), Some(Ordering::Greater))
}
