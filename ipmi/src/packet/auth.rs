//! The arithmetic of RMCP+ (IPMI 2.0, sections 13.20 to 13.34): key exchange codes, session keys, integrity codes,
//! AES-CBC. Received codes are compared in constant time; keys are wiped when dropped and never shown.

use std::fmt;

use aes::Aes128;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Malformed;
use super::suite::{Authentication, CipherSuite, Confidentiality, Integrity};

/// Size of an AES block and of the initialization vector in front of encrypted payloads.
pub const BLOCK: usize = 16;

/// Compares two codes in a time that does not depend on where they differ.
#[must_use]
pub fn same_code(a: &[u8], b: &[u8]) -> bool {
    bool::from(a.ct_eq(b))
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    // An HMAC takes keys of any length; the alternative can't be reached and gives a code that matches nothing.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Zeroizing::default();
    };
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

impl Authentication {
    /// Returns the HMAC over `parts`; empty where there is no authentication.
    #[must_use]
    pub fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        match self {
            Self::None => Zeroizing::default(),
            Self::HmacSha1 => mac::<Hmac<Sha1>>(key, parts),
            Self::HmacMd5 => mac::<Hmac<Md5>>(key, parts),
            Self::HmacSha256 => mac::<Hmac<Sha256>>(key, parts),
        }
    }

    /// Length of the code in RAKP messages 2 and 3.
    #[must_use]
    pub const fn code_length(self) -> usize {
        match self {
            Self::None => 0,
            Self::HmacSha1 => 20,
            Self::HmacMd5 => 16,
            Self::HmacSha256 => 32,
        }
    }

    /// Length of the integrity check value in RAKP message 4.
    #[must_use]
    pub const fn check_length(self) -> usize {
        match self {
            Self::None => 0,
            Self::HmacSha1 => 12,
            Self::HmacMd5 | Self::HmacSha256 => 16,
        }
    }
}

impl Integrity {
    /// Length of the code behind every packet.
    #[must_use]
    pub const fn code_length(self) -> usize {
        match self {
            Self::None => 0,
            Self::HmacSha1_96 => 12,
            Self::HmacMd5_128 | Self::HmacSha256_128 => 16,
        }
    }
}

/// What both sides know once RAKP messages 1 and 2 were exchanged, and every code is computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The console's session ID.
    pub console_session: u32,
    /// The BMC's session ID.
    pub bmc_session: u32,
    /// The console's random number.
    pub console_random: [u8; 16],
    /// The BMC's random number.
    pub bmc_random: [u8; 16],
    /// The BMC's GUID.
    pub guid: [u8; 16],
    /// The role byte of RAKP message 1: privilege level, and bit 4 for lookup by name alone.
    pub role: u8,
    /// The user name.
    pub user: Vec<u8>,
}

impl Exchange {
    fn user_length(&self) -> [u8; 1] {
        [u8::try_from(self.user.len()).unwrap_or(u8::MAX)]
    }

    /// Returns the code of RAKP message 2, by which the BMC proves that it knows the password.
    #[must_use]
    pub fn rakp2_code(&self, algorithm: Authentication, password: &[u8]) -> Zeroizing<Vec<u8>> {
        algorithm.hmac(
            password,
            &[
                &self.console_session.to_le_bytes(),
                &self.bmc_session.to_le_bytes(),
                &self.console_random,
                &self.bmc_random,
                &self.guid,
                &[self.role],
                &self.user_length(),
                &self.user,
            ],
        )
    }

    /// Returns the code of RAKP message 3, by which the console proves that it knows the password.
    #[must_use]
    pub fn rakp3_code(&self, algorithm: Authentication, password: &[u8]) -> Zeroizing<Vec<u8>> {
        algorithm.hmac(
            password,
            &[&self.bmc_random, &self.console_session.to_le_bytes(), &[self.role], &self.user_length(), &self.user],
        )
    }

    /// Returns the session integrity key. `bmc_key` is K_G, or the password where no K_G is set.
    #[must_use]
    pub fn session_integrity_key(&self, algorithm: Authentication, bmc_key: &[u8]) -> Zeroizing<Vec<u8>> {
        algorithm
            .hmac(bmc_key, &[&self.console_random, &self.bmc_random, &[self.role], &self.user_length(), &self.user])
    }

    /// Returns the integrity check value of RAKP message 4, truncated as the algorithm wants it.
    #[must_use]
    pub fn rakp4_check(&self, algorithm: Authentication, sik: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut code = algorithm.hmac(sik, &[&self.console_random, &self.bmc_session.to_le_bytes(), &self.guid]);
        code.truncate(algorithm.check_length());
        code
    }
}

/// The keys of an established session.
#[derive(Clone)]
pub struct Keys {
    suite: CipherSuite,
    k1: Zeroizing<Vec<u8>>,
    k2: Zeroizing<[u8; BLOCK]>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("suite", &self.suite).finish_non_exhaustive()
    }
}

impl Keys {
    /// Derives K1 and K2 from the session integrity key. The constants are 20 bytes long for every algorithm.
    #[must_use]
    pub fn derive(suite: CipherSuite, sik: &[u8]) -> Self {
        let algorithm = suite.authentication();
        let k1 = algorithm.hmac(sik, &[&[1; 20]]);
        let mut k2 = Zeroizing::new([0; BLOCK]);
        for (to, from) in k2.iter_mut().zip(algorithm.hmac(sik, &[&[2; 20]]).iter()) {
            *to = *from;
        }
        Self { suite, k1, k2 }
    }

    /// Returns the suite that they belong to.
    #[must_use]
    pub const fn suite(&self) -> CipherSuite {
        self.suite
    }

    /// Returns the integrity code over `bytes`; empty where the suite has none.
    #[must_use]
    pub fn integrity_code(&self, bytes: &[u8]) -> Zeroizing<Vec<u8>> {
        let integrity = self.suite.integrity();
        let mut code = match integrity {
            Integrity::None => Zeroizing::default(),
            Integrity::HmacSha1_96 => mac::<Hmac<Sha1>>(&self.k1, &[bytes]),
            Integrity::HmacMd5_128 => mac::<Hmac<Md5>>(&self.k1, &[bytes]),
            Integrity::HmacSha256_128 => mac::<Hmac<Sha256>>(&self.k1, &[bytes]),
        };
        code.truncate(integrity.code_length());
        code
    }

    /// Encrypts a payload as the suite wants it. `vector` must never have been used before in this session.
    #[must_use]
    pub fn encrypt(&self, payload: &[u8], vector: [u8; BLOCK]) -> Vec<u8> {
        match self.suite.confidentiality() {
            Confidentiality::None => payload.to_vec(),
            Confidentiality::AesCbc128 => encrypt_aes(&self.k2, payload, vector),
        }
    }

    /// Decrypts a payload.
    ///
    /// # Errors
    /// When it isn't whole blocks, or its padding isn't 1, 2, 3 and so on.
    pub fn decrypt(&self, payload: &[u8]) -> Result<Vec<u8>, Malformed> {
        match self.suite.confidentiality() {
            Confidentiality::None => Ok(payload.to_vec()),
            Confidentiality::AesCbc128 => decrypt_aes(&self.k2, payload),
        }
    }
}

fn encrypt_aes(key: &[u8; BLOCK], payload: &[u8], vector: [u8; BLOCK]) -> Vec<u8> {
    let mut buffer = payload.to_vec();
    let used = payload.len() % BLOCK;
    let padding = (BLOCK - 1).saturating_sub(used) as u8;
    buffer.extend(1..=padding);
    buffer.push(padding);
    let length = buffer.len();
    let mut out = vector.to_vec();
    let cipher = cbc::Encryptor::<Aes128>::new(key.into(), (&vector).into());
    // The buffer is whole blocks, so that encrypting without further padding can't fail.
    if let Ok(encrypted) = cipher.encrypt_padded::<NoPadding>(&mut buffer, length) {
        out.extend(encrypted);
    }
    out
}

fn decrypt_aes(key: &[u8; BLOCK], payload: &[u8]) -> Result<Vec<u8>, Malformed> {
    let malformed = Malformed::new("AES-CBC payload", 0);
    let (vector, blocks) = payload.split_first_chunk::<BLOCK>().ok_or(malformed)?;
    let mut buffer = blocks.to_vec();
    cbc::Decryptor::<Aes128>::new(key.into(), vector.into())
        .decrypt_padded::<NoPadding>(&mut buffer)
        .map_err(|_| malformed)?;
    let padding = usize::from(buffer.pop().ok_or(malformed)?);
    let kept = buffer.len().checked_sub(padding).ok_or(malformed)?;
    let regular = buffer.iter().skip(kept).zip(1u8..=255).all(|(byte, expected)| *byte == expected);
    if padding >= BLOCK || !regular {
        return Err(malformed);
    }
    buffer.truncate(kept);
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exchange() -> Exchange {
        Exchange {
            console_session: 0xa0a2_a3a4,
            bmc_session: 0x0200_0011,
            console_random: std::array::from_fn(|i| i as u8),
            bmc_random: std::array::from_fn(|i| 0xf0 | i as u8),
            guid: [0x5a; 16],
            role: 0x14,
            user: b"admin".to_vec(),
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The expected values were computed apart from this code, with Python's hmac module over the concatenation that
    /// sections 13.28 and 13.31 give.
    #[test]
    fn rakp_codes_are_those_an_independent_computation_gives() {
        for (algorithm, rakp2, rakp3, sik, check) in RAKP_VECTORS {
            let exchange = exchange();
            assert_eq!(hex(&exchange.rakp2_code(algorithm, b"password")), rakp2);
            assert_eq!(hex(&exchange.rakp3_code(algorithm, b"password")), rakp3);
            let key = exchange.session_integrity_key(algorithm, b"a key of twenty byte");
            assert_eq!(hex(&key), sik);
            assert_eq!(hex(&exchange.rakp4_check(algorithm, &key)), check);
        }
    }

    const RAKP_VECTORS: [(Authentication, &str, &str, &str, &str); 3] = [
        (
            Authentication::HmacSha1,
            "8155651f0a212b7103a94b8a37104446f3b7d3bd",
            "c898c739eda69546d20de839a17463c8ed179ff8",
            "4b9abe5f86594b08bc941bedea456fc312f2f193",
            "2e350a926bd9ef889ba6b38c",
        ),
        (
            Authentication::HmacMd5,
            "ac6cd6b2739dcbed811fe13924d2d828",
            "36298a163a176627112c412a5d066a2a",
            "f38e40ad37a33eb1721087ecb14fa539",
            "67eed559a36f8004b7d34b7d2de4eff5",
        ),
        (
            Authentication::HmacSha256,
            "cb178d64edfe719ec56138660a3b85cf37ac4fb8cbc1294bea25a03b8e3d3c95",
            "63d1b329ad75ed44b3ba617192accbae78bda0638186ab78f8e4bb85aa9be0ee",
            "e98b8170fb5487576b78c8bf1e3fc2799028a307bb18a08ecf39a91b9788e169",
            "7e7629b37a27e1345b7928b34dac5a68",
        ),
    ];

    #[test]
    fn keys_do_not_show_in_debug_output() {
        let keys = Keys::derive(CipherSuite::SHA256_AES, &[0xab; 32]);
        assert!(!format!("{keys:?}").contains("k1"));
    }

    #[test]
    fn padding_that_is_not_counted_up_is_refused() {
        let key = [7; BLOCK];
        let mut plain = vec![0u8; 13];
        plain.extend([1, 3, 2]);
        let vector = [9; BLOCK];
        let mut buffer = plain.clone();
        let cipher = cbc::Encryptor::<Aes128>::new((&key).into(), (&vector).into());
        let mut packet = vector.to_vec();
        packet.extend(cipher.encrypt_padded::<NoPadding>(&mut buffer, 16).unwrap());
        assert!(decrypt_aes(&key, &packet).is_err());
    }

    proptest! {
        #[test]
        fn what_is_encrypted_is_decrypted(payload: Vec<u8>, vector: [u8; BLOCK], key: [u8; 20]) {
            for suite in super::super::suite::SUITES {
                let keys = Keys::derive(suite, &key);
                prop_assert_eq!(keys.decrypt(&keys.encrypt(&payload, vector)), Ok(payload.clone()));
            }
        }

        #[test]
        fn any_bytes_decrypt_or_fail(payload: Vec<u8>) {
            let _ = Keys::derive(CipherSuite::SHA1_AES, &[1; 20]).decrypt(&payload);
        }
    }
}
