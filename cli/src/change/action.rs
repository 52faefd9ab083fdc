//! `rosefish action`: any action of any resource, the standard's or a vendor's.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::Args;
use rosefish::wire::Oem;
use rosefish::{AnyResource, ErrorKind, OemCall, Reply};
use serde_json::{Map, Value, json};

use super::offer::{self, Offer};
use super::{Assignment, Following, Place, Told, assignment, tell_outlines};
use crate::operate::print;
use crate::pretty;
use crate::terminal::say;

const EXAMPLES: &str = "\
Examples:
  rosefish action bmc /redfish/v1/Systems/1                        what the resource offers, and what that takes
  rosefish action bmc /redfish/v1/Systems/1 Reset ResetType=On     a standard action
  rosefish action bmc /redfish/v1/Managers/1 '#DellManager.ResetToDefaults' ResetType=Default --dry-run
  rosefish action bmc /redfish/v1/X '#Contoso.Run' /Options/Depth=3 'Targets=[\"a\",\"b\"]'

A value is JSON where it reads as JSON, else text: \"7\" in quotation marks is a text. What the service does not allow is \
refused before anything is sent. An action is sent once: an answer that is lost is told as that.";

/// Invoke an action of a resource, the standard's or a vendor's
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ActionArgs {
    #[command(flatten)]
    place: Place,
    /// The action, such as '#ComputerSystem.Reset' or Reset; without it, show which there are
    #[arg(value_name = "ACTION")]
    action: Option<String>,
    /// Its parameters: name=value or /json/pointer=value
    #[arg(value_name = "KEY=VALUE", value_parser = assignment)]
    parameters: Vec<Assignment>,
    /// Show the actions and what they take; invoke nothing
    #[arg(long)]
    list: bool,
    /// Show what would be sent; invoke nothing
    #[arg(long)]
    dry_run: bool,
    /// Send parameters as well that the service does not name where it describes the action
    #[arg(long)]
    undescribed: bool,
    #[command(flatten)]
    following: Following,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: ActionArgs) -> anyhow::Result<ExitCode> {
    args.place.with(async |resource| args.work(resource).await).await
}

impl ActionArgs {
    async fn work(&self, resource: &AnyResource) -> anyhow::Result<ExitCode> {
        let offers = offer::offers(resource).await;
        let Some(name) = self.action.as_deref().filter(|_| !self.list) else { return self.show(resource, &offers) };
        let Some(offer) = offer::find(&offers, name) else {
            tell_offers(&offers.iter().collect::<Vec<_>>());
            bail!("{} does not offer the action {name}, or not it alone", resource.uri());
        };
        let parameters = self.parameters()?;
        if let Some(wrong) = self.wrong(offer, &parameters) {
            tell_offers(&[offer]);
            bail!(wrong);
        }
        let call = || resource.oem_action(&offer.action.name).parameters(parameters.clone());
        let done =
            if self.dry_run { self.preview(resource, call()).await } else { self.invoke(resource, call()).await };
        done.map_err(|error| match error.downcast::<rosefish::Error>() {
            Ok(error) => {
                if matches!(error.kind(), ErrorKind::NotAllowed | ErrorKind::Missing | ErrorKind::Refused) {
                    tell_offers(&[offer]);
                }
                self.place.hint(&error)
            }
            Err(error) => error,
        })
    }

    fn show(&self, resource: &AnyResource, offers: &[Offer]) -> anyhow::Result<ExitCode> {
        if self.json {
            return print(&self.place.json(json!({ "uri": resource.uri(), "actions": offer::json(offers) })));
        }
        if offers.is_empty() {
            say!("{} offers no actions", resource.uri());
        }
        print(&offer::table(&offers.iter().collect::<Vec<_>>()))
    }

    fn parameters(&self) -> anyhow::Result<Map<String, Value>> {
        let mut object = Oem::default();
        for Assignment { pointer, value } in &self.parameters {
            object.set(pointer, value.clone()).map_err(|error| anyhow!("{pointer}: {error}"))?;
        }
        match object.to_value() {
            Value::Object(object) => Ok(object),
            _ => Ok(Map::new()),
        }
    }

    /// What is wrong with the parameters' names.
    fn wrong(&self, offer: &Offer, given: &Map<String, Value>) -> Option<String> {
        let name = &offer.action.name;
        let is_needed = |name: &str| !given.contains_key(name);
        let mut needed = offer.parameters.iter().filter(|parameter| parameter.required == Some(true));
        if let Some(missing) = needed.find(|parameter| is_needed(&parameter.name)) {
            return Some(format!("{name} needs the parameter {}", missing.name));
        }
        // Only a description says which there are; what stands beside a target are those with certain values.
        if self.undescribed
            || offer.action.target.action_info.is_none()
            || !offer.parameters.iter().any(|it| it.by_service)
        {
            return None;
        }
        let is_known =
            |name: &str| name.contains('@') || name == "Oem" || offer.parameters.iter().any(|it| it.name == name);
        let odd = self.parameters.iter().map(Assignment::top).find(|name| !is_known(name))?;
        Some(format!("{name} has no parameter {odd} by the service's description; --undescribed sends it all the same"))
    }

    async fn preview(&self, resource: &AnyResource, call: OemCall) -> anyhow::Result<ExitCode> {
        tell_outlines(&self.place, resource.client(), &[call.outline().await?], self.json)
    }

    async fn invoke(&self, resource: &AnyResource, call: OemCall) -> anyhow::Result<ExitCode> {
        let Reply { status, value, task, location, .. } = call.await?;
        if let Some(task) = task {
            return self.following.told(&task).await?.with("status", status).tell(&self.place, self.json);
        }
        let mut text = format!("confirmed by the service ({status})");
        if let Some(uri) = &location {
            text = format!("{text}\nmade {uri}");
        }
        let value = value.map(|value| resource.client().masked(&value));
        if let Some(value) = &value {
            text = format!("{text}\n{}", pretty::indent(&value.to_string()));
        }
        let told = Told::new("confirmed", text).with("status", status).with("location", location);
        told.with("value", value).tell(&self.place, self.json)
    }
}

/// Says what is allowed.
fn tell_offers(offers: &[&Offer]) {
    for line in offer::table(offers).lines() {
        say!("{line}");
    }
}
