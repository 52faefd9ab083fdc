//! What makes and removes resources: POST to a collection, with what the service says of its members checked before
//! (`@Redfish.CollectionCapabilities`), and DELETE.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use crate::client::if_match;
use crate::client::mask::of_uri;
use crate::client::{Client, Request};
use crate::error::{Error, ErrorKind};
use crate::resource::action::Reply;
use crate::resource::apply_time::Apply;
use crate::resource::commit::Unread;
use crate::resource::follow::Follow;
use crate::resource::read::ReadAs;
use crate::resource::{AnyResource, Resource, links_at};
use crate::schema::collection_capabilities::CollectionCapabilities;
use crate::services::account;
use crate::task::TaskMonitor;
use crate::wire::{Collection, Link, Record, Table, Type, creation};

/// A member about to be added to a collection: `.await` sends it. At most once: a lost answer is an error, not a second
/// try.
#[must_use = "nothing is sent before it is awaited"]
pub struct Create<M> {
    post: Post,
    member: PhantomData<fn() -> M>,
}

impl<M> fmt::Debug for Create<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Create")
            .field("uri", &of_uri(&self.post.uri))
            .field("member", &self.post.member)
            .finish_non_exhaustive()
    }
}

/// What became of a [`Create`].
#[derive(Debug)]
#[must_use = "the member may be in the making still"]
#[non_exhaustive]
pub enum Created<M> {
    /// The new member.
    Resource(Resource<M>),
    /// The service has confirmed that it made the member, and the member could not be read.
    Confirmed(Unread),
    /// The service makes it from now on.
    Accepted(TaskMonitor),
}

impl<M> Created<M> {
    /// Returns the new member.
    ///
    /// # Errors
    ///
    /// Where the service has not made it yet, and where the new member could not be read.
    pub fn into_resource(self) -> Result<Resource<M>, Error> {
        match self {
            Self::Resource(resource) => Ok(resource),
            Self::Confirmed(unread) => {
                let error = Error::new(unread.error.kind(), "the service has made it, but it could not be read");
                Err(error.with_source(unread.error))
            }
            Self::Accepted(task) => {
                let error = Error::new(ErrorKind::Missing, "the service is still making it: see Created::Accepted");
                Err(match task.handle().monitor() {
                    Some(uri) => error.at("POST", uri),
                    None => error,
                })
            }
        }
    }
}

impl<M: Type> Create<M> {
    /// Has it made at a certain time (`@Redfish.OperationApplyTime`), where the collection supports that.
    pub fn apply(mut self, when: Apply) -> Self {
        self.post.apply = Some(when);
        self
    }
}

impl<M: Type> IntoFuture for Create<M> {
    type Output = Result<Created<M>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let sent = self.post.send();
        Box::pin(async move {
            Ok(match sent.await? {
                Made::Resource(made) => Created::Resource(made.typed()?),
                Made::Confirmed(unread) => Created::Confirmed(unread),
                Made::Later(task) => Created::Accepted(task),
            })
        })
    }
}

/// What a service says of members that are made by POST.
#[derive(Debug)]
pub struct CreationCapability<M> {
    /// What the members are for, `VolumeCreation`.
    pub use_case: Option<String>,
    /// A resource that stands for a member, annotated with what may or must be set.
    pub object: Follow<M>,
}

impl<C: Collection> Resource<C> {
    /// Adds a member: POST. What the schema requires of a new member must be set, and so must what the service requires
    /// where it says so (`@Redfish.CollectionCapabilities`). Where a service keeps a fixed number of accounts, one without
    /// a name becomes the new one.
    ///
    /// # Errors
    ///
    /// Where something required is missing (nothing is sent then), and where the service can't be asked or refuses.
    pub fn create(&self, member: &C::Member) -> Create<C::Member> {
        let members = self.value().members().iter().filter_map(Link::uri).map(|uri| uri.as_str().to_owned()).collect();
        let post = Post {
            client: self.client().clone(),
            uri: self.uri().to_owned(),
            collection: self.any().record().to_box(),
            members,
            member: (member as &dyn Record).to_box(),
            apply: None,
        };
        Create { post, member: PhantomData }
    }

    /// Returns what the service says of members that are made here, one for each use (`@Redfish.CollectionCapabilities`).
    #[must_use]
    pub fn creation_capabilities(&self) -> Vec<CreationCapability<C::Member>> {
        let found = capabilities(self.any().record()).into_iter().flat_map(|found| found.capabilities);
        let capability = found.filter_map(|capability| {
            let uri = capability.capabilities_object.as_ref()?.uri()?.clone();
            let use_case = capability.use_case.as_ref().map(|use_case| use_case.as_str().to_owned());
            Some(CreationCapability { use_case, object: self.follow(&Link::from(uri)) })
        });
        capability.collect()
    }
}

impl<T: Type> Resource<T> {
    /// Removes it. Where the service takes time the reply says how to follow it. An account of a service that keeps a
    /// fixed number of them loses its name.
    ///
    /// # Errors
    ///
    /// Where the schema says that such resources can't be removed, and where the service can't be asked or refuses.
    pub async fn delete(self) -> Result<Reply, Error> {
        remove(self.into_any(), None).await
    }

    /// Removes it at a certain time (`@Redfish.OperationApplyTime`), where it supports that.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete), and where the time is not supported.
    pub async fn delete_at(self, when: Apply) -> Result<Reply, Error> {
        remove(self.into_any(), Some(when)).await
    }
}

fn remove(resource: AnyResource, when: Option<Apply>) -> BoxFuture<'static, Result<Reply, Error>> {
    Box::pin(async move {
        let refuse = |text: String| Error::new(ErrorKind::NotAllowed, text).at("DELETE", resource.uri());
        if resource.table().capabilities.deletable == Some(false) {
            return Err(refuse(format!("the schema does not allow a {} to be deleted", resource.table().name)));
        }
        let mut request = Request::new("DELETE", resource.uri());
        if let Some(when) = when {
            when.check_operation(resource.record(), "").map_err(refuse)?;
            request = Request::with_body("DELETE", resource.uri(), when.with_operation("{}"));
        }
        request.if_match = resource.tag_for_change().await;
        let client = resource.client();
        let response = if_match::send(client, request.clone()).await?;
        if account::are_in_slots(resource.table(), &response) {
            return account::empty_slot(client, resource.uri()).await;
        }
        Ok(Reply::<()>::of(client, &request, response)?.with(|_| None))
    })
}

fn capabilities(collection: &dyn Record) -> Option<CollectionCapabilities> {
    let found = collection.annotations().record("", "Redfish.CollectionCapabilities")?;
    found.ok().map(|found| found.value)
}

/// A member to be made, without its type.
struct Post {
    client: Client,
    uri: String,
    collection: Box<dyn Record>,
    /// The members that there are.
    members: Vec<String>,
    member: Box<dyn Record>,
    apply: Option<Apply>,
}

/// What became of a [`Post`].
enum Made {
    Resource(AnyResource),
    /// It is there, and could not be read.
    Confirmed(Unread),
    /// The service makes it from now on.
    Later(TaskMonitor),
}

/// Reads a member that the service says it made. What can't be read is there all the same.
async fn made_at(client: &Client, uri: &str, table: &'static Table) -> Made {
    match client.fetch(uri, ReadAs::Exactly(table)).await {
        Ok(made) => Made::Resource(made),
        Err(error) => {
            Made::Confirmed(Unread { uri: Some(uri.to_owned()), pending: false, error, client: client.clone() })
        }
    }
}

impl Post {
    fn send(self) -> BoxFuture<'static, Result<Made, Error>> {
        Box::pin(async move {
            let refuse = |text: String| Error::new(ErrorKind::NotAllowed, text).at("POST", &self.uri);
            let (collection, table) = (self.collection.table(), self.member.table());
            if collection.capabilities.insertable == Some(false) {
                let text = format!("the schema does not allow members of a {} to be made", collection.name);
                return Err(refuse(text));
            }
            let required = table.fields.iter().filter(|field| field.flags.required_on_create()).map(|field| field.name);
            let missing: Vec<_> = required.filter(|name| !self.member.has(name)).collect();
            if !missing.is_empty() {
                return Err(refuse(format!("a new {} needs {}", table.name, missing.join(", "))));
            }
            self.check_capabilities(table).await?;
            let mut body = creation(&*self.member).body;
            if let Some(apply) = &self.apply {
                apply.check_operation(&*self.collection, "").map_err(refuse)?;
                body = apply.with_operation(&body);
            }
            let request = Request::with_body("POST", self.uri.clone(), body);
            let response = self.client.send(request.clone()).await?;
            if account::are_in_slots(table, &response)
                && let Some((body, _)) = &request.body
                && let Some(account) =
                    account::fill_slot(&self.client, &self.members, &String::from_utf8_lossy(body)).await?
            {
                return Ok(made_at(&self.client, &account, table).await);
            }
            let response = response.success(&request)?;
            if response.status == 202 {
                return Ok(Made::Later(TaskMonitor::of(&self.client, &response)));
            }
            if let Some(objection) = response.objection(&request) {
                return Err(objection);
            }
            let location = response.location().map(str::to_owned);
            if !response.body.is_empty()
                && let Ok(made) = self.client.decode(response, &request, ReadAs::Exactly(table))
            {
                let said = made.record().text("@odata.id").map(str::to_owned).filter(|uri| *uri != self.uri);
                if let Some(uri) = said.filter(|_| made.record().has("Id") || made.record().has("Name")) {
                    return Ok(Made::Resource(made.moved(location.unwrap_or(uri))));
                }
            }
            match location {
                Some(location) => Ok(made_at(&self.client, &location, table).await),
                None => match self.newcomer().await {
                    Ok(place) => Ok(made_at(&self.client, &place, table).await),
                    Err(error) => {
                        let client = self.client.clone();
                        Ok(Made::Confirmed(Unread { uri: None, pending: false, error, client }))
                    }
                },
            }
        })
    }

    /// Where the service has one use for new members, what it says that they need.
    async fn check_capabilities(&self, table: &'static Table) -> Result<(), Error> {
        let Some(capabilities) = capabilities(&*self.collection) else { return Ok(()) };
        let refuse = |text: String| Error::new(ErrorKind::NotAllowed, text).at("POST", &self.uri);
        if let Some(most) = capabilities.max_members.and_then(|most| usize::try_from(most).ok())
            && self.members.len() >= most
        {
            return Err(refuse(format!("the service keeps at most {most} of them, and there are so many")));
        }
        let [only] = &capabilities.capabilities[..] else { return Ok(()) };
        let Some(uri) = only.capabilities_object.as_ref().and_then(|link| link.uri()) else { return Ok(()) };
        // It is a help: without it the service itself decides.
        let Ok(object) = self.client.fetch(uri.as_str(), ReadAs::Exactly(table)).await else { return Ok(()) };
        let annotations = object.record().annotations();
        let needed =
            annotations.iter().filter(|(_, term, json)| *term == "Redfish.RequiredOnCreate" && *json == "true");
        let missing: Vec<_> =
            needed.map(|(name, ..)| name).filter(|name| !name.is_empty() && !self.member.has(name)).collect();
        if !missing.is_empty() {
            return Err(refuse(format!("this service needs {} for a new member", missing.join(", "))));
        }
        for field in table.fields.iter() {
            if let Some(given) = self.member.text(field.name)
                && let Some(allowed) = annotations.allowable_values(field.name)
                && !allowed.iter().any(|allowed| allowed == given)
            {
                let allowed = allowed.join(", ");
                return Err(refuse(format!(
                    "{given} is not among what this service accepts for {}: {allowed}",
                    field.name
                )));
            }
        }
        Ok(())
    }

    /// The member that there is now and was not before: some services don't say where it is.
    async fn newcomer(&self) -> Result<String, Error> {
        let unknown = || {
            let text = "the service has made a member and does not say where it is: look for it in the collection";
            Error::new(ErrorKind::Missing, text).at("POST", &self.uri)
        };
        let now =
            self.client.fetch(&self.uri, ReadAs::Exactly(self.collection.table())).await.map_err(|_| unknown())?;
        let links = links_at(now.record(), "Members");
        let uris = links.iter().filter_map(|link| link.uri()).map(|uri| uri.as_str());
        let new: Vec<_> = uris.filter(|uri| !self.members.iter().any(|known| known == uri)).collect();
        match new[..] {
            [only] => Ok(only.to_owned()),
            _ => Err(unknown()),
        }
    }
}
