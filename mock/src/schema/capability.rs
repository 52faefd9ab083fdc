//! Which methods a resource supports: the Capabilities annotations that the schemas have for its type, as
//! far as this service follows them.

use crate::machine::store::{Resource, Store};
use crate::schema::{Type, find};

/// Where this service allows less than the schemas: the type (for inserting, that of the member), and
/// the reason.
static EXCEPTIONS: &[(&str, &str)] = &[
    ("Cable", "it is hardware, which a request doesn't bring about or take away"),
    ("Chassis", "it is hardware, which a request doesn't bring about or take away"),
    ("ComputerSystem", "a system that a client makes is composed, and composition has no meaning here"),
    ("EthernetInterface", "only virtual ones can be made, and payloads don't say which they are"),
    ("GraphicsController", "it is hardware, which a request doesn't bring about or take away"),
    ("StorageService", "a service of its own, with collections below it that nothing here would fill"),
];

fn is_exception(schema: &str) -> bool {
    EXCEPTIONS.iter().any(|(name, _)| *name == schema)
}

/// Returns the schemas' type for a resource of this schema.
fn type_of(schema: &str) -> Option<&'static Type> {
    find(&format!("{schema}.{schema}"))
}

/// Returns the schema of a collection's members: `ManagerAccount` for `ManagerAccountCollection`.
pub(crate) fn member_schema(collection: &str) -> Option<&str> {
    let declared = type_of(collection).and_then(|ty| ty.members).and_then(|member| member.split('.').next());
    declared.or_else(|| collection.strip_suffix("Collection"))
}

/// What can be done with a resource besides reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Methods {
    /// PATCH.
    pub(crate) update: bool,
    /// POST, to create a member.
    pub(crate) insert: bool,
    pub(crate) delete: bool,
}

impl Methods {
    /// Returns the methods of the resource at a key.
    pub(crate) fn of(store: &Store, key: &str) -> Self {
        let Some(resource) = store.get(key) else {
            return Self { update: false, insert: false, delete: false };
        };
        if resource.json.is_none() {
            return Self { update: false, insert: false, delete: false };
        }
        let schema = schema(resource);
        if store.is_collection(key) {
            let says_so = schema.and_then(type_of).is_some_and(|ty| ty.insertable == Some(true));
            let excepted = schema.and_then(member_schema).is_none_or(is_exception);
            return Self { update: false, insert: says_so && !excepted, delete: false };
        }
        let predefined = is_predefined(resource);
        let ty = schema.and_then(type_of);
        let removable = ty.is_some_and(|ty| ty.deletable == Some(true)) && !schema.is_some_and(is_exception);
        Self {
            // A type that is not in the standard's schemas can be changed.
            update: !predefined && ty.is_none_or(|ty| ty.updatable != Some(false)),
            insert: false,
            delete: removable && !predefined && store.collection_of(key).is_some(),
        }
    }

    /// Returns the value of the `Allow` header.
    pub(crate) fn header(self, put_only: bool) -> String {
        let mut text = String::from("GET, HEAD");
        let update = if put_only { ", PUT" } else { ", PATCH" };
        for (may, name) in [(self.update, update), (self.insert, ", POST"), (self.delete, ", DELETE")] {
            if may {
                text.push_str(name);
            }
        }
        text
    }
}

/// Returns whether this is a role that the standard defines, which can't be changed.
pub(crate) fn is_predefined(resource: &Resource) -> bool {
    resource.object().get("IsPredefined").and_then(serde_json::Value::as_bool) == Some(true)
}

/// Returns the schema of a resource: `Chassis` for `#Chassis.v1_25_0.Chassis`.
pub(crate) fn schema(resource: &Resource) -> Option<&str> {
    let named = resource.object().get("@odata.type")?.as_str()?;
    named.strip_prefix('#').unwrap_or(named).split('.').next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tree::Tree;

    #[test]
    fn what_the_schemas_allow_is_allowed_but_for_exceptions_that_are_still_some() {
        let (mut inserted, mut deleted, mut fixed) = (0, 0, 0);
        for (name, ty) in crate::schema::all() {
            let (schema, _) = name.split_once('.').unwrap();
            let odata_type = format!("#{schema}.v1_0_0.{schema}");
            if *name != format!("{schema}.{schema}") {
                continue;
            }
            let collection = ty.members.is_some();
            let members = if collection { json!([]) } else { json!(null) };
            let tree = Tree::new()
                .with("/c", json!({ "Members": [{ "@odata.id": "/c/1" }] }))
                .with("/c/1", json!({ "@odata.type": odata_type, "Members": members }));
            let mut store = Store::new(&tree);
            if !collection {
                store.update("/c/1", |resource| drop(resource.remove("Members")));
            }
            let methods = Methods::of(&store, "/c/1");
            let excepted = is_exception(if collection { member_schema(schema).unwrap() } else { schema });
            assert_eq!(methods.insert, collection && ty.insertable == Some(true) && !excepted, "{name}");
            assert_eq!(methods.delete, !collection && ty.deletable == Some(true) && !excepted, "{name}");
            assert_eq!(methods.update, !collection && ty.updatable != Some(false), "{name}");
            inserted += usize::from(methods.insert);
            deleted += usize::from(methods.delete);
            fixed += usize::from(!methods.update && !collection);
        }
        assert!(inserted >= 48 && deleted >= 60 && fixed >= 60, "{inserted} {deleted} {fixed}");
        for (name, why) in EXCEPTIONS {
            let insertable = crate::schema::all().any(|(collection, ty)| {
                let of = collection.split('.').next().and_then(member_schema);
                ty.insertable == Some(true) && of == Some(name)
            });
            let deletable = type_of(name).is_some_and(|ty| ty.deletable == Some(true));
            assert!(insertable || deletable, "{name} is not an exception any more: {why}");
        }
    }

    #[test]
    fn types_decide_what_may_be_done() {
        let members = |uri: &str| json!([{ "@odata.id": uri }]);
        let store = Store::new(
            &Tree::new()
                .with("/a", json!({ "@odata.type": "#ManagerAccountCollection.ManagerAccountCollection", "Members": members("/a/1") }))
                .with("/a/1", json!({ "@odata.type": "#ManagerAccount.v1_12_0.ManagerAccount" }))
                .with("/c", json!({ "@odata.type": "#SensorCollection.SensorCollection", "Members": members("/c/1") }))
                .with("/c/1", json!({ "@odata.type": "#Sensor.v1_9_0.Sensor" }))
                .with("/r", json!({ "@odata.type": "#RoleCollection.RoleCollection", "Members": members("/r/1") }))
                .with("/r/1", json!({ "@odata.type": "#Role.v1_3_1.Role", "IsPredefined": true }))
                .with("/m", json!({ "@odata.type": "#MessageRegistryFile.v1_1_3.MessageRegistryFile" })),
        );
        for (key, expected) in [
            ("/a", "GET, HEAD, POST"),
            ("/a/1", "GET, HEAD, PATCH, DELETE"),
            ("/c", "GET, HEAD"),
            ("/c/1", "GET, HEAD, PATCH"),
            ("/r/1", "GET, HEAD"),
            ("/m", "GET, HEAD"),
        ] {
            assert_eq!(Methods::of(&store, key).header(false), expected, "{key}");
        }
    }
}
