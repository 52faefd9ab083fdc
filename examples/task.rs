//! Hands a long-running operation to another process: `cargo run --example task [URL IMAGE]`.
//!
//! Here, both "processes" are in one program.

mod machine;

use std::error::Error;
use std::time::Duration;

use rosefish::TaskHandle;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mock = machine::mock().await?;
    let connect = || machine::guest(mock.as_ref()).credentials(machine::credentials(mock.as_ref())).connect();
    let client = connect().await?;
    let image = std::env::args().nth(2).unwrap_or_else(|| "https://images.example/bmc-2.20.0.bin".to_owned());
    let reply = client.root().update_service().await?.simple_update(image).await?;
    let task = reply.task.ok_or("the service was done at once")?;
    let stored = serde_json::to_string(task.handle())?;
    println!("begun: {stored}");
    client.close().await?;

    let client = connect().await?;
    let task = client.task(serde_json::from_str::<TaskHandle>(&stored)?);
    let mut updates = task.updates();
    while let Some(progress) = updates.try_next().await? {
        println!("{:?} {:?} {:?} %", progress.phase, progress.state, progress.percent);
    }
    let done = task.wait(Duration::from_secs(1800)).await?;
    println!("done: {}", done.is_known());
    client.close().await?;
    Ok(())
}
