//! Bytes to typed values and back. A payload is evidence, not a promise: any JSON object decodes into any type, what
//! departs from the schemas is told as [deviations](Deviation), and encoding gives back what came.
//!
//! - [`decode`] and [`encode`] convert; [`diff()`] compares two values of a type; [`at`] follows a JSON pointer.
//! - [`Record`] is the reflection that all of this is written on, [`Table`] what the schemas say of a type.
//! - [`Link`], [`ODataId`], [`DateTime`], [`Oem`] and so on are what fields hold beside the types of Rust.
//!
//! Nothing here knows of HTTP, nor of any one schema: the types are in the crate `rosefish`, which shows this one as
//! `rosefish::wire`.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic))]

mod action;
mod annotation;
mod collection;
mod compare;
mod decode;
mod deviation;
mod diff;
mod encode;
mod enums;
mod error;
mod fields;
#[doc(hidden)]
pub mod generated;
mod json;
mod link;
mod links;
mod map;
mod module;
mod number;
mod odata;
mod oem;
mod pattern;
mod pointer;
mod primitive;
mod record;
mod residue;
mod scalar;
mod serde_impl;
mod table;
mod text;

pub use action::{ActionTarget, Actions, NoParameters, Returned};
pub use annotation::Annotations;
pub use collection::{CollectionKind, CollectionProperties, ResourceCollection};
pub use decode::{Decoded, Decoder, decode, decode_into, peek_odata_type};
pub use deviation::{Deviation, DeviationKind, Handling};
pub use diff::{Change, Patch, creation, diff};
pub use encode::{Encoder, encode};
pub use enums::OpenEnum;
pub use error::{DecodeError, DecodeErrorKind, Limits};
pub use fields::Fields;
pub use json::Peek;
pub use link::{AnyLink, Link, LinkView};
pub use links::{FoundLink, links};
pub use module::{Module, Modules};
pub use odata::{ETag, ODataId, ODataType};
pub use oem::Oem;
pub use pointer::at;
pub use primitive::Primitive;
pub use record::{
    Collection, EnumSlot, Item, ItemMut, LinkSlot, MAP, MapSlot, Member, Record, RecordSlot, Slot, SlotMut, Type,
};
pub use residue::Residue;
pub use scalar::{Outcome, Reading, Scalar, ScalarSlot};
pub use table::{
    ActionTable, Capabilities, Detail, Doc, EnumTable, Field, Flags, Kind, Notes, Table, TypeKind, Version,
};
pub use text::{DateTime, Duration, Guid};
