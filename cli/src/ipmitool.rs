//! What to type instead, for people who type what ipmitool takes.

use std::ffi::OsString;

/// Words of ipmitool, and the command here that means the same, with HOST where the host goes.
pub(crate) const WORDS: &[(&str, &str)] = &[
    ("chassis status", "ipmi HOST"),
    ("chassis restart_cause", "ipmi HOST"),
    ("chassis poh", "ipmi HOST"),
    ("chassis power status", "power HOST"),
    ("chassis power on", "power on HOST"),
    ("chassis power off", "power off HOST --force"),
    ("chassis power soft", "power off HOST"),
    ("chassis power cycle", "power cycle HOST"),
    ("chassis power reset", "power reset HOST --force"),
    ("chassis power diag", "power nmi HOST"),
    ("chassis power", "power HOST"),
    ("chassis policy", "power policy HOST"),
    ("chassis bootdev none", "boot HOST none"),
    ("chassis bootdev pxe", "boot HOST pxe --legacy"),
    ("chassis bootdev disk", "boot HOST disk --legacy"),
    ("chassis bootdev cdrom", "boot HOST cd --legacy"),
    ("chassis bootdev floppy", "boot HOST floppy --legacy"),
    ("chassis bootdev bios", "boot HOST bios-setup --legacy"),
    ("chassis bootdev diag", "boot HOST diagnostics --legacy"),
    ("chassis bootdev", "boot HOST pxe --uefi"),
    ("chassis bootparam", "boot HOST"),
    ("chassis identify", "identify on HOST"),
    ("chassis", "power HOST"),
    ("power soft", "power off HOST"),
    ("power diag", "power nmi HOST"),
    ("sdr info", "ipmi sdr HOST"),
    ("sdr dump", "ipmi sdr HOST --save FILE"),
    ("sdr", "sensors HOST"),
    ("sensor get", "sensors get HOST SENSOR"),
    ("sensor thresh", "sensors threshold HOST SENSOR --upper-critical 80"),
    ("sensor list", "sensors HOST --thresholds"),
    ("sensor", "sensors HOST"),
    ("sel elist", "logs HOST"),
    ("fru print", "fru HOST"),
    ("mc selftest", "ipmi HOST"),
    ("mc guid", "ipmi HOST"),
    ("bmc selftest", "ipmi HOST"),
    ("bmc guid", "ipmi HOST"),
    ("sel time get", "sel time HOST"),
    ("sel time set", "sel time HOST now"),
    ("dcmi power reading", "ipmi HOST"),
    ("dcmi power get_limit", "power limit HOST"),
    ("dcmi power set_limit", "power limit HOST --watts 400"),
    ("dcmi power activate", "power limit HOST --watts 400"),
    ("dcmi power deactivate", "power limit HOST --off"),
    ("dcmi power", "power limit HOST"),
    ("dcmi asset_tag", "ipmi asset-tag HOST"),
    ("dcmi set_asset_tag", "ipmi asset-tag HOST TEXT"),
    ("dcmi get_mc_id_string", "ipmi controller-id HOST"),
    ("dcmi set_mc_id_string", "ipmi controller-id HOST TEXT"),
    ("dcmi discover", "ipmi dcmi HOST"),
    ("dcmi get_temp_reading", "ipmi dcmi HOST"),
    ("channel info", "channel HOST"),
    ("channel authcap", "channel HOST"),
    ("channel getciphers", "channel HOST"),
    ("channel getaccess", "users access HOST"),
    ("session info", "ipmi sessions HOST"),
    ("event", "ipmi event HOST temperature"),
    ("pef", "ipmi pef HOST"),
    ("mc watchdog off", "bmc watchdog HOST off"),
    ("mc watchdog reset", "bmc watchdog HOST reset"),
    ("mc watchdog", "bmc watchdog HOST"),
    ("mc getenables", "bmc enables HOST"),
    ("mc setenables", "bmc enables HOST event-log=on"),
    ("mc getsysinfo", "bmc sysinfo HOST"),
    ("mc setsysinfo", "bmc sysinfo HOST system-name=TEXT"),
    ("bmc watchdog get", "bmc watchdog HOST"),
    ("bmc getenables", "bmc enables HOST"),
    ("bmc setenables", "bmc enables HOST event-log=on"),
    ("bmc getsysinfo", "bmc sysinfo HOST"),
    ("bmc setsysinfo", "bmc sysinfo HOST system-name=TEXT"),
    ("mc reset cold", "bmc reset HOST"),
    ("mc reset warm", "raw HOST 6 3"),
    ("mc", "bmc info HOST"),
    ("bmc reset cold", "bmc reset HOST"),
    ("bmc reset warm", "raw HOST 6 3"),
    ("user list", "users HOST"),
    ("user set name", "users add HOST NAME operator"),
    ("user set password", "users password HOST NAME"),
    ("user priv", "users role HOST NAME operator"),
    ("user enable", "users enable HOST NAME"),
    ("user disable", "users disable HOST NAME"),
    ("user test", "users test HOST NAME"),
    ("user summary", "users summary HOST"),
    ("user", "users HOST"),
    ("lan print", "lan HOST"),
    ("lan stats get", "lan stats HOST"),
    ("lan stats clear", "lan stats HOST --clear"),
    ("lan alert print", "lan alerts HOST"),
    ("lan alert set", "lan alert HOST 1 --to 10.0.0.9"),
    ("lan6 print", "lan ipv6 HOST"),
    ("lan6 set", "lan set HOST --ipv6-address 2001:db8::7/64"),
    ("lan set 1", "lan set HOST --address 10.0.0.8 --netmask 255.255.255.0"),
    ("sol info", "console HOST --protocol ipmi"),
    ("sol set", "console set HOST --protocol ipmi --bit-rate 115200"),
    ("sol activate", "sol HOST"),
    ("sol deactivate", "sol HOST --take-over"),
];

/// Words of ipmitool that have no equivalent here.
const NOTHING: &[&str] = &[
    "dcmi",
    "delloem",
    "ekanalyzer",
    "exec",
    "firewall",
    "fwum",
    "gendev",
    "hpm",
    "i2c",
    "ime",
    "isol",
    "kontronoem",
    "nm",
    "picmg",
    "shell",
    "spd",
    "sunoem",
    "tsol",
    "vita",
];

/// Words of ipmitool that are not hosts if they come last.
const NO_HOST: &[&str] = &[
    "cold",
    "elist",
    "get",
    "getenables",
    "guid",
    "info",
    "list",
    "on",
    "off",
    "print",
    "reading",
    "selftest",
    "status",
    "summary",
    "test",
    "type",
    "warm",
    "watchdog",
];

/// Options of ipmitool that take a value.
const WITH_VALUE: &str = "HUPfIpLCNRKkyeoOltbTBmdSDszA";

/// Returns what to type instead of ipmitool's words or options, or `None` if there are none.
pub(crate) fn hint(args: &[OsString]) -> Option<String> {
    let mut line = read(args);
    if line.is_theirs && line.words.first().is_some_and(|word| word == "power") {
        line.words.insert(0, "chassis".to_owned());
    }
    let found = WORDS.iter().filter_map(|(theirs, ours)| Some((*theirs, *ours, matches(&line.words, theirs)?)));
    if let Some((theirs, ours, used)) = found.max_by_key(|(_, _, used)| *used) {
        // In this program, a host follows the words.
        let rest = line
            .words
            .get(used..)
            .and_then(<[String]>::last)
            .filter(|word| !NO_HOST.contains(&word.as_str()) && word.parse::<u8>().is_err());
        let host = line.host.as_ref().or(rest).map_or("HOST", String::as_str);
        let user = line.user.as_ref().map(|user| format!(" --user {user}")).unwrap_or_default();
        return Some(format!("`{theirs}` is ipmitool's; the same here: rosefish {}{user}", ours.replace("HOST", host)));
    }
    let first = line.words.first().map_or("", String::as_str);
    if NOTHING.contains(&first) {
        return Some(format!("`{first}` is ipmitool's, and not here: docs/from-ipmitool.md shows what is"));
    }
    let host = line.host.as_deref().unwrap_or("HOST");
    line.is_theirs.then(|| {
        format!(
            "-H and -I are ipmitool's; here the host is an argument: rosefish NOUN [VERB] {host} --user NAME, for example \
             `rosefish power {host}`"
        )
    })
}

/// Returns how many of the words these are, if they come first.
fn matches(words: &[String], theirs: &str) -> Option<usize> {
    let theirs: Vec<_> = theirs.split(' ').collect();
    let begin = words.get(..theirs.len())?;
    (begin.iter().map(String::as_str).eq(theirs.iter().copied())).then_some(theirs.len())
}

#[derive(Default)]
struct Line {
    words: Vec<String>,
    host: Option<String>,
    user: Option<String>,
    /// Whether there is an option that only ipmitool has.
    is_theirs: bool,
}

fn read(args: &[OsString]) -> Line {
    let mut line = Line::default();
    let mut args = args.iter().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    while let Some(arg) = args.next() {
        let mut letters = arg.strip_prefix('-').unwrap_or_default().chars();
        match (letters.next(), letters.as_str()) {
            // `--user NAME`, which ipmitool does not have.
            (Some('-'), "user") => line.user = args.next(),
            (Some('-'), _) => {}
            (Some(letter), attached) if WITH_VALUE.contains(letter) || letter == 'u' => {
                let value = if attached.is_empty() { args.next() } else { Some(attached.to_owned()) };
                line.is_theirs |= matches!(letter, 'H' | 'I');
                match letter {
                    'H' => line.host = value,
                    'U' | 'u' => line.user = value,
                    _ => {}
                }
            }
            (Some(_), _) => {}
            (None, _) => line.words.push(arg),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint_for(line: &str) -> Option<String> {
        hint(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn ipmitools_words_are_answered_with_ours() {
        for (line, part) in [
            ("rosefish chassis power status bmc-07", "rosefish power bmc-07"),
            (
                "rosefish -I lanplus -H bmc-07 -U root -P x chassis power off",
                "rosefish power off bmc-07 --force --user root",
            ),
            ("rosefish sdr list", "rosefish sensors HOST"),
            ("rosefish sel elist bmc", "rosefish logs bmc"),
            ("rosefish fru print 0", "rosefish fru HOST"),
            ("rosefish -H bmc mc watchdog off", "rosefish bmc watchdog bmc off"),
            ("rosefish dcmi asset_tag", "rosefish ipmi asset-tag HOST"),
            ("rosefish pef list", "rosefish ipmi pef HOST"),
            ("rosefish mc info bmc", "rosefish bmc info bmc"),
            ("rosefish lan print 1", "rosefish lan HOST"),
            ("rosefish user list 1 -H bmc", "rosefish users bmc"),
            ("rosefish -H bmc power status", "rosefish power bmc"),
            ("rosefish dcmi power reading", "rosefish ipmi HOST"),
            ("rosefish dcmi sensors", "not here"),
        ] {
            let hint = hint_for(line).unwrap_or_default();
            assert!(hint.contains(part) && !hint.contains(" x"), "{line}: {hint}");
        }
        for line in [
            "rosefish power on bmc",
            "rosefish sel bmc",
            "rosefish sel info bmc",
            "rosefish fru list bmc",
            "rosefish channel bmc",
            "rosefish power bmc -L user",
            "rosefish lan bmc",
            "rosefish",
        ] {
            assert_eq!(hint_for(line), None, "{line}");
        }
    }

    #[test]
    fn what_is_shown_instead_is_a_command_line() {
        for (theirs, ours) in WORDS {
            let line = format!("rosefish {}", ours.replace("HOST", "bmc"));
            let args = line.split(' ').map(OsString::from).collect();
            let command = crate::command();
            let parsed = command.clone().try_get_matches_from(crate::grammar::normalised(&command, args));
            assert!(parsed.is_ok(), "{theirs}: {ours}: {}", parsed.unwrap_err());
        }
    }
}
