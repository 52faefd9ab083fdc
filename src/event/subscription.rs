//! Subscriptions: having a service push its events somewhere. What is asked of it is said in the words that it knows, which
//! differ by the age of its schemas.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::client::mask::of_uri;
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::create::Created;
use crate::schema::event::EventType;
use crate::schema::event_destination::{EventDestinationProtocol, EventFormatType, SubscriptionType};
use crate::schema::resource::State;
use crate::schema::{EventDestination, EventService};
use crate::wire::Link;

/// What is to be pushed where.
///
/// ```no_run
/// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
/// use rosefish::event::Subscription;
///
/// let service = bmc.root().event_service().await?;
/// let wanted = Subscription::new("https://collector.example/bmc-07", "bmc-07").registry_prefixes(["TaskEvent"]);
/// let subscription = service.renew(&wanted).await?;
/// # subscription.delete().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq)]
pub struct Subscription {
    destination: String,
    context: String,
    prefixes: Vec<String>,
    resource_types: Vec<String>,
    event_types: Vec<EventType>,
    message_ids: Vec<String>,
    origins: Vec<String>,
    reports: bool,
}

/// Without the context, by which events are known to be true ones, and what the destination has of secrets.
impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("destination", &of_uri(&self.destination))
            .field("prefixes", &self.prefixes)
            .field("resource_types", &self.resource_types)
            .field("event_types", &self.event_types)
            .field("message_ids", &self.message_ids)
            .field("origins", &self.origins)
            .field("reports", &self.reports)
            .finish_non_exhaustive()
    }
}

impl Subscription {
    /// Subscribes to all events, to be sent to a URL. `context` comes back with each of them: something that nobody else knows distinguishes them from
    /// forged ones.
    pub fn new(destination: impl Into<String>, context: impl Into<String>) -> Self {
        Self {
            destination: destination.into(),
            context: context.into(),
            prefixes: Vec::new(),
            resource_types: Vec::new(),
            event_types: Vec::new(),
            message_ids: Vec::new(),
            origins: Vec::new(),
            reports: false,
        }
    }

    /// Only messages of these registries, `TaskEvent`. A service that knows event types only sends those of all registries.
    #[must_use]
    pub fn registry_prefixes<S: Into<String>>(mut self, prefixes: impl IntoIterator<Item = S>) -> Self {
        self.prefixes.extend(prefixes.into_iter().map(Into::into));
        self
    }

    /// Only of resources of these types, `Chassis`. A service that knows event types only sends those of all resources.
    #[must_use]
    pub fn resource_types<S: Into<String>>(mut self, types: impl IntoIterator<Item = S>) -> Self {
        self.resource_types.extend(types.into_iter().map(Into::into));
        self
    }

    /// Only of these types, which newer schemas deprecate: they are sent to services that know nothing else, and to
    /// others if neither prefixes nor resource types are wanted.
    #[must_use]
    pub fn event_types(mut self, types: impl IntoIterator<Item = EventType>) -> Self {
        self.event_types.extend(types);
        self
    }

    /// Only these messages, `TaskEvent.1.0.TaskStarted`.
    #[must_use]
    pub fn message_ids<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.message_ids.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Only of these resources, by their URIs.
    #[must_use]
    pub fn origin_resources<S: Into<String>>(mut self, uris: impl IntoIterator<Item = S>) -> Self {
        self.origins.extend(uris.into_iter().map(Into::into));
        self
    }

    /// Metric reports instead of events.
    #[must_use]
    pub fn metric_reports(mut self) -> Self {
        self.reports = true;
        self
    }

    /// The subscription as a service of today's schemas wants it, or as one of those before `EventFormatType`.
    fn body(&self, service: &EventService, modern: bool) -> EventDestination {
        let mut body = EventDestination {
            destination: Some(self.destination.clone()),
            context: Some(self.context.clone()),
            protocol: Some(EventDestinationProtocol::Redfish),
            message_ids: self.message_ids.clone(),
            origin_resources: self.origins.iter().map(|uri| Link::to(uri.as_str())).collect(),
            ..EventDestination::default()
        };
        if modern {
            body.subscription_type = Some(SubscriptionType::RedfishEvent);
            body.registry_prefixes = self.prefixes.clone();
            body.resource_types = self.resource_types.clone();
            let format = if self.reports { EventFormatType::MetricReport } else { EventFormatType::Event };
            let formats = &service.event_format_types;
            // It is what is sent if nothing is said.
            body.event_format_type = Some(format).filter(|format| self.reports || formats.contains(format));
            if self.prefixes.is_empty() && self.resource_types.is_empty() {
                body.event_types = self.event_types.clone();
            }
        } else if !self.event_types.is_empty() {
            body.event_types = self.event_types.clone();
        } else if !service.event_types_for_subscription.is_empty() {
            body.event_types = service.event_types_for_subscription.clone();
        } else {
            body.event_types = vec![
                EventType::StatusChange,
                EventType::ResourceUpdated,
                EventType::ResourceAdded,
                EventType::ResourceRemoved,
                EventType::Alert,
            ];
        }
        body
    }

    /// What this service can't do of it.
    fn check(&self, service: &EventService) -> Result<(), String> {
        let unknown = |wanted: &[String], known: &[String], what: &str| {
            let odd = wanted.iter().find(|wanted| !known.is_empty() && !known.contains(wanted));
            odd.map_or(Ok(()), |odd| Err(format!("this service has no events of {what} {odd}: {}", known.join(", "))))
        };
        unknown(&self.prefixes, &service.registry_prefixes, "the registry")?;
        unknown(&self.resource_types, &service.resource_types, "the resource type")?;
        if self.reports && !service.event_format_types.contains(&EventFormatType::MetricReport) {
            return Err("this service does not push metric reports (EventFormatTypes)".to_owned());
        }
        Ok(())
    }

    fn is_of(&self, found: &EventDestination) -> bool {
        found.destination.as_deref() == Some(&self.destination)
            && found.context.as_deref().is_none_or(|context| context == self.context)
    }
}

impl Resource<EventService> {
    /// Subscribes. Those that there are can be had with `subscriptions()`, and removed with
    /// [`delete`](Resource::delete).
    ///
    /// A service that refuses what newer schemas have is asked once more in the words of older ones.
    ///
    /// # Errors
    ///
    /// Where it does not have what is wanted (nothing is sent then), and where it can't be asked or refuses.
    pub async fn subscribe(&self, wanted: &Subscription) -> Result<Resource<EventDestination>, Error> {
        subscribe(self.clone(), wanted.clone()).await
    }

    /// Sees to it that there is this subscription: keeps it if it is there, resumes it where it was suspended, removes
    /// what is there twice, and subscribes where it is gone. For once in a while: services forget subscriptions when they
    /// restart, and suspend them when they could not deliver.
    ///
    /// # Errors
    ///
    /// As [`subscribe`](Self::subscribe).
    pub async fn renew(&self, wanted: &Subscription) -> Result<Resource<EventDestination>, Error> {
        renew(self.clone(), wanted.clone()).await
    }

    /// Has the service send an event that means nothing, to see whether it arrives: `SubmitTestEvent`, with the
    /// parameters that the service says it takes.
    ///
    /// # Errors
    ///
    /// Where the service has no such action, can't be asked or refuses.
    pub async fn send_test_event(&self) -> Result<(), Error> {
        test(self.clone()).await
    }
}

fn subscribe(
    service: Resource<EventService>,
    wanted: Subscription,
) -> BoxFuture<'static, Result<Resource<EventDestination>, Error>> {
    Box::pin(async move {
        if let Err(text) = wanted.check(&service) {
            return Err(Error::new(ErrorKind::NotAllowed, text).at("POST", service.uri()));
        }
        let subscriptions = service.subscriptions().query(crate::Query::new().without_expand()).await?;
        let knows = !service.registry_prefixes.is_empty()
            || !service.resource_types.is_empty()
            || !service.event_format_types.is_empty();
        if knows {
            match subscriptions.create(&wanted.body(&service, true)).await {
                // It proves that nothing was done.
                Err(error) if error.status() == Some(400) && is_about_properties(&error) && !wanted.reports => {}
                other => return other.and_then(Created::into_resource),
            }
        }
        subscriptions.create(&wanted.body(&service, false)).await.and_then(Created::into_resource)
    })
}

/// Whether a refusal is about what the body had in it, rather than about the destination.
fn is_about_properties(error: &Error) -> bool {
    let ids = error.messages().iter().filter_map(|message| message.message_id.as_deref());
    let mut names = ids.filter_map(|id| id.rsplit('.').next());
    error.messages().is_empty() || names.any(|name| name.starts_with("Property") || name.starts_with("CreateFailed"))
}

fn renew(
    service: Resource<EventService>,
    wanted: Subscription,
) -> BoxFuture<'static, Result<Resource<EventDestination>, Error>> {
    Box::pin(async move {
        let mut kept: Option<Resource<EventDestination>> = None;
        let mut found = service.subscriptions().members();
        while let Some(member) = found.next().await {
            let member = match member {
                Ok(member) => member,
                Err(error) => {
                    let origin = service.client().origin();
                    tracing::warn!(origin, %error, "a subscription could not be read: it may be the one that is wanted");
                    continue;
                }
            };
            if !wanted.is_of(&member) {
                continue;
            }
            if kept.is_some() {
                member.delete().await?;
            } else {
                kept = Some(member);
            }
        }
        let Some(kept) = kept else { return subscribe(service, wanted).await };
        let state = kept.status.as_ref().and_then(|status| status.state.as_ref());
        if state.is_none_or(|state| *state == State::Enabled) {
            return Ok(kept);
        }
        let resume = kept.resume_subscription(None);
        if resume.is_supported() && resume.await.is_ok() {
            return Ok(kept);
        }
        kept.delete().await?;
        subscribe(service, wanted).await
    })
}

fn test(service: Resource<EventService>) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(async move {
        let message = "ResourceEvent.1.0.TestMessage";
        let mut call = service.submit_test_event(message);
        let described = call.described_parameters().await?;
        let takes = |name: &str| described.as_ref().is_none_or(|names| names.iter().any(|known| known == name));
        let kinds = call.allowable_values("EventType").await?.unwrap_or_default();
        let messages = call.allowable_values("MessageId").await?.unwrap_or_default();
        call = call.with(|parameters| {
            if let Some(first) = messages.first() {
                parameters.message_id = Some(first.clone());
            }
            // What older services want to have in it.
            if !kinds.is_empty() || described.as_ref().is_some_and(|names| names.iter().any(|name| name == "EventType"))
            {
                let kind = kinds.iter().find(|kind| *kind == "Alert").or(kinds.first()).map_or("Alert", String::as_str);
                parameters.event_type = Some(EventType::from(kind));
            }
            if described.is_some() {
                parameters.message = takes("Message").then(|| "A test event".to_owned());
                parameters.event_id = takes("EventId").then(|| "rosefish-test".to_owned());
                parameters.severity = takes("Severity").then(|| "OK".to_owned());
            }
        });
        call.await.map(drop)
    })
}
