//! What a walk finds at one place.

use std::fmt;

use crate::error::Error;
use crate::resource::AnyResource;

/// A place that was visited.
#[derive(Debug)]
#[non_exhaustive]
pub struct Visit {
    /// Its path and query, as the first link to it has them.
    pub uri: String,
    /// The link that led there; none where the walk started.
    pub linked_from: Option<LinkedFrom>,
    /// How many links lead there from the start.
    pub depth: usize,
    /// Whether it is a further page of a collection rather than a resource of its own.
    pub page: bool,
    /// The resource, or why there is none.
    pub resource: Result<AnyResource, Unreached>,
}

/// Where a link is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LinkedFrom {
    /// The URI of the resource.
    pub uri: String,
    /// Where in the resource, as a JSON pointer.
    pub pointer: String,
}

/// As a URI with a fragment: `/redfish/v1/Systems#/Members/0`.
impl fmt::Display for LinkedFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.uri, self.pointer)
    }
}

/// Why a walk found no resource at the end of a link.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unreached {
    /// The service says that there is no such resource: the link dangles.
    Dangling(Error),
    /// The service was asked, and gave no resource.
    Failed(Error),
    /// The service was not asked.
    NotFollowed(NotFollowed),
}

impl Unreached {
    /// Returns what the request failed of; none where nothing was requested.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Dangling(error) | Self::Failed(error) => Some(error),
            Self::NotFollowed(_) => None,
        }
    }
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dangling(error) | Self::Failed(error) => error.fmt(f),
            Self::NotFollowed(why) => write!(f, "not followed: the link {why}"),
        }
    }
}

impl std::error::Error for Unreached {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error().and_then(std::error::Error::source)
    }
}

/// Why a link was not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotFollowed {
    /// It leads to another host, to which credentials must not go.
    AnotherHost,
    /// It is not a path from the root of the service.
    NotAPath,
}

impl fmt::Display for NotFollowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnotherHost => "leads to another host",
            Self::NotAPath => "is not a path of the service",
        })
    }
}
