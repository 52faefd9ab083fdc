//! Any bytes as an FRU inventory, as they are and with their checksums put right: no panic, an end to every list, and a
//! defect named wherever an area that the header promises isn't there.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rosefish_ipmi::packet::checksum;
use rosefish_ipmi::record::fru::{CommonHeader, Inventory, Problem, chassis_type_name};
use rosefish_ipmi::record::fru_edit::{FruField, edit};
use rosefish_ipmi::record::multirecord::MultiRecordBody;
use rosefish_ipmi::record::text::Text;

fuzz_target!(|input: (bool, &[u8])| {
    let (put_right, bytes) = input;
    let mut bytes = bytes.to_vec();
    if put_right {
        mend(&mut bytes);
    }
    let Ok(inventory) = Inventory::decode(&bytes) else {
        assert!(CommonHeader::decode(&bytes).is_err());
        return;
    };
    let (header, intact) = CommonHeader::decode(&bytes).unwrap();
    let defect = |area: &str| inventory.defects.iter().any(|defect| defect.area == area);
    assert_eq!(!intact, defect("common header"));
    assert_eq!(inventory.internal_use, header.internal_use);
    for (name, promised, read) in [
        ("chassis", header.chassis, inventory.chassis.is_some()),
        ("board", header.board, inventory.board.is_some()),
        ("product", header.product, inventory.product.is_some()),
        ("multirecord", header.multirecord, !inventory.records.is_empty()),
    ] {
        match promised {
            None => assert!(!read && !defect(name), "{name}: the header names no such area"),
            Some(_) => assert!(read || defect(name), "{name}: neither read nor said to be defective"),
        }
    }
    texts(&inventory, bytes.len());
    assert!(5 * inventory.records.len() <= bytes.len());
    for record in &inventory.records {
        if let MultiRecordBody::Unknown(data) | MultiRecordBody::Oem { data, .. } = &record.body {
            assert!(data.len() < 256);
        }
    }
    // Only the last record may be damaged: what follows it can't be trusted to begin there.
    let damaged = inventory.records.iter().position(|record| !record.intact);
    assert!(damaged.is_none_or(|at| at + 1 == inventory.records.len()));
    assert!(damaged.is_none() || inventory.defects.iter().any(|defect| defect.problem == Problem::Checksum));
    let _ = format!("{inventory:?}");
    edited(&bytes);
});

/// What can be edited is as long afterwards, and has what it was given.
fn edited(bytes: &[u8]) {
    for name in ["chassis.serial-number", "board.extra1", "product.asset-tag"] {
        let Ok(field) = name.parse::<FruField>() else { continue };
        let Ok(after) = edit(bytes, &[(field, "a text of some length".to_owned())]) else { continue };
        assert_eq!(after.len(), bytes.len());
        let read = Inventory::decode(&after).unwrap();
        if let (Some(product), "product.asset-tag") = (&read.product, name) {
            assert_eq!(product.asset_tag.as_str(), Some("a text of some length"));
        }
    }
}

fn texts(inventory: &Inventory, length: usize) {
    let mut texts: Vec<&Text> = Vec::new();
    if let Some(area) = &inventory.chassis {
        assert!(!chassis_type_name(area.chassis_type).is_empty());
        texts.extend([&area.part_number, &area.serial_number]);
        texts.extend(&area.custom);
    }
    if let Some(area) = &inventory.board {
        assert_eq!(area.manufactured().is_some(), area.manufactured_minutes.is_some());
        texts.extend([&area.manufacturer, &area.product_name, &area.serial_number, &area.part_number, &area.file_id]);
        texts.extend(&area.custom);
    }
    if let Some(area) = &inventory.product {
        texts.extend([&area.manufacturer, &area.product_name, &area.part_number, &area.version]);
        texts.extend([&area.serial_number, &area.asset_tag, &area.file_id]);
        texts.extend(&area.custom);
    }
    // Each field takes at least a byte, in one of three areas that may be the same; and at most 63, of 4 characters in 3.
    assert!(texts.len() <= 3 * (length + 7));
    for text in texts {
        assert_eq!(text.is_empty(), text.to_string().is_empty());
        assert_eq!(text.as_str().is_none(), matches!(text, Text::Binary(_)));
        assert!(text.as_str().is_none_or(|text| text.chars().count() <= 126));
    }
}

/// Puts right the sums that a fuzzer has trouble with: the header's, each area's, and those of the multirecords.
fn mend(bytes: &mut [u8]) {
    if bytes.len() < 8 {
        return;
    }
    bytes[0] = 1;
    bytes[7] = checksum(&bytes[..7]);
    for offset in 2..5 {
        let at = usize::from(bytes[offset]) * 8;
        if let Some(area) = bytes.get_mut(at..).filter(|area| at != 0 && area.len() > 2) {
            let end = (usize::from(area[1]) * 8).min(area.len());
            if let Some((last, rest)) = area[..end].split_last_mut() {
                *last = checksum(rest);
            }
        }
    }
    let mut at = usize::from(bytes[5]) * 8;
    while let Some(record) = bytes.get_mut(at..).filter(|record| at != 0 && record.len() >= 5) {
        let end = 5 + usize::from(record[2]);
        if let Some(data) = record.get(5..end) {
            record[3] = checksum(data);
        }
        record[4] = checksum(&record[..4]);
        at += end;
    }
}
