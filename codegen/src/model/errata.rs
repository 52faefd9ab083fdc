//! Errata: what is wrong in the schemas that this project is pinned to, each put right by a named entry that works on the
//! documents. What is missing there is the business of [`super::overlay`].
//!
//! With the pinned schemas an erratum that finds nothing to put right is an error, so that it goes when its reason goes.
//! Schemas from anywhere else may be older or newer than the errata: there they are applied where they fit.

use super::annotation::split_version;
use crate::csdl::{Action, Annotation, Document, Schema, StructuredType, Value};
use crate::error::Error;

/// One erratum.
#[derive(Debug)]
pub(super) struct Erratum {
    /// The name by which errors and the documentation call it.
    pub(super) name: &'static str,
    /// What is wrong, as the end of a sentence that begins with "that".
    why: &'static str,
    /// Puts it right; how many places it changed.
    apply: fn(&mut [Document]) -> usize,
}

/// All errata.
pub(super) const ERRATA: &[Erratum] = &[
    Erratum {
        name: "swordfish-schedule-texts",
        why: "Swordfish's copy of Schedule has texts where DMTF's has times and durations",
        apply: |documents| {
            [
                ("Lifetime", "Edm.Duration"),
                ("InitialStartTime", "Edm.DateTimeOffset"),
                ("RecurrenceInterval", "Edm.Duration"),
            ]
            .into_iter()
            .map(|(property, right)| {
                let types = types(documents, "Schedule.v1_0_0", "Schedule");
                retype(types, property, "Edm.String", right)
            })
            .sum()
        },
    },
    Erratum {
        name: "swordfish-service-root-uuid",
        why: "Swordfish's copy of ServiceRoot calls the type of its UUID by another name",
        apply: |documents| {
            let types = types(documents, "ServiceRoot.v1_0_0", "ServiceRoot");
            retype(types, "UUID", "Resource.UUID", "Edm.Guid")
        },
    },
    Erratum {
        name: "swordfish-endpoint-port",
        why: "Swordfish's copy of Endpoint has a port number that may be a fraction",
        apply: |documents| {
            let types = types(documents, "Endpoint.v1_1_0", "IPTransportDetails");
            retype(types, "Port", "Edm.Decimal", "Edm.Int64")
        },
    },
    Erratum {
        name: "http-header-pattern",
        why: "the pattern for names of HTTP headers escapes its backslash as JSON does, and so forbids the letter s",
        apply: |documents| {
            let (wrong, right) = (r"^[^:\\s]+$", r"^[^:\s]+$");
            [("EventDestination.v1_0_0", "HttpHeaderProperty"), ("OutboundConnection.v1_0_0", "HTTPHeaderProperty")]
                .into_iter()
                .flat_map(|(namespace, ty)| {
                    types(documents, namespace, ty)
                        .flat_map(|ty| &mut ty.annotations)
                        .map(|annotation| replace_text(&mut annotation.value, wrong, right))
                        .collect::<Vec<_>>()
                })
                .sum()
        },
    },
    Erratum {
        name: "tpm-nonce-pattern",
        why: "the pattern for the nonce of TPMGetSignedMeasurements allows a single hexadecimal digit",
        apply: |documents| {
            let (wrong, right) = ("^[0-9a-fA-F]$", "^([0-9a-fA-F]{2})+$");
            actions(documents, "ComponentIntegrity", "TPMGetSignedMeasurements")
                .flat_map(|action| &mut action.parameters)
                .filter(|parameter| parameter.name == "Nonce")
                .flat_map(|parameter| &mut parameter.annotations)
                .map(|annotation: &mut Annotation| replace_text(&mut annotation.value, wrong, right))
                .sum()
        },
    },
];

/// Applies errata. `pinned`: the documents are those that the errata were written for. What does not apply to others is
/// reported as a note.
pub(super) fn apply(documents: &mut [Document], errata: &[Erratum], pinned: bool) -> Result<Vec<String>, Error> {
    let mut notes = Vec::new();
    for erratum in errata {
        if (erratum.apply)(documents) > 0 {
            continue;
        }
        if pinned {
            return Err(Error::of(
                format!("erratum {}", erratum.name),
                "nothing to put right",
                format!("that {}; if that is over, the erratum must go", erratum.why),
            ));
        }
        notes.push(format!("erratum {}: does not apply to these schemas", erratum.name));
    }
    Ok(notes)
}

fn schemas<'d>(documents: &'d mut [Document], namespace: &'d str) -> impl Iterator<Item = &'d mut Schema> {
    // JSON Schema has no namespaces of versions.
    let (plain, _) = split_version(namespace);
    let schemas = documents.iter_mut().flat_map(|document| &mut document.schemas);
    schemas.filter(move |schema| schema.namespace == namespace || schema.namespace == plain)
}

fn types<'d>(
    documents: &'d mut [Document],
    namespace: &'d str,
    name: &'d str,
) -> impl Iterator<Item = &'d mut StructuredType> {
    schemas(documents, namespace).flat_map(|schema| &mut schema.types).filter(move |ty| ty.name == name)
}

fn actions<'d>(
    documents: &'d mut [Document],
    namespace: &'d str,
    name: &'d str,
) -> impl Iterator<Item = &'d mut Action> {
    schemas(documents, namespace).flat_map(|schema| &mut schema.actions).filter(move |action| action.name == name)
}

/// Gives a property another type, wherever it has the wrong one.
fn retype<'d>(types: impl Iterator<Item = &'d mut StructuredType>, property: &str, wrong: &str, right: &str) -> usize {
    let mut changed = 0;
    for property in types.flat_map(|ty| &mut ty.properties).filter(|found| found.name == property && found.ty == wrong)
    {
        right.clone_into(&mut property.ty);
        changed += 1;
    }
    changed
}

/// Replaces a text wherever it stands in a value.
fn replace_text(value: &mut Value, wrong: &str, right: &str) -> usize {
    match value {
        Value::Text(text) if text == wrong => {
            right.clone_into(text);
            1
        }
        Value::Collection(items) => items.iter_mut().map(|item| replace_text(item, wrong, right)).sum(),
        Value::Record(record) => record.values.iter_mut().map(|(_, value)| replace_text(value, wrong, right)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::document;

    fn schedule(ty: &str) -> Vec<Document> {
        vec![
            document(
                "Schedule_v1.xml",
                &format!(
                    r#"<Schema Namespace="Schedule.v1_0_0"><ComplexType Name="Schedule">
                         <Property Name="Lifetime" Type="{ty}"/></ComplexType></Schema>"#
                ),
            )
            .unwrap(),
        ]
    }

    #[test]
    fn an_erratum_puts_right_what_is_wrong_and_nothing_else() {
        let mut documents = schedule("Edm.String");
        assert_eq!((ERRATA[0].apply)(&mut documents), 1);
        assert_eq!(documents, schedule("Edm.Duration"));
        assert_eq!((ERRATA[0].apply)(&mut documents), 0);
    }

    #[test]
    fn an_erratum_that_no_longer_applies_fails_the_pinned_schemas_by_name() {
        let mut documents = schedule("Edm.Duration");
        let error = apply(&mut documents, &ERRATA[..1], true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "erratum swordfish-schedule-texts: found nothing to put right; expected that Swordfish's copy of Schedule has \
             texts where DMTF's has times and durations; if that is over, the erratum must go"
        );
    }

    #[test]
    fn schemas_from_elsewhere_only_hear_that_an_erratum_does_not_apply() {
        let mut documents = schedule("Edm.Duration");
        let notes = apply(&mut documents, &ERRATA[..1], false).unwrap();
        assert_eq!(notes, ["erratum swordfish-schedule-texts: does not apply to these schemas"]);
    }

    #[test]
    fn errata_have_names_of_their_own() {
        let mut names: Vec<_> = ERRATA.iter().map(|erratum| erratum.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ERRATA.len());
    }

    #[test]
    fn a_pattern_is_put_right_within_a_record() {
        let pattern = |pattern: &str| {
            document(
                "EventDestination_v1.xml",
                &format!(
                    r#"<Schema Namespace="EventDestination.v1_0_0"><ComplexType Name="HttpHeaderProperty">
                         <Annotation Term="Redfish.DynamicPropertyPatterns"><Collection><Record>
                           <PropertyValue Property="Pattern" String="{pattern}"/>
                           <PropertyValue Property="Type" String="Edm.String"/>
                         </Record></Collection></Annotation></ComplexType></Schema>"#
                ),
            )
            .unwrap()
        };
        let erratum = ERRATA.iter().find(|erratum| erratum.name == "http-header-pattern").unwrap();
        let mut documents = [pattern(r"^[^:\\s]+$")];
        assert_eq!((erratum.apply)(&mut documents), 1);
        assert_eq!(documents, [pattern(r"^[^:\s]+$")]);
    }
}
