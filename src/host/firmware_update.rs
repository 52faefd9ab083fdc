//! Updating firmware: in the best way that a service offers, followed to its end and across a restart of the BMC, and
//! verified by comparing versions. Reports only what an answer showed.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::firmware::{Firmware, FirmwareChange, changes, installed};
use super::firmware_ways::{FirmwareWay, has, way};
use super::machine::Host;
use super::outcome::{Backend, Outcome};
use super::wait::passes;
use crate::client::{Client, RetryPolicy};
use crate::error::{Error, ErrorKind};
use crate::resource::action::Reply;
use crate::resource::apply_time::Apply;
use crate::resource::partial::Partial;
use crate::schema::message::Message;
use crate::services::image::UploadImage;
use crate::services::read_back::seconds;
use crate::services::reservation::{self, Wishes};
use crate::task::{TaskMonitor, TaskPhase};

/// How long an update may take.
const PATIENCE: Duration = Duration::from_secs(3600);
/// How long a new version may take to show after the update has ended.
const SETTLING: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(1);

/// How far an update is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FirmwareProgress {
    /// The image goes out.
    Sending {
        /// How many bytes were handed to the connection.
        sent: u64,
        /// How many there are.
        total: u64,
    },
    /// The service works on it.
    Working {
        /// What the service calls the state.
        state: Option<String>,
        /// How many percent are done; some services say 0 to the end.
        percent: Option<u8>,
        /// What it says about it.
        message: Option<String>,
    },
    /// The service does not answer: it may be restarting.
    Away,
}

type OnProgress = Box<dyn FnMut(FirmwareProgress) + Send>;

enum Source {
    File { name: String, image: UploadImage },
    Uri { uri: String, login: Option<(String, SecretString)> },
}

/// An update of firmware, to be given to [`Host::update_firmware`].
pub struct FirmwareUpdate {
    source: Source,
    pub(super) targets: Vec<String>,
    apply: Option<Apply>,
    force: bool,
    pub(super) oem: Option<String>,
    patience: Duration,
    settling: Duration,
    progress: Option<OnProgress>,
}

impl fmt::Debug for FirmwareUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirmwareUpdate").field("targets", &self.targets).finish_non_exhaustive()
    }
}

impl FirmwareUpdate {
    fn new(source: Source) -> Self {
        let (targets, apply, force, progress) = (Vec::new(), None, false, None);
        Self { source, targets, apply, force, oem: None, patience: PATIENCE, settling: SETTLING, progress }
    }

    /// Sends an image to the service. Services see by its name what it is for.
    pub fn from_image(name: impl Into<String>, image: impl Into<UploadImage>) -> Self {
        Self::new(Source::File { name: name.into(), image: image.into() })
    }

    /// Has the service fetch an image.
    pub fn from_uri(uri: impl Into<String>) -> Self {
        Self::new(Source::Uri { uri: uri.into(), login: None })
    }

    /// Sets who fetches the image, where the service does.
    #[must_use]
    pub fn login(mut self, user: impl Into<String>, password: impl Into<SecretString>) -> Self {
        if let Source::Uri { login, .. } = &mut self.source {
            *login = Some((user.into(), password.into()));
        }
        self
    }

    /// Adds what is to be updated, by its name or URI, as [`Host::firmware`] lists it. Without, the service finds out by the image.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.targets.push(target.into());
        self
    }

    /// Sets when the image is applied. Without, the service does as it does.
    #[must_use]
    pub fn apply(mut self, when: Apply) -> Self {
        self.apply = Some(when);
        self
    }

    /// Takes an image also where the service would not, as it is older than what is installed (`ForceUpdate`).
    #[must_use]
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// Sets the JSON of a part `OemParameters` of the form, on which AMI's services insist: what it says there depends on the image.
    #[must_use]
    pub fn oem_parameters(mut self, json: impl Into<String>) -> Self {
        self.oem = Some(json.into());
        self
    }

    /// Returns the options that accompany the image.
    pub(super) fn wishes(&self, targets: Vec<String>) -> Wishes {
        Wishes { targets, apply: self.apply.clone(), force: self.force.then_some(true) }
    }

    /// Sets how long it may take until the update has ended. Defaults to an hour.
    #[must_use]
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sets how long a new version may take to show after the update has ended. Defaults to a minute; a BMC that restarts meanwhile
    /// is waited for as long as the update may take.
    #[must_use]
    pub fn settling(mut self, settling: Duration) -> Self {
        self.settling = settling;
        self
    }

    /// Calls a function as it continues. It must not block.
    #[must_use]
    pub fn on_progress(mut self, progress: impl FnMut(FirmwareProgress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }
}

/// What became of an update.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct FirmwareUpdated {
    /// How the image got there. None where nothing did: an update that was there was started.
    pub way: Option<FirmwareWay>,
    /// The state in which its task ended, as the service spells it; none where there was no task or it was forgotten.
    pub state: Option<String>,
    /// What the service says about it.
    pub messages: Vec<String>,
    /// The versions that are others than before. Where there are none, the new one may come into force with a reset, or the
    /// version may have been the same.
    pub changes: Vec<FirmwareChange>,
    /// Firmware whose new version comes into force with a reset alone, as the service says.
    pub resets: Vec<String>,
    /// Whether the service was seen not to answer meanwhile.
    pub restarted: bool,
    /// Why what was written to the service for the time of the upload (`HttpPushUriTargets` and the like) could not be put back.
    pub left_behind: Option<String>,
}

impl Host {
    /// Updates firmware: by a form, else by the image alone, else, with a URI, by having it fetched. Follows the task, waits for a BMC
    /// that restarts, and compares the versions.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// use rosefish::UploadImage;
    /// use rosefish::host::FirmwareUpdate;
    ///
    /// let image = UploadImage::open("bmc-2.10.bin").await?;
    /// let update = FirmwareUpdate::from_image("bmc-2.10.bin", image).on_progress(|now| println!("{now:?}"));
    /// for change in host.update_firmware(update).await?.value.changes {
    ///     println!("{}: {:?} -> {:?}", change.id, change.before, change.after);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, the service takes no such update (nothing was sent), refuses it, says that it failed
    /// ([`ErrorKind::TaskFailed`](crate::ErrorKind::TaskFailed)) or does not come to an end in time. An answer that says failure or
    /// none at all is not an error where the versions show that it was done.
    pub async fn update_firmware(&self, update: FirmwareUpdate) -> Result<Outcome<FirmwareUpdated>, Error> {
        let host = self.clone();
        Box::pin(async move { host.update(update).await }).await
    }

    /// Starts an update that was left for later (`OnStartUpdateRequest`), and follows it.
    ///
    /// # Errors
    ///
    /// As [`update_firmware`](Self::update_firmware).
    pub async fn start_firmware_update(&self, within: Duration) -> Result<Outcome<FirmwareUpdated>, Error> {
        let host = self.clone();
        Box::pin(async move {
            let client = host.redfish().await?;
            let before = installed(&client).await?;
            let reply = client.root().update_service().await?.start_update().await?;
            let follow = Follow::new(client, before, within, SETTLING, None);
            let sent = vec!["UpdateService.StartUpdate".to_owned()];
            follow.finish(host.address(), None, Ok(reply), sent).await
        })
        .await
    }

    /// Returns whether the service takes the image itself, with all that is asked for beside it. Where it does not, it may still fetch
    /// it from a URI.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or no `UpdateService`.
    pub fn takes_upload<'a>(
        &'a self,
        update: &FirmwareUpdate,
    ) -> impl Future<Output = Result<bool, Error>> + Send + use<'a> {
        let (wishes, has_oem) = (update.wishes(update.targets.clone()), update.oem.is_some());
        async move {
            let client = self.redfish().await?;
            let service = Box::pin(async move { client.root().update_service().await }).await?;
            let by_itself = has(&service.http_push_uri) && !has_oem && wishes.hindrance(&service).is_none();
            Ok(has(&service.multipart_http_push_uri) || by_itself)
        }
    }

    async fn update(self, update: FirmwareUpdate) -> Result<Outcome<FirmwareUpdated>, Error> {
        let client = self.redfish().await?;
        let service = client.root().update_service().await?;
        let before = match installed(&client).await {
            Err(error) if error.kind() == ErrorKind::Missing => Partial::default(),
            found => found?,
        };
        let targets = named(&update.targets, &before)?;
        let wishes = update.wishes(targets.clone());
        let FirmwareUpdate { source, apply, force, oem, patience, settling, progress, .. } = update;
        let progress = progress.map(|progress| std::sync::Arc::new(std::sync::Mutex::new(progress)));
        let follow = Follow::new(client, before, patience, settling, progress.clone());
        let way = way(&service, matches!(source, Source::File { .. }));
        let sent = match way {
            FirmwareWay::Multipart => "POST MultipartHttpPushUri",
            FirmwareWay::Push => "POST HttpPushUri",
            FirmwareWay::Fetch => "UpdateService.SimpleUpdate",
        };
        let reply = match source {
            Source::File { name, image } => {
                let mut upload = service.upload(name, image).with(|with| {
                    with.targets = targets;
                    with.force_update = force.then_some(true);
                });
                if let Some(when) = apply {
                    upload = upload.apply(when);
                }
                if let Some(json) = oem {
                    upload = upload.oem_parameters(json);
                }
                upload
                    .on_progress(move |now| {
                        tell(progress.as_ref(), FirmwareProgress::Sending { sent: now.sent, total: now.total })
                    })
                    .await
            }
            Source::Uri { uri, login } => {
                let mut call = service.simple_update(uri).with(|with| {
                    with.targets = targets;
                    with.force_update = force.then_some(true);
                    if let Some((user, password)) = login {
                        with.username = Some(user);
                        with.password = Some(password.expose_secret().to_owned());
                    }
                });
                if let Some(when) = apply {
                    call = call.apply(when);
                }
                call.await
            }
        };
        let is_taken = reply.is_ok();
        let mut done = follow.finish(self.address(), Some(way), reply, vec![sent.to_owned()]).await;
        if way == FirmwareWay::Push && is_taken && !wishes.is_empty() {
            let left = reservation::put_back(service, &wishes).await.err().map(|error| error.report());
            if let Ok(done) = &mut done {
                done.value.left_behind = left;
            }
        }
        done
    }
}

/// Resolves targets to URIs. One that starts with a slash is a URI already.
fn named(targets: &[String], known: &Partial<Firmware>) -> Result<Vec<String>, Error> {
    let mut uris = Vec::new();
    for target in targets {
        if target.starts_with('/') {
            uris.push(target.clone());
            continue;
        }
        let is = |one: &&Firmware| one.id.eq_ignore_ascii_case(target) || one.name.as_deref() == Some(target);
        let Some(one) = known.items.iter().find(is) else {
            let all: Vec<_> = known.items.iter().map(|one| one.id.as_str()).collect();
            let text = format!("there is no firmware {target} here; choose one of: {}", all.join(", "));
            return Err(Error::new(ErrorKind::Ambiguous, text));
        };
        uris.push(one.uri.clone());
    }
    Ok(uris)
}

type Shared = std::sync::Arc<std::sync::Mutex<OnProgress>>;

fn tell(progress: Option<&Shared>, now: FirmwareProgress) {
    if let Some(progress) = progress {
        progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner)(now);
    }
}

/// An update that was sent.
struct Follow {
    client: Client,
    before: Partial<Firmware>,
    deadline: Instant,
    patience: Duration,
    settling: Duration,
    progress: Option<Shared>,
    restarted: bool,
}

impl Follow {
    fn new(
        client: Client,
        before: Partial<Firmware>,
        patience: Duration,
        settling: Duration,
        progress: Option<Shared>,
    ) -> Self {
        let deadline = crate::deadline::after(patience);
        Self { client, before, deadline, patience, settling, progress, restarted: false }
    }

    async fn finish(
        mut self,
        host: &str,
        way: Option<FirmwareWay>,
        reply: Result<Reply, Error>,
        sent: Vec<String>,
    ) -> Result<Outcome<FirmwareUpdated>, Error> {
        let mut doubt = None;
        let (mut state, mut messages) = (None, Vec::new());
        match reply {
            Ok(Reply { task: Some(task), .. }) => {
                let end = self.task(&task).await?;
                (state, messages) = (end.0, end.1);
            }
            Ok(_) => {}
            // Some services answer 500 although they did the update, and an answer may get lost.
            Err(error) if error.outcome_unknown() || error.status().is_some_and(|status| status >= 500) => {
                doubt = Some(error);
            }
            Err(error) => return Err(error),
        }
        let found = self.versions().await;
        let (changes, resets, unread) = match found {
            Ok(after) => {
                let changes = changes(&self.before, &after);
                let resets = after.items.into_iter().filter(|one| one.reset_required == Some(true));
                (changes, resets.map(|one| one.id).collect(), None)
            }
            Err(error) => (Vec::new(), Vec::new(), Some(error)),
        };
        if let Some(doubt) = doubt.filter(|_| changes.is_empty()) {
            return Err(doubt);
        }
        let restarted = self.restarted;
        let value = FirmwareUpdated { way, state, messages, changes, resets, restarted, left_behind: None };
        Ok(Outcome { sent, unread, ..Outcome::new(host, value, Backend::Redfish, Vec::new()) })
    }

    /// Follows a task to its end.
    async fn task(&mut self, task: &TaskMonitor) -> Result<(Option<String>, Vec<String>), Error> {
        let mut updates = task.updates();
        loop {
            let Ok(next) = tokio::time::timeout_at(self.deadline, updates.try_next()).await else {
                let text = format!("the update has not ended within {}", seconds(self.patience));
                return Err(Error::new(ErrorKind::Timeout, text));
            };
            let Some(now) = next? else { return Ok((None, Vec::new())) };
            let texts: Vec<String> = now.messages.iter().filter_map(text).collect();
            match now.phase {
                TaskPhase::Running => {
                    let (state, percent, message) = (now.state, now.percent, texts.last().cloned());
                    tell(self.progress.as_ref(), FirmwareProgress::Working { state, percent, message });
                }
                TaskPhase::Failed => {
                    let state = now.state.map_or_else(String::new, |state| format!(" ({state})"));
                    let error = Error::new(ErrorKind::TaskFailed, format!("the update failed{state}"));
                    return Err(error.with_messages(now.messages));
                }
                TaskPhase::Succeeded | TaskPhase::Unknown => return Ok((now.state, texts)),
            }
        }
    }

    /// Reads the versions until one has changed, or until time is up and the service answers.
    async fn versions(&mut self) -> Result<Partial<Firmware>, Error> {
        let mut settled = crate::deadline::after(self.settling).min(self.deadline);
        let once = self.client.with_retry(RetryPolicy::none());
        loop {
            match installed(&once).await {
                Ok(after) => {
                    let passing = after.missing.iter().any(|missing| passes(&missing.error));
                    let is_over = Instant::now() >= settled;
                    if is_over || (!passing && !changes(&self.before, &after).is_empty()) {
                        return Ok(after);
                    }
                }
                Err(error) if !passes(&error) || Instant::now() >= self.deadline => return Err(error),
                Err(_) => {
                    if !self.restarted {
                        tell(self.progress.as_ref(), FirmwareProgress::Away);
                    }
                    self.restarted = true;
                    // A BMC that has restarted gets the same time again.
                    settled = crate::deadline::after(self.settling).min(self.deadline);
                }
            }
            sleep(PAUSE.min(self.settling)).await;
        }
    }
}

fn text(message: &Message) -> Option<String> {
    message.message.clone().filter(|text| !text.is_empty()).or_else(|| message.message_id.clone())
}
