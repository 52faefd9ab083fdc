//! Changes texts at random, in the same way in every run.

/// Pseudo-random numbers, the same in every run (xorshift).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// Returns a number below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }
}

/// Changes one thing in a text.
pub(crate) fn mutate(text: &str, words: &[&str], numbers: &mut Numbers) -> String {
    let boundary = |at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (one, two) = (boundary(numbers.below(text.len() + 1)), boundary(numbers.below(text.len() + 1)));
    let (start, end) = (one.min(two), one.max(two).min(one.min(two) + 200));
    let end = boundary(end);
    match numbers.below(6) {
        // remove a piece, double it, or copy it elsewhere
        0 => format!("{}{}", &text[..start], &text[end..]),
        1 => format!("{}{}", &text[..end], &text[start..]),
        2 => format!("{}{}{}", &text[..one], &text[start..end], &text[one..]),
        // insert a character
        3 => {
            let characters = ['<', '>', '"', '&', '\'', '/', '\0', '\u{e9}', '\u{1f339}', '.', '(', ' '];
            let character = characters[numbers.below(characters.len())];
            format!("{}{character}{}", &text[..one], &text[one..])
        }
        // replace a word by another
        4 => {
            let (word, other) = (words[numbers.below(words.len())], words[numbers.below(words.len())]);
            text.replacen(word, other, 1 + numbers.below(3))
        }
        // cut the text off
        _ => text[..one].to_owned(),
    }
}
