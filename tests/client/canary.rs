//! A canary in each secret: whatever a service does with what it is sent, and under whatever name it keeps a secret, no
//! error, no `Debug` and no line of a log has it.

use std::fmt::{Debug, Write as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use rosefish::event::Subscription;
use rosefish::host::{Host, Protocol, UserRole};
use rosefish::schema::{Bios, ComputerSystem, ManagerAccount};
use rosefish::{Client, ClientBuilder, Credentials, Error, RetryPolicy};
use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Echo, Rule};
use serde_json::{Map, Value, json};

use crate::spans::logged;

/// What every secret of these tests begins with. Base64 has it in three shapes, by where it stands.
const CANARY: &str = "C4n4ryC4n4ry";
/// A secret that is a number.
const NUMBER: u64 = 485_739_573_917;

const SYSTEM: &str = "/redfish/v1/Systems/1";

/// How services spell what is secret.
const SPELLINGS: [&str; 40] = [
    "Password",
    "password",
    "PASSWORD",
    "PassWord",
    "NewPassword",
    "OldPassword",
    "AccountPassword",
    "Users.2.Password",
    "IPMILan.1.EncryptionKey",
    "X-Auth-Token",
    "xAuthToken",
    "AccessToken",
    "refresh_token",
    "BearerToken",
    "Token",
    "SessionToken",
    "Secret",
    "ClientSecret",
    "shared-secret",
    "RadiusSecret",
    "Passphrase",
    "PassPhrase",
    "WifiPassPhrase",
    "EncryptionPassphrase",
    "PrivateKey",
    "private_key",
    "ApiKey",
    "x-api-key",
    "EncryptionKey",
    "AuthenticationKey",
    "SNMPCommunity",
    "CommunityString",
    "snmp_community",
    "PasswordHash",
    "SHA256Password",
    "SHA256PasswordSalt",
    "Salt",
    "Pwd",
    "AdminPwd",
    "Authorization",
];

/// Each spelling, in the places and shapes in which such properties stand.
fn secrets() -> Value {
    let named = |value: Value| -> Map<String, Value> {
        SPELLINGS.iter().map(|name| ((*name).to_owned(), value.clone())).collect()
    };
    let pairs: Vec<_> = SPELLINGS.iter().map(|name| json!({ "Name": name, "Value": CANARY })).collect();
    json!({
        "Attributes": named(CANARY.into()),
        "Oem": { "Contoso": {
            "Deep": [[named(CANARY.into())]],
            "Lists": named(json!([CANARY, { "Value": CANARY }])),
            "Objects": named(json!({ "Value": { "Current": CANARY } })),
            "Numbers": named(NUMBER.into()),
            "Pairs": pairs,
        } },
    })
}

/// All that a program could print.
#[derive(Default)]
struct Shown(String);

impl Shown {
    fn debug(&mut self, value: &impl Debug) {
        writeln!(self.0, "{value:?}\n{value:#?}").unwrap();
    }

    fn error(&mut self, error: &Error) {
        self.debug(error);
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = cause {
            writeln!(self.0, "{error}").unwrap();
            cause = error.source();
        }
        self.debug(&error.messages());
    }

    /// What came of a call.
    fn take<T: Debug>(&mut self, result: &Result<T, Error>) {
        match result {
            Ok(value) => self.debug(value),
            Err(error) => self.error(error),
        }
    }

    #[track_caller]
    fn has_no_secret(&self, token: &str, when: &str) {
        let pair = format!("{USER}:{CANARY}");
        let mut forms = vec![CANARY.to_owned(), NUMBER.to_string(), token.to_owned()];
        // Of a longer text the last characters differ.
        for text in [CANARY, pair.as_str()] {
            for code in [STANDARD.encode(text), STANDARD_NO_PAD.encode(text)] {
                forms.push(code.trim_end_matches('=')[..code.len() / 2].to_owned());
            }
        }
        for form in forms {
            if let Some(place) = self.0.find(&form) {
                let before = self.0[..place].char_indices().rev().nth(300).map_or(0, |(index, _)| index);
                panic!("{when}: {form} is shown: {}", self.0[before..].chars().take(450).collect::<String>());
            }
        }
    }
}

const USER: &str = "operator";

async fn echoing() -> MockBmc {
    let password = format!("{CANARY}-of-the-bmc");
    let mock = MockBmc::builder().plain().credentials(USER, &password).start().await.unwrap();
    let mut system = mock.resource(SYSTEM).unwrap();
    for (name, value) in secrets().as_object().unwrap() {
        system[name] = value.clone();
    }
    mock.set(SYSTEM, system);
    let mut bios = mock.resource("/redfish/v1/Systems/1/Bios").unwrap();
    for (name, value) in secrets()["Attributes"].as_object().unwrap() {
        bios["Attributes"][name] = value.clone();
    }
    mock.set("/redfish/v1/Systems/1/Bios", bios);
    mock
}

fn builder(mock: &MockBmc) -> ClientBuilder {
    let builder = Client::builder(&mock.url()).credentials(Credentials::new(mock.user(), mock.password()));
    builder.default_header("X-Api-Key", &format!("{CANARY}-of-the-gateway")).retry(RetryPolicy::none())
}

/// The verbs that change something, each with a secret in what is sent.
async fn change(bmc: &Client, shown: &mut Shown) {
    let secret = |what: &str| format!("{CANARY}-{what}");
    let system = bmc.get::<ComputerSystem>(SYSTEM).await;
    shown.take(&system);
    if let Ok(system) = system {
        let mut edit = system.edit();
        edit.oem.get_or_insert_default().set("/Contoso/Password", secret("edited")).unwrap();
        edit.asset_tag = Some("rack 7".into());
        shown.debug(&edit);
        shown.debug(&edit.patch());
        shown.take(&edit.commit().await);
        shown.debug(&system.oem);
        shown.debug(&system.deviations());
        let call = system.oem_action("#Contoso.Unlock").parameter("Passphrase", secret("unlocks"));
        shown.debug(&call);
        shown.take(&call.await);
    }
    let account = ManagerAccount {
        user_name: Some("guest".into()),
        password: Some(secret("guest")),
        role_id: Some("ReadOnly".into()),
        ..Default::default()
    };
    shown.debug(&account);
    if let Ok(service) = bmc.root().account_service().await {
        shown.debug(&service);
        let accounts = service.accounts().await;
        shown.take(&accounts);
        if let Ok(accounts) = accounts {
            shown.take(&accounts.create(&account).await);
        }
        let mut edit = service.edit();
        edit.oem.get_or_insert_default().set("/Contoso/Ldap/BindPassword", secret("ldap")).unwrap();
        shown.take(&edit.commit().await);
    }
    let any = bmc.get_any(SYSTEM, None).await;
    shown.take(&any);
    if let Ok(any) = any {
        let mut edit = any.edit();
        let _ = edit.set("/Oem/Contoso/Deep/Secret", secret("untyped"));
        shown.debug(&edit);
        shown.debug(&edit.patch());
        shown.take(&edit.outline().await);
        shown.take(&edit.commit().await);
    }
    let body = json!({ "Password": secret("posted"), "Oem": secrets()["Oem"], "Attributes": secrets()["Attributes"] });
    for request in [
        bmc.post("/redfish/v1/Systems/1/Actions/Oem/Contoso.Unlock", &body),
        bmc.patch("/redfish/v1/Systems/1/Bios/Settings", &body),
        bmc.put("/redfish/v1/Oem/Contoso/Keys", &body).header("X-Secret-Key", &secret("in a header")),
        bmc.delete("/redfish/v1/AccountService/Accounts/9").header("Cookie", &secret("cookie")),
    ] {
        shown.debug(&request);
        shown.take(&request.await);
    }
    if let Ok(bios) = bmc.get::<Bios>("/redfish/v1/Systems/1/Bios").await {
        shown.debug(&bios);
        let call = bios.change_password("Setup", secret("bios"));
        shown.debug(&call);
        shown.take(&call.await);
    }
    if let Ok(service) = bmc.root().update_service().await {
        let call = service.simple_update(format!("https://{CANARY}:{CANARY}@images.example/bmc.bin?token={CANARY}"));
        let call = call.with(|with| {
            with.username = Some("updater".into());
            with.password = Some(secret("image"));
        });
        shown.debug(&call);
        shown.take(&call.await);
        let image = rosefish::UploadImage::from(vec![7; 64]);
        let upload = service.upload("bmc.bin", image).oem_parameters(json!({ "Password": secret("oem") }).to_string());
        shown.take(&upload.await);
    }
    if let Ok(service) = bmc.root().event_service().await {
        let wanted = Subscription::new(format!("https://me:{CANARY}@listener.example/events"), "n7h2");
        shown.debug(&wanted);
        shown.take(&service.subscribe(&wanted).await);
    }
    if let Ok(media) = bmc.virtual_media().await {
        for slot in media.iter().take(1) {
            let insert =
                slot.insert("https://images.example/boot.iso").login("updater", secret("media")).within(Duration::ZERO);
            shown.debug(&insert);
            shown.take(&insert.await);
        }
    }
    shown.take(&bmc.log_in(Credentials::new("guest", secret("guest"))).await);
    shown.take(&bmc.change_password(secret("changed")).await);
    shown.debug(&bmc);
    shown.debug(&bmc.session_token());
}

fn every_change(how: Echo, status: u16) -> Vec<Rule> {
    ["POST", "PATCH", "PUT", "DELETE"].map(|method| Rule::method(method).then(Action::Echo(status, how))).into()
}

#[tokio::test]
async fn no_secret_comes_out_of_a_service_that_repeats_all_it_is_sent() {
    let (log, _guard) = logged();
    for (how, status) in Echo::ALL.into_iter().flat_map(|how| [200, 400, 401].map(|status| (how, status))) {
        let when = format!("{how:?}, {status}");
        let mock = echoing().await;
        let mut shown = Shown::default();
        shown.debug(&builder(&mock));
        let bmc = builder(&mock).connect().await.unwrap();
        let token = bmc.session_token().unwrap().expose().token;
        for rule in every_change(how, status) {
            mock.faults().add(rule);
        }
        change(&bmc, &mut shown).await;
        shown.has_no_secret(&token, &format!("{when}, changes"));
        assert!(shown.0.contains("rack 7"), "what is not a secret is shown");

        mock.faults().clear();
        mock.faults().add(Rule::method("GET").then(Action::Echo(status, how)));
        let mut shown = Shown::default();
        shown.take(&bmc.get::<ComputerSystem>(SYSTEM).await);
        shown.take(&bmc.get_any(SYSTEM, None).await);
        shown.take(&bmc.get_as::<Value>("/redfish/v1/Nothing?token=C4n4ryC4n4ry").await.map(drop));
        shown.take(&bmc.root().systems().await);
        shown.take(&bmc.log_services().await);
        shown.take(&bmc.close().await);
        shown.has_no_secret(&token, &format!("{when}, reads"));

        // Logins, of each kind.
        let mut shown = Shown::default();
        mock.faults().clear();
        for rule in every_change(how, status) {
            mock.faults().add(rule);
        }
        shown.take(&builder(&mock).connect().await);
        mock.faults().add(Rule::method("GET").then(Action::Echo(status, how)));
        shown.take(&builder(&mock).basic_auth().connect().await);
        shown.take(&builder(&mock).bearer_token(format!("{CANARY}-bearer")).connect().await);
        shown.has_no_secret(&token, &format!("{when}, logins"));
    }
    let all = Shown(std::mem::take(&mut *log.text.lock().unwrap()));
    assert!(all.0.contains("/redfish/v1/Systems/1/Bios"), "all of it was logged");
    all.has_no_secret(CANARY, "the log");
}

#[tokio::test]
async fn no_secret_comes_out_of_what_is_done_to_a_host() {
    // What says that it is done is waited for, so once is enough.
    let refused = Echo::ALL.into_iter().flat_map(|how| [400, 500].map(|status| (how, status)));
    for (how, status) in refused.chain([(Echo::Json, 200)]) {
        let when = format!("{how:?}, {status}");
        let mock = echoing().await;
        let mut shown = Shown::default();
        let credentials = Credentials::new(mock.user(), mock.password());
        let host = Host::builder(&mock.url()).protocol(Protocol::Redfish).credentials(credentials);
        let host = host.redfish(|client| client.retry(RetryPolicy::none()));
        shown.debug(&host);
        let host = host.connect().await.unwrap().value;
        shown.debug(&host);
        for rule in every_change(how, status) {
            mock.faults().add(rule);
        }
        shown.take(&host.create_user("guest", format!("{CANARY}-guest"), UserRole::Operator).await);
        shown.take(&host.set_password(USER, format!("{CANARY}-new")).await);
        shown.take(&host.delete_user("guest").await);
        shown.take(&host.users().await);
        shown.take(&host.inventory().await);
        shown.take(&host.bios().await);
        let attributes = [("AdminPwd".to_owned(), format!("{CANARY}-set").into())];
        shown.take(&host.set_bios(attributes.into(), None).await);
        shown.take(&host.clear_event_log().await);
        host.close().await;
        shown.has_no_secret(CANARY, &when);
    }
}

#[test]
fn what_is_looked_for_would_be_found() {
    let shown = |text: &str| {
        let shown = Shown(text.to_owned());
        std::panic::catch_unwind(|| shown.has_no_secret(CANARY, "here")).is_err()
    };
    let basic = STANDARD.encode(format!("{USER}:{CANARY}-of-the-bmc"));
    assert!(shown("x C4n4ryC4n4ry-guest") && shown("n: 485739573917") && shown(&format!("Basic {basic}")));
    assert!(!shown("nothing"));
}
