//! Reads everything that a service has, with the headers of each answer. Nothing is judged here.

use std::collections::{HashSet, VecDeque};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rosefish::{Client, RawResponse};

use super::super::answers::{Answer, Answers, key, leads_to};
use super::super::json;
use crate::terminal::one_line;

/// More resources than any service has. One that makes up links without end must not be read without end.
const MOST: usize = 50_000;

/// The headers that rules refer to.
const HEADERS: [&str; 6] = ["allow", "odata-version", "cache-control", "content-type", "etag", "www-authenticate"];

/// Reads a service from its root on. Returns messages about what could not be read as well.
pub(crate) async fn crawl(client: &Client) -> (Answers, Vec<String>) {
    let mut answers = Answers::default();
    answers.is_whole = true;
    let mut unread = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    let mut queue: VecDeque<(String, bool)> = VecDeque::from([("/redfish/v1/".to_owned(), false)]);
    let mut under_way = FuturesUnordered::new();
    // Resources that are only referred to are read after those that are judged, as they may be both.
    let mut aside: Vec<String> = Vec::new();
    loop {
        while under_way.len() < client.concurrency()
            && let Some((uri, is_aside)) = queue.pop_front()
        {
            if !known.insert(key(&uri).to_owned()) {
                continue;
            }
            if known.len() > MOST {
                unread.push(format!("what is behind the first {MOST} resources"));
                queue.clear();
                break;
            }
            under_way.push(read(client.clone(), uri, is_aside));
        }
        match under_way.next().await {
            Some(Ok(answer)) => {
                if let Some(json) = answer.json.as_ref().filter(|_| !answer.aside && answer.is_read()) {
                    let wanted = leads_to(json);
                    queue.extend(wanted.uris.into_iter().map(|uri| (uri, false)));
                    aside.extend(wanted.aside);
                }
                answers.add(answer);
            }
            Some(Err(why)) => unread.push(why),
            None if aside.is_empty() => break,
            None => queue.extend(aside.drain(..).map(|uri| (uri, true))),
        }
    }
    unread.sort();
    (answers, unread)
}

async fn read(client: Client, uri: String, aside: bool) -> Result<Answer, String> {
    match client.get_raw(&uri).await {
        Ok(response) => Ok(answer(uri, aside, response)),
        Err(error) => Err(one_line(&format!("{uri}: {}", error.report()))),
    }
}

/// Returns an answer with what the rules need of it.
pub(super) fn answer(uri: String, aside: bool, response: RawResponse) -> Answer {
    let named = HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), response.header(name)?.to_owned())));
    let headers = named.collect();
    let (json, wrong) = json::read(&response.body);
    let status = Some(response.status);
    Answer { place: uri.clone(), uri, status, headers, body: response.body, json, wrong, aside }
}
