//! Compiles the CSDL of each vendor whose feature is on, as anybody's build script does it.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

use rosefish_codegen::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    for entry in fs::read_dir("schemas")? {
        let name = entry?.file_name().into_string().map_err(|name| format!("{}", Path::new(&name).display()))?;
        if env::var_os(format!("CARGO_FEATURE_{}", name.to_uppercase())).is_some() {
            Builder::new().schemas(Path::new("schemas").join(&name)).name(&name).generate()?;
        }
    }
    Ok(())
}
