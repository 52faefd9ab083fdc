//! Which properties hold secrets. Such are written by clients and never read back (DSP0266 wants
//! `null` in answers).

/// Whether a property of this name holds a secret: `Password`, `SessionAccountPassword`,
/// `AuthenticationKey`, `Token`, ...
pub(crate) fn is_secret(name: &str) -> bool {
    ["Password", "Passphrase", "Token", "Key"].iter().any(|suffix| name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for (name, expected) in [
            ("Password", true),
            ("NewPassword", true),
            ("AuthenticationKey", true),
            ("Token", true),
            ("UserName", false),
            ("PasswordChangeRequired", false),
            ("KeyString", false),
        ] {
            assert_eq!(is_secret(name), expected, "{name}");
        }
    }
}
