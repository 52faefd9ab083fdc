//! The string encodings of SDR and FRU (IPMI 2.0, section 43.15; FRU definition, section 13): a type/length byte, then
//! binary or Unicode, BCD plus, packed 6-bit ASCII, or 8-bit characters.

use std::fmt;

/// A string with its encoding resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Text {
    /// Characters.
    Characters(String),
    /// Bytes that the encoding says are not text.
    Binary(Vec<u8>),
}

impl Default for Text {
    fn default() -> Self {
        Self::Characters(String::new())
    }
}

impl Text {
    /// Returns the characters, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Characters(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// Returns whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Characters(text) => text.is_empty(),
            Self::Binary(bytes) => bytes.is_empty(),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Characters(text) => f.write_str(text),
            Self::Binary(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

/// The two type bits of a type/length byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// 00b: Unicode in SDRs, binary in FRU areas.
    Zero,
    BcdPlus,
    SixBit,
    /// 11b: ASCII and Latin 1; in FRU areas of another language than English, UTF-16.
    EightBit,
}

impl Encoding {
    pub(crate) const fn of(type_length: u8) -> Self {
        match type_length >> 6 {
            0 => Self::Zero,
            1 => Self::BcdPlus,
            2 => Self::SixBit,
            _ => Self::EightBit,
        }
    }
}

/// Decodes the ID string of an SDR.
pub(crate) fn sdr_string(encoding: Encoding, bytes: &[u8]) -> String {
    let text = match encoding {
        // BMCs that declare Unicode nearly always send plain characters. UTF-16 is recognized by its zeros.
        Encoding::Zero if looks_like_utf16(bytes) => utf16(bytes),
        Encoding::Zero => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::BcdPlus => bcd_plus(bytes),
        Encoding::SixBit => six_bit(bytes),
        Encoding::EightBit => latin1(bytes),
    };
    tidy(&text)
}

/// Decodes a field of an FRU area.
pub(crate) fn fru_field(encoding: Encoding, english: bool, bytes: &[u8]) -> Text {
    let text = match encoding {
        Encoding::Zero => return Text::Binary(bytes.to_vec()),
        Encoding::BcdPlus => bcd_plus(bytes),
        Encoding::SixBit => six_bit(bytes),
        // Many areas declare another language but hold plain characters.
        Encoding::EightBit if !english && looks_like_utf16(bytes) => utf16(bytes),
        Encoding::EightBit => latin1(bytes),
    };
    Text::Characters(tidy(&text))
}

fn tidy(text: &str) -> String {
    // Some BMCs pad strings with zeros, some with spaces.
    text.trim_end_matches(['\0', ' ']).to_owned()
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn looks_like_utf16(bytes: &[u8]) -> bool {
    let (pairs, rest) = bytes.as_chunks::<2>();
    rest.is_empty() && !pairs.is_empty() && pairs.iter().all(|[low, high]| *high == 0 && *low != 0)
}

fn utf16(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn bcd_plus(bytes: &[u8]) -> String {
    let digit = |nibble: u8| match nibble {
        0..=9 => char::from(b'0'.saturating_add(nibble)),
        10 => ' ',
        11 => '-',
        12 => '.',
        13 => ':',
        14 => ',',
        _ => '_',
    };
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]).collect()
}

/// Decodes four characters from three bytes, least significant bits first; the characters begin at the space.
fn six_bit(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut buffer = 0u32;
    let mut bits = 0_u32;
    for byte in bytes {
        buffer |= u32::from(*byte) << bits;
        bits = bits.saturating_add(8);
        while bits >= 6 {
            text.push(char::from(0x20_u8.saturating_add((buffer & 0x3f) as u8)));
            buffer >>= 6;
            bits = bits.saturating_sub(6);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_encoding_is_read() {
        assert_eq!(sdr_string(Encoding::EightBit, b"Ambient\0\0"), "Ambient");
        assert_eq!(sdr_string(Encoding::EightBit, b"Temp \xb0C"), "Temp °C");
        assert_eq!(sdr_string(Encoding::BcdPlus, &[0x12, 0x3a, 0xbc]), "123 -.");
        // The FRU definition's own example: "IPMI" packs to 29h DCh A6h.
        assert_eq!(sdr_string(Encoding::SixBit, &[0x29, 0xdc, 0xa6]), "IPMI");
        assert_eq!(sdr_string(Encoding::Zero, b"F\0A\0N\0"), "FAN");
        assert_eq!(sdr_string(Encoding::Zero, b"FAN1"), "FAN1");
        assert_eq!(fru_field(Encoding::Zero, true, &[1, 0xfe]).to_string(), "01fe");
        assert_eq!(fru_field(Encoding::EightBit, false, b"A\0B\0").as_str(), Some("AB"));
        assert_eq!(fru_field(Encoding::EightBit, false, b"plain").as_str(), Some("plain"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_some_text(type_length: u8, english: bool, bytes: Vec<u8>) {
            let _ = sdr_string(Encoding::of(type_length), &bytes);
            let _ = fru_field(Encoding::of(type_length), english, &bytes);
        }
    }
}
