//! Hosts that are read again and again, for the exporter and for `rosefish watch`: each is a [`machine`] that keeps its session from
//! one reading to the next; what a reading found is a [`scrape`], and [`log`] counts what is new in its logs.

pub(crate) mod log;
pub(crate) mod machine;
pub(crate) mod quantity;
pub(crate) mod scrape;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::operate::Target;
use crate::password::ask_for_all;
use crate::terminal::say;
use machine::Machine;

/// How old what is known of components may be.
pub(crate) const COMPONENTS_EVERY: Duration = Duration::from_secs(300);

/// Hosts that are read at a time: some of them may be dead, and take all the time that there is.
pub(crate) const PARALLEL: u16 = 256;

/// How long it may take to end all sessions.
const ENDS: Duration = Duration::from_secs(30);

/// How many sessions are ended at a time.
const ENDED_AT_A_TIME: usize = 256;

/// Asks for the passwords that have to be typed, each once.
pub(crate) fn ask_passwords(targets: &[Target]) -> anyhow::Result<()> {
    let mut asked: Vec<&str> = Vec::new();
    for user in targets.iter().filter_map(|target| target.typed_by()) {
        if !asked.contains(&user) {
            ask_for_all(user)?;
            asked.push(user);
        }
    }
    Ok(())
}

/// Ends all sessions, in a time that is bounded.
pub(crate) async fn end_all(machines: &[Arc<Machine>]) {
    let all = stream::iter(machines.to_vec()).map(|machine| async move { machine.end().await });
    let ended = all.buffer_unordered(ENDED_AT_A_TIME).count();
    if tokio::time::timeout(ENDS, ended).await.is_err() {
        say!("rosefish: some sessions could not be ended in {} s; they will time out", ENDS.as_secs());
    }
}

/// Has the system allow as many open files as connections to and from this many take, as far as it does.
pub(crate) fn open_files_for(connections: usize) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        let wanted = (connections as u64).saturating_add(256);
        if limit.current.is_some_and(|current| current < wanted) {
            limit.current = Some(limit.maximum.map_or(wanted, |most| most.min(wanted)));
            // Connections that can't be had then are errors of their own.
            let _ = setrlimit(Resource::Nofile, limit);
        }
    }
    #[cfg(not(unix))]
    let _ = connections;
}
