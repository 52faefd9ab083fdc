//! A stateful Redfish service for tests of any Redfish client.

mod account;
mod action;
mod body;
mod capability;
mod create;
mod delete;
mod demo;
mod document;
mod error;
mod etag;
pub mod ipmi;
mod journal;
mod layout;
mod login;
mod merge;
mod message;

mod mock;
mod patch;
mod privilege;
mod read;
mod reply;
mod secret;
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
