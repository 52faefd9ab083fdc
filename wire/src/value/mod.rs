//! What fields hold beside the types of Rust.

pub(crate) mod action;
pub(crate) mod collection;
pub(crate) mod enums;
pub(crate) mod link;
pub(crate) mod map;
pub(crate) mod odata;
pub(crate) mod oem;
pub(crate) mod primitive;
pub(crate) mod text;
pub(crate) mod version;
pub(crate) mod view;
