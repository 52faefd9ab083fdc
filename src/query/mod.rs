//! Query parameters (DSP0266, "Query parameters"): what a caller wants of a resource or collection, and which of it a
//! service is asked for, depending on the features that it announces. Sends nothing itself.

pub(crate) mod fetch;
mod filter;
mod path;

pub use filter::{Filter, FilterValue, Property};

use std::fmt::Write as _;

use crate::schema::service_root::ProtocolFeaturesSupported;
use crate::wire::{Table, TypeKind};
use path::property;

/// What is wanted of a resource, beyond the resource itself.
///
/// A service is asked for what `ProtocolFeaturesSupported` of its root says that it can do. Of the rest:
///
/// - `$expand`, `$select` and `excerpt` only save requests or bytes. Where the service can't, or fails when asked, the
///   resource is read without them.
/// - `$filter`, `$top` and `$skip` on a stream of members are done here instead; elsewhere they are an error.
/// - `only` is an error: [`Follow::only`](crate::Follow::only) does without it.
///
/// [`insist`](Self::insist) sends everything as it is.
///
/// ```no_run
/// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
/// use rosefish::{Filter, Query};
///
/// let ill = Query::new().filter(Filter::property("Status/Health").ne("OK"));
/// let mut systems = bmc.root().systems().query(ill).members();
/// while let Some(system) = systems.try_next().await? {
///     println!("{}", system.uri());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    pub(crate) expand: Expanding,
    pub(crate) select: Vec<String>,
    pub(crate) filter: Option<Filter>,
    pub(crate) top: Option<u64>,
    pub(crate) skip: Option<u64>,
    pub(crate) only: bool,
    pub(crate) excerpt: bool,
    pub(crate) insist: bool,
}

/// Which links `$expand` replaces by the resources that they lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expand {
    /// `.`: those to subordinate resources, which is all but those in `Links`.
    Subordinate,
    /// `~`: those in `Links`.
    Links,
    /// `*`: all.
    All,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Expanding {
    /// `$expand` for the members of a collection, if the service supports it.
    #[default]
    Usual,
    /// No `$expand`.
    No,
    /// This `$expand`, with this many levels.
    Wanted(Expand, Option<u32>),
}

/// The part of a query that is left to the client after the service has answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Remainder {
    pub(crate) filter: Option<Filter>,
    pub(crate) skip: u64,
    pub(crate) top: Option<u64>,
}

/// A query in the form in which a service is asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Asked {
    /// Parameters that may be left out if the service fails: `$expand`, `$select`, `excerpt`.
    pub(crate) saving: Vec<Parameter>,
    /// Parameters that may not be left out.
    pub(crate) needed: Vec<Parameter>,
    pub(crate) remainder: Remainder,
    /// Parameters for members that are read one by one: `$select` and `excerpt`. The members then contain only some of
    /// their properties.
    pub(crate) of_members: Vec<Parameter>,
}

/// What a query applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One resource.
    Resource,
    /// The members of a collection, read one by one: the client does what the service can't.
    Members,
}

/// The name and value of a query parameter.
type Parameter = (&'static str, String);

impl Query {
    /// Creates a query for the resource and nothing else.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `$expand`: resources in place of links to them, one level of them by default ([`levels`](Self::levels)).
    #[must_use]
    pub fn expand(mut self, expand: Expand) -> Self {
        self.expand = Expanding::Wanted(expand, None);
        self
    }

    /// `$levels`: how deep [`expand`](Self::expand) goes. A service may go less deep.
    #[must_use]
    pub fn levels(mut self, levels: u32) -> Self {
        let expand = match self.expand {
            Expanding::Wanted(expand, _) => expand,
            _ => Expand::Subordinate,
        };
        self.expand = Expanding::Wanted(expand, Some(levels.max(1)));
        self
    }

    /// No `$expand`, which streams of members otherwise use where they can.
    #[must_use]
    pub fn without_expand(mut self) -> Self {
        self.expand = Expanding::No;
        self
    }

    /// `$select`: these properties only, by their names in JSON or by paths, `Status/Health`.
    #[must_use]
    pub fn select<S: Into<String>>(mut self, properties: impl IntoIterator<Item = S>) -> Self {
        self.select.extend(properties.into_iter().map(Into::into));
        self
    }

    /// `$filter`: these members only.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter {
            Some(other) => other.and(filter),
            None => filter,
        });
        self
    }

    /// `$top`: at most so many members.
    #[must_use]
    pub fn top(mut self, most: u64) -> Self {
        self.top = Some(most);
        self
    }

    /// `$skip`: not the first so many members.
    #[must_use]
    pub fn skip(mut self, members: u64) -> Self {
        self.skip = Some(members);
        self
    }

    /// `only`: of a collection with one member, that member.
    #[must_use]
    pub fn only(mut self) -> Self {
        self.only = true;
        self
    }

    /// `excerpt`: the properties that the schema marks as the gist of a resource.
    #[must_use]
    pub fn excerpt(mut self) -> Self {
        self.excerpt = true;
        self
    }

    /// Sends it whatever the service says that it can do, and without falling back.
    #[must_use]
    pub fn insist(mut self) -> Self {
        self.insist = true;
        self
    }

    /// Returns whether the query asks for nothing beyond the resource itself.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.expand, Expanding::Usual | Expanding::No)
            && self.select.is_empty()
            && (self.filter.is_none() && self.top.is_none() && self.skip.is_none())
            && !(self.only || self.excerpt)
    }

    /// Translates the query for a service with these features and a resource of this type.
    pub(crate) fn ask(
        &self,
        table: &'static Table,
        features: Option<&ProtocolFeaturesSupported>,
        scope: Scope,
    ) -> Result<Asked, String> {
        let members = scope == Scope::Members;
        let nothing = ProtocolFeaturesSupported::default();
        let features = features.unwrap_or(&nothing);
        let can = |feature: Option<bool>| self.insist || feature == Some(true);
        let subject = match table.kind {
            TypeKind::Collection => table.member().unwrap_or(table),
            _ => table,
        };
        let mut asked = Asked::default();
        let expand = self.expansion(features, members);
        for path in &self.select {
            property(subject, path)?;
        }
        if !self.select.is_empty() && can(features.select_query) {
            let mut select: Vec<&str> = self.select.iter().map(String::as_str).collect();
            if members && !self.insist {
                // Properties that the client filters members by must be selected.
                let filtered = self.filter.iter().flat_map(Filter::properties);
                filtered.for_each(|name| {
                    if !select.contains(&name) {
                        select.push(name)
                    }
                });
            }
            asked.of_members.push(("$select", select.join(",")));
        }
        if self.excerpt && can(features.excerpt_query) {
            asked.of_members.push(("excerpt", String::new()));
        }
        // On a collection that is not expanded, they would select from the collection's own properties.
        if !members || expand.is_some() {
            asked.saving.extend(asked.of_members.iter().cloned());
        }
        if let Some(expand) = expand {
            asked.saving.insert(0, ("$expand", expand));
        }
        if self.only {
            if !can(features.only_member_query) {
                return Err(unsupported("only"));
            }
            asked.needed.push(("only", String::new()));
        }
        // Some services announce `$filter` and return all members, so members are filtered and counted by the client as
        // well.
        let mut here = members && self.filter.is_some() && !self.insist;
        if let Some(filter) = &self.filter {
            filter.check(subject)?;
            let (comparison, compound) = filter.needs();
            let lacks = (comparison && features.filter_query_comparison_operations == Some(false))
                || (compound && features.filter_query_compound_operations == Some(false));
            if can(features.filter_query) && (!lacks || self.insist) {
                asked.needed.push(("$filter", filter.to_string()));
                // An excerpt may lack the properties in the filter.
                here &= !self.excerpt;
            } else if !members {
                return Err(unsupported("$filter"));
            }
            if here {
                asked.remainder.filter = Some(filter.clone());
            }
        }
        // The service may only count members if the client filters none out afterwards.
        let counted = !here && can(features.top_skip_query);
        if !counted && !members && (self.top.is_some() || self.skip.is_some()) {
            return Err(unsupported("$top or $skip"));
        }
        asked.remainder.top = self.top;
        match self.skip {
            Some(skip) if counted => asked.needed.push(("$skip", skip.to_string())),
            skip => asked.remainder.skip = skip.unwrap_or(0),
        }
        if let Some(top) = self.top.filter(|_| counted) {
            asked.needed.push(("$top", top.to_string()));
        }
        if self.insist {
            asked.needed.append(&mut asked.saving);
        }
        Ok(asked)
    }

    fn expansion(&self, features: &ProtocolFeaturesSupported, members: bool) -> Option<String> {
        let can = features.expand_query.as_ref();
        let yes = |feature: Option<bool>| self.insist || feature == Some(true);
        let (expand, levels) = match self.expand {
            Expanding::No => return None,
            Expanding::Usual if members && !self.insist => (Expand::Subordinate, None),
            Expanding::Usual => return None,
            Expanding::Wanted(expand, levels) => (expand, levels),
        };
        let (sign, allowed) = match expand {
            Expand::Subordinate => (".", can.and_then(|can| can.no_links)),
            Expand::Links => ("~", can.and_then(|can| can.links)),
            Expand::All => ("*", can.and_then(|can| can.expand_all)),
        };
        if !yes(allowed) {
            return None;
        }
        // One level is the default, but not every service knows that.
        let most =
            can.and_then(|can| can.max_levels).and_then(|most| u32::try_from(most).ok()).filter(|most| *most > 0);
        let levels = levels.unwrap_or(1).min(if self.insist { u32::MAX } else { most.unwrap_or(u32::MAX) });
        let say = yes(can.and_then(|can| can.levels)) && !(self.insist && levels == 1);
        Some(if say { format!("{sign}($levels={levels})") } else { sign.to_owned() })
    }
}

fn unsupported(what: &str) -> String {
    format!(
        "this service does not say that it supports {what} (ProtocolFeaturesSupported of its root); \
         Query::insist() sends it all the same"
    )
}

impl Asked {
    /// Returns what a member that is read on its own is asked for.
    pub(crate) fn of_member(&self) -> Self {
        Self { saving: self.of_members.clone(), ..Self::default() }
    }

    /// Returns whether any parameter may be left out.
    pub(crate) fn is_saving(&self) -> bool {
        !self.saving.is_empty()
    }

    /// Returns the URI to request. Parameters that it already has are not repeated: that of a further page may contain
    /// the query.
    pub(crate) fn uri(&self, uri: &str) -> String {
        with_parameters(uri, self.saving.iter().chain(&self.needed))
    }

    /// Returns the URI to request without the parameters that may be left out.
    pub(crate) fn needed_uri(&self, uri: &str) -> String {
        with_parameters(uri, self.needed.iter())
    }

    /// Returns the query for a further page, without the parameters that choose a page: the service's link already
    /// does.
    pub(crate) fn further(&self) -> Self {
        let mut further = self.clone();
        further.needed.retain(|(name, _)| !matches!(*name, "$skip" | "$top" | "only"));
        further
    }
}

/// Adds those parameters to a URI that it doesn't have yet.
fn with_parameters<'a>(uri: &str, parameters: impl Iterator<Item = &'a Parameter>) -> String {
    let mut text = uri.split('#').next().unwrap_or_default().to_owned();
    let query = text.split_once('?').map(|(_, query)| query.replace("%24", "$"));
    let said = |name: &str| {
        let mut parts = query.iter().flat_map(|query| query.split('&'));
        parts.any(|part| part.split('=').next() == Some(name))
    };
    let mut separator = if query.is_some() { '&' } else { '?' };
    for (name, value) in parameters.filter(|(name, _)| !said(name)) {
        text.push(separator);
        text.push_str(name);
        if !value.is_empty() {
            text.push('=');
            encode(value, &mut text);
        }
        separator = '&';
    }
    text
}

/// Adds a parameter to a URI.
pub(crate) fn append(uri: &str, name: &'static str, value: &str) -> String {
    Asked { needed: vec![(name, value.to_owned())], ..Asked::default() }.uri(uri)
}

/// Percent-encodes the characters that are not allowed in the value of a query parameter.
fn encode(value: &str, text: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => text.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'*' | b'(' | b')' | b'$' | b'=' | b',' | b'/' | b':' | b'\'' | b'@' => {
                text.push(char::from(byte));
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests;
