//! From raw readings to values and back (IPMI 2.0, section 36.3): y = L((M x + B 10^K1) 10^K2), with the raw value in one
//! of three signed forms and L one of twelve functions.

/// How the raw byte stands for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// 0 to 255.
    Unsigned,
    /// -127 to 127.
    OnesComplement,
    /// -128 to 127.
    TwosComplement,
    /// The sensor has no analog reading.
    NotAnalog,
}

impl Format {
    pub(crate) const fn of(units1: u8) -> Self {
        match units1 >> 6 {
            0 => Self::Unsigned,
            1 => Self::OnesComplement,
            2 => Self::TwosComplement,
            _ => Self::NotAnalog,
        }
    }

    fn number(self, raw: u8) -> Option<f64> {
        Some(match self {
            Self::Unsigned => f64::from(raw),
            Self::OnesComplement if raw & 0x80 != 0 => -f64::from(!raw),
            Self::OnesComplement => f64::from(raw),
            Self::TwosComplement => f64::from(raw.cast_signed()),
            Self::NotAnalog => return None,
        })
    }

    fn raw(self, number: f64) -> Option<u8> {
        let rounded = number.round();
        let within = |low: f64, high: f64| (low..=high).contains(&rounded);
        // The range is checked before each cast.
        match self {
            Self::Unsigned if within(0.0, 255.0) => Some(rounded as u8),
            Self::OnesComplement if within(-127.0, -0.5) => Some(!(-rounded as u8)),
            Self::OnesComplement if within(0.0, 127.0) => Some(rounded as u8),
            Self::TwosComplement if within(-128.0, 127.0) => Some((rounded as i8).cast_unsigned()),
            _ => None,
        }
    }
}

/// The function that makes a linear reading the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Linearization {
    /// The reading itself.
    Linear,
    /// Natural logarithm.
    Ln,
    /// Decimal logarithm.
    Log10,
    /// Binary logarithm.
    Log2,
    /// e to the power of it.
    Exp,
    /// 10 to the power of it.
    Exp10,
    /// 2 to the power of it.
    Exp2,
    /// One divided by it.
    Inverse,
    /// Squared.
    Square,
    /// Cubed.
    Cube,
    /// Square root.
    SquareRoot,
    /// Cube root.
    CubeRoot,
    /// 70h to 7Fh: the factors differ with the reading, and Get Sensor Reading Factors gives them.
    NonLinear(u8),
    /// A value that the specification reserves.
    Reserved(u8),
}

impl Linearization {
    pub(crate) const fn of(byte: u8) -> Self {
        match byte & 0x7f {
            0 => Self::Linear,
            1 => Self::Ln,
            2 => Self::Log10,
            3 => Self::Log2,
            4 => Self::Exp,
            5 => Self::Exp10,
            6 => Self::Exp2,
            7 => Self::Inverse,
            8 => Self::Square,
            9 => Self::Cube,
            10 => Self::SquareRoot,
            11 => Self::CubeRoot,
            other @ 0x70..=0x7f => Self::NonLinear(other),
            other => Self::Reserved(other),
        }
    }

    fn apply(self, x: f64) -> f64 {
        match self {
            Self::Ln => x.ln(),
            Self::Log10 => x.log10(),
            Self::Log2 => x.log2(),
            Self::Exp => x.exp(),
            Self::Exp10 => 10f64.powf(x),
            Self::Exp2 => x.exp2(),
            Self::Inverse => x.recip(),
            Self::Square => x * x,
            Self::Cube => x * x * x,
            Self::SquareRoot => x.sqrt(),
            Self::CubeRoot => x.cbrt(),
            Self::Linear | Self::NonLinear(_) | Self::Reserved(_) => x,
        }
    }

    fn invert(self, y: f64) -> f64 {
        match self {
            Self::Ln => y.exp(),
            Self::Log10 => 10f64.powf(y),
            Self::Log2 => y.exp2(),
            Self::Exp => y.ln(),
            Self::Exp10 => y.log10(),
            Self::Exp2 => y.log2(),
            Self::Inverse => y.recip(),
            Self::Square => y.sqrt(),
            Self::Cube => y.cbrt(),
            Self::SquareRoot => y * y,
            Self::CubeRoot => y * y * y,
            Self::Linear | Self::NonLinear(_) | Self::Reserved(_) => y,
        }
    }
}

/// The factors of a sensor's formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Factors {
    /// How the raw byte stands for a number.
    pub format: Format,
    /// The function that comes last.
    pub linearization: Linearization,
    /// M, -512 to 511.
    pub m: i16,
    /// B, -512 to 511.
    pub b: i16,
    /// K1, the exponent of B.
    pub b_exponent: i8,
    /// K2, the exponent of the result.
    pub r_exponent: i8,
    /// Tolerance in half raw counts.
    pub tolerance: u8,
    /// Accuracy in 1/100 percent, before its exponent.
    pub accuracy: u16,
    /// The exponent of the accuracy.
    pub accuracy_exponent: u8,
}

const fn signed(value: u16, bits: u32) -> i16 {
    let shift = 16_u32.saturating_sub(bits);
    (value << shift).cast_signed() >> shift
}

impl Factors {
    /// From the six bytes that begin with M, as a record or Get Sensor Reading Factors has them.
    pub(crate) const fn new(format: Format, linearization: Linearization, bytes: [u8; 6]) -> Self {
        let [m, m_tolerance, b, b_accuracy, accuracy_exponent, exponents] = bytes;
        Self {
            format,
            linearization,
            m: signed(m as u16 | (m_tolerance as u16 & 0xc0) << 2, 10),
            b: signed(b as u16 | (b_accuracy as u16 & 0xc0) << 2, 10),
            b_exponent: signed(exponents as u16 & 0x0f, 4) as i8,
            r_exponent: signed(exponents as u16 >> 4, 4) as i8,
            tolerance: m_tolerance & 0x3f,
            accuracy: b_accuracy as u16 & 0x3f | (accuracy_exponent as u16 & 0xf0) << 2,
            accuracy_exponent: accuracy_exponent >> 2 & 3,
        }
    }

    /// Returns the value of a raw reading or threshold; `None` where the sensor has none.
    #[must_use]
    pub fn value(&self, raw: u8) -> Option<f64> {
        let x = self.format.number(raw)?;
        let linear = (f64::from(self.m) * x + self.offset()) * power(self.r_exponent);
        Some(self.linearization.apply(linear))
    }

    /// Returns the raw byte that is nearest to a value; `None` where no byte stands for it.
    #[must_use]
    pub fn raw(&self, value: f64) -> Option<u8> {
        let linear = self.linearization.invert(value) / power(self.r_exponent);
        let x = (linear - self.offset()) / f64::from(self.m);
        if !x.is_finite() {
            return None;
        }
        self.format.raw(x)
    }

    /// Returns the value of a hysteresis or tolerance count, which has no offset. Only linear sensors have one.
    #[must_use]
    pub fn difference(&self, counts: u8) -> Option<f64> {
        if self.format == Format::NotAnalog || self.linearization != Linearization::Linear {
            return None;
        }
        Some((f64::from(self.m) * f64::from(counts) * power(self.r_exponent)).abs())
    }

    /// Returns how far a reading may be off by its resolution, in the sensor's unit.
    #[must_use]
    pub fn tolerance(&self) -> Option<f64> {
        self.difference(self.tolerance).map(|counts| counts / 2.0)
    }

    /// Returns how far a reading may be off, in percent.
    #[must_use]
    pub fn accuracy_percent(&self) -> f64 {
        f64::from(self.accuracy) * 10f64.powi(i32::from(self.accuracy_exponent)) / 100.0
    }

    fn offset(&self) -> f64 {
        f64::from(self.b) * power(self.b_exponent)
    }
}

fn power(exponent: i8) -> f64 {
    10f64.powi(i32::from(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn factors(format: Format, linearization: Linearization, m: i16, b: i16, k1: i8, k2: i8) -> Factors {
        Factors {
            format,
            linearization,
            m,
            b,
            b_exponent: k1,
            r_exponent: k2,
            tolerance: 1,
            accuracy: 0,
            accuracy_exponent: 0,
        }
    }

    #[test]
    fn formulae_give_the_values_one_computes_by_hand() {
        use {Format as F, Linearization as L};
        let cases = [
            (factors(F::Unsigned, L::Linear, 63, 0, 0, -3), 0xc0, 12.096),
            (factors(F::Unsigned, L::Linear, 60, 0, 0, 0), 100, 6000.0),
            (factors(F::TwosComplement, L::Linear, 1, 5, 0, 0), 0xf6, -5.0),
            (factors(F::OnesComplement, L::Linear, 1, 0, 0, 0), 0xf6, -9.0),
            (factors(F::Unsigned, L::Linear, -2, 10, 2, -1), 100, 80.0),
            (factors(F::Unsigned, L::Inverse, 2, 0, 0, 0), 2, 0.25),
            (factors(F::Unsigned, L::Square, 1, 0, 0, 0), 12, 144.0),
            (factors(F::Unsigned, L::CubeRoot, 1, 0, 0, 0), 27, 3.0),
            (factors(F::Unsigned, L::Log2, 1, 0, 0, 0), 32, 5.0),
            (factors(F::Unsigned, L::Exp10, 1, 0, 0, 0), 3, 1000.0),
        ];
        for (factors, raw, expected) in cases {
            let value = factors.value(raw).unwrap();
            assert!((value - expected).abs() < 1e-9, "{factors:?}: {value}");
            assert_eq!(factors.raw(expected), Some(raw), "{factors:?}");
        }
        assert_eq!(factors(F::NotAnalog, L::Linear, 1, 0, 0, 0).value(3), None);
    }

    #[test]
    fn ten_bit_factors_and_four_bit_exponents_are_signed() {
        let bytes = [0xff, 0xc5, 0x00, 0x81, 0x14, 0xd2];
        let factors = Factors::new(Format::Unsigned, Linearization::Linear, bytes);
        assert_eq!((factors.m, factors.b, factors.b_exponent, factors.r_exponent), (-1, -512, 2, -3));
        assert_eq!((factors.tolerance, factors.accuracy, factors.accuracy_exponent), (5, 0x41, 1));
    }

    #[test]
    fn a_value_that_no_byte_stands_for_is_refused() {
        let sensor = factors(Format::Unsigned, Linearization::Linear, 1, 0, 0, 0);
        assert_eq!((sensor.raw(-1.0), sensor.raw(256.0), sensor.raw(f64::NAN)), (None, None, None));
        assert_eq!(factors(Format::Unsigned, Linearization::Linear, 0, 0, 0, 0).raw(1.0), None);
    }

    proptest! {
        #[test]
        fn any_factors_give_some_number(bytes: [u8; 6], units: u8, function: u8, raw: u8, value: f64) {
            let factors = Factors::new(Format::of(units), Linearization::of(function), bytes);
            let _ = (factors.value(raw), factors.raw(value), factors.tolerance(), factors.accuracy_percent());
        }

        #[test]
        fn linear_values_go_back_to_their_byte(raw: u8, m in 1i16..512, b in -512i16..512, k1 in -3i8..3, k2 in -8i8..8) {
            for format in [Format::Unsigned, Format::TwosComplement] {
                let factors = factors(format, Linearization::Linear, m, b, k1, k2);
                prop_assert_eq!(factors.raw(factors.value(raw).unwrap()), Some(raw));
            }
        }
    }
}
