//! Conversations: what takes several commands in the right order, as methods of `Client`. One file for each subject, as
//! in `command`, which has the single commands.

mod chassis;
pub(super) mod console;
mod dcmi;
pub(super) mod device;
mod fru;
mod lan;
mod sdr;
mod sel;
pub(super) mod sensor;
pub(super) mod user;
pub(super) mod vendor;
