//! Certificates that no chain of trust would take: trusted by name or not at all, and never without the key.

use rosefish::{Client, ClientBuilder, Error, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::server::{Certificate, Tls, serve};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const UTF8: u8 = 0x0c;

/// DER, with lengths in as many bytes as `long` says, which is 0 where the standard's shortest form is meant.
struct Writer {
    long: u8,
}

impl Writer {
    fn element(&self, tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let bytes = u64::try_from(length).unwrap().to_be_bytes();
        let head = match (self.long, length) {
            (0, 0..128) => vec![tag, bytes[7]],
            (0, 128..256) => vec![tag, 0x81, bytes[7]],
            (0, _) => vec![tag, 0x82, bytes[6], bytes[7]],
            (long, _) => [&[tag, 0x80 | long][..], &bytes[8 - usize::from(long)..]].concat(),
        };
        [head, content.to_vec()].concat()
    }

    fn name(&self, text: &[u8]) -> Vec<u8> {
        let kind = self.element(6, &[0x55, 4, 3]);
        let pair = self.element(SEQUENCE, &[kind, self.element(UTF8, text)].concat());
        self.element(SEQUENCE, &self.element(0x31, &pair))
    }

    /// A certificate around a key, its own signature made up: `before` stands for the version, `after` for extensions.
    fn certificate(&self, key: &[u8], before: &[u8], serial: &[u8], name: &[u8], after: &[u8]) -> Vec<u8> {
        let algorithm = self.element(SEQUENCE, &self.element(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]));
        let time = |text: &[u8]| self.element(0x17, text);
        let validity = self.element(SEQUENCE, &[time(b"000101000000Z"), time(b"010101000000Z")].concat());
        let fields = [
            before,
            &self.element(INTEGER, serial),
            &algorithm,
            &self.name(name),
            &validity,
            &self.name(name),
            key,
            after,
        ];
        let body = self.element(SEQUENCE, &fields.concat());
        let signature = self.element(3, &[0, 0x30, 6, 2, 1, 1, 2, 1, 1]);
        self.element(SEQUENCE, &[body, algorithm, signature].concat())
    }
}

/// Certificates of every odd kind around a key.
fn odd(key: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let der = Writer { long: 0 };
    let version = |number: u8| der.element(0xa0, &der.element(INTEGER, &[number]));
    let v3 = version(2);
    let unknown = {
        let extension = [der.element(6, &[0x2a, 3, 4]), der.element(1, &[0xff]), der.element(4, b"?")].concat();
        der.element(0xa3, &der.element(SEQUENCE, &der.element(SEQUENCE, &extension)))
    };
    vec![
        ("version 1", der.certificate(key, &[], &[7], b"bmc", &[])),
        ("version 2", der.certificate(key, &version(1), &[7], b"bmc", &[])),
        ("a version that is not there yet", der.certificate(key, &version(9), &[7], b"bmc", &[])),
        ("long lengths", Writer { long: 4 }.certificate(key, &[], &[7], b"bmc", &[])),
        ("no serial number", der.certificate(key, &v3, &[], b"bmc", &[])),
        ("a negative serial number", der.certificate(key, &v3, &[0xff; 4], b"bmc", &[])),
        ("a serial number of 40 bytes", der.certificate(key, &v3, &[7; 40], b"bmc", &[])),
        ("a name that is not UTF-8", der.certificate(key, &v3, &[7], b"\xff\xfe", &[])),
        ("no name", der.certificate(key, &v3, &[7], b"", &[])),
        ("a critical extension of its own", der.certificate(key, &v3, &[7], b"bmc", &unknown)),
        ("extensions that can't be read", der.certificate(key, &v3, &[7], b"bmc", b"\xa3\x03abc")),
        ("more behind the end", [der.certificate(key, &[], &[7], b"bmc", &[]), vec![0; 5]].concat()),
    ]
}

async fn connect(tls: Tls<'_>, set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Result<Client, Error> {
    let address = serve(tls).await;
    set(Client::builder(&format!("https://{address}"))).connect().await
}

#[tokio::test]
async fn a_certificate_of_any_form_is_taken_by_who_says_so_and_by_nobody_else() {
    let plain = Certificate::new(&["127.0.0.1"], false);
    for (what, der) in odd(&plain.public_key()) {
        let certificate = Certificate::new(&["127.0.0.1"], false).shown_as(der, &plain);
        for newest_is_12 in [true, false] {
            let tls = || Tls { newest_is_12, ..Tls::with(&certificate) };
            let pin = certificate.sha256();
            connect(tls(), |builder| builder.pin_sha256(&pin)).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            connect(tls(), ClientBuilder::danger_accept_invalid_certs)
                .await
                .unwrap_or_else(|error| panic!("{what}: {error}"));

            let others: [Box<dyn FnOnce(ClientBuilder) -> ClientBuilder>; 2] = [
                Box::new(|builder| builder.pin_sha256(&"00".repeat(32))),
                Box::new(|builder| builder.ca_pem(plain.pem.clone())),
            ];
            for set in others {
                let error = connect(tls(), set).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Tls, "{what}: {error}");
                assert_eq!(error.certificate_sha256(), Some(pin.as_str()), "{what}: it says what to pin");
                assert!(error.to_string().contains(&pin), "{what}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn a_copy_of_a_certificate_is_worth_nothing_without_its_key() {
    let (plain, other) = (Certificate::new(&["127.0.0.1"], false), Certificate::new(&["127.0.0.1"], false));
    let mut shown = odd(&plain.public_key());
    shown.push(("of the usual form", plain.der()));
    for (what, der) in shown {
        let copy = Certificate::new(&["127.0.0.1"], false).shown_as(der, &other);
        let pin = copy.sha256();
        let ways: [Box<dyn FnOnce(ClientBuilder) -> ClientBuilder>; 3] = [
            Box::new(|builder| builder.pin_sha256(&pin)),
            Box::new(ClientBuilder::danger_accept_invalid_certs),
            Box::new(|builder| builder.ca_pem(plain.pem.clone())),
        ];
        for set in ways {
            let error = connect(Tls::with(&copy), set).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Tls, "{what}: {error}");
        }
        let error = connect(Tls::with(&copy), |builder| builder.pin_sha256(&pin)).await.unwrap_err();
        assert_eq!(error.certificate_sha256(), None, "{what}: nobody should pin it: {error}");
    }
}

#[tokio::test]
async fn a_key_that_can_not_be_read_proves_nothing() {
    let plain = Certificate::new(&["127.0.0.1"], false);
    let certificate = Certificate::new(&["127.0.0.1"], false).shown_as(b"not a certificate".to_vec(), &plain);
    let pin = certificate.sha256();
    let error = connect(Tls::with(&certificate), |builder| builder.pin_sha256(&pin)).await.unwrap_err();
    assert!(error.to_string().contains("key can't be read"), "{error}");
    connect(Tls::with(&certificate), ClientBuilder::danger_accept_invalid_certs).await.unwrap();
}

#[tokio::test]
async fn what_is_not_accepted_says_why_and_what_to_pin() {
    let certificate = Certificate::new(&["other.example"], false);
    let error = connect(Tls::with(&certificate), |builder| builder.ca_pem(certificate.pem.clone())).await.unwrap_err();
    assert!(error.to_string().contains("other.example"), "{error}");
    assert_eq!(error.certificate_sha256(), Some(certificate.sha256().as_str()));
    let unknown = Certificate::new(&["127.0.0.1"], false);
    let error = connect(Tls::with(&unknown), |builder| builder.ca_pem(certificate.pem.clone())).await.unwrap_err();
    assert!(error.to_string().contains("issued by nobody who is trusted here"), "{error}");
    // One that can't say which host it is for is not for any, but may be pinned.
    let old = Certificate::new(&["x"], false).shown_as(odd(&unknown.public_key()).remove(0).1, &unknown);
    let error = connect(Tls::with(&old), |builder| builder.ca_pem(old.pem.clone())).await.unwrap_err();
    assert_eq!(error.certificate_sha256(), Some(old.sha256().as_str()), "{error}");
    let broken = Certificate::new(&["x"], false).shown_as(b"not a certificate".to_vec(), &unknown);
    let error = connect(Tls::with(&broken), |builder| builder.ca_pem(broken.pem.clone())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains(&broken.sha256()), "{error}");
}

#[tokio::test]
async fn a_host_that_speaks_another_tls_is_said_to() {
    const HANDSHAKE_FAILURE: u8 = 40;
    const PROTOCOL_VERSION: u8 = 70;
    const INSUFFICIENT_SECURITY: u8 = 71;
    for alert in [HANDSHAKE_FAILURE, PROTOCOL_VERSION, INSUFFICIENT_SECURITY] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0; 512];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(&[0x15, 3, 1, 0, 2, 2, alert]).await;
        });
        let error = Client::builder(&url).danger_accept_invalid_certs().connect().await.unwrap_err();
        assert_eq!((error.kind(), error.certificate_sha256()), (ErrorKind::Tls, None), "{error}");
        for part in ["TLS 1.0", "RSA key exchange", "Transport"] {
            assert!(error.to_string().contains(part), "{alert}: {error}");
        }
    }
}
