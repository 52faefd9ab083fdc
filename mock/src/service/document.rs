//! The documents of a service that are not resources: the versions, the OData service document and
//! `$metadata`. Each is made from the tree unless the tree has one of its own: what a capture has in the place
//! of one, an error or a page of HTML, is not such a document. All are open to everybody.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::machine::state::State;
use crate::machine::store::{Resource, Store};
use crate::message::{self, Message};

const METADATA: &str = "/redfish/v1/$metadata";

/// A document: how it is made of a tree, and whether what a tree has in its place is one.
struct Document {
    make: fn(&Store) -> Reply,
    is_whole: fn(&Resource) -> bool,
}

impl Document {
    fn at(key: &str) -> Option<Self> {
        Some(match key {
            "/redfish" => Self {
                make: |_| Reply::json(StatusCode::OK, &json!({ "v1": "/redfish/v1/" })),
                is_whole: |captured| captured.object().get("v1").is_some_and(Value::is_string),
            },
            "/redfish/v1/odata" => Self {
                make: |store| Reply::json(StatusCode::OK, &service_document(store)),
                is_whole: |captured| captured.object().get("value").is_some_and(Value::is_array),
            },
            METADATA => Self {
                make: |store| Reply::text("application/xml", metadata(store)),
                is_whole: |captured| captured.body.windows(4).any(|window| window == b"Edmx"),
            },
            _ => return None,
        })
    }
}

/// Answers if the call is for one of the documents.
pub(crate) fn answer(state: &State, call: &Call) -> Option<Reply> {
    let document = Document::at(&call.key)?;
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Some(Reply::error(Message::new(&message::NOT_ALLOWED, [])).with(header::ALLOW, "GET, HEAD"));
    }
    let reply = match state.store.get(&call.key).filter(|captured| (document.is_whole)(captured)) {
        Some(captured) => captured.reply(StatusCode::OK),
        None => (document.make)(&state.store),
    };
    Some(reply.with(header::ALLOW, "GET, HEAD"))
}

/// The resources that the service root leads to, as OData lists them.
fn service_document(store: &Store) -> Value {
    let mut entries = vec![json!({ "name": "Service", "kind": "Singleton", "url": "/redfish/v1/" })];
    if let Some(root) = store.get(uri::ROOT) {
        let links = root.object().get("Links").and_then(Value::as_object);
        for (name, value) in root.object().iter().chain(links.into_iter().flatten()) {
            if let Some(url) = value.get("@odata.id").and_then(Value::as_str) {
                entries.push(json!({ "name": name, "kind": "Singleton", "url": url }));
            }
        }
    }
    json!({ "@odata.context": METADATA, "value": entries })
}

/// The CSDL document that names the schemas of all resources, and whose entity container is the
/// service root's.
fn metadata(store: &Store) -> String {
    // Per schema file the namespaces that are used of it.
    let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut root_namespace = "ServiceRoot.v1_0_0".to_owned();
    for (key, resource) in store.iter() {
        let Some((namespace, schema)) = namespace(resource) else {
            continue;
        };
        if key == uri::ROOT {
            namespace.clone_into(&mut root_namespace);
        }
        let namespaces = files.entry(schema.to_owned()).or_default();
        namespaces.insert(schema.to_owned());
        namespaces.insert(namespace.to_owned());
    }
    files.entry("ServiceRoot".to_owned()).or_default().extend(["ServiceRoot".to_owned(), root_namespace.clone()]);

    let mut xml = String::from(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<edmx:Edmx xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\" Version=\"4.0\">\n",
    ));
    for (schema, namespaces) in &files {
        let version = if schema.ends_with("Collection") { "" } else { "_v1" };
        // Writing to a String doesn't fail.
        let _ = writeln!(xml, "  <edmx:Reference Uri=\"http://redfish.dmtf.org/schemas/v1/{schema}{version}.xml\">");
        for namespace in namespaces {
            let _ = writeln!(xml, "    <edmx:Include Namespace=\"{namespace}\"/>");
        }
        xml.push_str("  </edmx:Reference>\n");
    }
    let _ = write!(
        xml,
        concat!(
            "  <edmx:Reference Uri=\"http://redfish.dmtf.org/schemas/v1/RedfishExtensions_v1.xml\">\n",
            "    <edmx:Include Namespace=\"RedfishExtensions.v1_0_0\" Alias=\"Redfish\"/>\n",
            "  </edmx:Reference>\n",
            "  <edmx:DataServices>\n",
            "    <Schema xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" Namespace=\"Service\">\n",
            "      <EntityContainer Name=\"Service\" Extends=\"{root}.ServiceContainer\"/>\n",
            "    </Schema>\n",
            "  </edmx:DataServices>\n",
            "</edmx:Edmx>\n",
        ),
        root = root_namespace
    );
    xml
}

/// The namespace of a resource's type, and the schema that it is a version of. Types with odd
/// characters are left out, so that the XML needs no escapes.
fn namespace(resource: &Resource) -> Option<(&str, &str)> {
    let named = resource.object().get("@odata.type")?.as_str()?.strip_prefix('#')?;
    let (namespace, _) = named.rsplit_once('.')?;
    let schema = namespace.split_once('.').map_or(namespace, |(schema, _)| schema);
    let plain = namespace.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_');
    (plain && !schema.is_empty()).then_some((namespace, schema))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn metadata_names_every_schema_once_and_extends_the_roots_container() {
        let store = Store::new(
            &Tree::new()
                .with("/redfish/v1", json!({ "@odata.type": "#ServiceRoot.v1_17_0.ServiceRoot" }))
                .with("/redfish/v1/Chassis", json!({ "@odata.type": "#ChassisCollection.ChassisCollection" }))
                .with("/redfish/v1/Chassis/1", json!({ "@odata.type": "#Chassis.v1_25_0.Chassis" }))
                .with("/redfish/v1/Chassis/2", json!({ "@odata.type": "#Chassis.v1_25_0.Chassis" }))
                .with("/redfish/v1/Chassis/3", json!({ "@odata.type": "#<odd>.Chassis" })),
        );
        let xml = metadata(&store);
        for (text, count) in [
            ("schemas/v1/Chassis_v1.xml", 1),
            ("Namespace=\"Chassis.v1_25_0\"", 1),
            ("schemas/v1/ChassisCollection.xml", 1),
            ("Extends=\"ServiceRoot.v1_17_0.ServiceContainer\"", 1),
            ("odd", 0),
        ] {
            assert_eq!(xml.matches(text).count(), count, "{text} in {xml}");
        }
    }

    #[test]
    fn the_service_document_lists_what_the_root_leads_to() {
        let store = Store::new(&Tree::new().with(
            "/redfish/v1",
            json!({
                "Systems": { "@odata.id": "/redfish/v1/Systems" },
                "Links": { "Sessions": { "@odata.id": "/redfish/v1/SessionService/Sessions" } },
            }),
        ));
        let document = service_document(&store);
        let names: Vec<_> =
            document["value"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Service", "Systems", "Sessions"]);
    }
}
