//! The program `rosefish-codegen`, as a writer of schemas runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What it printed, on standard output and on standard error, and its exit status.
fn run(arguments: &[&str], folder: &Path) -> (String, String, Option<i32>) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rosefish-codegen"));
    let output = program.args(arguments).current_dir(folder).env("NO_COLOR", "1").output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// A folder of its own with the schemas of a vendor in it.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("program").join(name);
    for (file, text) in files {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a writable folder");
        fs::write(file, text).expect("a writable file");
    }
    folder
}

fn csdl(schemas: &str) -> String {
    format!(
        "<edmx:Edmx xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\" Version=\"4.0\">\n<edmx:DataServices>\n{schemas}\n\
         </edmx:DataServices>\n</edmx:Edmx>\n"
    )
}

const FAULTY: &str = r#"<Schema Namespace="Contoso.v1_0_0">
  <ComplexType Name="Part">
    <Property Name="One" Type="Edm.Nothing"/>
    <Property Name="Two"
              Type="Lost"/>
  </ComplexType>
  <EntityType Name="Shelf" BaseType="Resource.v1_0_0.Resource">
    <Property Name="One" Type="Edm.String">
      <Annotation Term="OData.Permissions" EnumMember="OData.Permission/Sometimes"/>
    </Property>
  </EntityType>
</Schema>"#;

#[test]
fn errors_show_file_line_and_what_is_meant_and_all_of_them_at_once() {
    let folder = folder("errors", &[("contoso/Contoso_v1.xml", &csdl(FAULTY))]);
    let (stdout, stderr, code) = run(&["--check", "contoso"], &folder);
    assert_eq!((stdout.as_str(), code), ("", Some(1)));
    for shown in [
        "error: found the type `Edm.Nothing`\n --> contoso/Contoso_v1.xml:5:32\n  |\n5 |     <Property Name=\"One\" Type=\"Edm.Nothing\"/>\n  \
         |                                ^^^^^^^^^^^ expected Edm.String,",
        "error: found the type `Lost`\n --> contoso/Contoso_v1.xml:7:21\n  |\n7 |               Type=\"Lost\"/>\n  |                     ^^^^ expected ",
        "error: found \"OData.Permission/Sometimes\" for OData.Permissions\n  --> contoso/Contoso_v1.xml:11:56",
        "\n3 errors\n",
    ] {
        assert!(stderr.contains(shown), "{shown}\nin\n{stderr}");
    }
}

#[test]
fn a_control_character_in_a_schema_does_not_reach_the_terminal() {
    let text = csdl(
        "<Schema Namespace=\"Contoso.v1_0_0\"><ComplexType Name=\"Part\">\n<Property Name=\"One\" Type=\"\u{202e}\u{9b}2J\"/>\n</ComplexType></Schema>",
    );
    let folder = folder("control", &[("contoso/Contoso_v1.xml", &text)]);
    let (_, stderr, code) = run(&["--check", "contoso"], &folder);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("Contoso_v1.xml:4") && !stderr.contains(['\u{202e}', '\u{9b}', '\u{1b}']), "{stderr:?}");
}

#[test]
fn what_is_right_is_counted_and_what_differs_is_a_line_each() {
    let right = FAULTY.replace("Edm.Nothing", "Edm.String").replace("Lost", "Edm.Int64").replace("Sometimes", "Read");
    let other = right.replace("Edm.Int64", "Edm.Decimal").replace("Name=\"Shelf\"", "Name=\"Rack\"");
    let folder = folder("right", &[("a/Contoso_v1.xml", &csdl(&right)), ("b/Contoso_v1.xml", &csdl(&other))]);
    let (stdout, stderr, code) = run(&["--check", "a"], &folder);
    assert_eq!((stdout.as_str(), stderr.as_str(), code), ("1 schemas, 2 types, 0 enumerations\n", "", Some(0)));
    let (stdout, _, code) = run(&["--summary", "a"], &folder);
    assert!(code == Some(0) && stdout.lines().any(|line| line.starts_with("Contoso ")), "{stdout}");
    let (stdout, _, code) = run(&["--diff", "a", "b"], &folder);
    let expected =
        "~ Contoso.Part/Two: type integer -> number\n+ Contoso.Rack: type resource\n- Contoso.Shelf: type resource\n";
    assert_eq!((stdout.as_str(), code), (expected, Some(1)));
    assert_eq!(run(&["--diff", "a", "a"], &folder), (String::new(), String::new(), Some(0)));
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_usage() {
    let here = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for arguments in [&[][..], &["--diff", "a"], &["--check"], &["--check", "--summary", "a"], &["--nothing"]] {
        let (stdout, stderr, code) = run(arguments, here);
        assert!(stdout.is_empty() && stderr.contains("Usage: rosefish-codegen"), "{arguments:?}: {stderr}");
        assert_eq!(code, Some(2));
    }
    let (_, stderr, code) = run(&["--check", "no-such-folder"], here);
    assert!(code == Some(1) && stderr.contains("in no-such-folder"), "{stderr}");
}
