use super::*;

fn reading(states: u16) -> SensorReading {
    SensorReading { raw: 0, events_enabled: true, scanning_enabled: true, unavailable: false, states, has_states: true }
}

#[test]
fn the_worst_threshold_is_the_status() {
    assert_eq!(reading(0).threshold_status(), Some(ThresholdStatus::Ok));
    let beyond = ThresholdStatus::Beyond(Threshold::UpperCritical);
    assert_eq!(reading(0b01_1000).threshold_status(), Some(beyond));
    assert_eq!(SensorReading { unavailable: true, ..reading(8) }.threshold_status(), None);
}

#[test]
fn a_shared_record_stands_for_each_of_its_sensors() {
    let mut body = vec![0x20, 0, 0x10, 10, 1, 0, 0, 8, 0x6f, 1, 0, 1, 0, 1, 0, 0xc0, 0, 0];
    body.extend([0x13, 0x80, 0, 0, 0, 0, 0, 0, 0xc2]);
    body.extend(b"PS");
    let sensor = Sensor::compact(&mut Reader::new(&body, "test")).unwrap();
    let names: Vec<_> = sensor.each().iter().map(|s| (s.number, s.name.clone(), s.entity.instance)).collect();
    assert_eq!(names, [(0x10, "PSA".into(), 1), (0x11, "PSB".into(), 2), (0x12, "PSC".into(), 3)]);
    assert_eq!(sensor.each().first().unwrap().states(&reading(0b11)), ["presence detected", "failure detected"]);
}

/// A discrete power supply sensor by a full record, in watts or without a unit.
fn supply(units: [u8; 3], m: u8) -> Sensor {
    let mut body = vec![0x20, 0, 4, 10, 1, 0x7f, 0x68, 8, 0x6f, 0, 0, 0, 0, 0x3f, 0x3f];
    body.extend(units);
    body.extend([0, m, 0, 0, 0, 0, 0]);
    body.extend([0; 6]);
    body.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc2]);
    body.extend(b"PS");
    Sensor::full(&mut Reader::new(&body, "test")).unwrap()
}

#[test]
fn a_discrete_sensor_has_a_reading_where_its_record_has_a_unit_and_a_formula() {
    let watts = supply([0, 6, 0], 5);
    assert!(watts.is_analog() && watts.value(20) == Some(100.0));
    assert_eq!(watts.states(&reading(0b11)), ["presence detected", "failure detected"]);
    for (units, m) in [([0xc0, 6, 0], 5), ([0, 0, 0], 5), ([0, 6, 0], 0)] {
        assert!(!supply(units, m).is_analog(), "{units:02x?} {m}");
    }
    assert!(supply([1, 0, 0], 1).is_analog(), "percent is a unit");
}

#[test]
fn the_worst_state_is_the_severity() {
    let supply = supply([0xc0, 0, 0], 0);
    for (states, expected) in [
        (0b1, Some(Severity::Ok)),
        (0b101, Some(Severity::Warning)),
        (0b111, Some(Severity::Critical)),
        (0, Some(Severity::Ok)),
    ] {
        assert_eq!(supply.severity(&reading(states)), expected, "{states:b}");
    }
    let absent = [
        SensorReading { unavailable: true, ..reading(0b10) },
        SensorReading { scanning_enabled: false, ..reading(0b10) },
        SensorReading { has_states: false, ..reading(0) },
    ];
    assert_eq!(absent.map(|reading| supply.severity(&reading)), [None; 3]);
    let vendors = Sensor { event_type: EventType(0x71), ..supply };
    assert_eq!(vendors.severity(&reading(1)), None);
}

#[test]
fn names_count_on_after_z() {
    assert_eq!([letters(0), letters(25), letters(26), letters(53)], ["A", "Z", "AA", "BB"]);
}
