//! Which names belong to secrets: the one definition, for what is printed, logged, reported in errors and recorded.

/// The text that replaces a secret.
pub(crate) const MASK: &str = "***";

/// The endings of secrets' names, without case and punctuation.
const ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "token",
    "secret",
    "key",
    "salt",
    "passwordhash",
    "passwdhash",
    "pwdhash",
    "community",
    "communitystring",
    "licensestring",
    "authorization",
    "cookie",
    "privatekeypem",
];

/// The endings for several secrets in an array.
const PLURALS: &[&str] =
    &["passwords", "passphrases", "tokens", "secrets", "communities", "communitystrings", "cookies"];

/// Names that are secret only as a whole.
const NAMES: &[&str] = &["pass", "pw", "auth", "credential", "credentials"];

/// Keys that open nothing, and the tokens in links to further pages.
const OPEN_KEYS: &[&str] =
    &["publickey", "messagekey", "hotkey", "registrykey", "sortkey", "foreignkey", "skiptoken", "deltatoken"];

/// Returns whether something of this name holds a secret: a property, a header, a field of a form. Letter case, signs
/// and what stands before it make no difference: `Users.2.Password`, `X-Auth-Token`, `snmp_community`.
///
/// ```
/// use rosefish::wire::is_secret;
///
/// assert!(is_secret("Users.2.Password") && is_secret("x-auth-token") && !is_secret("PasswordExpiration"));
/// ```
#[must_use]
pub fn is_secret(name: &str) -> bool {
    // An action, `#ManagerAccount.ChangePassword`.
    if name.starts_with('#') {
        return false;
    }
    // No name of a secret is longer; of longer names only the end is checked.
    const LONGEST: usize = 64;
    let mut plain = [0; LONGEST];
    let mut free = plain.iter_mut().rev();
    for (byte, place) in name.bytes().rev().filter(u8::is_ascii_alphanumeric).zip(&mut free) {
        *place = byte.to_ascii_lowercase();
    }
    let unused = free.len();
    let plain = plain.get(unused..).unwrap_or_default();
    let ends = |endings: &[&str]| endings.iter().any(|ending| plain.ends_with(ending.as_bytes()));
    (ends(ENDINGS) || ends(PLURALS) || NAMES.iter().any(|name| *plain == *name.as_bytes())) && !ends(OPEN_KEYS)
}

/// Returns the JSON text of a property for printing, or the mask if it is a secret or contains one.
pub(crate) fn shown<'j>(name: &str, json: &'j str) -> &'j str {
    let within = || {
        // Any text between two quotes and before a colon may be a name.
        let mut pieces = json.split('"').peekable();
        // The arguments of a message have the name of a property next to its value.
        let is_message = json.contains("\"MessageArgs\"");
        let is_name = |piece: &str, next: Option<&&str>| {
            let named = is_message || next.is_some_and(|next| next.trim_start().starts_with(':'));
            named && is_secret(piece.rsplit('/').next().unwrap_or(piece))
        };
        let mut found = false;
        while let Some(piece) = pieces.next() {
            found |= is_name(piece, pieces.peek());
        }
        found
    };
    let is_key = || json.contains("PRIVATE KEY-----");
    if is_secret(name) || is_key() || (json.starts_with(['{', '[']) && within()) { MASK } else { json }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names_however_these_are_written() {
        for name in [
            "Password",
            "password",
            "PASSWORD",
            "OldPassword",
            "Users.2.Password",
            "sha256_password",
            "SHA256PasswordSalt",
            "PasswordHash",
            "Passwd",
            "pwd",
            "PassPhrase",
            "Passcode",
            "X-Auth-Token",
            "Token",
            "tokens",
            "ClientSecret",
            "SecretKey",
            "PrivateKey",
            "EncryptionKey",
            "AuthenticationKey",
            "AccessKey",
            "ApiKey",
            "shared-key",
            "CHAPKey",
            "IPMIKey",
            "SHA1v3Key",
            "CommunityString",
            "CommunityStrings",
            "snmp_community",
            "SNMP.1.Community",
            "Authorization",
            "Set-Cookie",
            "Credential",
            "credentials",
            "auth",
            "pass",
            "pw",
            "LicenseString",
            "Key",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "",
            "UserName",
            "PasswordExpiration",
            "MinPasswordLength",
            "PasswordChangeRequired",
            "PublicKey",
            "MessageKey",
            "HotKey",
            "KeyId",
            "$skiptoken",
            "Keyboard",
            "Compass",
            "Author",
            "Model",
            "@odata.etag",
            "PassThrough",
            "#Bios.ChangePassword",
            "密码",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn what_has_a_secret_within_is_not_shown() {
        assert_eq!(shown("x", r#"{"a":{"pass\u0077ord":1}}"#), r#"{"a":{"pass\u0077ord":1}}"#);
        assert_eq!(shown("x", r#"{"a":{"password" : [1]}}"#), MASK);
        assert_eq!(shown("x", r#"{"Result":"Pass"}"#), r#"{"Result":"Pass"}"#);
        assert_eq!(shown("AuthToken", "7"), MASK);
    }
}
