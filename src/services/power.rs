//! Resets in the words that a system takes: some lack `On`, `GracefulShutdown` or `PowerCycle`, and take others that do the
//! same.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::edit::Committed;
use crate::schema::computer_system::PowerRestorePolicyTypes;
use crate::schema::resource::{PowerState, ResetType};
use crate::schema::{Chassis, ComputerSystem};
use crate::services::read_back::{Seen, follow, read_back, seconds};

/// A reset that was sent: in which words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent(ResetType);

impl std::fmt::Display for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ComputerSystem.Reset {}", self.0)
    }
}

/// Which words do what is wanted, the best first. A button turns on what is off, and asks what is on to shut down.
fn words(wanted: &ResetType, state: Option<&PowerState>) -> Vec<ResetType> {
    let mut words = vec![wanted.clone()];
    match (wanted, state) {
        (ResetType::On, Some(PowerState::Off)) => words.extend([ResetType::ForceOn, ResetType::PushPowerButton]),
        (ResetType::On, _) => words.push(ResetType::ForceOn),
        (ResetType::GracefulShutdown, Some(PowerState::On)) => words.push(ResetType::PushPowerButton),
        _ => {}
    }
    words
}

/// The word to send, given those that are accepted; none if there is none that does what is wanted.
fn choose(wanted: &ResetType, state: Option<&PowerState>, allowed: Option<&[String]>) -> Option<ResetType> {
    let Some(allowed) = allowed else { return Some(wanted.clone()) };
    words(wanted, state).into_iter().find(|word| allowed.iter().any(|allowed| allowed == word.as_str()))
}

/// The words that a system says it accepts; none where it doesn't say so, or not in a place that can be read.
async fn accepted(system: &Resource<ComputerSystem>) -> Option<Vec<String>> {
    system.reset(ResetType::On).allowable_values("ResetType").await.unwrap_or_default()
}

/// Resets a system, by another word that does the same where it doesn't take this one. A service that takes it for later is
/// followed for a while.
pub(crate) async fn reset(
    system: &Resource<ComputerSystem>,
    wanted: ResetType,
    within: Duration,
) -> Result<Sent, Error> {
    let allowed = accepted(system).await;
    // Where no word does it, the action says what it accepts.
    let word = choose(&wanted, system.power_state.as_ref(), allowed.as_deref()).unwrap_or(wanted);
    send(system, word, within).await
}

async fn send(system: &Resource<ComputerSystem>, word: ResetType, within: Duration) -> Result<Sent, Error> {
    let reply = system.reset(word.clone()).await?;
    if let Some(task) = reply.task {
        follow(task, within).await?;
    }
    Ok(Sent(word))
}

/// Turns a system off and on again: by `PowerCycle`, and where it doesn't take that, by turning it off, waiting until it is
/// off, and turning it on.
pub(crate) async fn cycle(system: &Resource<ComputerSystem>, within: Duration) -> Result<Vec<Sent>, Error> {
    by_one_or_steps(system, ResetType::PowerCycle, ResetType::ForceOff, within).await
}

/// Has the operating system restart: by `GracefulRestart`, and where a system doesn't take that, by having it shut down,
/// waiting until it is off, and turning it on.
pub(crate) async fn restart(system: &Resource<ComputerSystem>, within: Duration) -> Result<Vec<Sent>, Error> {
    by_one_or_steps(system, ResetType::GracefulRestart, ResetType::GracefulShutdown, within).await
}

/// Sends one word that does it all, else two with a wait between them.
async fn by_one_or_steps(
    system: &Resource<ComputerSystem>,
    one: ResetType,
    off: ResetType,
    within: Duration,
) -> Result<Vec<Sent>, Error> {
    let allowed = accepted(system).await;
    let state = system.power_state.as_ref();
    let takes = |wanted: &ResetType| choose(wanted, state, allowed.as_deref()).is_some();
    let is_off = state == Some(&PowerState::Off);
    // What is on can be turned on once it is off, whatever is accepted now.
    let by_steps = !takes(&one)
        && (takes(&off) || is_off)
        && choose(&ResetType::On, Some(&PowerState::Off), allowed.as_deref()).is_some();
    if !by_steps {
        return Ok(vec![reset(system, one, within).await?]);
    }
    let mut sent = Vec::new();
    if !is_off {
        sent.push(reset(system, off, within).await?);
        let look = || async { system.client().get::<ComputerSystem>(system.uri()).await };
        match read_back(within, look, |system| system.power_state == Some(PowerState::Off)).await {
            Seen::AsWanted(_) => {}
            Seen::Otherwise(found) => {
                let state = found.power_state.as_ref().map_or("in an unknown state", PowerState::as_str);
                let text = format!(
                    "asked to turn off, as this system takes no {one}; still {state} after {}, and not turned on again",
                    seconds(within)
                );
                return Err(Error::new(ErrorKind::NotInForce, text));
            }
            Seen::Unread(error) => {
                let text = format!(
                    "asked to turn off, as this system takes no {one}; whether it is off could not be read, and it was not \
                     turned on again"
                );
                return Err(Error::new(ErrorKind::NotInForce, text).with_source(error));
            }
        }
    }
    // It is off now: a button would turn it on.
    let word = choose(&ResetType::On, Some(&PowerState::Off), allowed.as_deref()).unwrap_or(ResetType::On);
    match send(system, word, within).await {
        Ok(on) => sent.push(on),
        Err(error) if sent.is_empty() => return Err(error),
        Err(error) => {
            let text = format!("turned off, as this system takes no {one}, and it could not be turned on again");
            return Err(Error::new(ErrorKind::NotInForce, text).with_source(error));
        }
    }
    Ok(sent)
}

/// Resets a chassis by one of the words that it takes.
pub(crate) async fn reset_chassis(chassis: &Resource<Chassis>, word: ResetType, within: Duration) -> Result<(), Error> {
    if let Some(task) = chassis.reset(word).await?.task {
        follow(task, within).await?;
    }
    Ok(())
}

/// Sets what a system does when power returns.
pub(crate) async fn set_restore_policy(
    system: &Resource<ComputerSystem>,
    policy: PowerRestorePolicyTypes,
    within: Duration,
) -> Result<(), Error> {
    let mut edit = system.edit();
    edit.power_restore_policy = Some(policy);
    match edit.commit().await? {
        Committed::Accepted(task) => follow(task, within).await,
        Committed::Unchanged | Committed::Updated(_) | Committed::Pending(_) | Committed::Confirmed(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_word_is_sent_only_where_it_does_the_same() {
        let allowed = |words: &str| words.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let (on, off) = (Some(&PowerState::On), Some(&PowerState::Off));
        for (wanted, state, accepted, sent) in [
            (ResetType::On, off, "On ForceOn", Some(ResetType::On)),
            (ResetType::On, off, "ForceOn PushPowerButton", Some(ResetType::ForceOn)),
            (ResetType::On, off, "PushPowerButton", Some(ResetType::PushPowerButton)),
            (ResetType::On, on, "PushPowerButton", None),
            (ResetType::On, None, "PushPowerButton", None),
            (ResetType::GracefulShutdown, on, "PushPowerButton", Some(ResetType::PushPowerButton)),
            (ResetType::GracefulShutdown, off, "PushPowerButton", None),
            (ResetType::ForceOff, on, "GracefulShutdown PushPowerButton", None),
            (ResetType::ForceRestart, on, "PowerCycle GracefulRestart", None),
            (ResetType::GracefulRestart, on, "ForceRestart", None),
        ] {
            assert_eq!(choose(&wanted, state, Some(&allowed(accepted))), sent, "{wanted} of {accepted}");
            assert_eq!(choose(&wanted, state, None), Some(wanted));
        }
    }
}
