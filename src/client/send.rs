//! Sending: the turn in the limit of requests under way, the credentials of the moment, and what is repeated.

use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::IF_NONE_MATCH;
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, sleep};

use super::Client;
use super::access::Verdict;
use super::request::{Request, Response};
use super::transport::Body;
use crate::deadline::{self, on_the_way};
use crate::error::{Error, ErrorKind};

impl Client {
    /// Sends a request and gives the answer whatever its status is, with its whole body. Keeps to the limit of requests
    /// under way, renews a session that has ended, and repeats what the policy lets it repeat.
    pub(crate) fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, Error>> {
        let client = self.clone();
        Box::pin(async move { client.repeat(request).await })
    }

    /// Sends a request and gives the head of the answer and its body as a stream, if the status is one of success. The
    /// stream does not count as a request under way; how long it may be silent is `silence`, and as a whole it may
    /// take as long as it likes.
    pub(crate) fn open(&self, request: Request) -> BoxFuture<'static, Result<(Response, Body), Error>> {
        let client = self.clone();
        Box::pin(async move { client.stream(request).await })
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, Error> {
        let closed = |_| Error::new(ErrorKind::Closed, "the client is closed");
        self.inner.under_way.acquire().await.map_err(closed)
    }

    async fn repeat(&self, mut request: Request) -> Result<Response, Error> {
        request.timeout = request.timeout.or(self.options.timeout);
        let policy = &self.options.retry;
        let mut turn = self.turn().await?;
        let begin = Instant::now();
        let deadline = self.inner.exchange.deadline(&request);
        let cache = self.inner.cache.as_ref();
        let mut kept = cache.and_then(|cache| cache.condition(&mut request));
        loop {
            let mut outcome = self.attempt(&request, deadline).await;
            if let (Some(cache), Ok(response)) = (cache, &mut outcome) {
                match (response.status, kept.take()) {
                    (304, Some(answer)) => *response = answer.confirmed(&response.headers),
                    // Some take no conditions: a read changes nothing, so that it is sent again.
                    (412, Some(_)) => {
                        request.headers.remove(IF_NONE_MATCH);
                        continue;
                    }
                    (_, answer) => {
                        kept = answer;
                        cache.keep(&request, response);
                    }
                }
            }
            // While this one waits, others may continue.
            drop(turn);
            let in_time = |delay: &Duration| {
                let next = deadline::after(*delay);
                next < deadline && next.duration_since(begin) <= policy.time()
            };
            let delay = policy.delay(&request, &outcome, request.attempt, self.options.connecting);
            let delay = delay.filter(in_time).filter(|_| !request.is_spent());
            let Some(delay) = delay else {
                if let Ok(response) = &mut outcome {
                    self.explain(response, deadline).await;
                }
                return outcome;
            };
            let (origin, attempt) = (self.origin(), request.attempt);
            tracing::debug!(origin, method = request.method, uri = request.uri, attempt, ?delay, "to be sent again");
            sleep(delay).await;
            request.attempt = request.attempt.saturating_add(1);
            turn = on_the_way(deadline, self.turn()).await?;
        }
    }

    /// Sends a request once; twice where the service does not know the session any more: a 401 proves that nothing was
    /// done. Not an upload, except where the service said so before any of it was sent.
    async fn attempt(&self, request: &Request, deadline: Instant) -> Result<Response, Error> {
        let inner = &self.inner;
        let pass = on_the_way(deadline, inner.access.pass()).await?;
        let response = inner.exchange.send(request, &pass.header, deadline).await?;
        if response.status != 401 {
            inner.access.accepted(&pass);
            return Ok(response);
        }
        if on_the_way(deadline, inner.access.refused(pass, false)).await? == Verdict::Final || request.is_spent() {
            return Ok(response);
        }
        let pass = on_the_way(deadline, inner.access.pass()).await?;
        let response = inner.exchange.send(request, &pass.header, deadline).await?;
        if response.status == 401 {
            on_the_way(deadline, inner.access.refused(pass, true)).await?;
        } else {
            inner.access.accepted(&pass);
        }
        Ok(response)
    }

    async fn stream(&self, request: Request) -> Result<(Response, Body), Error> {
        let inner = &self.inner;
        let _turn = self.turn().await?;
        let mut again = false;
        let deadline = inner.exchange.deadline(&request);
        loop {
            let pass = on_the_way(deadline, inner.access.pass()).await?;
            let (head, body) = inner.exchange.open(&request, &pass.header, deadline).await?;
            if head.status != 401 {
                inner.access.accepted(&pass);
            } else if on_the_way(deadline, inner.access.refused(pass, again)).await? == Verdict::Again {
                again = true;
                continue;
            }
            let mut response = Response {
                status: head.status.as_u16(),
                headers: head.headers,
                secrets: inner.exchange.secrets_of(&request),
                ..Response::default()
            };
            if head.status.is_success() {
                let silence = request.silence.unwrap_or(inner.exchange.timeouts.read);
                return Ok((response, inner.exchange.listen(body, silence)));
            }
            response.body = inner.exchange.read(body, deadline).await.unwrap_or_default();
            return Err(response.success(&request).err().unwrap_or_else(|| Error::new(ErrorKind::Refused, "refused")));
        }
    }
}
