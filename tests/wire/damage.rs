//! Payloads as a service with worn memory sends them: bytes in strings become bytes that are not text.

/// Numbers that look random, the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Below `limit`.
    pub(crate) fn roll(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// Replaces `per_thousand` of the bytes in strings and names by one of `by`. The backslash of an escape is left alone, as
/// without it the string might end elsewhere, and the text would not be JSON. How many were replaced is reported.
pub(crate) fn damage(json: &[u8], per_thousand: u64, by: &[u8], dice: &mut Dice) -> (Vec<u8>, usize) {
    let (mut out, mut replaced) = (json.to_vec(), 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in &mut out {
        let begins_escape = in_string && !escaped && *byte == b'\\';
        let ends_string = in_string && !escaped && *byte == b'"';
        if !in_string {
            in_string = *byte == b'"';
        } else if ends_string {
            in_string = false;
        } else if !begins_escape && dice.roll(1000) < per_thousand {
            let bad = by[usize::try_from(dice.roll(by.len() as u64)).unwrap()];
            // With what follows it, the first byte of a character would make an escape that there is not.
            *byte = if escaped && (0xC2..0xF5).contains(&bad) { b'\xFF' } else { bad };
            replaced += 1;
        }
        escaped = begins_escape;
    }
    (out, replaced)
}
