//! What services answer to a login: wherever they put the session and its token, it is used, ended, and no other is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rosefish::transport::{HttpRequest, HttpResponse};
use rosefish::{Client, Credentials, Error, ErrorKind};
use serde_json::{Value, json};

use crate::memory::{Memory, client, json as answer, with};

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const PASSWORD: &str = "c0rrect-horse";
const TOKEN: &str = "t0ken-of-seven";
/// The session that a login makes.
const OURS: &str = "7";

/// How a service says which session it made, and what it shows.
#[derive(Clone)]
struct Shape {
    location: Option<&'static str>,
    body: &'static str,
    /// The header that the token is in.
    token: Option<&'static str>,
    shows_sessions: bool,
    takes_basic: bool,
}

impl Shape {
    fn new(location: Option<&'static str>, body: &'static str) -> Self {
        Self { location, body, token: Some("x-auth-token"), shows_sessions: true, takes_basic: false }
    }
}

/// A service with a session of its user and one of somebody else, both open before.
struct Service {
    live: Mutex<BTreeMap<String, Value>>,
    /// Whatever was deleted that is not a session.
    lost: Mutex<Vec<String>>,
    shape: Shape,
}

impl Service {
    fn start(shape: Shape) -> (Arc<Self>, Arc<Memory>) {
        let session = |user: &str, hour: u8| json!({ "@odata.type": "#Session.v1_0_0.Session", "UserName": user, "CreatedTime": format!("2026-11-27T{hour:02}:00:00Z") });
        let live = BTreeMap::from([("1".to_owned(), session("other", 1)), ("3".to_owned(), session("me", 3))]);
        let service = Arc::new(Self { live: Mutex::new(live), lost: Mutex::default(), shape });
        let answering = Arc::clone(&service);
        let memory = Memory::new(move |request, _| answering.answer(request));
        (service, memory)
    }

    fn live(&self) -> Vec<String> {
        self.live.lock().unwrap().keys().cloned().collect()
    }

    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, Error> {
        let mut live = self.live.lock().unwrap();
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let basic = Credentials::new("me", PASSWORD);
        let basic = format!("Basic {}", base64(&format!("{}:{PASSWORD}", basic.user())));
        let known = (header("x-auth-token") == TOKEN && live.contains_key(OURS))
            || (self.shape.takes_basic && header("authorization") == basic);
        let path = request.uri().path().trim_end_matches('/');
        let id = path.strip_prefix(SESSIONS).and_then(|rest| rest.strip_prefix('/'));
        match (request.method().as_str(), path, id) {
            ("GET", "/redfish/v1", _) => {
                answer(200, &json!({ "Links": { "Sessions": { "@odata.id": SESSIONS } } }).to_string())
            }
            ("POST", SESSIONS, _) => {
                live.insert(OURS.into(), json!({ "UserName": "me", "CreatedTime": "2026-11-27T07:00:00Z" }));
                let mut made = with(answer(201, self.shape.body), "date", "Fri, 27 Nov 2026 07:00:01 GMT");
                if let Some(location) = self.shape.location {
                    made = with(made, "location", location);
                }
                match self.shape.token {
                    Some(name) => with(made, name, TOKEN),
                    None => made,
                }
            }
            _ if !known => answer(401, ""),
            ("GET", SESSIONS, _) if !self.shape.shows_sessions => answer(403, ""),
            ("GET", SESSIONS, _) => {
                let members: Vec<_> =
                    live.keys().map(|id| json!({ "@odata.id": format!("{SESSIONS}/{id}") })).collect();
                answer(200, &json!({ "Members": members }).to_string())
            }
            ("GET", _, Some(id)) => match live.get(id) {
                Some(session) => answer(200, &session.to_string()),
                None => answer(404, ""),
            },
            ("DELETE", _, Some(id)) => match live.remove(id) {
                Some(_) => answer(204, ""),
                None => answer(404, ""),
            },
            ("DELETE", path, None) => {
                self.lost.lock().unwrap().push(path.to_owned());
                answer(204, "")
            }
            _ => answer(if path == "/redfish/v1/Systems/1" { 200 } else { 404 }, r#"{"Id":"1"}"#),
        }
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

async fn connect(memory: &Arc<Memory>) -> Result<Client, Error> {
    client(memory).credentials(Credentials::new("me", PASSWORD)).connect().await
}

/// `Location` in every shape, and whether it says which session it is.
const LOCATIONS: &[(Option<&str>, bool)] = &[
    (Some("/redfish/v1/SessionService/Sessions/7"), true),
    (Some("/redfish/v1/SessionService/Sessions/7/"), true),
    (Some("/redfish/v1/SessionService/Sessions/7?x=1"), true),
    (Some("/redfish/v1/SessionService/Sessions/7#/Name"), true),
    (Some("https://bmc.example/redfish/v1/SessionService/Sessions/7"), true),
    (Some("https://192.0.2.7:444/redfish/v1/SessionService/Sessions/7"), true),
    (Some("//192.0.2.7/redfish/v1/SessionService/Sessions/7"), true),
    (Some("SessionService/Sessions/7"), true),
    (Some("redfish/v1/SessionService/Sessions/7/"), true),
    (Some("Sessions/7"), true),
    (Some("./7"), true),
    (Some("../Sessions/7"), true),
    (Some("7"), true),
    (Some("7/"), true),
    (Some("7?x"), true),
    (Some("/SessionService/Sessions/7"), true),
    (Some("/redfish/SessionService/Sessions/7"), true),
    (Some("/redfish/v1/Sessions/7"), true),
    (Some("%2Fredfish%2Fv1%2FSessionService%2FSessions%2F7"), true),
    (Some("/redfish/v1/SessionService/Sessions/%37"), true),
    (Some(""), false),
    (Some("/"), false),
    (Some("garbage"), false),
    (Some("https://"), false),
    (Some("/redfish/v1/SessionService/Sessions"), false),
    (Some("/redfish/v1/Systems/Self"), false),
    (None, false),
];

/// Bodies in every shape, and whether they say which session it is.
const BODIES: &[(&str, bool)] = &[
    (r#"{"@odata.id":"/redfish/v1/SessionService/Sessions/7","Id":"7","UserName":"me"}"#, true),
    (r#"{"@odata.id":"/redfish/v1/SessionService/Sessions/7/"}"#, true),
    (r#"{"@odata.id":"https://192.0.2.7/redfish/v1/SessionService/Sessions/7"}"#, true),
    (r#"{"@odata.id":"SessionService/Sessions/7"}"#, true),
    (r#"{"Id":"7"}"#, true),
    (r#"{"Id":7,"@odata.id":"/redfish/v1/SessionService/Sessions"}"#, true),
    (r#"{"Id":"Session","CreatedTime":"2026-11-27T07:00:00Z"}"#, false),
    (r#"{"@odata.id":null,"Id":[]}"#, false),
    ("{}", false),
    ("[]", false),
    ("", false),
    ("not JSON", false),
];

#[tokio::test]
async fn a_session_is_ended_whatever_the_answer_to_the_login_looks_like() {
    for (location, _) in LOCATIONS {
        for (body, _) in BODIES {
            let shape = Shape::new(*location, body);
            for close in [true, false] {
                let (service, memory) = Service::start(shape.clone());
                let bmc = connect(&memory).await.unwrap();
                assert_eq!(service.live(), ["1", "3", "7"]);
                if close {
                    bmc.close().await.unwrap_or_else(|error| panic!("{location:?} {body}: {error}"));
                } else {
                    drop(bmc);
                    while rosefish::logged_out(Duration::from_secs(10)).await > 0 {}
                }
                assert_eq!(service.live(), ["1", "3"], "{location:?} {body}: {:?}", memory.asked());
                assert!(service.lost.lock().unwrap().is_empty(), "{location:?} {body}: {:?}", memory.asked());
            }
        }
    }
}

#[tokio::test]
async fn where_the_sessions_are_not_shown_what_the_answer_says_is_enough_and_nothing_else_is_ended() {
    for (location, located) in LOCATIONS {
        for (body, named) in BODIES {
            let shape = Shape { shows_sessions: false, ..Shape::new(*location, body) };
            let (service, memory) = Service::start(shape);
            let ended = connect(&memory).await.unwrap().close().await;
            if *located || *named {
                ended.unwrap_or_else(|error| panic!("{location:?} {body}: {error}"));
                assert_eq!(service.live(), ["1", "3"], "{location:?} {body}");
            } else {
                // What was not seen is not claimed.
                let error = ended.unwrap_err().to_string();
                assert!(error.contains("not ended"), "{location:?} {body}: {error}");
                assert_eq!(service.live(), ["1", "3", "7"], "{location:?} {body}");
            }
            assert!(service.lost.lock().unwrap().is_empty(), "{location:?} {body}: {:?}", memory.asked());
        }
    }
}

#[tokio::test]
async fn an_answer_of_the_usual_form_takes_no_further_requests() {
    for location in [Some(LOCATIONS[0].0.unwrap()), None] {
        let (_, memory) = Service::start(Shape::new(location, BODIES[0].0));
        connect(&memory).await.unwrap().close().await.unwrap();
        let asked = memory.asked();
        assert_eq!(asked.len(), 3, "{asked:?}");
    }
}

#[tokio::test]
async fn a_token_in_the_body_is_used_if_it_works() {
    for body in [
        r#"{"Token":"t0ken-of-seven","Id":"7"}"#,
        r#"{"token":"t0ken-of-seven"}"#,
        r#"{"X-Auth-Token":"t0ken-of-seven","@odata.id":"/redfish/v1/SessionService/Sessions/7"}"#,
        r#"{"AuthToken":"t0ken-of-seven"}"#,
        r#"{"Token":null,"Oem":{"Acme":{"SessionToken":"t0ken-of-seven"}}}"#,
        r#"{"Token":"another","Oem":{"Acme":[{"auth_token":"t0ken-of-seven"}]}}"#,
    ] {
        let (service, memory) = Service::start(Shape { token: None, ..Shape::new(None, body) });
        let bmc = connect(&memory).await.unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(bmc.session_token().unwrap().expose().token, TOKEN, "{body}");
        bmc.close().await.unwrap();
        assert_eq!(service.live(), ["1", "3"], "{body}");
    }
}

#[tokio::test]
async fn a_session_without_a_token_is_ended_and_basic_takes_its_place() {
    for body in [BODIES[0].0, r#"{"Token":"another","Id":"7"}"#, r#"{"Id":"7"}"#, ""] {
        for location in [LOCATIONS[0].0, Some("Sessions/7")] {
            let shape = Shape { token: None, takes_basic: true, ..Shape::new(location, body) };
            let (service, memory) = Service::start(shape);
            let bmc = connect(&memory).await.unwrap_or_else(|error| panic!("{body}: {error}"));
            assert!(bmc.session_token().is_none());
            assert_eq!(service.live(), ["1", "3"], "{body} {:?}", memory.asked());
            bmc.get_raw(SESSIONS).await.unwrap();
            bmc.close().await.unwrap();

            // And where that is not taken either, the error says what happened and shows nothing of it.
            let shape = Shape { token: None, ..Shape::new(location, body) };
            let (_, memory) = Service::start(shape);
            let error = connect(&memory).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
            let text = format!("{error} {error:?}");
            assert!(text.contains("X-Auth-Token") && !text.contains("another"), "{text}");
            let posts = memory.asked().iter().filter(|line| line.starts_with("POST")).count();
            assert_eq!(posts, 1, "{:?}", memory.asked());
        }
    }
}

/// A service that answers logins like this, and takes Basic or not.
fn refusing(status: u16, body: &'static str, takes_basic: bool) -> Arc<Memory> {
    Memory::new(move |request, _| match (request.method().as_str(), request.uri().path()) {
        ("GET", "/redfish/v1/") => {
            let link = |uri: &str| json!({ "@odata.id": uri });
            let root = json!({ "Links": { "Sessions": link(SESSIONS) }, "Managers": link("/redfish/v1/Managers") });
            answer(200, &root.to_string())
        }
        ("POST", _) => answer(status, body),
        _ if request.headers().contains_key("authorization") && takes_basic => answer(200, "{}"),
        _ => answer(401, "Authorization: Basic bWU6YzBycmVjdC1ob3JzZQ== is wrong"),
    })
}

#[tokio::test]
async fn basic_is_tried_once_where_a_login_is_refused_unless_the_credentials_are_to_blame() {
    const WRONG: &str = r#"{"error":{"code":"Base.1.8.GeneralError","message":"Invalid username or password"}}"#;
    const LOCKED: &str = r#"{"error":{"@Message.ExtendedInfo":[{"MessageId":"Acme.1.0.AccountLocked"}]}}"#;
    const NO_SESSION: &str = r#"{"error":{"@Message.ExtendedInfo":[{"MessageId":"Base.1.8.NoValidSession"}]}}"#;
    for (status, body, basic_sent) in [
        (401, "", 1),
        (401, NO_SESSION, 1),
        (401, "<html>Authorization required", 1),
        (403, "", 1),
        (404, "", 0),
        (405, "", 0),
        (501, "", 0),
        (401, WRONG, 0),
        (403, LOCKED, 0),
        (400, "", 0),
        (500, "", 0),
    ] {
        for takes_basic in [true, false] {
            let memory = refusing(status, body, takes_basic);
            let connected = connect(&memory).await;
            let falls_back = basic_sent == 1 && takes_basic || matches!(status, 404 | 405 | 501);
            assert_eq!(connected.is_ok(), falls_back, "{status} {body} {takes_basic}");
            let asked = memory.asked();
            assert_eq!(asked.len(), 2 + basic_sent, "{status} {body}: {asked:?}");
            match connected {
                Ok(bmc) => {
                    assert_eq!(
                        bmc.get_raw("/redfish/v1/Managers").await.unwrap().status,
                        if takes_basic { 200 } else { 401 }
                    );
                    drop(bmc);
                    assert!(memory.asked().iter().all(|line| !line.starts_with("DELETE")));
                }
                Err(error) => assert_eq!(error.status(), Some(status), "{error}"),
            }
        }
    }
}

#[tokio::test]
async fn no_error_shows_a_password_or_a_token_whatever_the_service_repeats() {
    const BASIC: &str = "bWU6YzBycmVjdC1ob3JzZQ==";
    assert_eq!(base64(&format!("me:{PASSWORD}")), BASIC);
    let bodies = [
        r#"{"UserName":"me","Password":"c0rrect-horse"}"#,
        r#"{"error":{"@Message.ExtendedInfo":[{"MessageId":"Base.1.8.PropertyValueFormatError","MessageArgs":["c0rrect-horse","Password"]}]}}"#,
        r#"{"error":{"message":"c0rrect-horse is the password of me"}}"#,
        r#"{"error":{"@Message.ExtendedInfo":["sent X-Auth-Token: t0ken-of-seven"]}}"#,
        r#"{"Messages":[{"MessageID":"Acme.1.0.Odd","MessageArgs":["Basic bWU6YzBycmVjdC1ob3JzZQ=="]}]}"#,
        "<html><input name='password' value='c0rrect-horse'>",
        "<pre>authorization: Basic bWU6YzBycmVjdC1ob3JzZQ==\n</pre>",
        "user=me&password=c0rrect-horse",
        "x-auth-token=t0ken-of-seven",
        "what t0ken-of-seven is this?",
        "\"{\\\"Password\\\":\\\"c0rrect-horse\\\"}\"",
    ];
    let shown = |error: &Error| format!("{error} {error:?} {:?}", error.messages());
    for body in bodies {
        for status in [200, 400, 401, 403, 404, 409, 500, 503] {
            // To the login itself, and to what follows it.
            let texts = [connect(&refusing(status, body, false)).await.map(drop), {
                let memory = Memory::new(move |request, _| match (request.method().as_str(), request.uri().path()) {
                    ("POST", SESSIONS) => {
                        with(with(answer(201, "{}"), "x-auth-token", TOKEN), "location", &format!("{SESSIONS}/7"))
                    }
                    ("DELETE", SESSIONS) | ("GET", "/redfish/v1/") => {
                        answer(200, r#"{"SessionService":{"@odata.id":"/redfish/v1/SessionService"}}"#)
                    }
                    ("DELETE", _) => answer(204, ""),
                    _ => answer(status, body),
                });
                let bmc = client(&memory)
                    .credentials(Credentials::new("me", PASSWORD))
                    .retry(rosefish::RetryPolicy::none())
                    .connect()
                    .await
                    .unwrap();
                bmc.get::<rosefish::schema::Chassis>("/redfish/v1/Chassis/1").await.map(drop)
            }];
            for (number, result) in texts.iter().enumerate() {
                let Some(text) = result.as_ref().err().map(shown) else { continue };
                for secret in [PASSWORD, BASIC, "c0rrect"] {
                    assert!(!text.contains(secret), "{status} {body}: {text}");
                }
                // Before there is a session, a token is known by its name alone.
                let named = body.to_ascii_lowercase().contains("x-auth-token");
                assert!(!text.contains(TOKEN) || (number == 0 && !named), "{status} {body}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_password_that_is_being_set_is_not_shown_either() {
    let memory = Memory::new(|request, _| match request.method().as_str() {
        "GET" => answer(
            200,
            r#"{"AccountService":{"@odata.id":"/a"},"Accounts":{"@odata.id":"/c"},"Members":[{"@odata.id":"/m"}],"UserName":"me"}"#,
        ),
        _ => answer(400, r#"{"error":{"message":"brand-n3w is too short a password"}}"#),
    });
    let bmc = client(&memory).credentials(Credentials::new("me", PASSWORD)).basic_auth().connect().await.unwrap();
    let error = bmc.change_password("brand-n3w").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("brand-n3w"), "{error}");
    assert!(error.to_string().contains("too short"), "{error}");
}
