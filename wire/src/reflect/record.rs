//! Reflection on values: a [`Record`] is a struct whose fields can be reached by number. Every generated type is
//! one. What is done with records (decode, encode, compare, copy, diff) is written once, on these traits.

use std::any::Any;
use std::fmt;

use crate::codec::residue::Residue;
use crate::codec::scalar::ScalarSlot;
use crate::reflect::table::{Table, TypeKind};
use crate::value::action::{Actions, NO_PARAMETERS};
use crate::value::link::AnyLink;

/// A struct whose fields can be reached by number, as [`Table::fields`] numbers them. It has these functions alone, as there
/// are a thousand such types; decoding, encoding, comparing and printing are written once, on `dyn Record`.
///
/// Programs don't implement it: the schema compiler does. This is what it writes for a type of two properties, and what comes
/// of that:
///
/// ```
/// use rosefish_wire::generated::{Module, new};
/// use rosefish_wire::{self as wire, Limits, Record, Residue, Slot, SlotMut, Table};
///
/// #[derive(Debug, Clone, Default)]
/// struct Lamp {
///     name: Option<String>,
///     watts: Option<i64>,
///     // What a payload has beyond the two, and what they could not take as it was.
///     residue: Residue,
/// }
///
/// // What the schema says, a line for each property: its name, where its description is, its kind, its flags.
/// const TABLES: &str = "1.0.0\n\n*Demo.Lamp\t0\tC\nName\t0\tS\t6\nWatts\t0\tI\t6";
/// static MODULE: Module = Module::new("Demo", TABLES, &[new::<Lamp>], &(&[] as &[&Module]));
///
/// impl Record for Lamp {
///     fn slot(&self, number: usize) -> Slot<'_> {
///         match number {
///             0 => Slot::Scalar(&self.name),
///             1 => Slot::Scalar(&self.watts),
///             _ => Slot::Rest(MODULE.table(0), &self.residue),
///         }
///     }
///     fn slot_mut(&mut self, number: usize) -> SlotMut<'_> {
///         match number {
///             0 => SlotMut::Scalar(&mut self.name),
///             1 => SlotMut::Scalar(&mut self.watts),
///             _ => SlotMut::Rest(&mut self.residue),
///         }
///     }
///     fn type_table() -> &'static Table {
///         MODULE.table(0)
///     }
/// }
///
/// let json = br#"{"Name":"hall","Watts":"60","Color":"warm"}"#;
/// let decoded = wire::decode::<Lamp>(json, &Limits::default())?;
/// let lamp = decoded.value;
/// assert_eq!(lamp.watts, Some(60)); // nothing is lost by reading it as a number
/// assert_eq!(decoded.deviations.len(), 2); // that, and a property that the type does not have
/// assert_eq!(lamp.residue.get("Color"), Some("\"warm\""));
/// assert_eq!(wire::encode(&lamp).as_bytes(), json); // as it came
///
/// let brighter = Lamp { watts: Some(75), ..lamp.clone() };
/// assert_eq!(wire::diff(&lamp, &brighter).body.to_string(), r#"{"Watts":75}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Record: Any + Send + Sync {
    /// Returns a field to read: for [`MAP`] a [`Slot::Map`] if there is one, for numbers beyond the last a [`Slot::Rest`].
    fn slot(&self, slot: usize) -> Slot<'_>;
    /// Returns a field to change, in the same way.
    fn slot_mut(&mut self, slot: usize) -> SlotMut<'_>;
    /// Returns what the schemas say about this type. It takes no value: to make one, a program would compile for each type how it is
    /// made and dropped.
    #[must_use]
    fn type_table() -> &'static Table
    where
        Self: Sized;
}

/// The slot of the properties whose names the service makes up.
pub const MAP: usize = usize::MAX - 1;

/// A [`Record`] type that is known at compile time.
pub trait Type: Record + Default + Clone + fmt::Debug {
    /// Returns what the schemas say about this type; for the actions of a resource, about those of that resource.
    fn table(&self) -> &'static Table;
}

impl<T: Record + Default + Clone + fmt::Debug> Type for T {
    fn table(&self) -> &'static Table {
        (self as &dyn Record).table()
    }
}

/// A resource collection.
pub trait Collection: Type {
    /// What its members are.
    type Member: Type;
    /// Returns the references in `Members`.
    fn members(&self) -> &[crate::Link<Self::Member>];
}

impl dyn Record {
    /// Returns this record as the type that it is.
    #[must_use]
    pub fn downcast_ref<T: Type>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }

    /// Returns this record as the type that it is, to change.
    #[must_use]
    pub fn downcast_mut<T: Type>(&mut self) -> Option<&mut T> {
        (self as &mut dyn Any).downcast_mut()
    }

    /// Returns this record as the type that it is.
    ///
    /// # Errors
    ///
    /// The record itself, where it is of another type.
    pub fn downcast<T: Type>(self: Box<Self>) -> Result<Box<T>, Box<Self>> {
        if self.downcast_ref::<T>().is_none() {
            return Err(self);
        }
        let any: Box<dyn Any> = self;
        match any.downcast() {
            Ok(record) => Ok(record),
            Err(_) => {
                debug_assert!(false, "`downcast_ref` succeeded above");
                Ok(Box::default())
            }
        }
    }

    /// Returns what the schemas say of this type.
    #[must_use]
    pub fn table(&self) -> &'static Table {
        match self.slot(usize::MAX) {
            Slot::Rest(table, _) => table,
            other => {
                debug_assert!(false, "beyond the last field there is {other:?}");
                &NO_PARAMETERS
            }
        }
    }

    /// Returns the properties whose names the service made up.
    #[must_use]
    pub fn dynamic(&self) -> Option<&dyn MapSlot> {
        match self.slot(MAP) {
            Slot::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Returns the properties whose names the service made up.
    #[must_use]
    pub fn dynamic_mut(&mut self) -> Option<&mut dyn MapSlot> {
        match self.slot_mut(MAP) {
            SlotMut::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Returns what the payload had beyond the fields.
    #[must_use]
    pub fn residue(&self) -> &Residue {
        static NONE: Residue = Residue::NONE;
        match self.slot(usize::MAX) {
            Slot::Rest(_, residue) => residue,
            other => {
                debug_assert!(false, "beyond the last field there is {other:?}");
                &NONE
            }
        }
    }

    /// Makes an empty record one of this type, if its Rust type serves several.
    pub(crate) fn adopt(&mut self, table: &'static Table) {
        if matches!(table.kind, TypeKind::Actions)
            && let Some(actions) = self.downcast_mut::<Actions>()
        {
            actions.adopt(table);
        }
    }

    /// Returns what the payload had beyond the fields, to change.
    pub(crate) fn residue_mut(&mut self) -> Option<&mut Residue> {
        match self.slot_mut(usize::MAX) {
            SlotMut::Rest(residue) => Some(residue),
            other => {
                debug_assert!(false, "beyond the last field there is {other:?}");
                None
            }
        }
    }

    /// Empties the record.
    pub(crate) fn clear(&mut self) {
        for slot in 0..self.table().fields.len() {
            self.slot_mut(slot).clear();
        }
        if let Some(map) = self.dynamic_mut() {
            map.clear();
        }
        if let Some(residue) = self.residue_mut() {
            *residue = Residue::NONE;
        }
    }

    /// Returns whether the payload had this property, if only as null or in a form that its field could not take.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let beside = |slot: usize| !self.slot(slot).is_empty() || self.residue().beside(slot).is_some();
        self.table().find(name).is_some_and(beside) || self.residue().get(name).is_some()
    }

    /// Returns the text of a string-like property (`Edm.String`, `@odata.id`, an enumeration).
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.slot(self.table().find(name)?) {
            Slot::Scalar(scalar) => scalar.text(),
            Slot::Enum(values) => values.get(0),
            _ => None,
        }
    }
}

/// A field to read, seen through one of few traits. A field is one value or a `Vec` of them; the traits hide which. Numbers beyond
/// the last field give [`Slot::Rest`], so the end of the fields needs no function of its own. [`Record`] shows how a type
/// gives its slots, and the methods of `dyn Record` are what programs use:
///
/// ```
/// use rosefish_wire::{ActionTarget, Slot};
///
/// let mut action = ActionTarget::default();
/// action.target = Some("/redfish/v1/Systems/1/Actions/Reset".into());
/// let record = &action as &dyn rosefish_wire::Record;
/// for (number, field) in record.table().fields.iter().enumerate() {
///     if let Slot::Scalar(value) = record.slot(number) {
///         println!("{}: {:?}", field.name, value.text());
///     }
/// }
/// assert!(record.has("target"));
/// ```
#[derive(Debug)]
pub enum Slot<'a> {
    /// No such field: what the type is, and what there is beyond the fields.
    Rest(&'static Table, &'a Residue),
    /// The properties whose names the service made up.
    Map(&'a dyn MapSlot),
    /// Scalars: `Option` or `Vec`.
    Scalar(&'a dyn ScalarSlot),
    /// Members of an enumeration: `Option` or `Vec`.
    Enum(&'a dyn EnumSlot),
    /// Objects: `Option` or `Vec`.
    Record(&'a dyn RecordSlot),
    /// Links: `Option` or `Vec`.
    Link(&'a dyn LinkSlot),
}

/// A field to change.
#[derive(Debug)]
pub enum SlotMut<'a> {
    /// No such field: what there is beyond the fields.
    Rest(&'a mut Residue),
    /// The properties whose names the service made up.
    Map(&'a mut dyn MapSlot),
    /// Scalars: `Option` or `Vec`.
    Scalar(&'a mut dyn ScalarSlot),
    /// Members of an enumeration: `Option` or `Vec`.
    Enum(&'a mut dyn EnumSlot),
    /// Objects: `Option` or `Vec`.
    Record(&'a mut dyn RecordSlot),
    /// Links: `Option` or `Vec`.
    Link(&'a mut dyn LinkSlot),
}

impl Slot<'_> {
    /// Returns how many values are there: 0 or 1 of an `Option`.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Rest(..) | Self::Map(_) => 0,
            Self::Scalar(slot) => slot.len(),
            Self::Enum(slot) => slot.len(),
            Self::Record(slot) => slot.len(),
            Self::Link(slot) => slot.len(),
        }
    }

    /// Returns whether no value is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Rest(..) | Self::Map(_) => true,
            Self::Scalar(slot) => slot.len() == 0,
            Self::Enum(slot) => slot.is_empty(),
            Self::Record(slot) => slot.is_empty(),
            Self::Link(slot) => slot.is_empty(),
        }
    }
}

impl SlotMut<'_> {
    /// Removes all values.
    pub fn clear(&mut self) {
        match self {
            Self::Rest(_) => {}
            Self::Map(map) => map.clear(),
            Self::Scalar(slot) => slot.clear(),
            Self::Enum(slot) => slot.put(None),
            Self::Record(slot) => drop(slot.put(false)),
            Self::Link(slot) => drop(slot.put(false)),
        }
    }
}

macro_rules! slots {
    ($($slot:ident $item:ty;)*) => {$(
        // On the trait object, not in each type: compile time grows with the number of functions.
        impl dyn $slot + '_ {
            /// Returns the values.
            pub fn iter(&self) -> impl Iterator<Item = &$item> {
                (0..).map_while(|index| self.get(index))
            }
            /// Returns how many there are.
            #[must_use]
            pub fn len(&self) -> usize {
                self.iter().count()
            }
            /// Returns whether there is none.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.get(0).is_none()
            }
        }
        impl fmt::Debug for dyn $slot + '_ {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.iter()).finish()
            }
        }
    )*};
}

slots! {
    RecordSlot dyn Record;
    EnumSlot str;
    LinkSlot AnyLink;
}

/// `Option<T>` or `Vec<T>` of a record type.
pub trait RecordSlot {
    /// Returns the value at an index.
    fn get(&self, index: usize) -> Option<&dyn Record>;
    /// Adds a new, empty one: appended to a `Vec`, in place of what an `Option` had. If not `new`, removes all.
    fn put(&mut self, new: bool) -> Option<&mut dyn Record>;
}

/// The item of a `Vec` at an index, if there is one. `slice::get` would mean two more functions to compile for each
/// type in a build without optimisation.
macro_rules! item {
    ($items:expr, $index:expr) => {{
        let items = $items.as_slice();
        #[allow(clippy::indexing_slicing, reason = "the index is held against the length")]
        if $index < items.len() { Some(&items[$index]) } else { None }
    }};
}
pub(crate) use item;

impl<T: Record + Default> RecordSlot for Option<T> {
    fn get(&self, index: usize) -> Option<&dyn Record> {
        match self {
            Some(record) if index == 0 => Some(record),
            _ => None,
        }
    }
    fn put(&mut self, new: bool) -> Option<&mut dyn Record> {
        *self = if new { Some(T::default()) } else { None };
        match self {
            Some(record) => Some(record),
            None => None,
        }
    }
}

impl<T: Record + Default> RecordSlot for Vec<T> {
    fn get(&self, index: usize) -> Option<&dyn Record> {
        match item!(self, index) {
            Some(record) => Some(record),
            None => None,
        }
    }
    fn put(&mut self, new: bool) -> Option<&mut dyn Record> {
        if new {
            return Some(self.push_mut(T::default()));
        }
        *self = const { Self::new() };
        None
    }
}

/// `Option<E>` or `Vec<E>` of an open enumeration.
pub trait EnumSlot {
    /// Returns the spelling of the value at an index.
    fn get(&self, index: usize) -> Option<&str>;
    /// Adds a new one: appended to a `Vec`, in place of what an `Option` had. Without a `member`, removes all.
    fn put(&mut self, member: Option<Member<'_>>);
}

/// A member of an enumeration.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Its number among the members (beyond the last for a spelling that the enumeration doesn't have), which is looked up
    /// where it is not known.
    pub number: Option<usize>,
    /// As it is spelled in JSON.
    pub spelling: &'a str,
}

impl Member<'_> {
    /// Returns the spelling, to be kept.
    #[inline(never)]
    #[must_use]
    pub fn unrecognized(&self) -> Box<str> {
        Box::from(self.spelling)
    }
}

/// `Option<Link<T>>` or `Vec<Link<T>>`.
pub trait LinkSlot {
    /// Returns the link at an index.
    fn get(&self, index: usize) -> Option<&AnyLink>;
    /// Adds a new, empty one: appended to a `Vec`, in place of what an `Option` had. If not `new`, removes all.
    fn put(&mut self, new: bool) -> Option<&mut AnyLink>;
}

/// The map of properties whose names the service made up.
pub trait MapSlot: fmt::Debug {
    /// Returns their names and values, in order.
    fn iter(&self) -> Box<dyn Iterator<Item = (&str, Item<'_>)> + '_>;
    /// Returns the value of this name.
    fn get(&self, name: &str) -> Option<Item<'_>>;
    /// Adds an empty value for `fill` to fill, in place of what had the name. If that fails, nothing has the name.
    fn insert(&mut self, name: &str, fill: &mut dyn FnMut(ItemMut<'_>) -> bool);
    /// Removes all.
    fn clear(&mut self);
}

/// A value of a [`MapSlot`].
#[derive(Debug)]
pub enum Item<'a> {
    /// An object.
    Record(&'a dyn Record),
    /// A scalar.
    Scalar(&'a dyn ScalarSlot),
}

/// A value of a [`MapSlot`], to change.
#[derive(Debug)]
pub enum ItemMut<'a> {
    /// An object.
    Record(&'a mut dyn Record),
    /// A scalar.
    Scalar(&'a mut dyn ScalarSlot),
}

/// Returns an empty record, for [`Table::make`].
#[must_use]
pub fn new<T: Record + Default>() -> Box<dyn Record> {
    // Not `Box::default`, which makes the value in place: how a half-made box is dropped would be compiled for each type, a
    // ninth of all code.
    Box::new(T::default())
}
