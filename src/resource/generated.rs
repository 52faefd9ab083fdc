//! The methods of resources that are generated: one for each link and each action. Here is what they are written with.

pub(crate) use super::Resource;
pub(crate) use super::action::{Call, NoParameters};
pub(crate) use super::follow::Follow;
pub(crate) use super::members::Members;

mod navigation {
    //! Generated: a method for each link and each action.
    include!(concat!(env!("ROSEFISH_SCHEMA_FOLDER"), "/navigation.rs"));
}
