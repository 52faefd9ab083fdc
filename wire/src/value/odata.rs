//! OData's control information: identifiers, types and entity tags, as services write them.

use std::borrow::Borrow;
use std::fmt;

use crate::value::version::Version;

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        text_type! {
            #[derive(PartialOrd, Ord)]
            $(#[$doc])*
            $name, ordered otherwise
        }
    };
    ($(#[$doc:meta])* $name:ident, ordered otherwise) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// As the service wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(Box::from(text))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into_boxed_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    };
}
pub(crate) use text_type;

text_type! {
    /// The identifier of a resource, `@odata.id`: a URI, mostly a path from the service's origin
    /// (`/redfish/v1/Systems/1`), now and then with a fragment (`#/Fans/0`) or absolute. DSP0266, "Resource identifier".
    ODataId
}

impl ODataId {
    /// Returns the identifier without its fragment: where to GET.
    #[must_use]
    pub fn document(&self) -> &str {
        self.0.split('#').next().unwrap_or_default()
    }

    /// Returns the JSON pointer in the fragment, without the number sign.
    #[must_use]
    pub fn fragment(&self) -> Option<&str> {
        self.0.split_once('#').map(|(_, fragment)| fragment).filter(|fragment| !fragment.is_empty())
    }

    /// Returns the last segment of the path: mostly the `Id` of the resource.
    #[must_use]
    pub fn last_segment(&self) -> &str {
        self.document().trim_end_matches('/').rsplit('/').next().unwrap_or_default()
    }
}

impl Borrow<str> for ODataId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

text_type! {
    /// The type of a resource, `@odata.type`: `#ComputerSystem.v1_23_0.ComputerSystem`. Read leniently, as services
    /// leave out the number sign, the version or the schema, or write the version with dots.
    ODataType
}

impl ODataType {
    /// Returns the schema, `ComputerSystem`.
    #[must_use]
    pub fn schema(&self) -> &str {
        self.bare().split('.').next().unwrap_or_default()
    }

    /// Returns the type's name within the schema, `ComputerSystem`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        self.bare().rsplit('.').next().unwrap_or_default()
    }

    /// Returns the version of the schema, where there is one.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        let (_, rest) = self.bare().split_once('.')?;
        let (middle, _) = rest.rsplit_once('.')?;
        let mut numbers = middle
            .trim_start_matches(['v', 'V'])
            .split(['_', '.'])
            .filter(|part| !part.is_empty())
            .map(str::parse::<u8>);
        let version = Version(numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next().unwrap_or(Ok(0)).ok()?);
        version.is_some().then_some(version)
    }

    fn bare(&self) -> &str {
        let text = self.0.trim();
        text.rsplit('#').next().unwrap_or(text)
    }
}

text_type! {
    /// The version of a resource's content, from the `ETag` header or `@odata.etag`: RFC 9110, section 8.8.3. Kept as
    /// the service wrote it (with or without quotes), since some accept back only that.
    ETag
}

impl ETag {
    /// Returns whether it is weak: `W/"..."`.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.0.starts_with("W/")
    }

    /// Returns the opaque part: without `W/` and without quotes.
    #[must_use]
    pub fn opaque(&self) -> &str {
        let text = self.0.strip_prefix("W/").unwrap_or(&self.0);
        text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_however_they_are_written() {
        let cases = [
            ("#ComputerSystem.v1_23_0.ComputerSystem", "ComputerSystem", "ComputerSystem", Some(Version(1, 23, 0))),
            ("#Memory.Memory", "Memory", "Memory", None),
            ("Session.v1_3_0.Session", "Session", "Session", Some(Version(1, 3, 0))),
            ("#Manager.1.0.0.Manager", "Manager", "Manager", Some(Version(1, 0, 0))),
            ("#ComputerSystem.v1_8_0_.ComputerSystem", "ComputerSystem", "ComputerSystem", Some(Version(1, 8, 0))),
            ("#Power.1.0.1.Power", "Power", "Power", Some(Version(1, 0, 1))),
            ("#Cisco_Power", "Cisco_Power", "Cisco_Power", None),
            ("", "", "", None),
        ];
        for (text, schema, name, version) in cases {
            let read = ODataType::from(text);
            assert_eq!((read.schema(), read.type_name(), read.version()), (schema, name, version), "{text}");
        }
    }

    #[test]
    fn etags_keep_their_spelling() {
        let tag = ETag::from("W/\"5FA3-gzip\"");
        assert!(tag.is_weak());
        assert_eq!(tag.opaque(), "5FA3-gzip");
        assert_eq!(ETag::from("1594839102").opaque(), "1594839102");
    }

    #[test]
    fn identifiers_know_their_document_and_fragment() {
        let id = ODataId::from("/redfish/v1/Chassis/1/Thermal/#/Fans/0");
        assert_eq!(id.document(), "/redfish/v1/Chassis/1/Thermal/");
        assert_eq!(id.fragment(), Some("/Fans/0"));
        assert_eq!(id.last_segment(), "Thermal");
    }
}
