//! What is known of types and values at run time, and what is written once on that knowledge.

pub(crate) mod annotation;
mod by_hand;
pub(crate) mod column;
pub(crate) mod compare;
pub(crate) mod diff;
pub(crate) mod fields;
pub(crate) mod find_links;
#[doc(hidden)]
pub mod generated;
pub(crate) mod json_diff;
pub(crate) mod meaning;
pub(crate) mod module;
pub(crate) mod pointer;
pub(crate) mod record;
pub(crate) mod secret;
pub(crate) mod secret_text;
pub(crate) mod shorthand;
pub(crate) mod table;
