//! Which query parameters a service supports: those that the tree's root advertises, unless the builder
//! says otherwise.

use serde_json::{Map, Value, json};

use crate::http::uri;
use crate::machine::store::Store;

const FEATURES: &str = "ProtocolFeaturesSupported";

/// A query parameter, for [`Builder::query`](crate::Builder::query).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Query {
    /// `$expand`.
    Expand,
    /// `$select`.
    Select,
    /// `$filter`.
    Filter,
    /// `$top` and `$skip`.
    TopSkip,
    /// `only`.
    Only,
    /// `excerpt`.
    Excerpt,
}

/// What becomes of a query parameter, for [`Builder::query`](crate::Builder::query).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuerySupport {
    /// It works if the tree's service root advertises it in `ProtocolFeaturesSupported`, and is
    /// unknown otherwise.
    #[default]
    AsAdvertised,
    /// It works, and the service root advertises it.
    Works,
    /// It works, and the service root says nothing of it.
    Unadvertised,
    /// The service doesn't know it: 501 for those with a dollar sign, the others are passed over.
    /// The service root doesn't advertise it.
    Off,
    /// The service root advertises it, and a request with it fails with 500.
    Broken,
}

/// How a parameter is finally served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    Works,
    Fails,
    Unknown,
}

impl Query {
    const ALL: [Self; 6] = [Self::Expand, Self::Select, Self::Filter, Self::TopSkip, Self::Only, Self::Excerpt];

    /// Returns the kind of a parameter by its name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "$expand" => Self::Expand,
            "$select" => Self::Select,
            "$filter" => Self::Filter,
            "$top" | "$skip" => Self::TopSkip,
            "only" => Self::Only,
            "excerpt" => Self::Excerpt,
            _ => return None,
        })
    }

    /// Returns whether the parameter applies to members, which only collections have.
    pub(crate) fn is_for_collections(self) -> bool {
        matches!(self, Self::Filter | Self::TopSkip | Self::Only)
    }

    fn index(self) -> usize {
        match self {
            Self::Expand => 0,
            Self::Select => 1,
            Self::Filter => 2,
            Self::TopSkip => 3,
            Self::Only => 4,
            Self::Excerpt => 5,
        }
    }

    /// Returns its property in `ProtocolFeaturesSupported`.
    fn property(self) -> &'static str {
        match self {
            Self::Expand => "ExpandQuery",
            Self::Select => "SelectQuery",
            Self::Filter => "FilterQuery",
            Self::TopSkip => "TopSkipQuery",
            Self::Only => "OnlyMemberQuery",
            Self::Excerpt => "ExcerptQuery",
        }
    }
}

/// What the builder set.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Queries {
    support: [QuerySupport; 6],
    /// Collections with more members are served in pages.
    pub(crate) page_size: Option<usize>,
    /// The most bytes of resources in one answer; `None` stands for [`MAX_BYTES`].
    pub(crate) max_expansion: Option<usize>,
    /// `$filter` has no effect on members that are links.
    pub(crate) filter_ignores_links: bool,
    /// What `$expand` puts in place of links has no tags.
    pub(crate) no_tags_in_expanded: bool,
}

/// The default limit: a client must not decide how large an expanded answer gets.
const MAX_BYTES: usize = 16 << 20;

impl Queries {
    pub(crate) fn most_bytes(&self) -> usize {
        self.max_expansion.unwrap_or(MAX_BYTES)
    }

    pub(crate) fn set(&mut self, query: Query, support: QuerySupport) {
        if let Some(place) = self.support.get_mut(query.index()) {
            *place = support;
        }
    }

    fn get(&self, query: Query) -> QuerySupport {
        self.support.get(query.index()).copied().unwrap_or_default()
    }

    /// Makes the service root advertise what the builder set.
    pub(crate) fn advertise(&self, store: &mut Store) {
        if Query::ALL.iter().all(|query| self.get(*query) == QuerySupport::AsAdvertised) {
            return;
        }
        let said = *self;
        store.update(uri::ROOT, |root| {
            let features = root.entry(FEATURES).or_insert_with(|| json!({}));
            if let Some(features) = features.as_object_mut() {
                for query in Query::ALL {
                    said.put(query, features);
                }
            }
        });
    }

    fn put(&self, query: Query, features: &mut Map<String, Value>) {
        let on = match self.get(query) {
            QuerySupport::AsAdvertised => return,
            QuerySupport::Works | QuerySupport::Broken => true,
            QuerySupport::Off | QuerySupport::Unadvertised => false,
        };
        let value = match query {
            Query::Expand if on => {
                json!({ "ExpandAll": true, "Levels": true, "Links": true, "NoLinks": true, "MaxLevels": MAX_LEVELS })
            }
            Query::Expand => json!({ "ExpandAll": false, "Levels": false, "Links": false, "NoLinks": false }),
            _ => on.into(),
        };
        features.insert(query.property().to_owned(), value);
    }
}

/// How deep this service expands if the tree doesn't say.
const MAX_LEVELS: u64 = 6;

/// What a service supports when a request arrives.
#[derive(Debug)]
pub(crate) struct Features {
    served: [Served; 6],
    /// The signs that `$expand` takes.
    pub(crate) signs: Vec<char>,
    pub(crate) levels: bool,
    pub(crate) max_levels: u64,
}

impl Features {
    pub(crate) fn of(store: &Store, queries: &Queries) -> Self {
        let root = store.get(uri::ROOT).and_then(|root| root.object().get(FEATURES)?.as_object());
        let expand = root.and_then(|features| features.get("ExpandQuery")?.as_object());
        let says = |name: &str| expand.is_some_and(|expand| expand.get(name).and_then(Value::as_bool) == Some(true));
        let mut signs: Vec<char> = [("NoLinks", '.'), ("Links", '~'), ("ExpandAll", '*')]
            .into_iter()
            .filter(|(name, _)| says(name))
            .map(|(_, sign)| sign)
            .collect();
        let mut levels = says("Levels");
        let advertised = |query: Query| match query {
            Query::Expand => !signs.is_empty(),
            _ => root.is_some_and(|features| features.get(query.property()).and_then(Value::as_bool) == Some(true)),
        };
        let served = Query::ALL.map(|query| match queries.get(query) {
            QuerySupport::AsAdvertised if advertised(query) => Served::Works,
            QuerySupport::AsAdvertised | QuerySupport::Off => Served::Unknown,
            QuerySupport::Works | QuerySupport::Unadvertised => Served::Works,
            QuerySupport::Broken => Served::Fails,
        });
        let max_levels = expand.and_then(|expand| expand.get("MaxLevels")?.as_u64()).unwrap_or(MAX_LEVELS);
        if signs.is_empty() {
            // It works without being advertised.
            signs = vec!['.', '~', '*'];
            levels = true;
        }
        Self { served, signs, levels, max_levels }
    }

    pub(crate) fn support(&self, query: Query) -> Served {
        self.served.get(query.index()).copied().unwrap_or(Served::Unknown)
    }
}
