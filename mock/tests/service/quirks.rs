//! What vendors do otherwise, as a plain client meets it.

use std::time::Duration;

use reqwest::Method;
use rosefish_mock::fault::Action;
use rosefish_mock::fault::Rule;
use rosefish_mock::{Encoding, MockBmc, Quirk};
use serde_json::{Value, json};

use crate::support::{Answer, delete, get, http, log_in, patch, post, send_as, send_with};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const MEDIA: &str = "/redfish/v1/Systems/1/VirtualMedia/CD1";

async fn with(quirk: Quirk) -> MockBmc {
    MockBmc::builder().plain().quirk(quirk).start().await.unwrap()
}

/// A client that leaves answers as they came, whatever else reqwest is built for.
fn undecoded() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([]);
    builder.no_gzip().no_deflate().no_brotli().build().unwrap()
}

async fn tagged(bmc: &MockBmc, tag: &str) -> u16 {
    let body = Some(json!({ "AssetTag": tag }));
    send_with(bmc, Method::PATCH, SYSTEM, body, &[("If-Match", tag)]).await.status
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_take_it() {
    for encoding in Encoding::ALL {
        let bmc = MockBmc::builder().plain().compression(&[encoding]).start().await.unwrap();
        let whole = send_with(&bmc, Method::GET, SYSTEM, None, &[("Accept-Encoding", "identity")]).await;
        let request = undecoded().get(bmc.url() + SYSTEM).basic_auth(bmc.user(), Some(bmc.password()));
        let answer = request.header("Accept-Encoding", encoding.as_str()).send().await.unwrap();
        assert_eq!(answer.headers()["content-encoding"], encoding.as_str());
        assert_eq!(answer.headers()["vary"], "Accept-Encoding");
        let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
        assert!(length < whole.text.len() / 2, "{length} of {}", whole.text.len());
    }
}

#[tokio::test]
async fn tags_are_spoilt_in_each_vendors_way() {
    for (quirk, sent, expected) in [
        (Quirk::GzipTags, "{}-gzip\"", [412, 200]),
        (Quirk::WeakTags, "W/{}\"", [412, 200]),
        (Quirk::EmptyTags, "\"\"", [412, 200]),
        (Quirk::UnquotedTags, "{}\"", [412, 412]),
    ] {
        let bmc = with(quirk).await;
        let true_tag = {
            let plain = MockBmc::builder().plain().start().await.unwrap();
            get(&plain, SYSTEM).await.header("etag").unwrap().to_owned()
        };
        let request = http().get(bmc.url() + SYSTEM).basic_auth(bmc.user(), Some(bmc.password()));
        let answer = request.header("Accept-Encoding", "gzip").send().await.unwrap();
        let shown = answer.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!(shown, sent.replace("{}", true_tag.trim_end_matches('"')), "{quirk}");
        assert_eq!([tagged(&bmc, &shown).await, tagged(&bmc, &true_tag).await], expected, "{quirk}");
        if quirk == Quirk::UnquotedTags {
            assert_eq!(tagged(&bmc, true_tag.trim_matches('"')).await, 200);
        }
    }
    let bmc = with(Quirk::CompressedOnly).await;
    assert_eq!(send_with(&bmc, Method::GET, SYSTEM, None, &[("Accept-Encoding", "identity")]).await.status, 406);
}

#[tokio::test]
async fn changes_are_refused_or_moved() {
    let boot = |extra: Value| {
        let mut boot = json!({ "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once" });
        boot.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({ "Boot": boot })
    };
    let settings = "/redfish/v1/Systems/1/Settings";
    for (quirk, path, body, status) in [
        (Quirk::BootInSettings, SYSTEM, boot(json!({})), 400),
        (Quirk::BootInSettings, settings, boot(json!({})), 200),
        (Quirk::NoBootInSettings, SYSTEM, boot(json!({})), 200),
        (Quirk::NoBootInSettings, settings, boot(json!({})), 400),
        (Quirk::NoApplyTime, SYSTEM, boot(json!({ "BootSourceOverrideEnabled": "Continuous" })), 400),
        (Quirk::BootModeWithTarget, SYSTEM, boot(json!({})), 400),
        (Quirk::BootModeWithTarget, SYSTEM, boot(json!({ "BootSourceOverrideMode": "UEFI" })), 200),
        (Quirk::BootModeReadOnly, SYSTEM, boot(json!({ "BootSourceOverrideMode": "UEFI" })), 400),
        (Quirk::UsbCd, SYSTEM, json!({ "Boot": { "BootSourceOverrideTarget": "Cd" } }), 400),
        (Quirk::UsbCd, SYSTEM, boot(json!({ "BootSourceOverrideTarget": "UsbCd" })), 200),
        (Quirk::PatchSaysNothing, SYSTEM, json!({ "AssetTag": "x" }), 204),
    ] {
        let bmc = with(quirk).await;
        assert_eq!(patch(&bmc, path, body.clone()).await.status, status, "{quirk} {path} {body}");
    }
    let bmc = with(Quirk::PatchSaysMessage).await;
    let said = patch(&bmc, SYSTEM, json!({ "AssetTag": "x" })).await;
    assert!(said.json().get("Id").is_none() && said.text.contains("Base.1.22.Success"), "{}", said.text);
}

#[tokio::test]
async fn actions_want_more_or_less_than_the_standard() {
    let insert = format!("{MEDIA}/Actions/VirtualMedia.InsertMedia");
    let manager = "/redfish/v1/Managers/bmc/Actions/Manager.Reset";
    let image = |extra: Value| {
        let mut body = json!({ "Image": "https://10.0.0.1/boot.iso" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    for (quirk, path, body, status) in [
        (Quirk::BareInsert, &*insert, image(json!({ "Inserted": true })), 400),
        (Quirk::BareInsert, &insert, image(json!({})), 204),
        (Quirk::TransferTypeWanted, &insert, image(json!({})), 400),
        (
            Quirk::TransferTypeWanted,
            &insert,
            image(json!({ "TransferProtocolType": "HTTPS", "TransferMethod": "Stream" })),
            204,
        ),
        (Quirk::MediaLoginWanted, &insert, image(json!({})), 400),
        (Quirk::PlainManagerReset, manager, json!({ "ResetType": "ForceRestart" }), 400),
        (Quirk::PlainManagerReset, manager, json!({}), 204),
        (Quirk::MediaByPatch, &insert, image(json!({})), 404),
    ] {
        let bmc = with(quirk).await;
        let answer = post(&bmc, path, body.clone()).await;
        assert_eq!(answer.status, status, "{quirk} {path} {body}: {}", answer.text);
    }
    let bmc = with(Quirk::EmptyObjectWanted).await;
    let eject = format!("{MEDIA}/Actions/VirtualMedia.EjectMedia");
    assert_eq!(send_with(&bmc, Method::POST, &eject, None, &[]).await.status, 400);
    let bmc = with(Quirk::NoTagsOnActions).await;
    assert_eq!(send_with(&bmc, Method::POST, manager, Some(json!({})), &[("If-Match", "*")]).await.status, 412);
}

#[tokio::test]
async fn media_by_patch_is_inserted_a_while_later() {
    let bmc = with(Quirk::MediaByPatch).await;
    assert_eq!(patch(&bmc, MEDIA, json!({ "Image": "https://10.0.0.1/boot.iso" })).await.status, 200);
    assert_eq!(bmc.resource(MEDIA).unwrap()["Inserted"], false);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(bmc.resource(MEDIA).unwrap()["Inserted"], true);
}

#[tokio::test]
async fn sessions_are_opened_and_ended_in_each_vendors_way() {
    async fn login(bmc: &MockBmc) -> Answer {
        log_in(bmc, bmc.user(), bmc.password()).await
    }
    let bmc = MockBmc::builder().plain().session_limit(1).start().await.unwrap();
    assert_eq!([login(&bmc).await.status, login(&bmc).await.status], [201, 503]);
    let bmc = MockBmc::builder().plain().session_limit(0).quirk(Quirk::SessionLimitSays400).start().await.unwrap();
    let refused = login(&bmc).await;
    assert_eq!((refused.status, refused.message().as_str()), (400, "SessionLimitExceeded"));

    assert_eq!(login(&with(Quirk::NoSessionLocation).await).await.header("location"), None);
    let bmc = with(Quirk::AbsoluteLocations).await;
    assert_eq!(login(&bmc).await.header("location").unwrap(), format!("{}{SESSIONS}/1", bmc.url()));
    let bmc = with(Quirk::RootWantsLogin).await;
    assert_eq!(send_as(&bmc, ("", ""), Method::GET, "/redfish/v1/", None, &[]).await.status, 401);
    assert_eq!(get(&bmc, "/redfish/v1").await.status, 200);
    let bmc = with(Quirk::LogoutSays400).await;
    let location = login(&bmc).await.header("location").unwrap().to_owned();
    assert_eq!((delete(&bmc, &location).await.status, bmc.sessions()), (400, 0));

    let bmc = with(Quirk::LockOut).await;
    for _ in 0..3 {
        assert_eq!(log_in(&bmc, bmc.user(), "wrong").await.status, 401);
    }
    assert_eq!(login(&bmc).await.status, 401);
    let bmc = with(Quirk::SlashedSessions).await;
    let _ = login(&bmc).await;
    let requests = bmc.requests();
    assert_eq!(requests[0].status(), 301);
}

#[tokio::test]
async fn accounts_in_slots_are_made_and_unmade_by_patch() {
    let bmc = with(Quirk::AccountSlots).await;
    let accounts = "/redfish/v1/AccountService/Accounts";
    let new = json!({ "UserName": "guest", "Password": "Gu3st-Gu3st", "RoleId": "Administrator", "Enabled": true });
    assert_eq!(post(&bmc, accounts, new.clone()).await.status, 405);
    let slot = format!("{accounts}/4");
    assert_eq!(get(&bmc, &slot).await.json()["UserName"], "");
    let made = patch(&bmc, &slot, new).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(log_in(&bmc, "guest", "Gu3st-Gu3st").await.status, 201);
    assert_eq!(delete(&bmc, &slot).await.status, 405);
    assert_eq!(patch(&bmc, &slot, json!({ "UserName": "" })).await.status, 400);
    assert_eq!(patch(&bmc, &slot, json!({ "Enabled": false })).await.status, 200);
    assert_eq!(patch(&bmc, &slot, json!({ "UserName": "" })).await.status, 204);
    assert_eq!(log_in(&bmc, "guest", "Gu3st-Gu3st").await.status, 401);
}

#[tokio::test]
async fn a_service_that_goes_away_comes_back() {
    let bmc = with(Quirk::GoneForReset).await;
    assert_eq!(
        post(&bmc, "/redfish/v1/Managers/bmc/Actions/Manager.Reset", json!({ "ResetType": "ForceRestart" }))
            .await
            .status,
        204
    );
    let asked = async || http().get(bmc.url() + "/redfish/v1").send().await.map(|answer| answer.status().as_u16());
    assert!(asked().await.is_err());
    tokio::time::sleep(Duration::from_millis(350)).await;
    let statuses = [asked().await.unwrap(), asked().await.unwrap(), asked().await.unwrap(), asked().await.unwrap()];
    assert_eq!(statuses, [503, 503, 503, 200]);
    bmc.faults().add(Rule::any().then(Action::GoAway(Duration::from_millis(100))));
    assert_eq!((asked().await.unwrap(), asked().await.is_err()), (200, true));
}
