//! A transport of your own around the client's, which says how long each request took: `cargo run --example transport [URL]`.

mod machine;

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::BoxFuture;
use rosefish::transport::{HttpRequest, HttpResponse, Transport};

#[derive(Debug)]
struct Timed(Arc<dyn Transport>);

impl Transport for Timed {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, rosefish::Error>> {
        Box::pin(async move {
            let what = format!("{} {}", request.method(), request.uri().path());
            let begun = Instant::now();
            let answer = self.0.send(request).await;
            println!("{what}: {:?} after {:.1?}", answer.as_ref().map(|answer| answer.status()).ok(), begun.elapsed());
            answer
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (builder, _mock) = machine::builder().await?;
    let client = builder.wrap_transport(|inner| Arc::new(Timed(inner))).connect().await?;
    for system in client.root().systems().members().try_collect::<Vec<_>>().await? {
        println!("{} is {:?}", system.uri(), system.power_state);
    }
    client.close().await?;
    Ok(())
}
