//! Says where the build of `rosefish-schema` wrote the navigation and the actions of the types that it made: they are
//! methods of `Resource`, and compiled here.

use std::env;

fn main() -> Result<(), String> {
    // For the test that compares what was compiled with the golden files, which are made from the pinned schemas.
    println!("cargo::rustc-check-cfg=cfg(other_schemas)");
    if env::var_os("DEP_ROSEFISH_SCHEMA_OTHER").is_some() {
        println!("cargo::rustc-cfg=other_schemas");
    }
    let folder = env::var("DEP_ROSEFISH_SCHEMA_FOLDER")
        .map_err(|error| format!("the build script of rosefish-schema did not say where it wrote: {error}"))?;
    println!("cargo::rerun-if-changed={folder}/navigation.rs");
    println!("cargo::rustc-env=ROSEFISH_SCHEMA_FOLDER={folder}");
    // For the build scripts of crates that extend the types: `rosefish_codegen::Builder`.
    println!("cargo::metadata=folder={folder}");
    Ok(())
}
