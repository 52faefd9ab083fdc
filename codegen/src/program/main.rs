//! The compiler as a program, for anyone who writes schemas: what is wrong with them, what they define, and what differs between two.

mod snippet;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rosefish_codegen::{Error, Manifest, Model, check, diff, summary};

const USAGE: &str = "\
Compiles Redfish schemas: CSDL (*.xml), JSON Schema (*.json) or OpenAPI (*.yaml)

Usage: rosefish-codegen --check DIR...     Show what is wrong with schemas
       rosefish-codegen --summary DIR...   Count what each schema defines
       rosefish-codegen --diff A B         Show what differs between two folders of schemas

Options:
  --manifest FILE   Names and groups, as schemas/bundle.toml of rosefish has them
  --warnings        With --check: show warnings too
  -h, --help        Print help
  -V, --version     Print version

Schemas that define no `Resource` are taken for a vendor's, and compiled on top of the standard's.

Exit status: 0 if all is well or nothing differs, 1 if schemas are wrong or differ, 2 on other trouble.
";

/// What is asked.
#[derive(Debug, PartialEq)]
enum Command {
    Check,
    Summary,
    Diff,
}

#[derive(Debug, Default)]
struct Arguments {
    command: Option<Command>,
    folders: Vec<PathBuf>,
    manifest: Option<PathBuf>,
    warnings: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    if words.iter().any(|word| word == "-h" || word == "--help") {
        return print(USAGE, 0);
    }
    if words.iter().any(|word| word == "-V" || word == "--version") {
        return print(&format!("rosefish-codegen {}\n", env!("CARGO_PKG_VERSION")), 0);
    }
    match arguments(words) {
        Ok(arguments) => run(&arguments),
        Err(wrong) => trouble(&format!("error: {wrong}\n\n{USAGE}")),
    }
}

fn arguments(words: Vec<String>) -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let command = match word.as_str() {
            "--check" => Command::Check,
            "--summary" => Command::Summary,
            "--diff" => Command::Diff,
            "--manifest" => {
                arguments.manifest = Some(words.next().ok_or("--manifest needs a file")?.into());
                continue;
            }
            "--warnings" => {
                arguments.warnings = true;
                continue;
            }
            option if option.starts_with('-') => return Err(format!("the option `{option}` does not exist")),
            _ => {
                arguments.folders.push(word.into());
                continue;
            }
        };
        if arguments.command.replace(command).is_some() {
            return Err("one of --check, --summary and --diff at a time".to_owned());
        }
    }
    match (&arguments.command, arguments.folders.len()) {
        (None, _) => Err("one of --check, --summary and --diff is needed".to_owned()),
        (Some(Command::Diff), 2) => Ok(arguments),
        (Some(Command::Diff), _) => Err("--diff needs two folders".to_owned()),
        (Some(_), 0) => Err("a folder of schemas is needed".to_owned()),
        (Some(_), _) => Ok(arguments),
    }
}

fn run(arguments: &Arguments) -> ExitCode {
    let manifest = match &arguments.manifest {
        Some(file) => match Manifest::load(file) {
            Ok(manifest) => manifest,
            Err(error) => return trouble(&format!("error: {error}\n")),
        },
        None => Manifest::default(),
    };
    let compile = |folders: &[PathBuf]| check(folders, &manifest).map_err(|errors| report(&errors, folders));
    let models: Result<Vec<Model>, ExitCode> = match arguments.command {
        Some(Command::Diff) => arguments.folders.iter().map(|folder| compile(std::slice::from_ref(folder))).collect(),
        _ => compile(&arguments.folders).map(|model| vec![model]),
    };
    match (&arguments.command, models.as_deref()) {
        (_, Err(code)) => *code,
        (Some(Command::Diff), Ok([before, after])) => {
            let differences = diff(before, after);
            let text: String = differences.iter().map(|difference| format!("{difference}\n")).collect();
            print(&snippet::plain(&text), u8::from(!differences.is_empty()))
        }
        (Some(Command::Summary), Ok([model, ..])) => print(&snippet::plain(&summary(model)), 0),
        (_, Ok(models)) => {
            let warnings = models.iter().flat_map(|model| &model.warnings).filter(|_| arguments.warnings);
            let mut text: String = warnings.map(|warning| format!("warning: {warning}\n")).collect();
            for model in models {
                let (types, enums) = (model.structs.len(), model.enums.len());
                text.push_str(&format!("{} schemas, {types} types, {enums} enumerations\n", model.schemas.len()));
            }
            print(&snippet::plain(&text), 0)
        }
    }
}

/// Shows errors with the lines that they are about.
fn report(errors: &[Error], folders: &[PathBuf]) -> ExitCode {
    let styled = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut text = String::new();
    for error in errors {
        text.push_str(&snippet::render(error, &source(error, folders), styled));
        text.push_str("\n\n");
    }
    let count = errors.len();
    text.push_str(&format!("{count} error{}\n", if count == 1 { "" } else { "s" }));
    // Nobody is left to show where standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
    ExitCode::from(1)
}

/// The file that an error is about: errors name it by its folder's name and its own.
fn source(error: &Error, folders: &[PathBuf]) -> Option<(PathBuf, String)> {
    let (folder, file) = error.file().rsplit_once('/')?;
    let named = |path: &&PathBuf| path.file_name().is_some_and(|name| name == folder) || path.ends_with(folder);
    let path =
        folders.iter().filter(named).chain(folders).map(|folder| folder.join(file)).find(|path| path.is_file())?;
    let text = std::fs::read_to_string(&path).ok()?;
    Some((shown(&path), text))
}

fn shown(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_path_buf()
}

fn print(text: &str, code: u8) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(2),
    }
}

fn trouble(text: &str) -> ExitCode {
    let _ = io::stderr().write_all(text.as_bytes());
    ExitCode::from(2)
}
