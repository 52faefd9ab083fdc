//! Asks many machines at once, each with a deadline: `cargo run --example fan_out [HOST...]`.
//!
//! Without arguments, these are three mocks, and an address where nothing answers.

mod machine;

use std::error::Error;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use rosefish::Credentials;
use rosefish::host::{Host, HostPowerState};
use rosefish_mock::MockBmc;

/// How many machines are asked at a time, and how long each may take.
const AT_ONCE: usize = 64;
const DEADLINE: Duration = Duration::from_secs(5);

async fn power(address: &str, credentials: Credentials) -> Result<HostPowerState, Box<dyn Error>> {
    let host = Host::connect(address, credentials).await?.value;
    let state = host.power_state().await?.value;
    host.close().await;
    Ok(state)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut hosts: Vec<_> = std::env::args().skip(1).collect();
    let mut mocks = Vec::new();
    if hosts.is_empty() {
        for _ in 0..3 {
            mocks.push(MockBmc::builder().plain().start().await?);
        }
        hosts = mocks.iter().map(MockBmc::url).chain(["http://127.0.0.1:9".to_owned()]).collect();
    }
    let credentials = machine::credentials(mocks.first());
    let mut answers = stream::iter(hosts)
        .map(|host| {
            let credentials = credentials.clone();
            // What is dropped at the deadline is ended: no session is left behind.
            async move { (tokio::time::timeout(DEADLINE, power(&host, credentials)).await, host) }
        })
        .buffer_unordered(AT_ONCE);
    while let Some((answer, host)) = answers.next().await {
        match answer {
            Ok(Ok(state)) => println!("{host}: {state}"),
            Ok(Err(error)) => println!("{host}: {error}"),
            Err(_) => println!("{host}: no answer within {DEADLINE:?}"),
        }
    }
    rosefish::logged_out(DEADLINE).await;
    Ok(())
}
