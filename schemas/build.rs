//! Compiles the schemas that `schemas/bundle.toml` names, and writes the generated Rust to `OUT_DIR`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use rosefish_codegen::{Manifest, Selection, build, load, pinned, rust};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=schemas");
    println!("cargo::rerun-if-env-changed=ROSEFISH_SCHEMA_DIR");
    println!("cargo::rerun-if-env-changed=ROSEFISH_SCHEMA_WARNINGS");
    // For the test that compares what was compiled with the golden files, which are made from the pinned schemas.
    println!("cargo::rustc-check-cfg=cfg(other_schemas)");
    let folders = match env::var_os("ROSEFISH_SCHEMA_DIR") {
        Some(folder) => {
            println!("cargo::rerun-if-changed={}", Path::new(&folder).display());
            println!("cargo::rustc-cfg=other_schemas");
            vec![PathBuf::from(folder)]
        }
        None => pinned(),
    };
    let manifest = Manifest::load(Path::new("schemas/bundle.toml"))?;
    let enabled = |group: &str| env::var_os(format!("CARGO_FEATURE_{}", group.to_uppercase())).is_some();
    let selection = match manifest.groups().all(|group| group == "core" || enabled(group)) {
        true => Selection::All,
        false => Selection::Groups(manifest.groups().filter(|group| enabled(group)).map(str::to_owned).collect()),
    };
    let model = build(load(&folders)?, &manifest, &selection)?;
    if env::var_os("ROSEFISH_SCHEMA_WARNINGS").is_some() {
        for warning in &model.warnings {
            println!("cargo::warning={warning}");
        }
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: cargo sets it for build scripts")?);
    fs::create_dir_all(out.join("schema"))?;
    rust::emit(&model).write_to(&out)?;
    Ok(())
}
