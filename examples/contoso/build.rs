//! Compiles the CSDL in `schemas/`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    rosefish_codegen::Builder::new().schemas("schemas").name("contoso").generate()?;
    Ok(())
}
