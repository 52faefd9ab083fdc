//! Lists the demo tree's files for `src/demo.rs`, so that the tree travels inside the library.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=demo");
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?);

    let mut files = Vec::new();
    if Path::new("demo").is_dir() {
        collect(Path::new("demo"), "", &mut files)?;
    }
    files.sort();

    let mut table = String::from("&[\n");
    for name in &files {
        let path = format!("/demo/{name}");
        writeln!(table, "    ({name:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),")
            .map_err(io::Error::other)?;
    }
    table.push_str("]\n");
    fs::write(out.join("demo_files.rs"), table)
}

fn collect(dir: &Path, prefix: &str, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{prefix}{name}/"), files)?;
        } else if name.ends_with(".json") || name.ends_with(".xml") {
            files.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}
