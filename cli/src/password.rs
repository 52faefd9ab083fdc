//! Where passwords come from: the environment, a file that nobody else can read, a command for each host, the system's keyring, or
//! a person at the terminal. A password is never an argument, and the output of a command is never shown.

use std::collections::HashMap;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use secrecy::SecretString;
use tokio::io::AsyncReadExt as _;
use tokio::sync::{OnceCell, Semaphore};

use crate::silence::Silence;
use crate::stored_password;

/// The variable that has the password.
pub(crate) const PASSWORD_VARIABLE: &str = "ROSEFISH_PASSWORD";

/// The variable that has the password of the user who is added or changed, or whose password is tested.
pub(crate) const NEW_PASSWORD_VARIABLE: &str = "ROSEFISH_NEW_PASSWORD";

/// How many commands run at a time: password managers are not made for more.
const COMMANDS: usize = 8;

/// How long a command may take.
const COMMAND_TIME: Duration = Duration::from_secs(60);

/// The longest password.
const LONGEST: u64 = 16 << 10;

static RUNNING: Semaphore = Semaphore::const_new(COMMANDS);

type Once = Arc<OnceCell<SecretString>>;

/// What commands have printed, by command line: each is run once.
static KNOWN: LazyLock<Mutex<HashMap<Vec<String>, Once>>> = LazyLock::new(Mutex::default);

/// What was typed, by the question.
static TYPED: Mutex<Vec<(String, SecretString)>> = Mutex::new(Vec::new());

/// Where a password comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// The first line that a command prints. `{host}` and `{user}` in it are replaced.
    Command(String),
    File(PathBuf),
    /// The keyring of the operating system.
    Keyring,
    /// A variable of the environment.
    Variable(String),
}

impl Source {
    /// Returns the source that is set. A command precedes a file, a file the keyring, and the keyring a variable.
    pub(crate) fn of(
        command: Option<&String>,
        file: Option<&PathBuf>,
        keyring: bool,
        variable: Option<&String>,
    ) -> Option<Self> {
        let command = command.cloned().map(Self::Command);
        let stored = command.or_else(|| file.cloned().map(Self::File)).or_else(|| keyring.then_some(Self::Keyring));
        stored.or_else(|| variable.cloned().map(Self::Variable))
    }

    /// Makes a command run again the next time: what it printed was refused.
    pub(crate) fn forget(&self, host: &str, user: &str) {
        if let Self::Command(line) = self
            && let Ok(words) = command_words(line, host, user)
        {
            KNOWN.lock().unwrap_or_else(PoisonError::into_inner).remove(&words);
        }
    }

    /// Returns the password of a user at a host.
    pub(crate) async fn get(&self, host: &str, user: &str) -> anyhow::Result<SecretString> {
        match self {
            Self::Command(line) => of_command(line, host, user).await,
            Self::File(file) => of_file(file),
            Self::Keyring => stored_password::get(host, user).await,
            Self::Variable(name) => match std::env::var(name) {
                Ok(password) => Ok(password.into()),
                Err(_) => bail!("no password for {user}: the variable {name} is not set, or not UTF-8"),
            },
        }
    }
}

/// Makes all commands run again the next time: a password that was right may have been changed.
#[cfg(feature = "nats")]
pub(crate) fn forget_commands() {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Returns the words of a command.
fn command_words(line: &str, host: &str, user: &str) -> anyhow::Result<Vec<String>> {
    let words = shell_words::split(line).with_context(|| format!("the password command {line:?}"))?;
    // The host and the user are filled in after the words were split: no name can add a word.
    Ok(words.iter().map(|word| word.replace("{host}", host).replace("{user}", user)).collect())
}

/// Runs a command, without a shell, once for each host.
async fn of_command(line: &str, host: &str, user: &str) -> anyhow::Result<SecretString> {
    let words = command_words(line, host, user)?;
    let once = Arc::clone(KNOWN.lock().unwrap_or_else(PoisonError::into_inner).entry(words.clone()).or_default());
    once.get_or_try_init(|| run(words, host)).await.cloned()
}

async fn run(words: Vec<String>, host: &str) -> anyhow::Result<SecretString> {
    let [program, arguments @ ..] = &words[..] else { bail!("the password command is empty") };
    let _turn = RUNNING.acquire().await?;
    let mut command = tokio::process::Command::new(program);
    // Standard error is not shown: it may quote a part of the password.
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    command.env_remove(PASSWORD_VARIABLE);
    let run = async {
        let mut child = command.spawn().with_context(|| format!("the password command {program} can't be run"))?;
        let mut said = Vec::new();
        if let Some(output) = child.stdout.take() {
            output.take(LONGEST + 1).read_to_end(&mut said).await?;
        }
        if said.len() as u64 > LONGEST {
            bail!("the password command {program} says too much for a password of {host}");
        }
        let status = child.wait().await?;
        if !status.success() {
            bail!("the password command {program} failed for {host} ({status}); run it by hand to see why");
        }
        password(said, &format!("the password command {program} for {host}"))
    };
    match tokio::time::timeout(COMMAND_TIME, run).await {
        Ok(password) => password,
        Err(_) => bail!("the password command {program} did not end in {} s for {host}", COMMAND_TIME.as_secs()),
    }
}

/// Reads a password from a file.
fn of_file(file: &Path) -> anyhow::Result<SecretString> {
    first_line("password file", file)
}

/// Returns the first line of a file with a secret, which nobody else may be able to read.
pub(crate) fn first_line(what: &str, file: &Path) -> anyhow::Result<SecretString> {
    let shown = format!("the {what} {}", file.display());
    password(private_file(file, &shown)?, &shown)
}

/// Reads a file. It is an error if somebody else can read it.
pub(crate) fn private_file(file: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    let shown = || name.to_owned();
    let opened = std::fs::File::open(file).with_context(shown)?;
    let about = opened.metadata().with_context(shown)?;
    if !about.is_file() {
        bail!("{} is not a file", shown());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if about.mode() & 0o077 != 0 {
            bail!("{} can be read by others (mode {:o}): chmod 600 {}", shown(), about.mode() & 0o777, file.display());
        }
    }
    let mut text = Vec::new();
    opened.take(LONGEST + 1).read_to_end(&mut text).with_context(shown)?;
    Ok(text)
}

/// Returns the first line.
fn password(text: Vec<u8>, from: &str) -> anyhow::Result<SecretString> {
    // The error is dropped: it contains the text.
    let Ok(text) = String::from_utf8(text) else { bail!("{from} gives something that is not UTF-8") };
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.into()),
        _ => bail!("{from} gives no password"),
    }
}

/// Returns the password of a user in the environment, otherwise what is typed.
pub(crate) fn of_environment(user: &str, host: &str) -> anyhow::Result<SecretString> {
    match std::env::var(PASSWORD_VARIABLE) {
        Ok(password) => return Ok(password.into()),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{PASSWORD_VARIABLE} is not UTF-8"),
        Err(std::env::VarError::NotPresent) => {}
    }
    if let Some(password) = known(&for_all(user)) {
        return Ok(password);
    }
    if crate::capture::is_on() {
        return typed(for_all(user));
    }
    typed_on_terminal(user, format!("Password of {user} at {host}: "))
}

/// Asks for the password that a user has at all hosts, unless the environment has it.
pub(crate) fn ask_for_all(user: &str) -> anyhow::Result<()> {
    if std::env::var_os(PASSWORD_VARIABLE).is_none() {
        typed_on_terminal(user, for_all(user))?;
    }
    Ok(())
}

fn for_all(user: &str) -> String {
    format!("Password of {user} at all hosts: ")
}

fn typed_on_terminal(user: &str, prompt: String) -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        bail!("no password for {user}: set {PASSWORD_VARIABLE} (there is no terminal to ask for it on)");
    }
    typed(prompt)
}

/// Returns what was typed before.
fn known(prompt: &str) -> Option<SecretString> {
    let known = TYPED.lock().unwrap_or_else(PoisonError::into_inner);
    known.iter().find(|(asked, _)| asked == prompt).map(|(_, password)| password.clone())
}

/// Whether nobody is at the terminal.
static UNATTENDED: AtomicBool = AtomicBool::new(false);

/// From here on, nobody is asked: a password that would have to be typed is an error.
#[cfg(feature = "nats")]
pub(crate) fn never_ask() {
    UNATTENDED.store(true, Ordering::Relaxed);
}

/// Asks once for something secret, however many hosts want it.
pub(crate) fn typed(prompt: String) -> anyhow::Result<SecretString> {
    if UNATTENDED.load(Ordering::Relaxed) {
        bail!(
            "{}: nobody is asked here: name a password-command, password-file or keyring in hosts.toml, or set {PASSWORD_VARIABLE}",
            prompt.trim_end_matches(": ")
        );
    }
    let mut known = TYPED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, password)) = known.iter().find(|(asked, _)| *asked == prompt) {
        return Ok(password.clone());
    }
    let read = || {
        let _silence = Silence::begin();
        rpassword::prompt_password(&prompt).context("the password could not be read from the terminal")
    };
    let password = SecretString::from(tokio::task::block_in_place(read)?);
    known.push((prompt, password.clone()));
    Ok(password)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    async fn of(command: &str, host: &str) -> Result<String, String> {
        let got = Source::Command(command.to_owned()).get(host, "root").await;
        got.map(|password| password.expose_secret().to_owned()).map_err(|error| format!("{error:#}"))
    }

    #[tokio::test]
    async fn a_command_gives_its_first_line_and_knows_host_and_user() {
        assert_eq!(of("printf '%s %s\\nrest\\n' {host} {user}", "bmc-7").await.as_deref(), Ok("bmc-7 root"));
        // A name is one word, whatever is in it, and no shell looks at it.
        assert_eq!(of("printf %s {host}", "a b; $(id) 'c").await.as_deref(), Ok("a b; $(id) 'c"));
    }

    #[tokio::test]
    async fn what_a_command_prints_is_in_no_error() {
        for command in
            ["sh -c 'echo hunter2; echo hunter2 >&2; exit 3'", "printf '\\nhunter2'", "printf 'hunter2\\377'"]
        {
            let error = of(command, "bmc").await.unwrap_err();
            assert!(!error.contains("hunter2") || error.contains("sh -c"), "{error}");
        }
        let error = of("sh -c 'echo hunter2 >&2; exit 3'", "bmc").await.unwrap_err();
        assert_eq!(error, "the password command sh failed for bmc (exit status: 3); run it by hand to see why");
        assert!(of("/nowhere/at/all", "bmc").await.unwrap_err().contains("can't be run"));
        assert!(of("a 'b", "bmc").await.is_err());
    }

    #[tokio::test]
    async fn a_command_is_run_once_for_each_host() {
        let folder = std::env::temp_dir().join(format!("rosefish-once-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let command = format!("sh -c 'echo . >> {}/$0; echo secret' {{host}}", folder.display());
        let all = futures_util::future::join_all(["a", "a", "b", "a"].map(|host| of(&command, host))).await;
        assert!(all.iter().all(|password| password.as_deref() == Ok("secret")), "{all:?}");
        for host in ["a", "b"] {
            assert_eq!(std::fs::read_to_string(folder.join(host)).unwrap(), ".\n");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = std::env::temp_dir().join(format!("rosefish-password-{}", std::process::id()));
        std::fs::write(&file, "secret\n").unwrap();
        let read = async |mode| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let got = Source::File(file.clone()).get("bmc", "root").await;
            got.map(|password| password.expose_secret().to_owned()).map_err(|error| format!("{error:#}"))
        };
        assert_eq!(read(0o600).await.as_deref(), Ok("secret"));
        assert!(read(0o640).await.unwrap_err().contains("mode 640"));
        std::fs::remove_file(&file).unwrap();
    }
}
