//! The table of types that the mock carries is what the schemas say.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rosefish_codegen::model::ir::{Action, Field, FieldType, Permissions, Struct, StructKind, TypeName};
use rosefish_codegen::{Manifest, Model, Selection, build, load, pinned};

#[test]
fn the_table_of_types_is_current() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = Manifest::load(&here.join("../schemas/bundle.toml")).unwrap();
    let model = build(load(&pinned()).unwrap(), &manifest, &Selection::All).unwrap();
    let current = table(&model);
    let path = here.join("src/schema/types.txt");
    if std::env::var_os("UPDATE_TYPES").is_some() {
        fs::write(&path, &current).unwrap();
    }
    assert!(
        fs::read_to_string(&path).is_ok_and(|kept| kept == current),
        "src/schema/types.txt is not what the schemas give: run this test with UPDATE_TYPES=1 and read the diff"
    );
}

fn table(model: &Model) -> String {
    let mut text = String::from(HEAD);
    for ty in model.structs.values() {
        match &ty.kind {
            StructKind::Entity | StructKind::Complex if !ty.shell => write_struct(ty, model, &mut text),
            StructKind::Collection(members) => {
                writeln!(text, "{} of:{}{}", name(&ty.name), name(members), capabilities(ty)).unwrap();
            }
            _ => {}
        }
    }
    for action in model.structs.values().flat_map(|ty| &ty.actions) {
        write_action(action, model, &mut text);
    }
    for ty in model.enums.values() {
        write!(text, "={}", name(&ty.name)).unwrap();
        for member in &ty.members {
            write!(text, " {}", member.json.replace(' ', "\u{a0}")).unwrap();
        }
        text.push('\n');
    }
    text
}

const HEAD: &str = "\
# What the schemas say of the properties of each type; made by tests/service/types.rs.
# Type [open] [of:Type of a collection's members] [what clients may do: +i or -i to members, insert; +u, -u update; +d, -d
#      delete], then one line per property: name kind[*] flags [minimum..maximum]
# kinds: s text, i integer, d decimal, b Boolean, t time, u duration, g UUID, p any scalar, l link, o free form,
#        k excerpt, e:Type enumeration, c:Type object; * several. =Type lists an enumeration's members.
# !Action lists an action's parameters: name:kind, and ! where one is required. Their kinds are those of JSON.
# flags: r read, w write too, W write only, n nullable, C required on create, x excerpt, x:A|B excerpts of these names
";

fn name(name: &TypeName) -> String {
    format!("{}.{}", name.schema, name.name)
}

fn write_struct(ty: &Struct, model: &Model, text: &mut String) {
    let open = ty.open || ty.dynamic.is_some();
    writeln!(text, "{}{}{}", name(&ty.name), if open { " open" } else { "" }, capabilities(ty)).unwrap();
    for field in &ty.fields {
        if !field.json.contains(['@', '#']) && !matches!(field.ty, FieldType::Action) && field.json != "Actions" {
            write_field(field, model, text);
        }
    }
}

fn capabilities(ty: &Struct) -> String {
    let said = [(ty.capabilities.insertable, 'i'), (ty.capabilities.updatable, 'u'), (ty.capabilities.deletable, 'd')];
    said.iter().filter_map(|(said, letter)| Some(format!(" {}{letter}", if (*said)? { '+' } else { '-' }))).collect()
}

fn write_action(action: &Action, model: &Model, text: &mut String) {
    write!(text, "!{}", name(&action.name)).unwrap();
    let parameters = action.parameters.as_ref().and_then(|parameters| model.structs.get(parameters));
    for parameter in parameters.iter().flat_map(|parameters| &parameters.fields) {
        let kind = match &parameter.ty {
            _ if parameter.many => "array",
            FieldType::Int | FieldType::Decimal => "number",
            FieldType::Bool => "truth",
            FieldType::Struct(_) | FieldType::Link(_) | FieldType::Oem => "object",
            FieldType::Primitive => "any",
            _ => "text",
        };
        if !parameter.json.contains(['@', '#']) && parameter.json != "Oem" {
            write!(text, " {}:{kind}{}", parameter.json, if parameter.required { "!" } else { "" }).unwrap();
        }
    }
    text.push('\n');
}

fn write_field(field: &Field, model: &Model, text: &mut String) {
    let kind = match &field.ty {
        FieldType::String => "s".to_owned(),
        FieldType::Int => "i".to_owned(),
        FieldType::Decimal => "d".to_owned(),
        FieldType::Bool => "b".to_owned(),
        FieldType::DateTime => "t".to_owned(),
        FieldType::Duration => "u".to_owned(),
        FieldType::Guid => "g".to_owned(),
        FieldType::Primitive => "p".to_owned(),
        FieldType::Link(_) => "l".to_owned(),
        FieldType::Enum(ty) => format!("e:{}", name(ty)),
        FieldType::Struct(ty) => match model.structs.get(ty).map(|ty| &ty.kind) {
            Some(StructKind::Excerpt { .. }) => "k".to_owned(),
            Some(StructKind::Entity | StructKind::Complex) => format!("c:{}", name(ty)),
            _ => "o".to_owned(),
        },
        _ => "o".to_owned(),
    };
    let mut flags = match field.permissions {
        Some(Permissions::Read | Permissions::None) => "r",
        Some(Permissions::ReadWrite) => "w",
        Some(Permissions::Write) => "W",
        None => "",
    }
    .to_owned();
    for (set, flag) in [(field.nullable, "n"), (field.required_on_create, "C")] {
        if set {
            flags.push_str(flag);
        }
    }
    match field.excerpt.as_deref() {
        Some([]) => flags.push('x'),
        Some(names) => write!(flags, "x:{}", names.join("|")).unwrap(),
        None => {}
    }
    let many = if field.many { "*" } else { "" };
    write!(text, " {} {kind}{many} {}", field.json, if flags.is_empty() { "-" } else { &flags }).unwrap();
    if field.minimum.is_some() || field.maximum.is_some() {
        let bound = |bound: Option<i64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
        write!(text, " {}..{}", bound(field.minimum), bound(field.maximum)).unwrap();
    }
    text.push('\n');
}
