//! The quirks by name, and those of one service.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

macro_rules! quirks {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)*) => {
        /// Something that services of certain vendors do otherwise than the standard says. By name,
        /// as the command line has it, with [`Quirk::as_str`] and `parse`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Quirk {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Quirk {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the name: small letters and hyphens.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Returns what it is, in a sentence or two.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)*
                }
            }
        }
    };
}

quirks! {
    /// An answer compressed with gzip has `-gzip` at the end of its ETag, which `If-Match` then
    /// doesn't find (iDRAC).
    GzipTags = "gzip-tags",
    /// A compressed answer has a weak ETag, and `If-Match` takes strong ones only.
    WeakTags = "weak-tags",
    /// 406 for a client that takes no compressed answer (HPE Gen10 and later).
    CompressedOnly = "compressed-only",
    /// The `ETag` header is empty, and 412 follows if it is sent back.
    EmptyTags = "empty-tags",
    /// `If-Match` takes the ETag without its quotes only.
    UnquotedTags = "unquoted-tags",
    /// 412 for actions with `If-Match` (iDRAC10).
    NoTagsOnActions = "no-tags-on-actions",
    /// The boot override can be changed in the settings resource of a system only (iDRAC10).
    BootInSettings = "boot-in-settings",
    /// The settings resource of a system lacks the boot override; the system itself has to be changed
    /// (Lenovo SE450).
    NoBootInSettings = "no-boot-in-settings",
    /// `@Redfish.Settings` of a system names no settings resource (Nokia).
    NoSettingsObject = "no-settings-object",
    /// Virtual media has no actions; `Image` is to be changed by PATCH, and `Inserted` follows a while
    /// later (Lenovo XCC).
    MediaByPatch = "media-by-patch",
    /// 400 for apply times and for a boot override that is continuous (Lenovo XCC).
    NoApplyTime = "no-apply-time",
    /// Inserting media refuses `Inserted` and `WriteProtected`, and a slot keeps its `Image` when the
    /// media is ejected (Supermicro X11, X12).
    BareInsert = "bare-insert",
    /// The virtual CD is called `UsbCd` among the boot targets (Supermicro).
    UsbCd = "usb-cd",
    /// A boot target has to come with the boot mode (Supermicro).
    BootModeWithTarget = "boot-mode-with-target",
    /// The boot mode can't be changed (HPE DL160).
    BootModeReadOnly = "boot-mode-read-only",
    /// 301 to the URI with a slash at its end, for the sessions (Supermicro).
    SlashedSessions = "slashed-sessions",
    /// 500 for an update that succeeds (Supermicro).
    UpdateSaysError = "update-says-error",
    /// Inserting media wants `TransferProtocolType` and `TransferMethod` (Nokia, AMI).
    TransferTypeWanted = "transfer-type-wanted",
    /// An update by `SimpleUpdate` wants `TransferProtocol`, also where the URI has a scheme (Supermicro, AMI).
    UpdateProtocolWanted = "update-protocol-wanted",
    /// Inserting media wants `UserName` and `Password` (NVIDIA DGX).
    MediaLoginWanted = "media-login-wanted",
    /// Actions want an object in their body, be it empty (HPE).
    EmptyObjectWanted = "empty-object-wanted",
    /// The reset of a manager takes no `ResetType` (HPE).
    PlainManagerReset = "plain-manager-reset",
    /// There are as many accounts as there are; those not in use have no name. Accounts are created by
    /// PATCH of such a one, and deleted by disabling them and then taking their name (iDRAC).
    AccountSlots = "account-slots",
    /// A PATCH is answered by 200 and a message in place of the resource.
    PatchSaysMessage = "patch-says-message",
    /// A PATCH is answered by 204.
    PatchSaysNothing = "patch-says-nothing",
    /// Clearing a log wants the ETag of its entries.
    ClearLogWantsTag = "clear-log-wants-tag",
    /// 400 in place of 503 when there are too many sessions.
    SessionLimitSays400 = "session-limit-says-400",
    /// 400 for a logout that succeeds.
    LogoutSays400 = "logout-says-400",
    /// After three wrong passwords no password is right any more.
    LockOut = "lock-out",
    /// A login is answered without `Location`.
    NoSessionLocation = "no-session-location",
    /// `Location` is an absolute URL.
    AbsoluteLocations = "absolute-locations",
    /// The service root wants a login.
    RootWantsLogin = "root-wants-login",
    /// After its reset a manager is gone for a while, and then not ready yet.
    GoneForReset = "gone-for-reset",
    /// An update by multipart wants the parts `UpdateParameters`, `OemParameters` and `UpdateFile` in
    /// this order, and `Content-Length` (AMI).
    OemMultipart = "oem-multipart",
    /// The URI of server-sent events answers 404 over HTTP/2, and serves them over HTTP/1.1 (OpenBMC).
    EventsOverHttp1 = "events-over-http1",
    /// Test events, heartbeats and the events of tasks bear no `Context` (OpenBMC).
    EventsWithoutContext = "events-without-context",
    /// `$filter` works where the members of a collection stand whole and has no effect where they are links,
    /// although it is advertised (OpenBMC).
    FilterIgnoresLinks = "filter-ignores-links",
    /// Resources that come by `$expand` have no `@odata.etag` (OpenBMC).
    NoTagsInExpanded = "no-tags-in-expanded",
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Quirk {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, crate::Error> {
        Self::ALL.iter().copied().find(|quirk| quirk.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|quirk| quirk.as_str()).collect();
            crate::Error::new(format!("there is no quirk {text}; there are {}", names.join(", ")))
        })
    }
}

/// The quirks of a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quirks {
    pub(super) set: Vec<Quirk>,
    /// Whether connections are with TLS.
    pub(crate) secure: bool,
    /// How many logins failed.
    pub(super) wrong_passwords: Arc<AtomicU32>,
}

impl Quirks {
    pub(crate) fn add(&mut self, quirk: Quirk) {
        if !self.has(quirk) {
            self.set.push(quirk);
        }
    }

    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.set.contains(&quirk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirks_are_known_by_their_names() {
        for quirk in Quirk::ALL {
            assert_eq!(quirk.as_str().parse::<Quirk>().unwrap(), *quirk);
            assert!(quirk.description().ends_with('.'), "{quirk}: {}", quirk.description());
        }
        assert!("no-such-quirk".parse::<Quirk>().unwrap_err().to_string().contains("gzip-tags"));
    }
}
