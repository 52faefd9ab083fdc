//! Compiles the schemas and prints the summary; `names` prints every name that this compiler made, `warnings` the warnings, `type`
//! the types of the arguments that follow.
//! ROSEFISH_SCHEMA_DIR names another folder of schemas, further arguments the groups to select.

use std::error::Error;
use std::path::{Path, PathBuf};

use rosefish_codegen::{Manifest, Model, Selection, build, load, pinned, summary};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let groups: Vec<String> = arguments.collect();
    let folders = match std::env::var_os("ROSEFISH_SCHEMA_DIR") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => pinned(),
    };
    let manifest = Manifest::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/bundle.toml"))?;
    let selection = if groups.is_empty() || what == "type" {
        Selection::All
    } else {
        Selection::Groups(groups.iter().cloned().collect())
    };
    let model = build(load(&folders)?, &manifest, &selection)?;
    match what.as_str() {
        "names" => names(&model),
        "warnings" => {
            for warning in &model.warnings {
                println!("{warning}");
            }
        }
        "type" => {
            for ty in model.structs.values() {
                if groups.contains(&format!("{}.{}", ty.name.schema, ty.name.name)) {
                    println!("{ty:#?}");
                }
            }
        }
        _ => print!("{}", summary(&model)),
    }
    Ok(())
}

fn names(model: &Model) {
    for schema in model.schemas.values() {
        println!("mod {} {}", schema.module, schema.name);
    }
    for ty in model.structs.values() {
        println!("struct {} {}", ty.rust_name, ty.name.name);
        for field in &ty.fields {
            println!("field {} {}", field.rust, field.json);
        }
        for action in &ty.actions {
            println!("action {} {}", action.rust, action.name.name);
        }
    }
    for ty in model.enums.values() {
        println!("enum {} {}", ty.rust_name, ty.name.name);
        for member in &ty.members {
            println!("variant {} {}", member.rust, member.json);
        }
    }
}
