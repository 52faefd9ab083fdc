//! Numbers as people read them.

/// At most three decimals, and no zeroes at the end.
pub(crate) fn number(value: Option<f64>) -> String {
    let Some(value) = value else { return String::new() };
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_more_digits_than_they_need() {
        for (value, text) in [(12.0, "12"), (3.3, "3.3"), (-0.0001, "0"), (1.23456, "1.235"), (5400.0, "5400")] {
            assert_eq!(number(Some(value)), text);
        }
    }
}
