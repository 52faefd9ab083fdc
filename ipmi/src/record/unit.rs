//! Units of sensor readings (IPMI 2.0, sections 43.1 and 43.17): a base unit, perhaps with a modifier, a rate, or percent.

use std::fmt;

/// The unit of a sensor: the three unit bytes of its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Unit {
    /// Whether the reading is a percentage.
    pub percentage: bool,
    /// Base unit number.
    pub base: u8,
    /// Modifier unit number.
    pub modifier: u8,
    /// How the modifier is meant.
    pub combination: Combination,
    /// Per which time the reading is.
    pub rate: Option<Rate>,
}

/// How base and modifier unit belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Combination {
    /// There is no modifier.
    #[default]
    None,
    /// Base per modifier.
    Divided,
    /// Base times modifier.
    Multiplied,
}

/// The time that a rate is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rate {
    /// Per microsecond.
    Microsecond,
    /// Per millisecond.
    Millisecond,
    /// Per second.
    Second,
    /// Per minute.
    Minute,
    /// Per hour.
    Hour,
    /// Per day.
    Day,
}

impl Rate {
    /// Returns the time in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Microsecond => "microsecond",
            Self::Millisecond => "millisecond",
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

const NAMES: [&str; 93] = [
    "unspecified",
    "degrees C",
    "degrees F",
    "degrees K",
    "Volts",
    "Amps",
    "Watts",
    "Joules",
    "Coulombs",
    "VA",
    "Nits",
    "lumen",
    "lux",
    "Candela",
    "kPa",
    "PSI",
    "Newton",
    "CFM",
    "RPM",
    "Hz",
    "microsecond",
    "millisecond",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "mil",
    "inches",
    "feet",
    "cu in",
    "cu feet",
    "mm",
    "cm",
    "m",
    "cu cm",
    "cu m",
    "liters",
    "fluid ounce",
    "radians",
    "steradians",
    "revolutions",
    "cycles",
    "gravities",
    "ounce",
    "pound",
    "ft-lb",
    "oz-in",
    "gauss",
    "gilberts",
    "henry",
    "millihenry",
    "farad",
    "microfarad",
    "ohms",
    "siemens",
    "mole",
    "becquerel",
    "PPM",
    "reserved",
    "Decibels",
    "DbA",
    "DbC",
    "gray",
    "sievert",
    "color temp deg K",
    "bit",
    "kilobit",
    "megabit",
    "gigabit",
    "byte",
    "kilobyte",
    "megabyte",
    "gigabyte",
    "word",
    "dword",
    "qword",
    "line",
    "hit",
    "miss",
    "retry",
    "reset",
    "overflow",
    "underrun",
    "collision",
    "packets",
    "messages",
    "characters",
    "error",
    "correctable error",
    "uncorrectable error",
    "fatal error",
    "grams",
];

impl Unit {
    pub(crate) const fn new([flags, base, modifier]: [u8; 3]) -> Self {
        Self {
            percentage: flags & 1 != 0,
            base,
            modifier,
            combination: match flags >> 1 & 3 {
                1 => Combination::Divided,
                2 => Combination::Multiplied,
                _ => Combination::None,
            },
            rate: match flags >> 3 & 7 {
                1 => Some(Rate::Microsecond),
                2 => Some(Rate::Millisecond),
                3 => Some(Rate::Second),
                4 => Some(Rate::Minute),
                5 => Some(Rate::Hour),
                6 => Some(Rate::Day),
                _ => None,
            },
        }
    }
}

/// Returns the name of a unit by its number.
#[must_use]
pub fn name(number: u8) -> &'static str {
    NAMES.get(usize::from(number)).copied().unwrap_or("reserved")
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.percentage {
            f.write_str("percent")?;
            if self.base == 0 {
                return Ok(());
            }
            f.write_str(" of ")?;
        }
        f.write_str(name(self.base))?;
        match self.combination {
            Combination::None => {}
            Combination::Divided => write!(f, "/{}", name(self.modifier))?,
            Combination::Multiplied => write!(f, " * {}", name(self.modifier))?,
        }
        match self.rate {
            Some(rate) => write!(f, " per {}", rate.name()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_aligned() {
        for (number, expected) in [
            (1, "degrees C"),
            (4, "Volts"),
            (18, "RPM"),
            (19, "Hz"),
            (43, "gravities"),
            (65, "color temp deg K"),
            (70, "byte"),
            (92, "grams"),
            (200, "reserved"),
        ] {
            assert_eq!(name(number), expected);
        }
    }

    #[test]
    fn units_are_put_together() {
        assert_eq!(Unit::new([0, 18, 0]).to_string(), "RPM");
        assert_eq!(Unit::new([1, 0, 0]).to_string(), "percent");
        assert_eq!(Unit::new([2, 7, 22]).to_string(), "Joules/second");
        assert_eq!(Unit::new([4, 5, 24]).to_string(), "Amps * hour");
        assert_eq!(Unit::new([4 << 3, 88, 0]).to_string(), "error per minute");
    }
}
