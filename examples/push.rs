//! Has a machine push its events to this program: `cargo run --example push [URL ADDRESS:PORT]`.
//!
//! The address is one of this host that the BMC can reach. Needs the feature `listener`.

mod machine;

use std::error::Error;
use std::time::Duration;

use rosefish::event::{Listener, Subscription};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _mock) = machine::connect().await?;
    let address = std::env::args().nth(2).unwrap_or_else(|| "127.0.0.1:0".to_owned()).parse()?;
    // What does not have this context was not sent by the BMC. Use a random one.
    let context = "n7h2-example";
    let (server, mut events) = Listener::new().context(context).serve(address, None).await?;

    let service = client.root().event_service().await?;
    // `renew` keeps the subscription if the service still has it.
    let wanted = Subscription::new(format!("http://{}/", server.address()), context);
    let subscription = service.renew(&wanted).await?;
    println!("subscribed: {}", subscription.uri());
    service.send_test_event().await?;

    let event = tokio::time::timeout(Duration::from_secs(30), events.next()).await?.ok_or("the server has ended")??;
    for record in event.records() {
        println!("pushed: {:?} {:?}", record.message_id, record.message);
    }
    subscription.delete().await?;
    client.close().await?;
    Ok(())
}
