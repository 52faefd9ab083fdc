//! Secrets in text of any kind: what stands behind a name that says it is one, in JSON, forms, markup and prose.

use crate::reflect::secret::{MASK, is_secret};

/// Masks what stands behind a name that says it is a secret, and private keys, in any text.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    match without_private_keys(text) {
        Some(text) => without_named_secrets(&text),
        None => without_named_secrets(text),
    }
}

/// Masks what is between the first line of a private key in PEM and its last, or the end of the text; none where there is none.
fn without_private_keys(text: &str) -> Option<String> {
    const FIRST: [&str; 3] = ["PRIVATE KEY-----", "PRIVATE%20KEY-----", "PRIVATE+KEY-----"];
    let next = |text: &str| FIRST.iter().filter_map(|first| Some(text.find(first)?.saturating_add(first.len()))).min();
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, key)) = next(rest).and_then(|from| rest.split_at_checked(from)) {
        let end = key.find("-----END").unwrap_or(key.len());
        whole.push_str(before);
        whole.push_str(MASK);
        // No other key begins with its last line.
        let after = key.get(end..).unwrap_or_default();
        let last = next(after).unwrap_or(after.len());
        whole.push_str(after.get(..last).unwrap_or_default());
        rest = after.get(last..).unwrap_or_default();
    }
    (!whole.is_empty()).then(|| whole + rest)
}

fn without_named_secrets(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut done = 0;
    let mut at = 0;
    while let Some((start, end)) = next_name(text, at) {
        at = end;
        let name = text.get(start..end).unwrap_or_default();
        let rest = text.get(end..).unwrap_or_default();
        let is_named = || is_secret(name) && !name.eq_ignore_ascii_case("key");
        let value = if is_named() || signs_a_url(text.get(..start).unwrap_or_default(), name) {
            value_behind(name, rest)
        } else {
            scheme_value(name, rest)
        };
        let user_info = || user_info(rest);
        if let Some((from, to)) = value.or_else(user_info) {
            whole.push_str(text.get(done..end.saturating_add(from)).unwrap_or_default());
            whole.push_str(MASK);
            done = end.saturating_add(to);
            at = done;
        }
    }
    whole.push_str(text.get(done..).unwrap_or_default());
    whole
}

/// Whether this is the parameter of a signed URL that lets anyone who has it read what is there: `?sig=`, `&X-Amz-Signature=`.
fn signs_a_url(before: &str, name: &str) -> bool {
    let encoded = before.ends_with('%');
    if !encoded && !before.ends_with(['?', '&']) && !before.ends_with("&amp;") {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let name = if encoded { name.get(2..).unwrap_or_default() } else { &name };
    name == "sig" || name.ends_with("signature")
}

/// The next run of characters that names are made of.
fn next_name(text: &str, from: usize) -> Option<(usize, usize)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let rest = text.get(from..)?;
    let start = from.saturating_add(rest.find(is_part)?);
    let run = text.get(start..)?;
    Some((start, start.saturating_add(run.find(|c| !is_part(c)).unwrap_or(run.len()))))
}

/// Ways to write a quotation mark, the longer before what they begin with.
const QUOTES: [&str; 9] = ["\\\\\\\"", "\\\"", "\"", "'", "&quot;", "&#34;", "&#39;", "%22", "%27"];

fn quote(text: &str) -> Option<&'static str> {
    QUOTES.into_iter().find(|quote| text.starts_with(quote))
}

/// Where the value begins and ends that stands behind the name of a secret; none where none does.
fn value_behind(name: &str, text: &str) -> Option<(usize, usize)> {
    let mut at = quote(text).map_or(0, str::len);
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    let blanks = |at: usize| rest(at).len().saturating_sub(rest(at).trim_start().len());
    if rest(at).starts_with(']') {
        at = at.saturating_add(1);
    }
    // <input name="password" value="...">
    let tag = rest(at).split('>').next().unwrap_or_default();
    if let Some(place) = tag.find("value=").filter(|_| blanks(at) > 0) {
        at = at.saturating_add(place).saturating_add("value=".len());
        return delimited(text, at, false, false);
    }
    let gap = blanks(at);
    at = at.saturating_add(gap);
    let separator =
        ["=>", ":=", ":", "=", "%3A", "%3a", "%3D", "%3d", ">"].into_iter().find(|s| rest(at).starts_with(s));
    let Some(separator) = separator else {
        // <Password xsi:type="string">...</Password>
        let (attributes, inner) = rest(at).split_once('>').filter(|_| gap > 0)?;
        let markup = attributes.contains('=') && inner.contains("</");
        let from = text.len().saturating_sub(inner.len());
        return markup
            .then(|| (from, from.saturating_add(inner.find('<').unwrap_or(inner.len()))))
            .filter(|(from, to)| to > from);
    };
    at = at.saturating_add(separator.len());
    if separator == ">" {
        let end = at.saturating_add(rest(at).find('<')?);
        return (end > at && rest(end).starts_with("</")).then_some((at, end));
    }
    let gap = blanks(at);
    at = at.saturating_add(gap);
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    delimited(text, at, plain.ends_with("cookie") || plain.ends_with("authorization"), gap > 0)
}

/// A value that begins here: in quotation marks, or up to what ends one. That of a header has blanks in it; a word that
/// others follow after a blank is a sentence.
fn delimited(text: &str, at: usize, header: bool, apart: bool) -> Option<(usize, usize)> {
    let rest = text.get(at..)?;
    if let Some(mark) = quote(rest) {
        let inner = rest.get(mark.len()..)?;
        let from = at.saturating_add(mark.len());
        let end = end_of_quoted(inner, mark);
        return (end > 0).then_some((from, from.saturating_add(end)));
    }
    if rest.starts_with('[') {
        return Some((at, at.saturating_add(rest.find(']').unwrap_or(rest.len()))));
    }
    let ends = |c: char| match header {
        true => matches!(c, '\n' | '\r' | '<' | '"'),
        false => c.is_whitespace() || matches!(c, '&' | ',' | ';' | '<' | '>' | '}' | ')' | ']' | '"' | '\''),
    };
    let end = rest.find(ends).unwrap_or(rest.len());
    let end = rest.get(..end).and_then(next_line).unwrap_or(end);
    let value = rest.get(..end)?;
    let sentence = apart
        && !header
        && value.chars().all(|c| c.is_ascii_alphabetic())
        && rest.get(end..).is_some_and(|after| {
            after.starts_with(' ') && after.trim_start().starts_with(|c: char| c.is_alphanumeric())
        });
    let nothing = value.is_empty() || matches!(value, "null" | "true" | "false" | MASK) || value.starts_with('{');
    (!nothing && !sentence).then_some((at, at.saturating_add(end)))
}

/// Where a value ends behind which a further line begins, in text whose line breaks are escaped: `hunter2\r\nX-Auth-Token:`.
/// What looks so and is not a line with a name is a part of the value.
fn next_line(value: &str) -> Option<usize> {
    value
        .match_indices("\\n")
        .chain(value.match_indices("\\r"))
        .map(|(at, _)| at)
        .filter(|at| {
            let line = value.get(*at..).unwrap_or_default();
            let line = line.trim_start_matches("\\r").trim_start_matches("\\n");
            let name = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(0);
            name > 0 && line.get(name..).is_some_and(|rest| rest.starts_with([':', '=']))
        })
        .min()
}

fn end_of_quoted(inner: &str, mark: &str) -> usize {
    let mut from = 0;
    while let Some(found) = inner.get(from..).and_then(|rest| rest.find(mark)) {
        let end = from.saturating_add(found);
        let slashes = inner.get(..end).unwrap_or_default().bytes().rev().take_while(|byte| *byte == b'\\').count();
        // A mark behind a backslash is a part of the value.
        if slashes % 2 == 0 || mark.starts_with('\\') {
            return end;
        }
        from = end.saturating_add(mark.len());
    }
    inner.len()
}

/// What stands behind the name of a scheme of authentication: `Basic dXNlcjpwYXNz`, `Bearer eyJ...`.
fn scheme_value(name: &str, text: &str) -> Option<(usize, usize)> {
    let value = text.strip_prefix(' ')?;
    let end = value.find(|c: char| !(c.is_ascii_alphanumeric() || "+/=-_.~".contains(c))).unwrap_or(value.len());
    let value = value.get(..end)?;
    let secret = match name.to_ascii_lowercase().as_str() {
        "basic" => is_user_and_password(value),
        "bearer" => value.len() >= 8 && value.chars().any(|c| c.is_ascii_digit()),
        _ => false,
    };
    secret.then_some((1, end.saturating_add(1)))
}

/// Whether a text is what Basic authentication makes of a user and a password: of `user:password`, in base 64.
fn is_user_and_password(text: &str) -> bool {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte.saturating_sub(b'A')),
        b'a'..=b'z' => Some(byte.saturating_sub(b'a').saturating_add(26)),
        b'0'..=b'9' => Some(byte.saturating_sub(b'0').saturating_add(52)),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let digits: Option<Vec<u8>> = text.trim_end_matches('=').bytes().map(digit).collect();
    let Some(digits) = digits.filter(|digits| digits.len() % 4 != 1) else { return false };
    let bits = |four: &[u8]| {
        let bits = four.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit));
        (four.len()..4).fold(bits, |bits, _| bits << 6)
    };
    digits.chunks(4).any(|four| bits(four).to_be_bytes().get(1..four.len()).is_some_and(|bytes| bytes.contains(&b':')))
}

/// The user and the password of a URL, when what comes next is one: `https://user:password@host`.
fn user_info(text: &str) -> Option<(usize, usize)> {
    const ESCAPED: &str = "%3a%2f%2f";
    let lower = text.get(..ESCAPED.len()).map(str::to_ascii_lowercase);
    if lower.as_deref() == Some(ESCAPED) {
        // A URL within the query of another.
        let rest = text.get(ESCAPED.len()..)?;
        let authority = rest.split(['&', '"', '<', ' ']).next()?;
        let authority = authority.split("%2F").next()?.split("%2f").next()?;
        let end = authority.rfind("%40").filter(|end| *end > 0)?;
        return Some((ESCAPED.len(), ESCAPED.len().saturating_add(end)));
    }
    let rest = text.strip_prefix("://")?;
    let authority = rest.split(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '<')).next()?;
    authority.rfind('@').filter(|end| *end > 0).map(|end| (3, end.saturating_add(3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_name_of_a_secret_is_masked_in_every_notation() {
        for (text, expected) in [
            (r#"{"UserName":"root","Password":"hunter2"}"#, r#"{"UserName":"root","Password":"***"}"#),
            (r#"{"Password" : "hun\"ter2", "a": 1"#, r#"{"Password" : "***", "a": 1"#),
            (r#"{"password":"hunter2"#, r#"{"password":"***"#),
            (
                r"X-Api-Key: hunter2\r\nX-Auth-Token: hunter2\r\nHost: bmc",
                r"X-Api-Key: ***\r\nX-Auth-Token: ***\r\nHost: bmc",
            ),
            (r"password=hunter\n2 a", r"password=*** a"),
            ("/x?to=https%3A%2F%2Fme%3Ahunter2%40host%2Fa", "/x?to=https%3A%2F%2F***%40host%2Fa"),
            (r#"{"Password":["hunter2"],"#, r#"{"Password":***],"#),
            (r#"{"Password":null,"Token":"","x":1"#, r#"{"Password":null,"Token":"","x":1"#),
            (r#"got "{\"Password\":\"hunter2\",\"a\":1}""#, r#"got "{\"Password\":\"***\",\"a\":1}""#),
            ("{&quot;Password&quot;:&quot;hunter2&quot;}", "{&quot;Password&quot;:&quot;***&quot;}"),
            ("user=root&password=hunter2&x=1", "user=root&password=***&x=1"),
            ("http://host/x?sv=1&sig=hunter2&x=1", "http://host/x?sv=1&sig=***&x=1"),
            ("/x?a=1&amp;X-Amz-Signature=hunter2", "/x?a=1&amp;X-Amz-Signature=***"),
            ("%2Fx%3Fsig%3Dhunter2", "%2Fx%3Fsig%3D***"),
            ("Signature: RSA, sig=1", "Signature: RSA, sig=1"),
            ("%22Password%22%3A%22hunter2%22", "%22Password%22%3A%22***%22"),
            ("<Password>hunter2</Password>", "<Password>***</Password>"),
            (r#"<Password type="s">hunter2</Password>"#, r#"<Password type="s">***</Password>"#),
            (r#"<input name="password" value="hunter2">"#, r#"<input name="password" value="***">"#),
            ("X-Auth-Token: abc123\nDate: now", "X-Auth-Token: ***\nDate: now"),
            ("authorization: Basic cm9vdDpodW50ZXIy\nDate: now", "authorization: ***\nDate: now"),
            ("Set-Cookie: SESSION=1; Path=/", "Set-Cookie: ***"),
            ("sent Basic cm9vdDpodW50ZXIy to", "sent Basic *** to"),
            ("Basic authentication is off", "Basic authentication is off"),
            ("a Bearer eyJhbGciOi1 came", "a Bearer *** came"),
            ("see http://root:hunter2@host/x", "see http://***@host/x"),
            ("Password: must have 8 characters", "Password: must have 8 characters"),
            ("the password is wrong", "the password is wrong"),
            ("password: hunter2", "password: ***"),
            ("'token'=>'abc'", "'token'=>'***'"),
            (
                "a -----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY----- b",
                "a -----BEGIN EC PRIVATE KEY-----***-----END EC PRIVATE KEY----- b",
            ),
            ("-----BEGIN PRIVATE KEY-----hunter2", "-----BEGIN PRIVATE KEY-----***"),
            ("x=-----BEGIN%20PRIVATE%20KEY-----%0Ahunter2", "x=-----BEGIN%20PRIVATE%20KEY-----***"),
            ("PasswordExpiration=never", "PasswordExpiration=never"),
            ("Pässword=ä, password=ähm, ok", "Pässword=ä, password=***, ok"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(text), expected, "{text}");
        }
    }
}
