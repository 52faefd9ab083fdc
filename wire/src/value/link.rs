//! References to resources: where they lead, and the resource itself if the service inlined it.

use std::fmt;
use std::marker::PhantomData;

use crate::codec::lossy::{Lossy, LossyBox};
use crate::reflect::record::{LinkSlot, Record, Slot, Type, item};
use crate::reflect::secret::shown;
use crate::value::odata::ODataId;

/// A reference to a resource of type `T`, in whichever of the forms that services use.
///
/// What it holds is kept without its type: a resource leads to most others, and the compiler would walk all of them
/// whenever one is sent to another thread.
pub struct Link<T> {
    any: AnyLink,
    target: PhantomData<fn() -> T>,
}

impl<T> Link<T> {
    /// A link without a target. A constant, as a function would be compiled for each type.
    const EMPTY: Self = Self { any: AnyLink(Form::Empty), target: PhantomData };
}

impl<T> From<AnyLink> for Link<T> {
    fn from(any: AnyLink) -> Self {
        Self { any, target: PhantomData }
    }
}

impl<T> Default for Link<T> {
    fn default() -> Self {
        AnyLink::default().into()
    }
}

impl<T> Clone for Link<T> {
    fn clone(&self) -> Self {
        self.any.clone().into()
    }
}

impl<T> PartialEq for Link<T> {
    fn eq(&self, other: &Self) -> bool {
        self.any == other.any
    }
}

impl<T> fmt::Debug for Link<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.fmt(f)
    }
}

impl<T: Type> Link<T> {
    /// Creates a reference to a URI.
    #[must_use]
    pub fn to(uri: impl Into<ODataId>) -> Self {
        AnyLink(Form::Reference(uri.into())).into()
    }

    /// Erases the type.
    #[must_use]
    pub fn any(&self) -> &AnyLink {
        &self.any
    }

    /// Returns where it leads; none where the service said nothing useful (`{}`, an empty `@odata.id`).
    #[must_use]
    pub fn uri(&self) -> Option<&ODataId> {
        self.any.uri()
    }

    /// Returns the resource, where the service sent more than a reference. It may have sent a part of it only.
    #[must_use]
    pub fn expanded(&self) -> Option<&T> {
        match self.any.view() {
            LinkView::Expanded(resource) => resource.downcast_ref(),
            _ => None,
        }
    }

    /// Returns the resource, where the service sent more than a reference.
    ///
    /// # Errors
    ///
    /// The link itself, where it is but a reference.
    pub fn into_expanded(self) -> Result<Box<T>, Self> {
        match self.any.0 {
            Form::Expanded(resource) => {
                resource.downcast().map_err(|resource| AnyLink(Form::Expanded(resource)).into())
            }
            form => Err(AnyLink(form).into()),
        }
    }
}

impl<T: Type> From<T> for Link<T> {
    fn from(resource: T) -> Self {
        AnyLink(Form::Expanded(Box::new(resource))).into()
    }
}

impl<T: Type> From<ODataId> for Link<T> {
    fn from(uri: ODataId) -> Self {
        Self::to(uri)
    }
}

impl<T: Type> From<&str> for Link<T> {
    fn from(uri: &str) -> Self {
        Self::to(uri)
    }
}

/// A [`Link`] whose type is not known at compile time.
#[derive(Clone)]
pub struct AnyLink(Form);

enum Form {
    /// `{"@odata.id": "..."}`
    Reference(ODataId),
    /// `"..."`
    Text(ODataId),
    /// The resource, whole or in part.
    Expanded(Box<dyn Record>),
    /// `{}`
    Empty,
    /// Anything else, as JSON.
    Irregular(LossyBox),
}

impl Clone for Form {
    fn clone(&self) -> Self {
        match self {
            Self::Reference(uri) => Self::Reference(uri.clone()),
            Self::Text(uri) => Self::Text(uri.clone()),
            Self::Expanded(record) => Self::Expanded(record.clone()),
            Self::Empty => Self::Empty,
            Self::Irregular(json) => Self::Irregular(json.clone()),
        }
    }
}

/// The forms of a link.
#[derive(Debug)]
pub enum LinkView<'a> {
    /// `{"@odata.id": "..."}`
    Reference(&'a ODataId),
    /// `"..."`
    Text(&'a ODataId),
    /// The resource, whole or in part.
    Expanded(&'a dyn Record),
    /// Anything else, as JSON; where bytes were not UTF-8, with U+FFFD.
    Irregular(&'a str),
}

impl Default for AnyLink {
    fn default() -> Self {
        Self(Form::Empty)
    }
}

impl fmt::Debug for AnyLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Reference(uri) | Form::Text(uri) => write!(f, "Link({uri})"),
            Form::Expanded(resource) => resource.fmt(f),
            Form::Empty => f.write_str("Link({})"),
            Form::Irregular(json) => write!(f, "Link({})", shown("", json.as_str())),
        }
    }
}

impl AnyLink {
    /// Returns what it is.
    #[must_use]
    pub fn view(&self) -> LinkView<'_> {
        match &self.0 {
            Form::Reference(uri) => LinkView::Reference(uri),
            Form::Text(uri) => LinkView::Text(uri),
            Form::Expanded(resource) => LinkView::Expanded(&**resource),
            Form::Empty => LinkView::Irregular("{}"),
            Form::Irregular(json) => LinkView::Irregular(json.as_str()),
        }
    }

    /// Returns where it leads; none where the service said nothing useful.
    #[must_use]
    pub fn uri(&self) -> Option<&ODataId> {
        match &self.0 {
            Form::Reference(uri) | Form::Text(uri) => Some(uri),
            Form::Expanded(resource) => match resource.slot(resource.table().find("@odata.id")?) {
                Slot::Scalar(scalar) => scalar.odata_id(),
                _ => None,
            },
            Form::Empty | Form::Irregular(_) => None,
        }
        .filter(|uri| !uri.as_str().is_empty())
    }

    /// Turns the link into a reference, written as an object or, if `text`, as a string.
    pub(crate) fn refer(&mut self, uri: ODataId, text: bool) {
        self.0 = if text { Form::Text(uri) } else { Form::Reference(uri) };
    }

    /// Turns the link into this resource.
    pub(crate) fn expand(&mut self, resource: Box<dyn Record>) {
        self.0 = Form::Expanded(resource);
    }

    /// Keeps JSON that has none of the known forms.
    pub(crate) fn irregular(&mut self, json: Lossy<'_>) {
        self.0 = if json.text == "{}" { Form::Empty } else { Form::Irregular(json.into()) };
    }

    /// Returns the JSON of a link that has none of the known forms, or `{}`.
    pub(crate) fn irregular_json(&self) -> Lossy<'_> {
        match &self.0 {
            Form::Irregular(json) => json.view(),
            _ => "{}".into(),
        }
    }
}

impl<T> LinkSlot for Option<Link<T>> {
    fn get(&self, index: usize) -> Option<&AnyLink> {
        match self {
            Some(link) if index == 0 => Some(&link.any),
            _ => None,
        }
    }
    fn put(&mut self, new: bool) -> Option<&mut AnyLink> {
        *self = if new { Some(Link::EMPTY) } else { None };
        match self {
            Some(link) => Some(&mut link.any),
            None => None,
        }
    }
}

impl<T> LinkSlot for Vec<Link<T>> {
    fn get(&self, index: usize) -> Option<&AnyLink> {
        match item!(self, index) {
            Some(link) => Some(&link.any),
            None => None,
        }
    }
    fn put(&mut self, new: bool) -> Option<&mut AnyLink> {
        if new {
            return Some(&mut self.push_mut(Link::EMPTY).any);
        }
        *self = const { Self::new() };
        None
    }
}
