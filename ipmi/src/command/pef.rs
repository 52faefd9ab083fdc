//! Platform event filtering as commands (IPMI 2.0, chapter 30): which events have the BMC do what, and whom it alerts.

use std::time::Duration;

use super::command;
use crate::packet::{Malformed, Reader};
use crate::record::sel::Timestamp;

/// What filters may have a BMC do, bit by bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PefActions(pub u8);

impl PefActions {
    /// Returns the actions in words.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        const NAMES: [&str; 7] =
            ["alert", "power off", "reset", "power cycle", "OEM action", "diagnostic interrupt", "group control"];
        NAMES.into_iter().enumerate().filter(move |(bit, _)| self.0 >> bit & 1 != 0).map(|(_, name)| name)
    }
}

/// Asks what a BMC can do about events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetPefCapabilities;

/// What a BMC can do about events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PefCapabilities {
    /// The version, BCD with the digits exchanged: 51h is 1.5.
    pub version: u8,
    /// Which actions there are.
    pub actions: PefActions,
    /// How many filters there are.
    pub filters: u8,
}

command!(GetPefCapabilities, "Get PEF Capabilities", SENSOR_EVENT 0x10, Reads -> PefCapabilities, |_t, _out| (),
|reader| PefCapabilities { version: reader.u8()?, actions: PefActions(reader.u8()? & 0x7f), filters: reader.u8()? });

/// Asks for a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetPefConfiguration {
    /// The parameter's number (table 30-6).
    pub parameter: u8,
    /// Which of several, for parameters that are several.
    pub set: u8,
}

command!(GetPefConfiguration, "Get PEF Configuration Parameters", SENSOR_EVENT 0x13, Reads -> Vec<u8>,
|this, out| out.extend([this.parameter & 0x7f, this.set, 0]),
|reader| {
    reader.u8()?; // parameter revision
    reader.take_rest().to_vec()
},
0x80 => "the BMC doesn't have this parameter");

/// Asks which event was looked at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetLastProcessedEvent;

/// Which event was looked at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastProcessedEvent {
    /// When an entry was last added to the event log.
    pub last_addition: Timestamp,
    /// The last entry of the event log; FFFFh where the log is empty.
    pub last_entry: u16,
    /// The last entry that software has looked at.
    pub by_software: u16,
    /// The last entry that the BMC has looked at.
    pub by_bmc: u16,
}

command!(GetLastProcessedEvent, "Get Last Processed Event ID", SENSOR_EVENT 0x15, Reads -> LastProcessedEvent,
|_t, _out| (),
|reader| LastProcessedEvent {
    last_addition: Timestamp(reader.u32()?),
    last_entry: reader.u16()?,
    by_software: reader.u16()?,
    by_bmc: reader.u16()?,
},
0x81 => "the event log is being erased");

/// A filter: which events have the BMC do what (table 17-2). FFh stands for any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFilter {
    /// Its number, from one.
    pub number: u8,
    /// Whether it is in use.
    pub enabled: bool,
    /// Whether the manufacturer has set it, and others may not change all of it.
    pub preset: bool,
    /// What is done.
    pub actions: PefActions,
    /// Whom to alert: the number of a policy.
    pub policy: u8,
    /// How bad the events are: 1 monitor, 2 information, 4 OK, 8 non-critical, 10h critical, 20h non-recoverable.
    pub severity: u8,
    /// Who generates them: a slave address or a software ID.
    pub generator: u8,
    /// Channel and logical unit of the generator.
    pub generator_channel: u8,
    /// The type of the sensor.
    pub sensor_type: u8,
    /// The sensor's number.
    pub sensor: u8,
    /// The event/reading type.
    pub event_type: u8,
    /// Which offsets, bit by bit.
    pub offsets: u16,
}

impl EventFilter {
    /// Reads an entry of the filter table: its number, and twenty bytes.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn decode(data: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(data, "event filter");
        let [number, configuration, actions, policy, severity, generator, generator_channel] = reader.array()?;
        let [sensor_type, sensor, event_type] = reader.array()?;
        let offsets = reader.u16()?;
        reader.take(9)?; // masks for the three data bytes
        Ok(Self {
            number: number & 0x7f,
            enabled: configuration & 0x80 != 0,
            preset: configuration >> 5 & 3 == 2,
            actions: PefActions(actions & 0x7f),
            policy: policy & 0x0f,
            severity,
            generator,
            generator_channel,
            sensor_type,
            sensor,
            event_type,
            offsets,
        })
    }

    /// Returns how bad the events are, in words.
    #[must_use]
    pub const fn severity_name(&self) -> &'static str {
        match self.severity {
            0 => "unspecified",
            0x01 => "monitor",
            0x02 => "information",
            0x04 => "ok",
            0x08 => "non-critical",
            0x10 => "critical",
            0x20 => "non-recoverable",
            _ => "reserved",
        }
    }
}

/// An entry of the alert policy table: where an alert goes (table 17-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AlertPolicy {
    /// The entry's number, from one.
    pub number: u8,
    /// The policy that it belongs to; filters name that.
    pub policy: u8,
    /// Whether it is in use.
    pub enabled: bool,
    /// When it is used: 0 always, 1 to 4 after an earlier entry failed, in ways that differ by channel and destination.
    pub rule: u8,
    /// The channel.
    pub channel: u8,
    /// The destination on the channel, as [`alert`](super::alert) has it.
    pub destination: u8,
    /// Which text is sent, zero for none; with the top bit set, it depends on the event.
    pub text: u8,
}

impl AlertPolicy {
    /// Reads an entry of the alert policy table: its number, and three bytes.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn decode(data: &[u8]) -> Result<Self, Malformed> {
        let [number, policy, destination, text] = Reader::new(data, "alert policy").array()?;
        Ok(Self {
            number: number & 0x7f,
            policy: policy >> 4,
            enabled: policy & 0x08 != 0,
            rule: policy & 7,
            channel: destination >> 4,
            destination: destination & 0x0f,
            text,
        })
    }
}

/// How filtering is switched (parameters 1 to 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PefControl {
    /// Whether events are looked at.
    pub enabled: bool,
    /// Whether what is done about them is logged.
    pub log_actions: bool,
    /// Whether there is a delay after start.
    pub startup_delay: bool,
    /// Whether alerts have a delay of their own after start.
    pub alert_startup_delay: bool,
    /// Which actions are enabled at all; none where that could not be read.
    pub actions: Option<PefActions>,
    /// How long nothing is done after start, where the BMC has it.
    pub startup: Option<Duration>,
    /// How long nobody is alerted after start, where the BMC has it.
    pub alert_startup: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_filter_is_read_from_its_place_in_the_table() {
        let mut data = vec![3, 0xc0, 0x05, 1, 0x10, 0xff, 0xff, 1, 0xff, 1, 0x95, 0x0a];
        data.extend([0; 9]);
        let filter = EventFilter::decode(&data).unwrap();
        assert!(filter.enabled && filter.preset);
        assert_eq!(filter.actions.names().collect::<Vec<_>>(), ["alert", "reset"]);
        assert_eq!((filter.number, filter.offsets, filter.severity_name()), (3, 0x0a95, "critical"));
        assert!(EventFilter::decode(&data[..20]).is_err());
    }

    #[test]
    fn a_policy_names_its_destination() {
        let policy = AlertPolicy::decode(&[2, 0x18, 0x12, 0]).unwrap();
        assert!(policy.enabled);
        assert_eq!((policy.policy, policy.rule, policy.channel, policy.destination), (1, 0, 1, 2));
        let found = GetPefCapabilities.decode(&[0x51, 0xbf, 16]).unwrap();
        assert_eq!((found.filters, found.actions.names().count()), (16, 6));
    }

    proptest! {
        #[test]
        fn any_bytes_are_entries_or_none(data: Vec<u8>) {
            if let Ok(filter) = EventFilter::decode(&data) {
                let _ = (filter.actions.names().count(), filter.severity_name());
            }
            let _ = AlertPolicy::decode(&data);
        }
    }
}
