//! One release of the schemas in several languages gives one model, but for what a language can't say. That is listed in
//! `docs/schema-languages.md`, by kind with counts, and each single one of what touches a type, a property, an action or a member.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rosefish_codegen::{Difference, Manifest, Model, Selection, build, diff, load};

fn crate_path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn model(language: &str) -> Model {
    let folder = crate_path("../../shared/dsp8010-2025.4").join(language);
    let manifest = Manifest::load(&crate_path("../schemas/bundle.toml")).expect("the manifest");
    build(load(&[folder]).expect("the schemas of 2025.4"), &manifest, &Selection::All).expect("a model")
}

/// Why JSON Schema and OpenAPI say it otherwise, and whether each case is listed by itself. What has no reason is a mistake of ours.
fn reason(difference: &Difference) -> Option<(&'static str, bool)> {
    let Difference { aspect, before, after, item, schema } = difference;
    let (before, after) = (before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
    let link = |text: &str| text.trim_start_matches("list of ").starts_with("link to ");
    Some(match *aspect {
        "URI" | "deprecated URI" => ("Where resources are: only `paths` of a service's `openapi.yaml` say it", false),
        "insertable" | "updatable" | "deletable" => {
            ("Whether resources can be created, changed, deleted: as above", false)
        }
        "nullable" if before == "yes" => ("That an item of a list of links may be null", false),
        "since" => {
            ("Since which version there is a type; properties that came with it bear that version themselves", false)
        }
        "type" if link(before) && link(after) => {
            ("Which resource a link leads to, where neither prose nor its name shows", true)
        }
        "type" | "schema" if after.is_empty() => {
            ("Types that only links name which prose leaves untold, or that only schemas use", true)
        }
        "type" | "schema" if before.is_empty() => ("Types that prose names and nothing defines", true),
        "type" if before == "any scalar" => ("That a value may be any scalar", true),
        "type" if after == "list of free-form object" => ("That what another standard defines is a resource", true),
        "term" => ("Types of some annotations, and annotations that only schemas use", true),
        "version" if schema == "RedfishExtensions" => ("The version of the annotations", true),
        "permissions" if before == "none" => ("That a property is never shown", true),
        "further properties" if before.starts_with("string") => {
            ("What properties hold whose names services make up", true)
        }
        "open" => ("That further properties are allowed where names have a pattern", true),
        "abstract" => ("That a type is only there to be derived from", true),
        "returns" if item.ends_with("Namespaces") => {
            ("What an action returns, where its name is not the action's", true)
        }
        _ => return None,
    })
}

/// Compares a language with CSDL: a table by schema on standard output, and the part of the page that is made of it.
fn compare(language: &str) -> String {
    let (csdl, other) = (model("csdl"), model(language));
    let all = diff(&csdl, &other);
    let mut by_schema: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let both = |schema: &str| csdl.schemas.contains_key(schema) && other.schemas.contains_key(schema);
    for ty in csdl.structs.values().filter(|ty| both(&ty.name.schema)) {
        let row = by_schema.entry(&ty.name.schema).or_default();
        row[0] += 1;
        row[1] += ty.fields.len() + ty.actions.len();
    }
    for ty in csdl.enums.values().filter(|ty| both(&ty.name.schema)) {
        let row = by_schema.entry(&ty.name.schema).or_default();
        row[0] += 1;
        row[1] += ty.members.len();
    }
    let mut reasons: BTreeMap<&str, (usize, BTreeSet<String>)> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for difference in &all {
        match reason(difference) {
            Some((reason, single)) => {
                let (count, listed) = reasons.entry(reason).or_default();
                *count += 1;
                if single {
                    listed.insert(difference.to_string());
                }
                if let Some(row) = by_schema.get_mut(difference.schema.as_str()) {
                    row[if single { 2 } else { 3 }] += 1;
                }
            }
            None => unexplained.push(difference.to_string()),
        }
    }
    println!("{:<36} types parts listed counted", format!("csdl and {language}"));
    for (schema, [types, parts, listed, counted]) in &by_schema {
        println!("{schema:<36} {types:>5} {parts:>5} {listed:>6} {counted:>7}");
    }
    assert!(unexplained.is_empty(), "{} differences without a reason:\n{}", unexplained.len(), unexplained.join("\n"));
    let (types, parts) = by_schema.values().fold((0, 0), |sum, row| (sum.0 + row[0], sum.1 + row[1]));
    let mut text = format!(
        "{} schemas have both, with {types} types and {parts} properties, actions and members.\n\n\
         | what CSDL says and the other language doesn't | count |\n| --- | --- |\n",
        by_schema.len()
    );
    for (reason, (count, _)) in &reasons {
        text.push_str(&format!("| {reason} | {count} |\n"));
    }
    for (reason, (_, listed)) in reasons.iter().filter(|(_, (_, listed))| !listed.is_empty()) {
        text.push_str(&format!("\n{reason}:\n\n```text\n"));
        listed.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        text.push_str("```\n");
    }
    text
}

/// Holds the page against what the comparison gives.
fn is_on_the_page(language: &str) {
    let path = crate_path("../docs/schema-languages.md");
    let page = fs::read_to_string(&path).expect("the page");
    let (start, end) = (format!("<!-- {language} begins -->\n"), format!("<!-- {language} ends -->\n"));
    let from = page.find(&start).expect("where it begins") + start.len();
    let to = page.find(&end).expect("where it ends");
    let current = compare(language);
    if std::env::var_os("UPDATE_LANGUAGES").is_some() {
        fs::write(&path, format!("{}{current}{}", &page[..from], &page[to..])).expect("a writable page");
        return;
    }
    assert!(page[from..to] == current, "docs/schema-languages.md is not current: run this with UPDATE_LANGUAGES=1");
}

#[test]
#[ignore = "needs ../shared/dsp8010-2025.4"]
fn openapi_gives_the_model_of_csdl_but_for_what_the_page_lists() {
    is_on_the_page("openapi");
}

#[test]
#[ignore = "needs ../shared/dsp8010-2025.4/json-schema"]
fn json_schema_gives_the_model_of_csdl_but_for_what_has_a_reason() {
    compare("json-schema");
}
