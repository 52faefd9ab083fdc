//! Diagnostic data: what a service collects for those who repair it, and the files that entries of logs name. IPMI has none of it.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fault::{Fault, Running};
use super::logs::services_of;
use super::machine::Host;
use super::made::Made;
use super::outcome::Outcome;
use super::profile::Capability;
use super::redfish::Service;
use super::route::Session;
use crate::client::download::Download;
use crate::error::{Error, ErrorKind};
use crate::resource::AnyResource;
use crate::resource::partial::{Missing, Partial, key};
use crate::schema::LogService;
use crate::services::diagnostics::{self, Attachment, Collected};
use crate::services::select::{self, Selector};
use crate::services::survey::Survey;
use crate::wire::Record;

/// How long it may take, unless it is said otherwise.
const WITHIN: Duration = Duration::from_secs(3600);

/// Of what diagnostic data is collected (`DiagnosticDataType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DiagnosticKind {
    /// Of the manager.
    Manager,
    /// Of the system before its operating system runs.
    PreOs,
    /// Of the operating system.
    Os,
    /// Whatever a vendor calls otherwise: [`CollectDiagnostics::oem_kind`](CollectDiagnostics::oem_kind()) says it.
    Oem,
}

impl DiagnosticKind {
    /// As Redfish spells it.
    fn as_redfish(self) -> &'static str {
        match self {
            Self::Manager => "Manager",
            Self::PreOs => "PreOS",
            Self::Os => "OS",
            Self::Oem => "OEM",
        }
    }
}

impl fmt::Display for DiagnosticKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Manager => "manager",
            Self::PreOs => "pre-os",
            Self::Os => "os",
            Self::Oem => "oem",
        })
    }
}

impl FromStr for DiagnosticKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Manager, Self::PreOs, Self::Os, Self::Oem]
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or_else(|| "expected manager, pre-os, os or oem".to_owned())
    }
}

/// What is to be collected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectDiagnostics {
    /// Of what.
    pub kind: DiagnosticKind,
    /// What a vendor calls it (`OEMDiagnosticDataType`); of Dell's SupportAssist the data to select, with commas between.
    pub oem_kind: Option<String>,
    /// Into this log; without it, the only one that collects this kind.
    pub log: Option<Selector>,
    /// How long it may take. Defaults to an hour.
    pub within: Duration,
}

impl CollectDiagnostics {
    /// Asks for data of this kind.
    #[must_use]
    pub fn new(kind: DiagnosticKind) -> Self {
        Self { kind, oem_kind: None, log: None, within: WITHIN }
    }

    /// Says what a vendor calls it.
    #[must_use]
    pub fn oem_kind(self, name: impl Into<String>) -> Self {
        Self { oem_kind: Some(name.into()), ..self }
    }

    /// Names the log, by its `Id`, its name or its URI.
    #[must_use]
    pub fn log(self, log: impl Into<Selector>) -> Self {
        Self { log: Some(log.into()), ..self }
    }

    /// Sets how long it may take.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        Self { within: time, ..self }
    }
}

/// A file of diagnostic data that a service has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DiagnosticData {
    /// The URI of the log, where one has it.
    pub log: Option<String>,
    /// The `Id` of the entry that names it, where one does.
    pub entry: Option<String>,
    /// The URI that it can be downloaded from; none where the service says that it collected the data, and nothing shows where it put it.
    pub uri: Option<String>,
    /// Its size in bytes, where the entry says it.
    pub bytes: Option<u64>,
}

/// Diagnostic data that was written to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedDiagnostics {
    /// Its size in bytes.
    pub bytes: u64,
    /// The SHA-256 of what was received, in hexadecimal digits.
    pub sha256: String,
    /// How many bytes the service said that it would send. There were as many: others are an error. None where it didn't say.
    pub announced: Option<u64>,
    /// How large the entry says that it is, which nothing enforces.
    pub said: Option<u64>,
}

impl SavedDiagnostics {
    /// Returns whether its size is what the service said in each place where it said it; none where it said it in none.
    #[must_use]
    pub fn is_as_said(&self) -> Option<bool> {
        let mut said = [self.announced, self.said].into_iter().flatten().peekable();
        said.peek()?;
        Some(said.all(|said| said == self.bytes))
    }
}

impl Host {
    /// Has diagnostic data collected, waits for the end of it, and finds the file that came of it: in the vendors' ways where a service
    /// has no log that collects any. It is sent once.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// use rosefish::host::{CollectDiagnostics, DiagnosticKind};
    ///
    /// let data = host.collect_diagnostics(CollectDiagnostics::new(DiagnosticKind::Manager)).await?.value;
    /// let saved = host.save_diagnostics(&data, "bmc-dump.tar").await?;
    /// println!("{} bytes, as the service says: {:?}", saved.bytes, saved.is_as_said());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where there is no Redfish; where several logs could be meant, or none collects this kind (nothing is sent then); where it is
    /// refused; and where its task fails or takes longer than it may ([`ErrorKind::Timeout`]: it continues).
    pub async fn collect_diagnostics(&self, what: CollectDiagnostics) -> Result<Outcome<DiagnosticData>, Error> {
        let operation = move |session| Box::pin(collect(session, what.clone())) as Running<_>;
        self.make(Capability::Diagnostics, operation, None).await
    }

    /// Finds the file that an entry of a log names (`AdditionalDataURI`): the entry by its `Id` or its URI, of the log that is named or of
    /// the only one that has such an entry.
    ///
    /// # Errors
    ///
    /// Where there is no such entry, several are called so, or it names no file.
    pub async fn log_attachment(
        &self,
        log: Option<Selector>,
        entry: impl Into<Selector>,
    ) -> Result<Outcome<DiagnosticData>, Error> {
        let entry = entry.into();
        let read = move |session| Box::pin(attachment(session, log.clone(), entry.clone())) as Running<_>;
        self.read(Capability::Diagnostics, read).await
    }

    /// Begins to download a file of diagnostic data.
    ///
    /// # Errors
    ///
    /// Where it is not known where it is ([`ErrorKind::Missing`]), and as [`Client::download`](crate::Client::download).
    pub async fn download_diagnostics(&self, data: &DiagnosticData) -> Result<Download, Error> {
        let Some(uri) = &data.uri else {
            let text = "the service says that the data was collected, and no entry of the log shows where it is";
            return Err(Error::new(ErrorKind::Missing, text));
        };
        self.redfish().await?.download(uri).await
    }

    /// Downloads a file of diagnostic data into a new file, which its owner alone can read. A file that can't be completed is removed.
    ///
    /// # Errors
    ///
    /// As [`download_diagnostics`](Self::download_diagnostics) and [`Download::save`].
    pub async fn save_diagnostics(
        &self,
        data: &DiagnosticData,
        file: impl AsRef<Path>,
    ) -> Result<SavedDiagnostics, Error> {
        let saved = self.download_diagnostics(data).await?.save(file).await?;
        Ok(SavedDiagnostics { bytes: saved.bytes, sha256: saved.sha256, announced: saved.announced, said: data.bytes })
    }
}

impl DiagnosticData {
    fn of(attachment: Option<Attachment>, log: Option<&AnyResource>) -> Self {
        let entry = attachment.as_ref().and_then(|attachment| attachment.entry.as_ref());
        let id = entry.map(|entry| {
            let last = key(entry.uri()).rsplit('/').next().unwrap_or_default();
            entry.record().text("Id").filter(|id| !id.is_empty()).unwrap_or(last).to_owned()
        });
        Self {
            log: log.map(|log| log.uri().to_owned()),
            entry: id,
            bytes: attachment.as_ref().and_then(|attachment| attachment.bytes),
            uri: attachment.map(|attachment| attachment.uri),
        }
    }
}

async fn logs(session: Session) -> Result<(Service, Vec<AnyResource>, Vec<Missing>), Fault> {
    let Session::Redfish(service) = session else { return Err(Fault::lacking("IPMI has no diagnostic data")) };
    let mut survey = Survey::of(&service.client);
    let logs = services_of(&service, &mut survey).await?;
    Ok((service, logs, survey.into_missing()))
}

async fn collect(session: Session, what: CollectDiagnostics) -> Result<Made<DiagnosticData>, Fault> {
    let CollectDiagnostics { kind, oem_kind, log, within } = what;
    let (service, logs, missing) = logs(session).await?;
    let (kind, oem_kind) = (kind.as_redfish(), oem_kind.as_deref());
    let collecting: Vec<_> = logs.iter().filter(|log| diagnostics::can_collect(log)).cloned().collect();
    if collecting.is_empty() && log.is_none() {
        return by_vendor(&service, kind, oem_kind, within, missing).await;
    }
    let chosen = chosen(collecting, missing, kind, log.as_ref())?;
    let done = diagnostics::collect(&chosen, kind, oem_kind, within).await.map_err(of_collection)?;
    Ok(made(done, Some(&chosen)))
}

/// A kind that no log takes is not tried by another protocol.
fn of_collection(error: Error) -> Fault {
    if error.kind() == ErrorKind::NotAllowed { Fault::final_before(error) } else { Fault::of_action(error) }
}

fn made(done: Collected, log: Option<&AnyResource>) -> Made<DiagnosticData> {
    let unread = done.attachment.is_none().then(|| {
        let text = "the service says that the data was collected, and no entry shows where it is";
        Error::new(ErrorKind::Missing, text)
    });
    Made { value: DiagnosticData::of(done.attachment, log), sent: vec![done.sent], unread }
}

/// The log that is meant. Without a name, it is the only one that may collect this kind; of several, the one for dumps of a manager or of
/// a system, as the kind says.
fn chosen(
    mut logs: Vec<AnyResource>,
    missing: Vec<Missing>,
    kind: &str,
    named: Option<&Selector>,
) -> Result<AnyResource, Fault> {
    if named.is_none() {
        let takes = |log: &AnyResource| diagnostics::kinds(log).is_none_or(|kinds| kinds.iter().any(|one| one == kind));
        let is_of_manager = |log: &AnyResource| log.uri().contains("/Managers/") == (kind == "Manager");
        let is_for_dumps =
            |log: &AnyResource| log.record().text("Id").is_some_and(|id| id.eq_ignore_ascii_case("Dump"));
        let rules: [&dyn Fn(&AnyResource) -> bool; 3] = [&takes, &is_of_manager, &is_for_dumps];
        for rule in rules {
            if logs.iter().any(rule) {
                logs.retain(rule);
            }
        }
    }
    Ok(select::choose(LogService::type_table(), Partial { items: logs, missing }, named)?)
}

/// What vendors have where no log collects anything.
async fn by_vendor(
    service: &Service,
    kind: &str,
    oem_kind: Option<&str>,
    within: Duration,
    missing: Vec<Missing>,
) -> Result<Made<DiagnosticData>, Fault> {
    let manager = service.manager().await?.into_any();
    if let Some(support) = diagnostics::support_assist(&manager).await {
        let done = diagnostics::collect_by_support_assist(&support, kind, oem_kind, within).await;
        return Ok(made(done.map_err(of_collection)?, None));
    }
    if let Some(file) = diagnostics::active_health_system(&manager).await {
        if !matches!(kind, "Manager" | "OEM") || oem_kind.is_some() {
            let text = "the Active Health System, which is all that this service has, is of the kind manager, or oem without a name";
            return Err(Fault::refused(text));
        }
        // It is always being collected.
        return Ok(Made::unseen(DiagnosticData::of(Some(file), None), Vec::new()));
    }
    Err(match missing.is_empty() {
        true => Fault::lacking(
            "no log of this service collects diagnostic data, and its manager has no other way known here",
        ),
        false => Fault::nothing_read(missing),
    })
}

async fn attachment(session: Session, log: Option<Selector>, entry: Selector) -> Result<DiagnosticData, Fault> {
    let (_, logs, missing) = logs(session).await?;
    let logs = select::narrow(LogService::type_table(), Partial { items: logs, missing }, log.as_ref())?;
    let (mut found, mut plain, mut unread) = (Vec::new(), Vec::new(), logs.missing);
    for log in &logs.items {
        match diagnostics::entry(log, entry.as_str()).await {
            Ok(Some(one)) => match Attachment::of(&one) {
                Some(attachment) => found.push((attachment, log)),
                None => plain.push(one.uri().to_owned()),
            },
            Ok(None) => {}
            Err(error) if error.kind() == ErrorKind::Missing => {}
            Err(error) => unread.push(Missing::new(log.uri(), error)),
        }
    }
    if found.len() == 1
        && let Some((attachment, log)) = found.pop()
    {
        return Ok(DiagnosticData::of(Some(attachment), Some(log)));
    }
    let unread: String = unread.iter().map(|missing| format!("; not read: {missing}")).collect();
    let (kind, text) = if found.is_empty() {
        match plain.is_empty() {
            true => (ErrorKind::Ambiguous, format!("no log has an entry {entry}")),
            false => (ErrorKind::Ambiguous, format!("{} names no file (AdditionalDataURI)", plain.join(", "))),
        }
    } else {
        let uris = found.iter().filter_map(|(one, _)| one.entry.as_ref()).map(AnyResource::uri).collect::<Vec<_>>();
        (ErrorKind::Ambiguous, format!("several entries are called {entry}; choose one of: {}", uris.join(", ")))
    };
    Err(Error::new(kind, text + &unread).into())
}
