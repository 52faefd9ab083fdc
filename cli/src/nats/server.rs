//! The NATS server: how it is reached, and what is kept there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::kv::Store as Bucket;
use async_nats::jetstream::stream::{Config as StreamConfig, DiscardPolicy, RetentionPolicy, Stream};
use async_nats::jetstream::{self, Context, consumer};
use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use clap::Args;

use super::job::SHARDS;
use crate::password::private_file;
use crate::terminal::{one_line, say};

const NATS: &str = "NATS";

/// The variables with the user name and the password of this computer, if the server wants them.
const USER: &str = "ROSEFISH_NATS_USER";
const PASSWORD: &str = "ROSEFISH_NATS_PASSWORD";

/// How long a first connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// The longest time until a connection that broke is retried.
const RECONNECT: Duration = Duration::from_secs(2);

/// How long a job may go without a sign of life from its worker before another worker gets it.
pub(super) const ACK_WAIT: Duration = Duration::from_secs(15);

/// How long jobs that nobody takes are kept. The latest possible deadline is earlier.
const JOBS_FOR: Duration = Duration::from_secs(2 * 24 * 3600);

/// How long submissions, begun changes and results are kept: longer than any job, so that none is begun twice.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// The most jobs that the server holds at a time.
const MOST_JOBS: i64 = 1_000_000;

/// The most jobs of a shard that are under way at a time, with all workers together.
const UNDER_WAY: i64 = 1024;

#[derive(Debug, Clone, Args)]
pub(super) struct NatsArgs {
    /// The NATS server, or those of a cluster with commas between: nats://HOST:4222, or tls://HOST:4222
    #[arg(
        help_heading = NATS,
        long = "nats",
        value_name = "URL",
        env = "ROSEFISH_NATS",
        default_value = "nats://127.0.0.1:4222",
        value_delimiter = ','
    )]
    servers: Vec<String>,
    /// Log in at the server with this file: a user's credentials (.creds), or the seed of an NKey
    #[arg(help_heading = NATS, long = "nats-creds", value_name = "FILE", env = "ROSEFISH_NATS_CREDS")]
    credentials: Option<PathBuf>,
    /// Trust the certificates in this PEM file for the server instead of the system's, and insist on TLS
    #[arg(help_heading = NATS, long = "nats-ca", value_name = "FILE")]
    authority: Option<PathBuf>,
    /// Show this certificate to the server, in PEM
    #[arg(help_heading = NATS, long = "nats-cert", value_name = "FILE", requires = "certificate_key")]
    certificate: Option<PathBuf>,
    /// The key of that certificate, in PEM
    #[arg(help_heading = NATS, long = "nats-key", value_name = "FILE", requires = "certificate")]
    certificate_key: Option<PathBuf>,
    /// The name of the fleet: fleets of different names on one server have nothing to do with each other
    #[arg(help_heading = NATS, long = "fleet", value_name = "NAME", default_value = "rosefish", value_parser = fleet_name)]
    fleet: String,
}

fn fleet_name(text: &str) -> Result<String, String> {
    let is_name = (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    is_name.then(|| text.to_owned()).ok_or_else(|| "expected up to 32 of a-z, 0-9 and -".to_owned())
}

/// A connection to the server, with what is kept there.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) client: Client,
    pub(super) context: Context,
    fleet: String,
    jobs: Stream,
    /// The submissions, by their names.
    pub(super) submissions: Bucket,
    /// The changes that were begun, by the names of their jobs.
    pub(super) begun: Bucket,
    /// The results of jobs, by the names of the jobs.
    pub(super) answers: Bucket,
}

impl Server {
    /// Connects, and creates what is kept there if it doesn't exist yet.
    ///
    /// # Errors
    ///
    /// If the server can't be reached, refuses the login, or has no JetStream.
    pub(super) async fn connect(args: &NatsArgs, role: &str) -> anyhow::Result<Self> {
        let (addresses, shown) = addresses(&args.servers)?;
        let options = options(args, role).await?;
        let client = options.connect(addresses).await.map_err(|error| {
            let why = one_line(&error.to_string());
            let hint = match error.kind() {
                ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                    "it refuses the login: name credentials with --nats-creds"
                }
                _ if why.contains("certificate") => {
                    "trust its certificate with --nats-ca, or show it one with --nats-cert"
                }
                _ => "is nats-server running there? Name another with --nats, or ROSEFISH_NATS",
            };
            anyhow::anyhow!("the NATS server {shown} can't be reached: {why}; {hint}")
        })?;
        ensure!(
            client.server_info().jetstream,
            "the NATS server {shown} has no JetStream, which keeps the jobs: start it with `nats-server -js -sd FOLDER`"
        );
        let context = jetstream::new(client.clone());
        let fleet = args.fleet.clone();
        let config = StreamConfig {
            name: format!("{fleet}-jobs"),
            description: Some("Jobs of rosefish fleet".to_owned()),
            subjects: vec![format!("{fleet}.jobs.*")],
            retention: RetentionPolicy::WorkQueue,
            discard: DiscardPolicy::New,
            max_messages: MOST_JOBS,
            max_age: JOBS_FOR,
            num_replicas: 1,
            ..StreamConfig::default()
        };
        let missing = |error: String| {
            let error = one_line(&error);
            anyhow::anyhow!("what rosefish keeps on the NATS server {shown} is not there and can't be made: {error}")
        };
        let jobs = context.get_or_create_stream(config).await.map_err(|error| missing(error.to_string()))?;
        let bucket = async |what: &str| bucket(&context, format!("{fleet}-{what}")).await.map_err(missing);
        let (submissions, begun) = (bucket("submissions").await?, bucket("begun").await?);
        let answers = bucket("results").await?;
        Ok(Self { client, context, fleet, jobs, submissions, begun, answers })
    }

    /// Returns the subject of jobs for the hosts of a shard.
    pub(super) fn jobs_of(&self, shard: u16) -> String {
        format!("{}.jobs.{shard}", self.fleet)
    }

    /// Returns the subject on which new jobs are announced.
    pub(super) fn wake(&self) -> String {
        format!("{}.wake", self.fleet)
    }

    /// Returns the subject on which the result of a job is published, for listeners. The result that is kept is the one that
    /// counts.
    pub(super) fn results_of(&self, job: &str) -> String {
        format!("{}.results.{job}", self.fleet)
    }

    /// Returns the subject on which workers are asked whether they are there.
    pub(super) fn workers(&self) -> String {
        format!("{}.workers", self.fleet)
    }

    /// Returns the subject on which a worker is asked whether it is doing a job.
    pub(super) fn worker(&self, id: &str) -> String {
        format!("{}.workers.{id}", self.fleet)
    }

    /// Returns the subject on which a worker reports its state.
    pub(super) fn telemetry(&self, id: &str) -> String {
        format!("{}.telemetry.{id}", self.fleet)
    }

    /// Returns the queue of a shard, which is shared by all workers that take jobs from it.
    pub(super) async fn queue(&self, shard: u16) -> anyhow::Result<consumer::PullConsumer> {
        debug_assert!(shard < SHARDS, "{shard}");
        let name = format!("shard-{shard}");
        let config = pull::Config {
            durable_name: Some(name.clone()),
            filter_subject: self.jobs_of(shard),
            ack_wait: ACK_WAIT,
            max_ack_pending: UNDER_WAY,
            ..pull::Config::default()
        };
        let queue = self.jobs.get_or_create_consumer(&name, config).await;
        queue.map_err(|error| anyhow::anyhow!("the queue of shard {shard} can't be had from the NATS server: {error}"))
    }

    /// Returns how many bytes a message may have.
    pub(super) fn largest(&self) -> usize {
        // The headers of a message count as well.
        self.client.server_info().max_payload.saturating_sub(1024)
    }
}

/// Returns the bucket of this name. Creates it if necessary.
async fn bucket(context: &Context, bucket: String) -> Result<Bucket, String> {
    // Creates the stream of the bucket directly: the library's function for buckets asks the server for more than old ones say
    // about accounts.
    let config = StreamConfig {
        name: format!("KV_{bucket}"),
        description: Some("Kept by rosefish fleet".to_owned()),
        subjects: vec![format!("$KV.{bucket}.>")],
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        max_age: KEPT_FOR,
        num_replicas: 1,
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        ..StreamConfig::default()
    };
    context.get_or_create_stream(config).await.map_err(|error| error.to_string())?;
    context.get_key_value(bucket).await.map_err(|error| error.to_string())
}

/// Returns the addresses, and how they are shown.
fn addresses(servers: &[String]) -> anyhow::Result<(Vec<ServerAddr>, String)> {
    let mut all = Vec::new();
    for server in servers {
        let server = server.trim();
        if server.rsplit("://").next().is_some_and(|rest| rest.contains('@')) {
            bail!(
                "the URL of a NATS server has a user or password in it, where others can see it: use --nats-creds, or {USER} and \
                 {PASSWORD}"
            );
        }
        let address: ServerAddr =
            server.parse().with_context(|| format!("{server:?} is not the URL of a NATS server"))?;
        ensure!(
            matches!(address.scheme(), "nats" | "tls"),
            "{server:?} is not the URL of a NATS server: expected nats://HOST:4222 or tls://HOST:4222"
        );
        all.push(address);
    }
    Ok((all, one_line(&servers.join(", "))))
}

async fn options(args: &NatsArgs, role: &str) -> anyhow::Result<ConnectOptions> {
    let mut options = ConnectOptions::new()
        .name(format!("rosefish {role}"))
        .connection_timeout(CONNECT)
        .reconnect_delay_callback(|attempts| {
            let steps = u32::try_from(attempts).unwrap_or(u32::MAX);
            Duration::from_millis(100).saturating_mul(steps).min(RECONNECT)
        })
        .event_callback(|event| async move {
            match event {
                Event::Disconnected => say!("rosefish: the connection to the NATS server broke; it is tried again"),
                Event::ServerError(error) => say!("rosefish: the NATS server says: {}", one_line(&error.to_string())),
                _ => {}
            }
        });
    if let Some(authority) = &args.authority {
        readable(authority)?;
        options = options.add_root_certificates(authority.clone()).require_tls(true);
    }
    if let (Some(certificate), Some(key)) = (&args.certificate, &args.certificate_key) {
        readable(certificate)?;
        private_file(key, &format!("the key {}", key.display()))?;
        options = options.add_client_certificate(certificate.clone(), key.clone()).require_tls(true);
    }
    if let Some(file) = &args.credentials {
        let shown = format!("the credentials {}", file.display());
        let text =
            String::from_utf8(private_file(file, &shown)?).ok().with_context(|| format!("{shown} are not text"))?;
        // The error is dropped: it could quote a part of the credentials.
        return match text.contains("-----BEGIN") {
            true => options.credentials(&text).ok().with_context(|| format!("{shown} are not a user's credentials")),
            false => Ok(options.nkey(text.trim().to_owned())),
        };
    }
    let Ok(user) = std::env::var(USER) else { return Ok(options) };
    let password = std::env::var(PASSWORD).ok().with_context(|| format!("{USER} is set, and {PASSWORD} is not"))?;
    Ok(options.user_and_password(user, password))
}

fn readable(file: &Path) -> anyhow::Result<()> {
    std::fs::File::open(file).with_context(|| format!("{} can't be read", file.display()))?;
    Ok(())
}
