//! What a log says of requests: a span for each, and no secret at any level.

use std::collections::HashMap;
use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use rosefish::schema::ManagerAccount;
use rosefish::walk::Walk;
use rosefish::{Client, Credentials};
use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Rule};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use crate::builder;

type Fields = Vec<(&'static str, String)>;

/// Keeps all that is logged: each line with its fields and those of the spans that it is in.
#[derive(Default)]
pub(crate) struct Log {
    next: AtomicU64,
    spans: Mutex<HashMap<u64, (&'static str, Fields)>>,
    inside: Mutex<Vec<u64>>,
    lines: Mutex<Vec<Line>>,
    /// All that was ever recorded, in whatever form.
    pub(crate) text: Mutex<String>,
}

#[derive(Clone, Debug)]
struct Line {
    target: String,
    span: Option<&'static str>,
    fields: Fields,
}

impl Line {
    fn get(&self, name: &str) -> &str {
        self.fields.iter().rev().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
    }
}

struct Collect<'a>(&'a mut Fields);

impl Visit for Collect<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name(), format!("{value:?}")));
    }
}

impl Log {
    fn note(&self, fields: &Fields) {
        let mut text = self.text.lock().unwrap();
        for (name, value) in fields {
            writeln!(text, "{name}={value}").unwrap();
        }
    }
}

struct Handle(Arc<Log>);

impl Subscriber for Handle {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Collect(&mut fields));
        self.0.note(&fields);
        let id = self.0.next.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.spans.lock().unwrap().insert(id, (span.metadata().name(), fields));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::new();
        values.record(&mut Collect(&mut fields));
        self.0.note(&fields);
        if let Some((_, all)) = self.0.spans.lock().unwrap().get_mut(&span.into_u64()) {
            all.extend(fields);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let spans = self.0.spans.lock().unwrap();
        let inside = self.0.inside.lock().unwrap();
        let span = inside.last().and_then(|id| spans.get(id));
        let mut fields = span.map(|(_, fields)| fields.clone()).unwrap_or_default();
        event.record(&mut Collect(&mut fields));
        self.0.note(&fields);
        let target = event.metadata().target().to_owned();
        self.0.lines.lock().unwrap().push(Line { target, span: span.map(|(name, _)| *name), fields });
    }

    fn enter(&self, span: &Id) {
        self.0.inside.lock().unwrap().push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.0.inside.lock().unwrap().pop();
    }
}

pub(crate) fn logged() -> (Arc<Log>, tracing::subscriber::DefaultGuard) {
    // While there is but one subscriber, `tracing` asks that of the thread which first comes by a place, and other tests' threads have
    // none: what is logged there would be off for all.
    static OTHER: OnceLock<Dispatch> = OnceLock::new();
    OTHER.get_or_init(|| Dispatch::new(Handle(Arc::default())));
    let log = Arc::new(Log::default());
    let guard = tracing::subscriber::set_default(Handle(Arc::clone(&log)));
    (log, guard)
}

#[tokio::test]
async fn each_request_to_each_bmc_is_a_line_that_says_which_and_how_it_went_and_no_secret() {
    let (log, _guard) = logged();
    let start = || MockBmc::builder().credentials("admin", "p4ss-of-the-bmc");
    let mocks = [start().start().await.unwrap(), start().plain().start().await.unwrap()];
    let mut secrets = vec!["Gu3st-Gu3st".to_owned(), "k3y-of-the-gateway".to_owned()];
    let (mut expected, mut visited) = (0, 0);
    let mut origins = Vec::new();
    for mock in &mocks {
        let bmc = builder(mock).default_header("X-Api-Key", "k3y-of-the-gateway").connect().await.unwrap();
        origins.push(bmc.origin().to_owned());
        secrets.push(mock.password().to_owned());
        secrets.push(bmc.session_token().unwrap().expose().token);
        let mut walk = Walk::new(&bmc).visits();
        while let Some(found) = walk.next().await {
            visited += usize::from(found.resource.is_ok());
        }
        // A password on its way out and, as some services repeat it, back.
        let repeat =
            Action::json(400, serde_json::json!({ "error": { "message": "Password Gu3st-Gu3st is too simple" } }));
        mock.faults().add(Rule::on("POST", "/redfish/v1/AccountService/Accounts").then(repeat));
        let account = ManagerAccount {
            user_name: Some("guest".into()),
            password: Some("Gu3st-Gu3st".into()),
            role_id: Some("ReadOnly".into()),
            ..Default::default()
        };
        let accounts = bmc.root().account_service().await.unwrap().accounts().await.unwrap();
        accounts.create(&account).await.unwrap_err();
        mock.faults().add(Rule::on("GET", "/redfish/v1/Chassis").times(1).then(Action::Status(503)));
        bmc.root().chassis().await.unwrap();
        bmc.close().await.unwrap();
        expected += mock.request_count();
    }

    let lines = log.lines.lock().unwrap().clone();
    let requests: Vec<_> = lines.iter().filter(|line| line.get("message") == "answered").collect();
    assert_eq!(requests.len(), expected, "a line for each request");
    assert!(visited > 200, "{visited}");
    for line in &requests {
        assert!(origins.iter().any(|origin| origin == line.get("origin")), "{line:?}");
        assert!(line.get("status").parse::<u16>().is_ok_and(|status| status >= 200), "{line:?}");
        assert!(line.get("elapsed").ends_with('s') && line.get("path").starts_with("/redfish/v1"), "{line:?}");
        assert!(!line.get("method").is_empty() && line.span == Some("request"), "{line:?}");
    }
    let again: Vec<_> = requests.iter().filter(|line| line.get("attempt") == "2").collect();
    assert_eq!(again.len(), mocks.len(), "the chassis of each: {again:?}");
    for line in lines.iter().filter(|line| line.target.starts_with("rosefish::")) {
        assert!(!line.get("origin").is_empty(), "which one is it about? {line:?}");
    }
    let bodies = lines.iter().filter(|line| !line.get("body").is_empty()).count();
    assert!(bodies > expected - 20, "bodies are shown: {bodies}");
    let text = log.text.lock().unwrap();
    assert!(text.contains("\"UserName\":\"guest\"") && text.contains("***"), "what is not a secret is shown");
    for secret in &secrets {
        assert!(!text.contains(secret.as_str()), "{secret} is shown");
    }
}

#[tokio::test]
async fn a_request_that_fails_or_is_given_up_is_a_line_as_well() {
    let (log, _guard) = logged();
    let error = Client::builder("http://127.0.0.1:9").credentials(Credentials::new("u", "p")).connect().await;
    error.unwrap_err();
    let mock = MockBmc::builder().plain().start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    mock.faults().add(Rule::on("GET", "/redfish/v1/Chassis").then(Action::Hang));
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(50), bmc.get_raw("/redfish/v1/Chassis")).await;
    given_up.unwrap_err();
    let lines = log.lines.lock().unwrap();
    let line = |how: &str| lines.iter().find(|line| line.get("message") == how).unwrap();
    assert_eq!(line("failed").get("origin"), "http://127.0.0.1:9/");
    assert!(!line("failed").get("error").is_empty());
    assert_eq!(line("given up").get("path"), "/redfish/v1/Chassis");
    assert!(lines.iter().all(|line| line.span.is_none() || !line.get("origin").is_empty()), "{lines:?}");
}
