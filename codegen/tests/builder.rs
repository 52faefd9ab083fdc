//! What a build script of somebody else makes of schemas of its own.

use std::fs;
use std::path::{Path, PathBuf};

use rosefish_codegen::{Base, Builder, Manifest, Selection, build, load, pinned};

/// The contoso example's schemas, on a library without the schemas of jobs.
fn builder(folder: &str) -> Builder {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let base = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&base).expect("a writable folder");
    let manifest = root.join("../schemas/bundle.toml");
    let groups = Selection::Groups(["systems", "chassis"].map(str::to_owned).into());
    let model = build(load(&pinned()).unwrap(), &Manifest::load(&manifest).unwrap(), &groups).unwrap();
    Base::of(&model, &pinned(), &manifest).write_to(&base).unwrap();
    Builder::new().extends(base).name("contoso")
}

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/contoso/schemas")
}

#[test]
fn types_of_redfish_are_used_where_they_are_and_the_rest_is_made() {
    let made = builder("made").schemas(schemas()).compile().unwrap();
    let shelf = made.file("contoso/contoso_shelf.rs").expect("a schema");
    for text in
        ["pub struct ContosoShelf", "::rosefish::schema::resource::Status", "::rosefish::schema::chassis::Chassis"]
    {
        assert!(shelf.contains(text), "{text} in {shelf}");
    }
    let chassis = made.file("contoso/contoso_chassis.rs").expect("a schema");
    assert!(chassis.contains("\n=Chassis.Chassis/Oem/Contoso\n"), "{chassis}");
    let methods = made.file("contoso/methods.rs").expect("methods");
    for text in ["impl ChassisMethods for r::Resource<::rosefish::schema::chassis::Chassis>", "fn blink(", "fn lift("] {
        assert!(methods.contains(text), "{text} in {methods}");
    }
    assert!(made.file("contoso/chassis.rs").is_none(), "Redfish's types are not made twice");
}

#[test]
fn a_namespace_of_redfish_is_refused_with_its_place() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("taken");
    fs::create_dir_all(&folder).unwrap();
    let csdl = fs::read_to_string(schemas().join("ContosoShelf_v1.xml")).unwrap();
    fs::write(folder.join("Chassis_v1.xml"), csdl.replace("Namespace=\"ContosoShelf", "Namespace=\"Chassis")).unwrap();
    let error = builder("refused").schemas(&folder).compile().unwrap_err();
    assert_eq!((error.file(), error.line().is_some()), ("taken/Chassis_v1.xml", true), "{error}");
    assert!(error.found().contains("which Redfish has"), "{error}");
}
