//! Setting the thresholds of a `Sensor` resource. Those in the arrays of `Thermal` and `Power` can't be set.

use crate::error::Error;
use crate::resource::Resource;
use crate::resource::edit::Committed;
use crate::schema::Sensor;
use crate::task::TaskMonitor;

/// Lower fatal, critical and caution, then upper caution, critical and fatal, in the order of a reading's thresholds.
pub(crate) type Limits = [Option<f64>; 6];

/// The outcome of a change.
#[derive(Debug)]
pub(crate) struct Written {
    /// What was sent; `None` if nothing had to change.
    pub(crate) sent: Option<String>,
    /// The task, if the service makes the change later.
    pub(crate) task: Option<TaskMonitor>,
}

/// Returns the sensor's thresholds.
pub(crate) fn limits(sensor: &Sensor) -> Limits {
    let Some(all) = &sensor.thresholds else { return Limits::default() };
    let all = [
        &all.lower_fatal,
        &all.lower_critical,
        &all.lower_caution,
        &all.upper_caution,
        &all.upper_critical,
        &all.upper_fatal,
    ];
    all.map(|one| one.as_ref().and_then(|one| one.reading))
}

/// Sets the thresholds that have a value.
pub(crate) async fn set(sensor: &Resource<Sensor>, values: Limits) -> Result<Written, Error> {
    let mut edit = sensor.edit();
    let all = edit.thresholds.get_or_insert_default();
    let places = [
        &mut all.lower_fatal,
        &mut all.lower_critical,
        &mut all.lower_caution,
        &mut all.upper_caution,
        &mut all.upper_critical,
        &mut all.upper_fatal,
    ];
    for (place, value) in places.into_iter().zip(values) {
        if value.is_some() {
            place.get_or_insert_default().reading = value;
        }
    }
    let sent = Some(format!("PATCH {}", edit.patch().body));
    Ok(match edit.commit().await? {
        Committed::Unchanged => Written { sent: None, task: None },
        Committed::Accepted(task) => Written { sent, task: Some(task) },
        // The caller reads the sensor again in any case.
        Committed::Updated(_) | Committed::Pending(_) | Committed::Confirmed(_) => Written { sent, task: None },
    })
}
