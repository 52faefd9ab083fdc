//! A stateful Redfish service for tests of any Redfish client.

mod capability;
mod delete;
mod demo;
mod document;
mod error;
mod etag;
mod journal;
mod layout;
mod login;
mod message;
mod mock;
mod read;
mod reply;
mod server;
mod service;
mod session;
mod store;
mod tls;
mod tree;
mod uri;

pub use error::Error;
pub use journal::Request;
pub use mock::{Builder, DEFAULT_PASSWORD, DEFAULT_USER, MockBmc};
pub use tree::{Problem, ProblemKind, Tree};
