//! `known-bmcs`: the certificates of BMCs that were trusted when they were first seen, one line for each. The file is replaced as a
//! whole, under a lock, so that programs that run at the same time don't lose each other's entries.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, bail};

use crate::files;

const NAME: &str = "known-bmcs";

/// The first lines of a new file.
const HEAD: &str = "\
# BMCs whose certificates rosefish has trusted since it first saw them: HOST:PORT, the certificate's SHA-256, the time.
# `rosefish certificate known` lists them, `rosefish certificate forget HOST` takes one out.
";

/// How long to wait for other programs that write the file.
const PATIENCE: Duration = Duration::from_secs(20);

/// The user's own file, if the environment says where that is.
static OWN: LazyLock<Option<KnownBmcs>> = LazyLock::new(|| files::own(NAME).map(KnownBmcs::at));

/// A BMC and its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownBmc {
    /// `HOST:PORT`.
    pub(crate) host: String,
    /// In the form that `--pin` takes.
    pub(crate) sha256: String,
    /// When it was first seen.
    pub(crate) since: jiff::Timestamp,
}

impl KnownBmc {
    /// Makes an entry for a BMC that is seen now.
    pub(crate) fn new(host: String, sha256: String) -> Self {
        let now = jiff::Timestamp::now();
        let since = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
        Self { host, sha256, since }
    }

    pub(crate) fn line(&self) -> String {
        format!("{} {} {}\n", self.host, self.sha256, self.since)
    }

    fn read(line: &str) -> Result<Self, &'static str> {
        let mut words = line.split_ascii_whitespace();
        let (Some(host), Some(sha256), Some(since), None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return Err("expected HOST:PORT, a SHA-256 and a time");
        };
        let is_port = |(_, port): (&str, &str)| port.parse::<u16>().is_ok();
        if !host.rsplit_once(':').is_some_and(is_port) {
            return Err("the host is not HOST:PORT");
        }
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if sha256.len() != 64 || !sha256.bytes().all(is_digit) {
            return Err("the SHA-256 is not 64 hexadecimal digits");
        }
        let since = since.parse().map_err(|_| "the time is not one like 2026-01-31T12:00:00Z")?;
        Ok(Self { host: host.to_owned(), sha256: sha256.to_owned(), since })
    }
}

type ByHost = Arc<BTreeMap<String, KnownBmc>>;

/// The time and size of a file, which show whether it has changed.
type Stamp = Option<(SystemTime, u64)>;

/// A file of known BMCs.
#[derive(Debug)]
pub(crate) struct KnownBmcs {
    path: PathBuf,
    read: Mutex<Option<(Stamp, ByHost)>>,
    /// The entries to write. If many hosts are seen at once, the one whose turn it is writes those of all.
    pending: Mutex<Vec<KnownBmc>>,
    turn: tokio::sync::Mutex<()>,
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the known BMC of a name, if there is a file that has it.
///
/// # Errors
///
/// If the file can't be read, has an invalid line, or can be written by others.
pub(crate) fn find(host: &str) -> anyhow::Result<Option<KnownBmc>> {
    OWN.as_ref().map_or(Ok(None), |own| own.find(host))
}

/// Returns the user's own file.
///
/// # Errors
///
/// If the environment doesn't say where it is.
pub(crate) fn own() -> anyhow::Result<&'static KnownBmcs> {
    OWN.as_ref().context("there is no place for the file of known BMCs: set HOME or XDG_CONFIG_HOME")
}

impl KnownBmcs {
    fn at(path: PathBuf) -> Self {
        Self { path, read: Mutex::default(), pending: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn find(&self, host: &str) -> anyhow::Result<Option<KnownBmc>> {
        Ok(self.all()?.get(host).cloned())
    }

    /// Returns all of them by their names, as the file has them now.
    pub(crate) fn all(&self) -> anyhow::Result<ByHost> {
        let stamp = fs::metadata(&self.path).ok().and_then(|about| Some((about.modified().ok()?, about.len())));
        let mut read = lock(&self.read);
        if let Some((known, all)) = read.as_ref()
            && *known == stamp
            && stamp.is_some()
        {
            return Ok(Arc::clone(all));
        }
        let all = Arc::new(parsed(&self.text()?, &self.path)?);
        *read = Some((stamp, Arc::clone(&all)));
        Ok(all)
    }

    fn text(&self) -> anyhow::Result<String> {
        let shown = || self.path.display().to_string();
        #[cfg(unix)]
        if let Ok(about) = fs::metadata(&self.path) {
            use std::os::unix::fs::MetadataExt as _;
            if about.mode() & 0o022 != 0 {
                let mode = about.mode() & 0o777;
                bail!("{} can be written by others (mode {mode:o}): chmod 600 {}", shown(), shown());
            }
        }
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error).with_context(shown),
        }
    }

    /// Adds a BMC that is not known yet, and returns the entry that the file has then: another program may have been faster, and
    /// may have seen a different certificate.
    ///
    /// # Errors
    ///
    /// If the file can't be read or written.
    pub(crate) async fn add(&'static self, bmc: KnownBmc) -> anyhow::Result<KnownBmc> {
        lock(&self.pending).push(bmc.clone());
        let _turn = self.turn.lock().await;
        if let Some(known) = self.find(&bmc.host)? {
            return Ok(known);
        }
        let mut batch = std::mem::take(&mut *lock(&self.pending));
        if !batch.contains(&bmc) {
            // Another call took this entry along, but failed to write it.
            batch.push(bmc.clone());
        }
        let write = move || self.replace(|text, known| with(text, known, &batch));
        tokio::task::spawn_blocking(write).await??;
        self.find(&bmc.host)?.with_context(|| format!("{} is not in {}", bmc.host, self.path.display()))
    }

    /// Removes a BMC. Returns false if it is not in the file.
    ///
    /// # Errors
    ///
    /// If the file can't be read or written.
    pub(crate) fn forget(&self, host: &str) -> anyhow::Result<bool> {
        let mut is_in = false;
        self.replace(|text, known| {
            is_in = known.contains_key(host);
            let is_other = |line: &&str| line.split_ascii_whitespace().next() != Some(host);
            is_in.then(|| text.split_inclusive('\n').filter(is_other).collect())
        })?;
        Ok(is_in)
    }

    /// Replaces the file with the changed text, if there is one. Nobody else can write the file meanwhile.
    fn replace(&self, change: impl FnOnce(&str, &BTreeMap<String, KnownBmc>) -> Option<String>) -> anyhow::Result<()> {
        // A symbolic link stays one.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let shown = || path.display().to_string();
        if let Some(folder) = path.parent() {
            private_folder(folder).with_context(|| folder.display().to_string())?;
        }
        let guard = private(&path.with_extension("lock"), false).with_context(shown)?;
        wait_for(&guard).with_context(shown)?;
        let text = self.text()?;
        let Some(text) = change(&text, &parsed(&text, &path)?) else { return Ok(()) };
        let new = path.with_extension("new");
        let write = || {
            let mut file = private(&new, true)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        write().with_context(|| format!("{} can't be written", shown()))?;
        *lock(&self.read) = None;
        Ok(())
    }
}

/// Returns the text with lines for those that are not known yet, if there are any.
fn with(text: &str, known: &BTreeMap<String, KnownBmc>, more: &[KnownBmc]) -> Option<String> {
    let mut text = if text.is_empty() { HEAD.to_owned() } else { text.to_owned() };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let mut added: Vec<&str> = Vec::new();
    for bmc in more {
        if !known.contains_key(&bmc.host) && !added.contains(&bmc.host.as_str()) {
            text.push_str(&bmc.line());
            added.push(&bmc.host);
        }
    }
    (!added.is_empty()).then_some(text)
}

fn parsed(text: &str, path: &Path) -> anyhow::Result<BTreeMap<String, KnownBmc>> {
    let mut all = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why: &str| anyhow::anyhow!("{}:{}: {why}", path.display(), number + 1);
        let bmc = KnownBmc::read(line).map_err(wrong)?;
        if let Some(other) = all.insert(bmc.host.clone(), bmc) {
            return Err(wrong(&format!("{} has a line already", other.host)));
        }
    }
    Ok(all)
}

/// Opens a file for writing that is for its owner alone. If it has to be new, what was left behind is removed first.
fn private(path: &Path, is_new: bool) -> std::io::Result<File> {
    if is_new
        && let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = File::options();
    options.write(true).create(true).create_new(is_new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Waits until nobody else holds the lock. It is released with the file, or when the program ends.
fn wait_for(guard: &File) -> anyhow::Result<()> {
    let begin = Instant::now();
    loop {
        match guard.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => bail!("another program has locked it for {} s", PATIENCE.as_secs()),
            Err(TryLockError::Error(error)) => return Err(error).context("it can't be locked"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bmc(number: usize) -> KnownBmc {
        let since = "2026-01-31T12:00:00Z".parse().unwrap();
        KnownBmc { host: format!("bmc-{number}:443"), sha256: format!("{number:064x}"), since }
    }

    /// Makes a file in a folder of its own. It is never dropped, as [`KnownBmcs::add`] needs a `'static` one.
    fn file(name: &str) -> &'static KnownBmcs {
        let folder = std::env::temp_dir().join(format!("rosefish-known-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Box::leak(Box::new(KnownBmcs::at(folder.join("rosefish").join(NAME))))
    }

    fn clear(file: &KnownBmcs) {
        let _ = fs::remove_dir_all(file.path.parent().and_then(Path::parent).unwrap());
    }

    #[tokio::test]
    async fn what_is_added_stays_until_it_is_forgotten() {
        let file = file("stays");
        assert_eq!((file.find("bmc-1:443").unwrap(), file.forget("bmc-1:443").unwrap()), (None, false));
        assert_eq!(file.add(bmc(1)).await.unwrap(), bmc(1));
        // The first certificate counts.
        let other = KnownBmc { sha256: "f".repeat(64), ..bmc(1) };
        assert_eq!(file.add(other).await.unwrap().sha256, bmc(1).sha256);
        fs::write(&file.path, format!("{}\n  \n# a note", fs::read_to_string(&file.path).unwrap())).unwrap();
        file.add(bmc(2)).await.unwrap();
        assert_eq!(file.all().unwrap().len(), 2);
        assert!(file.forget("bmc-1:443").unwrap());
        let text = fs::read_to_string(&file.path).unwrap();
        assert!(text.starts_with(HEAD) && text.ends_with(&format!("# a note\n{}", bmc(2).line())), "{text}");
        assert_eq!(file.find("bmc-1:443").unwrap(), None);
        clear(file);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_file_is_for_its_owner_alone_and_a_link_stays_one() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let file = file("mode");
        let folder = file.path.parent().unwrap();
        let elsewhere = folder.parent().unwrap().join("elsewhere");
        fs::create_dir_all(folder).unwrap();
        fs::write(&elsewhere, "").unwrap();
        symlink(&elsewhere, &file.path).unwrap();
        file.add(bmc(1)).await.unwrap();
        assert!(fs::symlink_metadata(&file.path).unwrap().is_symlink());
        assert_eq!(fs::metadata(&elsewhere).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o660)).unwrap();
        *lock(&file.read) = None;
        let error = file.find("bmc-1:443").unwrap_err().to_string();
        assert!(error.contains("mode 660"), "{error}");
        clear(file);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_at_a_time_lose_nothing_also_of_another_program() {
        let first = file("many");
        // A second one for the same file, which knows nothing of the first.
        let second: &'static KnownBmcs = Box::leak(Box::new(KnownBmcs::at(first.path.clone())));
        let all = (0..400).map(|number| [first, second][number % 2].add(bmc(number)));
        for (number, added) in futures_util::future::join_all(all).await.into_iter().enumerate() {
            assert_eq!(added.unwrap().sha256, bmc(number).sha256);
        }
        assert_eq!(first.all().unwrap().len(), 400);
        clear(first);
    }

    #[test]
    fn a_line_that_is_not_one_is_named() {
        let (good, path) = (bmc(7).line(), Path::new("known-bmcs"));
        for (text, line, why) in [
            (format!("# note\n\n{good}bmc {}\n", "0".repeat(64)), 4, "expected HOST:PORT"),
            (good.replace(":443", ""), 1, "not HOST:PORT"),
            (good.replace("07 ", " "), 1, "64 hexadecimal digits"),
            (good.replace("Z\n", "\n"), 1, "the time"),
            (format!("{good}{good}"), 2, "has a line already"),
        ] {
            let error = parsed(&text, path).unwrap_err().to_string();
            assert!(error.starts_with(&format!("known-bmcs:{line}: ")) && error.contains(why), "{text}: {error}");
        }
    }
}
