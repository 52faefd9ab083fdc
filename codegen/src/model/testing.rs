//! CSDL for the tests of the passes: turns a few lines of types into documents, definitions or a whole model.

use super::definition::Merged;
use super::ir::{Field, Model, Struct, TypeName};
use super::{Selection, build, flatten, merge, resolve};
use crate::csdl::{self, Document};
use crate::error::Error;
use crate::manifest::Manifest;

/// The manifest of tests: `Alpha` is core, `Beta` and `Gamma` are groups of their own.
pub(crate) const MANIFEST: &str = r#"
[source]
package = "none"
version = "0.0.0"
[names]
acronyms = ["PCIe", "MHz", "IPv4", "kWh", "IDs"]
[names.types]
"Alpha.Called" = "Otherwise"
[terms]
schema_only = ["Redfish.Required"]
[groups]
core = ["Alpha", "Resource"]
beta = ["Beta*"]
gamma = ["Gamma"]
"#;

/// The part of Resource_v1.xml that tests need.
pub(crate) const RESOURCE: &str = r#"
<Schema Namespace="Resource">
  <TypeDefinition Name="Id" UnderlyingType="Edm.String">
    <Annotation Term="OData.Description" String="The identifier."/>
  </TypeDefinition>
  <ComplexType Name="Oem"><Annotation Term="OData.AdditionalProperties" Bool="true"/></ComplexType>
  <EntityType Name="ItemOrCollection" Abstract="true"/>
  <EntityType Name="Item" BaseType="Resource.ItemOrCollection" Abstract="true">
    <Property Name="Oem" Type="Resource.Oem" Nullable="false"/>
  </EntityType>
  <EntityType Name="Resource" BaseType="Resource.Item" Abstract="true"/>
  <EntityType Name="ReferenceableMember" BaseType="Resource.Item" Abstract="true"/>
  <EntityType Name="ResourceCollection" BaseType="Resource.ItemOrCollection" Abstract="true"/>
</Schema>
<Schema Namespace="Resource.v1_0_0">
  <EntityType Name="Resource" BaseType="Resource.Resource" Abstract="true">
    <Property Name="Id" Type="Resource.Id" Nullable="false"><Annotation Term="Redfish.Required"/></Property>
    <Property Name="Name" Type="Edm.String" Nullable="false"/>
  </EntityType>
  <EntityType Name="ResourceCollection" BaseType="Resource.ResourceCollection" Abstract="true">
    <Property Name="Name" Type="Edm.String" Nullable="false"/>
  </EntityType>
</Schema>"#;

/// Parses a document of these schemas, with the usual aliases.
pub(crate) fn document(file: &str, schemas: &str) -> Result<Document, Error> {
    csdl::parse(
        file,
        &format!(
            r#"<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">
  <edmx:Reference Uri="extensions">
    <edmx:Include Namespace="RedfishExtensions.v1_0_0" Alias="Redfish"/>
    <edmx:Include Namespace="Validation.v1_0_0" Alias="Validation"/>
    <edmx:Include Namespace="Org.OData.Core.V1" Alias="OData"/>
    <edmx:Include Namespace="Org.OData.Measures.V1" Alias="Measures"/>
    <edmx:Include Namespace="Org.OData.Capabilities.V1" Alias="Capabilities"/>
  </edmx:Reference>
  <edmx:DataServices>{schemas}</edmx:DataServices>
</edmx:Edmx>"#
        ),
    )
}

/// Parses one document per text, each as if from its own folder.
pub(crate) fn folders(texts: &[&str]) -> Result<Vec<Document>, Error> {
    texts
        .iter()
        .enumerate()
        .map(|(number, text)| {
            let mut document = document(&format!("folder{number}/Test_v1.xml"), text)?;
            document.folder = format!("folder{number}").into();
            Ok(document)
        })
        .collect()
}

/// Merges what the texts define, each as if from its own folder.
pub(crate) fn merged(texts: &[&str]) -> Result<Merged, Error> {
    Ok(merge::merge(resolve::resolve(&folders(texts)?)?)?)
}

/// Merges and flattens a text, together with `Resource`.
pub(crate) fn flat(text: &str) -> Result<Merged, Error> {
    let mut merged = merged(&[RESOURCE, text])?;
    flatten::flatten(&mut merged)?;
    Ok(merged)
}

/// Builds the whole model, together with `Resource`.
pub(crate) fn model(text: &str) -> Result<Model, Error> {
    select(text, &Selection::All)
}

/// Builds the model of a selection, together with `Resource`.
pub(crate) fn select(text: &str, selection: &Selection) -> Result<Model, Error> {
    build(folders(&[RESOURCE, text])?, &Manifest::parse(MANIFEST)?, selection)
}

/// Parses a name such as `Alpha.Thing`.
pub(crate) fn name(name: &str) -> TypeName {
    let (schema, name) = name.split_once('.').expect("Schema.Type");
    TypeName { schema: schema.to_owned(), name: name.to_owned() }
}

/// Returns a type of the model.
pub(crate) fn ty<'m>(model: &'m Model, of: &str) -> &'m Struct {
    model.structs.get(&name(of)).unwrap_or_else(|| panic!("{of} among {:?}", model.structs.keys()))
}

/// Returns a field of a type of the model.
pub(crate) fn field<'m>(model: &'m Model, of: &str, json: &str) -> &'m Field {
    ty(model, of).fields.iter().find(|field| field.json == json).unwrap_or_else(|| panic!("{json} in {of}"))
}

/// Returns the JSON names of a type's fields.
pub(crate) fn fields(ty: &Struct) -> Vec<&str> {
    ty.fields.iter().map(|field| field.json.as_str()).collect()
}
