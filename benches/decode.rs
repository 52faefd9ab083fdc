//! Measures how fast payloads decode, compared with `serde_json::Value`, which also keeps everything but has no types.
//!
//! `cargo bench --bench decode -- FOLDER` takes the `*.json` files of a folder; without one, the mock's own tree.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rosefish::schema;
use rosefish::wire::{Limits, ODataType, Table, decode_into, encode};

const ROUNDS: usize = 7;

struct Payload {
    bytes: Vec<u8>,
    table: &'static Table,
}

fn main() {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("mock/demo"));
    let mut payloads = Vec::new();
    read(&folder, &mut payloads);
    let bytes: usize = payloads.iter().map(|payload| payload.bytes.len()).sum();
    println!("{} payloads, {bytes} bytes, of {}", payloads.len(), folder.display());
    if payloads.is_empty() {
        return;
    }
    let limits = Limits::default();
    // A small tree is decoded repeatedly, so that the time can be measured.
    let times = (20_000_000 / bytes).clamp(1, 200);
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        // Each round measures one after the other, so that whatever slows the machine down affects all of them.
        let measured = [
            measure(times, &payloads, |payload| {
                black_box(serde_json::from_slice::<serde_json::Value>(&payload.bytes).is_ok());
            }),
            measure(times, &payloads, |payload| {
                let mut record = payload.table.make();
                black_box(decode_into(&mut *record, &payload.bytes, &limits).is_ok());
                black_box(record);
            }),
            measure(times, &payloads, |payload| {
                let mut record = payload.table.make();
                let _ = decode_into(&mut *record, &payload.bytes, &limits);
                black_box(encode(&*record));
            }),
        ];
        for (best, time) in best.iter_mut().zip(measured) {
            *best = (*best).min(time);
        }
    }
    let [value, decoded, both] = best.map(|time| time.as_secs_f64());
    #[allow(clippy::cast_precision_loss, reason = "printed with few digits")]
    let rate = |seconds: f64| (bytes * times) as f64 / seconds / 1e6;
    println!("serde_json::Value        {:8.1} MB/s   1.00", rate(value));
    println!("rosefish, decode         {:8.1} MB/s   {:.2}", rate(decoded), value / decoded);
    println!("rosefish, decode, encode {:8.1} MB/s   {:.2}", rate(both), value / both);
}

fn measure(times: usize, payloads: &[Payload], mut one: impl FnMut(&Payload)) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        payloads.iter().for_each(&mut one);
    }
    start.elapsed()
}

fn read(folder: &Path, payloads: &mut Vec<Payload>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(&path, payloads);
        } else if path.extension().is_some_and(|extension| extension == "json")
            && let Ok(bytes) = fs::read(&path)
            && let Ok(value) = serde_json::from_slice::<serde_json::Value>(&bytes)
            && let Some(table) = table(&value)
        {
            payloads.push(Payload { bytes, table });
        }
    }
}

/// Returns the payload's type. Both sides get it for free, since finding it is not part of decoding.
fn table(value: &serde_json::Value) -> Option<&'static Table> {
    let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str);
    let said = text("@odata.type").and_then(|name| schema::find_odata_type(&ODataType::from(name)));
    said.or_else(|| text("@odata.id").and_then(schema::find_uri)).or_else(|| schema::find("Resource"))
}
