//! References to resources: where they lead, and the resource itself where the service inlined it.

use std::fmt;

use super::odata::ODataId;
use super::record::{LinkSlot, Record, Type};
use super::table::Table;

/// A reference to a resource of type `T`, in whichever of the forms that services use.
#[derive(Clone, Default, PartialEq)]
pub struct Link<T>(Form<T>);

#[derive(Clone, PartialEq)]
enum Form<T> {
    /// `{"@odata.id": "..."}`
    Reference(ODataId),
    /// `"..."`
    Text(ODataId),
    /// The resource, whole or in part.
    Expanded(Box<T>),
    /// Anything else, as JSON.
    Irregular(Box<str>),
}

impl<T> Default for Form<T> {
    fn default() -> Self {
        Self::Irregular(Box::from("{}"))
    }
}

impl<T: Type> Link<T> {
    /// A reference to a URI.
    #[must_use]
    pub fn to(uri: impl Into<ODataId>) -> Self {
        Self(Form::Reference(uri.into()))
    }

    /// Where it leads; none where the service said nothing of use (`{}`, an empty `@odata.id`).
    #[must_use]
    pub fn uri(&self) -> Option<&ODataId> {
        self.as_any().uri()
    }

    /// The resource, where the service sent more than a reference. It may have sent a part of it only.
    #[must_use]
    pub fn expanded(&self) -> Option<&T> {
        match &self.0 {
            Form::Expanded(resource) => Some(resource),
            _ => None,
        }
    }

    /// The resource, where the service sent more than a reference.
    ///
    /// # Errors
    ///
    /// The link itself, where it is but a reference.
    pub fn into_expanded(self) -> Result<Box<T>, Self> {
        match self.0 {
            Form::Expanded(resource) => Ok(resource),
            form => Err(Self(form)),
        }
    }

    pub(crate) fn as_any(&self) -> &dyn AnyLink {
        self
    }
}

impl<T: Type> From<T> for Link<T> {
    fn from(resource: T) -> Self {
        Self(Form::Expanded(Box::new(resource)))
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

impl<T: fmt::Debug> fmt::Debug for Link<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Reference(uri) | Form::Text(uri) => write!(f, "Link({uri})"),
            Form::Expanded(resource) => resource.fmt(f),
            Form::Irregular(json) => write!(f, "Link({json})"),
        }
    }
}

/// A [`Link`] whose type is not known at compile time.
pub trait AnyLink: fmt::Debug {
    /// What it is.
    fn view(&self) -> LinkView<'_>;
    /// Makes it a reference, written as an object or, if `text`, as a string.
    fn refer(&mut self, uri: ODataId, text: bool);
    /// Makes it an expanded resource, empty at first.
    fn expand(&mut self) -> &mut dyn Record;
    /// Makes it what the service sent and nobody understands.
    fn irregular(&mut self, json: &str);
    /// The type that it leads to.
    fn target(&self) -> &'static Table;

    /// Where it leads; none where the service said nothing of use.
    fn uri(&self) -> Option<&ODataId> {
        match self.view() {
            LinkView::Reference(uri) | LinkView::Text(uri) => Some(uri),
            LinkView::Expanded(resource) => {
                let table = resource.table();
                let super::record::Slot::Scalar(scalar) = resource.slot(table.find("@odata.id")?) else { return None };
                scalar.odata_id()
            }
            LinkView::Irregular(_) => None,
        }
        .filter(|uri| !uri.as_str().is_empty())
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
    /// Anything else, as JSON.
    Irregular(&'a str),
}

impl<T: Type> AnyLink for Link<T> {
    fn view(&self) -> LinkView<'_> {
        match &self.0 {
            Form::Reference(uri) => LinkView::Reference(uri),
            Form::Text(uri) => LinkView::Text(uri),
            Form::Expanded(resource) => LinkView::Expanded(&**resource),
            Form::Irregular(json) => LinkView::Irregular(json),
        }
    }

    fn refer(&mut self, uri: ODataId, text: bool) {
        self.0 = if text { Form::Text(uri) } else { Form::Reference(uri) };
    }

    fn expand(&mut self) -> &mut dyn Record {
        self.0 = Form::Expanded(Box::default());
        let Form::Expanded(resource) = &mut self.0 else { unreachable!("made so in the line before") };
        &mut **resource
    }

    fn irregular(&mut self, json: &str) {
        self.0 = Form::Irregular(Box::from(json));
    }

    fn target(&self) -> &'static Table {
        T::type_table()
    }
}

impl<T: Type> LinkSlot for Option<Link<T>> {
    fn len(&self) -> usize {
        usize::from(self.is_some())
    }
    fn get(&self, index: usize) -> Option<&dyn AnyLink> {
        self.as_ref().filter(|_| index == 0).map(|link| link as &dyn AnyLink)
    }
    fn get_mut(&mut self, index: usize) -> Option<&mut dyn AnyLink> {
        self.as_mut().filter(|_| index == 0).map(|link| link as &mut dyn AnyLink)
    }
    fn push(&mut self) -> &mut dyn AnyLink {
        self.insert(Link::default())
    }
    fn pop(&mut self) {
        *self = None;
    }
    fn clear(&mut self) {
        *self = None;
    }
}

impl<T: Type> LinkSlot for Vec<Link<T>> {
    fn len(&self) -> usize {
        self.len()
    }
    fn get(&self, index: usize) -> Option<&dyn AnyLink> {
        self.as_slice().get(index).map(|link| link as &dyn AnyLink)
    }
    fn get_mut(&mut self, index: usize) -> Option<&mut dyn AnyLink> {
        self.as_mut_slice().get_mut(index).map(|link| link as &mut dyn AnyLink)
    }
    fn push(&mut self) -> &mut dyn AnyLink {
        self.push_mut(Link::default())
    }
    fn pop(&mut self) {
        self.pop();
    }
    fn clear(&mut self) {
        self.clear();
    }
}
