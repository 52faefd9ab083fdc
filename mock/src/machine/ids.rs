//! The names of a new resource: its Id within a collection, and its `@odata.type`.

use crate::machine::store::Store;
use crate::schema::capability::schema as schema_of;

/// Versions for types of which the tree has no example.
static VERSIONS: &[(&str, &str)] = &[
    ("Certificate", "v1_9_0"),
    ("EventDestination", "v1_14_0"),
    ("Job", "v1_2_0"),
    ("ManagerAccount", "v1_12_0"),
    ("MetricReportDefinition", "v1_4_0"),
    ("Role", "v1_3_1"),
    ("Session", "v1_7_0"),
    ("Triggers", "v1_3_0"),
    ("Volume", "v1_10_0"),
];

/// Returns the lowest number that is not yet the Id of a member.
pub(crate) fn free_id(store: &Store, collection: &str) -> String {
    (1_u32..).map(|id| id.to_string()).find(|id| !store.contains(&format!("{collection}/{id}"))).unwrap_or_default()
}

/// Returns the number after the highest Id of a member: unlike [`free_id`], it doesn't fill gaps, as log entries
/// need it.
pub(crate) fn next_id(store: &Store, collection: &str) -> String {
    let number = |key: &String| key.rsplit('/').next()?.parse::<u64>().ok();
    let highest = store.members(collection).iter().filter_map(number).max().unwrap_or(0);
    highest.saturating_add(1).to_string()
}

/// Returns the `@odata.type` for a new resource: that of another resource of its kind, if there is one.
pub(crate) fn type_of_new(store: &Store, wanted: &str) -> String {
    let example = store.iter().find(|(_, resource)| schema_of(resource) == Some(wanted));
    match example.and_then(|(_, resource)| resource.object().get("@odata.type")?.as_str()) {
        Some(example) => example.to_owned(),
        None => {
            let version = VERSIONS.iter().find(|(name, _)| *name == wanted).map_or("v1_0_0", |(_, version)| version);
            format!("#{wanted}.{version}.{wanted}")
        }
    }
}
