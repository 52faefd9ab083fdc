//! The BIOS: its attributes with what the registry says of them, changes that are held against it before they are sent, what is pending,
//! defaults and passwords. IPMI has none of it.

use std::collections::BTreeMap;
use std::fmt;

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
use crate::error::Error;
use crate::resource::Resource;
use crate::resource::apply_time::Apply;
use crate::resource::edit::Committed;
use crate::resource::partial::Partial;
use crate::schema::Bios;
use crate::services::bios::Rules;
use crate::wire::Primitive;

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
    /// (`"4"`, `"off"`, the name in the setup). Returns what was sent, with `***` in the
    /// place of secrets; it comes into force with the next reset, mostly.
    ///
    /// # Errors
    ///
    /// Where something is wrong with it ([`ErrorKind::NotAllowed`](crate::ErrorKind::NotAllowed): all of it is named, and nothing was sent), and where the service
    /// refuses it.
    pub async fn set_bios(
        &self,
        wanted: BTreeMap<String, Value>,
        apply: Option<Apply>,
    ) -> Result<Outcome<BTreeMap<String, Value>>, Error> {
        let operation = move |session| Box::pin(set(session, wanted.clone(), apply.clone())) as Running<_>;
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
        let settings = bios.settings().get_opt().await?;
        let mut pending = settings.as_ref().map(values).unwrap_or_default();
        pending.retain(|name, value| now.get(name).is_some_and(|now| now != value) && !value.is_null());
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
            attributes.push(BiosAttribute {
                name: name.to_owned(),
                value: self.now.get(name).cloned(),
                pending: self.pending.get(name).cloned(),
                kind: text("Type"),
                allowed: rules.allowed(name),
                least: said("LowerBound").or_else(|| said("MinLength")),
                most: said("UpperBound").or_else(|| said("MaxLength")),
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
) -> Result<Made<BTreeMap<String, Value>>, Fault> {
    let state = State::read(bios(session).await?).await?;
    let rules = Rules::of(&state.registry);
    // What waits for the reset is in force with it.
    let mut then = state.now.clone();
    then.extend(state.pending.clone());
    let (mut fitting, wrong) = rules.check(&then, &wanted);
    if !wrong.is_empty() {
        let text = format!("nothing was sent: {}", wrong.join("; "));
        return Err(Fault::refused(text));
    }
    if fitting.iter().all(|(name, value)| then.get(name) == Some(value)) {
        return Ok(Made::unseen(BTreeMap::new(), Vec::new()));
    }
    let mut edit = state.bios.edit();
    let attributes = edit.attributes.get_or_insert_default();
    let mut pointers = Vec::new();
    for (name, value) in &fitting {
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
    let mut shown = fitting.clone();
    let is_password =
        |name: &str| rules.entries.get(name).is_some_and(|entry| entry.get("Type") == Some(&"Password".into()));
    shown.retain(|name, _| !is_password(name) && !crate::wire::is_secret(name));
    let sent = vec![format!("PATCH Attributes {}", Value::from_iter(shown.clone()))];
    match edit.commit().await.map_err(Fault::of_change)? {
        Committed::Accepted(task) => {
            let patience = std::time::Duration::from_secs(120);
            crate::services::read_back::follow(task, patience).await.map_err(Fault::of_change)?;
        }
        Committed::Unchanged | Committed::Updated(_) | Committed::Pending(_) | Committed::Confirmed(_) => {}
    }
    for (name, value) in &mut fitting {
        if !shown.contains_key(name) {
            *value = "***".into();
        }
    }
    Ok(Made::unseen(fitting, sent))
}

async fn reset(session: Session) -> Result<Made<()>, Fault> {
    let bios = bios(session).await?;
    bios.reset_bios().await.map_err(Fault::of_action)?;
    Ok(Made::unseen((), vec!["Bios.ResetBios".to_owned()]))
}

async fn password(session: Session, name: String, old: SecretString, new: SecretString) -> Result<Made<()>, Fault> {
    let bios = bios(session).await?;
    let sent = vec![format!("Bios.ChangePassword {name}")];
    let call = bios.change_password(name, new.expose_secret());
    let call = call.with(|with| with.old_password = Some(old.expose_secret().to_owned()));
    call.await.map_err(Fault::of_action)?;
    Ok(Made::unseen((), sent))
}
