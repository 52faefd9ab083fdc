//! Finds the public key in a certificate, whatever the rest is like: of any version of X.509, in DER or the looser BER,
//! with fields that no standard allows. Verifies nothing: it is for certificates that are trusted themselves.

/// How deep elements are nested at most when the end of one without a length is searched for.
const DEEPEST: usize = 16;

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// RSA (RFC 8017): 1.2.840.113549.1.1.1.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// A `SubjectPublicKeyInfo` (RFC 5280, 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PublicKey<'a> {
    /// The content of the `AlgorithmIdentifier`.
    pub(super) algorithm: &'a [u8],
    /// The content of the `BIT STRING`.
    pub(super) bits: &'a [u8],
}

/// The numbers of an RSA key, most significant byte first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RsaKey<'a> {
    pub(super) modulus: &'a [u8],
    pub(super) exponent: &'a [u8],
}

#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// Finds the key of a certificate: it is the only part that consists of an algorithm and a bit string.
    pub(super) fn of(certificate: &'a [u8]) -> Option<Self> {
        let (certificate, _) = element(certificate, DEEPEST)?;
        let (body, _) = element(certificate.content, DEEPEST)?;
        elements(body.content).filter(|field| field.tag == SEQUENCE).find_map(|field| {
            let mut parts = elements(field.content);
            let (algorithm, bits) = (parts.next()?, parts.next()?);
            let (kind, _) = element(algorithm.content, DEEPEST)?;
            let is_key = algorithm.tag == SEQUENCE && kind.tag == OBJECT_IDENTIFIER && bits.tag == BIT_STRING;
            // The first byte is the number of unused bits at the end.
            let bits = bits.content.strip_prefix(&[0])?;
            is_key.then_some(Self { algorithm: algorithm.content, bits })
        })
    }

    /// Returns the numbers of an RSA key.
    pub(super) fn rsa(&self) -> Option<RsaKey<'a>> {
        let (kind, _) = element(self.algorithm, DEEPEST)?;
        let (key, _) = element(self.bits, DEEPEST)?;
        let mut numbers = elements(key.content).filter(|number| number.tag == INTEGER);
        let (modulus, exponent) = (numbers.next()?, numbers.next()?);
        // A modulus whose first bit is set should have a leading zero byte, but doesn't always.
        let positive = |number: &'a [u8]| {
            let zeros = number.iter().take_while(|byte| **byte == 0).count();
            number.get(zeros..).unwrap_or_default()
        };
        let key = RsaKey { modulus: positive(modulus.content), exponent: positive(exponent.content) };
        (kind.content == RSA).then_some(key)
    }
}

/// Iterates over the elements in the content of another, up to the first that can't be parsed.
fn elements(mut content: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let (found, rest) = element(content, DEEPEST)?;
        content = rest;
        Some(found)
    })
}

/// Splits off the first element (X.690, 8.1).
fn element(input: &[u8], depth: usize) -> Option<(Element<'_>, &[u8])> {
    let (&tag, mut rest) = input.split_first()?;
    if tag & 0x1f == 0x1f {
        // The tag number takes more bytes; all but the last have the highest bit set.
        let more = rest.iter().position(|byte| byte & 0x80 == 0)?;
        rest = rest.get(more.saturating_add(1)..)?;
    }
    let (&first, rest) = rest.split_first()?;
    if first == 0x80 {
        return until_end(tag, rest, depth.checked_sub(1)?);
    }
    let (length, rest) = match first {
        0..0x80 => (usize::from(first), rest),
        _ => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes.iter().try_fold(0_usize, |length, byte| {
                length.checked_mul(256).map(|length| length.saturating_add(usize::from(*byte)))
            });
            (length?, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((Element { tag, content }, rest))
}

/// Parses an element of indefinite length, which ends with two zero bytes (X.690, 8.1.3.6).
fn until_end(tag: u8, content: &[u8], depth: usize) -> Option<(Element<'_>, &[u8])> {
    let mut rest = content;
    loop {
        if let Some(after) = rest.strip_prefix(&[0, 0]) {
            let content = content.get(..content.len().saturating_sub(rest.len()))?;
            return Some((Element { tag, content }, after));
        }
        (_, rest) = element(rest, depth)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[tag, 0x81, length], content].concat()
    }

    fn key() -> Vec<u8> {
        let numbers = wrap(SEQUENCE, &[wrap(INTEGER, &[0, 0xc5, 7]), wrap(INTEGER, &[1, 0, 1])].concat());
        let algorithm = wrap(SEQUENCE, &[wrap(OBJECT_IDENTIFIER, RSA), wrap(5, &[])].concat());
        wrap(SEQUENCE, &[algorithm, wrap(BIT_STRING, &[&[0], &numbers[..]].concat())].concat())
    }

    fn certificate(fields: &[Vec<u8>]) -> Vec<u8> {
        wrap(SEQUENCE, &[wrap(SEQUENCE, &fields.concat()), wrap(SEQUENCE, &[])].concat())
    }

    #[test]
    fn a_key_is_found_whatever_stands_around_it() {
        let serial = wrap(INTEGER, &[7]);
        let algorithm = wrap(SEQUENCE, &wrap(OBJECT_IDENTIFIER, RSA));
        let name = wrap(SEQUENCE, b"\xff no name");
        let version = wrap(0xa0, &wrap(INTEGER, &[2]));
        let expected = RsaKey { modulus: &[0xc5, 7], exponent: &[1, 0, 1] };
        let cases = [
            ("version 1", certificate(&[serial.clone(), algorithm.clone(), name.clone(), name.clone(), key()])),
            ("version 3", certificate(&[version, serial.clone(), algorithm.clone(), name.clone(), key()])),
            (
                "fields of no standard",
                certificate(&[vec![0x9f, 0x81, 5, 0], vec![0xdf, 0x22, 1, 1], name, key(), serial]),
            ),
            ("a body of unknown length", {
                let body = [&[SEQUENCE, 0x80][..], &algorithm, &key(), &[0, 0]].concat();
                [&[SEQUENCE, 0x80][..], &body, &[0, 0]].concat()
            }),
            ("bytes behind the end", [certificate(&[key()]), vec![1, 2, 3]].concat()),
        ];
        for (what, bytes) in cases {
            let found = PublicKey::of(&bytes).unwrap_or_else(|| panic!("{what}"));
            assert_eq!(found.rsa(), Some(expected), "{what}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_key_and_does_no_harm() {
        let whole = certificate(&[key()]);
        for end in 0..whole.len() - 3 {
            assert_eq!(PublicKey::of(&whole[..end]), None, "{end}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                let _ = PublicKey::of(&bytes).and_then(|key| key.rsa().map(|key| key.modulus.len()));
            }
        }
        assert_eq!(PublicKey::of(&[SEQUENCE, 0x80].repeat(10_000)), None);
    }
}
