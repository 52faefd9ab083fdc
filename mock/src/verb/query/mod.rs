//! Query parameters of a GET (DSP0266, "Query parameters"): which of them the service supports, whether
//! they are valid, and how they change the answer. The order is the standard's: `$filter`,
//! `$skip`, `$top`, paging, `$expand`, `excerpt`, `$select`.

mod excerpt;
mod expand;
pub(crate) mod filter;
mod page;
mod select;
pub(crate) mod support;

use serde_json::Value;

use crate::http::uri;
use crate::machine::store::Store;
use crate::message::{self, Message};

use expand::Expand;
use filter::Filter;
use page::{TOKEN, Window};
use select::Select;
use support::{Features, Queries, Query};

/// The parsed query parameters of a request.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    expand: Option<Expand>,
    select: Option<Select>,
    window: Window,
    only: bool,
    excerpt: bool,
}

impl Asked {
    /// Parses a query. The message says what is wrong with it.
    pub(crate) fn parse(query: &str, features: &Features, store: &Store, key: &str) -> Result<Self, Message> {
        let mut asked = Self::default();
        let collection = store.is_collection(key);
        let mut known = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let (name, value) = (uri::decode(name), uri::decode(&value.replace('+', " ")));
            if name == TOKEN {
                asked.window.token = number(&name, &value)?;
                continue;
            }
            let Some(kind) = Query::of(&name) else {
                if name.starts_with('$') {
                    return Err(Message::new(&message::QUERY_UNSUPPORTED, [&name]));
                }
                continue;
            };
            match features.support(kind) {
                support::Served::Works => {}
                support::Served::Fails => return Err(Message::new(&message::INTERNAL_ERROR, [])),
                support::Served::Unknown if name.starts_with('$') => {
                    return Err(Message::new(&message::QUERY_UNSUPPORTED, [&name]));
                }
                // A service ignores unknown parameters that don't start with a dollar sign.
                support::Served::Unknown => continue,
            }
            if kind.is_for_collections() && !collection {
                return Err(Message::new(&message::QUERY_NOT_ON_RESOURCE, []));
            }
            if known.contains(&name) {
                return Err(Message::new(&message::QUERY_COMBINATION, []));
            }
            match kind {
                Query::Expand => asked.expand = Some(Expand::parse(&value, features)?),
                Query::Select => asked.select = Some(Select::parse(&value)?),
                Query::Filter => asked.window.filter = Some(Filter::parse(&value)?),
                Query::TopSkip if name == "$top" => asked.window.top = Some(number(&name, &value)?),
                Query::TopSkip => asked.window.skip = Some(number(&name, &value)?),
                // These two have no value.
                Query::Only | Query::Excerpt if !value.is_empty() => {
                    return Err(Message::new(&message::QUERY_VALUE_FORMAT, [&value, &name]));
                }
                Query::Only => asked.only = true,
                Query::Excerpt => asked.excerpt = true,
            }
            known.push(name);
        }
        if asked.only && known.len() > 1 {
            return Err(Message::new(&message::QUERY_COMBINATION, []));
        }
        Ok(asked)
    }

    /// Returns whether the answer is that of a plain GET.
    fn is_plain(&self) -> bool {
        self.expand.is_none() && self.select.is_none() && self.window.is_all() && !self.excerpt
    }

    /// Returns whether the answer has only properties of the resource itself, all or some of them.
    pub(crate) fn is_part_of_one(&self) -> bool {
        self.expand.is_none() && self.window.is_all()
    }

    /// Returns the key of the resource to answer with: the only member, if the query has `only`.
    pub(crate) fn subject(&self, store: &Store, key: &str) -> String {
        match store.members(key).as_slice() {
            [one] if self.only && store.contains(one) => one.clone(),
            _ => key.to_owned(),
        }
    }

    /// Applies the query to the resource. `None` if that leaves it as it is. The message says why there is
    /// no answer.
    pub(crate) fn apply(
        &self,
        store: &Store,
        key: &str,
        query: &str,
        queries: &Queries,
        unreadable: &dyn Fn(&str) -> bool,
    ) -> Result<Option<Value>, Message> {
        let Some(resource) = store.get(key) else {
            return Ok(None);
        };
        let page_size = queries.page_size;
        let paged = page_size.filter(|size| store.is_collection(key) && resource.member_count() > *size);
        let Some(mut json) = resource.exact().filter(|_| !self.is_plain() || paged.is_some()).cloned() else {
            return Ok(None);
        };
        if store.is_collection(key) {
            page::cut(&mut json, &self.window, store, key, query, queries);
        }
        if let Some(expand) = &self.expand
            && !expand.apply(&mut json, store, key, queries, unreadable)
        {
            return Err(Message::new(&message::INSUFFICIENT_STORAGE, []));
        }
        if self.excerpt {
            excerpt::apply(&mut json);
        }
        if let Some(select) = &self.select {
            select.apply(&mut json, self.expand.is_some());
        }
        Ok(Some(json))
    }
}

fn number(name: &str, value: &str) -> Result<usize, Message> {
    let value = value.trim();
    if let Ok(number) = value.parse::<i64>() {
        return usize::try_from(number)
            .map_err(|_| Message::new(&message::QUERY_OUT_OF_RANGE, [value, name, "0 and more"]));
    }
    Err(Message::new(&message::QUERY_VALUE_TYPE, [value, name]))
}

/// Returns whether a query has parameters that are only allowed with a GET.
pub(crate) fn misplaced(query: &str) -> bool {
    query.split('&').any(|parameter| {
        let name = uri::decode(parameter.split('=').next().unwrap_or(parameter));
        name.starts_with('$') && Query::of(&name).is_some()
    })
}
