//! Entity tags: conditional reads, and `If-Match` in the forms that services insist on.

use rosefish::schema::ComputerSystem;
use rosefish::{Client, ErrorKind};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{Encoding, MockBmc, Quirk};

use crate::builder;

const SYSTEM: &str = "/redfish/v1/Systems/1";

async fn tag(bmc: &Client, text: &str) -> Result<(), rosefish::Error> {
    let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit();
    edit.asset_tag = Some(text.to_owned());
    edit.commit().await.map(drop)
}

#[tokio::test]
async fn a_tag_is_sent_in_the_form_that_the_service_takes() {
    for quirk in [Quirk::GzipTags, Quirk::WeakTags, Quirk::EmptyTags, Quirk::UnquotedTags, Quirk::CompressedOnly] {
        let mock = MockBmc::builder().plain().quirk(quirk).start().await.unwrap();
        let bmc = builder(&mock).connect().await.unwrap();
        tag(&bmc, "one").await.unwrap_or_else(|error| panic!("{quirk}: {error}"));
        assert_eq!(mock.resource(SYSTEM).unwrap()["AssetTag"], "one", "{quirk}");
        // What was found out is remembered.
        mock.clear_requests();
        tag(&bmc, "two").await.unwrap();
        let again = mock.requests().to("PATCH", SYSTEM);
        assert_eq!(again.iter().count(), 1, "{quirk}: {:?}", mock.requests());
    }
}

#[tokio::test]
async fn a_service_that_wants_a_tag_gets_one() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let faults = mock.faults();
    // It names no tag in the header, and insists on one.
    faults.add(Rule::on("GET", SYSTEM).times(1).then(Action::WithoutHeader("ETag".into())));
    let mut edit = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap().edit();
    faults.add(Rule::on("PATCH", SYSTEM).times(1).then(Action::Status(428)));
    edit.asset_tag = Some("tagged".into());
    edit.commit().await.map(drop).unwrap();
    let sent: Vec<_> =
        mock.requests().to("PATCH", SYSTEM).iter().map(|sent| sent.header("if-match").is_some()).collect();
    assert_eq!(sent.last(), Some(&true), "{sent:?}");
    assert_eq!(sent.len(), 2);
}

#[tokio::test]
async fn a_resource_that_goes_on_changing_is_an_error_in_the_end() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    mock.faults().add(Rule::on("PATCH", SYSTEM).then(Action::Status(412)));
    let error = tag(&bmc, "never").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Precondition, "{error}");
    let sent = mock.requests().to("PATCH", SYSTEM).iter().count();
    assert!((2..=6).contains(&sent), "{sent}");
    assert!(mock.resource(SYSTEM).unwrap()["AssetTag"] != "never");
}

#[tokio::test]
async fn actions_carry_no_tag() {
    let mock = MockBmc::builder().plain().quirk(Quirk::NoTagsOnActions).start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let system = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    system.reset(rosefish::schema::resource::ResetType::ForceOff).await.unwrap();
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    for encodings in [&[][..], &[Encoding::Gzip]] {
        let mock = MockBmc::builder().plain().compression(encodings).start().await.unwrap();
        let bmc = builder(&mock).cache(1 << 20).connect().await.unwrap();
        let first = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        let bytes = bmc.traffic().bytes;
        let again = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        assert_eq!(first.value(), again.value());
        assert_eq!(first.etag(), again.etag());
        assert_eq!(bmc.traffic().bytes, bytes, "nothing but a head came");
        mock.requests().to("GET", SYSTEM).answered(304).assert_once();

        // What has changed is.
        tag(&bmc, "changed").await.unwrap();
        let third = bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
        assert_eq!(third.asset_tag.as_deref(), Some("changed"));

        // A service that has no use for conditions is asked without.
        mock.faults().add(Rule::on("GET", SYSTEM).header("if-none-match", "*").times(1).then(Action::Status(412)));
        bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    }
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    for _ in 0..2 {
        bmc.get::<ComputerSystem>(SYSTEM).await.unwrap();
    }
    assert!(mock.requests().iter().all(|request| request.header("if-none-match").is_none()), "not unless asked to");
}
