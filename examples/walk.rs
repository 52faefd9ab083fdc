//! Visits everything that a service has, by following links: `cargo run --example walk [URL]`.
//!
//! One request at a time, to be read on one screen; the program `rosefish walk` does it with more of them.

mod machine;

use std::collections::HashSet;
use std::error::Error;

use rosefish::wire;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _mock) = machine::connect().await?;
    let mut waiting = vec!["/redfish/v1".to_owned()];
    let mut seen = HashSet::new();
    while let Some(uri) = waiting.pop() {
        if !seen.insert(uri.trim_end_matches('/').to_owned()) {
            continue;
        }
        match client.get_any(&uri, None).await {
            Ok(resource) => {
                println!("{:<56} {uri}", resource.table().name);
                for deviation in resource.deviations() {
                    println!("    {deviation}");
                }
                let links = wire::links(resource.record());
                waiting.extend(links.iter().map(|link| link.uri.document().to_owned()));
            }
            // A link may dangle, and a resource be out of order: that's no reason to stop.
            Err(error) => println!("{error}"),
        }
    }
    println!("{} places, {:?}", seen.len(), client.traffic());
    client.close().await?;
    Ok(())
}
