//! Unique names and the time, as jobs and answers have them.

/// Returns a new unique name: 20 random hexadecimal digits.
pub(super) fn new_id() -> anyhow::Result<String> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("there are no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Returns the seconds since 1970.
pub(super) fn now() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs())
}
