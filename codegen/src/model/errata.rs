//! Errata: what is wrong in the schemas that this project is pinned to, each put right by a named function on the documents.
//! Overlays (`schemas/overlay/*.xml`) add what is missing.
//!
//! With the pinned schemas an erratum that finds nothing to put right is an error, so that it goes when its reason goes.
//! Schemas from anywhere else may be older or newer than the errata: there they are applied where they fit.

use crate::csdl::{Document, Property};
use crate::error::Error;

/// One erratum.
struct Erratum {
    /// The name by which errors and the documentation call it.
    name: &'static str,
    /// What is wrong.
    why: &'static str,
    /// Puts it right; how many places it changed.
    apply: fn(&mut [Document]) -> usize,
}

const ERRATA: &[Erratum] = &[
    Erratum {
        name: "swordfish-schedule-is-older",
        why: "Swordfish's copy of Schedule has texts where DMTF's has times and durations",
        apply: |documents| {
            [
                ("Lifetime", "Edm.Duration"),
                ("InitialStartTime", "Edm.DateTimeOffset"),
                ("RecurrenceInterval", "Edm.Duration"),
            ]
            .into_iter()
            .map(|(property, ty)| {
                retype(
                    documents,
                    "Schedule.v1_0_0",
                    "Schedule",
                    property,
                    "Edm.String",
                    ty,
                )
            })
            .sum()
        },
    },
    Erratum {
        name: "swordfish-service-root-uuid",
        why: "Swordfish's copy of ServiceRoot calls its UUID by another name for the same type",
        apply: |documents| {
            retype(
                documents,
                "ServiceRoot.v1_0_0",
                "ServiceRoot",
                "UUID",
                "Resource.UUID",
                "Edm.Guid",
            )
        },
    },
    Erratum {
        name: "swordfish-endpoint-port",
        why: "Swordfish's copy of Endpoint has a port number that may be a fraction",
        apply: |documents| {
            retype(
                documents,
                "Endpoint.v1_1_0",
                "IPTransportDetails",
                "Port",
                "Edm.Decimal",
                "Edm.Int64",
            )
        },
    },
];

/// Applies all errata and adds the overlays; what did not fit schemas from elsewhere is told.
pub(super) fn apply(
    documents: &mut Vec<Document>,
    overlays: &[Document],
) -> Result<Vec<String>, Error> {
    let pinned = crate::pinned();
    let pinned = pinned
        .iter()
        .all(|folder| documents.iter().any(|document| document.folder == *folder));
    let mut notes = Vec::new();
    for erratum in ERRATA {
        if (erratum.apply)(documents) == 0 {
            if pinned {
                return Err(Error::of(
                    format!("erratum {}", erratum.name),
                    "nothing to put right",
                    format!(
                        "that {}; if it no longer is, the erratum must go",
                        erratum.why
                    ),
                ));
            }
            notes.push(format!(
                "erratum {}: does not apply to these schemas",
                erratum.name
            ));
        }
    }
    documents.extend(overlays.iter().cloned());
    Ok(notes)
}

/// Gives a property another type, wherever it has the wrong one.
fn retype(
    documents: &mut [Document],
    namespace: &str,
    ty: &str,
    property: &str,
    wrong: &str,
    right: &str,
) -> usize {
    let mut changed = 0;
    for property in properties(documents, namespace, ty, property) {
        if property.ty == wrong {
            right.clone_into(&mut property.ty);
            changed += 1;
        }
    }
    changed
}

fn properties<'d>(
    documents: &'d mut [Document],
    namespace: &'d str,
    ty: &'d str,
    property: &'d str,
) -> impl Iterator<Item = &'d mut Property> {
    documents
        .iter_mut()
        .flat_map(|document| &mut document.schemas)
        .filter(move |schema| schema.namespace == namespace)
        .flat_map(|schema| &mut schema.types)
        .filter(move |found| found.name == ty)
        .flat_map(|found| &mut found.properties)
        .filter(move |found| found.name == property)
}
