//! `rosefish oem`: what a machine has beyond the standard.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use rosefish::explore::{Explorer, Findings, Packs, Place, Property, ValueKind, VendorType};
use rosefish::walk::Walk;
use rosefish::wire::{Kind, ODataType, Table as Type};
use serde_json::{Value, json};

use crate::capture;
use crate::files;
use crate::fleet::current::ServiceOrPath;
use crate::host::{HostArgs, log_out, split_url};
use crate::operate::{Shown, Table, print};
use crate::partial::{self, say_not_read};
use crate::terminal::{one_line, say};
use crate::typed::kind_at;
use crate::walk::unread_line;

const EXAMPLES: &str = "\
Examples:
  rosefish oem https://bmc --user root            walk a service and show what its vendor adds
  rosefish oem captured/ --json                   the same of payloads in files
  rosefish oem captured/ --csdl drafts/           write a draft of CSDL per vendor
  rosefish oem @rack7 --vendor dell               one table of several hosts

TYPE is the type that the crate rosefish-oem has for a property or resource, which programs read it with; where there is
none, it is reached by name, as JSON.

Values whose names say that they are secret are not shown.";

/// Show what a machine has beyond the standard: vendors' properties, actions and resources
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct OemArgs {
    #[command(flatten)]
    target: ServiceOrPath,
    /// Only what is of this vendor, as its objects in `Oem` are called
    #[arg(long, value_name = "NAME")]
    vendor: Option<String>,
    /// Write CSDL for it into this folder, a file per vendor, instead of showing it; files that are there stay. Of several hosts
    /// each has a folder in it
    #[arg(long, value_name = "DIR", conflicts_with = "json")]
    csdl: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) async fn run(args: OemArgs) -> anyhow::Result<ExitCode> {
    let path = Path::new(&*args.target);
    let (explorer, mut unread) = match path.exists() {
        true => payloads(path)?,
        false => service(&args.target, &args.host).await?,
    };
    let wanted = |name: &str| args.vendor.as_ref().is_none_or(|vendor| vendor.eq_ignore_ascii_case(name));
    if let Some(folder) = &args.csdl {
        let folder = files::folder_of_host(folder, args.host.name(&args.target))?;
        unread.append(&mut write(&explorer, &folder, wanted)?);
    } else {
        let mut found = explorer.findings();
        found.vendors.retain(|vendor| wanted(&vendor.name));
        if args.json {
            let mut json = serde_json::to_value(&found)?;
            tell_types(&mut json, &found);
            if let Some(object) = json.as_object_mut() {
                object.insert("partial".to_owned(), json!(unread));
            }
            print(&format!("{json:#}\n"))?;
        } else {
            show(&found)?;
        }
    }
    say_not_read(&unread);
    Ok(partial::code(unread.is_empty()))
}

fn payloads(path: &Path) -> anyhow::Result<(Explorer, Vec<String>)> {
    let (mut explorer, mut wrong) = (Explorer::new(), Vec::new());
    let mut unread = files::each(path, |place, bytes| {
        if let Err(error) = explorer.add(&uri(place), bytes) {
            wrong.push(format!("{place}: {error}"));
        }
    })?;
    unread.append(&mut wrong);
    Ok((explorer, unread))
}

/// Returns the URI of the payload in a file, as far as the file's path says so.
fn uri(place: &str) -> String {
    let place = place.replace('\\', "/");
    let from = place.find("redfish/v1").unwrap_or(0);
    let path = place.get(from..).unwrap_or_default().trim_end_matches(".json").trim_end_matches("/index");
    format!("/{path}")
}

async fn service(url: &str, host: &HostArgs) -> anyhow::Result<(Explorer, Vec<String>)> {
    let (origin, _) = split_url(url)?;
    let client = host.connect(origin).await?;
    let (mut visits, mut explorer, mut unread) = (Walk::new(&client).visits(), Explorer::new(), Vec::new());
    while let Some(visit) = visits.next().await {
        match &visit.resource {
            Ok(resource) => explorer.add_resource(resource),
            Err(why) => unread.push(unread_line(&visit.uri, why)),
        }
    }
    drop(visits);
    // Nothing links to the resources that describe actions.
    for uri in explorer.wanted() {
        match client.get_any(&uri, None).await {
            Ok(resource) => explorer.add_resource(&resource),
            Err(error) => unread.push(format!("{uri}: {}", error.report())),
        }
    }
    log_out(client).await;
    Ok((explorer, unread))
}

/// Writes the drafts, and returns those that can't be written. The others are written all the same.
fn write(explorer: &Explorer, folder: &Path, wanted: impl Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    fs::create_dir_all(folder).with_context(|| format!("--csdl {}", folder.display()))?;
    let (mut written, mut unwritten) = (0_usize, Vec::new());
    for draft in explorer.drafts().iter().filter(|draft| wanted(&draft.vendor)) {
        let file = folder.join(&draft.file_name);
        let open = OpenOptions::new().write(true).create_new(true).open(&file);
        match open.and_then(|mut file| file.write_all(draft.csdl.as_bytes())) {
            Ok(()) => {
                written += 1;
                say!("{}: {}", one_line(&draft.vendor), file.display());
            }
            Err(error) => unwritten.push(format!("{}: {error}", file.display())),
        }
    }
    if written == 0 && !unwritten.is_empty() {
        bail!("{}", unwritten.join("; "));
    }
    Ok(unwritten)
}

/// Returns the types that packs have for what is at a place.
fn place_types(packs: &Packs, place: &Place) -> Vec<&'static Type> {
    let (pointer, vendor) = place.pointer.rsplit_once('/').unwrap_or_default();
    let vendor = vendor.replace("~1", "/").replace("~0", "~");
    let find = |said: Option<&ODataType>| packs.object(&place.resource, pointer, &vendor, said);
    let said: Vec<_> = place.types.iter().map(|said| ODataType::from(said.as_str())).collect();
    let bare = packs.bare(&place.resource, &pointer.replace("/*", ""), &vendor);
    match said.is_empty() {
        true => find(None).or(bare).into_iter().collect(),
        false => said.iter().filter_map(|said| find(Some(said))).collect(),
    }
}

fn resource_type(packs: &Packs, ty: &VendorType) -> Option<&'static Type> {
    ty.types.iter().find_map(|said| packs.resource(&ODataType::from(said.as_str())))
}

/// Returns the name of the type that declares a property, if one of these does.
fn declares(types: &[&'static Type], pointer: &str) -> Option<&'static str> {
    let is_typed = |ty: &&&'static Type| !matches!(kind_at(ty, pointer), None | Some(Kind::Oem));
    types.iter().find(is_typed).map(|ty| ty.name)
}

/// Adds the name of its type to each property, place and resource.
fn tell_types(json: &mut Value, found: &Findings) {
    let packs = rosefish_oem::packs();
    let tell = |properties: &mut Value, of: &[Property], types: &[&'static Type]| {
        for (property, json) in of.iter().zip(properties.as_array_mut().into_iter().flatten()) {
            json["type"] = json!(declares(types, &property.pointer));
        }
    };
    for (vendor, json) in found.vendors.iter().zip(json["vendors"].as_array_mut().into_iter().flatten()) {
        for (place, json) in vendor.places.iter().zip(json["places"].as_array_mut().into_iter().flatten()) {
            tell(&mut json["properties"], &place.properties, &place_types(&packs, place));
        }
        for (ty, json) in vendor.types.iter().zip(json["types"].as_array_mut().into_iter().flatten()) {
            let known: Vec<_> = resource_type(&packs, ty).into_iter().collect();
            json["type"] = json!(known.first().map(|ty| ty.name));
            tell(&mut json["properties"], &ty.properties, &known);
        }
    }
}

fn show(found: &Findings) -> anyhow::Result<ExitCode> {
    let tables: Vec<_> = tables(found).into_iter().filter(|table| !table.text().is_empty()).collect();
    if tables.is_empty() {
        return print(&format!("nothing beyond the standard in {} resources\n", found.resources));
    }
    if capture::is_on() {
        // The tables of all hosts become one.
        for table in tables {
            Shown::from(table).print()?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    print(&tables.iter().map(Table::text).collect::<Vec<_>>().join("\n"))
}

/// Makes tables of what vendors add: properties, actions, resources.
pub(crate) fn tables(found: &Findings) -> [Table; 3] {
    let mut properties = Table::new(&["VENDOR", "RESOURCE", "PROPERTY", "KIND", "TYPE", "COUNT", "SAMPLES"]);
    let mut actions = Table::new(&["VENDOR", "RESOURCE", "ACTION", "COUNT", "PARAMETERS", "TARGET"]);
    let mut types = Table::new(&["VENDOR", "RESOURCE", "TYPE", "COUNT", "FIRST"]);
    let packs = rosefish_oem::packs();
    for vendor in &found.vendors {
        for place in &vendor.places {
            let known = place_types(&packs, place);
            for property in &place.properties {
                let name = format!("{}{}", place.pointer, property.pointer);
                properties.row(row(&vendor.name, &place.resource, name, property, &known));
            }
        }
        for ty in &vendor.types {
            let known: Vec<_> = resource_type(&packs, ty).into_iter().collect();
            let name = known.first().map_or("", |ty| ty.name).to_owned();
            types.row([vendor.name.clone(), ty.name.clone(), name, ty.count.to_string(), ty.uri.clone()]);
            for property in &ty.properties {
                properties.row(row(&vendor.name, &ty.name, property.pointer.clone(), property, &known));
            }
        }
        for action in &vendor.actions {
            let parameter = |parameter: &rosefish::ActionParameter| match parameter.allowable_values.is_empty() {
                true => parameter.name.clone(),
                false => format!("{}={}", parameter.name, parameter.allowable_values.join("|")),
            };
            let parameters: Vec<_> = action.parameters.iter().map(parameter).collect();
            let target = action.target.clone().unwrap_or_default();
            let count = action.count.to_string();
            actions.row([
                vendor.name.clone(),
                action.resource.clone(),
                action.name.clone(),
                count,
                parameters.join(" "),
                target,
            ]);
        }
    }
    [properties, actions, types]
}

fn row(vendor: &str, resource: &str, name: String, property: &Property, known: &[&'static Type]) -> [String; 7] {
    let kinds: Vec<_> = property.kinds.iter().map(|kind| word(*kind)).collect();
    let ty = declares(known, &property.pointer).unwrap_or_default().to_owned();
    let (count, samples) = (property.count.to_string(), property.samples.join(", "));
    [vendor.to_owned(), resource.to_owned(), name, kinds.join("/"), ty, count, samples]
}

fn word(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Text => "text",
        ValueKind::Number => "number",
        ValueKind::Flag => "flag",
        ValueKind::List => "list",
        ValueKind::Object => "object",
        _ => "null",
    }
}
