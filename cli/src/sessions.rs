//! `rosefish sessions`: who is logged in at a service.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use rosefish::schema::session::Session;
use rosefish::{Client, Partial, Resource};
use serde_json::json;

use crate::operate::{Shown, Table, print};
use crate::partial::tell_missing;
use crate::service::Service;

const EXAMPLES: &str = "\
Examples:
  rosefish sessions 10.0.0.7 --user root
  rosefish sessions end 10.0.0.7 17 --user root       the one of this Id
  rosefish sessions end 10.0.0.7 --of joe --user root  all of this user's

The session of this very command is not shown.";

/// Show who is logged in at a service, or end sessions
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SessionsArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the sessions
    List(ListArgs),
    /// End sessions
    End(EndArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    service: Service,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct EndArgs {
    #[command(flatten)]
    service: Service,
    /// The session to end, by Id or URI; may be given several times
    #[arg(value_name = "SESSION", required_unless_present = "of")]
    sessions: Vec<String>,
    /// End all sessions of this user
    #[arg(long, value_name = "NAME", conflicts_with = "sessions")]
    of: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: SessionsArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::List(args) => list(args).await,
        Verb::End(args) => end(args).await,
    }
}

/// All sessions but the client's own.
async fn others(client: &Client) -> Result<Partial<Resource<Session>>, rosefish::Error> {
    let own = client.session_token();
    let own = own.as_ref().and_then(|token| token.uri()).map(path);
    let mut found = client.root().sessions().members().collect_all().await;
    found.items.retain(|session| Some(path(session.uri())) != own);
    Ok(found)
}

/// The path of a URI without a slash at its end.
fn path(uri: &str) -> &str {
    let path =
        uri.find("://").and_then(|scheme| uri.get(scheme + 3..)?.find('/').and_then(|at| uri.get(scheme + 3 + at..)));
    path.unwrap_or(uri).trim_end_matches('/')
}

fn id(session: &Resource<Session>) -> &str {
    session.id.as_deref().unwrap_or_else(|| path(session.uri()).rsplit('/').next().unwrap_or_default())
}

async fn list(args: ListArgs) -> anyhow::Result<ExitCode> {
    let Partial { items, missing, .. } = args.service.with(async |client| Ok(others(client).await?)).await?;
    if args.json {
        let value = items.iter().map(|session| {
            json!({
                "id": id(session),
                "uri": session.uri(),
                "user": session.user_name,
                "from": session.client_origin_ip_address,
                "created": session.created_time,
                "type": session.session_type,
            })
        });
        print(&args.service.json(value.collect(), serde_json::to_value(&missing)?))?;
    } else {
        let mut table = Table::new(&["ID", "USER", "FROM", "CREATED", "TYPE"]);
        for session in &items {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let created = session.created_time.as_ref().map(ToString::to_string).unwrap_or_default();
            let kind = session.session_type.as_ref().map(ToString::to_string).unwrap_or_default();
            let (user, from) = (text(&session.user_name), text(&session.client_origin_ip_address));
            table.row([id(session).to_owned(), user, from, created, kind]);
        }
        Shown::from(table).print()?;
    }
    Ok(tell_missing(&missing))
}

async fn end(args: EndArgs) -> anyhow::Result<ExitCode> {
    let done = args.service.with(async |client| {
        let found = others(client).await?;
        let meant: Vec<_> = match &args.of {
            Some(user) => found.items.iter().filter(|session| session.user_name.as_ref() == Some(user)).collect(),
            None => {
                let mut meant = Vec::new();
                for name in &args.sessions {
                    let one = found.items.iter().find(|one| id(one) == name || path(one.uri()) == path(name));
                    match one {
                        Some(one) => meant.push(one),
                        None => bail!("there is no session {name} here beside the one of this command"),
                    }
                }
                meant
            }
        };
        let mut ended = Vec::new();
        for session in meant {
            let (id, user) = (id(session).to_owned(), session.user_name.clone().unwrap_or_default());
            session.clone().delete().await?;
            ended.push((id, user));
        }
        // Whose sessions could not be read is not known.
        Ok((ended, if args.of.is_some() { found.missing } else { Vec::new() }))
    });
    let (ended, missing) = done.await?;
    if args.json {
        let value = ended.iter().map(|(id, user)| json!({ "id": id, "user": user, "outcome": "ended" })).collect();
        print(&args.service.json(value, serde_json::to_value(&missing)?))?;
    } else if ended.is_empty() {
        print("there are none to end\n")?;
    } else {
        print(&ended.iter().map(|(id, user)| format!("ended session {id} of {user}\n")).collect::<String>())?;
    }
    Ok(tell_missing(&missing))
}
