//! A NATS server of the test's own, machines, and workers.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rosefish_mock::{Crowd, MockBmc, Tree};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::program::program;

/// The password that must not be seen by anyone who listens at the server.
pub(crate) const PASSWORD: &str = "0nly-workers-know";

/// A folder that is removed when this is dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rosefish-nats-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, mode).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Returns a port that nobody listens at, and that systems don't give out: another program would get it while a server is down.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 9000).unwrap();
    let ports = std::iter::repeat_with(|| 20_000 + (first + 13 * NEXT.fetch_add(1, Ordering::Relaxed)) % 9000);
    ports.take(9000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// Returns whether a NATS server, and nothing else, answers there.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut greeting = [0; 5];
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    stream.read_exact(&mut greeting).is_ok() && greeting == *b"INFO "
}

/// A NATS server on loopback, which keeps what it has in a folder.
pub(crate) struct Nats {
    child: Child,
    port: u16,
    arguments: Vec<String>,
    /// The scheme that it is reached by.
    pub(crate) scheme: &'static str,
}

impl Nats {
    /// Starts it with JetStream.
    pub(crate) fn start(folder: &Folder) -> Self {
        let kept = folder.0.join("kept");
        Self::with(&["-js", "-sd", kept.to_str().unwrap()], "nats")
    }

    pub(crate) fn with(arguments: &[&str], scheme: &'static str) -> Self {
        let port = free_port();
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let child = Self::spawn(port, &arguments);
        Self { child, port, arguments, scheme }
    }

    fn spawn(port: u16, arguments: &[String]) -> Child {
        let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
        let mut child = Command::new("nats-server")
            .args(["-a", "127.0.0.1", "-p", &port.to_string()])
            .args(arguments)
            .env("PATH", path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server (Debian's package nats-server)");
        wait_for("nats-server", || {
            assert_eq!(child.try_wait().unwrap(), None, "nats-server could not listen at port {port}");
            answers(port)
        });
        child
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// Ends it, and starts it again with what it has in its folder.
    pub(crate) fn restart(&mut self) {
        end(&mut self.child);
        std::thread::sleep(Duration::from_millis(700));
        self.child = Self::spawn(self.port, &self.arguments);
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Waits until a condition holds.
#[track_caller]
pub(crate) fn wait_for(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < Duration::from_secs(120), "{what}: not so after 120 s");
        std::thread::sleep(Duration::from_millis(15));
    }
}

fn machine() -> Tree {
    let link = |uri: &str| json!({ "@odata.id": uri });
    let sessions = "/redfish/v1/SessionService/Sessions";
    Tree::new()
        .with(
            "/redfish/v1",
            json!({
                "@odata.type": "#ServiceRoot.v1_16_0.ServiceRoot", "Id": "Root", "Name": "Root", "RedfishVersion": "1.16.0",
                "Systems": link("/redfish/v1/Systems"), "SessionService": link("/redfish/v1/SessionService"),
                "Links": { "Sessions": link(sessions) },
            }),
        )
        .with("/redfish/v1/SessionService", json!({ "Id": "S", "Name": "S", "Sessions": link(sessions) }))
        .with(sessions, json!({ "Name": "Sessions", "Members": [], "Members@odata.count": 0 }))
        .with("/redfish/v1/Systems", json!({ "Name": "Systems", "Members": [link("/redfish/v1/Systems/1")] }))
        .with(
            "/redfish/v1/Systems/1",
            json!({
                "@odata.type": "#ComputerSystem.v1_22_0.ComputerSystem", "Id": "1", "Name": "System", "PowerState": "On",
                "Status": { "State": "Enabled", "Health": "OK" },
                "Actions": { "#ComputerSystem.Reset": {
                    "target": RESET,
                    "ResetType@Redfish.AllowableValues": ["On", "ForceOff", "GracefulShutdown", "ForceRestart"],
                } },
            }),
        )
}

const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";

/// Starts machines that answer with this latency.
pub(crate) fn machines(runtime: &Runtime, count: usize, latency: Duration) -> Vec<MockBmc> {
    let crowd = Crowd::new(1).unwrap();
    let one = || {
        let builder = MockBmc::builder().crowd(&crowd).tree(machine()).plain().latency(latency);
        builder.credentials("admin", PASSWORD).start()
    };
    (0..count).map(|_| runtime.block_on(one()).unwrap()).collect()
}

/// Returns how many resets were sent to a machine.
pub(crate) fn resets(bmc: &MockBmc) -> usize {
    bmc.requests().to("POST", RESET).len()
}

/// Returns the program without passwords: a submitter has none.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = program(arguments);
    command.env_remove("ROSEFISH_PASSWORD");
    for variable in ["ROSEFISH_NATS", "ROSEFISH_NATS_CREDS", "ROSEFISH_NATS_USER", "ROSEFISH_NATS_PASSWORD"] {
        command.env_remove(variable);
    }
    command
}

/// A worker, which ends with the test.
pub(crate) struct Worker(pub(crate) Child);

impl Worker {
    pub(crate) fn start(nats: &Nats, inventory: &str, arguments: &[&str]) -> Self {
        let url = nats.url();
        let mut command = bare(&[&["fleet", "worker", "--hosts", inventory, "--nats", &url], arguments].concat());
        command.env("ROSEFISH_PASSWORD", PASSWORD).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Waits until it prints something: it is ready then.
        let mut said = [0; 16];
        child.stderr.as_mut().unwrap().read_exact(&mut said).unwrap();
        Self(child)
    }

    pub(crate) fn send(&self, signal: &str) {
        assert!(
            Command::new("sh")
                .args(["-c", "kill \"$@\"", "kill", signal, &self.0.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits until it ends, and returns its exit code and what it printed.
    pub(crate) fn said(mut self) -> (Option<i32>, String) {
        let mut text = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (self.0.wait().unwrap().code(), text)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

pub(crate) fn submit(nats: &Nats, arguments: &[&str]) -> Command {
    bare(&[&["fleet", "submit", "--nats", &nats.url()], arguments].concat())
}

/// Starts a command whose output is kept.
pub(crate) fn started(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns the results that the server keeps, after checking that each was written once.
pub(crate) async fn kept(nats: &Nats) -> Vec<Value> {
    let client = async_nats::connect(nats.url()).await.unwrap();
    let context = async_nats::jetstream::new(client);
    let bucket = context.get_key_value("rosefish-results").await.unwrap();
    let keys: Vec<String> = futures_util::TryStreamExt::try_collect(bucket.keys().await.unwrap()).await.unwrap();
    let mut all = Vec::new();
    for key in &keys {
        all.push(serde_json::from_slice(&bucket.get(key).await.unwrap().unwrap()).unwrap());
    }
    // Nothing was ever overwritten.
    let state = context.get_stream("KV_rosefish-results").await.unwrap().cached_info().state.clone();
    assert_eq!((state.messages, state.last_sequence), (all.len() as u64, all.len() as u64));
    all
}

/// Returns whether a file below a folder contains a text.
pub(crate) fn is_in_files(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => is_in_files(&path, text),
            false => std::fs::read(&path).unwrap().windows(text.len()).any(|window| window == text.as_bytes()),
        }
    })
}
