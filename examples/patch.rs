//! Changes a property and restores it: `cargo run --example patch [URL]`.

mod machine;

use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _mock) = machine::connect().await?;
    let Some(mut system) = client.root().systems().members().try_next().await? else {
        return Err("there is no system here".into());
    };
    let before = system.asset_tag.clone();
    println!("{}: asset tag {before:?}, ETag {:?}", system.uri(), system.etag());

    // An edit is a copy that you change. `commit` sends the difference, with the ETag of the original.
    let mut edit = system.edit();
    edit.asset_tag = Some("rack 7".to_owned());
    println!("PATCH {}", edit.patch().body);
    edit.commit().await?;

    system.refresh().await?;
    println!("{}: asset tag {:?}", system.uri(), system.asset_tag);
    let mut edit = system.edit();
    edit.asset_tag = before;
    edit.commit().await?;

    // Changes to read-only properties are refused before anything is sent.
    let mut edit = system.edit();
    edit.serial_number = Some("0000".to_owned());
    if let Err(error) = edit.commit().await {
        println!("{error}");
    }
    client.close().await?;
    Ok(())
}
