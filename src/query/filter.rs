//! `$filter`: expressions on the properties of a type, checked against its schema, written in the standard's syntax,
//! and evaluated by the client if a service can't do so.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};

use super::path::property;
use crate::wire::{Kind, Record, Table, at};

/// Which members of a collection are wanted (DSP0266, "The `$filter` query parameter").
///
/// ```
/// use rosefish::Filter;
///
/// let filter = Filter::property("Status/Health").ne("OK").and(Filter::property("CapacityMiB").ge(16384));
/// assert_eq!(filter.to_string(), "Status/Health ne 'OK' and CapacityMiB ge 16384");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Expression);

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    Compare(String, Comparison, FilterValue),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// What a property is compared with.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FilterValue {
    /// A string, a member of an enumeration, a date.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Decimal(f64),
    /// Yes or no.
    Bool(bool),
    /// Nothing.
    Null,
}

macro_rules! values {
    ($($from:ty => $value:ident,)*) => {$(
        impl From<$from> for FilterValue {
            fn from(value: $from) -> Self {
                Self::$value(value.into())
            }
        }
    )*};
}

values! {
    &str => Text,
    String => Text,
    i64 => Integer,
    i32 => Integer,
    u32 => Integer,
    f64 => Decimal,
    bool => Bool,
}

/// A property about to be compared: see [`Filter::property`].
#[derive(Debug, Clone)]
#[must_use = "a property is not a filter before it is compared"]
pub struct Property(String);

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $comparison:ident,)*) => {
        impl Property {$(
            $(#[$doc])*
            pub fn $name(self, value: impl Into<FilterValue>) -> Filter {
                Filter(Expression::Compare(self.0, Comparison::$comparison, value.into()))
            }
        )*}
    };
}

comparisons! {
    /// Matches members whose property equals the value.
    eq Equal,
    /// Matches members whose property does not equal the value.
    ne NotEqual,
    /// Matches members whose property is greater than the value.
    gt Greater,
    /// Matches members whose property is greater than or equal to the value.
    ge GreaterOrEqual,
    /// Matches members whose property is less than the value.
    lt Less,
    /// Matches members whose property is less than or equal to the value.
    le LessOrEqual,
}

impl Filter {
    /// Returns a property of the members by its name in JSON; one within an object by its path, `Status/Health`.
    /// Whether the members' type has it is checked before anything is sent.
    pub fn property(path: impl Into<String>) -> Property {
        Property(path.into())
    }

    /// Matches members that both filters match.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(Expression::And(Box::new(self.0), Box::new(other.0)))
    }

    /// Matches members that at least one of the filters matches.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(Expression::Or(Box::new(self.0), Box::new(other.0)))
    }

    /// Matches members that this filter doesn't match.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "it reads as the standard writes it")]
    pub fn not(self) -> Self {
        Self(Expression::Not(Box::new(self.0)))
    }

    /// Returns the properties in the expression.
    pub(crate) fn properties(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.0.properties(&mut found);
        found
    }

    /// Fails if the expression is not valid for members of this type.
    pub(crate) fn check(&self, table: &'static Table) -> Result<(), String> {
        self.0.check(table)
    }

    /// Returns whether the expression needs more than `eq` and `ne`, and whether it needs more than one comparison.
    pub(crate) fn needs(&self) -> (bool, bool) {
        self.0.needs()
    }

    /// Evaluates the expression for a member. A property that is missing is null.
    pub(crate) fn holds(&self, member: &dyn Record) -> bool {
        self.0.holds(member)
    }
}

impl Expression {
    fn properties<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Compare(path, ..) => found.push(path),
            Self::And(one, other) | Self::Or(one, other) => {
                one.properties(found);
                other.properties(found);
            }
            Self::Not(inner) => inner.properties(found),
        }
    }

    fn check(&self, table: &'static Table) -> Result<(), String> {
        let (path, comparison, value) = match self {
            Self::And(one, other) | Self::Or(one, other) => return one.check(table).and_then(|()| other.check(table)),
            Self::Not(inner) => return inner.check(table),
            Self::Compare(path, comparison, value) => (path, comparison, value),
        };
        let Some(field) = property(table, path)? else { return Ok(()) };
        let fits = match (value, field.kind) {
            (FilterValue::Null, _) => matches!(comparison, Comparison::Equal | Comparison::NotEqual),
            (_, Kind::Primitive) => true,
            (FilterValue::Bool(_), kind) => matches!(kind, Kind::Bool),
            (FilterValue::Integer(_) | FilterValue::Decimal(_), kind) => matches!(kind, Kind::Int | Kind::Decimal),
            (FilterValue::Text(_), kind) => {
                !matches!(kind, Kind::Bool | Kind::Int | Kind::Decimal | Kind::Record(_) | Kind::Link(_) | Kind::Oem)
            }
        };
        match fits {
            true => Ok(()),
            false => Err(format!("{path} of {} can't be compared with {value}", table.name)),
        }
    }

    fn needs(&self) -> (bool, bool) {
        match self {
            Self::Compare(_, comparison, _) => (!matches!(comparison, Comparison::Equal | Comparison::NotEqual), false),
            Self::And(one, other) | Self::Or(one, other) => (one.needs().0 || other.needs().0, true),
            Self::Not(inner) => (inner.needs().0, true),
        }
    }

    fn holds(&self, member: &dyn Record) -> bool {
        let (path, comparison, value) = match self {
            Self::And(one, other) => return one.holds(member) && other.holds(member),
            Self::Or(one, other) => return one.holds(member) || other.holds(member),
            Self::Not(inner) => return !inner.holds(member),
            Self::Compare(path, comparison, value) => (path, comparison, value),
        };
        let json = at(member, &format!("/{path}")).unwrap_or_else(|| "null".to_owned());
        let found = serde_json::from_str(&json).unwrap_or(serde_json::Value::Null);
        let order = compare(&found, value);
        match comparison {
            Comparison::Equal => order == Some(Ordering::Equal),
            Comparison::NotEqual => order != Some(Ordering::Equal),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }

    /// `or` binds less tightly than `and`, and `and` less than `not`.
    fn write(&self, outer: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rank = match self {
            Self::Or(..) => 1,
            Self::And(..) => 2,
            Self::Not(_) => 3,
            Self::Compare(..) => 4,
        };
        if rank < outer {
            f.write_char('(')?;
        }
        match self {
            Self::Or(one, other) => {
                one.write(rank, f)?;
                f.write_str(" or ")?;
                other.write(rank, f)?;
            }
            Self::And(one, other) => {
                one.write(rank, f)?;
                f.write_str(" and ")?;
                other.write(rank, f)?;
            }
            Self::Not(inner) => {
                f.write_str("not (")?;
                inner.write(0, f)?;
                f.write_char(')')?;
            }
            Self::Compare(path, comparison, value) => write!(f, "{path} {} {value}", comparison.as_str())?,
        }
        if rank < outer {
            f.write_char(')')?;
        }
        Ok(())
    }
}

impl Comparison {
    fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }
}

/// Compares a property with a value; `None` if they can't be compared.
fn compare(found: &serde_json::Value, value: &FilterValue) -> Option<Ordering> {
    match value {
        FilterValue::Null => found.is_null().then_some(Ordering::Equal),
        FilterValue::Bool(value) => found.as_bool().map(|found| found.cmp(value)),
        FilterValue::Integer(value) => match found.as_i64() {
            Some(found) => Some(found.cmp(value)),
            #[allow(clippy::cast_precision_loss, reason = "the other side is not an integer")]
            None => found.as_f64()?.partial_cmp(&(*value as f64)),
        },
        FilterValue::Decimal(value) => found.as_f64()?.partial_cmp(value),
        FilterValue::Text(value) => {
            let found = found.as_str()?;
            // Timestamps are compared as such, since services write offsets differently.
            let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
            Some(match (moment(found), moment(value)) {
                (Some(found), Some(value)) => found.cmp(&value),
                _ => found.cmp(value.as_str()),
            })
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(0, f)
    }
}

impl fmt::Display for FilterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A quote in a string is doubled.
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Integer(number) => number.fmt(f),
            Self::Decimal(number) => number.fmt(f),
            Self::Bool(value) => value.fmt(f),
            Self::Null => f.write_str("null"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Session;
    use crate::schema::Task;
    use crate::wire::decode;

    #[test]
    fn filters_are_written_with_as_few_brackets_as_will_do() {
        let name = || Filter::property("Name").eq("it's");
        let percent = || Filter::property("PercentComplete").gt(50);
        let cases = [
            (name(), "Name eq 'it''s'"),
            (name().and(percent()).or(name()), "Name eq 'it''s' and PercentComplete gt 50 or Name eq 'it''s'"),
            (name().and(percent().or(name())), "Name eq 'it''s' and (PercentComplete gt 50 or Name eq 'it''s')"),
            (name().or(percent()).not(), "not (Name eq 'it''s' or PercentComplete gt 50)"),
            (Filter::property("Reading").le(41.5), "Reading le 41.5"),
            (Filter::property("HidePayload").ne(false), "HidePayload ne false"),
            (Filter::property("Description").eq(FilterValue::Null), "Description eq null"),
        ];
        for (filter, expected) in cases {
            assert_eq!(filter.to_string(), expected);
        }
    }

    #[test]
    fn what_the_type_does_not_have_is_refused() {
        let task = Task::type_table();
        assert_eq!(Filter::property("PercentComplete").ge(1).check(task), Ok(()));
        assert_eq!(Filter::property("TaskStatus").eq("OK").and(Filter::property("Oem/X/Y").eq(1)).check(task), Ok(()));
        for (filter, expected) in [
            (Filter::property("Percent").ge(1), "Percent"),
            (Filter::property("PercentComplete").eq("much"), "'much'"),
            (Filter::property("Payload/Nothing").eq("x"), "Nothing"),
            (Filter::property("Name/Nothing").eq("x"), "Nothing"),
            (Filter::property("HidePayload").gt(FilterValue::Null), "null"),
            (Filter::property("Payload").eq("x").not(), "Payload"),
        ] {
            let error = filter.check(task).unwrap_err();
            assert!(error.contains(expected) && error.contains("Task"), "{error}");
        }
        assert!(Filter::property("UserName").eq("root").check(Session::type_table()).is_ok());
    }

    #[test]
    fn filters_hold_or_not() {
        let json = br#"{"Name":"a","PercentComplete":50,"HidePayload":true,"StartTime":"2026-01-01T00:00:00+01:00",
            "Payload":{"HttpOperation":"POST"},"TaskStatus":"OK","Description":null,"Oem":{"X":{"Y":4.5}}}"#;
        let task = decode::<Task>(json, &Default::default()).unwrap().value;
        let property = Filter::property;
        let hold = [
            property("Name").eq("a"),
            property("Name").ne("b"),
            property("PercentComplete").ge(50).and(property("PercentComplete").lt(50.5)),
            property("PercentComplete").gt(50).or(property("HidePayload").eq(true)),
            property("StartTime").eq("2025-12-31T23:00:00Z"),
            property("StartTime").gt("2025-12-31T22:59:59Z"),
            property("Payload/HttpOperation").eq("POST"),
            property("TaskStatus").eq("OK"),
            property("Description").eq(FilterValue::Null),
            property("EndTime").eq(FilterValue::Null),
            property("Oem/X/Y").gt(4),
        ];
        for filter in hold {
            assert!(filter.holds(&task), "{filter}");
            assert!(!filter.clone().not().holds(&task), "{filter}");
        }
    }
}
