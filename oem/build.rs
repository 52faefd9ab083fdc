//! Compiles the CSDL of each vendor whose feature is on, as anybody's build script does it.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

use rosefish_codegen::Builder;

/// Vendors' spellings that are one word.
const ACRONYMS: [&str; 5] = ["iDRAC", "iLO", "NVLink", "OpenBMC", "OpenBmc"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    for entry in fs::read_dir("schemas")? {
        let name = entry?.file_name().into_string().map_err(|name| format!("{}", Path::new(&name).display()))?;
        if env::var_os(format!("CARGO_FEATURE_{}", name.to_uppercase())).is_some() {
            let schemas = Builder::new().schemas(Path::new("schemas").join(&name)).name(&name);
            ACRONYMS.iter().fold(schemas, |schemas, word| schemas.acronym(*word)).generate()?;
        }
    }
    Ok(())
}
