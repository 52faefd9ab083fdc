//! Cipher suites and their parts: HMACs, session keys, AES-CBC with IPMI's own padding.

use aes::Aes128;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A cipher suite (IPMI 2.0 table 22-20), as its three algorithm numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suite {
    pub(crate) id: u8,
    /// 0 none, 1 HMAC-SHA1, 2 HMAC-MD5, 3 HMAC-SHA256.
    pub(crate) authentication: u8,
    /// 0 none, 1 HMAC-SHA1-96, 2 HMAC-MD5-128, 4 HMAC-SHA256-128.
    pub(crate) integrity: u8,
    /// 0 none, 1 AES-CBC-128.
    pub(crate) confidentiality: u8,
}

const SUITES: [(u8, u8, u8, u8); 10] = [
    (0, 0, 0, 0),
    (1, 1, 0, 0),
    (2, 1, 1, 0),
    (3, 1, 1, 1),
    (6, 2, 0, 0),
    (7, 2, 2, 0),
    (8, 2, 2, 1),
    (15, 3, 0, 0),
    (16, 3, 4, 0),
    (17, 3, 4, 1),
];

impl Suite {
    fn all() -> impl Iterator<Item = Self> {
        SUITES.into_iter().map(|(id, authentication, integrity, confidentiality)| Self {
            id,
            authentication,
            integrity,
            confidentiality,
        })
    }

    /// Returns the suite with this number, if the BMC supports it.
    pub(crate) fn by_id(id: u8) -> Option<Self> {
        Self::all().find(|suite| suite.id == id)
    }

    /// Returns the length of each packet's integrity code, in bytes.
    pub(crate) fn code_length(self) -> usize {
        match self.integrity {
            0 => 0,
            1 => 12,
            _ => 16,
        }
    }

    /// Computes an HMAC with the authentication algorithm. It is empty without one.
    pub(crate) fn mac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self.authentication {
            1 => hmac::<Hmac<Sha1>>(key, parts),
            2 => hmac::<Hmac<Md5>>(key, parts),
            3 => hmac::<Hmac<Sha256>>(key, parts),
            _ => Vec::new(),
        }
    }

    /// Computes the integrity check value of RAKP message 4.
    pub(crate) fn check_value(self, sik: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut value = self.mac(sik, parts);
        value.truncate(if self.authentication == 1 { 12 } else { 16 });
        value
    }

    /// Computes the integrity code of a packet.
    pub(crate) fn integrity_code(self, k1: &[u8], signed: &[u8]) -> Vec<u8> {
        let mut code = match self.integrity {
            1 => hmac::<Hmac<Sha1>>(k1, &[signed]),
            2 => hmac::<Hmac<Md5>>(k1, &[signed]),
            4 => hmac::<Hmac<Sha256>>(k1, &[signed]),
            _ => Vec::new(),
        };
        code.truncate(self.code_length());
        code
    }
}

fn hmac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // HMAC takes keys of any length. If it refused one, no code would match.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// Compares two codes in constant time.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// The keys of a session: K1 signs, the first half of K2 encrypts.
#[derive(Clone, Default)]
pub(crate) struct Keys {
    pub(crate) k1: Vec<u8>,
    k2: [u8; 16],
}

impl Keys {
    /// Derives K1 and K2 from the session integrity key. The constants have 20 bytes in every suite, as in ipmitool and
    /// FreeIPMI; the specification wants them as long as the hash.
    pub(crate) fn derive(suite: Suite, sik: &[u8]) -> Self {
        let k1 = suite.mac(sik, &[&[1; 20]]);
        let k2 = suite.mac(sik, &[&[2; 20]]);
        Self { k1, k2: k2.first_chunk().copied().unwrap_or_default() }
    }

    /// Encrypts. Returns the initialisation vector and the cipher text.
    pub(crate) fn encrypt(&self, iv: [u8; 16], plain: &[u8]) -> Vec<u8> {
        let mut buffer = plain.to_vec();
        let pad = (plain.len() + 1).next_multiple_of(16) - plain.len() - 1;
        let pad = u8::try_from(pad).unwrap_or(0);
        buffer.extend(1..=pad);
        buffer.push(pad);
        let length = buffer.len();
        let cipher = cbc::Encryptor::<Aes128>::new(&self.k2.into(), &iv.into());
        let mut out = iv.to_vec();
        if let Ok(text) = cipher.encrypt_padded::<NoPadding>(&mut buffer, length) {
            out.extend_from_slice(text);
        }
        out
    }

    /// Decrypts, or returns `None` if a length or the padding is wrong.
    pub(crate) fn decrypt(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let (iv, text) = bytes.split_first_chunk::<16>()?;
        let mut buffer = text.to_vec();
        let cipher = cbc::Decryptor::<Aes128>::new(&self.k2.into(), iv.into());
        let plain = cipher.decrypt_padded::<NoPadding>(&mut buffer).ok()?;
        let (pad, rest) = plain.split_last()?;
        let length = rest.len().checked_sub(usize::from(*pad))?;
        let (plain, padding) = rest.split_at_checked(length)?;
        let right = *pad < 16 && padding.iter().zip(1..).all(|(byte, wanted): (_, u8)| *byte == wanted);
        right.then(|| plain.to_vec())
    }
}

/// Computes the MD5 code of an IPMI 1.5 packet.
pub(crate) fn md5_code(password: [u8; 16], session: u32, message: &[u8], sequence: u32) -> [u8; 16] {
    let mut md5 = Md5::new();
    md5.update(password);
    md5.update(session.to_le_bytes());
    md5.update(message);
    md5.update(sequence.to_le_bytes());
    md5.update(password);
    md5.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_can_be_decrypted_and_padding_is_checked() {
        let suite = Suite::by_id(17).expect("suite 17");
        let keys = Keys::derive(suite, &[7; 32]);
        for length in 0..40 {
            let plain = vec![0xA5; length];
            let text = keys.encrypt([9; 16], &plain);
            assert_eq!(text.len() % 16, 0);
            assert_eq!(keys.decrypt(&text), Some(plain));
        }
        let mut text = keys.encrypt([9; 16], b"seven b");
        // Flipping a bit of the vector flips one in the padding.
        text[12] ^= 1;
        assert_eq!(keys.decrypt(&text), None);
        assert_eq!(keys.decrypt(&text[..31]), None);
        assert_eq!(keys.decrypt(&[]), None);
    }

    #[test]
    fn the_hmacs_are_those_of_rfc_2202_and_4231() {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mac = |id, key: &[u8]| Suite::by_id(id).expect("suite").mac(key, &[b"Hi ", b"There"]);
        assert_eq!(hex(&mac(3, &[0x0B; 20])), "b617318655057264e28bc0b6fb378c8ef146be00");
        assert_eq!(hex(&mac(8, &[0x0B; 16])), "9294727a3638bb1c13f48ef8158bfc9d");
        let sha256 = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(hex(&mac(17, &[0x0B; 20])), sha256);
    }
}
