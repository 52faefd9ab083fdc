//! The methods of resources that are generated: one for each link and each action. Here is what they are written with, also
//! those that the schema compiler makes for other crates.

pub use super::Resource;
pub use super::action::Call;
pub use super::follow::Follow;
pub use super::members::Members;
pub use crate::wire::NoParameters;

mod navigation {
    //! Generated: a method for each link and each action.
    include!(concat!(env!("ROSEFISH_SCHEMA_FOLDER"), "/navigation.rs"));
}
