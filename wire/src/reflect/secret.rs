//! Which properties hold secrets, by their names.

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

/// Whether a property of this name holds a secret, which is never printed.
pub(crate) fn is_secret(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The JSON text of a property as it may be printed: not if it is a secret, nor if there is one within.
pub(crate) fn shown<'j>(name: &str, json: &'j str) -> &'j str {
    let within = || {
        // Whatever is between two quotes may be a name.
        json.starts_with(['{', '[']) && json.split('"').any(is_secret)
    };
    if is_secret(name) || within() { "***" } else { json }
}
