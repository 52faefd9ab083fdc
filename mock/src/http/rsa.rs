//! RSA signatures with keys that are too short for the TLS library, as old BMCs have them. For tests only: the code is
//! not constant-time.

use std::fmt;
use std::sync::Arc;

use num_bigint::BigUint;
use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::der;

/// The schemes that fit into 1024 bits, strongest first.
const SCHEMES: [SignatureScheme; 6] = [
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA1,
];

const EXPONENT: u32 = 65_537;

/// A private key.
#[derive(Clone)]
pub(crate) struct RsaKey {
    modulus: BigUint,
    exponent: BigUint,
    private: BigUint,
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaKey").field("bits", &self.modulus.bits()).finish_non_exhaustive()
    }
}

impl RsaKey {
    /// Returns the 1024-bit key that all mocks share: generating one takes too long for a test.
    pub(crate) fn of_1024_bits() -> Option<Self> {
        let p = b"FF8BF8010A7A7F0B70EC65D709A164E5A24686150A552A875B948065345173F4\
                  142205EC4C49D3C3AD37C4AD3D7430BEC8FA47243BC8F6808B41AF0963BF5F15";
        let q = b"FF0B7F4D43106394268110F09C0FBF76D79DEF148EA86D01D70A4541DA71EF97\
                  FDDBB390055A5A1AE0288DE7AB0DF8D687E24E46219C310FB2FF19229236D0CB";
        let (p, q) = (BigUint::parse_bytes(p, 16)?, BigUint::parse_bytes(q, 16)?);
        let exponent = BigUint::from(EXPONENT);
        let private = exponent.modinv(&((&p - 1_u32) * (&q - 1_u32)))?;
        Some(Self { modulus: p * q, exponent, private })
    }

    /// Reads a key in PKCS #1 (RFC 8017, appendix A.1.2).
    pub(crate) fn from_pkcs1(key: &[u8]) -> Option<Self> {
        let (_, fields) = der::read(key)?;
        let (_, fields) = der::skip(fields)?;
        let (modulus, fields) = der::skip(fields)?;
        let (exponent, fields) = der::skip(fields)?;
        let (private, _) = der::skip(fields)?;
        let number = BigUint::from_bytes_be;
        let key = Self { modulus: number(modulus), exponent: number(exponent), private: number(private) };
        (key.modulus.bits() >= 512).then_some(key)
    }

    /// Reads a key in PKCS #8 (RFC 5208).
    pub(crate) fn from_pkcs8(key: &[u8]) -> Option<Self> {
        let (_, fields) = der::read(key)?;
        let (_, fields) = der::skip(fields)?;
        let (_, fields) = der::skip(fields)?;
        Self::from_pkcs1(der::skip(fields)?.0)
    }

    /// Encodes the public key as certificates have it (RFC 3279, section 2.3.1).
    pub(crate) fn public(&self) -> Vec<u8> {
        let key =
            der::sequence(&[der::integer(&self.modulus.to_bytes_be()), der::integer(&self.exponent.to_bytes_be())]);
        let algorithm = der::sequence(&[der::object_identifier(der::RSA_ENCRYPTION), der::null()]);
        der::sequence(&[algorithm, der::bit_string(&key)])
    }

    /// Signs with PKCS #1 v1.5 and SHA-1, as in the certificates of old BMCs.
    pub(crate) fn sign_sha1(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.sign_pkcs1(&SHA1, &Sha1::digest(message))
    }

    fn size(&self) -> usize {
        usize::try_from(self.modulus.bits().div_ceil(8)).unwrap_or(0)
    }

    fn power(&self, padded: &[u8]) -> Vec<u8> {
        let signature = BigUint::from_bytes_be(padded).modpow(&self.private, &self.modulus).to_bytes_be();
        let mut out = vec![0; self.size().saturating_sub(signature.len())];
        out.extend_from_slice(&signature);
        out
    }

    /// Signs as RFC 8017, section 9.2, says.
    fn sign_pkcs1(&self, prefix: &[u8], digest: &[u8]) -> Option<Vec<u8>> {
        let filling = self.size().checked_sub(prefix.len() + digest.len() + 3).filter(|filling| *filling >= 8)?;
        let mut padded = vec![0, 1];
        padded.resize(2 + filling, 0xFF);
        padded.push(0);
        padded.extend_from_slice(prefix);
        padded.extend_from_slice(digest);
        Some(self.power(&padded))
    }

    /// Signs as RFC 8017, section 9.1, says, with a salt as long as the digest.
    fn sign_pss<D: Digest>(&self, message: &[u8]) -> Option<Vec<u8>> {
        let digest = D::digest(message);
        let length = digest.len();
        let bits = self.modulus.bits().checked_sub(1)?;
        let size = usize::try_from(bits.div_ceil(8)).ok()?;
        let zeros = size.checked_sub(2 * length + 2)?;
        let mut salt = vec![0; length];
        getrandom::fill(&mut salt).ok()?;
        let hash = D::new().chain_update([0; 8]).chain_update(&digest).chain_update(&salt).finalize();

        let mut block = vec![0; zeros];
        block.push(1);
        block.extend_from_slice(&salt);
        let mask =
            (0_u32..).flat_map(|counter| D::new().chain_update(&hash).chain_update(counter.to_be_bytes()).finalize());
        for (byte, mask) in block.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        if let Some(first) = block.first_mut() {
            *first &= 0xFF >> (8 * size as u64 - bits);
        }
        block.extend_from_slice(&hash);
        block.push(0xBC);
        Some(self.power(&block))
    }
}

/// The prefix of a SHA-1 digest in a signature: its algorithm, in DER.
const SHA1: [u8; 15] = [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14];

/// Returns the prefix of a SHA-2 digest, given its variant and length.
fn sha2_prefix(variant: u8, length: u8) -> Vec<u8> {
    let mut prefix = vec![0x30, 0x11 + length, 0x30, 0x0D, 0x06, 0x09];
    prefix.extend_from_slice(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, variant, 0x05, 0x00, 0x04, length]);
    prefix
}

impl SigningKey for RsaKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = SCHEMES.into_iter().find(|scheme| offered.contains(scheme))?;
        Some(Box::new(RsaSigner { key: Arc::new(self.clone()), scheme }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

#[derive(Debug)]
struct RsaSigner {
    key: Arc<RsaKey>,
    scheme: SignatureScheme,
}

impl Signer for RsaSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let key = &self.key;
        let signature = match self.scheme {
            SignatureScheme::RSA_PSS_SHA256 => key.sign_pss::<Sha256>(message),
            SignatureScheme::RSA_PSS_SHA384 => key.sign_pss::<Sha384>(message),
            SignatureScheme::RSA_PKCS1_SHA256 => key.sign_pkcs1(&sha2_prefix(1, 32), &Sha256::digest(message)),
            SignatureScheme::RSA_PKCS1_SHA384 => key.sign_pkcs1(&sha2_prefix(2, 48), &Sha384::digest(message)),
            SignatureScheme::RSA_PKCS1_SHA512 => key.sign_pkcs1(&sha2_prefix(3, 64), &Sha512::digest(message)),
            _ => key.sign_sha1(message),
        };
        signature.ok_or_else(|| Error::General("the key is too short for the signature".to_owned()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(key: &RsaKey, signature: &[u8]) -> Vec<u8> {
        let opened = BigUint::from_bytes_be(signature).modpow(&key.exponent, &key.modulus).to_bytes_be();
        [vec![0; key.size() - opened.len()], opened].concat()
    }

    fn signed(key: &RsaKey, scheme: SignatureScheme) -> Vec<u8> {
        key.choose_scheme(&[scheme]).unwrap().sign(b"message").unwrap()
    }

    #[test]
    fn signatures_open_to_the_digest_with_the_public_key() {
        let key = RsaKey::of_1024_bits().unwrap();
        assert_eq!((key.modulus.bits(), key.size()), (1024, 128));
        for (scheme, digest) in [
            (SignatureScheme::RSA_PKCS1_SHA1, Sha1::digest(b"message").to_vec()),
            (SignatureScheme::RSA_PKCS1_SHA256, Sha256::digest(b"message").to_vec()),
            (SignatureScheme::RSA_PKCS1_SHA384, Sha384::digest(b"message").to_vec()),
            (SignatureScheme::RSA_PKCS1_SHA512, Sha512::digest(b"message").to_vec()),
        ] {
            let opened = opened(&key, &signed(&key, scheme));
            assert!(opened.starts_with(&[0, 1, 0xFF, 0xFF]) && opened.ends_with(&digest), "{scheme:?}");
            // The length of the digest is the byte before it.
            assert_eq!(usize::from(opened[opened.len() - digest.len() - 1]), digest.len());
        }
    }

    #[test]
    fn pss_signatures_open_to_their_salt_and_differ_each_time() {
        fn check<D: Digest>(key: &RsaKey, scheme: SignatureScheme) {
            let signature = signed(key, scheme);
            assert_ne!(signature, signed(key, scheme));
            let opened = opened(key, &signature);
            let length = D::digest(b"").len();
            let (block, rest) = opened.split_at(opened.len() - length - 1);
            let (hash, last) = rest.split_at(length);
            assert_eq!((last, block[0] & 0x80), (&[0xBC][..], 0));
            let mask = (0_u32..).flat_map(|n| D::new().chain_update(hash).chain_update(n.to_be_bytes()).finalize());
            let mut data: Vec<u8> = block.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
            data[0] &= 0x7F;
            let salt = &data[data.len() - length..];
            assert!(data[..data.len() - length - 1].iter().all(|byte| *byte == 0));
            assert_eq!(data[data.len() - length - 1], 1);
            let digest = D::digest(b"message");
            let again = D::new().chain_update([0; 8]).chain_update(&digest).chain_update(salt).finalize();
            assert_eq!(again.as_slice(), hash);
        }
        let key = RsaKey::of_1024_bits().unwrap();
        check::<Sha256>(&key, SignatureScheme::RSA_PSS_SHA256);
        check::<Sha384>(&key, SignatureScheme::RSA_PSS_SHA384);
        assert!(key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA512, SignatureScheme::ED25519]).is_none());
    }
}
