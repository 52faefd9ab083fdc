//! Shows the newest entries of a machine's event log, newest first: `cargo run --example logs [HOST [NUMBER]]`.

mod machine;

use std::cmp::Reverse;
use std::error::Error;

use rosefish::host::EventLogQuery;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mock = machine::mock().await?;
    let host = machine::host(mock.as_ref()).connect().await?.value;
    let number = std::env::args().nth(2).map_or(Ok(5), |number| number.parse())?;
    // Only these are read, whichever end of the log the service puts them at.
    let mut log = host.event_log(EventLogQuery::last(number)).await?.value;
    log.items.sort_by_key(|entry| Reverse(entry.time.clone()));
    for entry in &log.items {
        println!("{:?} {:?}: {}", entry.time, entry.severity, entry.message);
    }
    for missing in &log.missing {
        eprintln!("not read: {missing}");
    }
    host.close().await;
    Ok(())
}
