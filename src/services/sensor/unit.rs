//! Units, spelled one way whatever a service's spelling: as UCUM does (`Cel`, `V`, `W`, `%`), but for `RPM`, which everybody knows.

/// Other spellings, of services and of IPMI.
const SPELLINGS: [(&str, &str); 33] = [
    ("c", "Cel"),
    ("celsius", "Cel"),
    ("degrees c", "Cel"),
    ("degrees f", "[degF]"),
    ("degrees k", "K"),
    ("volts", "V"),
    ("volt", "V"),
    ("amps", "A"),
    ("amp", "A"),
    ("amperes", "A"),
    ("watts", "W"),
    ("watt", "W"),
    ("joules", "J"),
    ("coulombs", "C"),
    ("va", "V.A"),
    ("hertz", "Hz"),
    ("percent", "%"),
    ("rpm", "RPM"),
    ("{rev}/min", "RPM"),
    ("psi", "[psi]"),
    ("kpa", "kPa"),
    ("cfm", "[cft_i]/min"),
    ("lpm", "L/min"),
    ("l/min", "L/min"),
    ("meters", "m"),
    ("seconds", "s"),
    ("second", "s"),
    ("minutes", "min"),
    ("minute", "min"),
    ("hours", "h"),
    ("hour", "h"),
    ("milliseconds", "ms"),
    ("kwh", "kW.h"),
];

/// Returns a unit in the spelling that is used here. One that isn't known stays as it is.
pub(crate) fn spelled(unit: &str) -> String {
    let unit = unit.trim();
    let known = SPELLINGS.iter().find(|(other, _)| other.eq_ignore_ascii_case(unit));
    // Kelvins and coulombs are capitals in UCUM, and degrees are not "C" there.
    known.map_or_else(|| unit.to_owned(), |(_, ucum)| (*ucum).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_spelled_the_same_whoever_says_it() {
        for (units, spelled_here) in [
            (&["Cel", "C", "degrees C", " Celsius"][..], "Cel"),
            (&["V", "Volts"], "V"),
            (&["%", "Percent", "percent"], "%"),
            (&["RPM", "{rev}/min", "Rpm"], "RPM"),
            (&["furlongs"], "furlongs"),
        ] {
            for unit in units {
                assert_eq!(spelled(unit), spelled_here);
            }
        }
    }
}
