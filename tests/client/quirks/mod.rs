//! What real services do otherwise than the standard says, each against the mock that does it as well. `docs/quirks.md` says
//! which test is for which quirk; `no_quirk_keeps_a_client_from_its_work` takes all of them in turn. What is only about
//! decoding is in `tests/wire_quirks/main.rs`.

use rosefish::Client;
use rosefish::schema::ComputerSystem;
use rosefish::schema::resource::ResetType;
use rosefish_mock::{Builder, MockBmc, Quirk};

use crate::{all_ended, builder};

mod access;
mod actions;
mod answers;
mod updates;
mod writes;

const SYSTEM: &str = "/redfish/v1/Systems/1";
const ACCOUNTS: &str = "/redfish/v1/AccountService/Accounts";

/// A service with a quirk, and a client of it.
async fn with(quirk: Quirk) -> (MockBmc, Client) {
    started(MockBmc::builder().quirk(quirk)).await
}

async fn started(mock: Builder) -> (MockBmc, Client) {
    let mock = mock.start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    (mock, bmc)
}

#[tokio::test]
async fn no_quirk_keeps_a_client_from_its_work() {
    for quirk in Quirk::ALL {
        let (mock, bmc) = with(*quirk).await;
        let work = async {
            let mut systems = bmc.root().systems().members();
            let mut dimms = 0;
            while let Some(system) = systems.try_next().await? {
                dimms += system.memory().members().try_collect::<Vec<_>>().await?.len();
            }
            let _ = tag(&bmc, "rack 7").await?;
            system(&bmc).await.reset(ResetType::ForceOff).await?;
            Ok::<_, rosefish::Error>(dimms)
        };
        let dimms = work.await.unwrap_or_else(|error| panic!("{quirk}: {error}"));
        assert!(dimms >= 8, "{quirk}: {dimms} DIMMs");
        let system = mock.resource(SYSTEM).unwrap();
        let pending = mock.resource(&format!("{SYSTEM}/Settings")).unwrap_or_default();
        assert!(system["AssetTag"] == "rack 7" || pending["AssetTag"] == "rack 7", "{quirk}");
        mock.requests().to("POST", "**/ComputerSystem.Reset").assert_once();
        drop(bmc);
        all_ended(&mock).await;
    }
}

async fn system(bmc: &Client) -> rosefish::Resource<ComputerSystem> {
    bmc.get(SYSTEM).await.unwrap()
}

async fn tag(bmc: &Client, text: &str) -> Result<rosefish::Committed<ComputerSystem>, rosefish::Error> {
    let mut edit = system(bmc).await.edit();
    edit.asset_tag = Some(text.to_owned());
    edit.commit().await
}
