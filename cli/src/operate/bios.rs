//! `rosefish bios`: attributes, what waits for a reset, changes held against the registry, files of attributes, Secure Boot.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use rosefish::Apply;
use rosefish::host::{
    BiosAttribute, BiosAttributes, BiosChanged, Host, OfSystem, Partial, SecureBootReset, SecureBootState,
};
use rosefish::wire::is_secret;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::{On, Shown, Table, only, print, tell, tell_rows, to_json};
use crate::partial::{FOUND, tell_lacking, tell_missing};
use crate::terminal::{one_line, say};

/// The variables that have the passwords of the setup.
const OLD_PASSWORD_VARIABLE: &str = "ROSEFISH_OLD_PASSWORD";
const NEW_PASSWORD_VARIABLE: &str = "ROSEFISH_NEW_PASSWORD";

const EXAMPLES: &str = "\
Examples:
  rosefish bios 10.0.0.7 --user root                                  all attributes
  rosefish bios get 10.0.0.7 ProcHyperThreading --user root           one, with what it takes
  rosefish bios set 10.0.0.7 ProcHyperThreading=Disabled QuietBoot=off --user root
  rosefish bios pending 10.0.0.7 --user root                          what the next reset brings
  rosefish bios export 10.0.0.7 bios.json --user root
  rosefish bios diff 10.0.0.7 bios.json --user root                   exit code 4 where something differs
  rosefish bios apply 10.0.0.7 bios.json --user root
  rosefish bios secure-boot 10.0.0.7 off --user root

A change is held against the registry of the BIOS as a whole before anything is sent. It comes into force with the next reset. Passwords
come from ROSEFISH_OLD_PASSWORD and ROSEFISH_NEW_PASSWORD.";

/// Show and change BIOS attributes and Secure Boot
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BiosArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show attributes, and what they take
    Get(GetArgs),
    /// Change attributes
    Set(SetArgs),
    /// Show what comes into force with the next reset
    Pending(On),
    /// Go back to the defaults with the next reset
    Reset(On),
    /// Write the attributes that can be changed to a file
    Export(FileArgs),
    /// Show in what a file of attributes differs
    Diff(FileArgs),
    /// Change what differs from a file of attributes
    Apply(ApplyArgs),
    /// Change a password of the setup
    Password(PasswordArgs),
    /// Show Secure Boot, turn it on or off, or reset its keys
    SecureBoot(SecureBootArgs),
}

#[derive(Debug, Args)]
struct GetArgs {
    #[command(flatten)]
    on: On,
    /// Show these alone, with all that is known of them
    #[arg(value_name = "ATTRIBUTE")]
    names: Vec<String>,
}

#[derive(Debug, Args)]
struct SetArgs {
    #[command(flatten)]
    on: On,
    /// What is to be changed
    #[arg(value_name = "ATTRIBUTE=VALUE", required = true, value_parser = assignment)]
    changes: Vec<(String, Value)>,
    #[command(flatten)]
    when: WhenArgs,
}

#[derive(Debug, Args)]
struct FileArgs {
    #[command(flatten)]
    on: On,
    /// The file: a JSON object of attributes
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Args)]
struct ApplyArgs {
    #[command(flatten)]
    from: FileArgs,
    #[command(flatten)]
    when: WhenArgs,
}

#[derive(Debug, Args)]
struct WhenArgs {
    /// Say so to the service: `on-reset`, where it wants that
    #[arg(long)]
    on_reset: bool,
}

impl WhenArgs {
    fn apply(&self) -> Option<Apply> {
        self.on_reset.then(Apply::on_reset)
    }
}

#[derive(Debug, Args)]
struct PasswordArgs {
    #[command(flatten)]
    on: On,
    /// Which password, as the BIOS calls it
    #[arg(value_name = "NAME")]
    name: String,
}

/// What becomes of Secure Boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SecureBootAction {
    /// Turn it on
    On,
    /// Turn it off
    Off,
    /// Give it the keys of the factory
    ResetKeys,
    /// Delete all keys
    DeleteKeys,
    /// Delete the platform key: setup mode
    DeletePk,
}

#[derive(Debug, Args)]
struct SecureBootArgs {
    #[command(flatten)]
    on: On,
    /// What to do; without it, show how it stands
    #[arg(value_name = "ACTION")]
    action: Option<SecureBootAction>,
}

fn assignment(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected ATTRIBUTE=VALUE, such as QuietBoot=off")?;
    if name.is_empty() {
        return Err("expected the name of an attribute before the =".to_owned());
    }
    Ok((name.to_owned(), value.into()))
}

pub(crate) async fn run(args: BiosArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Get(args) => get(args).await,
        Verb::Pending(on) => pending(&on).await,
        Verb::Set(args) => set(&args.on, args.changes.into_iter().collect(), &args.when).await,
        Verb::Export(args) => export(args).await,
        Verb::Diff(args) => diff(args).await,
        Verb::Apply(args) => apply(args).await,
        Verb::Reset(on) => {
            let work = async |host: &Host| host.reset_bios().await;
            on.tell(work, |_, ()| "the defaults come into force with the next reset\n".to_owned()).await
        }
        Verb::Password(PasswordArgs { on, name }) => {
            let new = std::env::var(NEW_PASSWORD_VARIABLE);
            let new = SecretString::from(new.with_context(|| format!("set {NEW_PASSWORD_VARIABLE}"))?);
            let old = SecretString::from(std::env::var(OLD_PASSWORD_VARIABLE).unwrap_or_default());
            let work = async |host: &Host| host.set_bios_password(name.as_str(), old, new).await;
            on.tell(work, |_, ()| format!("changed {}\n", one_line(&name))).await
        }
        Verb::SecureBoot(args) => secure_boot(args).await,
    }
}

async fn get(args: GetArgs) -> anyhow::Result<ExitCode> {
    if args.names.is_empty() {
        return all(&args.on).await;
    }
    let mut found = args.on.with(async |host| host.bios().await).await?;
    mask(&mut found.value);
    tell_no_registry(&found.value);
    let is_named = |one: &BiosAttribute| args.names.iter().any(|name| name.eq_ignore_ascii_case(&one.name));
    found.value.attributes.retain(is_named);
    let missing = |name: &&String| !found.value.attributes.iter().any(|one| one.name.eq_ignore_ascii_case(name));
    if let Some(name) = args.names.iter().find(missing) {
        bail!("{name} is not an attribute of this BIOS");
    }
    tell(&found, args.on.json, |found| found.attributes.iter().map(whole).collect::<String>())
}

/// All attributes, of each system that is meant.
async fn all(on: &On) -> anyhow::Result<ExitCode> {
    let mut found = on.with(async |host| host.bios_of_systems().await).await?;
    for one in &mut found.value.items {
        mask(&mut one.value);
        tell_no_registry(&one.value);
    }
    tell_rows(&found, on.json, &HEADINGS, |found| found.attributes.iter().map(row).collect())
}

/// What is shown in the place of a secret.
const MASK: &str = "***";

/// Puts a mask into the place of each secret.
fn mask(found: &mut BiosAttributes) {
    for one in found.attributes.iter_mut().filter(|one| one.is_secret()) {
        for value in [&mut one.value, &mut one.pending, &mut one.default].into_iter().flatten() {
            masked(value);
        }
    }
}

/// Puts a mask into the place of a secret; that there is none is not one.
fn masked(value: &mut Value) {
    if !value.is_null() && value != "" {
        *value = MASK.into();
    }
}

fn tell_no_registry(found: &BiosAttributes) {
    if let Some(why) = &found.no_registry {
        say!("nothing but the values is known: {}", one_line(why));
    }
}

fn written(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// What an attribute takes, in a few words.
fn takes(one: &BiosAttribute) -> String {
    if one.read_only {
        return "read-only".to_owned();
    }
    let bounds = match (&one.least, &one.most) {
        (None, None) => String::new(),
        (least, most) => format!("{}..{}", written(least.as_ref()), written(most.as_ref())),
    };
    match (one.kind.as_deref(), one.allowed.is_empty()) {
        (_, false) => one.allowed.join(" | "),
        (Some("Boolean"), _) => "true | false".to_owned(),
        (Some("Integer"), _) => bounds,
        (Some(kind), _) if bounds.is_empty() => kind.to_lowercase(),
        (Some(kind), _) => format!("{}, {bounds} characters", kind.to_lowercase()),
        (None, _) => String::new(),
    }
}

/// The headings of attributes.
const HEADINGS: [&str; 4] = ["ATTRIBUTE", "VALUE", "PENDING", "TAKES"];

fn row(one: &BiosAttribute) -> Vec<String> {
    vec![one.name.clone(), written(one.value.as_ref()), written(one.pending.as_ref()), takes(one)]
}

fn whole(one: &BiosAttribute) -> String {
    let mut text = format!("{}\n", one_line(&one.name));
    let (value, pending, default) = (&one.value, &one.pending, &one.default);
    for (name, said) in [
        ("called", one.display_name.clone().unwrap_or_default()),
        ("is", written(value.as_ref())),
        ("pending", written(pending.as_ref())),
        ("default", written(default.as_ref())),
        ("takes", takes(one)),
        ("help", one.help.clone().unwrap_or_default()),
    ] {
        if !said.is_empty() {
            text.push_str(&format!("  {name:8} {}\n", one_line(&said)));
        }
    }
    text
}

async fn pending(on: &On) -> anyhow::Result<ExitCode> {
    let mut found = on.with(async |host| host.bios_of_systems().await).await?;
    let mut resets = Vec::new();
    for one in &mut found.value.items {
        mask(&mut one.value);
        one.value.attributes.retain(|one| one.pending.is_some());
        if one.value.reset_pending {
            resets.push(one.system.clone());
        }
    }
    let is_several = found.value.items.len() > 1;
    if !on.json {
        for system in &resets {
            let of = if is_several { format!(" of {}", one_line(system)) } else { String::new() };
            print(&format!("all attributes{of} go back to their defaults with the next reset\n"))?;
        }
        if resets.is_empty() && found.value.items.iter().all(|one| one.value.attributes.is_empty()) {
            print("nothing is pending\n")?;
        }
    }
    tell_rows(&found, on.json, &HEADINGS, |found| match found.reset_pending {
        // What waits is overtaken by it.
        true => Vec::new(),
        false => found.attributes.iter().map(row).collect(),
    })
}

async fn set(on: &On, changes: BTreeMap<String, Value>, when: &WhenArgs) -> anyhow::Result<ExitCode> {
    let done = on.with(async |host| host.set_bios(changes, when.apply()).await).await?;
    let is_seen = done.unread.is_none();
    tell(&done, on.json, |changed| changes_in_words(changed, is_seen))
}

/// What a change came to, a line for each attribute.
fn changes_in_words(changed: &BiosChanged, is_seen: bool) -> String {
    let BiosChanged { sent, pending, .. } = changed;
    let assigned = |name: &str, value: &Value| format!("{}={}", one_line(name), one_line(&written(Some(value))));
    let mut text = String::new();
    if sent.is_empty() {
        text.push_str("it is so already\n");
    }
    for (name, value) in sent {
        let state = match pending.get(name) {
            Some(_) => "pending until the next reset",
            // A secret is never shown, so that nobody sees whether it waits.
            None if !is_seen || *value == MASK => "sent",
            None => "in force",
        };
        text.push_str(&format!("{}  {state}\n", assigned(name, value)));
    }
    for (name, value) in pending.iter().filter(|(name, _)| !sent.contains_key(*name)) {
        text.push_str(&format!("{}  pending from before\n", assigned(name, value)));
    }
    text
}

/// What of the attributes belongs into a file: what can be changed, and has a value.
fn portable(found: &BiosAttributes) -> Map<String, Value> {
    let mut all = Map::new();
    for one in &found.attributes {
        if let Some(value) = one.value.clone().filter(|value| !value.is_null() && !one.read_only && !one.is_secret()) {
            all.insert(one.name.clone(), value);
        }
    }
    all
}

async fn export(args: FileArgs) -> anyhow::Result<ExitCode> {
    let found = args.on.with(async |host| host.bios().await).await?;
    tell_no_registry(&found.value);
    let all = portable(&found.value);
    let count = all.len();
    let json = json!({ "AttributeRegistry": found.value.registry, "Attributes": all });
    let file = args.on.target.file(&args.file, true)?;
    let shown = file.display();
    std::fs::write(&file, format!("{json:#}\n")).with_context(|| format!("{shown} can't be written"))?;
    let written = found.map(|_| json!({ "file": file.display().to_string(), "attributes": count }));
    tell(&written, args.on.json, |_| format!("{count} attributes in {shown}\n"))
}

/// Reads a file of attributes: as `export` writes it, the body of a Bios resource, or the attributes alone.
fn read(file: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    let json: Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
    let attributes = json.get("Attributes").cloned().unwrap_or(json);
    let Value::Object(attributes) = attributes else { bail!("{} is not an object of attributes", file.display()) };
    Ok(attributes.into_iter().filter(|(name, value)| !name.contains('@') && !value.is_null()).collect())
}

/// In what a file differs from what will be in force: each attribute with its value and that of the file.
fn differences(found: &BiosAttributes, file: &BTreeMap<String, Value>) -> Vec<(String, Option<Value>, Value)> {
    let mut all = Vec::new();
    for (name, wanted) in file {
        let one = found.attributes.iter().find(|one| one.name == *name);
        let now = one.and_then(|one| one.pending.clone().or_else(|| one.value.clone()));
        if now.as_ref() != Some(wanted) {
            all.push((name.clone(), now, wanted.clone()));
        }
    }
    all
}

async fn diff(args: FileArgs) -> anyhow::Result<ExitCode> {
    let file = read(&args.on.target.file(&args.file, false)?)?;
    let found = args.on.with(async |host| host.bios().await).await?;
    let mut all = differences(&found.value, &file);
    for (name, now, wanted) in &mut all {
        if is_secret(name) || found.value.attributes.iter().any(|one| one.name == *name && one.is_secret()) {
            now.iter_mut().chain([wanted]).for_each(masked);
        }
    }
    let json = found.map(|_| {
        json!(
            all.iter()
                .map(|(name, now, wanted)| json!({ "name": name, "value": now, "file": wanted }))
                .collect::<Vec<_>>()
        )
    });
    let told = tell(&json, args.on.json, |_| {
        let mut table = Table::new(&["ATTRIBUTE", "VALUE", "FILE"]);
        for (name, now, wanted) in &all {
            table.row([name.clone(), written(now.as_ref()), written(Some(wanted))]);
        }
        table.text()
    })?;
    Ok(if all.is_empty() { told } else { FOUND.into() })
}

async fn apply(args: ApplyArgs) -> anyhow::Result<ExitCode> {
    let on = &args.from.on;
    let file = read(&on.target.file(&args.from.file, false)?)?;
    let found = on.with(async |host| host.bios().await).await?;
    let changes: BTreeMap<_, _> =
        differences(&found.value, &file).into_iter().map(|(name, _, wanted)| (name, wanted)).collect();
    if changes.is_empty() {
        let nothing = found.map(|_| BiosChanged::default());
        return tell(&nothing, on.json, |changed| changes_in_words(changed, true));
    }
    set(on, changes, &args.when).await
}

async fn secure_boot(SecureBootArgs { on, action }: SecureBootArgs) -> anyhow::Result<ExitCode> {
    let reset = match action {
        None => return secure_boot_states(&on).await,
        Some(action @ (SecureBootAction::On | SecureBootAction::Off)) => {
            let enable = action == SecureBootAction::On;
            let word = if enable { "on" } else { "off" };
            let work = async |host: &Host| host.enable_secure_boot(enable).await;
            return on.tell(work, |_, ()| format!("Secure Boot is {word} from the next start on\n")).await;
        }
        Some(SecureBootAction::ResetKeys) => SecureBootReset::Defaults,
        Some(SecureBootAction::DeleteKeys) => SecureBootReset::DeleteAll,
        Some(SecureBootAction::DeletePk) => SecureBootReset::DeletePlatformKey,
    };
    on.tell(async |host| host.reset_secure_boot_keys(reset).await, |sent, ()| format!("{}\n", sent.join(", "))).await
}

async fn secure_boot_states(on: &On) -> anyhow::Result<ExitCode> {
    let found = on.with(async |host| host.secure_boot_of_systems().await).await?;
    let Partial { items, missing } = &found.value;
    match only(&found.value) {
        Some(only) if on.json => print(&format!("{:#}\n", to_json(&found, &only.value, missing)?))?,
        None if on.json => print(&format!("{:#}\n", to_json(&found, items, missing)?))?,
        Some(only) => print(&state(&only.value))?,
        None => {
            let mut table = Table::new(&["SYSTEM", "SECURE BOOT", "LAST START", "MODE"]);
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            for OfSystem { system, value, .. } in items {
                table.row([
                    system.clone(),
                    switch(value.enabled).to_owned(),
                    text(&value.last_start),
                    text(&value.mode),
                ]);
            }
            Shown::from(table).print()?
        }
    };
    let told = tell_lacking(missing);
    let unread: Vec<_> = items.iter().flat_map(|one| &one.value.databases.missing).collect();
    Ok(if unread.is_empty() { told } else { tell_missing(&unread) })
}

fn switch(enabled: Option<bool>) -> &'static str {
    match enabled {
        Some(true) => "on",
        Some(false) => "off",
        None => "unknown",
    }
}

fn state(found: &SecureBootState) -> String {
    let enabled = switch(found.enabled);
    let text = |text: &Option<String>| one_line(text.as_deref().unwrap_or("unknown"));
    let (last, mode) = (text(&found.last_start), text(&found.mode));
    let mut all = format!("Secure Boot: {enabled}; at the last start: {last}; mode: {mode}\n");
    let mut table = Table::new(&["DATABASE", "CERTIFICATES", "SIGNATURES"]);
    let count = |count: Option<usize>| count.map(|count| count.to_string()).unwrap_or_default();
    for one in &found.databases.items {
        table.row([one.id.clone(), count(one.certificates), count(one.signatures)]);
    }
    all.push_str(&table.text());
    all
}
