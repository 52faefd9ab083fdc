//! `rosefish set`: any property of any resource, the standard's or a vendor's.

use std::process::ExitCode;

use clap::Args;
use rosefish::wire::{Record, at};
use rosefish::{AnyEdit, AnyResource, ErrorKind, Written};
use serde_json::{Map, Value, json};

use super::{Assignment, Following, Place, Told, assignment, tell_outlines};
use crate::terminal::{one_line, say};

const EXAMPLES: &str = "\
Examples:
  rosefish set bmc /redfish/v1/Systems/1 AssetTag='rack 7'
  rosefish set bmc /redfish/v1/Systems/1 /Boot/BootSourceOverrideTarget=Pxe /Boot/BootSourceOverrideEnabled=Once
  rosefish set bmc /redfish/v1/Managers/1 /Oem/Contoso/Fans/Mode=Quiet --dry-run

A value is JSON where it reads as JSON, else text: \"7\" in quotation marks is a text, null takes a value away. What differs is \
sent as a PATCH, to the settings of the resource where it has such; then the resource is read to see what came of it.";

/// Change properties of a resource, the standard's or a vendor's
///
/// Exit code 3 if the service confirmed the change and the resource shows something else.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    place: Place,
    /// What to set: name=value or /json/pointer=value
    #[arg(value_name = "POINTER=VALUE", value_parser = assignment, required = true)]
    values: Vec<Assignment>,
    /// Show what would be sent; change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    following: Following,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: SetArgs) -> anyhow::Result<ExitCode> {
    args.place.with(async |resource| args.work(resource).await).await
}

impl SetArgs {
    async fn work(&self, resource: &AnyResource) -> anyhow::Result<ExitCode> {
        let hint = |error: rosefish::Error| self.place.hint(&error);
        let mut edit = resource.edit();
        for Assignment { pointer, value } in &self.values {
            edit.set(pointer, value.clone()).map_err(hint)?;
            if at(resource.record(), pointer).is_none() {
                say!("{} has nothing at {pointer} now", resource.uri());
            }
        }
        if self.dry_run {
            let outlines = edit.outline().await.map_err(hint)?;
            return tell_outlines(&self.place, resource.client(), &outlines, self.json);
        }
        self.commit(resource, edit)
            .await
            .map_err(|error| {
                if error.kind() == ErrorKind::NotAllowed {
                    say!("nothing was sent");
                }
                hint(error)
            })?
            .tell(&self.place, self.json)
    }

    async fn commit(&self, resource: &AnyResource, edit: AnyEdit) -> Result<Told, rosefish::Error> {
        Ok(match edit.commit().await? {
            Written::Unchanged => Told::new("unchanged", "nothing differs; nothing was sent"),
            Written::Updated(now) => self.compare(&now, resource),
            Written::Pending(settings) => {
                let text = format!("taken down in {}; it takes effect later", settings.uri());
                Told::new("pending", text).with("settings", settings.uri())
            }
            Written::Confirmed(unread) => {
                let error = unread.error.report();
                say!("confirmed by the BMC, but what is there now could not be read: {}", one_line(&error));
                Told::new("confirmed", "confirmed").with("pending", unread.pending).with("unread", error)
            }
            Written::Accepted(task) => self.following.told(&task).await?,
            other => Told::new("unknown", format!("{other:?}")).in_part(),
        })
    }

    /// What the resource shows after the change was confirmed.
    fn compare(&self, now: &AnyResource, before: &AnyResource) -> Told {
        let (mut lines, mut shown, mut differs) = (Vec::new(), Map::new(), false);
        for assignment in &self.values {
            let Assignment { pointer, value } = assignment;
            let wanted = masked(before, assignment, value);
            let found = read(now.record(), pointer);
            // What is secret is not shown by the service either.
            let is_same = found.clone().unwrap_or_default() == *value || wanted != *value;
            let found = found.map(|found| masked(before, assignment, &found));
            if is_same {
                lines.push(format!("{pointer} = {wanted}"));
            } else {
                differs = true;
                let found = found.as_ref().map_or_else(|| "not there".to_owned(), Value::to_string);
                say!("confirmed by the BMC, but {pointer} is {} now, not {wanted}", one_line(&found));
                lines.push(format!("{pointer} = {found}"));
            }
            shown.insert(pointer.clone(), json!({ "wanted": wanted, "now": found }));
        }
        let told = Told::new(if differs { "differs" } else { "updated" }, lines.join("\n")).with("values", shown);
        if differs { told.in_part() } else { told }
    }
}

fn read(record: &dyn Record, pointer: &str) -> Option<Value> {
    at(record, pointer).and_then(|json| serde_json::from_str(&json).ok())
}

/// A value as it may be shown: its name may say that it is a secret.
fn masked(resource: &AnyResource, assignment: &Assignment, value: &Value) -> Value {
    let name = assignment.pointer.rsplit('/').next().unwrap_or_default();
    let named = Value::Object([(name.to_owned(), value.clone())].into_iter().collect());
    resource.client().masked(&named).get(name).cloned().unwrap_or_default()
}
