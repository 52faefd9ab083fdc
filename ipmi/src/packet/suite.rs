//! Cipher suites (IPMI 2.0, table 22-20): which algorithms a number stands for, which protection they give, and the
//! records in which a BMC lists the ones it has. `session` chooses among them.

use std::fmt;

use super::{Malformed, Reader};

/// How the two sides prove in the RAKP exchange that they know the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Authentication {
    /// Not at all.
    None,
    /// RAKP-HMAC-SHA1.
    HmacSha1,
    /// RAKP-HMAC-MD5.
    HmacMd5,
    /// RAKP-HMAC-SHA256.
    HmacSha256,
}

/// What makes a changed or forged packet noticeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Integrity {
    /// Nothing.
    None,
    /// HMAC-SHA1-96.
    HmacSha1_96,
    /// HMAC-MD5-128.
    HmacMd5_128,
    /// HMAC-SHA256-128.
    HmacSha256_128,
}

/// What keeps a packet's contents secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Confidentiality {
    /// Nothing.
    None,
    /// AES-CBC-128.
    AesCbc128,
}

macro_rules! algorithm_numbers {
    ($($name:ident { $($variant:ident = $number:literal),+ $(,)? })+) => {$(
        impl $name {
            /// Returns the number that stands for it on the wire.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// Returns the algorithm with this number, if it is one of those implemented here.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }
    )+};
}

algorithm_numbers! {
    Authentication { None = 0, HmacSha1 = 1, HmacMd5 = 2, HmacSha256 = 3 }
    Integrity { None = 0, HmacSha1_96 = 1, HmacMd5_128 = 2, HmacSha256_128 = 4 }
    Confidentiality { None = 0, AesCbc128 = 1 }
}

/// A cipher suite that this client speaks: three algorithms under one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CipherSuite {
    id: u8,
    authentication: Authentication,
    integrity: Integrity,
    confidentiality: Confidentiality,
}

const fn suite(
    id: u8,
    authentication: Authentication,
    integrity: Integrity,
    confidentiality: Confidentiality,
) -> CipherSuite {
    CipherSuite { id, authentication, integrity, confidentiality }
}

/// All suites that this client speaks, strongest first.
pub const SUITES: [CipherSuite; 10] = {
    use {Authentication as A, Confidentiality as C, Integrity as I};
    [
        suite(17, A::HmacSha256, I::HmacSha256_128, C::AesCbc128),
        suite(3, A::HmacSha1, I::HmacSha1_96, C::AesCbc128),
        suite(8, A::HmacMd5, I::HmacMd5_128, C::AesCbc128),
        suite(16, A::HmacSha256, I::HmacSha256_128, C::None),
        suite(2, A::HmacSha1, I::HmacSha1_96, C::None),
        suite(7, A::HmacMd5, I::HmacMd5_128, C::None),
        suite(15, A::HmacSha256, I::None, C::None),
        suite(1, A::HmacSha1, I::None, C::None),
        suite(6, A::HmacMd5, I::None, C::None),
        suite(0, A::None, I::None, C::None),
    ]
};

impl CipherSuite {
    /// Suite 17: HMAC-SHA256 and AES-128, the strongest in use.
    pub const SHA256_AES: Self =
        suite(17, Authentication::HmacSha256, Integrity::HmacSha256_128, Confidentiality::AesCbc128);
    /// Suite 3: HMAC-SHA1 and AES-128, which every IPMI 2.0 BMC has.
    pub const SHA1_AES: Self = suite(3, Authentication::HmacSha1, Integrity::HmacSha1_96, Confidentiality::AesCbc128);
    /// Suite 8: HMAC-MD5 and AES-128.
    pub const MD5_AES: Self = suite(8, Authentication::HmacMd5, Integrity::HmacMd5_128, Confidentiality::AesCbc128);

    /// Returns the suite with this number: 0, 1, 2, 3, 6, 7, 8, 15, 16 or 17.
    #[must_use]
    pub fn from_id(id: u8) -> Option<Self> {
        SUITES.into_iter().find(|suite| suite.id == id)
    }

    /// Returns its number.
    #[must_use]
    pub const fn id(self) -> u8 {
        self.id
    }

    /// Returns its authentication algorithm.
    #[must_use]
    pub const fn authentication(self) -> Authentication {
        self.authentication
    }

    /// Returns its integrity algorithm.
    #[must_use]
    pub const fn integrity(self) -> Integrity {
        self.integrity
    }

    /// Returns its confidentiality algorithm.
    #[must_use]
    pub const fn confidentiality(self) -> Confidentiality {
        self.confidentiality
    }

    /// Returns whether packets are authenticated, protected against changes, and encrypted: true for 17, 3 and 8 alone.
    #[must_use]
    pub fn is_protected(self) -> bool {
        self.authentication != Authentication::None
            && self.integrity != Integrity::None
            && self.confidentiality != Confidentiality::None
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cipher suite {} ({:?}, {:?}, {:?})",
            self.id, self.authentication, self.integrity, self.confidentiality
        )
    }
}

/// One entry of a BMC's list of cipher suites, in raw algorithm numbers, whether this client speaks it or not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SuiteRecord {
    /// The suite's number.
    pub id: u8,
    /// The enterprise that defined it, for an OEM suite.
    pub enterprise: Option<u32>,
    /// Authentication algorithm number.
    pub authentication: u8,
    /// Integrity algorithm numbers.
    pub integrity: Vec<u8>,
    /// Confidentiality algorithm numbers.
    pub confidentiality: Vec<u8>,
}

impl SuiteRecord {
    /// Returns the suite of that number, if its algorithms are the ones the number stands for.
    #[must_use]
    pub fn suite(&self) -> Option<CipherSuite> {
        let suite = CipherSuite::from_id(self.id)?;
        let listed = |numbers: &[u8], number: u8| numbers.contains(&number) || (number == 0 && numbers.is_empty());
        let same = self.enterprise.is_none()
            && self.authentication == suite.authentication.number()
            && listed(&self.integrity, suite.integrity.number())
            && listed(&self.confidentiality, suite.confidentiality.number());
        same.then_some(suite)
    }
}

/// Reads the collected record data of Get Channel Cipher Suites. It stops at the first bytes that make no sense, as several
/// BMCs pad the list.
#[must_use]
pub fn decode_records(bytes: &[u8]) -> Vec<SuiteRecord> {
    decode_list(bytes).0
}

/// Reads the records of a list. Also returns whether it has something else in it, or seems to be cut off.
pub(crate) fn decode_list(bytes: &[u8]) -> (Vec<SuiteRecord>, bool) {
    let mut reader = Reader::new(bytes, "cipher suite record");
    let mut records = Vec::new();
    while !reader.is_empty() {
        match decode_record(&mut reader) {
            Ok(record) => records.push(record),
            Err(_) => return (records, true),
        }
    }
    // The last record may be cut off.
    let is_cut = records.last().is_some_and(|record| record.enterprise.is_none() && record.suite().is_none());
    (records, is_cut)
}

fn decode_record(reader: &mut Reader<'_>) -> Result<SuiteRecord, Malformed> {
    let (id, enterprise) = match reader.u8()? {
        0xc0 => (reader.u8()?, None),
        0xc1 => (reader.u8()?, Some(reader.u24()?)),
        _ => return Err(reader.malformed()),
    };
    let mut record =
        SuiteRecord { id, enterprise, authentication: 0, integrity: Vec::new(), confidentiality: Vec::new() };
    let mut authenticated = false;
    while let Some(byte) = reader.rest().first().copied().filter(|byte| byte & 0xc0 != 0xc0) {
        reader.take(1)?;
        let number = byte & 0x3f;
        match byte >> 6 {
            // Only the first one counts: some BMCs send zeros after the list.
            0 if authenticated => {}
            0 => {
                record.authentication = number;
                authenticated = true;
            }
            1 => record.integrity.push(number),
            _ => record.confidentiality.push(number),
        }
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_with_a_strange_suite_still_gives_the_known_ones() {
        let bytes = [
            0xc0, 0x03, 0x01, 0x41, 0x81, 0xc1, 0x90, 0x01, 0x02, 0x03, 0x01, 0x42, 0xc0, 0x11, 0x03, 0x44, 0x81, 0x00,
            0xff,
        ];
        let records = decode_records(&bytes);
        let ids: Vec<_> = records.iter().map(|record| (record.id, record.suite())).collect();
        assert_eq!(ids, [(3, Some(CipherSuite::SHA1_AES)), (0x90, None), (17, Some(CipherSuite::SHA256_AES))]);
        assert_eq!(records.get(1).and_then(|record| record.enterprise), Some(0x030201));
    }

    #[test]
    fn only_the_aes_suites_count_as_protected() {
        let protected: Vec<_> = SUITES.iter().filter(|suite| suite.is_protected()).map(|suite| suite.id()).collect();
        assert_eq!(protected, [17, 3, 8]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_decode(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            let _ = decode_records(&bytes);
        }
    }
}
