//! The types of one schema, parsed from the schema compiler's text when the first of them is used. As text they cost no compile
//! time, and a program only parses what it uses.
//!
//! A line is a fact, with tabs between its columns; empty columns at its end are left out. The first is the schema's
//! version, if it has any. After an empty line `*` begins a record type (name, place of the description, kind and flags, version that
//! brought it), `%` an enumeration (name, place of the description). The lines of a record type are its URIs (`/`), the
//! places of vendors' objects of it (`=`), the patterns of names that services make up (`~`), its actions (`>`), and its properties, for which see [`Fields`]; those
//! of an enumeration are its members (name, place, version).

use std::fmt;
use std::sync::OnceLock;

use crate::reflect::column::{Malformed, filled, number, optional};
use crate::reflect::fields::Fields;
use crate::reflect::record::{Member, Record};
use crate::reflect::table::{ActionTable, Capabilities, Doc, EnumTable, Notes, Table, TypeKind};
use crate::value::action::NO_PARAMETERS;
use crate::value::version::Version;

/// All schemas, sorted by name.
pub type Modules = &'static [&'static Module];

/// The types of a schema.
pub struct Module {
    schema: &'static str,
    text: &'static str,
    new: &'static [fn() -> Box<dyn Record>],
    all: &'static Modules,
    read: OnceLock<Read>,
}

/// The record types and the enumerations.
struct Read {
    tables: Box<[Table]>,
    enums: Box<[EnumTable]>,
}

impl Module {
    /// Returns a schema's name, its types as text, what makes an empty record of each, and where to find the other
    /// schemas.
    #[must_use]
    pub const fn new(
        schema: &'static str,
        text: &'static str,
        new: &'static [fn() -> Box<dyn Record>],
        all: &'static Modules,
    ) -> Self {
        Self { schema, text, new, all, read: OnceLock::new() }
    }

    /// Returns the record type with this number.
    #[must_use]
    // Otherwise the code that parses a schema would be compiled into each of its types.
    #[inline(never)]
    pub fn table(&'static self, number: usize) -> &'static Table {
        let table = self.read().tables.get(number);
        debug_assert!(table.is_some(), "{} has no record type {number}", self.schema);
        table.unwrap_or(&NO_PARAMETERS)
    }

    /// Returns the number of a member of the enumeration of this number, beyond the last for a spelling that it
    /// doesn't have.
    #[must_use]
    #[inline(never)]
    pub fn member(&'static self, enumeration: usize, member: &Member<'_>) -> usize {
        let find = || self.read().enums.get(enumeration).map_or(usize::MAX, |table| table.find(member.spelling));
        member.number.unwrap_or_else(find)
    }

    /// Returns all record types.
    #[must_use]
    pub fn types(&'static self) -> &'static [Table] {
        &self.read().tables
    }

    fn read(&'static self) -> &'static Read {
        self.read.get_or_init(|| Reader::new(self).read())
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Module").field(&self.schema).finish()
    }
}

/// Returns the schemas that a type's full name begins with. There are several if a crate has types of a schema that the library was
/// built without, in addition to those that it has.
fn schemas_of(modules: Modules, name: &str) -> &'static [&'static Module] {
    let schema = name.split('.').next().unwrap_or_default();
    let start = modules.partition_point(|module| module.schema < schema);
    let rest = modules.get(start..).unwrap_or_default();
    rest.get(..rest.partition_point(|module| module.schema == schema)).unwrap_or_default()
}

/// Returns the record type of this full name.
pub fn find_table(modules: Modules, name: &str) -> Option<&'static Table> {
    schemas_of(modules, name).iter().flat_map(|module| module.types()).find(|table| table.name == name)
}

/// Returns the record type of this name; of a resource the bare name will do.
pub fn find_type(modules: Modules, name: &str) -> Option<&'static Table> {
    if name.contains('.') { find_table(modules, name) } else { find_table(modules, &format!("{name}.{name}")) }
}

/// Returns all record types.
pub fn tables(modules: Modules) -> impl Iterator<Item = &'static Table> {
    modules.iter().flat_map(|module| module.types())
}

/// Returns a description and the long one that goes with it, from the text that the schema compiler wrote of all.
#[must_use]
pub fn description(text: &'static str, doc: Doc) -> Option<(&'static str, &'static str)> {
    let place = usize::try_from(doc.0).ok().filter(|place| *place > 0)?;
    text.get(place..)?.lines().next()?.split_once('\t')
}

/// Returns the enumeration of this full name.
pub(crate) fn find_enum(modules: Modules, name: &str) -> Option<&'static EnumTable> {
    schemas_of(modules, name).iter().flat_map(|module| &module.read().enums).find(|known| known.name == name)
}

/// Parses the text of a schema.
struct Reader {
    module: &'static Module,
    version: Version,
    tables: Vec<Table>,
    enums: Vec<EnumTable>,
}

impl Reader {
    fn new(module: &'static Module) -> Self {
        Self { module, version: Version::NONE, tables: Vec::new(), enums: Vec::new() }
    }

    fn read(mut self) -> Read {
        let mut blocks = self.module.text.split("\n\n");
        // A schema without versions has an empty line there.
        let first =
            optional(blocks.next().unwrap_or_default(), |text| Version::read(text).ok_or(Malformed("a version")));
        self.version = first.unwrap_or_else(|fault| fault.fail("schema", self.module.schema)).unwrap_or_default();
        for block in blocks {
            let (header, lines) = block.split_once('\n').unwrap_or((block, ""));
            let read = match header.split_at_checked(1) {
                Some(("*", header)) => self.record(header, lines),
                Some(("%", header)) => self.enumeration(header, lines),
                _ => Err(Malformed("a record type or an enumeration")),
            };
            read.unwrap_or_else(|fault| fault.fail(self.module.schema, block));
        }
        if self.tables.len() != self.module.new.len() {
            Malformed("as many record types as there are Rust types").fail("schema", self.module.schema);
        }
        Read { tables: self.tables.into(), enums: self.enums.into() }
    }

    fn record(&mut self, header: &'static str, lines: &'static str) -> Result<(), Malformed> {
        let mut columns = header.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (name, doc, marks, since) = (filled(column(), "a name")?, column(), column(), column());
        let allowed = |yes: char, no: char| match (marks.contains(yes), marks.contains(no)) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let kind = match marks.chars().next() {
            Some('E') => TypeKind::Entity,
            Some('L') => TypeKind::Collection,
            Some('X') => TypeKind::Excerpt,
            Some('P') => TypeKind::Parameters,
            Some('A') => TypeKind::Actions,
            Some('C') => TypeKind::Complex,
            _ => return Err(Malformed("a kind")),
        };
        let (mut uris, mut patterns, mut actions) = (Vec::new(), Vec::new(), Vec::new());
        let mut places = Vec::new();
        let mut rest = lines;
        loop {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            match line.split_at_checked(1) {
                Some(("/", _)) => uris.push(line),
                Some(("=", place)) => places.push(place),
                Some(("~", pattern)) => patterns.push(pattern),
                Some((">", action)) => actions.push(self.action(action)?),
                _ => break,
            }
            rest = after;
        }
        let new = self.module.new.get(self.tables.len()).ok_or(Malformed("a Rust type for it"))?;
        self.tables.push(Table {
            name,
            kind,
            fields: Fields::new(rest, self.module.all),
            actions: actions.leak(),
            patterns: patterns.leak(),
            open: marks.contains('o'),
            shell: marks.contains('s'),
            uris: uris.leak(),
            places: places.leak(),
            capabilities: Capabilities {
                insertable: allowed('I', 'i'),
                updatable: allowed('U', 'u'),
                deletable: allowed('D', 'd'),
            },
            version: self.version,
            notes: notes(doc, since)?,
            new: *new,
        });
        Ok(())
    }

    fn action(&self, line: &'static str) -> Result<ActionTable, Malformed> {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (name, doc, since, parameters) = (filled(column(), "an action's name")?, column(), column(), column());
        let parameters = (!parameters.is_empty()).then_some((*self.module.all, parameters));
        Ok(ActionTable { name, parameters, notes: notes(doc, since)? })
    }

    fn enumeration(&mut self, header: &'static str, lines: &'static str) -> Result<(), Malformed> {
        let (name, doc) = header.split_once('\t').unwrap_or((header, ""));
        let name = filled(name, "a name")?;
        let (mut members, mut about) = (Vec::new(), Vec::new());
        for line in lines.lines() {
            let mut columns = line.split('\t');
            members.push(filled(columns.next().unwrap_or_default(), "a member's name")?);
            about.push(notes(columns.next().unwrap_or_default(), columns.next().unwrap_or_default())?);
        }
        // Parsed once in the life of the program, like the static text that they come from.
        let (members, about): (&'static [_], &'static [_]) = (members.leak(), about.leak());
        self.enums.push(EnumTable { name, members, notes: about, doc: notes(doc, "")?.doc });
        Ok(())
    }
}

fn notes(doc: &str, since: &str) -> Result<Notes, Malformed> {
    let since = optional(since, |text| Version::read(text).ok_or(Malformed("a version")))?;
    let doc = optional(doc, |text| number(text, "the place of a description"))?;
    Ok(Notes { since: since.unwrap_or_default(), doc: Doc(doc.unwrap_or_default()) })
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;
    use crate::value::action::NoParameters;

    const NEW: &[fn() -> Box<dyn Record>] = &[crate::reflect::generated::new::<NoParameters>];

    fn module(text: &'static str) -> &'static Module {
        Box::leak(Box::new(Module::new("Test", text, NEW, &(&[] as &[&Module]))))
    }

    #[test]
    fn a_block_that_cant_be_read_fails_and_is_not_passed_over() {
        let good = module(
            "1.2.0\n\n*Test.Test\t7\tEoU\n/redfish/v1/Test\n>Test.Do\t0\nId\t0\tS\t6\n\n%Test.E\t3\nA\nB\t4\t1.1.0",
        );
        let [table] = good.types() else { panic!("{:?}", good.types()) };
        assert_eq!((table.name, table.fields.len(), table.actions.len(), table.uris.len()), ("Test.Test", 1, 1, 1));
        assert_eq!(good.read().enums[0].members, ["A", "B"]);
        for (bad, expected) in [
            ("", "as many record types"),
            ("x\n\n*Test.Test\t7\tE", "a version"),
            ("1.2", "a version"),
            ("1.2.0", "as many record types"),
            ("1.2.0\n\n*\t7\tE", "a name"),
            ("1.2.0\n\n*Test.Test\t7\tQ", "a kind"),
            ("1.2.0\n\n*Test.Test\tx\tE", "the place of a description"),
            ("1.2.0\n\n*Test.Test\t0\tE\t1", "a version"),
            ("1.2.0\n\n*Test.Test\t0\tE\n>\t0", "an action's name"),
            ("1.2.0\n\n*Test.Test\t0\tE\n\n*Test.Other\t0\tE", "a Rust type for it"),
            ("1.2.0\n\nTest.Test\t0\tE", "a record type or an enumeration"),
            ("1.2.0\n\n*Test.Test\t0\tE\n\n", "a record type or an enumeration"),
            ("1.2.0\n\n*Test.Test\t0\tE\n\n%", "a name"),
            ("1.2.0\n\n*Test.Test\t0\tE\n\n%Test.E\n\tx", "a member's name"),
        ] {
            let failure = catch_unwind(|| module(bad).types().len()).expect_err(bad);
            let message = failure.downcast_ref::<String>().unwrap();
            assert!(message.contains(expected) && message.contains("Test"), "{bad:?}: {message}");
        }
    }
}
