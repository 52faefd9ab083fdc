//! The program `rosefish`. Everything it does is in the library of this package, where tests can reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    rosefish_cli::run()
}
