//! The server: one host or all of them at `/metrics`, whether it lives at `/-/healthy`, and how to use it at `/`.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use prometheus_client::metrics::MetricType;
use rosefish::event::Connections;
use rosefish::fleet::Fleet;
use rosefish::host::Host;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

use super::encode::encode;
use super::family::{Families, Family};
use super::negotiate::{Format, time};
use crate::interrupt::interrupt;
use crate::monitor::machine::{Machine, Reading};
use crate::monitor::scrape::{Failure, Part, Scrape};
use crate::monitor::{end_all, open_files_for};
use crate::operate::Target;
use crate::terminal::{say, stdout};

/// How long a connection may be silent: several times as long as hosts are commonly scraped.
const SILENCE: Duration = Duration::from_secs(600);

/// The longest that a scrape may take, whatever a header says.
const LONGEST: Duration = Duration::from_secs(600);

/// The exporter of these hosts.
#[derive(Debug)]
pub(super) struct Exporter {
    machines: Vec<Arc<Machine>>,
    by_name: HashMap<String, Arc<Machine>>,
    /// Hosts that are read at a time where all are asked for.
    parallel: usize,
    /// How long a scrape may take where nothing else is said.
    deadline: Option<Duration>,
    scrapes: AtomicU64,
    began: Timestamp,
    /// Whether the program ends.
    ends: watch::Sender<bool>,
}

impl Exporter {
    pub(super) fn new(
        targets: Vec<Target>,
        reading: Reading,
        parallel: usize,
        deadline: Option<Duration>,
    ) -> Arc<Self> {
        let machines: Vec<_> = targets.into_iter().map(|target| Arc::new(Machine::new(target, reading))).collect();
        let by_name = machines.iter().map(|machine| (machine.name().to_owned(), Arc::clone(machine))).collect();
        Arc::new(Self {
            machines,
            by_name,
            parallel,
            deadline,
            scrapes: AtomicU64::new(0),
            began: Timestamp::now(),
            ends: watch::Sender::new(false),
        })
    }

    /// Serves until Ctrl-C or a signal ends the program, and ends all sessions then.
    pub(super) async fn serve(self: &Arc<Self>, listen: SocketAddr) -> anyhow::Result<()> {
        let most = self.machines.len().saturating_mul(4).saturating_add(64);
        open_files_for(most);
        let listener = TcpListener::bind(listen).await.with_context(|| format!("{listen} can't be listened on"))?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/", get(page))
            .route("/-/healthy", get(async || "the exporter is up\n"))
            .route("/metrics", get(metrics))
            .with_state(Arc::clone(self));
        let request = LONGEST + Duration::from_secs(30);
        let connections = Connections::new(listener).at_most(most).silence(SILENCE).request(request);
        let serving = axum::serve(connections, router);
        let mut out = stdout();
        writeln!(out, "http://{address}/metrics")?;
        out.flush()?;
        drop(out);
        say!("{} hosts; Ctrl-C ends it", self.machines.len());
        tokio::select! {
            served = async { serving.await } => served.context("the server ended")?,
            () = interrupt() => {}
        }
        self.end().await;
        Ok(())
    }

    /// Gives up scrapes that are under way, and ends all sessions.
    async fn end(&self) {
        self.ends.send_replace(true);
        end_all(&self.machines).await;
    }

    /// Reads a host, until then at the latest.
    async fn scrape(&self, machine: &Machine, until: Instant) -> Arc<Scrape> {
        let mut ends = self.ends.subscribe();
        tokio::select! {
            biased;
            _ = ends.wait_for(|ends| *ends) => Arc::new(Scrape::failed(Failure::timeout(Part::Connection))),
            scrape = machine.scrape(until) => scrape,
        }
    }

    /// Reads all hosts, within the limits of a fleet.
    async fn scrape_all(self: &Arc<Self>, until: Instant) -> Vec<(String, Arc<Scrape>)> {
        let names: Vec<String> = self.machines.iter().map(|machine| machine.name().to_owned()).collect();
        let exporter = Arc::clone(self);
        let mut run = Fleet::new(names.into_iter().map(|name| Host::builder(&name)))
            .concurrency(self.parallel)
            .attempts(1)
            .run_unconnected(move |host| {
                let exporter = Arc::clone(&exporter);
                async move {
                    match exporter.by_name.get(host.address()) {
                        Some(machine) => Ok(exporter.scrape(machine, until).await),
                        // unreachable: the names are those of the machines.
                        None => Ok(Arc::default()),
                    }
                }
            });
        let mut all = Vec::with_capacity(self.machines.len());
        while let Some(done) = run.next().await {
            all.push((done.index, done.host, done.result.unwrap_or_default()));
        }
        all.sort_by_key(|(index, ..)| *index);
        all.into_iter().map(|(_, host, scrape)| (host, scrape)).collect()
    }

    /// What there is to say of the exporter itself.
    fn own(&self) -> Vec<Family> {
        let one = |name, unit, help, metric_type, value: f64| {
            let mut family = Family::new(name, unit, help, metric_type);
            family.add(Vec::new(), value);
            family
        };
        let connected = self.machines.iter().filter(|machine| machine.is_connected()).count();
        let mut build = Family::new("exporter_build", None, "The version of the exporter; 1", MetricType::Info);
        build.add(vec![("version", env!("CARGO_PKG_VERSION").to_owned())], 1.0);
        let help = ["Hosts that it was started with", "Hosts that it has a session with, or opens one"];
        vec![
            build,
            one("exporter_hosts", None, help[0], MetricType::Gauge, self.machines.len() as f64),
            one("exporter_sessions", None, help[1], MetricType::Gauge, connected as f64),
            one(
                "exporter_scrapes",
                None,
                "Hosts that were read since the start, with whatever result",
                MetricType::Counter,
                self.scrapes.load(Ordering::Relaxed) as f64,
            ),
            one(
                "exporter_start_timestamp",
                Some("seconds"),
                "When it was started, since 1970",
                MetricType::Gauge,
                self.began.as_second() as f64,
            ),
        ]
    }
}

async fn metrics(
    State(exporter): State<Arc<Exporter>>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let until = Instant::now() + time(&headers, exporter.deadline).min(LONGEST);
    let targets: Vec<&str> =
        query.iter().filter(|(name, _)| name == "target").map(|(_, target)| target.as_str()).collect();
    let mut families = Families::new();
    let own = match targets[..] {
        [] => {
            let scrapes = exporter.scrape_all(until).await;
            exporter.scrapes.fetch_add(scrapes.len() as u64, Ordering::Relaxed);
            for (host, scrape) in &scrapes {
                families.add(host, scrape);
            }
            exporter.own()
        }
        [target] => {
            let Some(machine) = exporter.by_name.get(target) else {
                let text = "the exporter was not started with a host of that name; its hosts are at /\n";
                return (StatusCode::NOT_FOUND, text).into_response();
            };
            let scrape = exporter.scrape(machine, until).await;
            exporter.scrapes.fetch_add(1, Ordering::Relaxed);
            families.add(machine.name(), &scrape);
            Vec::new()
        }
        _ => return (StatusCode::BAD_REQUEST, "name one target\n").into_response(),
    };
    let format = Format::wanted(&headers);
    let mut all = families.into_list();
    all.extend(own);
    match encode(all, format) {
        Ok(text) => ([(header::CONTENT_TYPE, format.content_type())], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// How to use it, in plain text: names are shown as they are.
async fn page(State(exporter): State<Arc<Exporter>>) -> String {
    let mut text = String::from(
        "rosefish exporter\n\n\
         /metrics?target=NAME  reads one host\n\
         /metrics              reads all hosts\n\
         /-/healthy            says that the exporter is up, whatever its hosts are\n\nHosts:\n",
    );
    for machine in &exporter.machines {
        text.push_str(&crate::terminal::one_line(machine.name()));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn file(path: &str) -> String {
        std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
    }

    /// The names of metrics that stand in a text.
    fn names(text: &str) -> BTreeSet<String> {
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        words.filter(|word| word.starts_with("rosefish_")).map(str::to_owned).collect()
    }

    #[test]
    fn the_dashboard_and_the_page_name_the_metrics_that_there_are() {
        let every = Duration::from_secs(300);
        let reading = Reading { components: false, logs: false, every, longest: None, says: true };
        let mut families = Families::new().into_list();
        families.extend(Exporter::new(Vec::new(), reading, 1, None).own());
        let there: BTreeSet<String> = families
            .iter()
            .map(|family| {
                let unit = family.unit.map(|unit| format!("_{unit}")).unwrap_or_default();
                let suffix = match family.metric_type {
                    MetricType::Counter => "_total",
                    MetricType::Info => "_info",
                    _ => "",
                };
                format!("rosefish_{}{unit}{suffix}", family.name)
            })
            .collect();
        let dashboard = file("docs/grafana/rosefish.json");
        let json: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
        let used = names(&dashboard);
        assert!(json["panels"].as_array().is_some_and(|panels| panels.len() > 5) && used.len() > 8);
        assert_eq!(used.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new());
        // Passwords and the like of inventories begin alike.
        let page = names(&file("docs/exporter.md"));
        assert_eq!(there.symmetric_difference(&page).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}
