//! Jobs and workers through a real NATS server: each job has one result, no change is made twice, and no secret is sent.
#![cfg(unix)]

mod bench;
#[path = "../program/mod.rs"]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use bench::{
    Folder, Nats, PASSWORD, Worker, bare, is_in_files, kept, machines, out, resets, started, submit, wait_for,
};
use program::{errors, inventory, runtime};

/// Hosts of the long test: one change and one reading of each.
const HOSTS: usize = 100;

/// Collects everything that is published at the server, as text.
fn overheard(runtime: &tokio::runtime::Runtime, nats: &Nats) -> Arc<Mutex<(usize, String)>> {
    let heard = Arc::new(Mutex::new((0, String::new())));
    let client = runtime.block_on(async_nats::connect(nats.url())).unwrap();
    let mut all = runtime.block_on(client.subscribe(">")).unwrap();
    let kept = Arc::clone(&heard);
    runtime.spawn(async move {
        // The subscription ends with the client.
        let _client = client;
        while let Some(message) = all.next().await {
            let mut kept = kept.lock().unwrap();
            kept.0 += 1;
            let headers = format!("{:?}", message.headers);
            for part in [&*message.subject, &headers, &String::from_utf8_lossy(&message.payload)] {
                kept.1.push_str(part);
                kept.1.push('\n');
            }
        }
    });
    heard
}

/// Returns what was said of each host, wherever it was said.
fn by_host(lines: &str) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines.lines() {
        let Some((host, said)) = line.split_once(": ") else { continue };
        if host.starts_with('n') {
            all.entry(host.to_owned()).or_default().push(said.to_owned());
        }
    }
    all
}

#[test]
#[ignore = "needs nats-server"]
fn each_job_has_one_result_and_no_change_is_made_twice_though_a_worker_and_the_server_are_lost() {
    let (runtime, folder) = (runtime(), Folder::new("lost"));
    let bmcs = machines(&runtime, HOSTS, Duration::from_millis(40));
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let mut nats = Nats::start(&folder);
    let heard = overheard(&runtime, &nats);
    let mut workers: Vec<Worker> = (0..4).map(|_| Worker::start(&nats, &file, &["--at-once", "4"])).collect();
    // The deadline ends the test if something is wrong.
    let change = ["--", "power", "off", "@cluster", "--force", "--yes", "--deadline", "150", "--hosts", &file];
    let changes = started(submit(&nats, &change));
    let reads =
        started(submit(&nats, &["--", "power", "status", "@cluster", "--json", "--deadline", "150", "--hosts", &file]));
    let changed = || bmcs.iter().filter(|bmc| resets(bmc) > 0).count();
    wait_for("a quarter of the changes", || changed() >= HOSTS / 4);
    // Killed in the middle of its work, it logs out of none of its hosts.
    workers.remove(0).send("-KILL");
    wait_for("half of the changes", || changed() >= HOSTS / 2);
    assert!(changed() < HOSTS, "there has to be something left");
    nats.restart();
    let (changes, reads) = (changes.wait_with_output().unwrap(), reads.wait_with_output().unwrap());

    let said = by_host(&(out(&changes) + &errors(&changes)));
    assert_eq!(said.len(), HOSTS, "{}", errors(&changes));
    let mut unknown = BTreeSet::new();
    for (host, lines) in &said {
        assert_eq!(lines.len(), 1, "{host}: {lines:?}");
        match lines[0].as_str() {
            "turned off" => {}
            line if line.starts_with("unknown: worker ") => {
                assert!(line.contains("`power status` shows now: "), "{host}: {line}");
                unknown.insert(host.clone());
            }
            line => panic!("{host}: {line}"),
        }
    }
    println!("{} changes of the worker that was lost are unknown", unknown.len());
    // At most as many as the lost worker had under way.
    assert!(unknown.len() <= 4, "{unknown:?}");
    assert_eq!(changes.status.code(), Some(if unknown.is_empty() { 0 } else { 3 }), "{}", errors(&changes));
    for (number, bmc) in bmcs.iter().enumerate() {
        let host = format!("n{}", number + 1);
        let most = if unknown.contains(&host) { 0..=1 } else { 1..=1 };
        assert!(most.contains(&resets(bmc)), "{host} was switched {} times", resets(bmc));
    }
    let mut states = BTreeMap::new();
    for line in out(&reads).lines() {
        let json: Value = serde_json::from_str(line).unwrap();
        let before = states.insert(json["host"].as_str().unwrap().to_owned(), json["value"].clone());
        assert_eq!(before, None, "{json}");
    }
    assert_eq!((states.len(), reads.status.code()), (HOSTS, Some(0)), "{}", errors(&reads));

    let kept = runtime.block_on(kept(&nats));
    assert_eq!(kept.len(), 2 * HOSTS);
    let heard = heard.lock().unwrap();
    assert!(heard.0 > 4 * HOSTS && heard.1.contains("turned off"), "{} messages", heard.0);
    assert!(!heard.1.contains(PASSWORD), "the password was on the way");
    assert!(!is_in_files(&folder.0.join("kept"), PASSWORD), "the password is kept by the server");
    drop(workers);
}

#[test]
#[ignore = "needs nats-server"]
fn a_worker_that_comes_later_takes_what_waits_and_never_more_than_it_has_places_for() {
    let (runtime, folder) = (runtime(), Folder::new("later"));
    let bmcs = machines(&runtime, 12, Duration::from_millis(60));
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let mut nats = Nats::start(&folder);
    let handed_in = submit(&nats, &["--no-wait", "--", "power", "@cluster", "--hosts", &file]).output().unwrap();
    assert!(errors(&handed_in).contains("no worker is there"), "{}", errors(&handed_in));
    let id = out(&handed_in).trim().to_owned();
    let results = |more: &[&str]| bare(&[&["fleet", "results", &id, "--nats", &nats.url()], more].concat());
    let early = results(&["--no-wait"]).output().unwrap();
    assert_eq!((early.status.code(), out(&early)), (Some(3), String::new()), "{}", errors(&early));
    assert!(errors(&early).contains("12 jobs of"), "{}", errors(&early));
    assert!(bmcs.iter().all(|bmc| bmc.request_count() == 0));
    nats.restart();

    let worker = Worker::start(&nats, &file, &["--at-once", "3"]);
    let results = started(bare(&["fleet", "results", &id, "--nats", &nats.url()]));
    let most = std::cell::Cell::new(0);
    wait_for("all hosts are asked", || {
        most.set(most.get().max(bmcs.iter().filter(|bmc| bmc.sessions() > 0).count()));
        bmcs.iter().all(|bmc| bmc.request_count() > 0)
    });
    assert!((1..=3).contains(&most.get()), "{} at a time", most.get());
    let results = results.wait_with_output().unwrap();
    assert_eq!(results.status.code(), Some(0), "{}", errors(&results));
    assert_eq!(by_host(&out(&results)).len(), 12);
    // Results can be read any number of times.
    let again = bare(&["fleet", "results", &id, "--nats", &nats.url()]).output().unwrap();
    assert_eq!((again.status.code(), by_host(&out(&again)).len()), (Some(0), 12));
    worker.send("-TERM");
    let (code, said) = worker.said();
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("12 jobs done, 0 not"), "{said}");
    assert!(bmcs.iter().all(|bmc| bmc.sessions() == 0));
}

#[test]
#[ignore = "needs nats-server"]
fn a_worker_that_is_told_to_end_ends_what_it_does_and_leaves_the_rest() {
    let (runtime, folder) = (runtime(), Folder::new("end"));
    let bmcs = machines(&runtime, 20, Duration::from_millis(60));
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let nats = Nats::start(&folder);
    let worker = Worker::start(&nats, &file, &["--at-once", "4"]);
    let changes = started(submit(&nats, &["--", "power", "off", "@cluster", "--force", "-y", "--hosts", &file]));
    let changed = || bmcs.iter().filter(|bmc| resets(bmc) > 0).count();
    wait_for("some changes", || changed() >= 5);
    worker.send("-TERM");
    let (code, said) = worker.said();
    assert_eq!(code, Some(130), "{said}");
    assert!(bmcs.iter().all(|bmc| bmc.sessions() == 0), "every session is ended");
    assert!(changed() < 20, "there has to be something left");
    let _other = Worker::start(&nats, &file, &["--at-once", "4"]);
    let changes = changes.wait_with_output().unwrap();
    assert_eq!(changes.status.code(), Some(0), "{}", errors(&changes));
    assert!(bmcs.iter().all(|bmc| resets(bmc) == 1));
}

/// Submits a job with any content, and waits for its result.
async fn forged(nats: &Nats, name: &str, mut job: Value) -> Value {
    let context = async_nats::jetstream::new(async_nats::connect(nats.url()).await.unwrap());
    job["id"] = json!(format!("{name}.0"));
    for (key, value) in [("version", json!(1)), ("arguments", json!({})), ("until", json!(u64::MAX))] {
        if job.get(key).is_none() {
            job[key] = value;
        }
    }
    // Any worker for this shard takes it, whatever host it names.
    context.publish("rosefish.jobs.0", job.to_string().into()).await.unwrap().await.unwrap();
    let bucket = context.get_key_value("rosefish-results").await.unwrap();
    let begin = Instant::now();
    loop {
        if let Some(value) = bucket.get(format!("{name}.0")).await.unwrap() {
            return serde_json::from_slice(&value).unwrap();
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{name} has no result: {job}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
#[ignore = "needs nats-server"]
fn who_may_hand_in_jobs_gets_neither_passwords_nor_files_of_a_worker() {
    let (runtime, folder) = (runtime(), Folder::new("forged"));
    let bmcs = machines(&runtime, 2, Duration::ZERO);
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let nats = Nats::start(&folder);
    let worker = Worker::start(&nats, &file, &["n1"]);
    let other = bmcs[1].url();
    let ran = folder.0.join("ran").to_str().unwrap().to_owned();
    let written = folder.0.join("written").to_str().unwrap().to_owned();
    let status = json!(["power", "status"]);
    for (name, job, why) in [
        // Hosts that the worker doesn't work for, by name or by address, and another place of one that it works for.
        ("a", json!({ "host": "n2", "command": status }), "not one of the hosts"),
        ("b", json!({ "host": other, "command": status }), "not one of the hosts"),
        ("c", json!({ "host": "n[1-2]", "command": status }), "not one of the hosts"),
        ("d", json!({ "host": "@cluster", "command": status }), "not one of the hosts"),
        (
            "e",
            json!({ "host": "n1", "command": status, "arguments": { "insecure": [] } }),
            "--insecure can't be in a job",
        ),
        ("f", json!({ "host": "n1", "command": status, "arguments": { "user": ["eve"] } }), "--user can't be in a job"),
        (
            "g",
            json!({ "host": "n1", "command": status, "arguments": { "password_command": [format!("touch {ran}")] } }),
            "can't be in a job",
        ),
        (
            "h",
            json!({ "host": "n1", "command": ["inventory"], "arguments": { "save": [written] } }),
            "--save can't be in a job",
        ),
        (
            "i",
            json!({ "host": "n1", "command": ["bios", "export"], "arguments": { "file": [written] } }),
            "workers don't carry out",
        ),
        ("j", json!({ "host": "n1", "command": ["fleet", "worker"] }), "is not about hosts"),
        ("k", json!({ "host": "n1", "command": ["network", "set"] }), "needs an option"),
        ("l", json!({ "host": "n1", "command": status, "arguments": { "nonsense": [] } }), "has no argument nonsense"),
        ("m", json!({ "host": "n1", "command": ["sol"] }), "workers don't carry out"),
    ] {
        let result = runtime.block_on(forged(&nats, name, job));
        let error = result["error"].as_str().unwrap_or_else(|| panic!("{name}: {result}"));
        assert!(error.contains(why), "{name}: {error}");
        assert!(!result.to_string().contains(PASSWORD));
    }
    assert!(bmcs.iter().all(|bmc| bmc.request_count() == 0), "nobody is asked because of these");
    assert!(!std::path::Path::new(&ran).exists() && !std::path::Path::new(&written).exists());
    // What is not a job has no result, and does the worker no harm. What was begun by a worker that is gone is not begun again.
    runtime.block_on(async {
        let context = async_nats::jetstream::new(async_nats::connect(nats.url()).await.unwrap());
        for bytes in [&b"nonsense"[..], b"{}", b"\xff\xfe", b"{\"version\":1,\"id\":\"../x\"}"] {
            context.publish("rosefish.jobs.3", bytes.to_vec().into()).await.unwrap().await.unwrap();
        }
        let begun = context.get_key_value("rosefish-begun").await.unwrap();
        begun.create("gone.0", r#"{"worker":"00","attempt":"x"}"#.into()).await.unwrap();
    });
    let off = json!({ "host": "n1", "command": ["power", "off"], "arguments": { "force": [] } });
    let result = runtime.block_on(forged(&nats, "gone", off.clone()));
    let error = result["error"].as_str().unwrap();
    assert!(error.starts_with("unknown: worker 00 began `power off` and is gone"), "{error}");
    assert!(error.ends_with("`power status` shows now: on"), "{error}");
    let mut late = off.clone();
    late["until"] = json!(1);
    let result = runtime.block_on(forged(&nats, "late", late));
    assert_eq!(result["outcome"], "left-alone", "{result}");
    assert_eq!(resets(&bmcs[0]), 0);
    // A job that is submitted twice is done once.
    for _ in 0..2 {
        let result = runtime.block_on(forged(&nats, "twice", off.clone()));
        assert_eq!((&result["outcome"], &result["text"]), (&json!("done"), &json!("turned off\n")), "{result}");
    }
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(resets(&bmcs[0]), 1);
    worker.send("-TERM");
    assert_eq!(worker.said().0, Some(130));
}

#[test]
#[ignore = "needs nats-server"]
fn jobs_that_nobody_takes_in_time_are_left_alone() {
    let (runtime, folder) = (runtime(), Folder::new("nobody"));
    let bmcs = machines(&runtime, 2, Duration::ZERO);
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let nats = Nats::start(&folder);
    let late = ["--", "power", "off", "@cluster", "-y", "--deadline", "1", "--hosts", &file];
    let late = submit(&nats, &late).output().unwrap();
    assert_eq!((late.status.code(), out(&late)), (Some(5), String::new()), "{}", errors(&late));
    assert!(errors(&late).contains("n1: left alone: no worker took it in time; nothing was done"), "{}", errors(&late));
    let worker = Worker::start(&nats, &file, &[]);
    std::thread::sleep(Duration::from_secs(4));
    assert!(bmcs.iter().all(|bmc| resets(bmc) == 0), "what was left alone stays so");
    drop(worker);
}

#[test]
#[ignore = "needs nats-server"]
fn the_server_is_reached_by_tls_and_credentials_and_what_is_wrong_is_said() {
    const SEED: &str = "SUAIHOA3WLMHKTIV5UTQGCPTL4A5CHQFJFQ6XGNQKGOEI65VQDECHGZXNQ";
    const KEY: &str = "UAU4EADIHOUGPNCRVHVN7TY2PB45SGIWANFG7U25MCNORKGRCIGLEDPJ";
    let folder = Folder::new("tls");
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let authority = folder.file("cert.pem", &certified.cert.pem());
    let key = folder.file("key.pem", &certified.signing_key.serialize_pem());
    let seed = folder.file("user.nk", SEED);
    let kept = folder.0.join("kept").to_str().unwrap().to_owned();
    let config = format!(
        "jetstream {{ store_dir: \"{kept}\" }}\ntls {{ cert_file: \"{authority}\", key_file: \"{key}\" }}\n\
         authorization {{ users = [ {{ nkey: {KEY} }} ] }}\n"
    );
    let config = folder.file("nats.conf", &config);
    let nats = Nats::with(&["-c", &config], "tls");
    let file = folder.file("hosts.toml", "[groups.g]\nhosts = [\"n1\"]\n");
    let submitted = |more: &[&str]| {
        let line = ["--no-wait", "--", "power", "n1", "--hosts", &file];
        submit(&nats, &[more, &line].concat()).output().unwrap()
    };
    let well = submitted(&["--nats-ca", &authority, "--nats-creds", &seed]);
    assert_eq!(well.status.code(), Some(0), "{}", errors(&well));
    let wrong = submitted(&["--nats-ca", &authority]);
    assert!(wrong.status.code() == Some(1) && errors(&wrong).contains("--nats-creds"), "{}", errors(&wrong));
    let wrong = submitted(&["--nats-creds", &seed]);
    assert!(wrong.status.code() == Some(1) && errors(&wrong).contains("--nats-ca"), "{}", errors(&wrong));
    assert!(!errors(&wrong).contains(SEED));
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&seed, open).unwrap();
    let wrong = submitted(&["--nats-ca", &authority, "--nats-creds", &seed]);
    assert!(errors(&wrong).contains("can be read by others"), "{}", errors(&wrong));

    let without = Nats::with(&[], "nats");
    let wrong = submit(&without, &["--", "power", "n1", "--hosts", &file]).output().unwrap();
    assert!(wrong.status.code() == Some(1) && errors(&wrong).contains("no JetStream"), "{}", errors(&wrong));
    let url = without.url();
    drop(without);
    let gone = bare(&["fleet", "submit", "--nats", &url, "--", "power", "n1", "--hosts", &file]).output().unwrap();
    assert!(
        gone.status.code() == Some(1) && errors(&gone).contains("is nats-server running there"),
        "{}",
        errors(&gone)
    );
}

/// None of these gets as far as a server.
#[test]
fn what_can_not_be_in_a_job_is_refused_before_anything_is_sent() {
    let folder = Folder::new("refused");
    let file = folder.file("hosts.toml", "[groups.g]\nhosts = [\"n[1-2]\"]\n");
    let cases: &[(&[&str], &str)] = &[
        (
            &["power", "off", "@g", "--yes", "--password-command", "bw get {host}"],
            "--password-command can't be in a job",
        ),
        (&["power", "@g", "--password-file", "x"], "--password-file can't be in a job"),
        (&["power", "@g", "--keyring"], "--keyring can't be in a job"),
        (&["power", "@g", "--user", "root"], "--user can't be in a job"),
        (&["power", "@g", "--insecure"], "--insecure can't be in a job"),
        (&["power", "@g", "--protocol", "ipmi"], "--protocol can't be in a job"),
        (&["lan", "show", "n1"], "workers don't carry out `lan show`"),
        (&["power", "@g", "--parallel", "3"], "--parallel can't be in a job"),
        (&["power", "off", "@g", "-y", "--batch", "1"], "--batch can't be in a job"),
        (&["set", "n1", "/redfish/v1/Managers/1", "Password=hunter2"], "there is a secret in it"),
        (&["set", "n1", "/redfish/v1/Managers/1", "/Oem/X/SnmpCommunity=hunter2"], "there is a secret in it"),
        (&["bios", "set", "n1", "AdminPassword=hunter2"], "there is a secret in it"),
        (&["media", "insert", "n1", "https://eve:hunter2@images.example/a.iso"], "there is a secret in it"),
        (
            &["media", "insert", "n1", "https://images.example/a.iso", "--image-user", "eve"],
            "--image-user can't be in a job",
        ),
        (&["firmware", "update", "n1", "./bmc.bin"], "name a URI"),
        (&["inventory", "@g", "--save", "{host}.json"], "--save can't be in a job"),
        (&["get", "n1/redfish/v1", "--json"], "secrets and all"),
        (&["users", "add", "n1", "eve", "operator"], "workers don't carry out `users add`"),
        (&["raw", "n1", "6", "1"], "workers don't carry out `raw`"),
        (&["watch", "@g"], "workers don't carry out `watch`"),
        (&["logs", "n1", "--follow"], "not something that a worker"),
        (&["schema", "ComputerSystem"], "is not about hosts"),
        (&["power", "onn", "@g"], "'on'"),
    ];
    for (line, why) in cases {
        let all = [&["fleet", "submit", "--nats", "nats://127.0.0.1:1", "--"], *line, &["--hosts", &file]].concat();
        let all = if line[0] == "schema" { all[..all.len() - 2].to_vec() } else { all };
        let refused = bare(&all).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{line:?}: {}", errors(&refused));
        assert!(errors(&refused).contains(why), "{line:?}: {}", errors(&refused));
        assert!(!errors(&refused).contains("hunter2"), "{line:?}: {}", errors(&refused));
    }
    // As without workers: a change of several wants a yes, and a dry run says what it would be, without a server.
    let line = |more: &[&str]| {
        let line = ["fleet", "submit", "--nats", "nats://127.0.0.1:1", "--", "power", "off", "@g", "--hosts", &file];
        bare(&[&line, more].concat()).output().unwrap()
    };
    let unsure = line(&[]);
    assert!(unsure.status.code() == Some(1) && errors(&unsure).contains("--yes"), "{}", errors(&unsure));
    assert_eq!(out(&line(&["--dry-run"])), "would do `power off` on 2 hosts: n[1-2]\n");
    let url = bare(&["fleet", "submit", "--", "power", "https://n1"]).output().unwrap();
    assert!(errors(&url).contains("not a URL"), "{}", errors(&url));
    let secret = bare(&["fleet", "submit", "--nats", "nats://eve:hunter2@n", "--", "power", "n1"]).output().unwrap();
    assert!(errors(&secret).contains("--nats-creds") && !errors(&secret).contains("hunter2"), "{}", errors(&secret));
}
