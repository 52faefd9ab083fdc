//! Compiles the schemas that `bundle.toml` names, and writes the generated Rust to `OUT_DIR`. What of it belongs to the client
//! (navigation, actions) is compiled by the crate `rosefish`, whose build script is given the folder.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use rosefish_codegen::{Base, Manifest, Selection, build, load, pinned, rust};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=bundle.toml");
    println!("cargo::rerun-if-changed=overlay");
    println!("cargo::rerun-if-env-changed=ROSEFISH_SCHEMA_DIR");
    println!("cargo::rerun-if-env-changed=ROSEFISH_SCHEMA_WARNINGS");
    let folders = match env::var_os("ROSEFISH_SCHEMA_DIR") {
        Some(folder) => {
            println!("cargo::rerun-if-changed={}", Path::new(&folder).display());
            println!("cargo::metadata=other=1");
            vec![PathBuf::from(folder)]
        }
        None => pinned(),
    };
    let manifest = Manifest::load(Path::new("bundle.toml"))?;
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
    Base::of(&model, &folders, Path::new("bundle.toml")).write_to(&out)?;
    println!("cargo::metadata=folder={}", out.display());
    Ok(())
}
