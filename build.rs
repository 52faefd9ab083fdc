//! Compiles the schemas.
fn main() {}
