//! Images that are sent to the service.

use std::time::Duration;

use rosefish::ErrorKind;
use rosefish::schema::UpdateService;
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Quirk};
use serde_json::{Value, json};

use super::{started, with};

const UPDATE: &str = "/redfish/v1/UpdateService";
const UPLOAD: &str = "/redfish/v1/UpdateService/upload";

/// So many bytes that a body of them would go out in pieces.
fn image() -> Vec<u8> {
    (0..300_000_u32).flat_map(u32::to_le_bytes).collect()
}

async fn service(bmc: &rosefish::Client) -> rosefish::Resource<UpdateService> {
    bmc.get(UPDATE).await.unwrap()
}

#[tokio::test]
async fn an_image_goes_out_whole_with_its_length_and_its_parts_in_order() {
    let (mock, bmc) = with(Quirk::OemMultipart).await;
    let error = service(&bmc).await.upload("bmc.bin", image()).await.unwrap_err();
    assert!(error.status() == Some(400) && error.to_string().contains("OemParameters"), "{error}");
    let upload = service(&bmc).await.upload("bmc.bin", image()).oem_parameters(r#"{"ImageType":"BMC"}"#);
    let reply = upload.with(|with| with.force_update = Some(true)).await.unwrap();
    if let Some(task) = reply.task {
        task.every(Duration::from_millis(20)).wait(Duration::from_secs(10)).await.unwrap();
    }
    let uploads = mock.requests().to("POST", UPLOAD);
    let sent = &uploads[1];
    assert_eq!(sent.header("transfer-encoding"), None, "some services take no chunks");
    assert_eq!(sent.header("content-length"), Some(&*sent.body().len().to_string()));
    assert!(sent.header("content-type").unwrap().starts_with("multipart/form-data; boundary="));
    let text = String::from_utf8_lossy(sent.body());
    let places: Vec<_> =
        ["{\"ForceUpdate\":true}", "{\"ImageType\":\"BMC\"}", "name=\"UpdateFile\"; filename=\"bmc.bin\""]
            .iter()
            .map(|part| text.find(part).unwrap())
            .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn where_there_is_no_multipart_the_image_is_sent_plainly_or_not_at_all() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    let change = |change: Value| {
        let mut service = mock.resource(UPDATE).unwrap();
        service.as_object_mut().unwrap().remove("MultipartHttpPushUri");
        service.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        mock.set(UPDATE, service);
    };
    change(json!({ "HttpPushUri": UPLOAD }));
    service(&bmc).await.upload("bmc.bin", image()).await.unwrap();
    let sent = mock.requests().to("POST", UPLOAD).assert_once();
    assert_eq!((sent.header("content-type"), sent.body()), (Some("application/octet-stream"), &*image()));

    mock.clear_requests();
    let upload = service(&bmc).await.upload("bmc.bin", image()).with(|with| with.force_update = Some(true));
    assert_eq!(upload.await.unwrap_err().kind(), ErrorKind::NotAllowed, "parameters would be lost");
    change(json!({ "HttpPushUri": "", "MaxImageSizeBytes": 1_000_000 }));
    assert_eq!(service(&bmc).await.upload("bmc.bin", "small").await.unwrap_err().kind(), ErrorKind::Missing);
    let error = service(&bmc).await.upload("bmc.bin", image()).await.unwrap_err();
    assert!(error.to_string().contains("1200000") && error.kind() == ErrorKind::NotAllowed, "{error}");
    mock.requests().to("POST", "**").assert_none();
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_is_not_sent_again() {
    let (mock, bmc) = started(MockBmc::builder()).await;
    mock.faults().add(Rule::on("POST", UPLOAD).then(Action::LoseReply));
    let error = service(&bmc).await.upload("bmc.bin", "firmware").await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    mock.requests().to("POST", UPLOAD).assert_once();
}

#[tokio::test]
async fn an_update_says_how_its_image_is_fetched_where_the_service_misses_that() {
    let simple = "**/UpdateService.SimpleUpdate";
    let (mock, bmc) = with(Quirk::UpdateProtocolWanted).await;
    let sent = || mock.requests().to("POST", simple).iter().map(|sent| sent.json().unwrap()).collect::<Vec<_>>();
    let update = service(&bmc).await;
    let image = "https://192.0.2.1/bios.bin";
    update.simple_update(image).with(|with| with.force_update = Some(true)).await.unwrap();
    let first = json!({ "ImageURI": image, "ForceUpdate": true });
    let second = json!({ "ImageURI": image, "ForceUpdate": true, "TransferProtocol": "HTTPS" });
    assert_eq!(sent(), [first, second], "the second because the first was refused");

    // In the service's own spelling; and not where it knows no such protocol, or none is known.
    let spelled = |values: Value| {
        let mut service = mock.resource(UPDATE).unwrap();
        let action = &mut service["Actions"]["#UpdateService.SimpleUpdate"];
        action["TransferProtocol@Redfish.AllowableValues"] = values;
        mock.set(UPDATE, service);
    };
    for (values, image, protocol) in [
        (json!(["Https", "NFS"]), "https://192.0.2.1/bios.bin", Some("Https")),
        (json!(["CIFS"]), "smb://192.0.2.1/share/bios.bin", Some("CIFS")),
        (json!(["HTTP"]), "https://192.0.2.1/bios.bin", None),
        (json!(["HTTP"]), "192.0.2.1/bios.bin", None),
    ] {
        spelled(values);
        mock.clear_requests();
        let outcome = service(&bmc).await.simple_update(image).await;
        assert_eq!(outcome.is_ok(), protocol.is_some(), "{image}: {outcome:?}");
        assert_eq!(sent().len(), 1 + usize::from(protocol.is_some()), "{image}");
        assert_eq!(sent().last().unwrap()["TransferProtocol"].as_str(), protocol, "{image}");
    }

    // What may have been done is not sent a second time, whatever is said of it.
    let (mock, bmc) = started(MockBmc::builder()).await;
    for (status, text) in [(500, "TransferProtocol is missing"), (400, "the image is damaged")] {
        mock.clear_requests();
        mock.faults().clear();
        mock.faults().add(Rule::on("POST", simple).then(Action::message(status, "Base.1.8.GeneralError", text)));
        service(&bmc).await.simple_update(image).await.unwrap_err();
        mock.requests().to("POST", simple).assert_once();
    }
}
