//! Creates an account, changes its password, and deletes it: `cargo run --example users [URL]`.

mod machine;

use std::error::Error;

use rosefish::Credentials;
use rosefish::schema::ManagerAccount;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mock = machine::mock().await?;
    let client = machine::guest(mock.as_ref()).credentials(machine::credentials(mock.as_ref())).connect().await?;
    let accounts = client.root().account_service().await?.accounts().await?;
    let mut members = accounts.members();
    while let Some(account) = members.try_next().await? {
        println!("{}: {:?}, {:?}", account.uri(), account.user_name, account.role_id);
    }

    let account = ManagerAccount {
        user_name: Some("guest".to_owned()),
        password: Some("a long enough one".to_owned()),
        role_id: Some("ReadOnly".to_owned()),
        ..ManagerAccount::default()
    };
    // Properties that the schema requires of a new member are checked before anything is sent.
    let account = accounts.create(&account).await?.into_resource()?;
    println!("created {}", account.uri());
    let mut edit = account.edit();
    edit.password = Some("another long one".to_owned());
    edit.commit().await?;

    let guest =
        machine::guest(mock.as_ref()).credentials(Credentials::new("guest", "another long one")).connect().await?;
    println!("logged in as guest at {}", guest.origin());
    guest.close().await?;
    account.delete().await?;
    println!("deleted guest");
    client.close().await?;
    Ok(())
}
