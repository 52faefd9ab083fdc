//! `rosefish completions` and `rosefish man`: what a package of the program brings beside it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use clap_complete::Shell;

use crate::operate::print;

/// Print the completions for a shell
///
/// For example: `rosefish completions bash > ~/.local/share/bash-completion/completions/rosefish`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Write manual pages into a folder, one for each command
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder; it is made if it isn't there
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn completions(args: CompletionsArgs, mut command: clap::Command) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "rosefish", &mut text);
    print(&String::from_utf8_lossy(&text))
}

pub(crate) fn pages(args: ManArgs, command: clap::Command) -> anyhow::Result<ExitCode> {
    let dir = &args.dir;
    let written = std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(command, dir));
    written.with_context(|| dir.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
