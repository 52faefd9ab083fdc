//! `multipart/form-data` (RFC 7578), as far as an update needs it.

/// A part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) body: &'a [u8],
}

/// Why there are no parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// The content type is another, or has no boundary.
    OtherType,
    /// The body is not what the content type says.
    Parts,
}

pub(super) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, Malformed> {
    let (kind, parameters) = content_type.split_once(';').ok_or(Malformed::OtherType)?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Err(Malformed::OtherType);
    }
    let boundary = parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty());
    let delimiter = format!("--{}", boundary.ok_or(Malformed::OtherType)?).into_bytes();

    let mut parts = Vec::new();
    let (_, mut rest) = split(body, &delimiter).ok_or(Malformed::Parts)?;
    let inner = [b"\r\n".as_slice(), &delimiter].concat();
    while !rest.starts_with(b"--") {
        let after = rest.strip_prefix(b"\r\n".as_slice()).ok_or(Malformed::Parts)?;
        let (part, next) = split(after, &inner).ok_or(Malformed::Parts)?;
        parts.push(one(part).ok_or(Malformed::Parts)?);
        rest = next;
    }
    Ok(parts)
}

/// One part without its delimiters.
fn one(text: &[u8]) -> Option<Part<'_>> {
    let (head, body) = split(text, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(head);
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then(|| value.to_owned())
    })?;
    let (_, parameters) = disposition.split_once(';')?;
    Some(Part { name: parameter(parameters, "name")?, file_name: parameter(parameters, "filename"), body })
}

/// The value of a parameter, `name="value"` or `name=value`.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    parameters.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn split<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = text.windows(at.len()).position(|window| window == at)?;
    Some((text.get(..place)?, text.get(place + at.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_names_and_bodies() {
        let body = b"--xy\r\nContent-Disposition: form-data; name=\"UpdateParameters\"\r\nContent-Type: application/json\r\n\r\n{}\r\n\
            --xy\r\ncontent-disposition: form-data; name=UpdateFile; filename=\"a.bin\"\r\n\r\n\x00\r\n--x\xff\r\n--xy--\r\n";
        let parts = parts("multipart/form-data; boundary=\"xy\"", body).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].name.as_str(), parts[0].body), ("UpdateParameters", b"{}".as_slice()));
        assert_eq!((parts[1].file_name.as_deref(), parts[1].body), (Some("a.bin"), b"\x00\r\n--x\xff".as_slice()));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        assert_eq!(parts("application/json", b"{}"), Err(Malformed::OtherType));
        assert_eq!(parts("multipart/form-data", b""), Err(Malformed::OtherType));
        for body in
            [b"".as_slice(), b"--a", b"--a\r\n", b"--a\r\nno head\r\n--a--", b"--a\r\nX: y\r\n\r\nbody\r\n--a--"]
        {
            assert_eq!(parts("multipart/form-data; boundary=a", body), Err(Malformed::Parts), "{body:?}");
        }
    }
}
