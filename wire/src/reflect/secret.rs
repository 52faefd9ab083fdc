//! Which properties hold secrets, by their names.

/// Whether a property of this name holds a secret, which is never printed.
pub(crate) fn is_secret(name: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "Password",
        "Passphrase",
        "Passcode",
        "Token",
        "Secret",
        "SecretKey",
        "PrivateKey",
        "EncryptionKey",
        "AuthenticationKey",
        "AccessKey",
        "ChapKey",
        "CommunityString",
    ];
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}
