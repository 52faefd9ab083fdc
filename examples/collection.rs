//! Reads the members of a collection, adds a member to another and deletes it: `cargo run --example collection [URL]`.

mod machine;

use std::error::Error;

use rosefish::schema::manager_account::ManagerAccount;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, mock) = machine::connect().await?;

    // Members arrive one at a time, across pages. One that can't be read is an error in its place; the others follow.
    let mut systems = client.root().systems().members();
    while let Some(system) = systems.try_next().await? {
        let mut modules = system.memory().members();
        while let Some(module) = modules.next().await {
            match module {
                Ok(module) => println!("{}: {:?} MiB", module.uri(), module.capacity_mib),
                Err(error) => println!("{error}"),
            }
        }
    }

    // Accounts are only created on the mock, not on a machine that others use.
    if mock.is_some() {
        let accounts = client.root().account_service().await?.accounts().await?;
        let account = ManagerAccount {
            user_name: Some("guest".to_owned()),
            password: Some("a long enough one".to_owned()),
            role_id: Some("ReadOnly".to_owned()),
            ..ManagerAccount::default()
        };
        // Properties that the schema requires of a new member are checked before anything is sent.
        let account = accounts.create(&account).await?.into_resource()?;
        println!("made {}: {:?}", account.uri(), account.user_name);
        account.delete().await?;
    }
    client.close().await?;
    Ok(())
}
