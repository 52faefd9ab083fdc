//! The part of DER (X.690) that certificates need.

pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
pub(crate) const SHA1_WITH_RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05];
pub(crate) const ECDSA_WITH_SHA256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// Encodes a value with its tag.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let bytes = content.len().to_be_bytes();
    let length: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    match *length.as_slice() {
        [] => out.push(0),
        [short] if short < 0x80 => out.push(short),
        _ => {
            out.push(0x80 | u8::try_from(length.len()).unwrap_or(0));
            out.extend_from_slice(&length);
        }
    }
    out.extend_from_slice(content);
    out
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    value(0x30, &parts.concat())
}

/// Encodes a non-negative integer.
pub(crate) fn integer(bytes: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if content.first().is_none_or(|first| first & 0x80 != 0) {
        content.insert(0, 0);
    }
    value(0x02, &content)
}

pub(crate) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    value(0x03, &[&[0], bytes].concat())
}

pub(crate) fn null() -> Vec<u8> {
    value(0x05, &[])
}

pub(crate) fn object_identifier(encoded: &[u8]) -> Vec<u8> {
    value(0x06, encoded)
}

/// Encodes a name with one part, the common name.
pub(crate) fn name(common: &str) -> Vec<u8> {
    let part = sequence(&[object_identifier(COMMON_NAME), value(0x0C, common.as_bytes())]);
    sequence(&[value(0x31, &part)])
}

/// Encodes a time with a four-digit year: `20260101000000Z`.
pub(crate) fn time(text: &str) -> Vec<u8> {
    value(0x18, text.as_bytes())
}

/// Returns the tag and the content of the first value.
pub(crate) fn read(bytes: &[u8]) -> Option<(u8, &[u8])> {
    split(bytes).map(|(tag, content, _)| (tag, content))
}

/// Returns the content of the first value, and the bytes after it.
pub(crate) fn skip(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    split(bytes).map(|(_, content, rest)| (content, rest))
}

fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (length, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
        if length.len() > 4 {
            return None;
        }
        (length.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short_or_long_and_read_as_they_are_written() {
        for length in [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0x1_0000] {
            let content = vec![7; length];
            let written = [value(0x04, &content), null()].concat();
            assert_eq!(read(&written), Some((0x04, content.as_slice())));
            assert_eq!(skip(&written), Some((content.as_slice(), null().as_slice())));
        }
        assert_eq!(integer(&[0, 0x80]), [0x02, 2, 0, 0x80]);
        assert_eq!(integer(&[0]), [0x02, 1, 0]);
        for broken in [&[][..], &[0x30], &[0x30, 5, 1], &[0x30, 0x85, 1, 1, 1, 1, 1]] {
            assert_eq!(read(broken), None);
        }
    }
}
