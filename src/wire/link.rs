//! References to resources: where they lead, and the resource itself where the service inlined it.

use std::fmt;
use std::marker::PhantomData;

use super::compare;
use super::odata::ODataId;
use super::record::{LinkSlot, Record, Type};
use super::table::Table;

/// A reference to a resource of type `T`, in whichever of the forms that services use.
///
/// What it holds is kept without its type: a resource leads to most others, and the compiler would walk all of them
/// whenever one is sent to another thread.
pub struct Link<T> {
    form: Form,
    target: PhantomData<fn() -> T>,
}

enum Form {
    /// `{"@odata.id": "..."}`
    Reference(ODataId),
    /// `"..."`
    Text(ODataId),
    /// The resource, whole or in part.
    Expanded(Box<dyn Record>),
    /// Anything else, as JSON.
    Irregular(Box<str>),
}

impl<T> From<Form> for Link<T> {
    fn from(form: Form) -> Self {
        Self { form, target: PhantomData }
    }
}

impl<T> Default for Link<T> {
    fn default() -> Self {
        Form::Irregular(Box::from("{}")).into()
    }
}

impl Clone for Form {
    fn clone(&self) -> Self {
        match self {
            Self::Reference(uri) => Self::Reference(uri.clone()),
            Self::Text(uri) => Self::Text(uri.clone()),
            Self::Expanded(record) => {
                let mut copy = (record.table().new)();
                compare::copy(&**record, &mut *copy);
                Self::Expanded(copy)
            }
            Self::Irregular(json) => Self::Irregular(json.clone()),
        }
    }
}

impl<T> Clone for Link<T> {
    fn clone(&self) -> Self {
        self.form.clone().into()
    }
}

impl<T: Type> PartialEq for Link<T> {
    fn eq(&self, other: &Self) -> bool {
        compare::same_link(self, other)
    }
}

impl<T: Type> Link<T> {
    /// A reference to a URI.
    #[must_use]
    pub fn to(uri: impl Into<ODataId>) -> Self {
        Form::Reference(uri.into()).into()
    }

    /// Where it leads; none where the service said nothing of use (`{}`, an empty `@odata.id`).
    #[must_use]
    pub fn uri(&self) -> Option<&ODataId> {
        self.as_any().uri()
    }

    /// The resource, where the service sent more than a reference. It may have sent a part of it only.
    #[must_use]
    pub fn expanded(&self) -> Option<&T> {
        match &self.form {
            Form::Expanded(resource) => resource.downcast_ref(),
            _ => None,
        }
    }

    /// The resource, where the service sent more than a reference.
    ///
    /// # Errors
    ///
    /// The link itself, where it is but a reference.
    pub fn into_expanded(self) -> Result<Box<T>, Self> {
        match self.form {
            Form::Expanded(resource) => resource.downcast().map_err(|resource| Form::Expanded(resource).into()),
            form => Err(form.into()),
        }
    }

    pub(crate) fn as_any(&self) -> &dyn AnyLink {
        self
    }
}

impl<T: Type> From<T> for Link<T> {
    fn from(resource: T) -> Self {
        Form::Expanded(Box::new(resource)).into()
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

impl<T> fmt::Debug for Link<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
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
        match &self.form {
            Form::Reference(uri) => LinkView::Reference(uri),
            Form::Text(uri) => LinkView::Text(uri),
            Form::Expanded(resource) => LinkView::Expanded(&**resource),
            Form::Irregular(json) => LinkView::Irregular(json),
        }
    }

    fn refer(&mut self, uri: ODataId, text: bool) {
        self.form = if text { Form::Text(uri) } else { Form::Reference(uri) };
    }

    fn expand(&mut self) -> &mut dyn Record {
        self.form = Form::Expanded(Box::new(T::default()));
        let Form::Expanded(resource) = &mut self.form else { unreachable!("made so in the line before") };
        &mut **resource
    }

    fn irregular(&mut self, json: &str) {
        self.form = Form::Irregular(Box::from(json));
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
