//! Any bytes as the answer to any command: no panic, and a request encodes the same twice.

#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use rosefish_ipmi::Privilege;
use rosefish_ipmi::command::alert::AlertDestination;
use rosefish_ipmi::command::boot::{BootFlags, GetBootOptions};
use rosefish_ipmi::command::chassis::{
    GetChassisCapabilities, GetChassisStatus, GetPowerOnHours, GetSystemRestartCause, PowerRestorePolicy,
    SetPowerRestorePolicy,
};
use rosefish_ipmi::command::dcmi::{
    GetAssetTag, GetControllerName, GetDcmiCapabilities, GetPowerLimit, GetPowerReading, GetTemperatureReadings,
};
use rosefish_ipmi::command::device::{
    DeviceId, GetAcpiPowerState, GetDeviceId, GetSelfTestResults, GetSystemGuid, GetSystemInfo, SystemInfo,
};
use rosefish_ipmi::command::enables::GetGlobalEnables;
use rosefish_ipmi::command::fru::{GetFruInventoryAreaInfo, ReadFruData};
use rosefish_ipmi::command::hpm::{GetComponentDescription, GetComponentVersion, GetTargetUpgradeCapabilities};
use rosefish_ipmi::command::lan::GetLanConfiguration;
use rosefish_ipmi::command::lan_statistics::GetLanStatistics;
use rosefish_ipmi::command::pef::{
    AlertPolicy, EventFilter, GetLastProcessedEvent, GetPefCapabilities, GetPefConfiguration,
};
use rosefish_ipmi::command::sdr::{GetSdr, GetSdrRepositoryInfo, SdrPart};
use rosefish_ipmi::command::sel::{GetSelAllocation, GetSelEntry, GetSelInfo, GetSelTime, GetSelTimeUtcOffset};
use rosefish_ipmi::command::sensor::{
    GetEventReceiver, GetSensorEventEnable, GetSensorEventStatus, GetSensorHysteresis, GetSensorReading,
    GetSensorReadingFactors, GetSensorThresholds, GetSensorType, SensorAddress,
};
use rosefish_ipmi::command::session::{
    ActivateSession, GetChannelAuthenticationCapabilities, GetChannelCipherSuites, GetSessionChallenge, GetSessionInfo,
    SetSessionPrivilegeLevel,
};
use rosefish_ipmi::command::sol::{ActivatePayload, GetPayloadActivationStatus, GetSolConfiguration};
use rosefish_ipmi::command::user::{GetChannelAccess, GetChannelInfo, GetUserAccess, GetUserName};
use rosefish_ipmi::command::watchdog::GetWatchdogTimer;
use rosefish_ipmi::command::{Command, CompletionCode};
use rosefish_ipmi::record::reading::Format;

/// Reads an answer, and asks what its completion code means.
fn answer<C: Command<Response: Debug>>(command: &C, data: &[u8]) -> Option<C::Response> {
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    command.encode(&mut once);
    command.encode(&mut twice);
    assert_eq!(once, twice);
    let response = command.decode(data).inspect_err(|error| assert!(!error.to_string().is_empty())).ok();
    if let Some(response) = &response {
        let _ = format!("{response:?}");
    }
    response
}

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (choice, number, data) = input;
    let sensor = SensorAddress { number, lun: number & 3 };
    let part = SdrPart { reservation: 0, record: 0, offset: number, count: 16 };
    let auth_type = rosefish_ipmi::AuthType::Md5;
    match choice % 54 {
        0 => {
            let Some(flags) = answer(&GetBootOptions { parameter: 5 }, data) else { return };
            if let Ok(bytes) = <[u8; 5]>::try_from(flags.data) {
                let flags = BootFlags::decode(bytes);
                assert_eq!(BootFlags::decode(flags.encode()), flags);
            }
        }
        1 => drop(answer(&GetChassisCapabilities, data)),
        2 => drop(answer(&GetChassisStatus, data)),
        3 => {
            let _ = answer(&GetPowerOnHours, data).map(|hours| hours.duration());
        }
        4 => {
            let _ = answer(&GetSystemRestartCause, data).map(|cause| cause.to_string());
        }
        5 => drop(answer(&SetPowerRestorePolicy(PowerRestorePolicy::Previous), data)),
        6 => drop(answer(&GetAssetTag { offset: number }, data)),
        7 => drop(answer(&GetControllerName { offset: number }, data)),
        8 => {
            let _ = answer(&GetDcmiCapabilities { parameter: number }, data).map(|found| found.power_management());
        }
        9 => drop(answer(&GetPowerLimit, data)),
        10 => drop(answer(&GetPowerReading, data)),
        11 => drop(answer(&GetTemperatureReadings { entity: number, start: 0 }, data)),
        12 => {
            let id: Option<DeviceId> = answer(&GetDeviceId, data);
            let _ = id.map(|id| (id.manufacturer(), id.firmware.to_string()));
        }
        13 => drop(answer(&GetAcpiPowerState, data)),
        14 => drop(answer(&GetSelfTestResults, data)),
        15 => {
            let guid = answer(&GetSystemGuid, data);
            let _ = guid.map(|guid| (guid.to_smbios_text(), guid.to_rfc4122_text(), guid.to_ipmi_text()));
        }
        16 => drop(answer(&GetSystemInfo { parameter: SystemInfo::FirmwareVersion, block: number }, data)),
        17 => drop(answer(&GetFruInventoryAreaInfo { device: number }, data)),
        18 => drop(answer(&ReadFruData { device: number, offset: 0, count: 16 }, data)),
        19 => drop(answer(&GetComponentDescription { component: number }, data)),
        20 => drop(answer(&GetComponentVersion { component: number }, data)),
        21 => {
            let components = answer(&GetTargetUpgradeCapabilities, data).map(|found| found.components().count());
            assert!(components.is_none_or(|count| count <= 8));
        }
        22 => drop(answer(&GetLanConfiguration { channel: 1, parameter: number, set: 0, block: 0 }, data)),
        23 => drop(answer(&GetSdr(part), data)),
        24 => drop(answer(&GetSdrRepositoryInfo, data)),
        25 => drop(answer(&GetSelEntry::whole(u16::from(number)), data)),
        26 => drop(answer(&GetSelInfo, data)),
        27 => drop(answer(&GetSelTime, data)),
        28 => drop(answer(&GetSelTimeUtcOffset, data)),
        29 => drop(answer(&GetEventReceiver, data)),
        30 => drop(answer(&GetSensorEventEnable { sensor }, data)),
        31 => drop(answer(&GetSensorEventStatus { sensor }, data)),
        32 => drop(answer(&GetSensorHysteresis { sensor }, data)),
        33 => {
            let _ = answer(&GetSensorReading { sensor }, data).map(|reading| reading.threshold_status());
        }
        34 => {
            let format = [Format::Unsigned, Format::OnesComplement, Format::TwosComplement][usize::from(number % 3)];
            let factors = answer(&GetSensorReadingFactors { sensor, raw: number, format }, data);
            let _ = factors.and_then(|factors| factors.raw(factors.value(number)?));
        }
        35 => drop(answer(&GetSensorThresholds { sensor }, data)),
        36 => drop(answer(&GetSensorType { sensor }, data)),
        37 => {
            let asked = GetChannelAuthenticationCapabilities {
                channel: number,
                privilege: Privilege::Operator,
                extended: number & 1 == 1,
            };
            let _ = answer(&asked, data).map(|found| found.offers(auth_type));
        }
        38 => drop(answer(&GetChannelCipherSuites { channel: number, index: number }, data)),
        39 => drop(answer(&GetSessionChallenge { auth_type, user: [number; 16] }, data)),
        40 => {
            let (privilege, challenge) = (Privilege::User, [number; 16]);
            drop(answer(&ActivateSession { auth_type, privilege, challenge, outbound_sequence: 1 }, data));
        }
        41 => {
            drop(answer(&SetSessionPrivilegeLevel(Privilege::from_number(number)), data));
            drop(answer(&GetSessionInfo::Nth(number), data));
        }
        42 => {
            drop(answer(&ActivatePayload::sol(number, true, true), data));
            drop(answer(&GetPayloadActivationStatus { payload_type: number }, data));
            drop(answer(&GetSolConfiguration { channel: number, parameter: number }, data));
        }
        43 => drop(answer(&GetChannelAccess { channel: number, volatile: true }, data)),
        44 => {
            let _ = answer(&GetChannelInfo { channel: number }, data).map(|channel| channel.medium_name());
        }
        45 => drop(answer(&GetUserAccess { channel: 1, user: number }, data)),
        46 => drop(answer(&GetUserName { user: number }, data)),
        47 => {
            drop(answer(&GetSelAllocation, data));
            drop(answer(&GetGlobalEnables, data));
            drop(answer(&GetLanStatistics { channel: number }, data));
        }
        48 => {
            let found = answer(&GetPefCapabilities, data).map(|found| found.actions.names().count());
            assert!(found.is_none_or(|count| count <= 7));
        }
        49 => drop(answer(&GetPefConfiguration { parameter: number, set: 1 }, data)),
        50 => drop(answer(&GetLastProcessedEvent, data)),
        51 => {
            let _ = EventFilter::decode(data).map(|found| (found.severity_name(), found.actions.names().count()));
            let _ = AlertPolicy::decode(data);
        }
        52 => {
            let (kind, address) = data.split_at(data.len() / 2);
            if let Ok(found) = AlertDestination::decode(kind, address) {
                let [(_, address), (_, kind)] = found.encode();
                assert_eq!(AlertDestination::decode(&kind, &address).map(|again| again.address), Ok(found.address));
            }
        }
        _ => {
            drop(answer(&GetWatchdogTimer, data));
            assert!(!CompletionCode::from(number).to_string().is_empty());
        }
    }
});
