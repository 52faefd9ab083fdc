//! What was found, for people and for programs.

pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod table;
