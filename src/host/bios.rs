//! The BIOS: its attributes with what the registry says of them, changes that are held against it before they are sent, what is pending,
//! defaults and passwords. IPMI has none of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::every::{OfSystem, every};
use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::Made;
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::apply_time::Apply;
use crate::resource::edit::Committed;
use crate::resource::partial::Partial;
use crate::schema::Bios;
use crate::schema::bios::ChangePasswordParameters;
use crate::services::bios::Rules;
use crate::services::read_back::{Seen, follow, read_back, seconds};
use crate::wire::Primitive;

/// How long a change may take to show, and a task that brings it about.
const PATIENCE: Duration = Duration::from_secs(10);
const TASK: Duration = Duration::from_secs(120);

/// An attribute of a BIOS. `Debug` leaves out the values of secrets.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BiosAttribute {
    /// Its name.
    pub name: String,
    /// The value in force.
    pub value: Option<Value>,
    /// The value that comes into force with the next reset, where it is another one.
    pub pending: Option<Value>,
    /// What it is, as the registry says: `Enumeration`, `Integer`, `Boolean`, `String`, `Password`.
    pub kind: Option<String>,
    /// The values that it takes, where these are enumerated.
    pub allowed: Vec<String>,
    /// The least value, or the least number of characters.
    pub least: Option<Value>,
    /// The greatest value, or the greatest number of characters.
    pub most: Option<Value>,
    /// The default value.
    pub default: Option<Value>,
    /// Whether it can't be changed as things are now.
    pub read_only: bool,
    /// What it is called in the setup.
    pub display_name: Option<String>,
    /// What it is for.
    pub help: Option<String>,
}

impl BiosAttribute {
    /// Returns whether the value is a secret, as the kind or the name says.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.kind.as_deref() == Some("Password") || crate::wire::is_secret(&self.name)
    }
}

impl fmt::Debug for BiosAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BiosAttribute");
        shown.field("name", &self.name).field("kind", &self.kind);
        if !self.is_secret() {
            shown.field("value", &self.value).field("pending", &self.pending).field("default", &self.default);
        }
        shown.field("allowed", &self.allowed).field("read_only", &self.read_only).finish_non_exhaustive()
    }
}

/// The attributes of a BIOS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BiosAttributes {
    /// The name of the registry.
    pub registry: Option<String>,
    /// The attributes, by name.
    pub attributes: Vec<BiosAttribute>,
    /// Whether all attributes go back to their defaults with the next reset.
    pub reset_pending: bool,
    /// Why the registry could not be read: of the attributes, nothing but the values is known then.
    pub no_registry: Option<String>,
}

/// What became of a change of attributes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BiosChanged {
    /// What was sent, by name, with `***` in the place of secrets. Nothing where it was so already.
    pub sent: BTreeMap<String, Value>,
    /// What was seen to wait for the next reset afterwards, by name, with `***` in the place of secrets: also what waited before.
    pub pending: BTreeMap<String, Value>,
}

impl Host {
    /// Returns the attributes of the BIOS, with the values that wait for a reset, and with what the registry says of them.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// for one in host.bios().await?.value.attributes {
    ///     println!("{}: {:?}, takes {:?}", one.name, one.value, one.allowed);
    /// }
    /// host.set_bios([("ProcHyperThreading".to_owned(), "Disabled".into())].into(), None).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no Redfish, if the system has no BIOS resource, and if several systems could be meant. A registry that can't be read is left out.
    pub async fn bios(&self) -> Result<Outcome<BiosAttributes>, Error> {
        let read =
            |session| Box::pin(async move { Ok(State::read(bios(session).await?).await?.attributes()) }) as Running<_>;
        self.read(Capability::Bios, read).await
    }

    /// Returns the attributes of the BIOS of each system that is meant: see [`bios`](Self::bios).
    ///
    /// # Errors
    ///
    /// Where no system has any that can be read.
    pub async fn bios_of_systems(&self) -> Result<Outcome<Partial<OfSystem<BiosAttributes>>>, Error> {
        self.read(Capability::Bios, |session| Box::pin(of_systems(session))).await
    }

    /// Changes attributes of the BIOS, by name. The whole change is held against the registry first, values written as text included
    /// (`"4"`, `"off"`, the name in the setup). It is read back afterwards: mostly it comes into
    /// force with the next reset, and is pending until then. [`Outcome::unread`] says why it could not be seen, where the service
    /// shows no pending values.
    ///
    /// # Errors
    ///
    /// Where something is wrong with it ([`ErrorKind::NotAllowed`](crate::ErrorKind::NotAllowed): all of it is named, and nothing was sent), where the service
    /// refuses it, and where it has confirmed the change and shows other values ([`ErrorKind::NotInForce`](crate::ErrorKind::NotInForce)).
    pub async fn set_bios(
        &self,
        wanted: BTreeMap<String, Value>,
        apply: Option<Apply>,
    ) -> Result<Outcome<BiosChanged>, Error> {
        let patience = self.patience(PATIENCE);
        let operation = move |session| Box::pin(set(session, wanted.clone(), apply.clone(), patience)) as Running<_>;
        self.make(Capability::Bios, operation, None).await
    }

    /// Has all attributes of the BIOS go back to their defaults, with the next reset.
    ///
    /// # Errors
    ///
    /// Where the service has no such action, or refuses it.
    pub async fn reset_bios(&self) -> Result<Outcome<()>, Error> {
        self.make(Capability::Bios, |session| Box::pin(reset(session)), None).await
    }

    /// Changes a password of the BIOS, such as `AdministratorPassword`. The old one is empty where there was none.
    ///
    /// # Errors
    ///
    /// Where the service has no such action or password, or refuses it.
    pub async fn set_bios_password(
        &self,
        name: impl Into<String>,
        old: SecretString,
        new: SecretString,
    ) -> Result<Outcome<()>, Error> {
        let name = name.into();
        let operation =
            move |session| Box::pin(password(session, name.clone(), old.clone(), new.clone())) as Running<_>;
        self.make(Capability::Bios, operation, None).await
    }
}

/// What was read of a BIOS.
struct State {
    bios: Resource<Bios>,
    now: BTreeMap<String, Value>,
    pending: BTreeMap<String, Value>,
    registry: Value,
    no_registry: Option<String>,
}

async fn bios(session: Session) -> Result<Resource<Bios>, Fault> {
    match session {
        Session::Redfish(service) => Ok(service.system().await?.bios().await?),
        Session::Ipmi(_) => Err(no_ipmi()),
    }
}

async fn of_systems(session: Session) -> Result<Partial<OfSystem<BiosAttributes>>, Fault> {
    match session {
        Session::Redfish(service) => {
            every(&service, async |system| Ok(State::read(system.bios().await?).await?.attributes())).await
        }
        Session::Ipmi(_) => Err(no_ipmi()),
    }
}

fn no_ipmi() -> Fault {
    Fault::lacking("IPMI has no BIOS attributes")
}

fn values(bios: &Resource<Bios>) -> BTreeMap<String, Value> {
    let json = bios.attributes.as_ref().map(|attributes| serde_json::to_value(attributes).unwrap_or_default());
    let mut values = BTreeMap::new();
    if let Some(Value::Object(found)) = json {
        for (name, value) in found {
            if !name.contains('@') {
                values.insert(name, value);
            }
        }
    }
    values
}

impl State {
    async fn read(bios: Resource<Bios>) -> Result<Self, Error> {
        let now = values(&bios);
        let pending = waiting(&now, bios.settings().get_opt().await?.as_ref().map(values));
        let (registry, no_registry) = match bios.registry().await {
            Ok(registry) => (serde_json::to_value(registry.value()).unwrap_or_default(), None),
            Err(error) => (Value::Null, Some(error.report())),
        };
        Ok(Self { bios, now, pending, registry, no_registry })
    }

    fn attributes(self) -> BiosAttributes {
        let rules = Rules::of(&self.registry);
        let mut names: Vec<&str> = self.now.keys().map(String::as_str).collect();
        for name in rules.entries.keys() {
            if !self.now.contains_key(*name) {
                names.push(name);
            }
        }
        names.sort_unstable();
        let mut attributes = Vec::new();
        for name in names {
            let said = |property: &str| rules.property(name, property, &self.now).filter(|value| !value.is_null());
            let text = |property: &str| said(property).and_then(|value| value.as_str().map(str::to_owned));
            let is = |property: &str| said(property) == Some(Value::Bool(true));
            let least = said("LowerBound").or_else(|| said("MinLength"));
            // The largest number there is, written as -1, is not a bound.
            let most = said("UpperBound").or_else(|| said("MaxLength"));
            attributes.push(BiosAttribute {
                name: name.to_owned(),
                value: self.now.get(name).cloned(),
                pending: self.pending.get(name).cloned(),
                kind: text("Type"),
                allowed: rules.allowed(name),
                most: most.filter(|most| most.as_f64() >= least.as_ref().and_then(Value::as_f64)),
                least,
                default: said("DefaultValue"),
                read_only: is("ReadOnly") || is("GrayOut") || is("Immutable"),
                display_name: text("DisplayName"),
                help: text("HelpText"),
            });
        }
        BiosAttributes {
            registry: self.bios.attribute_registry.clone(),
            attributes,
            reset_pending: self.bios.reset_bios_to_defaults_pending == Some(true),
            no_registry: self.no_registry,
        }
    }
}

async fn set(
    session: Session,
    wanted: BTreeMap<String, Value>,
    apply: Option<Apply>,
    patience: Duration,
) -> Result<Made<BiosChanged>, Fault> {
    let state = State::read(bios(session).await?).await?;
    let rules = Rules::of(&state.registry);
    // What waits for the reset is in force with it.
    let mut then = state.now.clone();
    then.extend(state.pending.clone());
    let (fitting, wrong) = rules.check(&then, &wanted);
    if !wrong.is_empty() {
        let text = format!("nothing was sent: {}", wrong.join("; "));
        return Err(Fault::refused(text));
    }
    let is_secret = |name: &str| {
        let kind = rules.entries.get(name).and_then(|entry| entry.get("Type"));
        kind == Some(&"Password".into()) || crate::wire::is_secret(name)
    };
    let masked = |values: BTreeMap<String, Value>| -> BTreeMap<String, Value> {
        let masked =
            |(name, value): (String, Value)| if is_secret(&name) { (name, "***".into()) } else { (name, value) };
        values.into_iter().map(masked).collect()
    };
    if fitting.iter().all(|(name, value)| then.get(name) == Some(value)) {
        let changed = BiosChanged { sent: BTreeMap::new(), pending: masked(state.pending.clone()) };
        return Ok(Made::unseen(changed, Vec::new()));
    }
    let mut shown = fitting.clone();
    shown.retain(|name, _| !is_secret(name));
    let sent = vec![format!("PATCH Attributes {}", Value::from_iter(shown.clone()))];
    write(&state.bios, &fitting, apply).await?;
    // A password is never shown, so that nothing is to be seen of it.
    let seen = look_for(&state.bios, &shown, patience).await;
    let unread = match &seen {
        Seen::AsWanted(_) => None,
        Seen::Otherwise(found) => {
            let still = found.differing(&shown).join(", ");
            if found.shows_pending() {
                let text = format!("the service confirmed the change, but after {} {still}", seconds(patience));
                return Err(Fault::not_in_force(text));
            }
            Some(Error::new(ErrorKind::NotInForce, format!("the service shows no pending values; {still}")))
        }
        Seen::Unread(_) => None,
    };
    let (pending, unread) = match seen {
        Seen::AsWanted(found) | Seen::Otherwise(found) => (found.waiting(), unread),
        Seen::Unread(error) => (BTreeMap::new(), Some(error)),
    };
    Ok(Made { value: BiosChanged { sent: masked(fitting), pending: masked(pending) }, sent, unread })
}

async fn write(bios: &Resource<Bios>, wanted: &BTreeMap<String, Value>, apply: Option<Apply>) -> Result<(), Fault> {
    let mut edit = bios.edit();
    let attributes = edit.attributes.get_or_insert_default();
    let mut pointers = Vec::new();
    for (name, value) in wanted {
        let value = match value {
            Value::Bool(value) => Primitive::from(*value),
            Value::String(value) => Primitive::from(value.as_str()),
            Value::Number(number) if number.is_i64() => Primitive::from(number.as_i64().unwrap_or_default()),
            Value::Number(number) => Primitive::from(number.as_f64().unwrap_or_default()),
            _ => return Err(Fault::refused(format!("{name} takes a text, a number, true or false"))),
        };
        attributes.properties.insert(name.clone(), value);
        pointers.push(format!("/Attributes/{}", name.replace('~', "~0").replace('/', "~1")));
    }
    // What is in force may be wanted again in place of what is pending.
    for pointer in pointers {
        edit = edit.also(pointer);
    }
    if let Some(when) = apply {
        edit = edit.apply(when);
    }
    match edit.commit().await.map_err(Fault::of_change)? {
        Committed::Accepted(task) => follow(task, TASK).await.map_err(Fault::of_change),
        Committed::Unchanged | Committed::Updated(_) | Committed::Pending(_) | Committed::Confirmed(_) => Ok(()),
    }
}

/// What a service shows after a change: the values in force, and those that wait.
#[derive(Debug)]
struct Shown {
    now: BTreeMap<String, Value>,
    /// None where there are no settings to read.
    settings: Option<BTreeMap<String, Value>>,
}

impl Shown {
    fn waiting(&self) -> BTreeMap<String, Value> {
        waiting(&self.now, self.settings.clone())
    }

    fn has(&self, name: &str, value: &Value) -> bool {
        self.now.get(name) == Some(value) || self.settings.as_ref().is_some_and(|all| all.get(name) == Some(value))
    }

    /// Whether what waits for a reset is shown. Some services take values down where nobody sees them.
    fn shows_pending(&self) -> bool {
        self.settings.as_ref().is_some_and(|all| !all.is_empty())
    }

    /// The values that are others than wanted, in words.
    fn differing(&self, wanted: &BTreeMap<String, Value>) -> Vec<String> {
        let still = |name: &String| {
            let found = self.settings.as_ref().and_then(|all| all.get(name)).or_else(|| self.now.get(name));
            let found = found.map_or_else(|| "not shown".to_owned(), ToString::to_string);
            format!("{name} is {found}")
        };
        wanted.iter().filter(|(name, value)| !self.has(name, value)).map(|(name, _)| still(name)).collect()
    }
}

/// Looks until each value is in force or waits to be.
async fn look_for(bios: &Resource<Bios>, wanted: &BTreeMap<String, Value>, patience: Duration) -> Seen<Shown> {
    let look = || async {
        let now: Resource<Bios> = bios.client().get(bios.uri()).await?;
        let settings = now.settings().get_opt().await?.as_ref().map(values);
        Ok(Shown { now: values(&now), settings })
    };
    read_back(patience, look, |found| wanted.iter().all(|(name, value)| found.has(name, value))).await
}

/// What waits for a reset: the values of the settings that are others than those in force.
fn waiting(now: &BTreeMap<String, Value>, settings: Option<BTreeMap<String, Value>>) -> BTreeMap<String, Value> {
    let mut pending = settings.unwrap_or_default();
    pending.retain(|name, value| now.get(name).is_some_and(|now| now != value) && !value.is_null());
    pending
}

async fn reset(session: Session) -> Result<Made<()>, Fault> {
    let bios = bios(session).await?;
    bios.reset_bios().await.map_err(Fault::of_action)?;
    Ok(Made::unseen((), vec!["Bios.ResetBios".to_owned()]))
}

async fn password(session: Session, name: String, old: SecretString, new: SecretString) -> Result<Made<()>, Fault> {
    let bios = bios(session).await?;
    let sent = vec![format!("Bios.ChangePassword {name}")];
    // By name: which of these are required, and in which order they come, is not the same in all releases of the schema.
    let parameters = ChangePasswordParameters {
        password_name: Some(name),
        old_password: Some(old.expose_secret().to_owned()),
        new_password: Some(new.expose_secret().to_owned()),
        ..ChangePasswordParameters::default()
    };
    bios.invoke::<_, ()>("Bios.ChangePassword", parameters).await.map_err(Fault::of_action)?;
    Ok(Made::unseen((), sent))
}
