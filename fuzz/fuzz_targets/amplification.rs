//! Bytes in against bytes held: a piece of a body, repeated, wherever a client reads what a service sends. No ratio is over
//! the budget.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rosefish::schema;
use rosefish::wire::Table;

#[allow(dead_code)]
#[path = "../../tests/amplification/held.rs"]
mod held;

static TYPES: LazyLock<Vec<&'static Table>> =
    LazyLock::new(|| schema::types().iter().map(|(_, table)| *table).collect());

fuzz_target!(|input: (u8, u8, u16, u8, &[u8])| {
    let (place, form, table, field, item) = input;
    if item.is_empty() {
        return;
    }
    let place = held::PLACES[usize::from(place) % held::PLACES.len()];
    let table = TYPES[usize::from(table) % TYPES.len()];
    let name = table.fields.iter().cycle().nth(field.into()).map_or("x", |field| field.name);
    let held = held::held(place, table, &held::body(place, form, name, item));
    assert!(held.held <= held.most, "{place:?} {form} {} {name} {}: {held:?}", table.name, item.escape_ascii());
});
