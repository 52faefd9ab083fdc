//! How fast sessions are, against the programs that people use today: round trips against what the protocol needs, one
//! whole process against `ipmitool`, and a thousand BMCs from one process against `ipmitool` in a loop and `ipmipower`.
//!
//! `cargo bench -p rosefish-ipmi` measures on mock BMCs in a process of their own, and on OpenIPMI's simulator where
//! `ROSEFISH_IPMI_SIM` names its address with port. What isn't installed is left out, and said to be. The program
//! `rosefish` is measured where `cargo build --release` has put it, or where `ROSEFISH_PROGRAM` says.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use rosefish_ipmi::command::session::{GetChannelCipherSuites, PRESENT_CHANNEL};
use rosefish_ipmi::{Builder, CipherSuite, Client, Error};
use rosefish_mock::ipmi::MockIpmi;

const BMCS: usize = 1000;
/// How many of them `ipmitool` is timed on.
const SAMPLE: usize = 50;
/// Sessions that are opened at a time.
const AT_A_TIME: usize = 64;
const ROUNDS: usize = 3;
/// Runs of a whole process in a round.
const RUNS: usize = 20;
/// FreeIPMI takes no ports from 32768 on.
const PORTS: std::ops::Range<u16> = 20_000..20_100;
const SERVE: &str = "serve-mock-bmcs";
const USER: &str = "admin";
const PASSWORD: &str = "password";

fn main() {
    if std::env::args().nth(1).as_deref() == Some(SERVE) {
        serve();
        return;
    }
    let Some(mocks) = Mocks::start() else {
        println!(
            "skipped: no {BMCS} mock BMCs could be started (each takes an open file and an address of 127.1.0.0/16)"
        );
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut peers = vec![("mock", mocks.address(0), CipherSuite::SHA256_AES)];
    match std::env::var("ROSEFISH_IPMI_SIM").ok().and_then(|address| address.parse().ok()) {
        // It has no better suite than this one.
        Some(address) => peers.push(("ipmi_sim", address, CipherSuite::SHA1_AES)),
        None => println!("skipped: ipmi_sim, as ROSEFISH_IPMI_SIM names no address"),
    }
    for (name, address, suite) in &peers {
        round_trips(&runtime, name, *address, *suite);
    }
    for (name, address, suite) in &peers {
        whole_process(name, *address, *suite);
    }
    many(&runtime, &mocks);
}

// --- the mock BMCs, in a process of their own: who is measured doesn't share its threads with them ---

fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let started = PORTS.into_iter().find_map(|port| {
        let addresses: Vec<_> = (0..BMCS).map(|index| address(index, port)).collect();
        let fleet = MockIpmi::builder().credentials(USER, PASSWORD).fleet_at(&addresses);
        Some((port, runtime.block_on(fleet).ok()?))
    });
    if let Some((port, _fleet)) = started {
        println!("{port}");
        // Until anyone who started this ends.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    }
}

/// Each has an address of its own, by which FreeIPMI tells them apart.
fn address(index: usize, port: u16) -> SocketAddr {
    let [.., third, fourth] = index.to_be_bytes();
    SocketAddr::from((Ipv4Addr::new(127, 1, third, fourth), port))
}

struct Mocks {
    process: Child,
    port: u16,
}

impl Mocks {
    fn start() -> Option<Self> {
        let mut process = Command::new(std::env::current_exe().ok()?)
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take()?).read_line(&mut line).ok()?;
        match line.trim().parse() {
            Ok(port) => Some(Self { process, port }),
            Err(_) => {
                let _ = process.wait();
                None
            }
        }
    }

    fn address(&self, index: usize) -> SocketAddr {
        address(index, self.port)
    }
}

impl Drop for Mocks {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

// --- round trips ---

/// Carries datagrams between one client at a time and a BMC, and counts those of the client.
struct Counter {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
}

impl Counter {
    fn before(bmc: SocketAddr) -> std::io::Result<Self> {
        let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let back = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        back.connect(bmc)?;
        let address = front.local_addr()?;
        let requests = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&requests);
        // Ends with the process.
        std::thread::spawn(move || -> std::io::Result<()> {
            let mut buffer = [0; 2048];
            back.set_read_timeout(Some(Duration::from_secs(5)))?;
            loop {
                let (length, client) = front.recv_from(&mut buffer)?;
                counted.fetch_add(1, Ordering::SeqCst);
                back.send(&buffer[..length])?;
                // One answer to each request, as there are no others before the next one.
                if let Ok(length) = back.recv(&mut buffer) {
                    front.send_to(&buffer[..length], client)?;
                }
            }
        });
        Ok(Self { address, requests })
    }

    fn taken(&self) -> u64 {
        self.requests.swap(0, Ordering::SeqCst)
    }
}

fn builder(address: SocketAddr) -> Builder {
    Client::builder(address.ip().to_string()).port(address.port()).credentials(USER, PASSWORD)
}

async fn power_is_on(builder: Builder) -> Result<bool, Error> {
    let client = builder.connect().await?;
    let on = client.chassis_status().await.map(|status| status.power_on);
    client.close().await;
    on
}

/// In how many parts the BMC gives its list of cipher suites: the last one isn't full.
async fn list_parts(builder: Builder) -> Result<u64, Error> {
    let client = builder.connect().await?;
    let mut parts = 0;
    for index in 0..64 {
        parts += 1;
        let part = client.send(&GetChannelCipherSuites { channel: PRESENT_CHANNEL, index }).await?;
        if part.len() < 16 {
            break;
        }
    }
    client.close().await;
    Ok(parts)
}

fn round_trips(runtime: &tokio::runtime::Runtime, name: &str, bmc: SocketAddr, suite: CipherSuite) {
    println!(
        "\nRound trips of a session with a chassis status, closed, on {name}; must: 1.1 times the needed ones at most"
    );
    let counter = Counter::before(bmc).expect("sockets");
    // Open Session, RAKP 1 and 3, Set Session Privilege Level, Get Chassis Status, Close Session.
    let known = 6;
    // And before them Get Channel Authentication Capabilities and the list of cipher suites, in parts of 16 bytes.
    let asked = known + 1 + runtime.block_on(list_parts(builder(bmc))).expect("the list of cipher suites");
    let given = builder(counter.address).cipher_suite(suite);
    let id = suite.id().to_string();
    for (what, builder, tool, needed) in [
        (format!("suite {id} given"), given, vec!["-C", id.as_str()], known),
        ("suite chosen".to_owned(), builder(counter.address), vec![], asked),
    ] {
        runtime.block_on(power_is_on(builder)).expect("the power state");
        let ours = counter.taken();
        tell(&format!("rosefish, {what}"), &format!("{ours} of {needed}"), ratio(ours, needed), 1.1);
        if let Some(mut ipmitool) = ipmitool(counter.address) {
            let ran = ipmitool.args(tool).args(["power", "status"]).output();
            let theirs = counter.taken();
            let failed = if ran.is_ok_and(|output| output.status.success()) { "" } else { ", and it failed" };
            let measured = format!("{theirs} of {needed}  ({:.2}{failed})", ratio(theirs, needed));
            println!("  {:<34} {measured}", format!("ipmitool, {what}"));
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "printed with two digits")]
fn ratio(measured: u64, needed: u64) -> f64 {
    measured as f64 / needed as f64
}

// --- a whole process ---

fn whole_process(name: &str, bmc: SocketAddr, suite: CipherSuite) {
    println!("\nA whole process that tells the power state, on {name}; must: no slower than ipmitool");
    let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("rosefish"));
    let program = std::env::var_os("ROSEFISH_PROGRAM").map(PathBuf::from).or_else(beside);
    let Some(program) = program.filter(|program| program.is_file()) else {
        println!("  skipped: there is no program rosefish beside this one; cargo build --release makes it");
        return;
    };
    let id = suite.id().to_string();
    for (what, option) in [("suite given", &["-C", id.as_str()][..]), ("suite chosen", &[])] {
        let mut ours = Command::new(&program);
        let (host, port) = (bmc.ip().to_string(), bmc.port().to_string());
        ours.args(["power", &host, "status", "--protocol", "ipmi", "--user", USER, "--port", &port]).args(option);
        ours.env("ROSEFISH_PASSWORD", PASSWORD);
        let Some(mut theirs) = ipmitool(bmc) else {
            println!("  skipped: ipmitool is not installed");
            return;
        };
        theirs.args(option).args(["power", "status"]);
        if !theirs.output().is_ok_and(|output| output.status.success()) {
            println!("  skipped, {what}: ipmitool fails there");
            continue;
        }
        // In turn, so that whatever slows the machine down slows both; the least of many is without that.
        let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS * RUNS {
            our_times.push(timed(&mut ours));
            their_times.push(timed(&mut theirs));
        }
        let (ours, theirs) = (Spread::of(our_times), Spread::of(their_times));
        println!("  ipmitool, {what}: {theirs}");
        tell(&format!("rosefish, {what}"), &ours.to_string(), ours.median / theirs.median, 1.0);
    }
}

/// Times one run of a program, which has to succeed.
fn timed(program: &mut Command) -> f64 {
    let start = Instant::now();
    let output = program.stdin(Stdio::null()).output().expect("the program runs");
    let time = start.elapsed().as_secs_f64();
    assert!(output.status.success(), "{program:?}: {}", String::from_utf8_lossy(&output.stderr));
    time
}

struct Spread {
    least: f64,
    median: f64,
}

impl Spread {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self { least: times[0], median: times[times.len() / 2] }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} ms ({:.1} at least)", self.median * 1e3, self.least * 1e3)
    }
}

// --- many BMCs ---

fn many(runtime: &tokio::runtime::Runtime, mocks: &Mocks) {
    println!("\nThe power state of {BMCS} mock BMCs with suite 17; must: less than 1/10 of ipmitool's time in a loop");
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let answers: Vec<_> = runtime.block_on(async {
            stream::iter(0..BMCS)
                .map(|index| builder(mocks.address(index)).cipher_suite(CipherSuite::SHA256_AES))
                .map(|builder| async { tokio::spawn(power_is_on(builder)).await.expect("no panic") })
                .buffer_unordered(AT_A_TIME)
                .collect()
                .await
        });
        best = best.min(start.elapsed().as_secs_f64());
        let right = answers.iter().filter(|answer| matches!(answer, Ok(true))).count();
        assert_eq!(right, BMCS, "{:?}", answers.iter().find(|answer| answer.is_err()));
    }
    println!("  rosefish, one process: {best:.2} s");

    if ipmitool(mocks.address(0)).is_some() {
        let start = Instant::now();
        for index in 0..SAMPLE {
            let mut ipmitool = ipmitool(mocks.address(index)).expect("it is installed");
            timed(ipmitool.args(["-C", "17", "power", "status"]));
        }
        let sample = start.elapsed().as_secs_f64();
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        let all = sample * (BMCS as f64 / SAMPLE as f64);
        println!("  ipmitool in a loop: {all:.2} s, reckoned from {SAMPLE} in {sample:.2} s");
        tell("rosefish / ipmitool", "", best / all, 0.1);
    } else {
        println!("  skipped: ipmitool is not installed");
    }

    let hosts: Vec<_> = (0..BMCS).map(|index| mocks.address(index).to_string()).collect();
    let mut ipmipower = Command::new("ipmipower");
    ipmipower.args(["-D", "LAN_2_0", "-I", "17", "-u", USER, "-p", PASSWORD, "-l", "ADMIN", "--stat"]);
    // Without a fan-out it asks all at once, loses datagrams and abandons most.
    ipmipower.args(["-F", &AT_A_TIME.to_string(), "-h", &hosts.join(",")]);
    if Command::new("ipmipower").arg("--version").output().is_err() {
        println!("  skipped: ipmipower is not installed");
        return;
    }
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let output = ipmipower.stdin(Stdio::null()).output().expect("it is installed");
        times.push(start.elapsed().as_secs_f64());
        let said = String::from_utf8_lossy(&output.stdout);
        let right = said.lines().filter(|line| line.ends_with(": on")).count();
        if right != BMCS {
            let other = said.lines().find(|line| !line.ends_with(": on")).unwrap_or("nothing");
            println!("  ipmipower had {right} of {BMCS} right, and said {other:?}");
        }
    }
    let theirs = times.into_iter().fold(f64::INFINITY, f64::min);
    println!("  ipmipower, one process: {theirs:.2} s");
    println!("  {:<34} {:.3}", "rosefish / ipmipower", best / theirs);
}

// --- what they share ---

/// `ipmitool` with a host and credentials, where it is installed.
fn ipmitool(bmc: SocketAddr) -> Option<Command> {
    Command::new("ipmitool").arg("-V").output().ok()?;
    let (host, port) = (bmc.ip().to_string(), bmc.port().to_string());
    let mut command = Command::new("ipmitool");
    command.args(["-I", "lanplus", "-H", &host, "-p", &port, "-U", USER, "-P", PASSWORD]);
    Some(command)
}

fn tell(what: &str, measured: &str, ratio: f64, limit: f64) {
    let verdict = if ratio <= limit { "ok" } else { "MISSED" };
    println!("  {what:<34} {measured}  ({ratio:.2}, {verdict})");
}
