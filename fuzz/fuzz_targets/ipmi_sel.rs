//! Any bytes as an entry of the event log: no panic, words for every event, and what is encoded again is the same but for
//! two reserved bits.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rosefish_ipmi::record::sel::{ENTRY_LENGTH, Entry, EntryBody};

fuzz_target!(|bytes: &[u8]| {
    let Ok(entry) = Entry::decode(bytes) else {
        assert!(bytes.len() < ENTRY_LENGTH);
        return;
    };
    assert!(!entry.to_string().is_empty());
    if let Some(timestamp) = entry.timestamp() {
        assert!(timestamp.time().is_none() || timestamp.since_start().is_none());
    }
    let mut expected: [u8; ENTRY_LENGTH] = bytes[..ENTRY_LENGTH].try_into().unwrap();
    if let EntryBody::Event { generator, event, .. } = &entry.body {
        let _ = (generator.software(), event.sensor_type.name(), event.detail());
        let _ = (event.event_type.is_generic(), event.event_type.is_oem());
        assert!(event.trigger_reading().is_none() || event.event_type.is_threshold());
        assert!(event.trigger_threshold().is_none() || event.event_type.is_threshold());
        assert!(event.state().is_none_or(|state| !state.is_empty()));
        // Two bits beside the generator's logical unit are reserved.
        expected[8] &= 0xf3;
    }
    assert_eq!(entry.encode(), expected);
    assert_eq!(Entry::decode(&entry.encode()), Ok(entry));
});
