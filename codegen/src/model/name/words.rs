//! `CurrentSpeedGbps` -> `current`, `speed`, `gbps`: the words of a name in the standard's spelling, told apart by the case
//! of letters and by a table of acronyms and units for which the case of letters misleads (`PCIe`, `MHz`, `IDs`).

/// The table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acronyms {
    /// Longest first, so that `SNMPv3` is found before `SNMP`.
    spellings: Vec<Vec<char>>,
}

impl Acronyms {
    pub(crate) fn new<'s>(spellings: impl IntoIterator<Item = &'s str>) -> Self {
        let mut spellings: Vec<Vec<char>> = spellings
            .into_iter()
            .filter(|spelling| !spelling.is_empty())
            .map(|spelling| spelling.chars().collect())
            .collect();
        spellings.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        Self { spellings }
    }

    /// `pcie_devices`
    pub(crate) fn snake(&self, name: &str) -> String {
        let mut words: Vec<String> = Vec::new();
        for part in name.split(|character: char| !character.is_ascii_alphanumeric()) {
            let mut rest: &[char] = &part.chars().collect::<Vec<_>>();
            while !rest.is_empty() {
                let length = self.word(rest).clamp(1, rest.len());
                let (word, after) = rest.split_at(length);
                words.push(word.iter().map(char::to_ascii_lowercase).collect());
                rest = after;
            }
        }
        words.join("_")
    }

    /// The length of the first word.
    fn word(&self, rest: &[char]) -> usize {
        if let Some(length) = self.acronym(rest) {
            return length;
        }
        let capitals = rest
            .iter()
            .take_while(|letter| letter.is_ascii_uppercase())
            .count();
        if capitals < 2 {
            return capitals + tail(rest, capitals);
        }
        // `HBAWWNs`: an acronym may begin within a run of capitals.
        if let Some(start) = (1..capitals).find(|start| {
            rest.get(*start..)
                .is_some_and(|rest| self.mixed_acronym(rest))
        }) {
            return start;
        }
        match rest.get(capitals) {
            // `IPAddress`: the last capital begins the next word.
            Some(next) if next.is_ascii_lowercase() => capitals - 1,
            Some(next) if next.is_ascii_digit() => capitals + digits(rest, capitals),
            _ => capitals,
        }
    }

    fn acronym(&self, rest: &[char]) -> Option<usize> {
        self.spellings
            .iter()
            .find(|spelling| {
                rest.starts_with(spelling)
                    && rest
                        .get(spelling.len())
                        .is_none_or(|next| !next.is_ascii_lowercase())
            })
            .map(|spelling| spelling.len() + digits(rest, spelling.len()))
    }

    fn mixed_acronym(&self, rest: &[char]) -> bool {
        self.spellings.iter().any(|spelling| {
            spelling.iter().any(char::is_ascii_lowercase)
                && rest.starts_with(spelling)
                && rest
                    .get(spelling.len())
                    .is_none_or(|next| !next.is_ascii_lowercase())
        })
    }
}

/// How many small letters and digits follow.
fn tail(rest: &[char], from: usize) -> usize {
    rest.iter()
        .skip(from)
        .take_while(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        .count()
}

fn digits(rest: &[char], from: usize) -> usize {
    rest.iter()
        .skip(from)
        .take_while(|letter| letter.is_ascii_digit())
        .count()
}
