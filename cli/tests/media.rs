//! Virtual media from the command line: slots, an image served in ranges, a machine started from it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rosefish_mock::{MockBmc, Quirk};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

const CD: &str = "/redfish/v1/Systems/1/VirtualMedia/CD1";
const MIB: u64 = 1 << 20;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn serve(runtime: &Runtime, quirk: Option<Quirk>) -> MockBmc {
    let builder = MockBmc::builder().plain().credentials("admin", "password").fetch_images();
    runtime.block_on(quirk.into_iter().fold(builder, |builder, quirk| builder.quirk(quirk)).start()).unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rosefish"));
    command.args(arguments).env("ROSEFISH_PASSWORD", "password").env("ROSEFISH_USER", "admin");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(bmc: &MockBmc, verb: &str, arguments: &[&str]) -> Output {
    let url = bmc.url();
    let mut all = vec!["media", verb, &url];
    all.extend(arguments);
    all.extend(["--protocol", "redfish"]);
    command(&all).output().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", errors(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// An image that is removed at the end. Every mebibyte says where it is.
struct Image(PathBuf);

impl Image {
    fn new(name: &str, length: u64) -> Self {
        let folder = std::env::temp_dir().join(format!("rosefish-media-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        let mut file = File::create(&path).unwrap();
        file.set_len(length).unwrap();
        for at in (0..length.saturating_sub(8)).step_by(MIB as usize) {
            file.seek(SeekFrom::Start(at)).unwrap();
            file.write_all(&at.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()).unwrap();
        }
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn sum(&self) -> String {
        let mut file = File::open(&self.0).unwrap();
        let (mut sum, mut piece) = (Sha256::new(), vec![0; MIB as usize]);
        loop {
            match file.read(&mut piece).unwrap() {
                0 => return hex(sum),
                read => sum.update(&piece[..read]),
            }
        }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn hex(sum: Sha256) -> String {
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `rosefish media serve`, which ends with this.
struct Server {
    child: Child,
    host: String,
    path: String,
}

impl Server {
    fn start(image: &Path) -> Self {
        let mut child = command(&["media", "serve", image.to_str().unwrap(), "--listen", "127.0.0.1"]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (host, path) = line.trim().strip_prefix("http://").unwrap().split_once('/').unwrap();
        Self { child, host: host.to_owned(), path: format!("/{path}") }
    }

    fn url(&self) -> String {
        format!("http://{}{}", self.host, self.path)
    }

    fn connect(&self) -> Connection {
        Connection(BufReader::new(TcpStream::connect(&self.host).unwrap()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept.
struct Connection(BufReader<TcpStream>);

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

impl Connection {
    fn ask(&mut self, method: &str, path: &str, headers: &str) -> Answer {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        if method != "HEAD" {
            let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
            answer.body = vec![0; length];
            self.0.read_exact(&mut answer.body).unwrap();
        }
        answer
    }
}

#[test]
fn an_image_is_served_in_parts_and_nothing_else_is() {
    let image = Image::new("a b.iso", 3 * MIB + 5);
    let whole = std::fs::read(&image.0).unwrap();
    let server = Server::start(&image.0);
    assert!(server.path.ends_with("/a_b.iso"), "{}", server.path);
    // All of it over one connection.
    let mut connection = server.connect();
    let head = connection.ask("HEAD", &server.path, "");
    assert_eq!((head.status, head.header("accept-ranges")), (200, Some("bytes")));
    assert_eq!(head.header("content-length"), Some(&*whole.len().to_string()));
    let (tag, date) = (head.header("etag").unwrap().to_owned(), head.header("last-modified").unwrap().to_owned());
    assert_eq!(connection.ask("GET", &server.path, "").body, whole);
    let length = whole.len();
    for (range, from, to) in [
        ("0-0", 0, 1),
        ("1048570-1048590", 1_048_570, 1_048_591),
        ("3145728-", 3_145_728, length),
        ("-10", length - 10, length),
        ("100-99999999", 100, length),
    ] {
        for condition in ["", &format!("If-Range: {tag}\r\n"), &format!("If-Range: {date}\r\n")] {
            let part = connection.ask("GET", &server.path, &format!("Range: bytes={range}\r\n{condition}"));
            assert_eq!(part.status, 206, "{range} {condition}");
            assert_eq!(part.header("content-range"), Some(&*format!("bytes {from}-{}/{length}", to - 1)));
            assert!(part.body == whole[from..to], "{range}");
        }
    }
    let changed = connection.ask("GET", &server.path, "Range: bytes=0-1\r\nIf-Range: \"another\"\r\n");
    assert_eq!((changed.status, changed.body.len()), (200, length));
    let beyond = connection.ask("GET", &server.path, &format!("Range: bytes={length}-\r\n"));
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some(&*format!("bytes */{length}"))));
    assert_eq!(connection.ask("GET", &server.path, &format!("If-None-Match: {tag}\r\n")).status, 304);
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(connection.ask(method, &server.path, "Content-Length: 0\r\n").status, 405, "{method}");
    }
    let folder = server.path.trim_end_matches("a_b.iso");
    for other in [
        "/",
        "/a_b.iso",
        "/etc/passwd",
        folder,
        &format!("{folder}../{folder}a_b.iso"),
        &format!("{folder}%2e%2e/x"),
        "/../../etc/passwd",
    ] {
        let answer = connection.ask("GET", other, "");
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{other}");
    }
    // Who takes its name is not served.
    std::fs::remove_file(&image.0).unwrap();
    std::fs::write(&image.0, "another").unwrap();
    assert_eq!(connection.ask("GET", &server.path, "").body, whole);
}

#[test]
fn four_readers_at_once_read_the_same() {
    let image = Image::new("four.iso", 40 * MIB);
    let server = Server::start(&image.0);
    let sum = image.sum();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4_u64)
            .map(|reader| {
                let server = &server;
                scope.spawn(move || {
                    let (mut connection, mut sum, mut at) = (server.connect(), Sha256::new(), 0);
                    while at < 40 * MIB {
                        let end = (at + 300_000 + reader * 70_001).min(40 * MIB);
                        let range = format!("Range: bytes={at}-{}\r\n", end - 1);
                        sum.update(connection.ask("GET", &server.path, &range).body);
                        at = end;
                    }
                    hex(sum)
                })
            })
            .collect();
        for reader in readers {
            assert_eq!(reader.join().unwrap(), sum);
        }
    });
}

/// Half-sent requests, and some that are answered and not read.
#[test]
fn connections_that_others_hold_open_keep_no_bmc_out() {
    let image = Image::new("held.iso", 8 * MIB);
    let server = Server::start(&image.0);
    let mut early = server.connect();
    assert_eq!(early.ask("GET", &server.path, "Range: bytes=0-9\r\n").body.len(), 10);
    let mut held = Vec::new();
    for number in 0..600 {
        let mut stream = TcpStream::connect(&server.host).unwrap();
        let text = match number % 3 {
            0 => String::new(),
            1 => "GET / HTTP/1.1\r\nHo".to_owned(),
            _ => format!("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", server.path),
        };
        // It may have been closed for another already.
        let _ = stream.write_all(text.as_bytes());
        held.push(stream);
    }
    let begun = Instant::now();
    for _ in 0..8 {
        let mut late = server.connect();
        assert_eq!(late.ask("GET", &server.path, "Range: bytes=-1000\r\n").body.len(), 1000);
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let files = std::fs::read_dir(format!("/proc/{}/fd", server.child.id())).map_or(0, Iterator::count);
    assert!(files < 150, "{files} files are open");
}

#[test]
#[ignore = "needs curl and wget"]
fn curl_and_wget_resume_where_they_stopped() {
    let image = Image::new("resumed.iso", 20 * MIB + 1);
    let whole = std::fs::read(&image.0).unwrap();
    let server = Server::start(&image.0);
    let part = Command::new("curl").args(["-sS", "-f", "-r", "1048576-2097151", &server.url()]).output().unwrap();
    assert!(part.status.success() && part.stdout == whole[1 << 20..2 << 20]);
    for (program, arguments) in [("curl", &["-sS", "-f", "-C", "-", "-o"][..]), ("wget", &["-q", "-c", "-O"])] {
        let copy = image.0.with_extension(program);
        std::fs::write(&copy, &whole[..7_000_001]).unwrap();
        let done = Command::new(program).args(arguments).arg(&copy).arg(server.url()).output().unwrap();
        assert!(done.status.success(), "{program}: {}", errors(&done));
        assert!(std::fs::read(&copy).unwrap() == whole, "{program}");
        std::fs::remove_file(copy).unwrap();
    }
}

#[test]
fn a_machine_is_started_from_an_image_of_700_mib_that_its_bmc_reads_in_ranges() {
    let runtime = runtime();
    let bmc = serve(&runtime, None);
    let image = Image::new("install.iso", 700 * MIB + 2048);
    let output = run(&bmc, "boot", &[image.path(), "--force", "--idle", "3"]);
    let shown = text(&output);
    assert!(shown.starts_with("done: 100 % of it read") && shown.contains("ejected from CD1"), "{shown}");
    assert!(errors(&output).contains("stage: "), "{}", errors(&output));
    let fetched = bmc.fetched_images();
    assert_eq!(fetched.len(), 1, "{fetched:?}");
    assert_eq!((&fetched[0].error, fetched[0].read), (&None, 700 * MIB + 2048));
    assert_eq!(fetched[0].sha256.as_deref(), Some(&*image.sum()));
    assert!(fetched[0].requests > 1000, "{fetched:?}");
    let patch = bmc.requests().to("PATCH", "/redfish/v1/Systems/1").assert_once().json().unwrap();
    assert_eq!(patch["Boot"]["BootSourceOverrideTarget"], "Cd");
    assert_eq!(patch["Boot"]["BootSourceOverrideEnabled"], "Once");
    let reset = bmc.requests().to("POST", "**/ComputerSystem.Reset").assert_once().json().unwrap();
    assert_eq!(reset["ResetType"], "ForceRestart");
    assert_eq!(bmc.resource(CD).unwrap()["Inserted"], false);
    assert_eq!(bmc.sessions(), 0);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ejects_the_image() {
    let runtime = runtime();
    let bmc = serve(&runtime, None);
    let image = Image::new("stopped.iso", 4 * MIB);
    let url = bmc.url();
    let child = command(&["media", "boot", &url, image.path(), "--force", "--protocol", "redfish"]).spawn().unwrap();
    let begun = Instant::now();
    while bmc.fetched_images().first().is_none_or(|fetched| fetched.sha256.is_none()) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", bmc.fetched_images());
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(bmc.resource(CD).unwrap()["Inserted"], true);
    assert!(
        Command::new("sh")
            .args(["-c", "kill \"$@\"", "kill", "-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(bmc.resource(CD).unwrap()["Inserted"], false, "{}", errors(&output));
    assert!(output.status.success(), "{}", errors(&output));
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn slots_are_listed_filled_and_emptied_whatever_the_vendor_wants() {
    let runtime = runtime();
    for quirk in [
        None,
        Some(Quirk::MediaByPatch),
        Some(Quirk::BareInsert),
        Some(Quirk::TransferTypeWanted),
        Some(Quirk::MediaLoginWanted),
    ] {
        let bmc = serve(&runtime, quirk);
        let list = text(&run(&bmc, "list", &[]));
        assert!(list.contains("CD1") && list.contains("USBStick") && list.contains("empty"), "{list}");
        let inserted = text(&run(&bmc, "insert", &["https://192.0.2.1/install.iso"]));
        assert!(inserted.starts_with("inserted in CD1: "), "{quirk:?}: {inserted}");
        let stick = text(&run(&bmc, "insert", &["https://192.0.2.1/stick.img"]));
        assert!(stick.starts_with("inserted in USB1: "), "{quirk:?}: {stick}");
        // Neither slot is empty now.
        let full = run(&bmc, "insert", &["https://192.0.2.1/other.iso"]);
        assert!(!full.status.success(), "{quirk:?}");
        assert!(errors(&full).contains("CD1 has https://192.0.2.1/install.iso in it"), "{}", errors(&full));
        let which = run(&bmc, "eject", &[]);
        assert!(!which.status.success() && errors(&which).contains("CD1, USB1"), "{}", errors(&which));
        assert_eq!(text(&run(&bmc, "eject", &["--slot", "USB1"])), "ejected from USB1\n", "{quirk:?}");
        assert_eq!(text(&run(&bmc, "eject", &[])), "ejected from CD1\n", "{quirk:?}");
        assert_eq!(text(&run(&bmc, "eject", &[])), "all slots are empty\n", "{quirk:?}");
        let list: Value = serde_json::from_slice(&run(&bmc, "list", &["--json"]).stdout).unwrap();
        assert_eq!((&list["value"][0]["slot"], &list["value"][0]["inserted"]), (&"CD1".into(), &false.into()));
    }
    let bmc = serve(&runtime, None);
    let cifs = run(&bmc, "insert", &["cifs://192.0.2.1/share/install.iso"]);
    assert!(errors(&cifs).contains("CD1 fetches images by HTTP, HTTPS, NFS alone"), "{}", errors(&cifs));
    bmc.requests().to("POST", "**/VirtualMedia.InsertMedia").assert_none();
}
