//! Passwords in the keyring of the operating system: that of the kernel on Linux, the Keychain on macOS, the Credential Manager on Windows.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use keyring_core::{CredentialStore, Entry, Error};
use secrecy::{ExposeSecret as _, SecretString};

/// The name by which this program's entries are known.
const SERVICE: &str = "rosefish";

/// Returns the keyring of this system.
fn native() -> Result<Arc<CredentialStore>, Error> {
    #[cfg(target_os = "linux")]
    let store = {
        own_session().map_err(|error| Error::NoStorageAccess(Box::new(error)))?;
        linux_keyutils_keyring_store::Store::new()
    };
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new();
    #[cfg(windows)]
    let store = windows_native_keyring_store::Store::new();
    #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
    let store: Result<Arc<keyring_core::mock::Store>, Error> =
        Err(Error::NotSupportedByStore("there is none for this operating system".to_owned()));
    Ok(store?)
}

/// Gives this thread a session keyring if it was started without one, as in containers and services. Linking the user's persistent
/// keyring to it, which keeps passwords from one command to the next, would otherwise create one later, and what was opened before
/// would become unusable.
#[cfg(target_os = "linux")]
fn own_session() -> Result<(), linux_keyutils::KeyError> {
    use linux_keyutils::{KeyRing, KeyRingIdentifier};
    let before = KeyRing::from_special_id(KeyRingIdentifier::Session, false)?;
    if KeyRing::from_special_id(KeyRingIdentifier::Session, true)? != before {
        // What is only stored in a new session ends with it.
        KeyRing::get_persistent(KeyRingIdentifier::Session)?;
    }
    Ok(())
}

fn entry(store: &Arc<CredentialStore>, host: &str, user: &str) -> Result<Entry, Error> {
    Entry::new_in_store(store, SERVICE, &format!("{user}@{}", host.to_ascii_lowercase()))
}

fn found(store: &Arc<CredentialStore>, host: &str, user: &str) -> Result<Option<SecretString>, Error> {
    match entry(store, host, user)?.get_password() {
        Ok(password) => Ok(Some(password.into())),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn forgotten(store: &Arc<CredentialStore>, host: &str, user: &str) -> Result<bool, Error> {
    match entry(store, host, user)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(error, Error::NoEntry)
}

/// Does something with the keyring, which may ask the person at the screen first. Errors are reduced to their text: some variants
/// hold what was read.
async fn with<T: Send + 'static>(
    work: impl FnOnce(&Arc<CredentialStore>) -> Result<T, Error> + Send + 'static,
) -> anyhow::Result<T> {
    let done = tokio::task::spawn_blocking(move || work(&native()?)).await?;
    done.map_err(|error| anyhow::anyhow!("{error}")).context("the keyring of this system")
}

/// Returns whether there is a password of a user at a host.
pub(crate) async fn has(host: &str, user: &str) -> anyhow::Result<bool> {
    let (host, user) = (host.to_owned(), user.to_owned());
    Ok(with(move |store| found(store, &host, &user)).await?.is_some())
}

/// Returns the password of a user at a host.
///
/// # Errors
///
/// If the keyring has none, or can't be used.
pub(crate) async fn get(host: &str, user: &str) -> anyhow::Result<SecretString> {
    let names = (host.to_owned(), user.to_owned());
    match with(move |store| found(store, &names.0, &names.1)).await? {
        Some(password) => Ok(password),
        None => bail!(
            "the keyring has no password of {user} at {host}: store one with rosefish keyring set {host} --user {user}"
        ),
    }
}

/// Stores the password of a user at a host. Replaces one that is there.
pub(crate) async fn set(host: &str, user: &str, password: SecretString) -> anyhow::Result<()> {
    let (host, user) = (host.to_owned(), user.to_owned());
    with(move |store| entry(store, &host, &user)?.set_password(password.expose_secret())).await
}

/// Removes the password of a user at a host. Returns false if there is none.
pub(crate) async fn forget(host: &str, user: &str) -> anyhow::Result<bool> {
    let (host, user) = (host.to_owned(), user.to_owned());
    with(move |store| forgotten(store, &host, &user)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_a_password_at_each_host() {
        let store: Arc<CredentialStore> = keyring_core::mock::Store::new().unwrap();
        let read = |host, user| found(&store, host, user).unwrap().map(|password| password.expose_secret().to_owned());
        let put = |host, user, password| entry(&store, host, user).unwrap().set_password(password).unwrap();
        put("bmc-07", "root", "one");
        put("bmc-07", "operator", "two");
        put("bmc-08", "root", "three");
        put("BMC-07", "root", "four");
        assert_eq!(read("bmc-07", "root").as_deref(), Some("four"));
        assert_eq!(read("bmc-07", "operator").as_deref(), Some("two"));
        assert_eq!(read("bmc-08", "root").as_deref(), Some("three"));
        assert_eq!(read("bmc-08", "operator"), None);
        assert!(forgotten(&store, "bmc-08", "root").unwrap() && !forgotten(&store, "bmc-08", "root").unwrap());
        assert_eq!(read("bmc-08", "root"), None);
    }

    #[test]
    fn what_is_not_text_is_in_no_error() {
        let store: Arc<CredentialStore> = keyring_core::mock::Store::new().unwrap();
        entry(&store, "bmc", "root").unwrap().set_secret(b"hunter2\xff").unwrap();
        let error = found(&store, "bmc", "root").unwrap_err();
        assert!(!format!("{error}").contains("hunter2"), "{error}");
    }
}
