//! The service itself, which puts the rest together: from a request to the handler that answers it. What a
//! verb does is in [`verb`](crate::verb).

mod after;
pub(crate) mod answer;
mod carry_out;
mod control;
mod document;
mod faulted;
pub(crate) mod handle;
mod privilege;
