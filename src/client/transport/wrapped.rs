//! A transport that a program has put around another one.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{HttpRequest, HttpResponse, Transport};
use crate::error::Error;

/// What a program makes of a transport.
pub(crate) type Wrap = Arc<dyn Fn(Arc<dyn Transport>) -> Arc<dyn Transport> + Send + Sync>;

/// The transport that was made, together with what it was made of: for another runtime, it is made again of what the inner one has
/// for that.
pub(crate) struct Wrapped {
    outer: Arc<dyn Transport>,
    inner: Arc<dyn Transport>,
    wrap: Wrap,
}

impl Wrapped {
    pub(crate) fn new(inner: Arc<dyn Transport>, wrap: Wrap) -> Self {
        Self { outer: wrap(Arc::clone(&inner)), inner, wrap }
    }
}

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outer.fmt(f)
    }
}

impl Transport for Wrapped {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Error>> {
        self.outer.send(request)
    }

    fn detached(&self) -> Option<Arc<dyn Transport>> {
        self.outer.detached().or_else(|| {
            let inner = self.inner.detached()?;
            Some(Arc::new(Self::new(inner, Arc::clone(&self.wrap))))
        })
    }
}
