//! Controls: set points that a machine keeps to, such as fan and pump speeds. IPMI has no controls.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::reading::{chassis, finish};
use super::redfish::Service;
use super::route::{Look, Session};
use crate::error::{Error, ErrorKind};
use crate::resource::partial::{Missing, Partial};
use crate::services::control::{self, SetPoint, labels};
use crate::services::select::{Called, Selector, choose_called};
use crate::services::survey::{Survey, text};

/// How long a change may take to show.
const PATIENCE: Duration = Duration::from_secs(10);

const WORDS: [&str; 3] = ["control", "controls", "`controls list` shows them"];

/// A control (schema `Control`): something that a machine keeps to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Control {
    /// The name to choose it by: its `Id`, or its URI where another one has the same.
    pub control: String,
    /// What it is called.
    pub name: String,
    /// What is controlled, as the service spells it (`ControlType`): `Percent`, `Power`, `Temperature`, `Frequency`.
    pub kind: Option<String>,
    /// Of which part, as the service spells it (`PhysicalContext`): `Fan`, `Pump`, `CPU`, `Chassis`.
    pub part: Option<String>,
    /// What it keeps to; none for one that keeps to a range, or to nothing.
    pub set_point: Option<f64>,
    /// The lower end of the range that it keeps to.
    pub setting_min: Option<f64>,
    /// The upper end of the range that it keeps to.
    pub setting_max: Option<f64>,
    /// The least that it can be set to.
    pub lowest: Option<f64>,
    /// The most that it can be set to.
    pub highest: Option<f64>,
    /// What it keeps to unless it is set.
    pub default: Option<f64>,
    /// What is measured.
    pub reading: Option<f64>,
    /// The unit of all these numbers, spelled as that of a [`Sensor`](super::Sensor): `%`, `W`, `Cel`.
    pub unit: Option<String>,
    /// How it works, as the service spells it (`ControlMode`): `Automatic`, `Override`, `Manual`, `Disabled`.
    pub mode: Option<String>,
    /// Where it is.
    pub uri: String,
}

impl Host {
    /// Reads the controls of the chassis that are meant.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// let controls = host.controls().await?.value;
    /// for fan in controls.iter().filter(|control| control.part.as_deref() == Some("Fan")) {
    ///     println!("{}: {:?} {:?}", fan.name, fan.set_point, fan.unit);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or no chassis has a control.
    pub async fn controls(&self) -> Result<Outcome<Partial<Control>>, Error> {
        self.read(Capability::Controls, |session| Box::pin(read(session))).await
    }

    /// Has a control keep to a value, and reads it back. One that is `Disabled` is put into force (`Automatic`).
    ///
    /// # Errors
    ///
    /// Where there is no such control, or several are called so; where the value is outside of what the service says that it takes, or the
    /// control keeps to a range (nothing is sent then); where it is refused; and where it is another value afterwards
    /// ([`ErrorKind::NotInForce`](crate::ErrorKind)).
    pub async fn set_control(&self, control: impl Into<Selector>, value: f64) -> Result<Outcome<Control>, Error> {
        let (control, patience) = (control.into(), self.patience(PATIENCE));
        let named = control.clone();
        let look = Arc::new(move |session| Box::pin(as_wanted(session, named.clone(), value)) as Running<_>) as Look<_>;
        let operation = move |session| Box::pin(set(session, control.clone(), value, patience)) as Running<_>;
        self.make(Capability::Controls, operation, Some(look)).await
    }
}

fn service(session: Session) -> Result<Service, Fault> {
    match session {
        Session::Redfish(service) => Ok(service),
        Session::Ipmi(_) => Err(Fault::lacking("IPMI has no controls")),
    }
}

async fn found(service: &Service) -> Result<(Vec<SetPoint>, Vec<Missing>), Fault> {
    let mut survey = Survey::of(&service.client);
    let chassis = chassis(service, &mut survey).await?;
    let found = control::controls(&mut survey, &chassis).await;
    Ok((found, survey.into_missing()))
}

async fn read(session: Session) -> Result<Partial<Control>, Fault> {
    let (found, missing) = found(&service(session)?).await?;
    let items = found.iter().zip(labels(&found)).map(|(one, label)| described(one, label)).collect();
    finish(items, missing, "no chassis of this service has controls")
}

async fn set(session: Session, named: Selector, value: f64, patience: Duration) -> Result<Made<Control>, Fault> {
    let (found, missing) = found(&service(session)?).await?;
    let (one, label) = chosen(WORDS, found, &missing, Some(&named))?;
    let sent = one.set(Some(value), patience).await.map_err(of_change)?;
    let value_of = move |one: &SetPoint| described(one, label.clone());
    in_force(one, Some(value), sent, patience, value_of).await
}

/// Returns the control if its set point is as wanted. Used to find out whether a change was made whose answer was lost.
async fn as_wanted(session: Session, named: Selector, value: f64) -> Result<Option<Control>, Fault> {
    let (found, missing) = found(&service(session)?).await?;
    let (one, label) = chosen(WORDS, found, &missing, Some(&named))?;
    Ok(one.is(Some(value)).then(|| described(&one, label)))
}

/// Returns the fault for a failed change. A change that the service doesn't allow is not tried by another protocol.
pub(super) fn of_change(error: Error) -> Fault {
    if error.kind() == ErrorKind::NotAllowed { Fault::final_before(error) } else { Fault::of_action(error) }
}

/// Returns the chosen set point with the name to choose it by.
pub(super) fn chosen(
    words: [&str; 3],
    mut found: Vec<SetPoint>,
    missing: &[Missing],
    named: Option<&Selector>,
) -> Result<(SetPoint, String), Fault> {
    let mut labels = labels(&found);
    let uris: Vec<_> = found.iter().map(SetPoint::uri).collect();
    let called: Vec<_> = found
        .iter()
        .zip(labels.iter().zip(&uris))
        .map(|(one, (label, uri))| Called { id: Some(label), name: Some(&one.name), uri })
        .collect();
    let at = choose_called(words, &called, missing, named)?;
    Ok((found.swap_remove(at), labels.swap_remove(at)))
}

/// Reads a set point back until it is as wanted; `described` turns it into the host's type.
pub(super) async fn in_force<T>(
    one: SetPoint,
    wanted: Option<f64>,
    sent: Option<String>,
    patience: Duration,
    described: impl Fn(&SetPoint) -> T,
) -> Result<Made<T>, Fault> {
    let Some(sent) = sent else { return Ok(Made::unseen(described(&one), Vec::new())) };
    let asked = one.with(wanted);
    let look = move || {
        let one = one.clone();
        Box::pin(async move { Ok(one.now().await?) }) as Running<SetPoint>
    };
    let otherwise = move |now: SetPoint| {
        let value = |value: Option<f64>| value.map_or_else(|| "no value".to_owned(), |value| value.to_string());
        let state = if now.is_active() == Some(false) { ", and not in force" } else { "" };
        let asked = wanted.map_or_else(|| "none in force".to_owned(), |value| value.to_string());
        Err(format!("asked for {asked}; still {}{state}", value(now.value())))
    };
    let made = Confirmed { asked, sent: vec![sent], patience }.seen(look, move |now| now.is(wanted), otherwise).await?;
    Ok(Made { value: described(&made.value), sent: made.sent, unread: made.unread })
}

fn described(one: &SetPoint, control: String) -> Control {
    let owned = |name: &str| text(&one.json, name).map(str::to_owned);
    Control {
        control,
        name: one.name.clone(),
        kind: owned("ControlType"),
        part: owned("PhysicalContext"),
        set_point: one.value(),
        setting_min: one.number("SettingMin"),
        setting_max: one.number("SettingMax"),
        lowest: one.lowest(),
        highest: one.highest(),
        default: one.number("DefaultSetPoint"),
        reading: one.reading(),
        unit: one.unit(),
        mode: one.mode().map(str::to_owned),
        uri: one.uri(),
    }
}
