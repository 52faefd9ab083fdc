//! Inventory: what the host is made of, as far as a label can be read from afar.

use std::fmt;

use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Reason};
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::redfish::Service;
use super::route::Session;
use crate::error::Error;
use crate::ipmi;
use crate::ipmi::record::fru::Inventory;
use crate::ipmi::record::sdr::Body;
use crate::ipmi::record::text::Text;

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ComponentKind {
    /// The system, or by IPMI the product.
    System,
    /// A chassis.
    Chassis,
    /// A board.
    Board,
    /// A BMC.
    Manager,
    /// A processor.
    Processor,
    /// A memory module.
    Memory,
    /// A power supply.
    PowerSupply,
}

impl fmt::Display for ComponentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::System => "system",
            Self::Chassis => "chassis",
            Self::Board => "board",
            Self::Manager => "manager",
            Self::Processor => "processor",
            Self::Memory => "memory",
            Self::PowerSupply => "power supply",
        })
    }
}

/// A component of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Component {
    /// What it is.
    pub kind: ComponentKind,
    /// Its name.
    pub name: String,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Its model, or the product's name.
    pub model: Option<String>,
    /// Its serial number.
    pub serial_number: Option<String>,
    /// Its part number.
    pub part_number: Option<String>,
    /// The version of its firmware, or of the product.
    pub version: Option<String>,
    /// What its owner calls it.
    pub asset_tag: Option<String>,
}

impl Host {
    /// What the host is made of. What isn't there is left out; what can't be read of one kind doesn't hide the others.
    ///
    /// # Errors
    ///
    /// Where no protocol can tell.
    pub async fn inventory(&self) -> Result<Outcome<Vec<Component>>, Error> {
        self.read(Capability::Inventory, |session| Box::pin(inventory(session))).await
    }
}

async fn inventory(session: Session) -> Result<Vec<Component>, Fault> {
    match session {
        Session::Redfish(service) => by_redfish(service).await,
        Session::Ipmi(bmc) => by_ipmi(bmc).await,
    }
}

/// A component of a resource: the same properties by the same names in types that have no more in common.
macro_rules! component {
    ($kind:ident, $resource:expr $(, $field:ident: $value:expr)*) => {{
        let resource = $resource.into_value();
        $(let $field = $value(&resource);)*
        #[allow(clippy::needless_update)]
        Component {
            kind: ComponentKind::$kind,
            name: resource.name.unwrap_or_default(),
            manufacturer: filled(resource.manufacturer),
            model: filled(resource.model),
            serial_number: filled(resource.serial_number),
            part_number: filled(resource.part_number),
            $($field,)*
            ..Component::unnamed(ComponentKind::$kind)
        }
    }};
}

impl Component {
    fn unnamed(kind: ComponentKind) -> Self {
        Self {
            kind,
            name: String::new(),
            manufacturer: None,
            model: None,
            serial_number: None,
            part_number: None,
            version: None,
            asset_tag: None,
        }
    }
}

/// What vendors write into unused properties is as good as nothing.
fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

async fn by_redfish(service: Service) -> Result<Vec<Component>, Fault> {
    use crate::schema::{Chassis, ComputerSystem, Manager, PowerSupply, Processor};
    let system = service.system().await?;
    let mut all = Vec::new();
    let processors = system.processors.is_some().then(|| system.processors());
    let memory = system.memory.is_some().then(|| system.memory());
    all.push(component!(System, system.clone(),
        version: |system: &ComputerSystem| filled(system.bios_version.clone()),
        asset_tag: |system: &ComputerSystem| filled(system.asset_tag.clone())));
    let chassis = service.chassis().await?;
    for chassis in &chassis {
        all.push(
            component!(Chassis, chassis.clone(), asset_tag: |chassis: &Chassis| filled(chassis.asset_tag.clone())),
        );
    }
    for manager in present(service.managers().await.map(|managers| managers.items))? {
        all.push(component!(Manager, manager,
            version: |manager: &Manager| filled(manager.firmware_version.clone())));
    }
    if let Some(processors) = processors {
        for processor in present(processors.members().try_collect::<Vec<_>>().await.map_err(Fault::from))? {
            all.push(component!(Processor, processor,
                version: |processor: &Processor| filled(processor.firmware_version.clone())));
        }
    }
    if let Some(memory) = memory {
        for module in present(memory.members().try_collect::<Vec<_>>().await.map_err(Fault::from))? {
            all.push(component!(Memory, module));
        }
    }
    for chassis in chassis.iter().filter(|chassis| chassis.power_subsystem.is_some()) {
        let subsystem = match present(chassis.power_subsystem().await.map(|one| vec![one]).map_err(Fault::from))?.pop()
        {
            Some(subsystem) if subsystem.power_supplies.is_some() => subsystem,
            _ => continue,
        };
        let supplies = subsystem.power_supplies().members().try_collect::<Vec<_>>().await;
        for supply in present(supplies.map_err(Fault::from))? {
            all.push(component!(PowerSupply, supply,
                version: |supply: &PowerSupply| filled(supply.firmware_version.clone())));
        }
    }
    Ok(all)
}

/// What there is of one kind; nothing where it isn't there.
fn present<T>(found: Result<Vec<T>, Fault>) -> Result<Vec<T>, Fault> {
    match found {
        Err(fault) if fault.reason == Reason::Lacking => Ok(Vec::new()),
        other => other,
    }
}

async fn by_ipmi(bmc: ipmi::Client) -> Result<Vec<Component>, Fault> {
    let mut all = Vec::new();
    let mut devices = Vec::new();
    let records: Vec<_> = match bmc.sdr().try_collect().await.map_err(ipmi::Error::from) {
        Ok(records) => records,
        // Without records, the BMC's own inventory is all that is known to be there.
        Err(error) if Fault::reason_of(&error) == Reason::Lacking => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    for record in records {
        if let Body::FruDevice(locator) = record.body
            && locator.logical
            && locator.device != 0
        {
            devices.push((locator.device, locator.name));
        }
    }
    add(&mut all, "builtin", &bmc.fru(0).await?);
    for (device, name) in devices {
        match bmc.fru(device).await {
            Ok(inventory) => add(&mut all, &name, &inventory),
            Err(error) if Fault::reason_of(&error) == Reason::Unreachable => return Err(error.into()),
            // A place without a device: described, but not filled.
            Err(error) => tracing::debug!(device, error = %error.report(), "no inventory"),
        }
    }
    Ok(all)
}

fn add(all: &mut Vec<Component>, name: &str, inventory: &Inventory) {
    let text = |text: &Text| filled(Some(text.to_string()));
    if let Some(product) = &inventory.product {
        all.push(Component {
            name: name.to_owned(),
            manufacturer: text(&product.manufacturer),
            model: text(&product.product_name),
            serial_number: text(&product.serial_number),
            part_number: text(&product.part_number),
            version: text(&product.version),
            asset_tag: text(&product.asset_tag),
            ..Component::unnamed(match inventory.records.is_empty() {
                true => ComponentKind::System,
                false => kind_of(inventory),
            })
        });
    }
    if let Some(chassis) = &inventory.chassis {
        all.push(Component {
            name: name.to_owned(),
            serial_number: text(&chassis.serial_number),
            part_number: text(&chassis.part_number),
            ..Component::unnamed(ComponentKind::Chassis)
        });
    }
    if let Some(board) = &inventory.board {
        all.push(Component {
            name: name.to_owned(),
            manufacturer: text(&board.manufacturer),
            model: text(&board.product_name),
            serial_number: text(&board.serial_number),
            part_number: text(&board.part_number),
            ..Component::unnamed(ComponentKind::Board)
        });
    }
}

/// Power supplies say what they are; of other products it isn't known.
fn kind_of(inventory: &Inventory) -> ComponentKind {
    use crate::ipmi::record::multirecord::MultiRecordBody;
    let is_supply = inventory.records.iter().any(|record| matches!(record.body, MultiRecordBody::PowerSupply(_)));
    if is_supply { ComponentKind::PowerSupply } else { ComponentKind::System }
}
