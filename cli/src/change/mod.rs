//! The commands that change any resource by its URI, typed or not: what they share, which is how a resource and values are
//! named, and how what would be sent and what came of it are shown.

pub(crate) mod action;
pub(crate) mod offer;
pub(crate) mod set;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use rosefish::host::Backend;
use rosefish::{AnyResource, Client, Outline, TaskMonitor};
use serde_json::{Value, json};

use crate::fleet::current::Address;
use crate::host::{HostArgs, log_out, split_url};
use crate::operate::{envelope, print};
use crate::partial::DONE_IN_PART;
use crate::pretty;
use crate::terminal::say;

/// A resource of a service.
#[derive(Debug, Args)]
pub(crate) struct Place {
    #[command(flatten)]
    address: Address,
    /// The URI of the resource on it, such as /redfish/v1/Systems/1
    #[arg(value_name = "URI", value_parser = path)]
    uri: String,
    #[command(flatten)]
    host: HostArgs,
}

fn path(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => Ok(text.to_owned()),
        false => Err("expected a path from the root of the service, such as /redfish/v1/Systems/1".to_owned()),
    }
}

impl Place {
    /// Reads the resource, does the work and ends the session, however the work ended.
    async fn with(&self, work: impl AsyncFnOnce(&AnyResource) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
        let (origin, _) = split_url(&self.address)?;
        let client = self.host.connect(origin).await?;
        let done = match client.get_any(&self.uri, None).await {
            Ok(resource) => work(&resource).await,
            Err(error) => Err(self.hint(&error)),
        };
        log_out(client).await;
        done
    }

    /// The envelope of a result, as all commands have it.
    fn json(&self, value: Value) -> String {
        format!("{:#}\n", envelope(&self.address, &json!(Backend::Redfish), value, json!([])))
    }

    fn hint(&self, error: &rosefish::Error) -> anyhow::Error {
        self.host.hint(&self.address, error)
    }
}

/// A value for a property or a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assignment {
    /// Where it goes, as a JSON pointer.
    pointer: String,
    value: Value,
}

/// `name=value` or `/json/pointer=value`. The value is JSON where it reads as JSON, else text.
fn assignment(text: &str) -> Result<Assignment, String> {
    let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty() && *name != "/") else {
        return Err("expected name=value or /json/pointer=value".to_owned());
    };
    let pointer = match name.starts_with('/') {
        true => name.to_owned(),
        false => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
    };
    Ok(Assignment { pointer, value: serde_json::from_str(value).unwrap_or_else(|_| value.into()) })
}

impl Assignment {
    /// The property of the resource, or the parameter, that it is in.
    fn top(&self) -> String {
        self.pointer.split('/').nth(1).unwrap_or_default().replace("~1", "/").replace("~0", "~")
    }
}

/// How long to follow an operation.
#[derive(Debug, Args)]
pub(crate) struct Following {
    /// If the service carries it out after its answer, wait until it has ended, so many seconds at most
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    wait: Option<u64>,
}

/// What came of something that was sent: words for people, the same for programs.
struct Told {
    text: String,
    json: Value,
    code: ExitCode,
}

impl Told {
    fn new(outcome: &str, text: impl Into<String>) -> Self {
        Self { text: text.into(), json: json!({ "outcome": outcome }), code: ExitCode::SUCCESS }
    }

    fn in_part(mut self) -> Self {
        self.code = DONE_IN_PART.into();
        self
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(object) = self.json.as_object_mut() {
            object.insert(name.to_owned(), value.into());
        }
        self
    }

    fn tell(self, place: &Place, as_json: bool) -> anyhow::Result<ExitCode> {
        print(&if as_json { place.json(self.json) } else { format!("{}\n", self.text) })?;
        Ok(self.code)
    }
}

impl Following {
    /// What is known of an operation that has not ended: as much as there is time for.
    async fn told(&self, task: &TaskMonitor) -> Result<Told, rosefish::Error> {
        let handle = serde_json::to_value(task.handle()).unwrap_or_default();
        let Some(wait) = self.wait else {
            let text = match task.handle().monitor().or(task.handle().task()) {
                Some(uri) => format!("accepted; under way: {uri}"),
                None => "accepted and under way; the service names nothing to follow it by".to_owned(),
            };
            return Ok(Told::new("accepted", text).with("task", handle));
        };
        let end = task.wait(Duration::from_secs(wait)).await?;
        let state = end.state.clone().unwrap_or_default();
        if !end.is_known() {
            say!("it is over, but the service does not say how it ended");
            let told = Told::new("unknown", "over").with("task", handle).with("state", state);
            return Ok(told.in_part());
        }
        let mut text = "ended without failing".to_owned();
        if !state.is_empty() {
            let _ = write!(text, ": {state}");
        }
        for uri in &end.created {
            let _ = write!(text, "\nmade {uri}");
        }
        Ok(Told::new("completed", text).with("task", handle).with("state", state).with("created", end.created))
    }
}

/// Prints what would be sent.
fn tell_outlines(place: &Place, client: &Client, outlines: &[Outline], as_json: bool) -> anyhow::Result<ExitCode> {
    let mut all = Vec::new();
    for Outline { method, uri, body, .. } in outlines {
        let Ok(body) = serde_json::from_str(body) else { bail!("the body for {uri} is not JSON") };
        all.push((*method, uri.as_str(), client.masked(&body)));
    }
    if as_json {
        let sent = all.into_iter().map(|(method, uri, body)| json!({ "method": method, "uri": uri, "body": body }));
        return print(&place.json(json!({ "outcome": "dry-run", "requests": sent.collect::<Vec<_>>() })));
    }
    if all.is_empty() {
        return print("nothing would be sent: nothing differs\n");
    }
    let text =
        |(method, uri, body): (&str, &str, Value)| format!("{method} {uri}\n{}\n", pretty::indent(&body.to_string()));
    print(&all.into_iter().map(text).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_where_they_are_json_and_text_otherwise() {
        for (text, pointer, value) in [
            ("AssetTag=rack 7", "/AssetTag", json!("rack 7")),
            ("Times=2", "/Times", json!(2)),
            ("Times=\"2\"", "/Times", json!("2")),
            ("/Oem/Contoso/On=true", "/Oem/Contoso/On", json!(true)),
            ("a/b=", "/a~1b", json!("")),
            ("Filter=a=b", "/Filter", json!("a=b")),
            ("Targets=[\"/redfish/v1\"]", "/Targets", json!(["/redfish/v1"])),
            ("Gone=null", "/Gone", Value::Null),
        ] {
            assert_eq!(assignment(text), Ok(Assignment { pointer: pointer.to_owned(), value }), "{text}");
        }
        for text in ["AssetTag", "=7", "/=7", ""] {
            assert!(assignment(text).is_err(), "{text}");
        }
    }
}
