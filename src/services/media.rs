//! Virtual media: inserting and ejecting an image in the various ways of services. The schema describes the actions and
//! properties; this module handles how services differ. `media_slot` chooses the slot.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep};

use crate::client::Client;
use crate::deadline::after;
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::edit::Committed;
use crate::resource::partial::Partial;
use crate::resource::transfer_protocol::{names_parameter, protocol_of};
use crate::schema::VirtualMedia;
use crate::schema::virtual_media::{InsertMediaParameters, TransferMethod, TransferProtocolType};
use crate::wire::encode;

/// How long a service may take to show a change.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the slot is polled.
const INTERVAL: Duration = Duration::from_millis(500);

/// How many failed reads in a row end the wait.
const MOST_FAILURES: u32 = 5;

/// How often a refused payload is amended.
const MOST_AMENDMENTS: u32 = 4;

/// An image about to be inserted: `.await` does it.
///
/// ```no_run
/// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
/// let slots = bmc.virtual_media().await?;
/// let cd = slots.into_iter().find(|slot| slot.media_types.iter().any(|kind| kind.as_str() == "CD"));
/// if let Some(cd) = cd {
///     let cd = cd.insert("https://images.example/install.iso").await?;
///     cd.eject().await?;
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is inserted before it is awaited"]
pub struct Insert {
    slot: Resource<VirtualMedia>,
    image: String,
    login: Option<(String, SecretString)>,
    write_protected: Option<bool>,
    patience: Duration,
}

impl fmt::Debug for Insert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Insert").field("slot", &self.slot.uri()).finish_non_exhaustive()
    }
}

impl Insert {
    /// Sets who fetches the image from where it is.
    pub fn login(mut self, user: impl Into<String>, password: impl Into<SecretString>) -> Self {
        self.login = Some((user.into(), password.into()));
        self
    }

    /// Sets whether the system can write to it. A service without this parameter does what it does anyway.
    pub fn write_protected(mut self, protected: bool) -> Self {
        self.write_protected = Some(protected);
        self
    }

    /// Sets how long to wait until the service shows the image as inserted; a minute by default.
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

impl IntoFuture for Insert {
    type Output = Result<Resource<VirtualMedia>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let sent = self.send();
        Box::pin(async move { sent.await.map(|(slot, _)| slot) })
    }
}

impl Insert {
    /// Inserts the image like `.await`, and also returns what was sent, without secrets.
    pub(crate) fn send(self) -> BoxFuture<'static, Result<(Resource<VirtualMedia>, String), Error>> {
        Box::pin(self.carry_out())
    }
}

impl Client {
    /// Reads the slots for virtual media: those of the systems and, as older services have them, of the managers. What could
    /// not be read hides no other slot, and is named.
    ///
    /// # Errors
    ///
    /// As [`Client::get`], where nothing could be read at all.
    pub async fn virtual_media(&self) -> Result<Partial<Resource<VirtualMedia>>, Error> {
        let client = self.clone();
        Box::pin(async move { client.slots().await }).await
    }

    async fn slots(self) -> Result<Partial<Resource<VirtualMedia>>, Error> {
        let systems = self.root().systems().members().collect_all().await;
        let mut slots: Vec<Resource<VirtualMedia>> = Vec::new();
        let mut missing = systems.missing;
        for system in &systems.items {
            let found = system.virtual_media().members().collect_all().await;
            slots.extend(found.items);
            missing.extend(found.missing);
        }
        #[cfg(feature = "managers")]
        {
            let managers = self.root().managers().members().collect_all().await;
            missing.extend(managers.missing);
            for manager in &managers.items {
                let found = manager.virtual_media().members().collect_all().await;
                missing.extend(found.missing);
                for slot in found.items {
                    if slots.iter().all(|known| known.uri() != slot.uri()) {
                        slots.push(slot);
                    }
                }
            }
        }
        match slots.is_empty().then(|| missing.pop()).flatten() {
            Some(nothing) => Err(nothing.error),
            None => Ok(Partial { items: slots, missing }),
        }
    }
}

impl Resource<VirtualMedia> {
    /// Inserts an image, by its URL, and waits until the service shows it: by the action where there is one, else by
    /// changing `Image`. What a service says that it misses or does not know is sent or left out in another attempt: how
    /// the image is transferred (Nokia, AMI), whether it is write-protected (Supermicro), a login although nobody needs one
    /// (NVIDIA DGX: it is sent empty).
    pub fn insert(&self, image: impl Into<String>) -> Insert {
        Insert { slot: self.clone(), image: image.into(), login: None, write_protected: None, patience: PATIENCE }
    }

    /// Ejects what is inserted, and waits until the service shows it. A slot that is empty stays so.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked or refuses, or still shows the image after a minute.
    pub async fn eject(&self) -> Result<Resource<VirtualMedia>, Error> {
        let slot = self.clone();
        Box::pin(async move { eject(slot).await }).await
    }

    /// Returns whether an image is inserted. Some services keep `Image` after ejecting, and some show it before
    /// inserting.
    pub(crate) fn is_inserted(&self) -> bool {
        self.inserted.unwrap_or_else(|| self.image.as_ref().is_some_and(|image| !image.is_empty()))
    }
}

async fn eject(slot: Resource<VirtualMedia>) -> Result<Resource<VirtualMedia>, Error> {
    let call = slot.eject_media();
    let done = if call.is_supported() {
        match call.await {
            Ok(reply) => match reply.task {
                Some(task) => task.wait(PATIENCE).await.map(drop),
                None => Ok(()),
            },
            Err(error) => Err(error),
        }
    } else {
        let mut edit = slot.edit();
        edit.image = None;
        follow(edit.commit().await).await
    };
    if let Err(error) = done {
        // Some services refuse to eject from an empty slot.
        let now = slot.client().get::<VirtualMedia>(slot.uri()).await;
        return match now {
            Ok(now) if !now.is_inserted() && error.status().is_some() => Ok(now),
            _ => Err(error),
        };
    }
    until(slot, false, PATIENCE).await
}

impl Insert {
    async fn carry_out(self) -> Result<(Resource<VirtualMedia>, String), Error> {
        let call = self.slot.insert_media(self.image.clone());
        if !call.is_supported() {
            let mut edit = self.slot.edit();
            edit.image = Some(self.image.clone());
            edit.write_protected = self.write_protected.or(edit.write_protected);
            if let Some((user, password)) = &self.login {
                edit.user_name = Some(user.clone());
                edit.password = Some(password.expose_secret().to_owned());
            }
            follow(edit.commit().await).await?;
            let sent = format!("PATCH Image {}", self.image);
            return Ok((until(self.slot, true, self.patience).await?, sent));
        }
        let mut parameters = InsertMediaParameters {
            image: Some(self.image.clone()),
            write_protected: self.write_protected,
            ..InsertMediaParameters::default()
        };
        if let Some((user, password)) = &self.login {
            parameters.user_name = Some(user.clone());
            parameters.password = Some(password.expose_secret().to_owned());
        }
        let mut amendments = 0_u32;
        let reply = loop {
            let call = self.slot.insert_media(self.image.clone()).with(|with| *with = parameters.clone());
            match call.await {
                // The refusal proves that nothing was done.
                Err(error)
                    if error.status() == Some(400)
                        && amendments < MOST_AMENDMENTS
                        && self.amend(&mut parameters, &error).await? =>
                {
                    amendments = amendments.saturating_add(1);
                }
                reply => break reply?,
            }
        };
        if let Some(task) = reply.task {
            task.wait(self.patience).await?;
        }
        parameters.password = None;
        let sent = format!("VirtualMedia.InsertMedia {}", encode(&parameters));
        Ok((until(self.slot, true, self.patience).await?, sent))
    }

    /// Amends the parameters as a refusal demands. Returns false if nothing changed.
    async fn amend(&self, parameters: &mut InsertMediaParameters, error: &Error) -> Result<bool, Error> {
        let about = |name: &str| names_parameter(error, name);
        let before = parameters.clone();
        if about("WriteProtected") {
            parameters.write_protected = None;
        }
        if parameters.inserted.is_none() && about("Inserted") {
            parameters.inserted = Some(true);
        }
        if self.login.is_none() && (about("UserName") || about("Password")) {
            parameters.user_name = Some(String::new());
            parameters.password = Some(String::new());
        }
        if about("TransferProtocolType") || about("TransferMethod") {
            let call = self.slot.insert_media(self.image.clone());
            let protocols = call.allowable_values("TransferProtocolType").await?;
            parameters.transfer_protocol_type =
                protocol_of(&self.image, protocols.as_deref()).map(|name| TransferProtocolType::from(&*name));
            let methods = call.allowable_values("TransferMethod").await?.unwrap_or_default();
            let method = methods.first().map_or("Stream", String::as_str);
            parameters.transfer_method = Some(TransferMethod::from(method));
        }
        Ok(*parameters != before)
    }
}

async fn follow(change: Result<Committed<VirtualMedia>, Error>) -> Result<(), Error> {
    match change? {
        Committed::Accepted(task) => task.wait(PATIENCE).await.map(drop),
        Committed::Unchanged | Committed::Updated(_) | Committed::Pending(_) | Committed::Confirmed(_) => Ok(()),
    }
}

/// Polls a slot until it has an image, or until it has none.
async fn until(
    slot: Resource<VirtualMedia>,
    inserted: bool,
    patience: Duration,
) -> Result<Resource<VirtualMedia>, Error> {
    let end = after(patience);
    let mut failures = 0_u32;
    loop {
        match slot.client().get::<VirtualMedia>(slot.uri()).await {
            Ok(now) if now.is_inserted() == inserted => return Ok(now),
            Ok(_) => failures = 0,
            // A BMC that attaches a device may not answer for a moment.
            Err(error) => {
                failures = failures.saturating_add(1);
                if failures == MOST_FAILURES || Instant::now() >= end {
                    return Err(error);
                }
            }
        }
        if Instant::now() >= end {
            let text = match inserted {
                true => "the service took the image and does not show it as inserted",
                false => "the service still shows the image that it has ejected",
            };
            return Err(Error::new(ErrorKind::Timeout, text).at("GET", slot.uri()));
        }
        sleep(INTERVAL).await;
    }
}
