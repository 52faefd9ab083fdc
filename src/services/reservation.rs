//! What an image that is sent without a form is to be applied to, when, and whether by force. There is no place for it in the
//! request: a client writes it to properties of the update service, which all clients share, and says with
//! `HttpPushUriTargetsBusy` and `HttpPushUriOptionsBusy` that it uses them.

use crate::client::in_background;
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::apply_time::Apply;
use crate::schema::UpdateService;
use crate::schema::update_service::{ApplyTime, HttpPushUriApplyTime};
use crate::wire::Record;

/// How an image is to be applied.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    pub(crate) targets: Vec<String>,
    pub(crate) apply: Option<Apply>,
    pub(crate) force: Option<bool>,
}

impl Wishes {
    fn has_options(&self) -> bool {
        self.apply.is_some() || self.force.is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty() && !self.has_options()
    }

    /// Says why a service can't take these wishes, if it can't.
    pub(crate) fn hindrance(&self, service: &UpdateService) -> Option<String> {
        let options = service.http_push_uri_options.as_ref();
        if !self.targets.is_empty() && !(service as &dyn Record).has("HttpPushUriTargets") {
            return Some("this service takes images without targets only (it has no HttpPushUriTargets)".to_owned());
        }
        if self.force.is_some() && options.is_none_or(|options| options.force_update.is_none()) {
            let text = "this service has no way to force an image on it (no ForceUpdate in HttpPushUriOptions)";
            return Some(text.to_owned());
        }
        let time = self.apply.as_ref()?.time();
        let Some(known) = options.and_then(|options| options.http_push_uri_apply_time.as_ref()) else {
            let text = "this service applies images when it likes (no HttpPushUriApplyTime in HttpPushUriOptions)";
            return Some(text.to_owned());
        };
        let allowed = (known as &dyn Record).annotations().allowable_values("ApplyTime")?;
        let is_allowed = allowed.iter().any(|allowed| allowed == time);
        (!is_allowed).then(|| format!("{time} is not among the times of this service: {}", allowed.join(", ")))
    }
}

/// The properties of an update service while this client uses them. Given back when it is dropped, in the background.
#[derive(Debug)]
pub(crate) struct Reservation {
    /// The service as it was before; none once it has been given back.
    before: Option<Resource<UpdateService>>,
    wishes: Wishes,
}

impl Reservation {
    /// Writes the wishes to the service. None where there are none.
    ///
    /// # Errors
    ///
    /// Where another client is uploading an image, or the service can't take the wishes or refuses them.
    pub(crate) async fn take(service: &Resource<UpdateService>, wishes: Wishes) -> Result<Option<Self>, Error> {
        let refuse = |text: String| Err(Error::new(ErrorKind::NotAllowed, text).at("PATCH", service.uri()));
        for (name, busy) in [
            ("HttpPushUriTargetsBusy", service.http_push_uri_targets_busy),
            ("HttpPushUriOptionsBusy", service.http_push_uri_options_busy),
        ] {
            if busy == Some(true) {
                let text = "another client is uploading an image, or has left this behind";
                return refuse(format!("{name} is true: {text}; nothing was sent"));
            }
        }
        if let Some(why) = wishes.hindrance(service) {
            return refuse(why);
        }
        if wishes.is_empty() {
            return Ok(None);
        }
        // From here on it is given back, whatever comes: a refusal may have come after the properties were written.
        let held = Self { before: Some(service.clone()), wishes };
        let mut edit = service.edit();
        if !held.wishes.targets.is_empty() {
            edit.http_push_uri_targets.clone_from(&held.wishes.targets);
            edit.http_push_uri_targets_busy = edit.http_push_uri_targets_busy.map(|_| true);
        }
        if held.wishes.has_options() {
            let options = edit.http_push_uri_options.get_or_insert_default();
            options.force_update = held.wishes.force.or(options.force_update);
            if let Some(apply) = &held.wishes.apply {
                write_time(options.http_push_uri_apply_time.get_or_insert_default(), apply);
            }
            edit.http_push_uri_options_busy = edit.http_push_uri_options_busy.map(|_| true);
        }
        edit.commit().await?;
        Ok(Some(held))
    }

    /// Puts the properties back as they were before.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked or refuses.
    pub(crate) async fn give_back(mut self) -> Result<(), Error> {
        match self.before.take() {
            Some(before) => restore(before, &self.wishes).await,
            None => Ok(()),
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let Some(before) = self.before.take() else { return };
        let wishes = std::mem::take(&mut self.wishes);
        in_background(before.client().origin().to_owned(), async move {
            let origin = before.client().origin().to_owned();
            if let Err(error) = restore(before, &wishes).await {
                tracing::warn!(origin, error = %error.report(), "an upload's reservation is left at the service");
            }
        });
    }
}

fn write_time(time: &mut HttpPushUriApplyTime, apply: &Apply) {
    time.apply_time = Some(ApplyTime::from(apply.time()));
    if let Some((start, duration)) = apply.maintenance_window() {
        time.maintenance_window_start_time = Some(start.clone());
        time.maintenance_window_duration_in_seconds =
            duration.map(|duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX));
    }
}

/// Puts the properties back where the wishes are still there: they were not put back when the image had gone out, as the service
/// restarted. What another client has written meanwhile is left alone.
#[cfg(feature = "host")]
pub(crate) async fn put_back(before: Resource<UpdateService>, wishes: &Wishes) -> Result<(), Error> {
    let now: Resource<UpdateService> = before.client().get(before.uri()).await?;
    let has_targets = !wishes.targets.is_empty() && now.http_push_uri_targets == wishes.targets;
    let time = now.http_push_uri_options.as_ref().and_then(|options| options.http_push_uri_apply_time.as_ref());
    let has_time = wishes.apply.as_ref().is_some_and(|apply| {
        time.and_then(|time| time.apply_time.as_ref()).is_some_and(|time| time.as_str() == apply.time())
    });
    let is_busy = |busy: Option<bool>| busy != Some(false);
    let is_left =
        has_targets && is_busy(now.http_push_uri_targets_busy) || has_time && is_busy(now.http_push_uri_options_busy);
    if is_left { restore(before, wishes).await } else { Ok(()) }
}

/// Writes what differs from before, and that nothing is in use any more.
async fn restore(before: Resource<UpdateService>, wishes: &Wishes) -> Result<(), Error> {
    let now: Resource<UpdateService> = before.client().get(before.uri()).await?;
    let mut edit = now.edit();
    if !wishes.targets.is_empty() {
        edit.http_push_uri_targets.clone_from(&before.http_push_uri_targets);
        edit.http_push_uri_targets_busy = edit.http_push_uri_targets_busy.map(|_| false);
    }
    if wishes.has_options() {
        edit.http_push_uri_options.clone_from(&before.http_push_uri_options);
        edit.http_push_uri_options_busy = edit.http_push_uri_options_busy.map(|_| false);
    }
    edit.commit().await.map(drop)
}
