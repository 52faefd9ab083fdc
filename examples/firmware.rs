//! Updates firmware from a file, with progress: `cargo run --example firmware [URL IMAGE]`.
//!
//! The image is read as it is sent, so that it never is in memory as a whole. Without arguments, the mock gets a made-up image.

mod machine;

use std::error::Error;
use std::time::Duration;

use rosefish::UploadImage;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, mock) = machine::connect().await?;
    let (name, image) = match std::env::args().nth(2) {
        Some(path) => (path.clone(), UploadImage::open(&path).await?),
        None if mock.is_some() => ("bmc-9.9.0.bin".to_owned(), UploadImage::from(vec![7; 5_000_000])),
        None => return Err("say which image to send".into()),
    };
    let service = client.root().update_service().await?;
    let mut shown = 0;
    let upload = service.upload(name, image).on_progress(move |progress| {
        let percent = progress.sent * 100 / progress.total.max(1);
        if percent >= shown {
            println!("{percent} % sent");
            shown = percent + 10;
        }
    });
    let reply = upload.await?;
    println!("the service answered {}", reply.status);
    if let Some(task) = reply.task {
        let done = task.wait(Duration::from_secs(3600)).await?;
        println!("the update is done: {:?}", done.state);
    }
    client.close().await?;
    Ok(())
}
