//! A plain client for tests of the service: one request, one answer, nothing hidden.

#![allow(dead_code, reason = "each test binary uses its part")]

use reqwest::Method;
use reqwest::header::HeaderMap;
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Returns the key of the first message, without registry and version.
    pub(crate) fn message(&self) -> String {
        let id = self.json()["error"]["@Message.ExtendedInfo"][0]["MessageId"].as_str().unwrap().to_owned();
        id.rsplit('.').next().unwrap().to_owned()
    }
}

pub(crate) fn http() -> reqwest::Client {
    // Only the first call installs the provider; the error of later calls is ignored.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Without the system's certificates, whose loading would take longer than most tests.
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

/// Sends a request as the mock's first user.
pub(crate) async fn send(bmc: &MockBmc, method: Method, path: &str, body: Option<Value>) -> Answer {
    send_with(bmc, method, path, body, &[]).await
}

pub(crate) async fn send_with(
    bmc: &MockBmc,
    method: Method,
    path: &str,
    body: Option<Value>,
    headers: &[(&str, &str)],
) -> Answer {
    send_as(bmc, (bmc.user(), bmc.password()), method, path, body, headers).await
}

pub(crate) async fn send_as(
    bmc: &MockBmc,
    (user, password): (&str, &str),
    method: Method,
    path: &str,
    body: Option<Value>,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = http().request(method, bmc.url() + path);
    if !user.is_empty() {
        request = request.basic_auth(user, Some(password));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.header("Content-Type", "application/json").body(body.to_string());
    }
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

pub(crate) async fn get(bmc: &MockBmc, path: &str) -> Answer {
    send(bmc, Method::GET, path, None).await
}

pub(crate) async fn post(bmc: &MockBmc, path: &str, body: Value) -> Answer {
    send(bmc, Method::POST, path, Some(body)).await
}

pub(crate) async fn patch(bmc: &MockBmc, path: &str, body: Value) -> Answer {
    send(bmc, Method::PATCH, path, Some(body)).await
}

pub(crate) async fn delete(bmc: &MockBmc, path: &str) -> Answer {
    send(bmc, Method::DELETE, path, None).await
}

/// Opens a session without any other credentials.
pub(crate) async fn log_in(bmc: &MockBmc, user: &str, password: &str) -> Answer {
    let body = json!({ "UserName": user, "Password": password });
    send_as(bmc, ("", ""), Method::POST, "/redfish/v1/SessionService/Sessions", Some(body), &[]).await
}

/// Creates the smallest tree with a system and sessions.
pub(crate) fn small_tree() -> Tree {
    Tree::new()
        .with(
            "/redfish/v1",
            json!({
                "@odata.id": "/redfish/v1/", "@odata.type": "#ServiceRoot.v1_17_0.ServiceRoot",
                "Id": "RootService", "Name": "Root",
                "Systems": { "@odata.id": "/redfish/v1/Systems" },
                "Links": { "Sessions": { "@odata.id": "/redfish/v1/SessionService/Sessions" } },
            }),
        )
        .with("/redfish/v1/SessionService", json!({ "Id": "SessionService", "SessionTimeout": 600 }))
        .with(
            "/redfish/v1/SessionService/Sessions",
            json!({ "Name": "Sessions", "Members": [], "Members@odata.count": 0 }),
        )
        .with(
            "/redfish/v1/Systems",
            json!({
                "Name": "Systems", "Members": [{ "@odata.id": "/redfish/v1/Systems/1" }],
                "Members@odata.count": 1,
            }),
        )
        .with(
            "/redfish/v1/Systems/1",
            json!({
                "@odata.type": "#ComputerSystem.v1_22_0.ComputerSystem", "Id": "1", "Name": "One",
                "PowerState": "On",
            }),
        )
}

/// Starts a mock of the small tree without TLS.
pub(crate) async fn small() -> MockBmc {
    MockBmc::builder().tree(small_tree()).plain().start().await.unwrap()
}

/// Starts a mock of the demo tree without TLS.
pub(crate) async fn demo() -> MockBmc {
    MockBmc::builder().plain().start().await.unwrap()
}
