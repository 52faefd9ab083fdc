//! The types of fields that Rust doesn't have: links, identifiers, dates, open enums, vendors' objects. They are those of
//! [`wire`](crate::wire) that programs use in passing; what decodes, compares and describes values is in `wire` itself.
//!
//! ```
//! use rosefish::types::{DateTime, Link};
//! use rosefish::schema::Chassis;
//!
//! let link: Link<Chassis> = Link::from("/redfish/v1/Chassis/1U");
//! assert_eq!(link.uri().unwrap().last_segment(), "1U");
//! assert!(DateTime::from("2026-01-01T00:00:00+01:00").timestamp().is_some());
//! ```

pub use rosefish_wire::{
    ActionTarget, AnyLink, Collection, DateTime, Deviation, DeviationKind, Duration, ETag, Guid, Link, LinkView,
    ODataId, ODataType, Oem, OpenEnum, Patch, Primitive, PropertyChange, Residue, ResourceCollection, Returned, Type,
    Version,
};
