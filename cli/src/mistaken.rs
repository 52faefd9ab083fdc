//! What to try instead, for beginners: command lines that say the right things in another order or in other words, and hosts that
//! can't be what was meant. ipmitool's words have a module of their own.

use std::ffi::OsString;

use clap::Command;
use rosefish::{Error, ErrorKind};

/// Words that are not nouns here, and what means the same, with HOST where the host goes.
const WORDS: &[(&str, &str)] = &[
    ("cycle", "power cycle HOST"),
    ("console", "sol HOST"),
    ("dump", "logs collect HOST --save FILE"),
    ("dumps", "logs collect HOST --save FILE"),
    ("events", "logs HOST --follow"),
    ("fan", "fans HOST"),
    ("iso", "media boot HOST IMAGE"),
    ("led", "identify on HOST"),
    ("metric", "metrics HOST"),
    ("off", "power off HOST"),
    ("on", "power on HOST"),
    ("powercap", "power limit HOST"),
    ("reboot", "power reset HOST"),
    ("reset", "power reset HOST"),
    ("restart", "power reset HOST"),
    ("shutdown", "power off HOST"),
    ("status", "power HOST"),
    ("telemetry", "metrics HOST"),
    ("temperature", "sensors HOST --kind temperature"),
    ("temperatures", "sensors HOST --kind temperature"),
    ("update", "firmware update HOST IMAGE"),
    ("upgrade", "firmware update HOST IMAGE"),
    ("user", "users HOST"),
];

/// Returns a better hint than `clap`'s, if the command line shows what was meant.
pub(crate) fn hint(command: &Command, args: &[OsString]) -> Option<String> {
    let words: Vec<String> = args.iter().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let is_noun = |word: &str| command.find_subcommand(word).is_some();
    let first = words.first()?;
    let is_password = |word: &&String| matches!(word.as_str(), "-P" | "--password") || word.starts_with("--password=");
    if is_noun(first) && first != "mock" && words.iter().any(|word| is_password(&word)) {
        let text = "the password is never an argument, as everybody on this computer could read it: set ROSEFISH_PASSWORD, or \
                    leave it out to be asked";
        return Some(text.to_owned());
    }
    if first.starts_with('-') || is_noun(first) || first == "help" {
        return None;
    }
    let rest = words.get(1..).unwrap_or_default();
    if let Some((_, ours)) = WORDS.iter().find(|(word, _)| *word == first) {
        let host = rest.iter().find(|word| !word.starts_with('-')).map_or("HOST", String::as_str);
        return Some(format!("there is no `{first}`; try: rosefish {}", ours.replace("HOST", host)));
    }
    let is_host = first.contains(['.', ':', '/', '-']) || first.contains(|letter: char| letter.is_ascii_digit());
    // `bmc` is a noun here, and also what many people call a host.
    if rest.first().is_some_and(|second| is_noun(second) && (is_host || second != "bmc")) {
        let verb: Vec<&str> = rest.iter().map(String::as_str).take_while(|word| !word.starts_with('-')).collect();
        return Some(format!("the host comes behind noun and verb: rosefish {} {first}", verb.join(" ")));
    }
    first.contains(['.', ':', '/']).then(|| {
        format!("say what to do with {first}, for example: rosefish power {first}; `rosefish --help` lists it all")
    })
}

/// Returns what to check if a host can't be reached or is not a BMC.
pub(crate) fn reach(address: &str, error: &Error) -> Option<String> {
    let text = error.report();
    let said = |part: &str| text.contains(part);
    let hint = |text: &str| Some(text.to_owned());
    let is_probe = said("no protocol did it") || error.uri().is_some_and(|uri| uri.ends_with("/redfish/v1/"));
    match error.kind() {
        _ if said("looking up") || said("lookup address") || said("dns error") => {
            hint("this name is not known here: is it spelled right, and is it in this network's DNS?")
        }
        ErrorKind::Connect if said("invalid HTTP version") => {
            hint("something other than HTTP answered: does the port want https://?")
        }
        ErrorKind::Tls if said("InvalidContentType") => {
            hint("something other than TLS answered: does the port want http://, or is it another service's?")
        }
        ErrorKind::Connect | ErrorKind::Timeout if said("no protocol did it") && !said("HTTP 404") => hint(
            "is this the BMC's own address, not that of its operating system? IPMI over LAN may be switched off in its settings",
        ),
        _ if is_probe && (said("text/html") || said("not a Redfish service") || error.is_not_found()) => hint(
            "a web server answered that is not a BMC's Redfish service: is the address right, and is Redfish switched on?",
        ),
        ErrorKind::Connect | ErrorKind::Timeout if said("by IPMI") => {
            hint("IPMI over LAN is off by default on many BMCs: is it switched on, and is UDP port 623 open?")
        }
        ErrorKind::Connect if is_probe => {
            Some(format!("is {address} the BMC's own address and port, and can this computer reach its network?"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint_for(line: &str) -> Option<String> {
        hint(&crate::command(), &line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_command_line_that_shows_what_was_meant_is_answered_with_how_to_say_it() {
        for (line, part) in [
            ("rosefish bmc-07 power on", "rosefish power on bmc-07"),
            ("rosefish 10.0.0.7", "rosefish power 10.0.0.7"),
            ("rosefish reboot bmc", "rosefish power reset bmc"),
            ("rosefish status", "rosefish power HOST"),
            ("rosefish update bmc image.bin", "rosefish firmware update bmc IMAGE"),
            ("rosefish power bmc -P secret", "ROSEFISH_PASSWORD"),
            ("rosefish sensors bmc --password=secret", "ROSEFISH_PASSWORD"),
        ] {
            let hint = hint_for(line).unwrap_or_default();
            assert!(hint.contains(part) && !hint.contains("secret"), "{line}: {hint}");
        }
        for line in [
            "rosefish power bmc on",
            "rosefish powers bmc",
            "rosefish power bmc --password-command bw",
            "rosefish power bmc --password-file=x",
            "rosefish mock --password x",
            "rosefish --help",
            "rosefish",
        ] {
            assert_eq!(hint_for(line), None, "{line}");
        }
    }

    #[test]
    fn what_is_shown_instead_is_a_command_line() {
        for (word, ours) in WORDS {
            let line = format!("rosefish {}", ours.replace("HOST", "bmc"));
            let args = line.split(' ').map(OsString::from).collect();
            let command = crate::command();
            let parsed = command.clone().try_get_matches_from(crate::grammar::normalised(&command, args));
            assert!(parsed.is_ok(), "{word}: {ours}: {}", parsed.unwrap_err());
        }
    }
}
