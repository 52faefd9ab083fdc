//! Which properties hold secrets. Clients write them and never read them back (DSP0266 requires
//! `null` in answers).

/// Returns whether a property of this name holds a secret: `Password`, `SessionAccountPassword`,
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
