//! Any bytes in several types: no panic, and what is read comes back the same.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rosefish::schema;
use rosefish::wire::{Limits, Table, decode_into, diff, encode};

#[allow(dead_code)]
#[path = "../../cli/src/check/json.rs"]
mod json;

/// Types that among them have all that a field can hold.
static TABLES: LazyLock<Vec<&'static Table>> = LazyLock::new(|| {
    let names = [
        "ComputerSystem",
        "Power",
        "Chassis",
        "ChassisCollection",
        "Bios",
        "MessageRegistry",
        "Sensor",
        "EventDestination",
        "Resource.Resource",
        "Schedule.Schedule",
        "EnvironmentMetrics",
    ];
    names.iter().filter_map(|name| schema::find(name)).collect()
});

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses the type, so that the fuzzer can keep to one.
    let Some((choice, text)) = bytes.split_first() else { return };
    let table = TABLES[usize::from(*choice) % TABLES.len()];
    let mut record = table.make();
    if decode_into(&mut *record, text, &Limits::default()).is_err() {
        return;
    }
    let back = encode(&*record);
    let text = std::str::from_utf8(text).unwrap();
    let (one, other) = (json::Json::parse(text).unwrap(), json::Json::parse(&back).unwrap());
    assert!(one.same(&other), "{} made {text} into {back}", table.name);
    assert!(diff(&*record, &*record).is_empty());
    let _ = format!("{record:?}");
});
