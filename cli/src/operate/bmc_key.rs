//! The key K_G of BMCs that have one: from a file or the environment, as a secret, and never an argument.

use std::path::Path;

use anyhow::bail;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};

use crate::password::first_line;

/// The variable that has the key.
const VARIABLE: &str = "ROSEFISH_IPMI_KG";
/// The longest key.
const LONGEST: usize = 20;

/// A key K_G.
#[derive(Debug)]
pub(super) struct BmcKey(SecretBox<[u8]>);

impl BmcKey {
    /// Returns the key in this file or, without a file, in the environment. `None` if there is neither.
    pub(super) fn get(file: Option<&Path>) -> anyhow::Result<Option<Self>> {
        let text = match file {
            Some(file) => first_line("file of the key K_G", file)?,
            None => match std::env::var(VARIABLE) {
                Ok(text) => text.into(),
                Err(std::env::VarError::NotPresent) => return Ok(None),
                Err(std::env::VarError::NotUnicode(_)) => bail!("{VARIABLE} is not UTF-8"),
            },
        };
        Self::read(&text).map(Some)
    }

    /// Reads a key: text as it is, or bytes after 0x. The error doesn't repeat it.
    fn read(text: &SecretString) -> anyhow::Result<Self> {
        let text = text.expose_secret();
        let bytes = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            None => text.as_bytes().to_vec(),
            Some(digits) => {
                let pairs = digits.as_bytes().chunks(2).map(|pair| {
                    let is_byte = pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit);
                    let pair = std::str::from_utf8(pair).ok().filter(|_| is_byte)?;
                    u8::from_str_radix(pair, 16).ok()
                });
                match pairs.collect() {
                    Some(bytes) => bytes,
                    None => bail!("the key K_G begins with 0x, and pairs of hexadecimal digits don't follow"),
                }
            }
        };
        if bytes.is_empty() || bytes.len() > LONGEST {
            bail!("the key K_G has 1 to {LONGEST} bytes, not {}", bytes.len());
        }
        Ok(Self(bytes.into()))
    }

    /// Returns the key for a connection.
    pub(super) fn to_secret(&self) -> SecretBox<[u8]> {
        self.0.expose_secret().to_vec().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_text_or_hexadecimal_and_does_not_show() {
        let key = |text: &str| BmcKey::read(&text.into()).map(|key| key.0.expose_secret().to_vec());
        assert_eq!(key("kg-Secret").unwrap(), b"kg-Secret");
        assert_eq!(key("0x00ff7A").unwrap(), [0, 0xff, 0x7a]);
        for text in ["", "0x", "0xabc", "0xzz", "0x+1", "more than twenty letters"] {
            let error = key(text).unwrap_err().to_string();
            assert!(text.len() < 4 || !error.contains(text), "{error}");
        }
        assert!(!format!("{:?}", BmcKey::read(&"kg-Secret".into()).unwrap()).contains("kg-Secret"));
    }
}
