//! What dropping clients costs, and what is left of their sessions: BMCs that hang, and a thousand that come and go.
//! `cargo bench --bench deadlines`. Ends with an error where a promise is not kept.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rosefish::{Client, Credentials};
use rosefish_mock::MockBmc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const DEADLINE: Duration = Duration::from_secs(1);
const HANGING: usize = 10;
const CLIENTS: usize = 1000;

fn main() -> ExitCode {
    let hanging = on_one_worker(hanging());
    println!(
        "{HANGING} hanging BMCs, deadline {:.1} s, one worker: {:.2} s",
        DEADLINE.as_secs_f64(),
        hanging.as_secs_f64()
    );
    let (dropped, longest, ended, left) = on_one_worker(come_and_go());
    println!(
        "{CLIENTS} clients connected and dropped: {:.2} s, the longest drop {:.2} ms; logged out after {:.2} s more: {left} \
         sessions left",
        dropped.as_secs_f64(),
        longest.as_secs_f64() * 1e3,
        ended.as_secs_f64(),
    );
    let kept = hanging < DEADLINE.mul_f64(1.1) && left == 0 && longest < Duration::from_millis(50);
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn on_one_worker<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work)
}

/// How long it takes until all of them are given up, with the clients dropped.
async fn hanging() -> Duration {
    let mut addresses = Vec::new();
    for _ in 0..HANGING {
        addresses.push(hang().await);
    }
    let clients = addresses.into_iter().map(|address| async move {
        let client = Client::builder(&format!("http://{address}")).credentials(Credentials::new("root", "password"));
        client.timeout(DEADLINE).connect().await.expect("it logs in")
    });
    let clients = futures_util::future::join_all(clients).await;
    let begin = Instant::now();
    let work = clients.into_iter().map(|client| async move {
        let answer = client.get_raw("/redfish/v1/Systems").await;
        assert!(answer.is_err_and(|error| error.is_timeout()), "it hangs");
        drop(client);
    });
    futures_util::future::join_all(work).await;
    begin.elapsed()
}

/// A service that lets people log in and says nothing more. A thread of its own keeps it out of the worker's way.
async fn hang() -> SocketAddr {
    let (told, address) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        on_one_worker(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let _ = told.send(listener.local_addr().expect("an address"));
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 4096];
                    while let Ok(1..) = stream.read(&mut buffer).await {
                        let answer: &[u8] = match buffer.split(|byte| *byte == b' ').take(2).collect::<Vec<_>>()[..] {
                            [b"GET", b"/redfish/v1/"] => {
                                b"HTTP/1.1 200 OK\r\nContent-Length: 61\r\n\r\n\
                                  {\"SessionService\":{\"@odata.id\":\"/redfish/v1/SessionService\"}}"
                            }
                            [b"POST", _] => {
                                b"HTTP/1.1 201 Created\r\nX-Auth-Token: t\r\nContent-Length: 0\r\n\
                                  Location: /redfish/v1/SessionService/Sessions/1\r\n\r\n"
                            }
                            _ => continue,
                        };
                        if stream.write_all(answer).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
    });
    address.await.expect("it listens")
}

/// How long connecting and dropping takes, the longest drop, how long the logouts take after that, and how many sessions are
/// left.
async fn come_and_go() -> (Duration, Duration, Duration, usize) {
    let mock = MockBmc::builder().plain().start().await.expect("a mock");
    let (begin, mut longest) = (Instant::now(), Duration::ZERO);
    for _ in 0..CLIENTS {
        let credentials = Credentials::new(mock.user(), mock.password());
        let client = Client::builder(&mock.url()).credentials(credentials).connect().await.expect("it logs in");
        let dropping = Instant::now();
        drop(client);
        longest = longest.max(dropping.elapsed());
    }
    let (dropped, ending) = (begin.elapsed(), Instant::now());
    let pending = rosefish::logged_out(Duration::from_secs(60)).await;
    (dropped, longest, ending.elapsed(), pending.max(mock.sessions()))
}
