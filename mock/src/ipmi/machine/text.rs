//! The four ways in which SDR and FRU records write a string, with the type/length byte in front of it.
//! Encoding only: what a reader makes of it is the client's business.

/// How a string is stored in an SDR or FRU record (IPMI 2.0 section 43.15, FRU definition section 13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes without a meaning of their own (type code 0; in an SDR: Unicode).
    Binary,
    /// Two digits a byte, of `0`-`9`, space, dash and period (type code 1).
    BcdPlus,
    /// Four characters in three bytes, of the 64 from space to underscore (type code 2).
    SixBit,
    /// A byte a character (type code 3).
    #[default]
    Ascii,
}

impl Encoding {
    fn code(self) -> u8 {
        match self {
            Self::Binary => 0,
            Self::BcdPlus => 1,
            Self::SixBit => 2,
            Self::Ascii => 3,
        }
    }

    /// Returns the type/length byte and the bytes of `text`, which is cut where the length field ends.
    ///
    /// Characters that the encoding can't say become a space.
    #[must_use]
    pub fn field(self, text: &str, longest: usize) -> Vec<u8> {
        let mut bytes = match self {
            Self::Binary | Self::Ascii => text.chars().map(|c| u8::try_from(c).unwrap_or(b' ')).collect(),
            Self::BcdPlus => bcd_plus(text),
            Self::SixBit => six_bit(text),
        };
        bytes.truncate(longest.min(0x3F));
        // A single character in a type-3 field would read as the end mark 0xC1.
        if self == Self::Ascii && bytes.len() == 1 {
            bytes.push(b' ');
        }
        let mut field = vec![self.code() << 6 | u8::try_from(bytes.len()).unwrap_or(0x3F)];
        field.append(&mut bytes);
        field
    }
}

fn bcd_plus(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .map(|b| match b {
            b'0'..=b'9' => b - b'0',
            b'-' => 0xB,
            b'.' => 0xC,
            _ => 0xA,
        })
        .collect();
    digits
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => high << 4 | low,
            [high] => high << 4 | 0xA,
            _ => 0xAA,
        })
        .collect()
}

fn six_bit(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.bytes() {
        let byte = byte.to_ascii_uppercase();
        let code = if (0x20..0x60).contains(&byte) { byte - 0x20 } else { 0 };
        held |= u32::from(code) << bits;
        bits += 6;
        while bits >= 8 {
            out.push((held & 0xFF) as u8);
            held >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        out.push((held & 0xFF) as u8);
    }
    out
}

/// Returns the byte that makes `bytes` and itself add up to zero.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_fru_definition_packs_as_it_says() {
        // "IPMI" is the specification's own example of 6-bit packing: 29 DC A6.
        assert_eq!(Encoding::SixBit.field("IPMI", 16), [0x83, 0x29, 0xDC, 0xA6]);
        assert_eq!(Encoding::BcdPlus.field("12-3.", 16), [0x43, 0x12, 0xB3, 0xCA]);
        assert_eq!(Encoding::Ascii.field("ab", 16), [0xC2, b'a', b'b']);
        assert_eq!(Encoding::Ascii.field("a", 16), [0xC2, b'a', b' ']);
        assert_eq!(checksum(&[1, 0, 0, 1]), 0xFE);
    }
}
