//! The time, as resources show it.

/// Returns the current time in Redfish's format, to the second.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_end_at_the_second() {
        let now = now();
        assert!(now.ends_with('Z') && now.len() == "2024-01-01T00:00:00Z".len(), "{now}");
    }
}
