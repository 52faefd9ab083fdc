//! Each requirement of a profile is met or named.

use serde_json::{Value, json};

use crate::program::{errors, json as json_of, rosefish as run};
use crate::{Folder, chassis, with};

/// A profile that requires something of a chassis, and what it finds there.
#[test]
fn each_requirement_of_a_profile_is_met_or_named() {
    let of_property =
        |name: &str, requirement: Value| json!({"Chassis": {"PropertyRequirements": {name: requirement}}});
    let of_chassis = |requirement: Value| json!({"Chassis": requirement});
    let condition = |how: &str, values: Value| {
        json!({"ReadRequirement": "Conditional", "ConditionalRequirements": [
            {"CompareProperty": "ChassisType", "CompareType": how, "CompareValues": values, "ReadRequirement": "Mandatory"}]})
    };
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("there", of_property("Name", json!({})), &[]),
        ("not-there", of_property("Model", json!({})), &["profile.read /Model"]),
        ("recommended", of_property("Model", json!({"ReadRequirement": "Recommended"})), &[]),
        ("excluded", of_property("Name", json!({"ReadRequirement": "Excluded"})), &["profile.read /Name"]),
        ("supported", of_property("Model", json!({"ReadRequirement": "Supported"})), &["profile.read /Model"]),
        ("populated", of_property("Model", json!({"ReadRequirement": "IfPopulated"})), &["profile.read /Model"]),
        (
            "inner",
            of_property("Status", json!({"PropertyRequirements": {"HealthRollup": {}}})),
            &["profile.read /Status/HealthRollup"],
        ),
        ("condition", of_property("Model", condition("Equal", json!(["RackMount"]))), &["profile.read /Model"]),
        ("no-condition", of_property("Model", condition("NotEqual", json!(["RackMount"]))), &[]),
        ("equal", of_property("Name", json!({"Comparison": "Equal", "Values": ["One"]})), &[]),
        (
            "not-equal",
            of_property("Name", json!({"Comparison": "Equal", "Values": ["Two"]})),
            &["profile.comparison /Name"],
        ),
        ("any", of_property("ChassisType", json!({"Values": ["Blade", "RackMount"]})), &[]),
        (
            "all",
            of_property("ChassisType", json!({"Comparison": "AllOf", "Values": ["Blade", "RackMount"]})),
            &["profile.comparison /ChassisType"],
        ),
        (
            "greater",
            of_property("HeightMm", json!({"Comparison": "GreaterThan", "Values": [44]})),
            &["profile.comparison /HeightMm"],
        ),
        ("range", of_property("HeightMm", json!({"Comparison": "Range", "Values": [40, 50]})), &[]),
        (
            "no-range",
            of_property("HeightMm", json!({"Comparison": "Range", "Values": [null, 43]})),
            &["profile.comparison /HeightMm"],
        ),
        ("pattern", of_property("Name", json!({"Comparison": "Pattern", "Values": ["^O"]})), &[]),
        (
            "no-pattern",
            of_property("Name", json!({"Comparison": "Pattern", "Values": ["^T"]})),
            &["profile.comparison /Name"],
        ),
        ("version", of_chassis(json!({"MinVersion": "1.30.0"})), &["profile.version "]),
        ("old-version", of_chassis(json!({"MinVersion": "1.3"})), &[]),
        ("written", of_property("AssetTag", json!({"WriteRequirement": "Mandatory"})), &[]),
        ("not-written", of_property("Name", json!({"WriteRequirement": "Mandatory"})), &["profile.write /Name"]),
        (
            "count",
            of_property("Links", json!({"PropertyRequirements": {"ManagedBy": {"MinCount": 2}}})),
            &["profile.min-count /Links/ManagedBy"],
        ),
        (
            "action",
            of_chassis(
                json!({"ActionRequirements": {"Reset": {"Parameters": {"ResetType": {"ParameterValues": ["On"]}}}}}),
            ),
            &[],
        ),
        (
            "no-action",
            of_chassis(json!({"ActionRequirements": {"Paint": {}}})),
            &["profile.action /Actions/#Chassis.Paint"],
        ),
        (
            "parameter",
            of_chassis(
                json!({"ActionRequirements": {"Reset": {"Parameters": {"ResetType": {"ParameterValues": ["Nmi"]}}}}}),
            ),
            &["profile.parameter /Actions/#Chassis.Reset/ResetType"],
        ),
        ("resource", json!({"Drive": {}}), &["profile.resource "]),
        (
            "other-uri",
            of_chassis(
                json!({"URIs": ["/redfish/v1/Boxes/{Id}"], "ReadRequirement": "Recommended", "MinVersion": "9.0"}),
            ),
            &[],
        ),
        (
            "use-case",
            json!({"Chassis": {"UseCases": [
                {"UseCaseKeyProperty": "ChassisType", "UseCaseKeyValues": ["RackMount"], "PropertyRequirements": {"Model": {}}},
                {"UseCaseKeyProperty": "ChassisType", "UseCaseKeyValues": ["Blade"], "ReadRequirement": "None", "PropertyRequirements": {"SKU": {}}},
            ]}}),
            &["profile.read /Model"],
        ),
    ];
    let payload = with(&[
        ("/HeightMm", json!(44)),
        ("/AssetTag", json!("a")),
        ("/@Redfish.WriteableProperties", json!(["AssetTag"])),
    ]);
    for (name, resources, expected) in cases {
        let folder = Folder::new(&format!("profile-{name}"));
        folder.write("chassis.json", &payload.to_string());
        let beside = Folder::new(&format!("profiles-{name}"));
        let profile = json!({"ProfileName": "Test", "ProfileVersion": "1.0.0", "Resources": resources});
        let profile = beside.write("Test.v1_0_0.json", &profile.to_string());
        let report = json_of(&run(&["validate", folder.text(), "--json", "--profile", &profile]));
        let one =
            |finding: &Value| format!("{} {}", finding["rule"].as_str().unwrap(), finding["pointer"].as_str().unwrap());
        let found: Vec<_> = report["findings"].as_array().unwrap().iter().map(one).collect();
        assert_eq!(found, expected, "{name}: {report:#}");
    }
}

#[test]
fn profiles_that_are_required_are_read_and_what_is_no_profile_is_refused() {
    let payloads = Folder::new("required");
    payloads.write("chassis.json", &chassis().to_string());
    let folder = Folder::new("required-profiles");
    let base = json!({"ProfileName": "Base", "ProfileVersion": "1.2.0", "Resources": {"Drive": {}}, "RequiredProfiles": {"Test": {}}});
    let of = |lowest: &str| {
        json!({"ProfileName": "Test", "ProfileVersion": "1.0.0", "RequiredProfiles": {"Base": {"MinVersion": lowest}}})
            .to_string()
    };
    folder.write("Base.v1_2_0.json", &base.to_string());
    let test = folder.write("Test.v1_0_0.json", &of("1.1.0"));
    let output = run(&["validate", payloads.text(), "--json", "--profile", &test]);
    assert_eq!(json_of(&output)["findings"][0]["rule"], "profile.resource");
    for text in [&of("1.3.0"), "[]", "{", r#"{"ProfileName": "x", "ProfileVersion": "1", "Resources": {"Chassis": 1}}"#]
    {
        let file = folder.write("Test.v1_0_0.json", text);
        let output = run(&["validate", payloads.text(), "--profile", &file]);
        assert_eq!(output.status.code(), Some(1), "{text}: {}", errors(&output));
    }
}
