//! Faults and journal over HTTP, for tests that are not written in Rust: `/mock/...`, next to the service and without
//! its login. Available only with [`Builder::control`](crate::Builder::control) or `rosefish mock --control`, and only
//! under a local host name.

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::{Rule, RuleId};
use crate::http::reply::JSON;
use crate::journal::request::Request;
use crate::service::answer::Service;

const PREFIX: &str = "/mock/";

/// Returns whether this module answers requests for a path.
pub(crate) fn is_for(path: &str) -> bool {
    path.starts_with(PREFIX)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Random {
    #[serde(default)]
    seed: u64,
    share: f64,
}

pub(crate) fn answer(service: &Service, parts: &Parts, body: &Bytes) -> Response<Body> {
    let faults = &service.settings.faults;
    let text = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    // A web page can make a browser send requests to this machine. Those to a host name that was pointed here fail the
    // first check; others can't have the content type of the second.
    if !is_local(text(header::HOST)) {
        return refused(StatusCode::FORBIDDEN, "the host of the URL has to be localhost or a loopback address");
    }
    if !body.is_empty() && !text(header::CONTENT_TYPE).starts_with("application/json") {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the Content-Type has to be application/json");
    }
    let path = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default().trim_end_matches('/');
    let rule = path.strip_prefix("faults/").and_then(|id| id.parse().ok()).map(RuleId);
    match (&parts.method, path, rule) {
        (&Method::GET, "faults", _) => {
            let entries = faults.entries();
            let rules = entries
                .iter()
                .map(|entry| json!({ "id": entry.id.0, "fired": entry.fired, "rule": entry.rule }))
                .collect::<Vec<_>>();
            told(StatusCode::OK, &json!({ "rules": rules, "random_fired": faults.random_fired() }))
        }
        (&Method::POST, "faults", _) => match serde_json::from_slice::<Rule>(body) {
            Ok(rule) => {
                let id = faults.add(rule);
                let mut response = told(StatusCode::CREATED, &json!({ "id": id.0 }));
                if let Ok(location) = HeaderValue::from_str(&format!("{PREFIX}faults/{id}")) {
                    response.headers_mut().insert(header::LOCATION, location);
                }
                response
            }
            Err(error) => refused(StatusCode::BAD_REQUEST, &format!("this is not a rule: {error}")),
        },
        (&Method::PUT, "faults/random", _) => match serde_json::from_slice::<Random>(body) {
            Ok(random) => {
                faults.set_random(random.seed, random.share);
                done()
            }
            Err(error) => refused(StatusCode::BAD_REQUEST, &format!("a seed and a share were expected: {error}")),
        },
        (&Method::DELETE, "faults", _) => {
            faults.clear();
            done()
        }
        (&Method::DELETE, _, Some(id)) if faults.remove(id) => done(),
        (&Method::GET, "requests", _) => {
            let requests = service.journal.all().iter().map(noted).collect::<Vec<_>>();
            let most = service.journal.most_under_way();
            told(StatusCode::OK, &json!({ "requests": requests, "most_under_way": most }))
        }
        (&Method::DELETE, "requests", _) => {
            service.journal.clear();
            done()
        }
        (&Method::GET, "sessions", _) => told(StatusCode::OK, &json!({ "open": service.open_sessions() })),
        (&Method::DELETE, "sessions", _) => {
            service.end_sessions();
            done()
        }
        _ => refused(
            StatusCode::NOT_FOUND,
            "there is GET, POST and DELETE of /mock/faults, DELETE of /mock/faults/ID, PUT of /mock/faults/random, \
             GET and DELETE of /mock/requests and /mock/sessions",
        ),
    }
}

/// Returns a journal entry as JSON.
fn noted(request: &Request) -> Value {
    let headers = request.headers().iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    json!({
        "method": request.method(),
        "path": request.path(),
        "query": request.query(),
        "headers": Value::Object(headers),
        "body": request.json().unwrap_or_else(|| String::from_utf8_lossy(request.body()).into()),
        "status": request.status(),
        "fault": request.fault(),
        "took": request.took().as_secs_f64(),
    })
}

fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host.split(':').next(),
    };
    name.is_some_and(|name| {
        name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}

fn told(status: StatusCode, json: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(json.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

fn done() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn refused(status: StatusCode, why: &str) -> Response<Body> {
    told(status, &json!({ "error": why }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_machine_is_local() {
        for (host, expected) in [
            ("127.0.0.1:8443", true),
            ("localhost:80", true),
            ("LocalHost", true),
            ("[::1]:443", true),
            ("evil.example:8443", false),
            ("localhost.evil.example", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_local(host), expected, "{host}");
        }
    }
}
