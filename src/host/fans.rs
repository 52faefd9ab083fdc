//! How a BMC controls the fans: its modes, by Redfish or IPMI, and taking the fans from it, which some vendors' IPMI commands do.
//! Fans that are `Control` resources are among the controls.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::control::of_change;
use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::{Look, Session};
use crate::error::Error;
use crate::ipmi::command::vendor::SupermicroFanMode;
use crate::ipmi::{self, CoolingIsMyConcern, SupermicroFans};
use crate::services::fan_mode::{self, spelled};

/// How long a mode may take to show.
const PATIENCE: Duration = Duration::from_secs(10);

/// The modes that Supermicro's IPMI command has numbers for, as its Redfish service spells them.
const MODES: [(SupermicroFanMode, &str); 4] = [
    (SupermicroFanMode::Standard, "Standard"),
    (SupermicroFanMode::Full, "FullSpeed"),
    (SupermicroFanMode::Optimal, "Optimal"),
    (SupermicroFanMode::HeavyIo, "HeavyIO"),
];

/// The fan zones of Supermicro's boards: that of the processors, and the peripheral one.
const ZONES: [u8; 2] = [0, 1];

/// The mode that a BMC controls the fans in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FanMode {
    /// The mode, as the vendor spells it; none where the BMC doesn't say.
    pub mode: Option<String>,
    /// The modes that there are. By IPMI a board may lack some of them.
    pub modes: Vec<String>,
    /// Where it is described; empty by IPMI.
    pub uri: String,
}

impl Host {
    /// Returns the mode that the BMC controls the fans in: Supermicro's `FanMode`, by Redfish or by its OEM command of IPMI.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// let fans = host.fan_mode().await?.value;
    /// println!("{:?} of {}", fans.mode, fans.modes.join(", "));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the BMC has no such modes.
    pub async fn fan_mode(&self) -> Result<Outcome<FanMode>, Error> {
        self.read(Capability::FanMode, |session| Box::pin(read(session))).await
    }

    /// Has the BMC control the fans in a mode, and reads it back. The BMC continues to react to temperatures. Letters and the
    /// signs between them don't count: `full-speed` is `FullSpeed`.
    ///
    /// # Errors
    ///
    /// Where the BMC has no such modes, or others (nothing is sent then); where it is refused; and where it is in another one
    /// afterwards ([`ErrorKind::NotInForce`](crate::ErrorKind)).
    pub async fn set_fan_mode(&self, mode: &str) -> Result<Outcome<FanMode>, Error> {
        let (wanted, patience) = (mode.to_owned(), self.patience(PATIENCE));
        let name = wanted.clone();
        let look = Arc::new(move |session| Box::pin(as_wanted(session, name.clone())) as Running<_>) as Look<_>;
        let operation = move |session| Box::pin(set(session, wanted.clone(), patience)) as Running<_>;
        self.make(Capability::FanMode, operation, Some(look)).await
    }

    /// Takes the fans from the BMC, and sets the speed of one, or of all, in percent: by IPMI, at Dell's, Inspur's and Supermicro's
    /// BMCs. At a Supermicro's, `fan` is the zone: 0 that of the processors, 1 the peripheral one. Dell's and Inspur's have no way to
    /// read it back: what says that it was done is the BMC's answer. iDRAC 9 refuses it from firmware 3.34 on.
    ///
    /// # Errors
    ///
    /// Where it is another vendor's BMC, it is refused, or a Supermicro's shows another duty cycle afterwards.
    pub async fn set_fan_speed(
        &self,
        fan: Option<u8>,
        percent: u8,
        _: CoolingIsMyConcern,
    ) -> Result<Outcome<()>, Error> {
        self.make(Capability::FanSpeed, move |session| Box::pin(speed(session, fan, percent)) as Running<_>, None).await
    }

    /// Gives the fans back to the BMC, at Dell's and Inspur's. At a Supermicro's, setting a mode does it.
    ///
    /// # Errors
    ///
    /// Where it is another vendor's BMC, or it is refused.
    pub async fn restore_fans(&self) -> Result<Outcome<()>, Error> {
        self.make(Capability::FanSpeed, |session| Box::pin(restore(session)) as Running<_>, None).await
    }
}

async fn read(session: Session) -> Result<FanMode, Fault> {
    match session {
        Session::Redfish(service) => {
            let manager = service.manager().await?;
            let found = fan_mode::FanMode::of(manager.any()).await?;
            found.as_ref().map(described).ok_or_else(no_modes)
        }
        Session::Ipmi(bmc) => by_ipmi(&supermicro(&bmc).await?).await,
    }
}

fn no_modes() -> Fault {
    Fault::lacking("this service has no fan modes; fans that are controls are under `controls`")
}

async fn set(session: Session, wanted: String, patience: Duration) -> Result<Made<FanMode>, Fault> {
    let otherwise = |asked: &str| {
        let asked = asked.to_owned();
        move |now: FanMode| Err(format!("asked for {asked}; still {}", now.mode.as_deref().unwrap_or("nothing")))
    };
    match session {
        Session::Redfish(service) => {
            let manager = service.manager_to_change().await?;
            let there = fan_mode::FanMode::of(manager.any()).await?.ok_or_else(no_modes)?;
            let (mode, sent) = there.set(&wanted, patience).await.map_err(of_change)?;
            let Some(sent) = sent else { return Ok(Made::unseen(described(&there), Vec::new())) };
            let asked = FanMode { mode: Some(mode.clone()), ..described(&there) };
            let look = move || {
                let there = there.clone();
                Box::pin(async move { Ok(described(&there.now().await?)) }) as Running<FanMode>
            };
            let is_wanted = |now: &FanMode| now.mode.as_deref() == Some(mode.as_str());
            Confirmed { asked, sent: vec![sent], patience }.seen(look, is_wanted, otherwise(&mode)).await
        }
        Session::Ipmi(bmc) => {
            let fans = supermicro(&bmc).await?;
            let (number, mode) = numbered(&wanted)?;
            let before = by_ipmi(&fans).await?;
            if before.mode.as_deref() == Some(mode) {
                return Ok(Made::unseen(before, Vec::new()));
            }
            fans.set_mode(number).await?;
            let asked = FanMode { mode: Some(mode.to_owned()), ..before };
            let look = move || {
                let fans = fans.clone();
                Box::pin(async move { by_ipmi(&fans).await }) as Running<FanMode>
            };
            let sent = vec![format!("Supermicro Set Fan Mode {mode}")];
            let is_wanted = |now: &FanMode| now.mode.as_deref() == Some(mode);
            Confirmed { asked, sent, patience }.seen(look, is_wanted, otherwise(mode)).await
        }
    }
}

/// The mode, if it is the one that is wanted: what shows that a change was made whose answer was lost.
async fn as_wanted(session: Session, wanted: String) -> Result<Option<FanMode>, Fault> {
    let now = read(session).await?;
    let is = now.mode.clone().is_some_and(|mode| spelled(&[mode], &wanted).is_some());
    Ok(is.then_some(now))
}

fn described(found: &fan_mode::FanMode) -> FanMode {
    FanMode { mode: found.mode().map(str::to_owned), modes: found.allowed(), uri: found.uri().to_owned() }
}

/// The fans of a Supermicro's BMC; nothing is changed by asking for them.
async fn supermicro(bmc: &ipmi::Client) -> Result<SupermicroFans, Fault> {
    Ok(bmc.supermicro_fans(CoolingIsMyConcern).await?)
}

async fn by_ipmi(fans: &SupermicroFans) -> Result<FanMode, Fault> {
    let mode = fans.mode().await?;
    let name = MODES.iter().find(|(known, _)| *known == mode).map(|(_, name)| (*name).to_owned());
    let modes = MODES.iter().map(|(_, name)| (*name).to_owned()).collect();
    Ok(FanMode { mode: Some(name.unwrap_or_else(|| mode.number().to_string())), modes, uri: String::new() })
}

fn numbered(wanted: &str) -> Result<(SupermicroFanMode, &'static str), Fault> {
    let is = |name: &str| spelled(&[name.to_owned()], wanted).is_some();
    MODES.into_iter().find(|(_, name)| is(name)).ok_or_else(|| {
        let all: Vec<_> = MODES.iter().map(|(_, name)| *name).collect();
        Fault::inexpressible(format!("by IPMI the fans have the modes {}, not {wanted:?}", all.join(", ")))
    })
}

fn bmc(session: Session) -> Result<ipmi::Client, Fault> {
    match session {
        Session::Ipmi(bmc) => Ok(bmc),
        Session::Redfish(_) => Err(Fault::lacking("Redfish has no way to take the fans from a BMC")),
    }
}

async fn vendor(bmc: &ipmi::Client) -> Result<Option<&'static str>, Fault> {
    Ok(bmc.device_id().await?.manufacturer())
}

async fn speed(session: Session, fan: Option<u8>, percent: u8) -> Result<Made<()>, Fault> {
    let bmc = bmc(session)?;
    if percent > 100 {
        return Err(Fault::refused(format!("a speed is 0 to 100 percent, not {percent}")));
    }
    let all = fan.map_or_else(|| "all fans".to_owned(), |fan| format!("fan {fan}"));
    let sent = match vendor(&bmc).await? {
        Some("Dell") => {
            bmc.dell_fans(CoolingIsMyConcern).await?.set_speed(fan, percent).await?;
            vec!["Dell Set Fan Control: manual".to_owned(), format!("Dell Set Fan Speed: {all} {percent} %")]
        }
        Some("Inspur") => {
            bmc.inspur_fans(CoolingIsMyConcern).await?.set_speed(fan, percent).await?;
            vec!["Inspur Set Fan Control: manual".to_owned(), format!("Inspur Set Fan Speed: {all} {percent} %")]
        }
        Some("Supermicro") => return duty(&bmc, fan, percent).await,
        other => {
            let other = other.unwrap_or("an unknown vendor");
            return Err(Fault::lacking(format!(
                "there are commands for the speed of fans of Dell's, Inspur's and Supermicro's BMCs; this one is of {other}"
            )));
        }
    };
    Ok(Made::unseen((), sent))
}

/// Sets duty cycles, in mode `Full`, as the BMC would change them at once in others, and reads them back.
async fn duty(bmc: &ipmi::Client, zone: Option<u8>, percent: u8) -> Result<Made<()>, Fault> {
    let fans = supermicro(bmc).await?;
    let mut sent = Vec::new();
    if fans.mode().await? != SupermicroFanMode::Full {
        fans.set_mode(SupermicroFanMode::Full).await?;
        sent.push("Supermicro Set Fan Mode FullSpeed".to_owned());
    }
    for zone in zone.map_or_else(|| ZONES.to_vec(), |zone| vec![zone]) {
        fans.set_duty(zone, percent).await?;
        sent.push(format!("Supermicro Set Fan Duty: zone {zone} {percent} %"));
        let now = fans.duty(zone).await?;
        if now != percent {
            return Err(Fault::not_in_force(format!("asked for {percent} % in zone {zone}; the BMC shows {now} %")));
        }
    }
    Ok(Made::unseen((), sent))
}

async fn restore(session: Session) -> Result<Made<()>, Fault> {
    let bmc = bmc(session)?;
    let sent = match vendor(&bmc).await? {
        Some("Dell") => {
            bmc.dell_fans(CoolingIsMyConcern).await?.restore_automatic().await?;
            "Dell Set Fan Control: automatic"
        }
        Some("Inspur") => {
            bmc.inspur_fans(CoolingIsMyConcern).await?.restore_automatic().await?;
            "Inspur Set Fan Control: automatic"
        }
        Some("Supermicro") => {
            return Err(Fault::refused("a Supermicro's BMC controls the fans in each of its modes: set one of them"));
        }
        other => {
            let other = other.unwrap_or("an unknown vendor");
            return Err(Fault::lacking(format!(
                "there are commands that give the fans back to Dell's and Inspur's BMCs; this one is of {other}"
            )));
        }
    };
    Ok(Made::unseen((), vec![sent.to_owned()]))
}
