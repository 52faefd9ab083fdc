use serde_json::json;

use super::*;

fn shown(all: &[Reading]) -> Vec<(&str, Option<f64>, &str, Condition)> {
    let row = |one: &'_ Reading| (one.value, one.condition);
    all.iter().map(|one| (one.name.as_str(), row(one).0, one.unit.as_deref().unwrap_or(""), row(one).1)).collect()
}

#[test]
fn a_fan_is_read_by_the_names_of_every_version() {
    let fans = json!({ "Fans": [
        { "FanName": "Fan 1", "CurrentReading": 17, "Units": "Percent", "Status": { "State": "Enabled", "Health": "OK" } },
        { "FanName": "Fan 2", "ReadingRPM": 5400 },
        { "Name": "Fan 3", "Reading": "6400.0", "ReadingUnits": "RPM" },
        { "MemberId": "4", "Reading": "N/A", "Status": { "Health": "Critical" } },
        null,
    ] });
    assert_eq!(
        shown(&of_arrays("/t", &fans)),
        [
            ("Fan 1", Some(17.0), "%", Condition::Ok),
            ("Fan 2", Some(5400.0), "RPM", Condition::Unknown),
            ("Fan 3", Some(6400.0), "RPM", Condition::Unknown),
            ("Fans 3", None, "", Condition::Critical),
        ]
    );
}

#[test]
fn what_is_absent_has_no_reading_whatever_it_says() {
    for state in ["Absent", "absent", "Disabled", "UnavailableOffline"] {
        let status = json!({ "State": state, "Health": "OK" });
        let thermal = json!({
            "Temperatures": [{ "Name": "P1", "ReadingCelsius": 0, "CurrentReading": 0, "Status": status }],
            "PowerSupplies": [{ "Name": "PSU", "LineInputVoltage": 0, "Status": status }],
        });
        let found = of_arrays("/t", &thermal);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|one| one.value.is_none()), "{found:?}");
        let sensor = Reading::of_sensor("/s", &json!({ "Name": "S", "Reading": 0, "Status": status }));
        assert_eq!(sensor.value, None);
        let fan = json!({ "SpeedPercent": { "Reading": 0 }, "Status": status });
        assert_eq!(of_part("/f", "F", &Kind::Fan, &fan)[0].value, None);
    }
}

#[test]
fn what_has_failed_and_is_out_of_service_has_failed() {
    for (state, health, condition) in [
        ("UnavailableOffline", "Critical", Condition::Critical),
        ("Disabled", "Warning", Condition::Warning),
        ("Enabled", "Critical", Condition::Critical),
        ("UnavailableOffline", "OK", Condition::Off),
        ("Absent", "Critical", Condition::Absent),
        ("StandbySpare", "ok", Condition::Ok),
        ("Enabled", "NA", Condition::Unknown),
    ] {
        let supply = json!({ "Status": { "State": state, "Health": health } });
        assert_eq!(of_part("/p", "PSU", &Kind::PowerSupply, &supply)[0].condition, condition, "{state} {health}");
    }
    assert_eq!(Condition::of(&json!({ "Status": { "state": "Enabled", "health": "OK" } })), Condition::Ok);
    assert_eq!(Condition::of(&json!({ "Status": "OK" })), Condition::Unknown);
}

#[test]
fn supplies_within_power_say_what_they_measure() {
    let power = json!({
        "PowerControl": { "PowerConsumedWatts": "152" },
        "PowerSupplies": [{ "Name": "PSU", "LastPowerOutputWatts": 70, "PowerOutputWatts": null, "LineInputVoltage": 229 }],
    });
    let found = of_arrays("/p", &power);
    assert_eq!(
        shown(&found),
        [
            ("Power Control 0", Some(152.0), "W", Condition::Unknown),
            ("PSU", None, "", Condition::Unknown),
            ("PSU Input Voltage", Some(229.0), "V", Condition::Unknown),
            ("PSU Output Power", Some(70.0), "W", Condition::Unknown),
        ]
    );
    assert_eq!(found[3].id, "/p#/PowerSupplies/0/LastPowerOutputWatts");
    let older = of_arrays("/p", &json!({ "PowerConsumedWatts": 131 }));
    assert_eq!(shown(&older), [("Power Consumed", Some(131.0), "W", Condition::Unknown)]);
}

#[test]
fn excerpts_are_found_at_any_depth_and_controls_are_not_readings() {
    let metrics = json!({
        "PowerWatts": { "Reading": 312.5, "DataSourceUri": "/s/P" },
        "PowerLimitWatts": { "Reading": 231.9, "SetPoint": 1400 },
        "TemperatureSummaryCelsius": { "Intake": { "Reading": 24 } },
        "TemperatureReadingsCelsius": [{ "DeviceName": "CPU1", "Reading": 51 }, { "DeviceName": "CPU2", "Reading": null }],
        "RailVoltage": [{ "Reading": 3.31 }],
        "FanSpeedsPercent": [{ "SpeedRPM": 5000, "Reading": 40 }, { "SpeedRPM": 5100 }],
        "Oem": { "Acme": { "InletCelsius": { "Reading": 1 } } },
    });
    let all = of_excerpts("/m", "PSU1", &metrics);
    let mut rows = shown(&all);
    rows.sort_by(|a, b| a.0.cmp(b.0));
    assert_eq!(
        rows,
        [
            ("CPU1", Some(51.0), "Cel", Condition::Unknown),
            ("PSU1 Fan Speeds 0", Some(40.0), "%", Condition::Unknown),
            ("PSU1 Fan Speeds 1", Some(5100.0), "RPM", Condition::Unknown),
            ("PSU1 Power", Some(312.5), "W", Condition::Unknown),
            ("PSU1 Rail Voltage 0", Some(3.31), "V", Condition::Unknown),
            ("PSU1 Temperature Summary Intake", Some(24.0), "Cel", Condition::Unknown),
        ]
    );
    assert!(all.iter().any(|one| one.id == "/m#/PowerWatts" && one.same_as == ["/s/P"]));
}
