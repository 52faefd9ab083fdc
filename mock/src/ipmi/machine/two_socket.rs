//! The machine that a mock comes with: a rack server with two sockets, made up to hold one of each thing that a
//! client has to decode, from signed readings and non-linear formulae to shared records and odd string encodings.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::fru::{BoardArea, ChassisArea, Fru, MultiRecord, ProductArea, Text, dc_output, power_supply};
use super::sdr::{self, SdrRepository};
use super::sel::{self, Sel};
use super::sensor::{Conversion, Sensor, SensorKey, Shape, Sign};
use super::text::Encoding;
use super::{Identify, Identity, Machine, PowerMeter, watchdog};

/// IANA's number for documentation and examples.
const EXAMPLE_ENTERPRISE: u32 = 32_473;
/// 2026-01-01 00:00 UTC.
const NEW_YEAR: u32 = 1_767_225_600;

const CELSIUS: u8 = 1;
const VOLTS: u8 = 4;
const WATTS: u8 = 6;
const RPM: u8 = 18;
const CFM: u8 = 17;

impl Machine {
    /// Creates a rack server with two sockets: some thirty sensors, a log, three FRU devices, a satellite controller.
    /// It is on, and has no users yet.
    #[must_use]
    pub fn two_socket_server() -> Self {
        machine()
    }
}

fn machine() -> Machine {
    let sensors = sensors();
    Machine {
        started: Instant::now(),
        skew: Duration::ZERO,
        identity: identity(),
        power: super::power::Power::default(),
        boot: super::boot::BootOptions::default(),
        identify: Identify::Off,
        intrusion: false,
        drive_fault: false,
        cooling_fault: false,
        front_panel: 0,
        watchdog: super::watchdog::Watchdog::default(),
        sdr: repository(&sensors),
        sel: log(&sensors),
        sensors,
        fru: BTreeMap::from([
            (0, system_fru().image(2048)),
            (1, supply_fru(1).image(256)),
            (2, supply_fru(2).image(256)),
        ]),
        users: super::users::Users::vacant(16),
        lan: super::lan::LanConfig::default(),
        pef: super::pef::Pef::default(),
        console: super::console::Console::default(),
        meter: PowerMeter {
            watts: [212, 98, 431, 205],
            active: true,
            limit: 500,
            exception: 0,
            correction: 1000,
            period: 1,
            limited: false,
        },
        clock_offset: 0,
        utc_offset: 0,
        journal: Vec::new(),
    }
}

fn identity() -> Identity {
    Identity {
        device: 0x20,
        revision: 1,
        firmware: (2, 17),
        auxiliary: [0x00, 0x01, 0x02, 0x03],
        manufacturer: EXAMPLE_ENTERPRISE,
        product: 0x2511,
        guid: [0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE, 0x11, 0x41, 0x52, 0x86, 0x01, 0x02, 0x03, 0x04],
        self_test: [0x55, 0x00],
        info: BTreeMap::from([
            (1, "RF-BIOS 3.4.1 (2026-01-15)".to_owned()),
            (2, "node07".to_owned()),
            (3, "Example Linux 12".to_owned()),
            (4, "Example Linux 12.4 x86_64".to_owned()),
        ]),
        asset_tag: "RACK7-U21".to_owned(),
        controller_id: "mock-bmc-07".to_owned(),
    }
}

fn temperature(number: u8, name: &str, entity: (u8, u8), value: f64, critical: f64) -> Sensor {
    let limits = [None, None, None, Some(critical - 10.0), Some(critical), Some(critical + 8.0)];
    Sensor::analog(number, name, 1, entity, Conversion::linear(CELSIUS, 1, 0), value).with_thresholds(limits)
}

fn fan(number: u8, instance: u8, rpm: f64) -> Sensor {
    let limits = [Some(1000.0), Some(600.0), None, None, None, None];
    let name = format!("Fan{instance}");
    let mut fan = Sensor::analog(number, &name, 4, (29, instance), Conversion::linear(RPM, 75, 0), rpm);
    fan.needs_power = true;
    fan.with_thresholds(limits)
}

fn rail(number: u8, name: &str, conversion: Conversion, nominal: f64) -> Sensor {
    let around = |part: f64| Some(nominal * part);
    let limits = [around(0.95), around(0.92), around(0.90), around(1.05), around(1.08), around(1.10)];
    Sensor::analog(number, name, 2, (7, 1), conversion, nominal).with_thresholds(limits)
}

fn sensors() -> Vec<Sensor> {
    let twos = Conversion { sign: Sign::Twos, ..Conversion::linear(CELSIUS, 1, 0) };
    let ones = Conversion { sign: Sign::Ones, ..Conversion::linear(CELSIUS, 5, -1) };
    let root = Conversion { linearization: 10, ..Conversion::linear(CFM, 40, 0) };
    let inverse = Conversion { linearization: 7, tolerance: 1, ..Conversion::linear(RPM, 4, -6) };
    let bent = Conversion { linearization: 0x70, b: 10, ..Conversion::linear(CELSIUS, 1, 0) };
    let offset = Conversion { b: 50, b_exponent: 1, ..Conversion::linear(VOLTS, 6, -3) };
    let percent = Conversion { percent: true, ..Conversion::linear(0, 5, -1) };

    let below_zero = [Some(-5.0), Some(-12.0), Some(-20.0), Some(38.0), Some(42.0), Some(47.0)];
    let mut list = vec![
        temperature(0x01, "CPU0 Temp", (3, 1), 54.0, 95.0),
        temperature(0x02, "CPU1 Temp", (3, 2), 51.0, 95.0),
        Sensor::analog(0x03, "Inlet Temp", 1, (0x37, 1), twos, -4.0).with_thresholds(below_zero),
        temperature(0x04, "Exhaust Temp", (7, 1), 38.0, 80.0),
        temperature(0x05, "PCH Temp", (7, 1), 47.0, 90.0),
        temperature(0x06, "DIMM CPU0 Temp", (8, 1), 36.0, 85.0),
        temperature(0x07, "DIMM CPU1 Temp", (8, 2), 37.0, 85.0),
        Sensor::analog(0x08, "Inlet Delta", 1, (0x37, 1), ones, -2.5),
        Sensor::analog(0x09, "NVMe Temp", 1, (4, 1), bent, 142.0),
    ];
    for (instance, rpm) in (1..).zip([7500.0, 7425.0, 7575.0, 7500.0, 7350.0, 7500.0]) {
        list.push(fan(0x10 + instance, instance, rpm));
    }
    list.extend([
        Sensor::analog(0x18, "Pump Tach", 4, (29, 7), inverse, 2500.0),
        Sensor::analog(0x19, "Airflow", 0x0B, (0x37, 1), root, 80.0),
        rail(0x20, "P12V", Conversion::linear(VOLTS, 63, -3), 12.0),
        rail(0x21, "P5V", Conversion::linear(VOLTS, 26, -3), 5.0),
        rail(0x22, "P3V3", Conversion::linear(VOLTS, 17, -3), 3.3),
        rail(0x23, "VBAT", offset, 1.1),
        Sensor::analog(0x30, "PSU1 Input", 0x0B, (10, 1), Conversion::linear(WATTS, 4, 0), 108.0),
        Sensor::analog(0x31, "PSU2 Input", 0x0B, (10, 2), Conversion::linear(WATTS, 4, 0), 104.0),
        Sensor::analog(0x32, "CPU Usage", 0x0B, (3, 0), percent, 17.5),
        Sensor::discrete(0x50, "CPU0 Status", 7, 0x6F, (3, 1), 1 << 7),
        Sensor::discrete(0x51, "CPU1 Status", 7, 0x6F, (3, 2), 1 << 7),
        Sensor::discrete(0x52, "PSU1 Status", 8, 0x6F, (10, 1), 1),
        Sensor::discrete(0x53, "PSU2 Status", 8, 0x6F, (10, 2), 1 | 1 << 3),
        Sensor::discrete(0x54, "PSU Redundancy", 8, 0x0B, (10, 0), 1 << 1),
        Sensor::discrete(0x55, "Intrusion", 5, 0x6F, (23, 1), 0),
        Sensor::discrete(0x56, "ACPI State", 0x22, 0x6F, (7, 1), 1),
        Sensor::discrete(0x57, "Event Log", 0x10, 0x6F, (6, 1), 0),
        Sensor::discrete(watchdog::SENSOR, "Watchdog", 0x23, 0x6F, (6, 1), 0),
    ]);
    // Four drive bays share one record; the numbers, names and entity instances count up.
    for index in 0..4_u8 {
        let states = if index == 3 { 0 } else { 1 };
        let mut bay = Sensor::discrete(0x60 + index, "Drive ", 0x0D, 0x6F, (4, 1 + index), states);
        bay.shape = Shape::Compact { shared: if index == 0 { 4 } else { 0 } };
        list.push(bay);
    }
    let mut button = Sensor::discrete(0x70, "Power Button", 0x14, 0x6F, (12, 1), 0);
    button.shape = Shape::EventOnly;
    list.push(button);
    // One that has no reading, as an empty slot would.
    let mut absent = temperature(0x0A, "GPU Temp", (11, 1), 0.0, 90.0);
    absent.unavailable = true;
    list.push(absent);
    // What the satellite controller on the drive backplane owns.
    let mut backplane = temperature(0x01, "Backplane Temp", (15, 1), 29.0, 70.0);
    backplane.key = SensorKey { owner: 0x30, number: 1 };
    list.push(backplane);
    list
}

fn repository(sensors: &[Sensor]) -> SdrRepository {
    let mut repository = SdrRepository::default();
    repository.push(0x12, &sdr::controller_locator(0x20, "BMC", 0xBF, (0x2E, 1)));
    repository.push(0x12, &sdr::controller_locator(0x30, "Backplane MC", 0x21, (15, 1)));
    for sensor in sensors {
        if sensor.shape != (Shape::Compact { shared: 0 }) {
            repository.push_sensor(sensor);
        }
    }
    repository.push(0x11, &sdr::fru_locator(1, "PSU1 FRU", (10, 1)));
    repository.push(0x11, &sdr::fru_locator(2, "PSU2 FRU", (10, 2)));
    repository.push(0x10, &sdr::device_locator(0xA0, 0x08, "VPD EEPROM", (7, 1)));
    repository.push(0x08, &sdr::entity_association((0x17, 1), [(3, 1), (3, 2), (10, 1), (10, 2)]));
    repository.push(0xC0, &sdr::oem(EXAMPLE_ENTERPRISE, b"\x01ROSEFISH"));
    repository
}

fn log(sensors: &[Sensor]) -> Sel {
    let raw = |number: u8, value: f64| {
        let found = sensors.iter().find(|sensor| sensor.key.number == number && sensor.key.owner == 0x20);
        found.and_then(|sensor| sensor.conversion).map_or(0, |conversion| conversion.raw(value))
    };
    let hot = [0x57, raw(1, 88.0), raw(1, 85.0)];
    let cool = [0x57, raw(1, 80.0), raw(1, 85.0)];
    let mut sel = Sel::default();
    for record in [
        // Seconds since start-up: the clock was not set yet.
        sel::system_event(0x12, 0x10, 0x57, 0x6F, [0x02, 0xFF, 0xFF]),
        sel::system_event(NEW_YEAR + 60, 0x14, 0x70, 0x6F, [0x00, 0xFF, 0xFF]),
        sel::system_event(NEW_YEAR + 3600, 0x01, 0x01, 0x01, hot),
        sel::system_event(NEW_YEAR + 3725, 0x01, 0x01, 0x81, cool),
        sel::system_event(NEW_YEAR + 90_000, 0x08, 0x53, 0x6F, [0x03, 0xFF, 0xFF]),
        sel::system_event(NEW_YEAR + 95_000, 0x0C, 0x06, 0x6F, [0xA0, 0xFF, 0x02]),
        sel::oem_timestamped(0xC1, NEW_YEAR + 100_000, EXAMPLE_ENTERPRISE, [1, 2, 3, 4, 5, 6]),
        sel::oem_plain(0xE5, *b"ROSEFISH-OEM!"),
        sel::system_event(NEW_YEAR + 200_000, 0x0D, 0x63, 0x6F, [0x01, 0xFF, 0xFF]),
    ] {
        sel.seed(record);
    }
    sel
}

fn system_fru() -> Fru {
    Fru {
        internal: Some(vec![0x52, 0x46, 0x01, 0x00]),
        // Packed strings are multiples of four characters long: pyghmi fails on others.
        chassis: Some(ChassisArea {
            kind: 23,
            part: "CH-7000-B".into(),
            serial: Text::encoded("CHS 00421177", Encoding::SixBit),
            extra: vec![Text::encoded("21", Encoding::BcdPlus)],
        }),
        board: Some(BoardArea {
            // 2026-01-01 00:00.
            made: 15_779_520,
            manufacturer: "Rosefish Works".into(),
            product: "RF-2S Mainboard".into(),
            serial: Text::encoded("0042-1177.09", Encoding::BcdPlus),
            part: Text::encoded("MB-2S-REV-C1", Encoding::SixBit),
            file: "rf2s.bin".into(),
            extra: vec!["02:00:5E:10:20:30".into(), Text::encoded("\u{1}\u{2}\u{FF}", Encoding::Binary)],
        }),
        product: Some(ProductArea {
            manufacturer: "Rosefish Works".into(),
            name: "RF-2S Rack Server".into(),
            part: "RF-2S-R2U".into(),
            version: "Rev \u{B5}3".into(),
            serial: "RFS26001177".into(),
            asset: "RACK7-U21".into(),
            file: "rf2s.bin".into(),
            extra: vec!["Mock machine".into()],
        }),
        records: vec![
            dc_output(1, 12_000, 60_000),
            MultiRecord { kind: 3, data: b"\x01https://bmc.example".to_vec() },
            MultiRecord { kind: 0xC0, data: vec![0xD9, 0x7E, 0x00, 1, 2, 3, 4] },
        ],
    }
}

fn supply_fru(number: u8) -> Fru {
    Fru {
        product: Some(ProductArea {
            manufacturer: "Volt & Sons".into(),
            name: "VS-800-P".into(),
            part: "800P-001".into(),
            version: Text::encoded("1.4", Encoding::BcdPlus),
            serial: format!("VS8{number:06}").as_str().into(),
            asset: "".into(),
            file: "".into(),
            extra: Vec::new(),
        }),
        records: vec![power_supply(800, (100, 240), true), dc_output(1, 12_000, 64_000)],
        ..Fru::default()
    }
}
