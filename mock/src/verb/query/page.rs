//! Which members of a collection an answer contains: `$filter`, `$skip`, `$top`, and the service's own
//! pages.

use serde_json::Value;

use crate::http::uri;
use crate::machine::store::Store;
use crate::tree::digits;

use super::filter::Filter;
use super::support::Queries;

/// The parameter in which this service's next links say where the last page ended.
pub(super) const TOKEN: &str = "$skiptoken";

/// Which members a query selects.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) filter: Option<Filter>,
    pub(super) top: Option<usize>,
    pub(super) skip: Option<usize>,
    /// How many members earlier pages had, from this service's own next links.
    pub(super) token: usize,
}

impl Window {
    /// Returns whether the query selects all members.
    pub(super) fn is_all(&self) -> bool {
        self.filter.is_none() && self.top.is_none() && self.skip.is_none() && self.token == 0
    }
}

/// Reduces a collection to the selected members, and adds a link to the next page.
pub(super) fn cut(json: &mut Value, window: &Window, store: &Store, key: &str, query: &str, queries: &Queries) {
    let Some(object) = json.as_object_mut() else {
        return;
    };
    let Some(Value::Array(members)) = object.get_mut("Members") else {
        return;
    };
    let only_links = members.iter().all(|member| member.as_object().is_some_and(|member| member.len() == 1));
    if let Some(filter) = window.filter.as_ref().filter(|_| !(only_links && queries.filter_ignores_links)) {
        members.retain(|member| {
            let resource = member
                .get("@odata.id")
                .and_then(Value::as_str)
                .and_then(uri::key_of_id)
                .and_then(|key| store.get(&key)?.json.as_deref());
            match resource {
                Some(resource) => filter.holds(resource),
                None => filter.holds(&digits::plain(member.clone())),
            }
        });
    }
    let count = members.len();
    let first = window.skip.unwrap_or(0).saturating_add(window.token).min(count);
    let wanted = window.top.unwrap_or(usize::MAX).saturating_sub(window.token);
    let length = wanted.min(queries.page_size.unwrap_or(usize::MAX)).min(count - first);
    members.drain(..first);
    members.truncate(length);
    object.insert("Members@odata.count".to_owned(), count.into());
    object.remove("Members@odata.nextLink");
    // A client that gave $top has as many as it asked for; otherwise more pages follow.
    if length < wanted && first + length < count {
        let id = object.get("@odata.id").and_then(Value::as_str).unwrap_or(key).to_owned();
        let next = next_link(&id, query, window.token + length);
        object.insert("Members@odata.nextLink".to_owned(), next.into());
    }
}

/// Returns the link to the next page: the same query with the place where this page ended.
fn next_link(id: &str, query: &str, token: usize) -> String {
    let is_token = |parameter: &&str| uri::decode(parameter.split('=').next().unwrap_or(parameter)) == TOKEN;
    let kept: Vec<_> =
        query.split('&').filter(|parameter| !parameter.is_empty()).filter(|parameter| !is_token(parameter)).collect();
    let and = if kept.is_empty() { "" } else { "&" };
    format!("{id}?{}{and}{TOKEN}={token}", kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_links_keep_the_query() {
        for (query, expected) in [
            ("", "/a?$skiptoken=5"),
            ("$skiptoken=2", "/a?$skiptoken=5"),
            ("$expand=.&%24skiptoken=2&$filter=Id%20eq%20'1'", "/a?$expand=.&$filter=Id%20eq%20'1'&$skiptoken=5"),
        ] {
            assert_eq!(next_link("/a", query, 5), expected, "{query}");
        }
    }
}
