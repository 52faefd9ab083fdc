//! `rosefish bios`: attributes, what waits for a reset, changes held against the registry, files of attributes, Secure Boot.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use rosefish::Apply;
use rosefish::host::{BiosAttribute, BiosAttributes, OfSystem, Partial, SecureBootReset, SecureBootState};
use rosefish::wire::is_secret;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::{Table, Target, print, tell, tell_attempts, to_json};
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
    Pending(PlainArgs),
    /// Go back to the defaults with the next reset
    Reset(PlainArgs),
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
struct PlainArgs {
    #[command(flatten)]
    target: Target,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct GetArgs {
    #[command(flatten)]
    plain: PlainArgs,
    /// Show these alone, with all that is known of them
    #[arg(value_name = "ATTRIBUTE")]
    names: Vec<String>,
}

#[derive(Debug, Args)]
struct SetArgs {
    #[command(flatten)]
    plain: PlainArgs,
    /// What is to be changed
    #[arg(value_name = "ATTRIBUTE=VALUE", required = true, value_parser = assignment)]
    changes: Vec<(String, Value)>,
    #[command(flatten)]
    when: WhenArgs,
}

#[derive(Debug, Args)]
struct FileArgs {
    #[command(flatten)]
    plain: PlainArgs,
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
    plain: PlainArgs,
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
    plain: PlainArgs,
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
        Verb::Pending(args) => pending(args).await,
        Verb::Set(args) => set(&args.plain, args.changes.into_iter().collect(), &args.when).await,
        Verb::Export(args) => export(args).await,
        Verb::Diff(args) => diff(args).await,
        Verb::Apply(args) => apply(args).await,
        Verb::Reset(args) => {
            let done = args.target.with(async |host| host.reset_bios().await).await?;
            tell(&done, args.json, |()| "the defaults come into force with the next reset\n".to_owned())
        }
        Verb::Password(args) => {
            let new = std::env::var(NEW_PASSWORD_VARIABLE);
            let new = SecretString::from(new.with_context(|| format!("set {NEW_PASSWORD_VARIABLE}"))?);
            let old = SecretString::from(std::env::var(OLD_PASSWORD_VARIABLE).unwrap_or_default());
            let (target, name) = (&args.plain.target, args.name.as_str());
            let change =
                async |host: &rosefish::host::Host| host.set_bios_password(name, old.clone(), new.clone()).await;
            let done = target.with(change).await?;
            tell(&done, args.plain.json, |()| format!("changed {name}\n"))
        }
        Verb::SecureBoot(args) => secure_boot(args).await,
    }
}

async fn get(args: GetArgs) -> anyhow::Result<ExitCode> {
    if args.names.is_empty() {
        return all(&args.plain).await;
    }
    let mut found = args.plain.target.with(async |host| host.bios().await).await?;
    mask(&mut found.value);
    tell_no_registry(&found.value);
    let is_named = |one: &BiosAttribute| args.names.iter().any(|name| name.eq_ignore_ascii_case(&one.name));
    found.value.attributes.retain(is_named);
    let missing = |name: &&String| !found.value.attributes.iter().any(|one| one.name.eq_ignore_ascii_case(name));
    if let Some(name) = args.names.iter().find(missing) {
        bail!("{name} is not an attribute of this BIOS");
    }
    tell(&found, args.plain.json, |found| found.attributes.iter().map(whole).collect::<String>())
}

/// All attributes, of each system that is meant.
async fn all(args: &PlainArgs) -> anyhow::Result<ExitCode> {
    let mut found = args.target.with(async |host| host.bios_of_systems().await).await?;
    for one in &mut found.value.items {
        mask(&mut one.value);
        tell_no_registry(&one.value);
    }
    if found.value.items.len() == 1 && found.value.missing.is_empty() {
        let only = found.map(|mut all| all.items.remove(0).value);
        return tell(&only, args.json, |found| table(&found.attributes));
    }
    let of =
        |one: &OfSystem<BiosAttributes>| format!("System {}\n{}", one_line(&one.system), table(&one.value.attributes));
    let Partial { items, missing } = &found.value;
    if args.json {
        print(&format!("{:#}\n", to_json(&found, items, missing)?))?;
    } else {
        tell_attempts(&found.attempts);
        print(&items.iter().map(of).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(tell_lacking(missing))
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

fn table(all: &[BiosAttribute]) -> String {
    let mut table = Table::new(&["ATTRIBUTE", "VALUE", "PENDING", "TAKES"]);
    for one in all {
        table.row([one.name.clone(), written(one.value.as_ref()), written(one.pending.as_ref()), takes(one)]);
    }
    table.text()
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

async fn pending(args: PlainArgs) -> anyhow::Result<ExitCode> {
    let mut found = args.target.with(async |host| host.bios().await).await?;
    mask(&mut found.value);
    found.value.attributes.retain(|one| one.pending.is_some());
    tell(&found, args.json, |found| {
        if found.reset_pending {
            return "all attributes go back to their defaults with the next reset\n".to_owned();
        }
        match found.attributes.is_empty() {
            true => "nothing is pending\n".to_owned(),
            false => table(&found.attributes),
        }
    })
}

async fn set(plain: &PlainArgs, changes: BTreeMap<String, Value>, when: &WhenArgs) -> anyhow::Result<ExitCode> {
    let change = async |host: &rosefish::host::Host| host.set_bios(changes.clone(), when.apply()).await;
    let done = plain.target.with(change).await?;
    tell(&done, plain.json, |set| {
        if set.is_empty() {
            return "it is so already\n".to_owned();
        }
        let one = |(name, value): (&String, &Value)| format!("{}={}", one_line(name), one_line(&written(Some(value))));
        let all: Vec<_> = set.iter().map(one).collect();
        format!("{}\nin force with the next reset, mostly: `rosefish bios pending` shows it\n", all.join("\n"))
    })
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
    let found = args.plain.target.with(async |host| host.bios().await).await?;
    tell_no_registry(&found.value);
    let all = portable(&found.value);
    let count = all.len();
    let json = json!({ "AttributeRegistry": found.value.registry, "Attributes": all });
    let file = args.plain.target.file(&args.file, true)?;
    let shown = file.display();
    std::fs::write(&file, format!("{json:#}\n")).with_context(|| format!("{shown} can't be written"))?;
    print(&format!("{count} attributes in {shown}\n"))
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
    let file = read(&args.plain.target.file(&args.file, false)?)?;
    let found = args.plain.target.with(async |host| host.bios().await).await?;
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
    let told = tell(&json, args.plain.json, |_| {
        let mut table = Table::new(&["ATTRIBUTE", "VALUE", "FILE"]);
        for (name, now, wanted) in &all {
            table.row([name.clone(), written(now.as_ref()), written(Some(wanted))]);
        }
        table.text()
    })?;
    Ok(if all.is_empty() { told } else { FOUND.into() })
}

async fn apply(args: ApplyArgs) -> anyhow::Result<ExitCode> {
    let plain = &args.from.plain;
    let file = read(&plain.target.file(&args.from.file, false)?)?;
    let found = plain.target.with(async |host| host.bios().await).await?;
    let changes: BTreeMap<_, _> =
        differences(&found.value, &file).into_iter().map(|(name, _, wanted)| (name, wanted)).collect();
    if changes.is_empty() {
        return tell(&found.map(|_| json!({})), plain.json, |_| "it is so already\n".to_owned());
    }
    set(plain, changes, &args.when).await
}

async fn secure_boot(args: SecureBootArgs) -> anyhow::Result<ExitCode> {
    let (target, as_json) = (&args.plain.target, args.plain.json);
    let reset = match args.action {
        None => {
            let found = target.with(async |host| host.secure_boot().await).await?;
            tell(&found, as_json, state)?;
            return Ok(tell_missing(&found.value.databases.missing));
        }
        Some(action @ (SecureBootAction::On | SecureBootAction::Off)) => {
            let enable = action == SecureBootAction::On;
            let done = target.with(async |host| host.enable_secure_boot(enable).await).await?;
            let word = if enable { "on" } else { "off" };
            return tell(&done, as_json, |()| format!("Secure Boot is {word} from the next start on\n"));
        }
        Some(SecureBootAction::ResetKeys) => SecureBootReset::Defaults,
        Some(SecureBootAction::DeleteKeys) => SecureBootReset::DeleteAll,
        Some(SecureBootAction::DeletePk) => SecureBootReset::DeletePlatformKey,
    };
    let done = target.with(async |host| host.reset_secure_boot_keys(reset).await).await?;
    tell(&done, as_json, |()| format!("{}\n", done.sent.join(", ")))
}

fn state(found: &SecureBootState) -> String {
    let enabled = match found.enabled {
        Some(true) => "on",
        Some(false) => "off",
        None => "unknown",
    };
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
