//! Any bytes in several types: no panic, and what is read comes back the same.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rosefish::schema;
use rosefish::wire::{Limits, Table, decode_into, diff, encode, encode_bytes};

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
    let back = encode_bytes(&*record);
    let (one, behind) = json::Json::first(text).unwrap();
    let (other, after) = json::Json::first(&back).unwrap();
    assert!(one.same(&other) && behind == after, "{} made {} into {}", table.name, text.escape_ascii(), back.escape_ascii());
    // As text it is JSON, whatever the bytes were.
    assert!(json::Json::parse(&encode(&*record)).is_some());
    assert!(diff(&*record, &*record).is_empty());
    let _ = format!("{record:?}");
});
