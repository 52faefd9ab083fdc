//! What a fleet costs: power state and health of 100 and 1,000 BMCs, beside a loop over the same URLs with reqwest alone.
//! `cargo bench --bench fleet`; `-- 10000` for other numbers. Ends with an error where a promise is not kept.
//!
//! The BMCs are one process, each measurement is a process of its own. They have one certificate, which both sides trust as a root and
//! verify: without that, reqwest verifies nothing, and rosefish still the signature of each handshake.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use rosefish::fleet::Fleet;
use rosefish::host::{Host, HostBuilder, Protocol};
use rosefish::{Credentials, Error};
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{Certificate, Crowd, MockBmc, Tree};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// Hosts at a time.
const AT_A_TIME: usize = 256;
/// How often both sides are measured, in turn: what counts is the round whose ratio is in the middle.
const ROUNDS: usize = 5;
/// How long one host may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// As many as are opened at a time to see what they hold once they are open: what a login takes while it is under way is not theirs.
const OPENED_AT_A_TIME: usize = 16;
/// How many are held open: the BMCs and their connections share the descriptors of a process.
const MOST_HELD: usize = 9000;

const LEAST_RATE: f64 = 0.8;
const MOST_MEMORY: f64 = 64.0;
const MOST_GROWTH: f64 = 1.3;
const MOST_SLOWER: f64 = 1.2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let _ = rustls::crypto::ring::default_provider().install_default();
    match words[..] {
        ["serve", count, flawed] => serve(count.parse().expect("a number"), flawed == "flawed"),
        ["measure", what] => measure(what),
        _ => {
            let numbers: Vec<usize> = words.iter().map(|word| word.parse().expect("a number of BMCs")).collect();
            return compare(if numbers.is_empty() { &[100, 1000] } else { &numbers });
        }
    }
    ExitCode::SUCCESS
}

/// Measures and shows everything, and holds it against what is promised.
fn compare(numbers: &[usize]) -> ExitCode {
    let mut kept = true;
    let mut promise = |what: &str, is_kept: bool| {
        if !is_kept {
            println!("NOT KEPT: {what}");
            kept = false;
        }
    };
    println!(
        "{:>6}  {:>9} {:>9} {:>6}  {:>8}  {:>8} {:>8} {:>8}",
        "BMCs", "reqwest/s", "fleet/s", "ratio", "flawed", "reqwest", "fleet", "beyond"
    );
    let (mut times, mut memories) = (Vec::new(), Vec::new());
    for count in numbers {
        let mut server = Server::start(*count, false);
        let rounds = (0..ROUNDS).map(|_| (server.measure("bare"), server.measure("fleet"))).collect();
        let (bare, fleet) = middle(rounds);
        promise("every host has its result", bare.well == *count && fleet.well == *count);
        if bare.well != *count || fleet.well != *count {
            println!("{bare:?}\n{fleet:?}");
        }
        promise("no session is left", server.ask("sessions") == "0");
        let holds = (*count).min(MOST_HELD);
        server.hosts.truncate(holds);
        let (held_bare, held) = (server.measure("hold-bare"), server.measure("hold-fleet"));
        promise("no session is left", server.ask("sessions") == "0");
        drop(server);
        let flawed = Server::start(*count, true).measure("fleet");
        let well = *count - (*count / 20) - (*count / 100);
        promise(
            "the healthy and the slow are read, all others are named",
            flawed.well == well && flawed.ill == count - well,
        );
        promise("the deadline of each host", flawed.seconds < fleet.seconds + 2.0 * DEADLINE.as_secs_f64());
        let per_host = |measured: &Measured| measured.kib / holds as f64;
        let (ratio, beyond) = (fleet.rate() / bare.rate(), per_host(&held) - per_host(&held_bare));
        println!(
            "{count:>6}  {:>9.0} {:>9.0} {ratio:>6.2}  {:>7.2}x  {:>4.1} KiB {:>4.1} KiB {beyond:>4.1} KiB",
            bare.rate(),
            fleet.rate(),
            flawed.healthy / fleet.seconds,
            per_host(&held_bare),
            per_host(&held),
        );
        // Some hundred take a twentieth of a second, which says little.
        promise("requests per second, of those of reqwest alone", *count < 1000 || ratio >= LEAST_RATE);
        promise("memory per host, beyond the connection", beyond <= MOST_MEMORY);
        promise(
            "time of the healthy ones among others",
            *count < 1000 || flawed.healthy <= fleet.seconds * MOST_SLOWER,
        );
        times.push(fleet.seconds / *count as f64);
        memories.push(per_host(&held));
    }
    let growth = |all: &[f64]| all.iter().copied().fold(0.0, f64::max) / all.iter().copied().fold(f64::MAX, f64::min);
    println!(
        "growth per host from one number to the next: time {:.2}x, memory {:.2}x",
        growth(&times),
        growth(&memories)
    );
    promise("time per host", growth(&times) <= MOST_GROWTH);
    promise("memory per host", growth(&memories) <= MOST_GROWTH);
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The round in the middle by its ratio; one in which a host had no result, if there is any.
fn middle(mut rounds: Vec<(Measured, Measured)>) -> (Measured, Measured) {
    let ratio = |(bare, fleet): &(Measured, Measured)| fleet.rate() / bare.rate();
    rounds.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
    let is_short = |round: &&(Measured, Measured)| round.0.ill > 0 || round.0.well != round.1.well;
    rounds.iter().find(is_short).copied().unwrap_or(rounds[rounds.len() / 2])
}

/// What a process has measured.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    seconds: f64,
    /// When the last one was done with that is well.
    healthy: f64,
    requests: usize,
    well: usize,
    ill: usize,
    /// How much the process has grown.
    kib: f64,
}

impl Measured {
    fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

/// The process with the BMCs.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    hosts: Vec<String>,
}

impl Server {
    fn start(count: usize, flawed: bool) -> Self {
        let count = count.to_string();
        let mut child = ourselves(&["serve", &count, if flawed { "flawed" } else { "well" }]);
        let input = child.stdin.take().expect("it has one");
        let mut output = BufReader::new(child.stdout.take().expect("it has one"));
        let hosts = line(&mut output).split(' ').map(str::to_owned).collect();
        Self { child, input, output, hosts }
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.input, "{what}").expect("it listens");
        line(&mut self.output)
    }

    /// Measures in a process of its own.
    fn measure(&mut self, what: &str) -> Measured {
        let mut child = ourselves(&["measure", what]);
        let (urls, pem) = (self.ask("urls"), self.ask("pem"));
        writeln!(child.stdin.take().expect("it has one"), "{}\n{urls}\n{pem}", self.hosts.join(" "))
            .expect("it listens");
        let answer = line(&mut BufReader::new(child.stdout.take().expect("it has one")));
        child.wait().expect("it ends");
        let numbers: Vec<f64> = answer.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [seconds, healthy, requests, well, ill, kib] = numbers[..] else { panic!("{what}: {answer}") };
        Measured { seconds, healthy, requests: requests as usize, well: well as usize, ill: ill as usize, kib }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = writeln!(self.input, "end");
        let _ = self.child.wait();
    }
}

fn ourselves(arguments: &[&str]) -> Child {
    let program = std::env::current_exe().expect("a program");
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts")
}

fn line(from: &mut impl std::io::BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("it answers");
    line.trim_end().to_owned()
}

/// A machine with what power state and health are read from.
fn machine() -> Tree {
    let status = json!({ "State": "Enabled", "Health": "OK", "HealthRollup": "OK" });
    let link = |uri: &str| json!({ "@odata.id": uri });
    let list = |kind: &str, uri: &str| json!({ "@odata.id": uri, "@odata.type": format!("#{kind}Collection.{kind}Collection"), "Name": kind, "Members": [link(&format!("{uri}/1"))], "Members@odata.count": 1 });
    Tree::new()
        .with("/redfish/v1", json!({
            "@odata.id": "/redfish/v1/", "@odata.type": "#ServiceRoot.v1_16_0.ServiceRoot", "Id": "RootService", "Name": "Root",
            "RedfishVersion": "1.16.0", "Systems": link("/redfish/v1/Systems"),
            "SessionService": link("/redfish/v1/SessionService"), "Links": { "Sessions": link("/redfish/v1/SessionService/Sessions") },
        }))
        .with("/redfish/v1/SessionService", json!({
            "@odata.id": "/redfish/v1/SessionService", "@odata.type": "#SessionService.v1_1_9.SessionService", "Id": "SessionService",
            "Name": "Sessions", "Sessions": link("/redfish/v1/SessionService/Sessions"), "SessionTimeout": 600,
        }))
        .with("/redfish/v1/SessionService/Sessions", json!({
            "@odata.id": "/redfish/v1/SessionService/Sessions", "@odata.type": "#SessionCollection.SessionCollection", "Name": "Sessions",
            "Members": [], "Members@odata.count": 0,
        }))
        .with("/redfish/v1/Systems", list("ComputerSystem", "/redfish/v1/Systems"))
        .with("/redfish/v1/Systems/1", json!({
            "@odata.id": "/redfish/v1/Systems/1", "@odata.type": "#ComputerSystem.v1_22_0.ComputerSystem", "Id": "1", "Name": "System",
            "PowerState": "On", "Status": status, "Manufacturer": "Contoso", "Model": "3500", "SerialNumber": "437XR1138R2",
            "ProcessorSummary": { "Count": 2, "Model": "Multi-Core", "Status": status },
            "MemorySummary": { "TotalSystemMemoryGiB": 256, "Status": status },
        }))
}

fn is_slow(number: usize) -> bool {
    number % 20 == 13
}

/// The process with the BMCs: prints where they are, then answers questions, a line each.
fn serve(count: usize, flawed: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let crowd = Crowd::new(2).expect("threads");
    let (certificate, tree) = (Certificate::self_signed().expect("a certificate"), machine());
    let (mut bmcs, mut dead) = (Vec::new(), Vec::new());
    let mut addresses = Vec::new();
    for number in 0..count {
        let mut builder = MockBmc::builder().crowd(&crowd).tree(tree.clone()).certificate(certificate.clone());
        // Spread among the others: 1 in 20 is dead, 1 in 20 slow, 1 in 100 talks nonsense.
        let is_dead = flawed && number % 20 == 7;
        if flawed && is_slow(number) {
            builder = builder.latency(Duration::from_millis(300));
        }
        let bmc = runtime.block_on(builder.start()).expect("a BMC");
        if flawed && number % 100 == 50 {
            bmc.faults().add(Rule::any().then(Action::Garbage));
        }
        addresses.push(bmc.url());
        if is_dead { &mut dead } else { &mut bmcs }.push(bmc);
    }
    // Not before: another one would get the port.
    drop(dead);
    println!("{}", addresses.join(" "));
    for question in std::io::stdin().lock().lines().map_while(Result::ok) {
        match question.as_str() {
            "sessions" => println!("{}", bmcs.iter().map(MockBmc::sessions).sum::<usize>()),
            // What a fleet asks of each host: of one that was not asked before.
            "urls" => println!("{}", urls(&runtime, &bmcs[0])),
            // On one line.
            "pem" => println!("{}", bmcs[0].certificate_pem().expect("it has one").replace('\n', "|")),
            _ => break,
        }
    }
    // Taking them down one by one would be slow.
    std::process::exit(0);
}

fn urls(runtime: &tokio::runtime::Runtime, bmc: &MockBmc) -> String {
    bmc.clear_requests();
    let pem = bmc.certificate_pem().expect("it has one");
    let mut run = Fleet::new([host(&bmc.url(), pem)]).run(ask);
    let done = runtime.block_on(run.next()).expect("one");
    done.result.expect("it is well");
    let requests = bmc.requests();
    let lines = requests.iter().map(|request| format!("{}={}", request.method(), request.path()));
    lines.collect::<Vec<_>>().join(" ")
}

fn host(address: &str, pem: &str) -> HostBuilder {
    let pem = pem.to_owned();
    Host::builder(address)
        .protocol(Protocol::Redfish)
        .credentials(Credentials::new(rosefish_mock::DEFAULT_USER, rosefish_mock::DEFAULT_PASSWORD))
        .redfish(move |builder| builder.ca_pem(pem.clone()))
}

/// Power state and health.
async fn ask(host: Host) -> Result<usize, Error> {
    let states = host.power_states().await?.value;
    let health = host.health(None).await?.value;
    assert!(states.items.len() == 1 && health.seen > 0, "{states:?} {health:?}");
    Ok(1)
}

/// Reads where the BMCs are and what is asked of them, measures, and prints that as numbers.
fn measure(what: &str) {
    let mut input = BufReader::new(std::io::stdin());
    let hosts: Vec<String> = line(&mut input).split(' ').map(str::to_owned).collect();
    let urls: Vec<(Method, String)> = line(&mut input)
        .split(' ')
        .filter_map(|request| request.split_once('='))
        .map(|(method, path)| (method.parse().expect("a method"), path.to_owned()))
        .collect();
    let pem = line(&mut input).replace('|', "\n");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    // What a program has once, however many hosts there are, is not theirs.
    let one: Vec<String> = hosts.iter().take(1).cloned().collect();
    runtime.block_on(async {
        match what {
            "bare" | "hold-bare" => bare(one, urls.clone().into(), &pem, false).await,
            _ => fleet(one, urls.len(), &pem).await,
        }
    });
    let before = resident();
    let begin = Instant::now();
    let each = urls.len();
    let mut measured = runtime.block_on(async {
        match what {
            "bare" => bare(hosts, urls.into(), &pem, false).await,
            "hold-bare" => bare(hosts, urls.into_iter().take(2).collect(), &pem, true).await,
            "fleet" => fleet(hosts, each, &pem).await,
            _ => hold(hosts, &pem).await,
        }
    });
    measured.seconds = begin.elapsed().as_secs_f64();
    if measured.kib == 0.0 {
        measured.kib = resident() - before;
    } else {
        measured.kib -= before;
    }
    // The sessions of hosts that were given up are ended in the background.
    let left = runtime.block_on(rosefish::logged_out(DEADLINE));
    assert_eq!(left, 0, "sessions are left");
    let Measured { seconds, healthy, requests, well, ill, kib } = measured;
    println!("{seconds} {healthy} {requests} {well} {ill} {kib}");
}

async fn fleet(hosts: Vec<String>, each: usize, pem: &str) -> Measured {
    let begin = Instant::now();
    let pem = pem.to_owned();
    let fleet = Fleet::new(hosts.into_iter().map(move |address| host(&address, &pem)));
    let mut run = fleet.concurrency(AT_A_TIME).host_deadline(DEADLINE).run(ask);
    let mut measured = Measured::default();
    while let Some(done) = run.next().await {
        match done.result {
            Ok(_) => {
                measured.well += 1;
                measured.requests += each;
                if !is_slow(done.index) {
                    measured.healthy = begin.elapsed().as_secs_f64();
                }
            }
            Err(error) => {
                assert!(!error.report().is_empty(), "it says why");
                measured.ill += 1;
                if std::env::var_os("SHOW_ERRORS").is_some() {
                    eprintln!("{}: {}", done.host, error.report());
                }
            }
        }
    }
    measured
}

/// Connects to all and keeps the connections.
async fn hold(hosts: Vec<String>, pem: &str) -> Measured {
    let pem = pem.to_owned();
    let fleet = Fleet::new(hosts.into_iter().map(move |address| host(&address, &pem)));
    let mut run =
        fleet.concurrency(OPENED_AT_A_TIME).run_unconnected(|host| async move { Ok(host.connect().await?.value) });
    let mut open = Vec::new();
    while let Some(done) = run.next().await {
        open.push(done.result.expect("it is well"));
    }
    let kib = resident();
    let well = open.len();
    let closed = open.into_iter().map(|host| async move { host.close().await });
    futures_util::future::join_all(closed).await;
    Measured { well, kib, ..Measured::default() }
}

/// The same requests by reqwest alone; with `holds`, the connections are kept until all have been there.
async fn bare(hosts: Vec<String>, urls: Arc<[(Method, String)]>, pem: &str, holds: bool) -> Measured {
    let root = reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate");
    let builder = reqwest::Client::builder().tls_certs_only([root]).no_proxy();
    let client = builder.http1_only().build().expect("a client");
    let turns = Arc::new(Semaphore::new(if holds { OPENED_AT_A_TIME } else { AT_A_TIME }));
    let (requests, well) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    let tokens = Arc::new(std::sync::Mutex::new(Vec::new()));
    for host in hosts {
        let turn = Arc::clone(&turns).acquire_owned().await.expect("it is open");
        let (client, urls, requests, well) =
            (client.clone(), Arc::clone(&urls), Arc::clone(&requests), Arc::clone(&well));
        let tokens = Arc::clone(&tokens);
        tasks.spawn(async move {
            let _turn = turn;
            let mut session = None;
            for (method, path) in urls.iter() {
                let is_login = *method == Method::POST;
                let uri = match (&session, *method == Method::DELETE) {
                    (Some((_, uri)), true) => uri,
                    _ => path,
                };
                let mut request = client.request(method.clone(), format!("{host}{uri}"));
                if let Some((token, _)) = &session {
                    request = request.header("X-Auth-Token", token);
                }
                if *method == Method::DELETE {
                    // A fleet keeps no connection to a host that it is done with, either.
                    request = request.header("Connection", "close");
                }
                if is_login {
                    let login =
                        json!({ "UserName": rosefish_mock::DEFAULT_USER, "Password": rosefish_mock::DEFAULT_PASSWORD });
                    request = request.header("Content-Type", "application/json").body(login.to_string());
                }
                let answer = match request.send().await {
                    Ok(answer) => answer,
                    Err(error) => {
                        eprintln!("{host}{uri}: {error:?}");
                        return;
                    }
                };
                requests.fetch_add(1, Ordering::Relaxed);
                let header =
                    |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
                if is_login {
                    session = header("X-Auth-Token").zip(header("Location"));
                }
                let Ok(body) = answer.bytes().await else { return };
                let _: Value = serde_json::from_slice(&body).unwrap_or_default();
            }
            if holds && let Some((token, uri)) = session {
                tokens.lock().expect("no panic").push((host, token, uri));
            }
            well.fetch_add(1, Ordering::Relaxed);
        });
    }
    while tasks.join_next().await.is_some() {}
    let kib = if holds { resident() } else { 0.0 };
    let opened = std::mem::take(&mut *tokens.lock().expect("no panic"));
    for (host, token, uri) in opened {
        let _ = client.delete(format!("{host}{uri}")).header("X-Auth-Token", token).send().await;
    }
    let (well, requests) = (well.load(Ordering::Relaxed), requests.load(Ordering::Relaxed));
    Measured { well, requests, kib, ..Measured::default() }
}

/// What this process has in memory, in KiB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is there");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
