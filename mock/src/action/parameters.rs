//! The parameters that the schemas declare for each action. Which values they take on one machine
//! is in that machine's payloads.

/// A parameter of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// The kind of JSON that a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Truth,
    Object,
    Array,
}

/// The parameters of an action such as `ComputerSystem.Reset`; `None` for one that no schema of the
/// standard declares.
pub(super) fn of(action: &str) -> Option<Vec<Parameter>> {
    let index = ACTIONS.binary_search_by(|(name, _)| (*name).cmp(action)).ok()?;
    let (_, parameters) = ACTIONS.get(index)?;
    Some(parameters.split_whitespace().filter_map(parse).collect())
}

/// `Name:kind`, with an exclamation mark behind it if the parameter is required.
fn parse(text: &'static str) -> Option<Parameter> {
    let (name, kind) = text.split_once(':')?;
    let (kind, required) = match kind.strip_suffix('!') {
        Some(kind) => (kind, true),
        None => (kind, false),
    };
    let kind = match kind {
        "text" => Kind::Text,
        "number" => Kind::Number,
        "truth" => Kind::Truth,
        "object" => Kind::Object,
        "array" => Kind::Array,
        _ => return None,
    };
    Some(Parameter { name, kind, required })
}

/// Sorted by name.
#[rustfmt::skip] // One line each reads as the table that it is.
static ACTIONS: &[(&str, &str)] = &[
    ("Aggregate.AddElements", "Elements:array!"),
    ("Aggregate.RemoveElements", "Elements:array!"),
    ("Aggregate.Reset", "DelayBetweenBatchesInSeconds:number BatchSize:number ResetType:text"),
    ("Aggregate.SetDefaultBootOrder", ""),
    ("AggregationService.Reset", "DelayBetweenBatchesInSeconds:number BatchSize:number ResetType:text TargetURIs:array!"),
    ("AggregationService.SetDefaultBootOrder", "Systems:array!"),
    ("AggregationSource.GenerateSSHIdentityKeyPair", "KeyType:text! KeyLength:number Curve:text"),
    ("AggregationSource.RemoveSSHIdentityKeyPair", ""),
    ("Application.Reset", "ResetType:text"),
    ("AutomationNode.Reset", ""),
    ("AutomationNode.SendTrigger", ""),
    ("AutomationNode.Start", ""),
    ("AutomationNode.Stop", ""),
    ("AutomationNode.Wait", ""),
    ("Battery.Calibrate", ""),
    ("Battery.Reset", "ResetType:text"),
    ("Battery.SelfTest", ""),
    ("Bios.ChangePassword", "PasswordName:text! OldPassword:text NewPassword:text!"),
    ("Bios.ResetBios", ""),
    ("CXLLogicalDevice.DisablePassphrase", "PassphraseType:text! Passphrase:text!"),
    ("CXLLogicalDevice.DynamicCapacityAdd", "Policy:text! RegionNumber:number Length:number Tag:text ExtentList:array"),
    ("CXLLogicalDevice.DynamicCapacityRelease", "Policy:text! ForcedRemoval:truth! SanitizeOnRelease:truth! Length:number Tag:text ExtentList:array"),
    ("CXLLogicalDevice.FreezeSecurityState", ""),
    ("CXLLogicalDevice.PassphraseSecureErase", "Passphrase:text! PassphraseType:text!"),
    ("CXLLogicalDevice.SetPassphrase", "PassphraseType:text! Passphrase:text! NewPassphrase:text!"),
    ("CXLLogicalDevice.Unlock", "PassphraseType:text! Passphrase:text!"),
    ("Certificate.ForceAutomaticRenew", ""),
    ("Certificate.Rekey", "KeyPairAlgorithm:text KeyBitLength:number KeyCurveId:text ChallengePassword:text"),
    ("Certificate.Renew", "ChallengePassword:text"),
    ("CertificateService.GenerateCSR", "CommonName:text AlternativeNames:array Organization:text OrganizationalUnit:text City:text State:text Country:text Email:text KeyPairAlgorithm:text KeyBitLength:number KeyCurveId:text CertificateCollection:object! KeyUsage:array Surname:text GivenName:text Initials:text ChallengePassword:text UnstructuredName:text ContactPerson:text"),
    ("CertificateService.ReplaceCertificate", "CertificateString:text! CertificateType:text! CertificateUri:object! Password:text"),
    ("Chassis.Reset", "ResetType:text"),
    ("Circuit.BreakerControl", "PowerState:text"),
    ("Circuit.PowerControl", "PowerState:text"),
    ("Circuit.ResetMetrics", ""),
    ("ComponentIntegrity.SPDMGetSignedMeasurements", "Nonce:text SlotId:number MeasurementIndices:array"),
    ("ComponentIntegrity.TPMGetSignedMeasurements", "Nonce:text Certificate:object! Scheme:text! PCRSelection:text!"),
    ("CompositionService.Compose", "RequestFormat:text! RequestType:text! Manifest:object ReservationId:text"),
    ("ComputerSystem.AddResourceBlock", "ResourceBlock:object! ResourceBlockETag:text ComputerSystemETag:text"),
    ("ComputerSystem.Decommission", "DecommissionTypes:array! OEMDecommissionTypes:array ComputerSystemETag:text RequireSecureErase:truth"),
    ("ComputerSystem.ExportConfiguration", "ExportType:text! Components:array! OEMComponents:array Security:text EncryptionPassphrase:text"),
    ("ComputerSystem.RemoveResourceBlock", "ResourceBlock:object! ResourceBlockETag:text ComputerSystemETag:text"),
    ("ComputerSystem.Reset", "ResetType:text"),
    ("ComputerSystem.SetDefaultBootOrder", ""),
    ("Connection.AddVolumeInfo", "Volume:object! LUN:number AccessCapabilities:array"),
    ("Connection.RemoveVolumeInfo", "Volume:object! LUN:number"),
    ("Container.Reset", "ResetType:text"),
    ("Control.ResetToDefaults", ""),
    ("CoolantConnector.ValveControl", "ValveState:text ValveStateReason:text"),
    ("CoolingUnit.ExportConfiguration", "ExportType:text! Components:array! OEMComponents:array Security:text EncryptionPassphrase:text"),
    ("CoolingUnit.SetMode", "Mode:text"),
    ("Drive.FreezePersonality", "Personality:number!"),
    ("Drive.GetPersonalityNonce", ""),
    ("Drive.Reset", "ResetType:text"),
    ("Drive.RevertPersonalitiesToDefaults", ""),
    ("Drive.RevertToOriginalFactoryState", "PhysicalSecureID:text"),
    ("Drive.SecureErase", "SanitizationType:text OverwritePasses:number"),
    ("Drive.SetPersonalityKey", "Algorithm:text! Key:text!"),
    ("Drive.UnfreezePersonality", "Personality:number! AuthenticationMethod:text! Key:text! Nonce:text"),
    ("EnvironmentMetrics.ResetMetrics", ""),
    ("EnvironmentMetrics.ResetToDefaults", ""),
    ("EventDestination.ResumeSubscription", "DeliverBufferedEventDuration:text"),
    ("EventDestination.SuspendSubscription", ""),
    ("EventService.SubmitTestEvent", "EventType:text EventId:text EventTimestamp:text Severity:text MessageSeverity:text Message:text MessageId:text! MessageArgs:array OriginOfCondition:text EventGroupId:number"),
    ("EventService.TestEventSubscription", ""),
    ("HeaterMetrics.ResetMetrics", ""),
    ("Job.Cancel", ""),
    ("Job.ForceStart", ""),
    ("Job.Invalidate", ""),
    ("Job.Resubmit", "StartTime:text"),
    ("Job.Resume", ""),
    ("Job.Suspend", ""),
    ("Job.Validate", ""),
    ("JobDocument.SubmitJob", "JobCreator:object Parameters:object! StartTime:text PreferredExecutors:array! HidePayload:truth"),
    ("JobService.CancelAllJobs", ""),
    ("LicenseService.Install", "LicenseFileURI:text! TransferProtocol:text Username:text Password:text AuthorizedDevices:array TargetServices:array"),
    ("LogService.ClearLog", "LogEntriesETag:text"),
    ("LogService.CollectDiagnosticData", "DiagnosticDataType:text! OEMDiagnosticDataType:text TargetURI:text UserName:text Password:text TransferProtocol:text TargetDevice:object"),
    ("LogService.DownloadRawLog", ""),
    ("LogService.PushDiagnosticData", "AdditionalDataURI:text! TargetURI:text! UserName:text Password:text TransferProtocol:text"),
    ("Manager.ForceFailover", "NewManager:object!"),
    ("Manager.ModifyRedundancySet", "Add:array Remove:array"),
    ("Manager.Reset", "ResetType:text"),
    ("Manager.ResetToDefaults", "ResetType:text!"),
    ("Manager.UpdateSecurityMode", "SecurityMode:text! OEMSecurityMode:text"),
    ("ManagerAccount.ChangePassword", "SessionAccountPassword:text! NewPassword:text!"),
    ("ManagerAccount.ClearSecretKey", ""),
    ("ManagerAccount.GenerateSecretKey", ""),
    ("ManagerAccount.VerifyTimeBasedOneTimePassword", "TimeBasedOneTimePassword:text!"),
    ("ManagerDiagnosticData.ResetMetrics", ""),
    ("MediaController.Reset", "ResetType:text"),
    ("Memory.DisableMasterPassphrase", "RegionId:text! Passphrase:text!"),
    ("Memory.DisablePassphrase", "RegionId:text! Passphrase:text!"),
    ("Memory.FreezeSecurityState", ""),
    ("Memory.InjectPersistentPoison", "PhysicalAddress:text!"),
    ("Memory.OverwriteUnit", "RegionId:text! Passphrase:text!"),
    ("Memory.Reset", "ResetType:text"),
    ("Memory.ResetToDefaults", ""),
    ("Memory.ScanMedia", "PhysicalAddress:text! Length:number! NoEventLog:truth"),
    ("Memory.SecureEraseUnit", "RegionId:text! Passphrase:text!"),
    ("Memory.SetMasterPassphrase", "RegionId:text! Passphrase:text!"),
    ("Memory.SetPassphrase", "RegionId:text! Passphrase:text!"),
    ("Memory.UnlockUnit", "RegionId:text! Passphrase:text!"),
    ("MemoryMetrics.ClearCurrentPeriod", ""),
    ("NetworkAdapter.Reset", "ResetType:text"),
    ("NetworkAdapter.ResetSettingsToDefault", ""),
    ("NetworkAdapterMetrics.ResetMetrics", ""),
    ("NetworkDeviceFunctionMetrics.ResetMetrics", ""),
    ("Outlet.PowerControl", "PowerState:text"),
    ("Outlet.ResetMetrics", ""),
    ("OutletGroup.PowerControl", "PowerState:text"),
    ("OutletGroup.ResetMetrics", ""),
    ("PCIeDevice.CXLReferenceDCMemory", "Tag:text! FMReference:truth!"),
    ("Port.Reset", "ResetType:text"),
    ("Port.ResetPPB", ""),
    ("PortMetrics.ResetMetrics", ""),
    ("Power.PowerSupplyReset", "ResetType:text MemberId:text!"),
    ("PowerDistribution.ExportConfiguration", "ExportType:text! Components:array! OEMComponents:array Security:text EncryptionPassphrase:text"),
    ("PowerDistribution.TransferControl", ""),
    ("PowerDistributionMetrics.ResetMetrics", ""),
    ("PowerSupply.Reset", "ResetType:text"),
    ("PowerSupplyMetrics.ResetMetrics", ""),
    ("Processor.Reset", "ResetType:text"),
    ("Processor.ResetToDefaults", ""),
    ("ProcessorMetrics.ClearCurrentPeriod", ""),
    ("Pump.SetMode", "Mode:text"),
    ("SecureBoot.ResetKeys", "ResetKeysType:text!"),
    ("SecureBootDatabase.ResetKeys", "ResetKeysType:text!"),
    ("Sensor.ResetMetrics", ""),
    ("Sensor.ResetThresholdsToDefaults", ""),
    ("Sensor.ResetToDefaults", ""),
    ("SoftwareInventory.Activate", "Targets:array"),
    ("SoftwareInventory.Cancel", "Targets:array"),
    ("Storage.FreezePersonality", "Personality:number!"),
    ("Storage.GetPersonalityNonce", ""),
    ("Storage.ImportForeignDrives", "ControllerPassword:text DriveEncryptionKey:text! DriveEncryptionKeyIdentifier:text"),
    ("Storage.RekeyExternalKey", ""),
    ("Storage.ResetToDefaults", "ResetType:text!"),
    ("Storage.RevertPersonalitiesToDefaults", ""),
    ("Storage.SetControllerPassword", "CurrentPassword:text NewPassword:text! SecurityKey:text"),
    ("Storage.SetEncryptionKey", "EncryptionKey:text! EncryptionKeyIdentifier:text CurrentEncryptionKey:text"),
    ("Storage.SetPersonalityKey", "Algorithm:text! Key:text!"),
    ("Storage.SetPredictedMediaLifeLeftThreshold", "PredictedMediaLifeLeftThreshold:number!"),
    ("Storage.UnfreezePersonality", "Personality:number! AuthenticationMethod:text! Key:text! Nonce:text"),
    ("StorageController.AttachNamespaces", "Namespaces:array!"),
    ("StorageController.DetachNamespaces", "Namespaces:array!"),
    ("StorageController.Reset", "ResetType:text"),
    ("StorageController.SecurityReceive", "SecurityProtocol:number! SecurityProtocolSpecific:number! AllocationLength:number!"),
    ("StorageController.SecuritySend", "SecurityProtocol:number! SecurityProtocolSpecific:number! Data:text!"),
    ("Switch.Reset", "ResetType:text"),
    ("SwitchMetrics.ClearCurrentPeriod", ""),
    ("TaskService.DeleteAllCompletedTasks", ""),
    ("TelemetryService.ClearMetricReports", ""),
    ("TelemetryService.ClearTelemetryData", ""),
    ("TelemetryService.CollectTelemetryData", "TelemetryDataType:text! OEMTelemetryDataType:text TargetDevices:array"),
    ("TelemetryService.ResetMetricReportDefinitionsToDefaults", ""),
    ("TelemetryService.ResetTriggersToDefaults", ""),
    ("TelemetryService.SubmitTestMetricReport", "MetricReportName:text! MetricReportValues:text GeneratedMetricReportValues:array!"),
    ("ThermalMetrics.ResetMetrics", ""),
    ("TrustedComponent.TPMClear", ""),
    ("TrustedComponent.TPMGetEventLog", ""),
    ("UpdateService.Activate", "Targets:array!"),
    ("UpdateService.GenerateSSHIdentityKeyPair", "KeyType:text! KeyLength:number Curve:text"),
    ("UpdateService.RemoveSSHIdentityKeyPair", ""),
    ("UpdateService.SimpleUpdate", "ImageURI:text! TransferProtocol:text Targets:array Username:text Password:text ForceUpdate:truth Stage:truth LocalImage:truth ExcludeTargets:array"),
    ("UpdateService.StartUpdate", ""),
    ("VirtualMedia.EjectMedia", ""),
    ("VirtualMedia.InsertMedia", "Image:text! Inserted:truth WriteProtected:truth UserName:text Password:text TransferProtocolType:text TransferMethod:text"),
    ("Volume.AssignReplicaTarget", "ReplicaUpdateMode:object! TargetVolume:text! ReplicaType:object!"),
    ("Volume.ChangeRAIDLayout", "RAIDType:text StripSizeBytes:number MediaSpanCount:number Drives:array"),
    ("Volume.CheckConsistency", ""),
    ("Volume.CreateReplicaTarget", "ReplicaUpdateMode:object! VolumeName:text TargetStoragePool:text! ReplicaType:object!"),
    ("Volume.ForceEnable", ""),
    ("Volume.Initialize", "InitializeMethod:text InitializeType:text"),
    ("Volume.RemoveReplicaRelationship", "TargetVolume:text! DeleteTargetVolume:truth"),
    ("Volume.ResumeReplication", "TargetVolume:text!"),
    ("Volume.ReverseReplicationRelationship", "TargetVolume:text!"),
    ("Volume.SplitReplication", "TargetVolume:text!"),
    ("Volume.SuspendReplication", "TargetVolume:text!"),
    ("Zone.AddEndpoint", "Endpoint:object! EndpointETag:text ZoneETag:text"),
    ("Zone.RemoveEndpoint", "Endpoint:object! EndpointETag:text ZoneETag:text"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_entry_is_understood() {
        assert!(ACTIONS.is_sorted_by(|a, b| a.0 < b.0));
        for (name, parameters) in ACTIONS {
            assert_eq!(of(name).map(|found| found.len()), Some(parameters.split_whitespace().count()), "{name}");
        }
    }

    #[test]
    fn actions_of_vendors_are_not_known() {
        assert_eq!(of("HpeiLO.Reset"), None);
        assert_eq!(of("Bios.ResetBios"), Some(Vec::new()));
        let reset = Parameter { name: "ResetType", kind: Kind::Text, required: false };
        assert_eq!(of("ComputerSystem.Reset"), Some(vec![reset]));
    }
}
