//! Bytes as people type them.

/// Reads a byte, decimal or hexadecimal.
pub(super) fn byte(text: &str) -> Result<u8, String> {
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hexadecimal) => u8::from_str_radix(hexadecimal, 16),
        None => text.parse(),
    };
    value.map_err(|_| "expected a byte, such as 6 or 0x0a".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_decimal_or_hexadecimal() {
        assert_eq!((byte("6"), byte("0x0a"), byte("0XFF")), (Ok(6), Ok(10), Ok(255)));
        for text in ["256", "0x100", "0a", "-1", ""] {
            assert!(byte(text).is_err(), "{text}");
        }
    }
}
