//! How fast payloads decode, against `serde_json::Value`, which keeps everything as well but knows no types.
//!
//! `cargo bench --bench decode -- FOLDER` takes the `*.json` files of a folder; without one, the mock's own tree.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rosefish::schema;
use rosefish::wire::{Limits, ODataType, Table, decode_into, encode};

const ROUNDS: usize = 9;

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
    // Of each payload the best of the rounds counts, and the three take turns: a machine that is busy disturbs some rounds of some
    // payloads, and hardly ever all of one.
    let mut best = vec![[Duration::MAX; 3]; payloads.len()];
    for round in 0..ROUNDS {
        for (payload, best) in payloads.iter().zip(&mut best) {
            for turn in 0..3 {
                let way = (round + turn) % 3;
                best[way] = best[way].min(measure(way, payload, &limits));
            }
        }
    }
    let mut sums = [Duration::ZERO; 3];
    for best in &best {
        sums.iter_mut().zip(best).for_each(|(sum, best)| *sum += *best);
    }
    let [value, decoded, both] = sums.map(|time| time.as_secs_f64());
    #[allow(clippy::cast_precision_loss, reason = "printed with few digits")]
    let rate = |seconds: f64| bytes as f64 / seconds / 1e6;
    println!("serde_json::Value        {:8.1} MB/s   1.00", rate(value));
    println!("rosefish, decode         {:8.1} MB/s   {:.2}", rate(decoded), value / decoded);
    println!("rosefish, decode, encode {:8.1} MB/s   {:.2}", rate(both), value / both);
}

fn measure(way: usize, payload: &Payload, limits: &Limits) -> Duration {
    let start = Instant::now();
    if way == 0 {
        black_box(serde_json::from_slice::<serde_json::Value>(&payload.bytes).is_ok());
        return start.elapsed();
    }
    let mut record = payload.table.make();
    black_box(decode_into(&mut *record, &payload.bytes, limits).is_ok());
    if way == 2 {
        black_box(encode(&*record));
    }
    drop(black_box(record));
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

/// The payload's type: found beforehand for both, since finding it is not decoding.
fn table(value: &serde_json::Value) -> Option<&'static Table> {
    let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str);
    let said = text("@odata.type").and_then(|name| schema::find_odata_type(&ODataType::from(name)));
    said.or_else(|| text("@odata.id").and_then(schema::find_uri)).or_else(|| schema::find("Resource"))
}
