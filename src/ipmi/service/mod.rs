//! Conversations: what takes several commands in the right order, as methods of `Client`. One file for each subject, as
//! in `command`, which has the single commands.

mod chassis;
pub(super) mod console;
mod device;
mod sdr;
pub(super) mod sensor;
