//! Everything that a service has, found by following its links: [`Walk`] says where to begin and what to leave out,
//! [`Visits`] is the stream of what is found.
//!
//! Each resource is visited once, along the links that the schemas declare and the references that stand where the schemas
//! say nothing (in `Oem`, in unknown properties). What can't be read is an item of the stream like any other, and ends
//! nothing. A walk reads and changes nothing.
//!
//! ```no_run
//! # async fn run(bmc: rosefish::Client) {
//! use rosefish::walk::Walk;
//!
//! let mut visits = Walk::new(&bmc).skip("/redfish/v1/**/LogServices/**").visits();
//! while let Some(visit) = visits.next().await {
//!     match &visit.resource {
//!         Ok(resource) => println!("{}: {}", visit.uri, resource.table().name),
//!         Err(why) => eprintln!("{} was not read: {why}", visit.uri),
//!     }
//! }
//! # }
//! ```

mod builder;
mod pattern;
mod plan;
mod references;
mod visit;
mod visits;

pub use builder::Walk;
pub use references::{Reference, key, references};
pub use visit::{LinkedFrom, NotFollowed, Unreached, Visit};
pub use visits::Visits;
