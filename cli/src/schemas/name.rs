//! File names from the names that a service gives: they lead nowhere else, and mean nothing special to a shell or an editor.

/// Longer than the name of any schema.
const LONGEST: usize = 120;

/// Returns a file name from the last part of a URI, or `fallback` if nothing of that can be used. The ending is added here.
pub(super) fn of(uri: &str, fallback: &str, ending: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit(['/', '\\']).next().unwrap_or_default();
    let stem =
        [".xml", ".json", ".yaml", ".yml", ".gz"].iter().fold(last, |name, end| name.strip_suffix(end).unwrap_or(name));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name: String = stem.chars().filter(|c| plain(*c)).take(LONGEST).collect();
    let name = name.trim_matches(['.', '-']);
    format!("{}{ending}", if name.is_empty() { fallback } else { name })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for (uri, name) in [
            ("/redfish/v1/Schemas/Chassis_v1.xml", "Chassis_v1.xml"),
            ("/redfish/v1/SchemaStore/en/Chassis.v1_2_0.json", "Chassis.v1_2_0.xml"),
            ("/redfish/v1/$metadata", "metadata.xml"),
            ("/../../../etc/passwd", "passwd.xml"),
            ("/x/..", "file.xml"),
            ("/x/..\\..\\boot.ini", "boot.ini.xml"),
            ("/x/%2e%2e%2fhosts?a=/b", "2e2e2fhosts.xml"),
            ("/x/.bashrc", "bashrc.xml"),
            ("/x/-rf", "rf.xml"),
            ("/x/a\u{0}b\n\u{202e}c.xml", "abc.xml"),
            ("", "file.xml"),
        ] {
            assert_eq!(of(uri, "file", ".xml"), name, "{uri}");
        }
        assert!(of(&"a".repeat(10_000), "file", ".xml").len() <= 124);
    }
}
