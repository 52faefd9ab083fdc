//! Requests that only show how a service answers: they change nothing.

use std::collections::BTreeSet;

use rosefish::{Client, RawResponse};
use serde_json::Value;

use super::super::answers::Answers;
use super::super::finding::{Findings, quoted};
use super::super::rule;
use crate::terminal::one_line;

const ROOT: &str = "/redfish/v1/";
/// No service has this.
const NOWHERE: &str = "/redfish/v1/RosefishValidateNothingHere";

/// Asks a service what it must answer in the same way everywhere. `anonymous` is a client that has not logged in. Returns what
/// could not be asked, in words.
pub(crate) async fn probe(
    client: &Client,
    anonymous: Option<&Client>,
    answers: &Answers,
    findings: &mut Findings,
) -> Vec<String> {
    let mut probe = Probe { findings, unread: BTreeSet::new() };
    probe.versions(client).await;
    probe.metadata(client).await;
    probe.head(client).await;
    probe.nowhere(client).await;
    probe.method(client).await;
    probe.not_modified(client, answers).await;
    if let Some(anonymous) = anonymous {
        probe.anonymous(anonymous, answers).await;
    }
    probe.unread.into_iter().collect()
}

struct Probe<'f> {
    findings: &'f mut Findings,
    unread: BTreeSet<String>,
}

impl Probe<'_> {
    async fn ask(
        &mut self,
        client: &Client,
        method: &'static str,
        uri: &str,
        headers: &[(&str, &str)],
    ) -> Option<RawResponse> {
        match client.request_raw(method, uri, headers).await {
            Ok(response) => Some(response),
            Err(error) => {
                self.unread.insert(one_line(&format!("{method} {uri}: {}", error.report())));
                None
            }
        }
    }

    async fn versions(&mut self, client: &Client) {
        let Some(response) = self.ask(client, "GET", "/redfish", &[]).await else { return };
        let json: Option<Value> = serde_json::from_slice(&response.body).ok();
        let root = json.as_ref().and_then(|json| json.get("v1")).and_then(Value::as_str);
        if response.status != 200 || root != Some(ROOT) {
            let message = format!(
                "GET /redfish is answered with status {}, and {{\"v1\": \"{ROOT}\"}} is expected",
                response.status
            );
            self.findings.add("/redfish", "", &rule::VERSIONS, message);
        }
    }

    async fn metadata(&mut self, client: &Client) {
        for (uri, media) in [("/redfish/v1/$metadata", "application/xml"), ("/redfish/v1/odata", "application/json")] {
            let Some(response) = self.ask(client, "GET", uri, &[]).await else { continue };
            let said = response.content_type.as_deref().unwrap_or_default();
            let is_media = said.split(';').next().is_some_and(|said| said.trim().eq_ignore_ascii_case(media));
            if response.status != 200 {
                let message = format!("a GET is answered with status {}", response.status);
                self.findings.add(uri, "", &rule::METADATA, message);
            } else if !is_media {
                let message = format!("Content-Type is {}, and {media} is expected", quoted(said));
                self.findings.add(uri, "/[Content-Type]", &rule::METADATA, message);
            }
        }
    }

    /// HEAD is GET without a body.
    async fn head(&mut self, client: &Client) {
        let Some(response) = self.ask(client, "HEAD", ROOT, &[]).await else { return };
        if response.status != 200 && response.status != 204 {
            let message = format!("a HEAD of the service root is answered with status {}", response.status);
            self.findings.add(ROOT, "/[HEAD]", &rule::HEAD, message);
        } else if !response.body.is_empty() {
            self.findings.add(ROOT, "/[HEAD]", &rule::HEAD, "the answer to a HEAD has a body".to_owned());
        }
    }

    /// What is not there is a 404, with an error in the body.
    async fn nowhere(&mut self, client: &Client) {
        let Some(response) = self.ask(client, "GET", NOWHERE, &[]).await else { return };
        if response.status != 404 {
            let message = format!("a GET of what is not there is answered with status {}", response.status);
            return self.findings.add(NOWHERE, "", &rule::NOT_FOUND, message);
        }
        self.error_body(NOWHERE, "GET", &response);
    }

    fn error_body(&mut self, uri: &str, method: &str, response: &RawResponse) {
        let json: Option<Value> = serde_json::from_slice(&response.body).ok();
        let error = json.as_ref().and_then(|json| json.get("error"));
        let member = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str).is_some();
        let wrong = match (json.is_some(), error.is_some()) {
            (false, _) => "is not JSON",
            (true, false) => "has no 'error'",
            _ if !member("code") => "has no 'error/code'",
            _ if !member("message") => "has no 'error/message'",
            _ => return,
        };
        let message = format!("the body of an answer to {method} with status {} {wrong}", response.status);
        self.findings.add(uri, &format!("/[{method}]"), &rule::ERROR_BODY, message);
    }

    /// The root takes no POST, DELETE or PUT: the answer says which methods it takes.
    async fn method(&mut self, client: &Client) {
        let Some(response) = self.ask(client, "DELETE", ROOT, &[]).await else { return };
        // 501 is for a method that is nowhere carried out.
        if response.status != 405 && response.status != 501 {
            let message = format!("a DELETE of the service root is answered with status {}", response.status);
            return self.findings.add(ROOT, "/[DELETE]", &rule::NOT_ALLOWED, message);
        }
        if response.status == 405 && response.header("allow").is_none() {
            let message = "an answer with status 405 has no Allow".to_owned();
            self.findings.add(ROOT, "/[DELETE]", &rule::NOT_ALLOWED, message);
        }
        self.error_body(ROOT, "DELETE", &response);
    }

    /// Who has the version that there is gets a 304.
    async fn not_modified(&mut self, client: &Client, answers: &Answers) {
        let tagged = answers.iter().find_map(|answer| Some((answer.uri.clone(), answer.header("etag")?.to_owned())));
        let Some((uri, _)) = tagged else { return };
        // What was read a while ago may be another version by now.
        let Some(fresh) = self.ask(client, "GET", &uri, &[]).await else { return };
        let Some(tag) = fresh.header("etag").map(str::to_owned) else { return };
        let Some(response) = self.ask(client, "GET", &uri, &[("If-None-Match", &tag)]).await else { return };
        if response.status != 304 {
            let message = format!("a GET with If-None-Match of its ETag is answered with status {}", response.status);
            self.findings.add(&uri, "/[If-None-Match]", &rule::NOT_MODIFIED, message);
        }
    }

    /// The root is for everybody, what it leads to is not.
    async fn anonymous(&mut self, client: &Client, answers: &Answers) {
        if let Some(response) = self.ask(client, "GET", ROOT, &[]).await
            && response.status != 200
        {
            let message = format!("a GET without login is answered with status {}", response.status);
            self.findings.add(ROOT, "/[GET]", &rule::ROOT_OPEN, message);
        }
        let root = answers.get(ROOT).and_then(|root| root.object());
        let uri = |name: &str| root?.get(name)?.get("@odata.id")?.as_str();
        let Some(uri) = ["Systems", "Chassis", "Managers"].into_iter().find_map(uri) else { return };
        let Some(response) = self.ask(client, "GET", uri, &[]).await else { return };
        if response.status != 401 {
            let message =
                format!("a GET without login is answered with status {}, and 401 is expected", response.status);
            self.findings.add(uri, "/[GET]", &rule::LOGIN_WANTED, message);
        } else if response.header("www-authenticate").is_none() {
            let message = "an answer with status 401 has no WWW-Authenticate".to_owned();
            self.findings.add(uri, "/[WWW-Authenticate]", &rule::LOGIN_WANTED, message);
        }
    }
}
