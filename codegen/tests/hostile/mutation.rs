//! Texts that are changed at random, the same in every run.

/// Numbers that are the same in every run (xorshift).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// A number below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }
}

/// A text with one thing in it changed.
pub(crate) fn mutate(text: &str, words: &[&str], numbers: &mut Numbers) -> String {
    let boundary = |at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (one, two) = (boundary(numbers.below(text.len() + 1)), boundary(numbers.below(text.len() + 1)));
    let (start, end) = (one.min(two), one.max(two).min(one.min(two) + 200));
    let end = boundary(end);
    match numbers.below(6) {
        // a piece left out, twice, elsewhere
        0 => format!("{}{}", &text[..start], &text[end..]),
        1 => format!("{}{}", &text[..end], &text[start..]),
        2 => format!("{}{}{}", &text[..one], &text[start..end], &text[one..]),
        // a character put in
        3 => {
            let characters = ['<', '>', '"', '&', '\'', '/', '\0', '\u{e9}', '\u{1f339}', '.', '(', ' '];
            let character = characters[numbers.below(characters.len())];
            format!("{}{character}{}", &text[..one], &text[one..])
        }
        // a word for another
        4 => {
            let (word, other) = (words[numbers.below(words.len())], words[numbers.below(words.len())]);
            text.replacen(word, other, 1 + numbers.below(3))
        }
        // cut off
        _ => text[..one].to_owned(),
    }
}
