//! What errors say: the service's own words in whatever shape, what registries know, and which properties are meant.

use rosefish::schema::ComputerSystem;
use rosefish::schema::resource::Health;
use rosefish::{Client, Error, RetryPolicy};
use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Answer, Rule};
use serde_json::{Value, json};

use crate::builder;

const SYSTEM: &str = "/redfish/v1/Systems/1";

async fn answered(mock: &MockBmc, bmc: &Client, status: u16, body: Value) -> Error {
    mock.faults().clear();
    mock.faults().add(Rule::on("GET", SYSTEM).then(Action::json(status, body)));
    bmc.get::<ComputerSystem>(SYSTEM).await.unwrap_err()
}

#[tokio::test]
async fn every_shape_of_an_error_is_read() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let unknown =
        json!({ "MessageId": "Base.1.8.PropertyUnknown", "MessageArgs": ["Foo"], "RelatedProperties": ["#/Foo"] });
    let shapes = [
        json!({ "error": { "code": "Base.1.8.GeneralError", "message": "See ExtendedInfo.", "@Message.ExtendedInfo": [unknown] } }),
        json!({ "error": { "@Message.ExtendedInfo": unknown } }),
        json!({ "@Message.ExtendedInfo": [unknown] }),
        json!({ "@Message.ExtendedInfo": unknown }),
    ];
    for shape in shapes {
        let error = answered(&mock, &bmc, 400, shape.clone()).await;
        assert!(error.to_string().contains("The resource has no property Foo."), "{shape}: {error}");
        assert_eq!(error.messages()[0].message_severity, Some(Health::Warning));
        assert_eq!(error.related_properties().collect::<Vec<_>>(), ["/Foo"]);
    }
    for related in ["/Boot", "#/Boot", "Boot", "/redfish/v1/Systems/1#/Boot"] {
        let message = json!({ "MessageId": "Base.1.8.PropertyValueError", "RelatedProperties": [related] });
        let error = answered(&mock, &bmc, 400, json!({ "error": { "@Message.ExtendedInfo": [message] } })).await;
        assert_eq!(error.related_properties().collect::<Vec<_>>(), ["/Boot"], "{related}");
    }
    mock.requests().to("GET", "**/Registries**").assert_none();
}

#[tokio::test]
async fn the_service_s_own_registry_is_read_once_for_what_only_it_knows() {
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let mut root = mock.resource("/redfish/v1").unwrap();
    root["Registries"] = json!({ "@odata.id": "/redfish/v1/Registries" });
    mock.set("/redfish/v1", root);
    let link = |uri: &str| json!({ "@odata.id": uri });
    mock.set(
        "/redfish/v1/Registries",
        json!({ "Members": [link("/redfish/v1/Registries/Base.1"), link("/redfish/v1/Registries/Acme.2")] }),
    );
    mock.set("/redfish/v1/Registries/Base.1", json!({ "Id": "Base.1", "Registry": "Base.1.18" }));
    let place = json!({ "Language": "en", "Uri": "/redfish/v1/Registries/Acme.2/Acme.json" });
    mock.set("/redfish/v1/Registries/Acme.2", json!({ "Id": "Acme.2", "Registry": "Acme.2.1", "Location": [place] }));
    mock.set(
        "/redfish/v1/Registries/Acme.2/Acme.json",
        json!({ "RegistryPrefix": "Acme", "Messages": { "FanStuck": {
            "Message": "The fan %1 is stuck in %2.", "Severity": "Critical", "Resolution": "Free the fan %1." } } }),
    );
    let bmc = builder(&mock).connect().await.unwrap();
    for _ in 0..2 {
        let message = json!({ "MessageId": "Acme.2.1.FanStuck", "MessageArgs": ["3", "bay 1"] });
        let error = answered(&mock, &bmc, 400, json!({ "error": { "@Message.ExtendedInfo": [message] } })).await;
        assert!(error.to_string().contains("The fan 3 is stuck in bay 1. Free the fan 3."), "{error}");
        assert_eq!(error.messages()[0].message_severity, Some(Health::Critical));
    }
    mock.requests().to("GET", "/redfish/v1/Registries/Acme.2/Acme.json").assert_once();

    // One that nobody knows is named all the same, and looked for once.
    for _ in 0..2 {
        let message = json!({ "MessageId": "Other.1.0.Odd" });
        let error = answered(&mock, &bmc, 400, json!({ "error": { "@Message.ExtendedInfo": [message] } })).await;
        assert!(error.to_string().contains("Other.1.0.Odd"), "{error}");
    }
    mock.requests().to("GET", "/redfish/v1/Registries").assert_count(2);
}

#[tokio::test]
async fn no_error_repeats_what_caused_it() {
    let mock = MockBmc::start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let mut errors = vec![
        builder(&mock).ca_pem("no certificate").connect().await.unwrap_err(),
        builder(&mock)
            .ca_pem("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----")
            .connect()
            .await
            .unwrap_err(),
        builder(&mock).client_certificate_pem("no certificate", "no key").connect().await.unwrap_err(),
        Client::builder(&mock.url()).connect().await.unwrap_err(),
        Client::builder("https://127.0.0.1:9").connect().await.unwrap_err(),
        Client::builder("http://[").connect().await.unwrap_err(),
        Error::lost(std::io::Error::other("the cable is out")),
        Error::unsent(std::io::Error::other("there is no cable")),
    ];
    let answers = [
        Action::Answer(Answer::new(200).body("{\"Name\":")),
        Action::Answer(Answer::new(200).body("<html>")),
        Action::Answer(Answer::new(200).body("[]")),
        Action::json(400, json!({ "error": { "message": "No." } })),
        Action::Reset,
    ];
    for action in answers {
        mock.faults().clear();
        mock.faults().add(Rule::on("GET", SYSTEM).then(action));
        errors.push(bmc.clone().with_retry(RetryPolicy::none()).get::<ComputerSystem>(SYSTEM).await.unwrap_err());
    }
    let mut sources = 0;
    for error in &errors {
        let mut parent: &dyn std::error::Error = error;
        while let Some(cause) = parent.source() {
            assert!(!parent.to_string().contains(&cause.to_string()), "{parent}: {cause}");
            assert!(error.report().contains(&cause.to_string()), "{}", error.report());
            sources += 1;
            parent = cause;
        }
    }
    assert!(sources >= 5, "{sources} causes in {errors:?}");
}
