//! Any bytes as a sensor data record: no panic, nothing is lost of what isn't understood, and whatever was decoded answers
//! every question about it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rosefish_ipmi::record::reading::{Format, Linearization};
use rosefish_ipmi::record::sdr::{Body, Header, Record};
use rosefish_ipmi::record::sensor::{Sensor, SensorReading, Threshold};

fuzz_target!(|bytes: &[u8]| {
    let Ok(record) = Record::decode(bytes) else {
        assert!(Header::decode(bytes).is_err());
        return;
    };
    assert_eq!(Header::decode(bytes), Ok(record.header));
    let body = &bytes[5..];
    let body = &body[..body.len().min(usize::from(record.header.length))];
    match &record.body {
        Body::Unknown(kept) => assert_eq!(kept, body),
        Body::Oem { manufacturer, data } => {
            assert_eq!([&manufacturer.to_le_bytes()[..3], data].concat(), body);
        }
        _ => {}
    }
    let _ = format!("{record:?}");
    let (raw, states) = (bytes[0], u16::from_le_bytes([bytes[1], bytes[2]]));
    let sensors = record.sensors();
    assert!(sensors.len() <= 15);
    for sensor in sensors {
        ask(&sensor, raw, states);
        // A sensor that was told apart from its siblings stands for itself alone.
        assert_eq!(sensor.each().len(), 1);
    }
});

fn ask(sensor: &Sensor, raw: u8, states: u16) {
    let _ = (sensor.unit.to_string(), sensor.sensor_type.to_string(), sensor.entity.to_string());
    let _ = (sensor.entity.id.name(), sensor.entity.is_device_relative(), sensor.owner.slave_address());
    assert!(!sensor.name.ends_with(['\0', ' ']));
    assert!(sensor.entity.instance < 0x80);
    for (scanning_enabled, has_states) in [(true, true), (false, true), (true, false)] {
        let reading =
            SensorReading { raw, events_enabled: true, scanning_enabled, unavailable: false, states, has_states };
        assert_eq!(reading.threshold_status().is_some(), scanning_enabled && has_states);
        assert!(sensor.states(&reading).len() <= 15);
    }
    if let Some(masks) = sensor.masks {
        let _ = Threshold::ALL.map(|threshold| (masks.is_readable(threshold), masks.is_settable(threshold)));
    }
    let Some(analog) = sensor.analog else {
        assert_eq!(sensor.value(raw), None);
        return;
    };
    let factors = analog.factors;
    let value = sensor.value(raw);
    assert_eq!(value.is_none(), factors.format == Format::NotAnalog);
    let _ = (factors.difference(raw), factors.tolerance(), factors.accuracy_percent());
    let Some(value) = value else { return };
    let back = factors.raw(value);
    if factors.linearization == Linearization::Linear && factors.m != 0 {
        // A byte's value stands for the byte; ones' complement has two bytes for zero.
        let same = back == Some(raw) || factors.format == Format::OnesComplement && (back, raw) == (Some(0), 0xff);
        assert!(same, "{factors:?}: {raw} is {value}, and that is {back:?}");
    }
}
