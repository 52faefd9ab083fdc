//! Numbers as JSON writes them: which of them fit an integer, and which an `f64` holds to the last digit.

/// The text of a number as an integer.
pub(crate) enum Whole {
    Exact(i64),
    /// Written with a fraction of zero or an exponent.
    Decimal(i64),
    Fraction,
    TooLarge,
}

/// Reads a number's text as an integer. Returns `None` if it is not a number.
pub(crate) fn whole(text: &str) -> Option<Whole> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(Whole::Exact(number));
    }
    if !text.contains(['.', 'e', 'E']) {
        let digits = text.trim_start_matches('-');
        return (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(Whole::TooLarge);
    }
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite())?;
    // Beyond 2^53 an f64 no longer tells neighbouring integers apart.
    Some(match number {
        _ if number.fract() != 0.0 => Whole::Fraction,
        _ if number.abs() > 9_007_199_254_740_992.0 => Whole::TooLarge,
        #[allow(clippy::cast_possible_truncation, reason = "a whole number within 2^53")]
        _ => Whole::Decimal(number as i64),
    })
}

/// Returns whether a text is a decimal number as JSON writes it, or with the leading zeros or plus sign that some services add.
pub(crate) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
}

/// Returns whether the number, printed as short as possible, has the value of the text. With up to 15 digits it always does.
pub(crate) fn holds(number: f64, text: &str) -> bool {
    if text.len() <= 16 && !text.contains(['e', 'E']) {
        return true;
    }
    decimal(text) == decimal(&format!("{number:?}"))
}

/// Returns a decimal's sign, its significant digits and the exponent of the last of them.
fn decimal(text: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let mut exponent = exponent.parse::<i64>().unwrap_or_default();
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent = exponent.saturating_sub(i64::try_from(fraction.len()).unwrap_or_default());
    let digits = [whole, fraction].concat();
    let kept = digits.trim_end_matches('0');
    exponent = exponent.saturating_add(i64::try_from(digits.len().saturating_sub(kept.len())).unwrap_or_default());
    let kept = kept.trim_start_matches('0').to_owned();
    if kept.is_empty() { (false, kept, 0) } else { (negative, kept, exponent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_f64_holds_a_decimal_if_it_prints_as_it() {
        let cases = [
            ("0.1", true),
            ("41.0", true),
            ("1.5E-254", true),
            ("0.98279769314803982", false),
            ("23058430092136940000", true),
            ("23058430092136940001", false),
            ("9007199254740993", true),
            ("90071992547409931", false),
            ("100000000000000000000.0", true),
            ("-0.0", true),
        ];
        for (text, expected) in cases {
            let number: f64 = text.parse().unwrap();
            // Sixteen digits or fewer are taken on trust, as integers in decimal places are compared by value.
            assert_eq!(holds(number, text), expected, "{text}");
        }
    }
}
