//! Where a service may fall silent in the middle of a call, and how long the call then takes.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use rosefish::ipmi;
use rosefish::schema::ComputerSystemCollection;
use rosefish::{Error, RetryPolicy};
use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::ipmi::{Act, MockIpmi, Rule as IpmiRule};

use crate::builder;
use crate::hostile::{DEADLINE, SYSTEM, odd, read, with_registries};

/// How many stalls are tried at once: with more, the time to set up the others would be measured as well.
const AT_ONCE: usize = 3;

const SYSTEMS: &str = "/redfish/v1/Systems";

const REDFISH: &[&str] = &[
    "root",
    "login",
    "answer to a login",
    "read",
    "body",
    "error",
    "registries",
    "registry",
    "page of members",
    "change",
    "login again",
    "logout",
];

/// Stalls at this point. Returns how long the call took, and its result.
async fn redfish(point: &str) -> (Duration, Result<(), Error>) {
    let mock = match point {
        "page of members" => MockBmc::builder().plain().page_size(1).start().await.unwrap(),
        _ => with_registries(3).await,
    };
    let connect = || builder(&mock).timeout(DEADLINE).retry(RetryPolicy::none()).connect();
    let stall = |method: &str, path: &str| {
        mock.faults().add(Rule::on(method, path).then(Action::Hang));
    };
    let begins = |text: &str| Action::Raw(format!("HTTP/1.1 {text}\r\nContent-Length: 1000\r\n\r\n{{"));
    let begun = Instant::now();
    match point {
        "root" => stall("GET", "/redfish/v1"),
        "login" => stall("POST", "**/Sessions"),
        "answer to a login" => {
            mock.faults().add(Rule::on("POST", "**/Sessions").then(begins("201 Created")));
        }
        _ => {}
    }
    let bmc = match connect().await {
        Ok(bmc) => bmc,
        Err(error) => return (begun.elapsed(), Err(error)),
    };
    let answer = |action: Action| {
        mock.faults().add(Rule::on("GET", SYSTEM).times(1).then(action));
    };
    match point {
        "read" => stall("GET", SYSTEM),
        "body" => answer(begins("200 OK")),
        "error" => answer(begins("400 Bad Request")),
        "registries" => {
            stall("GET", "/redfish/v1/Registries");
            answer(Action::json(400, odd(3)));
        }
        "registry" => {
            stall("GET", "**/x.json");
            answer(Action::json(400, odd(3)));
        }
        "page of members" => {
            let systems = mock.resource(SYSTEMS).unwrap();
            let page =
                serde_json::json!({ "Members": systems["Members"], "Members@odata.nextLink": "/redfish/v1/Page2" });
            mock.faults().add(Rule::on("GET", SYSTEMS).then(Action::json(200, page)));
            stall("GET", "/redfish/v1/Page2");
        }
        "change" => stall("PATCH", SYSTEM),
        "login again" => {
            stall("POST", "**/Sessions");
            mock.end_sessions();
        }
        _ => stall("DELETE", "**/Sessions/*"),
    }
    let begun = Instant::now();
    let done = match point {
        "logout" => bmc.close().await,
        "change" => bmc.patch(SYSTEM, &serde_json::json!({ "AssetTag": "7" })).await.map(drop),
        "page of members" => match bmc.get::<ComputerSystemCollection>(SYSTEMS).await {
            Ok(systems) => match systems.members().collect_all().await.missing.into_iter().next() {
                Some(missing) => Err(missing.error),
                None => Ok(()),
            },
            Err(error) => Err(error),
        },
        _ => read(&bmc).await,
    };
    let took = begun.elapsed();
    mock.faults().clear();
    (took, done)
}

const IPMI: &[&str] =
    &["first packet", "cipher suites", "privilege", "command", "change", "records", "entries", "inventory"];

async fn ipmi(point: &str) -> (Duration, Result<(), ipmi::Error>) {
    const ALL: u32 = u32::MAX;
    let swallow = |netfn, command| IpmiRule { netfn, command, times: ALL, act: Act::Swallow };
    let bmc = match point {
        "cipher suites" => MockIpmi::builder().rule(swallow(6, Some(0x54))),
        "privilege" => MockIpmi::builder().rule(swallow(6, Some(0x3b))),
        "command" | "change" => MockIpmi::builder().rule(swallow(0, None)),
        "records" | "entries" | "inventory" => MockIpmi::builder().rule(swallow(0x0a, None)),
        _ => MockIpmi::builder(),
    };
    let bmc = bmc.start().await.unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = if point == "first packet" { silent.local_addr().unwrap().port() } else { bmc.addr().port() };
    let connect = ipmi::Client::builder("127.0.0.1").port(port).credentials("admin", "password").timeout(DEADLINE);
    let mut begun = Instant::now();
    let done = match connect.connect().await {
        Ok(client) => {
            if IPMI.iter().position(|one| *one == point) > Some(2) {
                begun = Instant::now();
            }
            let client = client.within(DEADLINE);
            match point {
                "command" => client.chassis_status().await.map(drop),
                "change" => client.chassis_control(ipmi::command::chassis::ChassisControl::PowerUp).await,
                "records" => client.sdr().collect_all().await.map(drop),
                "entries" => client.sel().collect_all().await.map(drop),
                "inventory" => client.fru(0).await.map(drop),
                _ => Ok(()),
            }
        }
        Err(error) => Err(error),
    };
    (begun.elapsed(), done)
}

#[tokio::test]
async fn a_call_returns_in_its_time_wherever_the_service_stalls() {
    let mut rows = Vec::new();
    let each = stream::iter(REDFISH).map(|point| async move { (*point, redfish(point).await) });
    for (point, (took, done)) in each.buffered(AT_ONCE).collect::<Vec<_>>().await {
        rows.push(("Redfish", point, took, done.err().map(|error| error.is_timeout())));
    }
    let each = stream::iter(IPMI).map(|point| async move { (*point, ipmi(point).await) });
    for (point, (took, done)) in each.buffered(AT_ONCE).collect::<Vec<_>>().await {
        rows.push(("IPMI", point, took, done.err().map(|error| error.is_timeout())));
    }
    println!("protocol  stalls at            took (deadline {DEADLINE:?})");
    for (protocol, point, took, _) in &rows {
        println!("{protocol:8}  {point:18}  {:6.2} s", took.as_secs_f64());
    }
    for (protocol, point, took, timed_out) in &rows {
        assert!(*took < DEADLINE + Duration::from_secs(1), "{protocol}, {point}: {took:?}");
        // A BMC that doesn't list its cipher suites is still used, and without a token from the login there is Basic.
        let may_succeed = ["cipher suites", "answer to a login"].contains(point);
        assert!(timed_out.is_some() || may_succeed, "{protocol}, {point}: it came to its end");
    }
}
