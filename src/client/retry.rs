//! What is retried, and when: only requests that can't have changed anything, or that the service has not acted upon.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::request::{Request, Response};
use crate::deadline::FAR;
use crate::error::{Error, ErrorKind};
use crate::message;
use crate::schema::message::Message;

/// When a request is sent again that came to nothing. Set it for a client with [`ClientBuilder::retry`], or for some calls
/// with [`Client::with_retry`].
///
/// | what happened | reads | changes |
/// | --- | --- | --- |
/// | no connection came about | again | again: nothing was sent |
/// | the connection broke, or the answer stayed out | again | never: [`Error::outcome_unknown`] |
/// | 429, 503 | again | only with [`changes_when_unavailable`](Self::changes_when_unavailable), and a `Retry-After` |
/// | 502, 504 | again | never: [`Error::outcome_unknown`] |
/// | 400, 409 or 500 with a vendor's message that the BMC is not ready yet | again | again, but for 500: it was refused |
/// | anything else | never | never |
///
/// Besides, and whatever the policy: a 401 logs in again once, and a 412 or 428 has the ETag fetched again. Redirects are
/// not repetitions.
///
/// The first repetition is sent after [`first_delay`](Self::first_delay), each further one after twice as long, at most
/// [`longest_delay`](Self::longest_delay); of each delay, up to half is left to chance, so that many clients don't come
/// back at once. Where the service names a time with `Retry-After`, it is left alone until then,
/// but not longer than a day. If a repetition can't be sent within
/// the [`budget`](Self::budget) or the time that the call may take, the call ends at once with what came last.
///
/// While connecting ([`ClientBuilder::connect`]) a host that can't be reached is an error at once.
///
/// [`ClientBuilder::retry`]: crate::ClientBuilder::retry
/// [`ClientBuilder::connect`]: crate::ClientBuilder::connect
/// [`Client::with_retry`]: crate::Client::with_retry
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    attempts: u32,
    first_delay: Duration,
    longest_delay: Duration,
    budget: Duration,
    changes_when_unavailable: bool,
}

/// Four attempts within 30 seconds, 250 ms, 500 ms and 1 s apart.
impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_delay: Duration::from_millis(250),
            longest_delay: Duration::from_secs(10),
            budget: Duration::from_secs(30),
            changes_when_unavailable: false,
        }
    }
}

impl RetryPolicy {
    /// Sends nothing again.
    #[must_use]
    pub fn none() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// Sets how often a request is sent at most, the first time included.
    #[must_use]
    pub fn attempts(mut self, most: u32) -> Self {
        self.attempts = most.max(1);
        self
    }

    /// Sets how long to wait before the second attempt.
    #[must_use]
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// Sets how long to wait at most, where the service says nothing of it.
    #[must_use]
    pub fn longest_delay(mut self, delay: Duration) -> Self {
        self.longest_delay = delay;
        self
    }

    /// Sets how much time repetitions of one call may take from its beginning on.
    #[must_use]
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Sends changes again as well that were answered with 429 or 503 and a `Retry-After`. The standard has those mean that the
    /// service can't handle the request; but what stands between, or a service in trouble, may say so after the fact.
    #[must_use]
    pub fn changes_when_unavailable(mut self) -> Self {
        self.changes_when_unavailable = true;
        self
    }

    pub(crate) fn time(&self) -> Duration {
        self.budget
    }

    /// Returns how long to wait before a request with this outcome is retried; `None` if it is not.
    pub(crate) fn delay(
        &self,
        request: &Request,
        outcome: &Result<Response, Error>,
        attempt: u32,
        connecting: bool,
    ) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let asked = match outcome {
            Ok(response) => {
                self.answered(request, response)?;
                response.retry_after()
            }
            Err(error) => {
                failed(request, error, connecting)?;
                error.retry_after()
            }
        };
        let doubled = self.first_delay.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        let most = doubled.min(self.longest_delay).min(FAR);
        let delay = most.mul_f64(1.0 - chance() / 2.0);
        Some(delay.max(asked.unwrap_or_default()))
    }

    fn answered(&self, request: &Request, response: &Response) -> Option<()> {
        let safe = request.is_safe();
        let again = match response.status {
            502 | 504 => safe,
            429 | 503 => safe || (self.changes_when_unavailable && response.retry_after().is_some()),
            400 | 409 => not_ready(response, safe),
            500 => safe && not_ready(response, safe),
            _ => false,
        };
        again.then_some(())
    }
}

fn failed(request: &Request, error: &Error, connecting: bool) -> Option<()> {
    let broken = matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout);
    let again = match error.was_maybe_sent() {
        // This is the answer to a login that preceded the request.
        _ if matches!(error.status(), Some(429 | 502..=504)) => !connecting,
        _ if connecting => false,
        true => broken && request.is_safe(),
        false => broken,
    };
    again.then_some(())
}

/// Returns whether the service refuses because it is busy or starting. For a change, only codes about the service as a
/// whole count: a state of the system that doesn't allow the change may last.
fn not_ready(response: &Response, safe: bool) -> bool {
    is_not_ready(&message::of_body(&response.body), safe)
}

/// Returns whether messages report that the service is busy or starting.
pub(crate) fn is_not_ready(messages: &[Message], safe: bool) -> bool {
    const SERVICE: [&str; 4] = ["ServiceTemporarilyUnavailable", "SWC0700", "SYS518", "ServiceNotReady"];
    const STATE: [&str; 2] = ["InvalidOperationForSystemState", "ResourceInUse"];
    let said = |keys: &[&str]| messages.iter().any(|found| keys.iter().any(|key| message::is(found, key)));
    said(&SERVICE) || (safe && said(&STATE))
}

/// Returns a random number from 0 to 1 for jitter. It is not secure enough for anything else.
pub(crate) fn chance() -> f64 {
    f64::from(RandomState::new().hash_one(0_u8) as u32) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::header::RETRY_AFTER;
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn answer(status: u16, message: &str, retry_after: Option<&'static str>) -> Result<Response, Error> {
        let body = format!(r#"{{"error":{{"@Message.ExtendedInfo":[{{"MessageId":"{message}"}}]}}}}"#);
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(text));
        }
        Ok(Response { status, headers, body: Bytes::from(body), ..Response::default() })
    }

    #[test]
    fn what_is_sent_again_is_what_can_not_have_been_done() {
        let policy = RetryPolicy::default();
        let cases = [
            (answer(200, "", None), false, false),
            (answer(404, "", None), false, false),
            (answer(500, "Base.1.8.InternalError", None), false, false),
            (answer(502, "", None), true, false),
            (answer(503, "", None), true, false),
            (answer(503, "", Some("1")), true, false),
            (answer(504, "", None), true, false),
            (answer(429, "", None), true, false),
            (answer(400, "iLO.2.24.InvalidOperationForSystemState", None), true, false),
            (answer(400, "IDRAC.2.8.SWC0700", None), true, true),
            (answer(400, "IDRAC.2.8.SYS518", None), true, true),
            (answer(400, "Base.1.8.PropertyUnknown", None), false, false),
            (Err(Error::unsent("refused")), true, true),
            (Err(Error::lost("reset")), true, false),
            (Err(Error::new(ErrorKind::Tls, "")), false, false),
            (Err(Error::new(ErrorKind::Unauthorized, "")), false, false),
        ];
        for (outcome, read, change) in cases {
            for (method, expected) in [("GET", read), ("POST", change), ("PATCH", change), ("DELETE", change)] {
                let delay = policy.delay(&Request::new(method, "/"), &outcome, 1, false);
                assert_eq!(delay.is_some(), expected, "{method} {outcome:?}");
            }
        }
        let willing = policy.changes_when_unavailable();
        for (retry_after, expected) in [(None, false), (Some("1"), true)] {
            let outcome = answer(503, "", retry_after);
            assert_eq!(willing.delay(&Request::new("POST", "/"), &outcome, 1, false).is_some(), expected);
        }
    }

    #[test]
    fn delays_double_up_to_the_longest_and_heed_the_service() {
        let policy = RetryPolicy::default().attempts(20).longest_delay(Duration::from_secs(2));
        let get = Request::get("/");
        for (attempt, most) in [(1, 250), (2, 500), (3, 1000), (4, 2000), (5, 2000), (19, 2000)] {
            let delay = policy.delay(&get, &answer(503, "", None), attempt, false).unwrap();
            let most = Duration::from_millis(most);
            assert!(delay <= most && delay >= most / 2, "{attempt}: {delay:?}");
        }
        assert_eq!(policy.delay(&get, &answer(503, "", Some("7")), 1, false), Some(Duration::from_secs(7)));
        assert_eq!(policy.delay(&get, &answer(503, "", None), 20, false), None);
        assert_eq!(RetryPolicy::none().delay(&get, &answer(503, "", None), 1, false), None);
    }
}
