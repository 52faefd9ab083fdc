//! Reading sensors where they are: at the BMC, or by way of it at the controller that owns them; with the factors of
//! non-linear sensors fetched, thresholds as values, and many sensors at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;

use crate::command::sensor::{
    GetSensorHysteresis, GetSensorReading, GetSensorReadingFactors, GetSensorThresholds, Hysteresis, SensorAddress,
    SetSensorHysteresis, SetSensorThresholds, Thresholds,
};
use crate::deadline::{after, part};
use crate::packet::message::BMC_ADDRESS;
use crate::record::reading::Linearization;
use crate::record::sensor::{Sensor, SensorReading, Threshold, ThresholdStatus};
use crate::record::severity::Severity;
use crate::{Client, Error, ErrorKind};

const READING: &str = "reading a sensor";
const SETTING: &str = "setting a threshold";
/// How many readings are asked for at a time; the session has its own limit on what is under way.
const AT_A_TIME: usize = 4;

/// A reading with what it means.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Measurement {
    /// The reading as it came.
    pub reading: SensorReading,
    /// The value in the sensor's unit; `None` for sensors that have states alone, and where there is no reading now.
    pub value: Option<f64>,
    /// How the value stands to the thresholds.
    pub status: Option<ThresholdStatus>,
    /// The states in words; none where there is no reading now.
    pub states: Vec<&'static str>,
    /// How bad value and states are, where the thresholds or the specification's tables say.
    pub severity: Option<Severity>,
}

impl Client {
    /// Reads a sensor.
    ///
    /// # Errors
    /// As [`send`](Self::send); also for sensors that software owns, which nobody can read, and event-only ones.
    pub async fn read_sensor(&self, sensor: &Sensor) -> Result<Measurement, Error> {
        self.read_sensor_within(sensor, self.timeout()).await
    }

    async fn read_sensor_within(&self, sensor: &Sensor, patience: Duration) -> Result<Measurement, Error> {
        let owner = self.owner_of(sensor)?;
        let address = SensorAddress::from(sensor);
        let reading = owner.send_within(&GetSensorReading { sensor: address }, patience).await?;
        let factors = match sensor.analog.map(|analog| analog.factors) {
            Some(factors) if matches!(factors.linearization, Linearization::NonLinear(_)) && reading.is_available() => {
                let command = GetSensorReadingFactors { sensor: address, raw: reading.raw, format: factors.format };
                Some(owner.send_within(&command, patience).await?)
            }
            factors => factors,
        };
        let is_analog = sensor.is_analog() && reading.is_available();
        let value = factors.filter(|_| is_analog).and_then(|factors| factors.value(reading.raw));
        Ok(Measurement {
            status: reading.threshold_status().filter(|_| sensor.event_type.is_threshold()),
            states: if reading.is_available() { sensor.states(&reading) } else { Vec::new() },
            severity: sensor.severity(&reading),
            reading,
            value,
        })
    }

    /// Reads many sensors, several at a time, in their order. A sensor that can't be read hides none of the others; once
    /// the session is lost or the time for all of them is over, the rest aren't asked any more.
    pub fn read_sensors(
        &self,
        sensors: Vec<Sensor>,
    ) -> impl Stream<Item = (Sensor, Result<Measurement, Error>)> + Send + use<> {
        let limit = self.read_limit();
        let round = Arc::new(Round {
            limit,
            ends: after(limit),
            client: self.clone(),
            impatient: AtomicBool::new(false),
            over: OnceLock::new(),
        });
        stream::iter(sensors)
            .map(move |sensor| {
                let round = Arc::clone(&round);
                async move {
                    let measurement = round.read(&sensor).await;
                    (sensor, measurement)
                }
            })
            .buffered(AT_A_TIME)
    }

    /// Reads a sensor's thresholds, raw; [`Sensor::value`] makes values of them.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sensor_thresholds(&self, sensor: &Sensor) -> Result<Thresholds, Error> {
        self.owner_of(sensor)?.send(&GetSensorThresholds { sensor: sensor.into() }).await
    }

    /// Sets one threshold to the value that comes nearest, in the sensor's unit, and reads it back.
    ///
    /// # Errors
    /// As [`set_sensor_thresholds`](Self::set_sensor_thresholds).
    pub async fn set_sensor_threshold(&self, sensor: &Sensor, threshold: Threshold, value: f64) -> Result<(), Error> {
        self.set_sensor_thresholds(sensor, &[(threshold, value)]).await.map(drop)
    }

    /// Sets thresholds to the values that come nearest, in the sensor's unit, all by one command, and reads them back: what
    /// they are, raw. [`Sensor::value`] makes values of them.
    ///
    /// # Errors
    /// As [`send`](Self::send), when no raw byte stands for a value, and when they are others afterwards
    /// ([`ErrorKind::NotInForce`]).
    pub async fn set_sensor_thresholds(
        &self,
        sensor: &Sensor,
        values: &[(Threshold, f64)],
    ) -> Result<Thresholds, Error> {
        let mut asked = Thresholds::default();
        for (threshold, value) in values {
            let raw = sensor.analog.and_then(|analog| analog.factors.raw(*value)).ok_or_else(|| {
                let detail = format!("{}: no raw threshold stands for {value} {}", sensor.name, sensor.unit);
                Error::invalid(SETTING, detail).at(self.peer())
            })?;
            asked = asked.with(*threshold, raw);
        }
        let owner = self.owner_of(sensor)?;
        let answered = owner.send(&SetSensorThresholds { sensor: sensor.into(), thresholds: asked }).await;
        owner
            .confirm(SETTING, answered, || async {
                let found = owner.send(&GetSensorThresholds { sensor: sensor.into() }).await?;
                let other = values.iter().find(|(threshold, _)| {
                    // What can't be read back doesn't contradict.
                    found.get(*threshold).is_some_and(|found| asked.get(*threshold) != Some(found))
                });
                Ok(other.map(|(threshold, _)| {
                    let value = found.get(*threshold).and_then(|raw| sensor.value(raw)).unwrap_or(f64::NAN);
                    format!("the threshold {threshold:?} of {} is {value} {}", sensor.name, sensor.unit)
                }))
            })
            .await?;
        owner.send(&GetSensorThresholds { sensor: sensor.into() }).await
    }

    /// Reads a sensor's hysteresis as raw counts.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn sensor_hysteresis(&self, sensor: &Sensor) -> Result<Hysteresis, Error> {
        self.owner_of(sensor)?.send(&GetSensorHysteresis { sensor: sensor.into() }).await
    }

    /// Sets a sensor's hysteresis as raw counts.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn set_sensor_hysteresis(&self, sensor: &Sensor, hysteresis: Hysteresis) -> Result<(), Error> {
        self.owner_of(sensor)?.send(&SetSensorHysteresis { sensor: sensor.into(), hysteresis }).await
    }

    /// The client for the controller that owns a sensor.
    fn owner_of(&self, sensor: &Sensor) -> Result<Self, Error> {
        match sensor.owner.slave_address() {
            Some(address) if self.is_for(address) => Ok(self.clone()),
            Some(BMC_ADDRESS) => Ok(self.bmc()),
            Some(address) => Ok(self.satellite(sensor.owner.channel, address)),
            None => {
                let detail =
                    format!("{}: it belongs to software {:#04x}, which can't be asked", sensor.name, sensor.owner.id);
                Err(Error::new(ErrorKind::Unsupported, READING, detail).at(self.peer()))
            }
        }
    }
}

/// Reading many sensors.
struct Round {
    client: Client,
    limit: Duration,
    ends: Instant,
    /// A sensor stayed without an answer: the next ones get less time.
    impatient: AtomicBool,
    /// Why no other sensor can be read.
    over: OnceLock<Error>,
}

impl Round {
    async fn read(&self, sensor: &Sensor) -> Result<Measurement, Error> {
        if let Some(over) = self.over.get() {
            return Err(over.clone());
        }
        if Instant::now() >= self.ends {
            let detail = format!("not all sensors are read within {:?}", self.limit);
            let over = Error::new(ErrorKind::Timeout, READING, detail).at(self.client.peer());
            return Err(self.over.get_or_init(|| over).clone());
        }
        let timeout = self.client.timeout();
        let patience = if self.impatient.load(Ordering::Relaxed) { part(timeout, 4) } else { timeout };
        let measurement = self.client.read_sensor_within(sensor, patience).await;
        if let Err(error) = &measurement {
            self.impatient.fetch_or(error.is_timeout(), Ordering::Relaxed);
            if self.client.is_lost(error, timeout).await {
                let _ = self.over.set(error.clone());
            }
        }
        measurement
    }
}
