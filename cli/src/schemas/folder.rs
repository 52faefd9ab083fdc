//! The folder for schemas that are fetched: `csdl`, `json-schema` and `openapi`, as in the standard's bundle, and no more files or
//! bytes than the schemas of a service can have.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The folders within it, the most detailed language first.
pub(super) const LANGUAGES: [&str; 3] = ["csdl", "json-schema", "openapi"];

/// The standard has 1,500 files, counting all versions.
const MOST_FILES: usize = 4000;

/// They take 150 MB.
const MOST_BYTES: usize = 256 << 20;

/// Where files go.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    counts: BTreeMap<&'static str, usize>,
    files: usize,
    bytes: usize,
}

impl Folder {
    /// Makes sure that there is an empty folder.
    pub(super) fn prepare(dir: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("{}: the folder can't be made", dir.display()))?;
        let mut entries = fs::read_dir(dir).with_context(|| format!("{}: the folder can't be read", dir.display()))?;
        if entries.next().is_some() {
            bail!("{}: there is something in the folder; schemas go into one that is empty or new", dir.display());
        }
        Ok(Self { dir: dir.to_owned(), counts: BTreeMap::new(), files: 0, bytes: 0 })
    }

    /// Returns whether another file may be fetched.
    pub(super) fn has_room(&self) -> bool {
        self.files < MOST_FILES && self.bytes < MOST_BYTES
    }

    /// Writes a new file. A second one of the same name is the same schema again, or an attempt of the service to have a file
    /// overwritten.
    pub(super) fn write(&mut self, language: &'static str, name: &str, text: &str) -> anyhow::Result<()> {
        if self.bytes.saturating_add(text.len()) > MOST_BYTES {
            bail!("all files together have more than {MOST_BYTES} bytes");
        }
        let folder = self.dir.join(language);
        fs::create_dir_all(&folder)?;
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(folder.join(name))?;
        file.write_all(text.as_bytes())?;
        self.files += 1;
        self.bytes += text.len();
        *self.counts.entry(language).or_default() += 1;
        Ok(())
    }

    /// Returns how many files there are, by language.
    pub(super) fn counts(&self) -> Vec<(&'static str, usize)> {
        LANGUAGES.iter().map(|language| (*language, self.counts.get(language).copied().unwrap_or_default())).collect()
    }
}
