//! Sending an event to a BMC, as if it came from a controller of the platform (IPMI 2.0, section 29.3).

use super::command;
use crate::record::event::{Event, EventType, SensorType};

/// The revision of event messages.
pub const EVENT_REVISION: u8 = 0x04;

/// An event that the BMC is to take for one of the platform: it is logged, and PEF filters see it. Who sends it is the
/// session, not a field of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlatformEvent {
    /// The sensor's number.
    pub sensor: u8,
    /// What happened.
    pub event: Event,
}

impl PlatformEvent {
    /// Reads the seven bytes of an event message: revision, sensor type, sensor number, direction with event type, and
    /// three data bytes. The revision is not looked at.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 7]) -> Self {
        let [_, sensor_type, sensor, direction, a, b, c] = bytes;
        let event = Event {
            sensor_type: SensorType(sensor_type),
            event_type: EventType(direction & 0x7f),
            asserted: direction & 0x80 == 0,
            data: [a, b, c],
        };
        Self { sensor, event }
    }

    /// Returns the seven bytes of the event message.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 7] {
        let Event { sensor_type, event_type, asserted, data: [a, b, c] } = self.event;
        let direction = event_type.0 & 0x7f | (!asserted as u8) << 7;
        [EVENT_REVISION, sensor_type.0, self.sensor, direction, a, b, c]
    }
}

command!(PlatformEvent, "Platform Event", SENSOR_EVENT 0x02, Changes -> (),
    |this, out| out.extend(this.to_bytes()), |_reader| ());

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    #[test]
    fn an_event_has_seven_bytes_and_its_direction_in_the_top_bit() {
        let bytes = [0x04, 0x01, 0x30, 0x81, 0x59, 0x75, 0x70];
        let event = PlatformEvent::from_bytes(bytes);
        assert!(!event.event.asserted && event.event.sensor_type == SensorType::TEMPERATURE);
        let mut sent = Vec::new();
        event.encode(&mut sent);
        assert_eq!(sent, bytes);
    }
}
