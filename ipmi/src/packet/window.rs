//! The sliding window over session sequence numbers (IPMI 2.0, section 6.12.13): each authenticated number is taken
//! once, a little disorder is tolerated, and what is older than the window is a replay.

const WIDTH: u32 = 32;

/// Which sequence numbers were already received.
#[derive(Clone, Debug, Default)]
pub struct Window {
    highest: u32,
    /// Bit `n` stands for `highest - n`.
    seen: u32,
}

impl Window {
    /// Creates a window in which nothing was received; `highest` is the number before the first expected one.
    #[must_use]
    pub const fn starting_after(highest: u32) -> Self {
        Self { highest, seen: 1 }
    }

    /// Takes `sequence` if it is new, and says whether it was. Call it only for packets whose code was verified:
    /// a forged number must not move the window.
    pub fn accept(&mut self, sequence: u32) -> bool {
        let ahead = sequence.wrapping_sub(self.highest);
        if sequence == 0 {
            return false; // zero is for packets outside a session
        }
        if ahead != 0 && ahead < 1 << 31 {
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = sequence;
            return true;
        }
        let behind = self.highest.wrapping_sub(sequence);
        if behind >= WIDTH {
            return false;
        }
        let bit = 1u32 << behind;
        let new = self.seen & bit == 0;
        self.seen |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_number_is_taken_once_and_disorder_within_the_window_is_tolerated() {
        let mut window = Window::starting_after(0);
        for (sequence, taken) in [
            (1, true),
            (1, false),
            (3, true),
            (2, true),
            (2, false),
            (0, false),
            (40, true),
            (9, true),
            (8, false),
            (3, false),
            (1000, true),
            (40, false),
        ] {
            assert_eq!(window.accept(sequence), taken, "{sequence}");
        }
    }

    #[test]
    fn the_numbers_wrap_around_zero() {
        let mut window = Window::starting_after(u32::MAX - 1);
        assert!(window.accept(u32::MAX));
        assert!(!window.accept(0));
        assert!(window.accept(1));
        assert!(!window.accept(u32::MAX));
    }

    proptest! {
        #[test]
        fn nothing_is_ever_taken_twice(sequences in prop::collection::vec(1u32..80, 1..200)) {
            let mut window = Window::starting_after(0);
            let mut taken = std::collections::HashSet::new();
            for sequence in sequences {
                if window.accept(sequence) {
                    prop_assert!(taken.insert(sequence));
                }
            }
        }
    }
}
