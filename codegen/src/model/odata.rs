//! What every resource has by OData and the Redfish specification, but no schema declares: the `@odata` control properties,
//! a collection's count and next link, and the generic resource that a link to "anything" leads to.

use super::ir::{Field, FieldType, Model, Permissions, Struct, StructKind, TypeName};

/// Adds them to all entity types.
pub(super) fn add(model: &mut Model) {
    let item = resource_type("Item");
    for ty in model.structs.values_mut() {
        if !matches!(ty.kind, StructKind::Entity) {
            continue;
        }
        if ty.name == item || ty.name == resource_type("ItemOrCollection") {
            make_generic(ty);
        }
        if is_collection(ty) {
            make_collection(ty, &item);
        }
        let mut control = control();
        for field in &mut control {
            field.required &= match field.json.as_str() {
                "@odata.id" => !is_document(ty),
                "@odata.type" => !is_member(ty),
                _ => true,
            };
        }
        add_missing(&mut ty.fields, control, true);
    }
}

/// Returns the name of a type in the `Resource` schema.
pub(super) fn resource_type(name: &str) -> TypeName {
    TypeName { schema: "Resource".to_owned(), name: name.to_owned() }
}

/// Gives `Resource.Item` the properties that all resources have, as a link to it leads to any resource.
fn make_generic(ty: &mut Struct) {
    let mut fields = resource_fields();
    fields.retain(|field| !field.json.starts_with('@'));
    add_missing(&mut ty.fields, fields, true);
}

fn is_collection(ty: &Struct) -> bool {
    let collection = resource_type("ResourceCollection");
    ty.name == collection || ty.bases.contains(&collection)
}

/// Returns whether a type is a member of an array within a resource; the resource's type implies the member's.
fn is_member(ty: &Struct) -> bool {
    let member = resource_type("ReferenceableMember");
    ty.name == member || ty.bases.contains(&member)
}

/// Returns whether a type is a document that may come without a service, and so without a URI: an event or a registry.
fn is_document(ty: &Struct) -> bool {
    ty.name.schema == "Event" || ty.name.schema.ends_with("Registry")
}

/// Makes the members links, even where the schema has them expanded: a link can hold an expanded member as well, and many
/// services list references where the schema promises members.
fn make_collection(ty: &mut Struct, item: &TypeName) {
    let member =
        ty.fields.iter_mut().find(|field| field.json == "Members" && field.many).and_then(|field| match &field.ty {
            FieldType::Link(member) | FieldType::Struct(member) => {
                let member = member.clone();
                field.ty = FieldType::Link(member.clone());
                Some(member)
            }
            _ => None,
        });
    let member = match member {
        Some(member) => member,
        // The abstract collection, which is what a link to "any collection" leads to.
        None => {
            let mut members = field("Members", FieldType::Link(item.clone()));
            members.many = true;
            members.required = true;
            members.docs.description = Some("The members of this collection.".to_owned());
            ty.fields.push(members);
            item.clone()
        }
    };
    ty.kind = StructKind::Collection(member);
    let mut count = field("Members@odata.count", FieldType::Int);
    count.required = true;
    count.minimum = Some(0);
    count.docs.description = Some("The number of members in the collection, on all its pages.".to_owned());
    let mut next = field("Members@odata.nextLink", FieldType::ODataId);
    next.is_url = true;
    next.docs.description = Some("The URI of the next page of members.".to_owned());
    add_missing(&mut ty.fields, vec![count, next], false);
}

fn add_missing(fields: &mut Vec<Field>, mut extra: Vec<Field>, first: bool) {
    extra.retain(|field| fields.iter().all(|known| known.json != field.json));
    if first {
        fields.splice(0..0, extra);
    } else {
        fields.extend(extra);
    }
}

/// Returns the control properties.
fn control() -> Vec<Field> {
    let describe = |mut field: Field, required: bool, description: &str| {
        field.required = required;
        field.docs.description = Some(description.to_owned());
        field
    };
    vec![
        describe(
            field("@odata.context", FieldType::ODataId),
            false,
            "The URI of the metadata that describes this resource.",
        ),
        describe(field("@odata.id", FieldType::ODataId), true, "The URI of this resource."),
        describe(field("@odata.type", FieldType::ODataType), true, "The schema, version and type of this resource."),
        describe(field("@odata.etag", FieldType::ETag), false, "The entity tag of this resource's present state."),
    ]
}

/// Returns the properties that all resources have, which are the fields of a shell.
pub(super) fn resource_fields() -> Vec<Field> {
    let mut fields = control();
    let mut property = |name: &str, ty: FieldType, description: &str| {
        let mut field = field(name, ty);
        field.docs.description = Some(description.to_owned());
        fields.push(field);
    };
    property("Id", FieldType::String, "The identifier of this resource among its siblings.");
    property("Name", FieldType::String, "The name of this resource.");
    property("Description", FieldType::String, "The description of this resource.");
    property("Oem", FieldType::Oem, "The OEM extension property.");
    fields
}

/// Creates a field that clients can only read.
fn field(json: &str, ty: FieldType) -> Field {
    Field { permissions: Some(Permissions::Read), ..Field::new(json, ty) }
}

#[cfg(test)]
mod tests {
    use crate::model::ir::{FieldType, StructKind};
    use crate::model::testing::{field, fields, model, name, ty};

    #[test]
    fn every_resource_begins_with_its_control_properties() {
        let model = model(
            r#"<Schema Namespace="Alpha"><EntityType Name="Alpha" BaseType="Resource.v1_0_0.Resource"/>
               <EntityType Name="Part" BaseType="Resource.ReferenceableMember"/></Schema>
               <Schema Namespace="BetaRegistry"><EntityType Name="BetaRegistry" BaseType="Resource.v1_0_0.Resource"/></Schema>"#,
        )
        .unwrap();
        assert_eq!(
            fields(ty(&model, "Alpha.Alpha")),
            ["@odata.context", "@odata.id", "@odata.type", "@odata.etag", "Oem", "Id", "Name"]
        );
        let id = field(&model, "Alpha.Alpha", "@odata.id");
        assert_eq!((id.rust.as_str(), &id.ty), ("odata_id", &FieldType::ODataId));
        assert!(id.required && !id.nullable);
        assert!(field(&model, "Alpha.Alpha", "@odata.type").required);
        assert!(!field(&model, "Alpha.Part", "@odata.type").required);
        assert!(!field(&model, "BetaRegistry.BetaRegistry", "@odata.id").required);
    }

    #[test]
    fn a_collection_has_links_to_its_members_a_count_and_a_next_page() {
        let model = model(
            r#"<Schema Namespace="Beta"><EntityType Name="Beta" BaseType="Resource.v1_0_0.Resource"/></Schema>
               <Schema Namespace="BetaCollection"><EntityType Name="BetaCollection" BaseType="Resource.v1_0_0.ResourceCollection">
                 <NavigationProperty Name="Members" Type="Collection(Beta.Beta)"><Annotation Term="OData.AutoExpand"/></NavigationProperty>
               </EntityType></Schema>"#,
        )
        .unwrap();
        let collection = ty(&model, "BetaCollection.BetaCollection");
        assert_eq!(collection.kind, StructKind::Collection(name("Beta.Beta")));
        let rust: Vec<_> = collection.fields.iter().skip(4).map(|field| field.rust.as_str()).collect();
        assert_eq!(rust, ["name", "members", "members_count", "members_next_link"]);
        let members = field(&model, "BetaCollection.BetaCollection", "Members");
        assert_eq!(members.ty, FieldType::Link(name("Beta.Beta")));
    }

    #[test]
    fn a_link_to_anything_leads_to_what_all_resources_have() {
        let model = model("").unwrap();
        let item = fields(ty(&model, "Resource.Item"));
        assert_eq!(item[4..], ["Id", "Name", "Description", "Oem"]);
        let any = ty(&model, "Resource.ResourceCollection");
        assert_eq!(any.kind, StructKind::Collection(name("Resource.Item")));
        assert!(fields(any).contains(&"Members"));
    }
}
