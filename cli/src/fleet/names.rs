//! Lists of hosts as people write them: `node[01-64]-ipmi,login[1-2]`, `@cluster,!node07`. Text to names and back, without I/O.

use std::collections::HashSet;

/// More hosts than anybody lists: such a range is a typing mistake.
const MOST: usize = 1_000_000;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// The hosts with these names.
    Hosts(Vec<String>),
    /// The hosts of a group.
    Group(String),
    /// The hosts that standard input names.
    Input,
    /// Excludes the hosts of this item.
    Without(Box<Item>),
}

/// Returns whether a word names hosts as a list, however many they turn out to be. What is printed depends on this, not on their
/// number.
pub(crate) fn is_list(word: &str) -> bool {
    let (hosts, _) = split_path(word);
    word == "-" || hosts.starts_with(['@', '!']) || parts(hosts).len() > 1 || range(hosts).is_some()
}

/// Returns the items of a word, and the path of the resource that follows the hosts: `a,b/redfish/v1`.
pub(crate) fn items(word: &str) -> Result<(Vec<Item>, &str), String> {
    let (hosts, path) = split_path(word);
    let items: Result<Vec<Item>, String> = parts(hosts).into_iter().map(item).collect();
    Ok((items?, path))
}

fn item(text: &str) -> Result<Item, String> {
    if let Some(rest) = text.strip_prefix('!') {
        return Ok(Item::Without(Box::new(item(rest)?)));
    }
    match text.strip_prefix('@') {
        Some("") => Err("expected the name of a group behind the @".to_owned()),
        Some(group) => Ok(Item::Group(group.to_owned())),
        None if text == "-" => Ok(Item::Input),
        None => expand(text).map(Item::Hosts),
    }
}

/// Splits a word into the hosts and the path: `https://a,b` and `/redfish/v1`.
fn split_path(word: &str) -> (&str, &str) {
    let mut before = ['\0'; 2];
    for (at, c) in word.char_indices() {
        let belongs_to_scheme = before[1] == ':' || before == [':', '/'];
        // The step of a range has a slash as well: `[0-10/2]`.
        let is_in_brackets = word.get(..at).is_some_and(|text| text.rfind('[') > text.rfind(']'));
        if c == '/' && !belongs_to_scheme && !is_in_brackets {
            return word.split_at_checked(at).unwrap_or((word, ""));
        }
        before = [before[1], c];
    }
    (word, "")
}

/// Splits a text at the commas that are not in brackets.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|c| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .filter(|part| !part.is_empty())
    .collect()
}

/// Finds the first range of a name, and returns what is before, in and after it. The brackets of an IPv6 address are not a range.
fn range(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(open) = text.get(from..)?.find('[').map(|at| from + at) {
        let close = open + text.get(open..)?.find(']')?;
        let inside = text.get(open + 1..close)?;
        if !inside.contains(':') {
            return Some((text.get(..open)?, inside, text.get(close + 1..)?));
        }
        from = close + 1;
    }
    None
}

/// Returns the hosts that a name with ranges stands for: `[01-64]` keeps its zeros, `[1-9/2]` has a step, `[a-f]` letters,
/// `[1,5-7]` several parts.
pub(crate) fn expand(text: &str) -> Result<Vec<String>, String> {
    if text.starts_with('-') {
        return Err(format!("{text:?} is not a host: names don't begin with a hyphen"));
    }
    if let Some(odd) = text.chars().find(|c| c.is_whitespace() || c.is_control()) {
        return Err(format!("{text:?} is not a host: it has {odd:?} in it"));
    }
    let Some((before, inside, behind)) = range(text) else {
        return match text.contains('[') && !text.contains(']') {
            true => Err(format!("{text:?} has a [ without its ]")),
            false => Ok(vec![text.to_owned()]),
        };
    };
    let behind = expand_behind(behind)?;
    let mut all = Vec::new();
    for part in inside.split(',') {
        for value in values(part).map_err(|why| format!("{text:?}: {why}"))? {
            for end in &behind {
                if all.len() >= MOST {
                    return Err(format!("{text:?} stands for more than {MOST} hosts"));
                }
                all.push(format!("{before}{value}{end}"));
            }
        }
    }
    Ok(all)
}

/// Expands what follows a range. Unlike a host, it may begin with a hyphen.
fn expand_behind(text: &str) -> Result<Vec<String>, String> {
    let hyphens = text.len() - text.trim_start_matches('-').len();
    let (hyphens, rest) = text.split_at_checked(hyphens).unwrap_or(("", text));
    if rest.is_empty() {
        return Ok(vec![hyphens.to_owned()]);
    }
    Ok(expand(rest)?.into_iter().map(|rest| format!("{hyphens}{rest}")).collect())
}

fn values(part: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("expected a range such as 01-64, 1,5-7, 0-10/2 or a-f in the brackets, not {part:?}");
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0).ok_or_else(wrong)?),
        None => (part, 1_usize),
    };
    let Some((first, last)) = range.split_once('-') else {
        let is_plain = !range.is_empty() && range.chars().all(|c| c.is_ascii_alphanumeric());
        return if is_plain && step == 1 { Ok(vec![range.to_owned()]) } else { Err(wrong()) };
    };
    if let ([first], [last]) = (first.as_bytes(), last.as_bytes())
        && first.is_ascii_alphabetic()
        && last.is_ascii_alphabetic()
    {
        let all: Vec<_> = (*first..=*last).step_by(step).map(|letter| char::from(letter).to_string()).collect();
        return if all.is_empty() { Err(format!("{part:?} ends before it begins")) } else { Ok(all) };
    }
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<usize>().ok().filter(|_| is_number).ok_or_else(wrong)
    };
    let (begin, end) = (number(first)?, number(last)?);
    if end < begin {
        return Err(format!("{part:?} ends before it begins"));
    }
    if (end - begin) / step >= MOST {
        return Err(format!("{part:?} stands for more than {MOST} hosts"));
    }
    let width = if first.starts_with('0') { first.len() } else { 0 };
    Ok((begin..=end).step_by(step).map(|value| format!("{value:0width$}")).collect())
}

/// Returns the words of a list in a file or on standard input. A `#` begins a comment.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(before, _)| before));
    lines.flat_map(str::split_whitespace).collect()
}

/// Removes repeated names. The others keep their order.
pub(crate) fn distinct(names: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.into_iter().filter(|name| seen.insert(name.clone())).collect()
}

/// Writes names in one line, with ranges for consecutive numbers: the opposite of [`expand`].
pub(crate) fn folded<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut all: Vec<String> = Vec::new();
    // Names that only differ in their first number, as long as it counts up by one.
    let mut run: Option<(&str, &str, &str, &str, usize)> = None;
    let written = |(before, first, last, behind, _): (&str, &str, &str, &str, usize)| match first == last {
        true => format!("{before}{first}{behind}"),
        false => format!("{before}[{first}-{last}]{behind}"),
    };
    for name in names {
        let next = numbered(name);
        if let (Some(open), Some((before, digits, behind, value))) = (&mut run, next)
            && (open.0, open.3, open.4.checked_add(1)) == (before, behind, Some(value))
            && (open.2.len() == digits.len() || !(open.1.starts_with('0') || digits.starts_with('0')))
        {
            (open.2, open.4) = (digits, value);
            continue;
        }
        all.extend(run.take().map(written));
        match next {
            Some((before, digits, behind, value)) => run = Some((before, digits, digits, behind, value)),
            None => all.push(name.to_owned()),
        }
    }
    all.extend(run.map(written));
    all.join(",")
}

/// Finds the first number in a name, where node numbers usually are. An address has none that counts.
fn numbered(name: &str) -> Option<(&str, &str, &str, usize)> {
    if name.contains([':', '/', '[']) || name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let start = name.find(|c: char| c.is_ascii_digit())?;
    let rest = name.get(start..)?;
    let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, behind) = rest.split_at_checked(length)?;
    Some((name.get(..start)?, digits, behind, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_stands_for_its_hosts() {
        for (text, hosts) in [
            ("bmc", "bmc"),
            ("node[01-03]-ipmi", "node01-ipmi node02-ipmi node03-ipmi"),
            ("n[8-10]", "n8 n9 n10"),
            ("n[098-101]", "n098 n099 n100 n101"),
            ("n[1,5-6].example", "n1.example n5.example n6.example"),
            ("r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2"),
            ("r[1-2]-[a-b]", "r1-a r1-b r2-a r2-b"),
            ("n[0-6/3]", "n0 n3 n6"),
            ("10.0.0.[1-2]:8443", "10.0.0.1:8443 10.0.0.2:8443"),
            ("[::1]:8443", "[::1]:8443"),
            ("https://[::1]", "https://[::1]"),
        ] {
            let expanded = expand(text).map(|all| all.join(" "));
            assert_eq!(expanded.as_deref(), Ok(hosts), "{text}");
        }
        for (text, why) in [
            ("n[3-1]", "ends before it begins"),
            ("n[1-", "without its ]"),
            ("n[]", "expected a range"),
            ("n[1-x]", "expected a range"),
            ("n[0-9/0]", "expected a range"),
            ("n[0-99999999]", "more than"),
            ("-x", "hyphen"),
            ("a b", "' '"),
        ] {
            let error = expand(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_word_is_a_list_by_how_it_is_written() {
        for word in ["-", "@cluster", "a,b", "n[1-2]", "n[1]", "n[1-2]/redfish/v1", "https://n[1-2]", "@all,!a"] {
            assert!(is_list(word), "{word}");
        }
        for word in ["a", "10.0.0.7", "[::1]", "[::1]:443", "https://a/redfish/v1?$select=A,B", "a/redfish/v1/x,y"] {
            assert!(!is_list(word), "{word}");
        }
    }

    #[test]
    fn items_are_hosts_groups_input_and_what_is_left_out() {
        let hosts = |names: &[&str]| Item::Hosts(names.iter().map(|name| (*name).to_owned()).collect());
        let group = |name: &str| Item::Group(name.to_owned());
        let (items, path) = items("a[1-2],@x,!a2,-,!@y/redfish/v1").unwrap();
        assert_eq!(path, "/redfish/v1");
        let without = |item| Item::Without(Box::new(item));
        assert_eq!(
            items,
            [hosts(&["a1", "a2"]), group("x"), without(hosts(&["a2"])), Item::Input, without(group("y"))]
        );
        assert!(super::items("@").is_err());
    }

    #[test]
    fn names_that_count_up_are_folded_and_read_back() {
        for (names, folded_names) in [
            (vec!["a"], "a"),
            (vec!["n1", "n2", "n3", "n7"], "n[1-3],n7"),
            (vec!["n08", "n09", "n10"], "n[08-10]"),
            (vec!["n8", "n9", "n10"], "n[8-10]"),
            (vec!["n1-ipmi", "n2-ipmi", "m3-ipmi"], "n[1-2]-ipmi,m3-ipmi"),
            (vec!["10.0.0.1", "10.0.0.2"], "10.0.0.1,10.0.0.2"),
            (vec!["n1", "n2", "n2x"], "n[1-2],n2x"),
        ] {
            let text = folded(names.iter().copied());
            assert_eq!(text, folded_names);
            let back: Vec<_> = parts(&text).into_iter().flat_map(|part| expand(part).unwrap()).collect();
            assert_eq!(back, names);
        }
    }

    #[test]
    fn words_of_a_file_have_comments() {
        assert_eq!(words("a b # c\n\n# d\n  e[1-2]\n"), ["a", "b", "e[1-2]"]);
    }
}
