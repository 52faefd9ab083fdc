//! Packs the CSDL that `rosefish validate` holds payloads against: all schemas that the types are made of, in one compressed
//! text, without what they say in prose.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Between two files; no text in XML has it.
const SEPARATOR: char = '\0';

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=ROSEFISH_SCHEMA_DIR");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: cargo sets it for build scripts")?);
    let mut text = String::new();
    if let Some(folder) = env::var_os("ROSEFISH_SCHEMA_DIR") {
        println!("cargo::rerun-if-changed={}", Path::new(&folder).display());
        pack(Path::new(&folder), &mut text)?;
    }
    // Schemas in another language than CSDL make the types only.
    if text.is_empty() {
        for folder in rosefish_codegen::pinned() {
            pack(&folder, &mut text)?;
        }
    }
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes())?;
    fs::write(out.join("csdl.z"), packed.finish()?)?;
    Ok(())
}

/// Adds the files of a folder, each after a line with its name.
fn pack(folder: &Path, text: &mut String) -> Result<(), Box<dyn Error>> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "xml"));
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let content = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        text.push(SEPARATOR);
        text.push_str(&name);
        text.push('\n');
        for line in content.lines().map(str::trim).filter(|line| !is_prose(line)) {
            text.extend(line.chars().filter(|c| *c != SEPARATOR));
            text.push('\n');
        }
    }
    Ok(())
}

/// Whether a line is a comment, or an annotation that is meant for people.
fn is_prose(line: &str) -> bool {
    let is_whole = |begin: &str, end: &str| line.starts_with(begin) && line.ends_with(end);
    line.is_empty()
        || is_whole("<!--", "-->")
        || ["OData.Description", "OData.LongDescription", "Redfish.OwningEntity", "Redfish.Release", "Redfish.Language"]
            .iter()
            .any(|term| is_whole(&format!("<Annotation Term=\"{term}\" "), "/>"))
}
