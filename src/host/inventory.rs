//! Inventory: what the host is made of, as far as a label can be read from afar.

mod details;

use serde::{Deserialize, Serialize};

use super::event_log::Severity;
use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::reading::{chassis, finish, from_ipmi, systems};
use super::redfish::Service;
use super::route::Session;
use crate::error::{Error, ErrorKind};
use crate::ipmi;
use crate::ipmi::record::fru::{Defect, Problem};
use crate::ipmi::record::multirecord::MultiRecordBody;
use crate::ipmi::record::text::Text;
use crate::resource::partial::{Missing, Partial};
use crate::services;
use crate::services::inventory::Part;
pub use crate::services::inventory::kind::ComponentKind;
use crate::services::survey::{Survey, text};
pub use details::ComponentDetails;

/// A component of a host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Component {
    /// What it is.
    pub kind: ComponentKind,
    /// Where it is described: a URI by Redfish, with a pointer where that is within a resource; `FRU 0` by IPMI.
    pub id: String,
    /// Where else it is described.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_at: Vec<String>,
    /// What it is a part of: the URI of a system, a chassis, a storage subsystem, a network adapter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
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
    /// Whether this is a place that nothing is in, such as a memory slot without a module.
    #[serde(default)]
    pub is_empty: bool,
    /// Its state, as the service spells it (`Enabled`, `StandbyOffline`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// How it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Severity>,
    /// What it is in particular, and how large and fast.
    #[serde(default)]
    pub details: ComponentDetails,
}

impl Host {
    /// Reads what the host is made of, and what of it could not be read. Places that nothing is in are [among
    /// them](Component::is_empty).
    ///
    /// What several resources describe is given once. The list can be serialised, kept, and compared with another one by
    /// [`inventory_changes`](super::inventory_changes).
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// use rosefish::host::ComponentKind;
    ///
    /// let inventory = host.inventory().await?.value;
    /// for dimm in inventory.iter().filter(|part| part.kind == ComponentKind::Memory) {
    ///     match dimm.is_empty {
    ///         true => println!("{}: empty", dimm.name),
    ///         false => println!("{}: {:?} bytes, {:?}", dimm.name, dimm.details.capacity_bytes, dimm.serial_number),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If no protocol can say.
    pub async fn inventory(&self) -> Result<Outcome<Partial<Component>>, Error> {
        self.read(Capability::Inventory, |session| Box::pin(inventory(session))).await
    }
}

async fn inventory(session: Session) -> Result<Partial<Component>, Fault> {
    match session {
        Session::Redfish(service) => by_redfish(service).await,
        Session::Ipmi(bmc) => by_ipmi(bmc).await,
    }
}

impl Component {
    fn new(kind: ComponentKind, id: impl Into<String>, name: &str) -> Self {
        Self {
            kind,
            id: id.into(),
            also_at: Vec::new(),
            parent: None,
            name: name.to_owned(),
            manufacturer: None,
            model: None,
            serial_number: None,
            part_number: None,
            version: None,
            asset_tag: None,
            is_empty: false,
            state: None,
            health: None,
            details: ComponentDetails::default(),
        }
    }
}

impl From<Part> for Component {
    fn from(part: Part) -> Self {
        let json = &part.json;
        let first = |names: &[&str]| names.iter().find_map(|name| text(json, name)).map(str::to_owned);
        let status = json.get("Status").unwrap_or_default();
        let name = first(&["Name", "FanName", "Id", "MemberId"]).unwrap_or_default();
        Self {
            manufacturer: first(&["Manufacturer", "Make"]),
            model: first(&["Model"]),
            serial_number: first(&["SerialNumber"]),
            part_number: first(&["PartNumber", "SparePartNumber"]),
            version: match part.kind {
                ComponentKind::System => first(&["BiosVersion"]),
                ComponentKind::NetworkAdapter => controller_version(json),
                ComponentKind::Firmware => first(&["Version"]),
                _ => first(&["FirmwareVersion", "Revision"]),
            },
            asset_tag: first(&["AssetTag"]),
            is_empty: details::is_empty(part.kind, json),
            state: text(status, "State").map(str::to_owned),
            health: text(status, "Health").or_else(|| text(status, "HealthRollup")).and_then(Severity::of),
            details: details::of(part.kind, json),
            parent: part.parent,
            also_at: part.also_at,
            ..Self::new(details::kind_of(part.kind, &part.json), part.uri, &name)
        }
    }
}

/// The firmware of a network adapter is that of its controllers, mostly one.
fn controller_version(adapter: &serde_json::Value) -> Option<String> {
    let controllers = adapter.get("Controllers")?.as_array()?;
    controllers.iter().find_map(|one| text(one, "FirmwarePackageVersion")).map(str::to_owned)
}

async fn by_redfish(service: Service) -> Result<Partial<Component>, Fault> {
    let mut survey = Survey::of(&service.client);
    let systems = systems(&service, &mut survey).await?;
    let chassis = chassis(&service, &mut survey).await?;
    let root = survey.root();
    let managers = match service.chosen.manager {
        Some(_) => survey.adopt(service.managers().await?),
        None => survey.members(&root, "Managers").await,
    };
    let parts =
        services::inventory::parts(&mut survey, &systems, &chassis, &managers, service.chosen.named().is_none()).await;
    let components = parts.into_iter().map(Component::from).collect();
    finish(components, survey.into_missing(), "the Redfish service describes nothing")
}

async fn by_ipmi(bmc: ipmi::Client) -> Result<Partial<Component>, Fault> {
    let mut found = bmc.frus().collect_all().await?;
    // A place that is described, and not filled. A record that isn't there may have described such a place.
    let is_empty = |missing: &ipmi::ReadError| missing.is_absent() && matches!(missing.item(), ipmi::Item::Fru { .. });
    found.missing.retain(|missing| !is_empty(missing));
    let Partial { items: devices, mut missing } = from_ipmi(found);
    let mut all = Vec::new();
    for fru in devices {
        missing.extend(fru.inventory.defects.iter().filter_map(|defect| unread_area(&fru, defect)));
        add(&mut all, &fru);
    }
    finish(all, missing, "the BMC has no inventory")
}

/// An area that could not be read. One with a wrong checksum was read all the same.
fn unread_area(fru: &ipmi::Fru, defect: &Defect) -> Option<Missing> {
    let why = match &defect.problem {
        Problem::Checksum => return None,
        Problem::Version(version) => format!("it is of version {version}, which is not known"),
        Problem::Malformed(malformed) => malformed.to_string(),
        Problem::Unreadable(why) => why.clone(),
        Problem::Within(other) => format!("it begins within the {other} area"),
        other => format!("{other:?}"),
    };
    let name = fru.locator.as_ref().map(|locator| format!(" ({})", locator.name)).unwrap_or_default();
    let place = format!("{} area of FRU device {}{name}", defect.area, fru.device);
    Some(Missing::new(place, Error::new(ErrorKind::Decode, why)))
}

fn add(all: &mut Vec<Component>, fru: &ipmi::Fru) {
    let ipmi::Fru { device, locator, inventory, .. } = fru;
    let name = locator.as_ref().map_or("builtin", |locator| &locator.name);
    let text = |text: &Text| {
        let text = text.to_string();
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let new = |kind| Component::new(kind, format!("FRU {device}"), name);
    if let Some(product) = &inventory.product {
        let kind = kind_of(fru);
        all.push(Component {
            manufacturer: text(&product.manufacturer),
            model: text(&product.product_name),
            serial_number: text(&product.serial_number),
            part_number: text(&product.part_number),
            version: text(&product.version),
            asset_tag: text(&product.asset_tag),
            ..new(kind)
        });
    }
    if let Some(chassis) = &inventory.chassis {
        all.push(Component {
            serial_number: text(&chassis.serial_number),
            part_number: text(&chassis.part_number),
            ..new(ComponentKind::Chassis)
        });
    }
    if let Some(board) = &inventory.board {
        all.push(Component {
            manufacturer: text(&board.manufacturer),
            model: text(&board.product_name),
            serial_number: text(&board.serial_number),
            part_number: text(&board.part_number),
            ..new(ComponentKind::Board)
        });
    }
}

/// What a product is, by the record that names it or by what it says of itself.
fn kind_of(fru: &ipmi::Fru) -> ComponentKind {
    const PROCESSOR: u8 = 0x03;
    const DISK: u8 = 0x04;
    const MEMORY: u8 = 0x08;
    const POWER_SUPPLY: u8 = 0x0a;
    const MEMORY_DEVICE: u8 = 0x20;
    match fru.locator.as_ref().map(|locator| locator.entity.id.0) {
        Some(PROCESSOR) => ComponentKind::Processor,
        Some(DISK) => ComponentKind::Drive,
        Some(MEMORY | MEMORY_DEVICE) => ComponentKind::Memory,
        Some(POWER_SUPPLY) => ComponentKind::PowerSupply,
        _ if fru.inventory.records.iter().any(|record| matches!(record.body, MultiRecordBody::PowerSupply(_))) => {
            ComponentKind::PowerSupply
        }
        _ => ComponentKind::System,
    }
}
