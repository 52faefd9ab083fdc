//! What is known of a service's certificate: what the service says, otherwise what is in the certificate itself, which is all that
//! some services give.

use rosefish::Resource;
use rosefish::schema::certificate::{Certificate, Identifier};
use rosefish::wire::{DateTime, at};

use super::chain::{Fields, Shown, time};

/// What is shown of a certificate.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) subject: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) not_before: Option<DateTime>,
    pub(crate) not_after: Option<DateTime>,
    pub(crate) serial_number: Option<String>,
}

impl Facts {
    pub(crate) fn of(certificate: &Resource<Certificate>) -> Self {
        let mut facts = Self {
            subject: certificate.subject.as_ref().map(name).filter(|name| !name.is_empty()),
            issuer: certificate.issuer.as_ref().map(name).filter(|name| !name.is_empty()),
            not_before: certificate.valid_not_before.clone(),
            not_after: certificate.valid_not_after.clone(),
            serial_number: certificate.serial_number.clone(),
        };
        let is_whole = facts.subject.is_some() && facts.issuer.is_some() && facts.not_after.is_some();
        if !is_whole && let Some(read) = itself(certificate) {
            let written = |seconds| time(seconds).map(DateTime::from);
            facts.subject = facts.subject.or(Some(read.subject));
            facts.issuer = facts.issuer.or(Some(read.issuer));
            facts.not_before = facts.not_before.or_else(|| written(read.not_before));
            facts.not_after = facts.not_after.or_else(|| written(read.not_after));
            facts.serial_number = facts.serial_number.or(Some(read.serial_number));
        }
        facts
    }

    /// Returns when the certificate ends, in seconds since 1970.
    pub(crate) fn end(&self) -> Option<i64> {
        self.not_after.as_ref().and_then(DateTime::timestamp).map(|time| time.as_second())
    }
}

/// Reads the certificate itself. Cray's services put it into `Certificate`, after what OpenSSL prints of it.
fn itself(certificate: &Resource<Certificate>) -> Option<Fields> {
    let other = || {
        at(certificate.clone().into_any().record(), "/Certificate").and_then(|json| serde_json::from_str(&json).ok())
    };
    let text: String = certificate.certificate_string.clone().or_else(other)?;
    let (_, pem) = x509_parser::pem::parse_x509_pem(text.as_bytes()).ok()?;
    Shown::of(&pem.contents).read
}

/// Returns the common name, or whatever else there is.
fn name(who: &Identifier) -> String {
    let texts = [&who.common_name, &who.display_string, &who.organization];
    texts.into_iter().flatten().find(|text| !text.is_empty()).cloned().unwrap_or_default()
}
