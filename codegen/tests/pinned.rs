//! The pinned schemas, all of them: what the model of them promises to the emitter and to anyone who bumps them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rosefish_codegen::model::ir::{FieldType, Struct, StructKind, TypeName};
use rosefish_codegen::{Manifest, Model, Selection, build, csdl::Document, load, pinned, summary};

fn documents() -> &'static [Document] {
    static DOCUMENTS: OnceLock<Vec<Document>> = OnceLock::new();
    DOCUMENTS.get_or_init(|| load(&pinned()).expect("the pinned schemas"))
}

fn manifest() -> Manifest {
    Manifest::load(&crate_path("../schemas/bundle.toml")).expect("the manifest")
}

fn crate_path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn select(groups: &[&str]) -> Model {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    build(documents().to_vec(), &manifest(), &Selection::Groups(groups)).expect("a model")
}

fn all() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| build(documents().to_vec(), &manifest(), &Selection::All).expect("a model"))
}

#[test]
fn the_summary_in_the_repository_is_current() {
    let path = crate_path("summary.txt");
    let current = summary(all());
    if std::env::var_os("UPDATE_SUMMARY").is_some() {
        fs::write(&path, &current).expect("a writable summary");
    }
    assert!(
        fs::read_to_string(&path).is_ok_and(|kept| kept == current),
        "codegen/summary.txt is not what the schemas give: run this test with UPDATE_SUMMARY=1 and read the diff"
    );
}

#[test]
fn all_files_are_read_and_every_name_in_them_resolves() {
    assert_eq!(documents().len(), 279 + 54);
    assert_eq!(all().warnings, Vec::<String>::new());
}

#[test]
fn the_package_is_the_one_that_the_manifest_names() {
    let source = manifest().source().clone();
    let named = format!("{}-{}", source.package, source.version);
    assert!(pinned().iter().all(|folder| folder.components().any(|part| part.as_os_str() == &*named)), "{named}");
}

#[test]
fn every_schema_is_in_one_group_and_every_name_in_the_manifest_is_of_use() {
    let manifest = manifest();
    let text = fs::read_to_string(crate_path("../schemas/bundle.toml")).expect("the manifest");
    let groups: BTreeMap<String, Vec<String>> = toml::from_str::<toml::Table>(&text).expect("the manifest")["groups"]
        .clone()
        .try_into()
        .expect("groups of names");
    let schemas: BTreeSet<&str> = all().schemas.keys().map(String::as_str).collect();
    let mut used = BTreeSet::new();
    for schema in &schemas {
        let mut best: Vec<(usize, &str, &str)> = Vec::new();
        for (group, names) in &groups {
            for name in names {
                let fit = match name.strip_suffix('*') {
                    Some(prefix) if schema.starts_with(prefix) => prefix.len(),
                    None if name == schema => usize::MAX,
                    _ => continue,
                };
                best.push((fit, group, name));
            }
        }
        best.sort_unstable();
        let Some((fit, group, name)) = best.last() else {
            panic!("{schema} is in no group");
        };
        assert_eq!(manifest.group(schema), Some(*group));
        assert!(best.iter().filter(|(other, ..)| other == fit).count() == 1, "{schema} is in several groups: {best:?}");
        used.insert(*name);
    }
    for name in groups.values().flatten() {
        assert!(used.contains(name.as_str()), "{name} names no schema");
    }
}

#[test]
fn every_reference_leads_to_a_type_whatever_is_selected() {
    let manifest = manifest();
    let groups: Vec<&str> = manifest.groups().collect();
    check_references(all());
    for group in &groups {
        let model = select(&[group]);
        check_references(&model);
        for (name, ty) in &model.structs {
            let whole = &all().structs[name];
            assert_eq!(ty.rust_name, whole.rust_name);
            for field in &ty.fields {
                assert!(whole.fields.contains(field), "{name:?} {}", field.json);
            }
            assert!(ty.shell || ty == whole, "{name:?} in {group}");
        }
    }
    let everything = select(&groups);
    assert_eq!(everything.structs, all().structs);
    assert_eq!(everything.enums, all().enums);
}

fn check_references(model: &Model) {
    let has = |name: &TypeName| model.structs.contains_key(name);
    let check = |ty: &FieldType, of: &dyn std::fmt::Debug| match ty {
        FieldType::Struct(name) | FieldType::Link(name) => assert!(has(name), "{name:?} in {of:?}"),
        FieldType::Enum(name) => assert!(model.enums.contains_key(name), "{name:?} in {of:?}"),
        _ => {}
    };
    for ty in model.structs.values() {
        assert!(model.schemas.contains_key(&ty.name.schema));
        for field in &ty.fields {
            check(&field.ty, &ty.name);
        }
        if let Some(dynamic) = &ty.dynamic {
            check(&dynamic.ty, &ty.name);
        }
        for action in &ty.actions {
            assert!(action.parameters.as_ref().is_none_or(has));
            if let Some((returned, _)) = &action.returns {
                check(returned, &action.name);
            }
        }
        match &ty.kind {
            StructKind::Collection(of) | StructKind::Excerpt { of, .. } => assert!(has(of)),
            _ => {}
        }
    }
    for (name, term) in &model.terms {
        check(&term.ty, name);
    }
}

#[test]
fn names_are_valid_and_unique_where_they_stand() {
    let model = all();
    let snake = |name: &str| {
        let name = name.strip_prefix("r#").unwrap_or(name);
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && !name.contains("__")
            && !name.ends_with('_')
    };
    let camel = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut modules = BTreeSet::new();
    for schema in model.schemas.values() {
        assert!(snake(&schema.module) && modules.insert(&schema.module), "{schema:?}");
    }
    let mut types = BTreeSet::new();
    let structs = model.structs.values().map(|ty| (&ty.name, &ty.rust_name));
    let enums = model.enums.values().map(|ty| (&ty.name, &ty.rust_name));
    for (name, rust) in structs.chain(enums) {
        assert!(camel(rust) && types.insert((&name.schema, rust)), "{name:?}");
    }
    for ty in model.structs.values() {
        let mut fields: Vec<&str> = ty.fields.iter().map(|field| field.rust.as_str()).collect();
        fields.extend(ty.dynamic.iter().map(|dynamic| dynamic.rust.as_str()));
        let unique: BTreeSet<&str> = fields.iter().copied().collect();
        assert_eq!(unique.len(), fields.len(), "{:?}", ty.name);
        assert!(fields.iter().all(|name| snake(name)), "{:?} {fields:?}", ty.name);
    }
    for ty in model.enums.values() {
        let variants: BTreeSet<&str> = ty.members.iter().map(|member| member.rust.as_str()).collect();
        assert_eq!(variants.len(), ty.members.len(), "{:?}", ty.name);
        assert!(variants.iter().all(|name| camel(name)), "{:?}", ty.name);
    }
}

#[test]
fn the_same_schemas_give_the_same_model() {
    let again = build(documents().to_vec(), &manifest(), &Selection::All).expect("a model");
    assert!(again == *all());
    assert_eq!(format!("{again:?}"), format!("{:?}", all()));
}

fn ty(name: &str) -> &'static Struct {
    let (schema, name) = name.split_once('.').expect("Schema.Type");
    all().structs.get(&TypeName { schema: schema.to_owned(), name: name.to_owned() }).expect("a type")
}

#[test]
fn well_known_types_are_as_the_standard_has_them() {
    let system = ty("ComputerSystem.ComputerSystem");
    let field = |json: &str| system.fields.iter().find(|field| field.json == json).expect("a field");
    assert_eq!(field("PCIeDevices").rust, "pcie_devices");
    assert!(field("PCIeDevices").many);
    assert!(matches!(&field("PCIeDevices").ty, FieldType::Link(to) if to.name == "PCIeDevice"));
    assert!(matches!(&field("Boot").ty, FieldType::Struct(to) if to.name == "Boot"));
    assert_eq!(field("UUID").ty, FieldType::Guid);
    assert!(field("Id").required);
    let reset = system.actions.iter().find(|action| action.rust == "reset").expect("Reset");
    assert_eq!(reset.parameters.as_ref().map(|name| name.name.as_str()), Some("ResetParameters"));
    assert!(system.uris.contains(&"/redfish/v1/Systems/{ComputerSystemId}".to_owned()));
    assert_eq!(system.capabilities.insertable, Some(false));
    assert_eq!(system.capabilities.updatable, Some(true));

    // Both bundles define it; what only one of them has is there, and what both have is there once.
    let volume = ty("Volume.Volume");
    let json: BTreeSet<&str> = volume.fields.iter().map(|field| field.json.as_str()).collect();
    assert_eq!(json.len(), volume.fields.len());
    assert!(json.contains("RAIDType") && json.contains("StorageGroups"));

    assert!(ty("Bios.Attributes").dynamic.is_some());
    assert_eq!(
        ty("Sensor.SensorPowerExcerpt").kind,
        StructKind::Excerpt { of: ty("Sensor.Sensor").name.clone(), excerpt: Some("Power".to_owned()) }
    );
    for term in ["Redfish.Settings", "Redfish.AllowableValues", "Message.ExtendedInfo"] {
        assert!(all().terms.contains_key(term), "{term}");
    }
    assert!(!all().terms.contains_key("Redfish.Uris"), "only schemas use it");
}

#[test]
#[ignore = "needs ../shared/dsp8010-2025.4"]
fn another_release_of_the_schemas_builds_too() {
    let folder = crate_path("../../shared/dsp8010-2025.4/csdl");
    let model = build(load(&[folder]).expect("the schemas of 2025.4"), &manifest(), &Selection::All).expect("a model");
    check_references(&model);
    assert!(model.schemas.len() > 250);
    assert!(
        model.warnings.iter().any(|warning| warning.contains("StoragePool.StoragePool")),
        "DMTF's bundle refers to SNIA's: {:?}",
        model.warnings
    );
}
