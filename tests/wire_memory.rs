//! What a payload may take of memory: not more than the limit says, whatever it is made of.

use peak_alloc::PeakAlloc;
use proptest::prelude::*;
use rosefish::schema;
use rosefish::wire::{DecodeErrorKind, Kind, Limits, Table, decode_into};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Of a property's value, what is repeated.
const ITEMS: &[&str] = &[
    "{}",
    "null",
    "[]",
    "\"\"",
    "\"a\"",
    "7",
    "7.50",
    "{\"a\":1}",
    "{\"@odata.id\":\"\"}",
    "{\"Status\":{}}",
    "{\"a@b\":1}",
    "{\"Name\":null}",
    "[[]]",
    "\"\x01\"",
    "\"\u{FFFD}\"",
];

/// One after the other until the text is that long.
fn repeated(size: usize, mut item: impl FnMut(usize) -> String) -> String {
    let mut text = String::new();
    for index in 0.. {
        if text.len() >= size {
            break;
        }
        if index > 0 {
            text.push(',');
        }
        text.push_str(&item(index));
    }
    text
}

/// What a payload takes beside itself at the most, and whether it was refused for that.
fn taken(table: &'static Table, payload: &[u8], limits: &Limits) -> (usize, bool) {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let mut record = table.make();
    let read = decode_into(&mut *record, payload, limits);
    let peak = HEAP.peak_usage().saturating_sub(before);
    let refused = read.is_err_and(|error| matches!(error.kind(), DecodeErrorKind::TooMuchMemory(_)));
    (peak, refused)
}

/// One test, as the allocator counts for all threads.
#[test]
fn a_payload_takes_no_more_memory_than_it_may() {
    a_huge_list_of_nothing_is_refused();
    what_services_send_fits();
    serde_takes_no_more_either();
    let types = schema::types().to_vec();
    let limits = Limits::default().with_memory(1 << 20);
    let shape = (
        proptest::sample::select(types),
        any::<proptest::sample::Index>(),
        proptest::sample::select(ITEMS),
        0..6_usize,
        0..3_usize,
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let result = runner.run(&shape, |((_, table), field, item, form, depth)| {
        let names: Vec<_> = table.fields.iter().map(|field| field.name).collect();
        let name = if names.is_empty() { "x" } else { names[field.index(names.len())] };
        let many = |size| format!("[{}]", repeated(size, |_| item.to_owned()));
        let mut text = match form {
            0 | 1 => format!("\"{name}\":{}", many(200_000)),
            // The same name, names that nobody knows, and short ones within a long one.
            2 => repeated(200_000, |_| format!("\"{name}\":{item}")),
            3 => repeated(200_000, |index| format!("\"{name}{index}\":{item}")),
            4 => format!("\"{name}\":{{\"{}\":{}}}", "n".repeat(50_000), many(50_000)),
            _ => repeated(200_000, |_| format!("\"{name}\":{}", many(1_000))),
        };
        for _ in 0..depth {
            text = format!("\"{name}\":[{{{text}}},null]");
        }
        let payload = format!("{{{text}}}");
        let (taken, _) = taken(table, payload.as_bytes(), &limits);
        // The strings of a payload, and a copy of it where bytes in it were mended.
        let most = (1 << 20) + 3 * payload.len() + (64 << 10);
        let start: String = payload.chars().take(80).collect();
        prop_assert!(taken <= most, "{}: {taken} bytes of {}: {start}", table.name, payload.len());
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

fn a_huge_list_of_nothing_is_refused() {
    let table = schema::find("Thermal").unwrap();
    let payload = format!("{{\"Temperatures\":[{}]}}", repeated(2 << 20, |_| "{}".to_owned()));
    let (taken, refused) = taken(table, payload.as_bytes(), &Limits::default());
    assert!(refused, "it took {taken} bytes");
    assert!(taken < 40 << 20, "{taken} bytes");
    let error = decode_into(&mut *table.make(), payload.as_bytes(), &Limits::default()).unwrap_err();
    assert!(
        error.to_string().contains(&format!("more memory than the limit of {} bytes", payload.len() * 10)),
        "{error}"
    );
    // The limit can be raised.
    let limits = Limits::default().with_memory(usize::MAX);
    let payload = format!("{{\"Temperatures\":[{}]}}", repeated(30_000, |_| "{}".to_owned()));
    decode_into(&mut *table.make(), payload.as_bytes(), &limits).unwrap();
    let limits = limits.with_memory(1 << 20);
    assert!(decode_into(&mut *table.make(), payload.as_bytes(), &limits).unwrap_err().is_limit());
}

fn serde_takes_no_more_either() {
    for item in ["0", "[]", "{}", "{\"a\":0}", "\"\"", "\"\x01\"", "\"{\\\"{\""] {
        let payload = format!("[{}]", repeated(4 << 20, |_| item.to_owned()));
        HEAP.reset_peak_usage();
        let before = HEAP.current_usage();
        let read = rosefish::wire::from_slice::<serde_json::Value>(payload.as_bytes());
        let peak = HEAP.peak_usage().saturating_sub(before);
        assert!(peak < 300 << 20, "{item}: {peak}");
        assert!(read.is_err() || !item.starts_with('{'), "{item}");
        assert!(read.is_ok() || item != "0" && item != "\"{\\\"{\"", "{item}: {read:?}");
    }
}

/// The longest lists that services are known to send at once.
fn what_services_send_fits() {
    let entry = |index| {
        format!(
            "{{\"@odata.id\":\"/redfish/v1/Systems/1/LogServices/SEL/Entries/{index}\",\"Id\":\"{index}\",\"Name\":\"Entry\",\
             \"Created\":\"2026-11-22T10:44:57Z\",\"EntryType\":\"SEL\",\"Severity\":\"OK\",\"Message\":\"Power supply inserted\",\
             \"MessageId\":\"Event.1.0.Odd\",\"SensorType\":\"Power Supply\",\"SensorNumber\":7,\"Contoso\":1,\"Links\":{{}}}}"
        )
    };
    let log = format!("{{\"Members\":[{}]}}", repeated(8 << 20, entry));
    let temperature = |index| {
        format!(
            "{{\"MemberId\":\"{index}\",\"Name\":\"CPU {index} Temp\",\"ReadingCelsius\":41,\"Status\":{{\"State\":\"Enabled\",\
             \"Health\":\"OK\"}},\"UpperThresholdCritical\":90,\"PhysicalContext\":\"CPU\",\"SensorNumber\":{index}}}"
        )
    };
    let thermal = format!("{{\"Temperatures\":[{}]}}", repeated(2 << 20, temperature));
    for (name, payload) in [("LogEntryCollection", log), ("Thermal", thermal)] {
        let table = schema::find(name).unwrap();
        assert!(table.fields.iter().any(|field| field.flags.many() && !matches!(field.kind, Kind::String)));
        let (taken, refused) = taken(table, payload.as_bytes(), &Limits::default());
        println!("{name}: {} bytes take {taken}, {:.1} times", payload.len(), taken as f64 / payload.len() as f64);
        assert!(!refused, "{name} takes {taken} bytes for {}", payload.len());
    }
}
