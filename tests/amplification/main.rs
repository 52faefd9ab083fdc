//! What a service sends is held in no more memory than it may take, wherever a client reads it.

use proptest::prelude::*;
use rosefish::schema;
use rosefish::wire::{Kind, Limits, decode_into};

mod held;

use held::{PLACES, body, held};

const ITEMS: [&str; 17] = [
    "{}",
    "[]",
    "null",
    "\"\"",
    "7.50",
    "{\"a\":1}",
    "{\"@odata.id\":\"/redfish/v1/Systems/1\"}",
    "{\"@odata.id\":\"/redfish/v1/Registries/Acme\"}",
    "{\"MessageId\":\"Acme.1.0.Odd\"}",
    "{\"MessageId\":\"Base.1.8.PropertyUnknown\",\"MessageArgs\":[\"x\"]}",
    "{\"Status\":{},\"Links\":{},\"Oem\":{}}",
    "{\"@odata.id\":7,\"@odata.type\":\"\"}",
    "data\n\n",
    "id: iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii\ndata\n\n",
    "data: {\"Events\":[{},{}]}\n\n",
    "\"\u{1}\"",
    "[[[[[[]]]]]]",
];

/// One test, as the allocator counts for all threads.
#[test]
fn what_a_service_sends_takes_no_more_memory_than_it_may() {
    an_empty_record_of_a_list_is_counted();
    for place in PLACES {
        let mut worst = (0, String::new());
        let table = schema::find("ComputerSystem").unwrap();
        for item in ITEMS {
            for form in 0..4 {
                let body = body(place, form, "PCIeDevices", item.as_bytes());
                let held = held(place, table, &body);
                assert!(held.held <= held.most, "{place:?} {form} {item}: {held:?}");
                if held.held > worst.0 {
                    worst =
                        (held.held, format!("{} bytes of {item:?} take {}, of {}", held.came, held.held, held.most));
                }
            }
        }
        println!("{place:?}: {}", worst.1);
    }
    let types = schema::types().to_vec();
    let shape = (
        proptest::sample::select(types),
        any::<proptest::sample::Index>(),
        proptest::sample::select(&PLACES[..]),
        proptest::sample::select(&ITEMS[..]),
        prop::collection::vec(any::<u8>(), 0..3),
        0..4_u8,
    );
    let config = ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&shape, |((_, table), field, place, item, noise, form)| {
        let names: Vec<_> = table.fields.iter().map(|field| field.name).collect();
        let name = if names.is_empty() { "x" } else { names[field.index(names.len())] };
        let mut item = item.as_bytes().to_vec();
        for byte in noise {
            let at = field.index(item.len());
            item[at] = byte;
        }
        let held = held(place, table, &body(place, form, name, &item));
        prop_assert!(
            held.held <= held.most,
            "{place:?} {} {name} {form} {}: {held:?}",
            table.name,
            item.escape_ascii()
        );
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// Two bytes make a record with room for all that its type has. Whatever that is, the budget counts it.
fn an_empty_record_of_a_list_is_counted() {
    let mut costs = Vec::new();
    for (_, table) in schema::types() {
        for field in table.fields.iter().filter(|field| field.flags.many() && matches!(field.kind, Kind::Record(_))) {
            const COUNT: usize = 1000;
            let text = format!("{{\"{}\":[{}{{}}]}}", field.name, "{},".repeat(COUNT - 1));
            let unbounded = Limits::default().with_memory(usize::MAX);
            let took = held::taken(|| decode_into(&mut *table.make(), text.as_bytes(), &unbounded).is_ok());
            let half = Limits::default().with_memory(took.1 / 2);
            let (bounded, with_half) = held::taken(|| decode_into(&mut *table.make(), text.as_bytes(), &half).is_ok());
            assert!(took.0 && !bounded, "{} {}: {took:?}", table.name, field.name);
            assert!(with_half <= took.1 / 2 + (64 << 10), "{} {}: {with_half} of {took:?}", table.name, field.name);
            costs.push((took.1 / COUNT, table.name, field.name));
        }
    }
    costs.sort_unstable();
    let (first, middle, last) = (costs[0], costs[costs.len() / 2], costs[costs.len() - 1]);
    println!("an empty record of {} lists: {first:?}, {middle:?} in the middle, {last:?} at most", costs.len());
}
