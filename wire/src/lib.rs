//! Bytes to typed values and back. A payload is evidence, not a promise: any JSON object decodes into any type, what
//! departs from the schemas is reported as [deviations](Deviation), and encoding gives back what came.
//!
//! What it refuses: text that is not a JSON object, and payloads beyond [`Limits`] of size, depth and memory. Everything else
//! decodes, with a deviation for each place that the schema does not allow.
//!
//! ```
//! use rosefish_wire::{ActionTarget, Limits, decode, encode};
//!
//! let json = br#"{"target":"/redfish/v1/Actions/Polish","Grade":"Fine"}"#;
//! let decoded = decode::<ActionTarget>(json, &Limits::default())?;
//! assert_eq!(decoded.deviations[0].pointer, "/Grade");
//! assert_eq!(encode(&decoded.value).as_bytes(), json);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`decode`] and [`encode`] convert; [`diff()`] compares two values of a type; [`at`] follows a JSON pointer.
//! - [`Record`] is the reflection that all of this is written on, [`Table`] what the schemas say of a type.
//! - [`Link`], [`ODataId`], [`DateTime`], [`Oem`] and so on are what fields hold beside the types of Rust.
//!
//! Nothing here knows of HTTP, nor of any one schema: the types are in the crate `rosefish`, which shows this one as
//! `rosefish::wire`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)
)]

mod codec;
mod reflect;
mod value;

pub use codec::decode::{Decoded, decode, decode_into, peek_odata_type};
pub use codec::deviation::{Deviation, DeviationKind, Handling};
pub use codec::encode::{encode, encode_bytes};
pub use codec::error::{DecodeError, DecodeErrorKind, Limits};
#[doc(hidden)]
pub use codec::json::Peek;
pub use codec::lenient::{from_slice, from_slice_within};
#[doc(hidden)]
pub use codec::reader::Reader;
pub use codec::residue::Residue;
pub use codec::returned::Returned;
#[doc(hidden)]
pub use codec::scalar::{Fit, Reading, Scalar, ScalarSlot};
#[doc(hidden)]
pub use codec::writer::Writer;
pub use reflect::annotation::Annotations;
pub use reflect::diff::{Patch, PropertyChange, creation, diff};
pub use reflect::fields::Fields;
pub use reflect::find_links::{FoundLink, links};
#[doc(hidden)]
pub use reflect::generated;
#[doc(hidden)]
pub use reflect::module::{Module, Modules};
pub use reflect::pointer::at;
pub use reflect::record::{Collection, Item, ItemMut, Member, Record, Slot, SlotMut, Type};
#[doc(hidden)]
pub use reflect::record::{EnumSlot, LinkSlot, MAP, MapSlot, RecordSlot};
pub use reflect::secret::is_secret;
pub use reflect::secret_text::without_secrets;
pub use reflect::table::{
    ActionTable, Capabilities, Detail, Doc, EnumTable, Field, Flags, Kind, Notes, Table, TypeKind,
};
pub use value::action::{ActionTarget, Actions, NoParameters};
pub use value::collection::{CollectionKind, CollectionProperties, ResourceCollection};
pub use value::enums::OpenEnum;
pub use value::link::{AnyLink, Link, LinkView};
pub use value::odata::{ETag, ODataId, ODataType};
pub use value::oem::{Oem, PointerError};
pub use value::primitive::Primitive;
pub use value::text::{DateTime, Duration, Guid};
pub use value::version::Version;
pub use value::view::ViewError;

/// The example of the README, which is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
