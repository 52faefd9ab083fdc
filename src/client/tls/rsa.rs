//! Verifies RSA signatures with keys that `ring` rejects: shorter than 2,048 bits, or encoded in an odd way. For
//! certificates that are trusted themselves. Nothing here is secret, so the code need not run in constant time.

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::certificate::RsaKey;

/// In bytes. Longer keys take too long.
const LONGEST: usize = 16384 / 8;

/// In bytes. The exponent is mostly 65537.
const LONGEST_EXPONENT: usize = 8;

/// A hash function used in signatures.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// How a message is turned into the number that is signed (RFC 8017, section 9).
#[derive(Debug, Clone, Copy)]
pub(super) enum Padding {
    Pkcs1,
    /// With a salt as long as the hash, as in TLS (RFC 8446, 4.2.3).
    Pss,
}

impl Hash {
    fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// Returns the last number of the hash function's object identifier, and the length of its output (RFC 8017, B.1).
    fn identifier(self) -> (u8, u8) {
        match self {
            Self::Sha256 => (1, 32),
            Self::Sha384 => (2, 48),
            Self::Sha512 => (3, 64),
        }
    }
}

/// Returns whether a signature of the message was made with this key (RFC 8017, section 8).
pub(super) fn verify(key: RsaKey<'_>, padding: Padding, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let fits = |length: usize| (64..=LONGEST).contains(&length);
    let odd = key.modulus.last().is_some_and(|last| last & 1 == 1);
    let exponent = (1..=LONGEST_EXPONENT).contains(&key.exponent.len()) && key.exponent != [1];
    if !fits(key.modulus.len()) || !odd || !exponent || signature.len() != key.modulus.len() {
        return false;
    }
    let Some(encoded) = power(signature, key.exponent, key.modulus) else { return false };
    match padding {
        Padding::Pkcs1 => is_pkcs1(&encoded, hash, message),
        Padding::Pss => is_pss(&encoded, key.modulus, hash, message),
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017, 9.2): the expected encoding is built and compared, so that nothing needs to be parsed.
fn is_pkcs1(encoded: &[u8], hash: Hash, message: &[u8]) -> bool {
    let (number, length) = hash.identifier();
    let sha2 = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number];
    // The parameters of the hash function are NULL, and sometimes omitted.
    [&[0x05, 0x00][..], &[]].into_iter().any(|parameters| {
        let parameters_length = u8::try_from(parameters.len()).unwrap_or_default();
        let identifier = [&[0x30, parameters_length.saturating_add(11), 0x06, 9][..], &sha2, parameters].concat();
        let digest = [&[0x04, length][..], &hash.of(message)].concat();
        let whole = u8::try_from(identifier.len().saturating_add(digest.len())).unwrap_or_default();
        let info = [&[0x30, whole][..], &identifier, &digest].concat();
        let Some(filling) = encoded.len().checked_sub(info.len().saturating_add(3)).filter(|filling| *filling >= 8)
        else {
            return false;
        };
        encoded == [&[0, 1][..], &vec![0xff; filling], &[0], &info].concat()
    })
}

/// EMSA-PSS (RFC 8017, 9.1.2).
fn is_pss(encoded: &[u8], modulus: &[u8], hash: Hash, message: &[u8]) -> bool {
    let bits = modulus
        .len()
        .saturating_mul(8)
        .saturating_sub(modulus.first().map_or(0, |first| first.leading_zeros() as usize))
        .saturating_sub(1);
    let length = bits.div_ceil(8);
    let Some((zeros, encoded)) = encoded.len().checked_sub(length).and_then(|at| encoded.split_at_checked(at)) else {
        return false;
    };
    let digest = hash.of(message);
    let Some((masked, rest)) =
        length.checked_sub(digest.len().saturating_add(1)).and_then(|at| encoded.split_at_checked(at))
    else {
        return false;
    };
    let (Some(filling), Some((h, end))) =
        (masked.len().checked_sub(digest.len().saturating_add(1)), rest.split_at_checked(digest.len()))
    else {
        return false;
    };
    let unused = 0xff_u8
        .checked_shr(u32::try_from(length.saturating_mul(8).saturating_sub(bits)).unwrap_or(8))
        .unwrap_or_default();
    if end != [0xbc] || zeros.iter().any(|byte| *byte != 0) || masked.first().is_none_or(|first| first & !unused != 0) {
        return false;
    }
    let mut block: Vec<u8> = masked.iter().zip(mask(h, masked.len(), hash)).map(|(byte, mask)| byte ^ mask).collect();
    if let Some(first) = block.first_mut() {
        *first &= unused;
    }
    let Some((start, salt)) = block.split_at_checked(filling.saturating_add(1)) else { return false };
    let starts = start.last() == Some(&1) && start.iter().rev().skip(1).all(|byte| *byte == 0);
    starts && hash.of(&[&[0; 8][..], &digest, salt].concat()) == h
}

/// MGF1 (RFC 8017, B.2.1).
fn mask(seed: &[u8], length: usize, hash: Hash) -> Vec<u8> {
    let blocks = (0_u32..).flat_map(|counter| hash.of(&[seed, &counter.to_be_bytes()].concat()));
    blocks.take(length).collect()
}

/// A number, least significant limb first.
type Number = Vec<u32>;

/// Returns `base` to the power of `exponent`, modulo `modulus`, with the modulus's length; `None` if the base is not
/// less than the modulus.
fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Option<Vec<u8>> {
    let (modulus, length) = (number(modulus), modulus.len());
    let mut base = number(base);
    base.resize(modulus.len(), 0);
    if !is_below(&base, &modulus) {
        return None;
    }
    let mut result: Option<Number> = None;
    for bit in exponent.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)) {
        result = result.map(|result| product(&result, &result, &modulus));
        if bit == 1 {
            result = Some(result.map_or_else(|| base.clone(), |result| product(&result, &base, &modulus)));
        }
    }
    let bytes: Vec<u8> = result?.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    bytes.get(bytes.len().checked_sub(length)?..).map(<[u8]>::to_vec)
}

fn number(bytes: &[u8]) -> Number {
    let limb = |chunk: &[u8]| chunk.iter().fold(0_u32, |limb, byte| limb << 8 | u32::from(*byte));
    bytes.rchunks(4).map(limb).collect()
}

fn is_below(one: &[u32], other: &[u32]) -> bool {
    one.iter().rev().lt(other.iter().rev())
}

/// Multiplies two numbers below the modulus by doubling and adding: each step stays below twice the modulus.
fn product(one: &[u32], other: &[u32], modulus: &[u32]) -> Number {
    let mut sum = vec![0; modulus.len()];
    for bit in one.iter().rev().flat_map(|limb| (0..32).rev().map(move |bit| limb >> bit & 1)) {
        let carried = double(&mut sum);
        reduce(&mut sum, modulus, carried);
        if bit == 1 {
            let carried = add(&mut sum, other);
            reduce(&mut sum, modulus, carried);
        }
    }
    sum
}

fn double(number: &mut [u32]) -> bool {
    let mut carried = 0;
    for limb in number {
        let top = *limb >> 31;
        *limb = *limb << 1 | carried;
        carried = top;
    }
    carried == 1
}

fn add(number: &mut [u32], other: &[u32]) -> bool {
    let mut carried = false;
    for (limb, other) in number.iter_mut().zip(other) {
        let (sum, over) = limb.overflowing_add(*other);
        let (sum, over_again) = sum.overflowing_add(u32::from(carried));
        *limb = sum;
        carried = over || over_again;
    }
    carried
}

/// Subtracts the modulus once if the number, including the carry, is not below it.
fn reduce(number: &mut [u32], modulus: &[u32], carried: bool) {
    if !carried && is_below(number, modulus) {
        return;
    }
    let mut borrowed = false;
    for (limb, other) in number.iter_mut().zip(modulus) {
        let (difference, under) = limb.overflowing_sub(*other);
        let (difference, under_again) = difference.overflowing_sub(u32::from(borrowed));
        *limb = difference;
        borrowed = under || under_again;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_right() {
        for (base, exponent, modulus, expected) in
            [(3_u64, 5_u8, 1009_u64, 243_u64), (1 << 40, 3, (1 << 61) - 1, 1 << 59)]
        {
            let modulus = modulus.to_be_bytes();
            let found = power(&base.to_be_bytes(), &[exponent], &modulus).unwrap();
            assert_eq!(found, expected.to_be_bytes());
            assert_eq!(power(&modulus, &[exponent], &modulus), None);
        }
    }

    #[test]
    fn signatures_of_short_keys_are_told_from_others() {
        let bytes = |text: &str| -> Vec<u8> {
            let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
            (0..text.len()).step_by(2).map(digits).collect()
        };
        let lines: Vec<Vec<&str>> = include_str!("rsa_signatures.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(' ').collect())
            .collect();
        assert_eq!(lines.len(), 10);
        for line in &lines {
            let padding = if line[0] == "pss" { Padding::Pss } else { Padding::Pkcs1 };
            let hash = match line[1] {
                "256" => Hash::Sha256,
                "384" => Hash::Sha384,
                _ => Hash::Sha512,
            };
            let (modulus, signature) = (bytes(line[2]), bytes(line[3]));
            let key = RsaKey { modulus: &modulus, exponent: &[1, 0, 1] };
            let what = line[..2].join(" ");
            assert!(verify(key, padding, hash, b"message", &signature), "{what}");
            assert!(!verify(key, padding, hash, b"messages", &signature), "{what}");
            let other = if line[0] == "pss" { Padding::Pkcs1 } else { Padding::Pss };
            assert!(!verify(key, other, hash, b"message", &signature), "{what}");
            let wrong = if line[1] == "256" { Hash::Sha384 } else { Hash::Sha256 };
            assert!(!verify(key, padding, wrong, b"message", &signature), "{what}");
            for at in (0..signature.len()).step_by(16) {
                let mut changed = signature.clone();
                changed[at] ^= 1;
                assert!(!verify(key, padding, hash, b"message", &changed), "{what}: byte {at}");
            }
            for exponent in [&[3][..], &[1], &[], &[1; 9]] {
                let key = RsaKey { modulus: &modulus, exponent };
                assert!(!verify(key, padding, hash, b"message", &signature), "{what}: {exponent:?}");
            }
            assert!(!verify(key, padding, hash, b"message", &signature[1..]), "{what}");
            assert!(!verify(key, padding, hash, b"message", &modulus), "{what}: not below the modulus");
        }
        // Too short to be worth anything, and not a modulus at all.
        for modulus in [&[0xc5; 32][..], &[0xc4; 128], &[]] {
            let key = RsaKey { modulus, exponent: &[1, 0, 1] };
            assert!(!verify(key, Padding::Pkcs1, Hash::Sha256, b"message", &vec![1; modulus.len()]));
        }
    }
}
