//! Vendor extensions: free-form wherever they stand, with typed views.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::codec::lenient::value_of;
use crate::codec::lossy::{Lossy, LossyBox};
use crate::codec::splice::{self, Astray};
use crate::reflect::secret::shown;

/// A vendor object (`Oem`): whatever the service sent, kept as JSON text and parsed when asked for.
///
/// ```
/// use rosefish::wire::Oem;
///
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct Fans { fan_mode: String }
///
/// let oem: Oem = r#"{"Contoso": {"FanMode": "Quiet"}}"#.parse()?;
/// assert_eq!(oem.vendors(), ["Contoso"]);
/// assert_eq!(oem.get::<Fans>("Contoso").unwrap()?.fan_mode, "Quiet");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Oem(LossyBox);

impl Oem {
    /// Creates it from text that the decoder has checked to be JSON.
    pub(crate) fn from_json(json: Lossy<'_>) -> Self {
        Self(json.into())
    }

    pub(crate) fn json(&self) -> Lossy<'_> {
        self.0.view()
    }

    /// Returns the JSON text, as the service wrote it; where bytes were not UTF-8, with U+FFFD.
    #[must_use]
    pub fn as_json(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the whole object as a value.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        value_of(self.as_json()).unwrap_or_default()
    }

    /// Returns the vendors whose extensions are here: the names in the object, sorted, without annotations.
    #[must_use]
    pub fn vendors(&self) -> Vec<String> {
        match self.to_value() {
            serde_json::Value::Object(object) => object.keys().filter(|name| !name.contains('@')).cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// Reads one vendor's extension into a type of the caller's own; none where the vendor's name isn't there.
    ///
    /// # Errors
    ///
    /// Where the extension does not fit the type.
    pub fn get<T: DeserializeOwned>(&self, vendor: &str) -> Option<Result<T, serde_json::Error>> {
        let serde_json::Value::Object(mut object) = self.to_value() else { return None };
        object.remove(vendor).map(serde_json::from_value)
    }

    /// Returns the whole object in a type of the caller's own.
    ///
    /// # Errors
    ///
    /// Where the object does not fit the type.
    pub fn view<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        value_of(self.as_json())
    }

    /// Sets what a JSON pointer points at. Objects that are missing on the way are made, and `-` stands for the place behind
    /// the last item of an array. All else stays as the service wrote it.
    ///
    /// When a resource is changed, the leaves that differ are sent, and arrays as a whole.
    ///
    /// ```
    /// use rosefish::wire::Oem;
    ///
    /// let mut oem = Oem::default();
    /// oem.set("/Contoso/Fans/Mode", "Quiet")?;
    /// assert_eq!(oem.as_json(), r#"{"Contoso":{"Fans":{"Mode":"Quiet"}}}"#);
    /// # Ok::<(), rosefish::wire::PointerError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the pointer does not begin with a slash, or leads into a string, a number, true or false, or beyond the end of
    /// an array.
    pub fn set(&mut self, pointer: &str, value: impl Into<serde_json::Value>) -> Result<(), PointerError> {
        let wrong = |astray| PointerError { pointer: pointer.to_owned(), astray };
        self.0 = splice::set(self.json(), pointer, &value.into().to_string()).map_err(wrong)?;
        Ok(())
    }

    /// Does the same as [`set`](Self::set), with a value that is JSON text.
    pub(crate) fn set_json(&mut self, pointer: &str, json: &str) -> Option<()> {
        self.0 = splice::set(self.json(), pointer, json).ok()?;
        Some(())
    }

    /// Removes what a JSON pointer points at, and says whether it was there. When a resource is changed, null is sent for it.
    pub fn remove(&mut self, pointer: &str) -> bool {
        let left = splice::remove(self.json(), pointer);
        let found = left.is_some();
        if let Some(left) = left {
            self.0 = left;
        }
        found
    }
}

/// A JSON pointer that leads nowhere that a value could be put.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PointerError {
    pointer: String,
    astray: Astray,
}

impl fmt::Display for PointerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.astray {
            Astray::Form => "it does not begin with a slash",
            Astray::Scalar => "it leads into something that is neither an object nor an array",
            Astray::Index => "the array has no such place",
        };
        write!(f, "nothing can be set at {:?}: {why}", self.pointer)
    }
}

impl std::error::Error for PointerError {}

impl Default for Oem {
    /// Returns an empty object.
    fn default() -> Self {
        Self(LossyBox::Whole(Box::from("{}")))
    }
}

impl From<serde_json::Value> for Oem {
    fn from(value: serde_json::Value) -> Self {
        Self(LossyBox::Whole(value.to_string().into_boxed_str()))
    }
}

impl std::str::FromStr for Oem {
    type Err = serde_json::Error;

    fn from_str(json: &str) -> Result<Self, Self::Err> {
        serde_json::from_str::<serde::de::IgnoredAny>(json)?;
        Ok(Self(LossyBox::Whole(Box::from(json.trim()))))
    }
}

impl fmt::Debug for Oem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(shown("", self.as_json()))
    }
}
