//! The grammar of the command line: `rosefish NOUN [VERB] HOST`. Verbs are subcommands of `clap`. Words that are left out or in
//! another order are put right here, before `clap` sees them: a noun alone gets its first verb, options may precede the verb, and
//! `NOUN HOST VERB`, the former order, means the same.

use std::ffi::{OsStr, OsString};

use clap::{ArgMatches, Command};

use crate::fleet::current::HOSTS;
use crate::fleet::options::{wants_json, with_json};

/// Parses a command line, the program's name first.
pub(crate) fn matches(command: Command, words: Vec<OsString>) -> Result<ArgMatches, clap::Error> {
    let words = normalised(&command, words);
    let matches = command.clone().try_get_matches_from(words.clone())?;
    if wants_json(&matches) { command.try_get_matches_from(with_json(words)) } else { Ok(matches) }
}

/// Returns whether a verb is about hosts.
fn takes_hosts(verb: &Command) -> bool {
    verb.get_arguments().any(|arg| arg.get_id() == HOSTS)
}

/// Gives nouns with verbs the usage line and the headings of this grammar.
pub(crate) fn decorated(mut command: Command) -> Command {
    let nouns: Vec<String> = command.get_subcommands().map(|noun| noun.get_name().to_owned()).collect();
    for name in nouns {
        command = command.mut_subcommand(&name, |noun| {
            let Some(first) = noun.get_subcommands().next() else { return noun };
            let (first, is_short) = (first.get_name().to_owned(), takes_hosts(first));
            let noun = noun
                .subcommand_required(true)
                .disable_help_subcommand(true)
                .subcommand_help_heading("Verbs")
                .subcommand_value_name("VERB");
            if !is_short {
                return noun;
            }
            let short = format!("`rosefish {name} HOST` is short for `rosefish {name} {first} HOST`.");
            let short = match noun.get_after_help() {
                Some(help) => format!("{short}\n\n{help}"),
                None => short,
            };
            noun.override_usage(format!("rosefish {name} [VERB] HOST [OPTIONS]")).after_help(short)
        });
    }
    command
}

/// Returns the arguments with the verb right after its noun, if there are a noun and a host. If no verb is given, the noun's first
/// one is added.
pub(crate) fn normalised(command: &Command, mut args: Vec<OsString>) -> Vec<OsString> {
    let Some(&at) = words(&[command], &args, 1).first() else { return args };
    let Some(noun) = args.get(at).and_then(|word| command.find_subcommand(word)) else { return args };
    let verbs: Vec<&Command> = noun.get_subcommands().collect();
    let mut known = vec![command, noun];
    known.extend(&verbs);
    let words = words(&known, &args, at + 1);
    let Some(&first) = words.first() else { return args };
    let verb_at = |word: usize| args.get(word).and_then(|word| noun.find_subcommand(word));
    let Some(default) = verbs.first().filter(|verb| takes_hosts(verb)) else { return args };
    let given = words.iter().take(2).copied().find(|word| verb_at(*word).is_some());
    let verb = match given {
        Some(word) => args.remove(word),
        // Too many words for all to be hosts: clap knows which verb this one resembles.
        None if words.len() > room(default) => args.remove(first),
        None if words.len() > 1 && args.get(first).is_some_and(|word| is_mistyped(&verbs, word)) => args.remove(first),
        None => default.get_name().into(),
    };
    args.insert(at + 1, verb);
    args
}

/// Returns whether a word in front of hosts is a verb with one wrong letter, and unlikely to be the name of a host.
fn is_mistyped(verbs: &[&Command], word: &OsStr) -> bool {
    let word = word.to_string_lossy();
    let is_plain = word.bytes().all(|byte| byte.is_ascii_lowercase());
    is_plain && verbs.iter().any(|verb| differs_by_one(verb.get_name(), &word))
}

/// Returns whether two words differ by one letter: missing, added, replaced, or swapped with its neighbour.
fn differs_by_one(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(same..).unwrap_or_default(), b.get(same..).unwrap_or_default());
    match (a, b) {
        ([x, y, a @ ..], [v, w, b @ ..]) if (x, y) == (w, v) && a == b => true,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([_, rest @ ..], b) if rest == b => true,
        (a, [_, rest @ ..]) => a == rest,
        _ => false,
    }
}

/// Returns how many arguments that are not options a command takes.
fn room(command: &Command) -> usize {
    let all = command.get_positionals().map(|arg| arg.get_num_args().map_or(1, |range| range.max_values()));
    all.fold(0, usize::saturating_add)
}

/// Finds the arguments that are neither options nor the values of options.
fn words(known: &[&Command], args: &[OsString], from: usize) -> Vec<usize> {
    let mut words = Vec::new();
    let mut at = from;
    while let Some(arg) = args.get(at) {
        let text = arg.to_string_lossy();
        if text == "--" {
            words.extend(at + 1..args.len());
            break;
        }
        if !text.starts_with('-') || text == "-" {
            words.push(at);
        } else if takes_next(known, &text) {
            at += 1;
        }
        at += 1;
    }
    words
}

/// Returns whether the value of an option is the next argument.
fn takes_next(known: &[&Command], option: &str) -> bool {
    let mut all = known.iter().flat_map(|command| command.get_arguments());
    let found = match option.strip_prefix("--") {
        Some(long) if long.contains('=') => None,
        Some(long) => all.find(|arg| arg.get_long() == Some(long)),
        None => {
            let mut letters = option.chars().skip(1);
            let letter = letters.next();
            // In `-uroot`, the value is in the same argument.
            all.find(|arg| letter.is_some() && arg.get_short() == letter).filter(|_| letters.next().is_none())
        }
    };
    found.is_some_and(|arg| arg.get_action().takes_values() && !arg.is_require_equals_set())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    fn order(line: &str) -> String {
        let args = line.split(' ').map(OsString::from).collect();
        let words: Vec<_> = normalised(&command(), args).into_iter().map(|arg| arg.into_string().unwrap()).collect();
        words.join(" ")
    }

    #[test]
    fn a_verb_stands_behind_its_noun_wherever_it_was_said() {
        for (said, meant) in [
            ("rosefish power bmc", "rosefish power status bmc"),
            ("rosefish power on bmc", "rosefish power on bmc"),
            ("rosefish power bmc on", "rosefish power on bmc"),
            ("rosefish power --user root bmc off --force", "rosefish power off --user root bmc --force"),
            ("rosefish power -u root on bmc --wait", "rosefish power on -u root bmc --wait"),
            ("rosefish -v power -uroot bmc --wait=5", "rosefish -v power status -uroot bmc --wait=5"),
            ("rosefish --color never power bmc", "rosefish --color never power status bmc"),
            ("rosefish power policy bmc last-state", "rosefish power policy bmc last-state"),
            ("rosefish power bmc policy last-state", "rosefish power policy bmc last-state"),
            ("rosefish users bmc add eve operator", "rosefish users add bmc eve operator"),
            ("rosefish power status on", "rosefish power status on"),
            ("rosefish power --help", "rosefish power --help"),
            ("rosefish health bmc", "rosefish health bmc"),
            ("rosefish sensors --kind fan bmc", "rosefish sensors list --kind fan bmc"),
            ("rosefish power onn bmc", "rosefish power onn bmc"),
            ("rosefish power no bmc", "rosefish power no bmc"),
            ("rosefish power a b c", "rosefish power status a b c"),
            ("rosefish power @cluster login1", "rosefish power status @cluster login1"),
            ("rosefish power off a[1-3] b --yes", "rosefish power off a[1-3] b --yes"),
            ("rosefish", "rosefish"),
            ("rosefish nonsense bmc", "rosefish nonsense bmc"),
            ("rosefish power -- bmc", "rosefish power status -- bmc"),
        ] {
            assert_eq!(order(said), meant, "{said}");
        }
    }

    /// Visits every argument of every command, with what it belongs to.
    fn each(command: &Command, path: &str, look: &mut impl FnMut(&str, &clap::Arg)) {
        command.get_arguments().for_each(|arg| look(path, arg));
        for inner in command.get_subcommands() {
            each(inner, &format!("{path} {}", inner.get_name()), look);
        }
    }

    #[test]
    fn an_option_stands_under_connection_if_it_is_about_that_and_only_then() {
        let connection = [
            "user",
            "password_command",
            "password_file",
            "keyring",
            "basic",
            "insecure",
            "ca",
            "pin",
            "trust_on_first_use",
            "timeout",
            "concurrency",
        ];
        let mut seen = 0;
        each(&command(), "rosefish", &mut |path, arg| {
            let id = arg.get_id().as_str();
            let is_meant = connection.contains(&id) && !path.ends_with(" mock");
            assert_eq!(arg.get_help_heading() == Some("Connection"), is_meant, "{path} {id}");
            seen += usize::from(is_meant);
        });
        assert!(seen > 50, "{seen}");
    }

    /// Collects the commands that take `--json`, without those that only have verbs.
    fn with_json(command: &Command, path: &str, found: &mut Vec<String>) {
        if command.get_arguments().any(|arg| arg.get_id() == "json") {
            found.push(path.to_owned());
        }
        for inner in command.get_subcommands() {
            with_json(inner, format!("{path} {}", inner.get_name()).trim(), found);
        }
    }

    #[test]
    fn the_schema_names_the_definition_of_each_command_that_prints_json() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../docs/output.schema.json")).unwrap();
        let mut described = Vec::new();
        for table in ["commands", "without-envelope"] {
            for (name, definition) in schema[table].as_object().unwrap().iter().filter(|(name, _)| *name != "$comment")
            {
                assert!(schema["$defs"].get(definition.as_str().unwrap()).is_some(), "{name}: {definition}");
                described.push(name.clone());
            }
        }
        let mut printing = Vec::new();
        with_json(&command(), "", &mut printing);
        described.sort_unstable();
        printing.sort_unstable();
        assert!(printing.len() > 60);
        assert_eq!(described, printing);
    }
}
