//! `CurrentSpeedGbps` -> `current`, `speed`, `gbps`: the words of a name in the standard's spelling, told apart by the case
//! of letters and by a table of acronyms and units for which the case of letters misleads (`PCIe`, `MHz`, `IDs`).

use std::collections::BTreeMap;

/// The table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acronyms {
    /// Spellings with their words by the first letter, longest first, so that `SNMPv3` is found before `SNMP`.
    spellings: BTreeMap<char, Vec<(Vec<char>, String)>>,
}

impl Acronyms {
    /// Spellings with the words that they stand for.
    pub(crate) fn new<'s>(spellings: impl IntoIterator<Item = (&'s str, String)>) -> Self {
        let mut table: BTreeMap<char, Vec<(Vec<char>, String)>> = BTreeMap::new();
        for (spelling, word) in spellings {
            if let Some(first) = spelling.chars().next() {
                let spelling = spelling.chars().collect();
                table.entry(first).or_default().push((spelling, word));
            }
        }
        for spellings in table.values_mut() {
            spellings.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        }
        Self { spellings: table }
    }

    /// `pcie_devices`
    pub(crate) fn snake(&self, name: &str) -> String {
        let mut words: Vec<String> = Vec::new();
        for part in name.split(|character: char| !character.is_ascii_alphanumeric()) {
            let mut rest: &[char] = &part.chars().collect::<Vec<_>>();
            while !rest.is_empty() {
                let (length, word) = self.word(rest);
                let (spelling, after) = rest.split_at(length.clamp(1, rest.len()));
                words.push(word.unwrap_or_else(|| spelling.iter().map(char::to_ascii_lowercase).collect()));
                rest = after;
            }
        }
        words.join("_")
    }

    /// The length of the first word, and the word where it isn't just its letters.
    fn word(&self, rest: &[char]) -> (usize, Option<String>) {
        if let Some((spelling, word)) = self.acronym(rest) {
            let number: String = rest.iter().skip(spelling.len()).take_while(|next| next.is_ascii_digit()).collect();
            return (spelling.len() + number.len(), Some(format!("{word}{number}")));
        }
        (self.plain(rest), None)
    }

    /// The length of the first word by the case of letters.
    fn plain(&self, rest: &[char]) -> usize {
        let capitals = rest.iter().take_while(|letter| letter.is_ascii_uppercase()).count();
        // `HBAWWNs`, `EnergykWh`: an acronym may begin within a run of capitals or after small letters.
        let end = match capitals {
            0 | 1 => capitals + tail(rest, capitals),
            _ => match rest.get(capitals) {
                // `IPAddress`: the last capital begins the next word.
                Some(next) if next.is_ascii_lowercase() => capitals - 1,
                Some(_) => capitals + digits(rest, capitals),
                None => capitals,
            },
        };
        (1..end.max(capitals))
            .find(|start| rest.get(*start..).is_some_and(|rest| self.mixed_acronym(rest)))
            .unwrap_or(end)
    }

    /// The spellings that begin with the same letter.
    fn beginning(&self, rest: &[char]) -> impl Iterator<Item = &(Vec<char>, String)> {
        rest.first().and_then(|first| self.spellings.get(first)).into_iter().flatten()
    }

    fn acronym(&self, rest: &[char]) -> Option<(&[char], &str)> {
        self.beginning(rest)
            .find(|(spelling, _)| stands_at(spelling, rest))
            .map(|(spelling, word)| (spelling.as_slice(), word.as_str()))
    }

    /// One that shows by itself where it begins: `kWh` after small letters, `WWNs` after capitals.
    fn mixed_acronym(&self, rest: &[char]) -> bool {
        self.beginning(rest).any(|(spelling, _)| {
            spelling.iter().any(char::is_ascii_lowercase)
                && spelling.iter().any(char::is_ascii_uppercase)
                && stands_at(spelling, rest)
        })
    }
}

fn stands_at(spelling: &[char], rest: &[char]) -> bool {
    rest.starts_with(spelling) && rest.get(spelling.len()).is_none_or(|next| !next.is_ascii_lowercase())
}

/// How many small letters and digits follow.
fn tail(rest: &[char], from: usize) -> usize {
    rest.iter().skip(from).take_while(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit()).count()
}

fn digits(rest: &[char], from: usize) -> usize {
    rest.iter().skip(from).take_while(|letter| letter.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_by_case_and_by_the_table() {
        let one_word = |spelling: &'static str| (spelling, spelling.to_ascii_lowercase());
        let acronyms = Acronyms::new(
            [
                "PCIe", "IPv4", "MHz", "Mbps", "iSCSI", "NVMe", "VLan", "kWh", "kPa", "IDs", "WWNs", "CPUs", "SNMPv3",
                "RDMA", "RX", "I2C", "OAuth",
            ]
            .map(one_word)
            .into_iter()
            .chain([("TACACSplus", "tacacs_plus".to_owned())]),
        );
        for (standard, snake) in [
            ("PCIeDevices", "pcie_devices"),
            ("IPv4Addresses", "ipv4_addresses"),
            ("MaxSpeedMHz", "max_speed_mhz"),
            ("SpeedMbps", "speed_mbps"),
            ("MACAddress", "mac_address"),
            ("UUID", "uuid"),
            ("TCPPort", "tcp_port"),
            ("VLANId", "vlan_id"),
            ("VLanNetworkInterface", "vlan_network_interface"),
            ("iSCSIBoot", "iscsi_boot"),
            ("NVMe", "nvme"),
            ("CoreIDs", "core_ids"),
            ("HBAWWNs", "hba_wwns"),
            ("CPUs", "cpus"),
            ("EnergykWh", "energy_kwh"),
            ("PressurekPa", "pressure_kpa"),
            ("EnableSNMPv3", "enable_snmpv3"),
            ("RDMARXBytes", "rdma_rx_bytes"),
            ("SHA256Fingerprint", "sha256_fingerprint"),
            ("Base64Text", "base64_text"),
            ("Line1ToLine2", "line1_to_line2"),
            ("I2CBuses", "i2c_buses"),
            ("OAuth2Service", "oauth2_service"),
            ("TACACSplusService", "tacacs_plus_service"),
            ("Model", "model"),
            ("A", "a"),
            ("", ""),
            ("Oem_Thing", "oem_thing"),
        ] {
            assert_eq!(acronyms.snake(standard), snake, "{standard}");
        }
    }
}
