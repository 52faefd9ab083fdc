//! Where the schemas come from: the program itself, and other folders.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use flate2::read::ZlibDecoder;

/// Packed by the build script.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/csdl.z"));

/// Larger than any schema.
const LARGEST: u64 = 16 << 20;

/// A CSDL file that has not been parsed.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) file: String,
    pub(super) text: String,
}

/// Returns the schemas that the program carries.
pub(super) fn carried() -> anyhow::Result<Vec<Source>> {
    let mut text = String::new();
    ZlibDecoder::new(PACKED).read_to_string(&mut text).context("the schemas in this program can't be unpacked")?;
    let files = text.split('\0').filter_map(|file| file.split_once('\n'));
    Ok(files.map(|(file, text)| Source { file: file.to_owned(), text: text.to_owned() }).collect())
}

/// Returns the `*.xml` files of a folder.
pub(super) fn folder(folder: &Path) -> anyhow::Result<Vec<Source>> {
    let said = || format!("--schemas {}", folder.display());
    let entries = fs::read_dir(folder).with_context(said)?.collect::<Result<Vec<_>, _>>().with_context(said)?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")));
    files.sort();
    let mut sources = Vec::new();
    for file in files {
        let kind = fs::metadata(&file).with_context(|| file.display().to_string())?;
        if !kind.is_file() || kind.len() > LARGEST {
            anyhow::bail!("{}: it is not a file, or too large for a schema", file.display());
        }
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        sources.push(Source { file: file.display().to_string(), text });
    }
    if sources.is_empty() {
        anyhow::bail!("{} has no *.xml files", said());
    }
    Ok(sources)
}

impl Source {
    /// Returns the schemas that the file defines, without their versions, as far as that can be seen without parsing it.
    pub(super) fn schemas(&self) -> Vec<&str> {
        let mut schemas: Vec<&str> = Vec::new();
        for element in self.text.split("<Schema ").skip(1) {
            let element = element.split('>').next().unwrap_or_default();
            let Some((_, rest)) = element.split_once("Namespace=") else { continue };
            let quote = rest.chars().next().unwrap_or('"');
            let namespace = rest.trim_start_matches(quote).split(quote).next().unwrap_or_default();
            let schema = namespace.split('.').next().unwrap_or_default();
            if !schema.is_empty() && !schemas.contains(&schema) {
                schemas.push(schema);
            }
        }
        schemas
    }
}
