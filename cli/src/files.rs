//! Files: folders of payloads from somebody else, which are not trusted, and files in the user's own configuration.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::capture;

/// Returns the file for a host. `{host}` in its name is replaced by the host's, and has to be there if several hosts write their
/// files.
pub(crate) fn of_host(file: &Path, host: &str, is_written: bool) -> anyhow::Result<PathBuf> {
    let name = file.to_string_lossy();
    if !name.contains("{host}") {
        if is_written && capture::is_on() {
            bail!("{}: several hosts would write this file: put {{host}} in its name", file.display());
        }
        return Ok(file.to_owned());
    }
    // A host's name can't lead out of the folder.
    let host = host.rsplit("://").next().unwrap_or_default().replace(['/', '\\'], "_");
    Ok(name.replace("{host}", host.trim_start_matches('.')).into())
}

/// Returns the folder for a host. `{host}` in its name is replaced by the host's; without it, each of several hosts gets a folder
/// within it.
pub(crate) fn folder_of_host(folder: &Path, host: &str) -> anyhow::Result<PathBuf> {
    let names_host = folder.to_string_lossy().contains("{host}");
    match capture::is_on() && !names_host {
        true => of_host(&folder.join("{host}"), host, true),
        false => of_host(folder, host, true),
    }
}

/// Writes a new file that only its owner can read. A file that is already there is left alone.
pub(crate) fn write_new(file: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}

/// Returns the path of a file in the user's own configuration, if the environment says where that is.
pub(crate) fn own(name: &str) -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")));
    Some(folder?.join("rosefish").join(name))
}

/// Larger than any payload.
const LARGEST: u64 = 64 << 20;

/// Reads a regular file, if it is not larger than a payload may be.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let kind = fs::metadata(file)?;
    if !kind.is_file() || kind.len() > LARGEST {
        return Err(std::io::Error::other("it is not a file, or too large for a payload"));
    }
    fs::read(file)
}

/// Reads a file, or all `*.json` files of a folder and its subfolders. Returns messages about what could not be read.
pub(crate) fn each(path: &Path, mut take: impl FnMut(&str, &[u8])) -> anyhow::Result<Vec<String>> {
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    if path.is_file() {
        files.push(path.to_owned());
    } else {
        fs::read_dir(path).with_context(|| format!("{} can't be read", path.display()))?;
        let root = fs::canonicalize(path).with_context(|| format!("{} can't be read", path.display()))?;
        find(&root, path, &mut files, &mut unread);
        files.sort();
    }
    if files.is_empty() && unread.is_empty() {
        bail!("{} has no *.json files", path.display());
    }
    for file in files {
        let place = file.strip_prefix(path).unwrap_or(&file);
        let place = if place.as_os_str().is_empty() { &file } else { place };
        match read(&file) {
            Ok(bytes) => take(&place.to_string_lossy(), &bytes),
            Err(error) => unread.push(format!("{}: {error}", file.display())),
        }
    }
    Ok(unread)
}

/// Finds the files of a folder. A folder or file that can't be read doesn't hide the others.
fn find(root: &Path, folder: &Path, files: &mut Vec<PathBuf>, unread: &mut Vec<String>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return unread.push(format!("{}: {error}", folder.display())),
    };
    for entry in entries {
        match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?.is_dir()))) {
            Ok((path, true)) => find(root, &path, files, unread),
            Ok((path, false)) => {
                let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
                // A link out of the folder is not followed: the author of the folder may not be allowed to read what it leads to.
                let is_within = || fs::canonicalize(&path).is_ok_and(|path| path.starts_with(root));
                match is_json {
                    true if path.is_file() && is_within() => files.push(path),
                    true if path.is_symlink() => {
                        unread.push(format!("{}: the link leads out of the folder", path.display()))
                    }
                    _ => {}
                }
            }
            Err(error) => unread.push(format!("{}: {error}", folder.display())),
        }
    }
}
