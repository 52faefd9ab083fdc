//! What BMCs keep: sensor data records, event log entries and FRU inventories, decoded without I/O. A record that can't
//! be understood is kept as bytes and hides none of its neighbours. Fetching them is `service`'s.

mod defect;
pub mod entity;
pub mod event;
pub mod fru;
pub mod fru_edit;
#[cfg(test)]
mod fru_testing;
pub mod multirecord;
pub mod reading;
pub mod sdr;
pub mod sel;
pub mod sensor;
pub mod severity;
mod states;
pub mod text;
pub mod unit;
