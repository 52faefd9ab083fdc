//! Visits every resource of a service by following links: `cargo run --example walk [URL]`.
//!
//! It sends one request at a time, to keep the example short. `rosefish walk` sends several.

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
            // A dangling link or a broken resource doesn't end the walk.
            Err(error) => println!("{error}"),
        }
    }
    println!("{} places, {:?}", seen.len(), client.traffic());
    client.close().await?;
    Ok(())
}
