//! Links, in whichever of their forms they come.

use jiter::Peek;

use super::Decoder;
use crate::wire::deviation::{DeviationKind, Handling, Problem};
use crate::wire::error::DecodeError;
use crate::wire::link::AnyLink;
use crate::wire::odata::ODataId;
use crate::wire::scalar::Outcome;
use crate::wire::table::Kind;

impl Decoder<'_> {
    /// A link, or the resource that stands in its place.
    pub(super) fn link(&mut self, link: &mut AnyLink, target: Kind, peek: Peek) -> Result<Outcome, DecodeError> {
        const EXPECTED: &str = "an object with @odata.id";
        let odd = |kind| Ok(Outcome::Odd(Problem::new(kind, EXPECTED), Handling::Kept));
        match peek {
            Peek::Object => {
                let before = self.jiter.clone();
                if let Some(uri) = self.reference()? {
                    link.refer(uri, false);
                    return Ok(Outcome::Exact);
                }
                if self.jiter.current_index() != before.current_index() {
                    let mut after = before.clone();
                    if matches!(after.known_object(), Ok(None)) {
                        self.jiter = after;
                        link.irregular("{}");
                        return odd(DeviationKind::EmptyLink);
                    }
                }
                self.jiter = before;
                let Kind::Link(target) = target else { return odd(DeviationKind::IrregularLink) };
                let mut resource = target.make();
                self.record(&mut *resource)?;
                link.expand(resource);
                Ok(Outcome::Exact)
            }
            Peek::String => {
                let Some(uri) = self.str()?.map(ODataId::from) else {
                    return Ok(Outcome::Refused(Problem::new(DeviationKind::Unicode, EXPECTED)));
                };
                link.refer(uri, true);
                odd(DeviationKind::LinkAsString)
            }
            _ => {
                link.irregular(self.raw(peek)?);
                odd(DeviationKind::IrregularLink)
            }
        }
    }

    /// An object that has an `@odata.id` and nothing else. In any other case the place is no longer right.
    fn reference(&mut self) -> Result<Option<ODataId>, DecodeError> {
        match self.jiter.known_object() {
            Ok(Some("@odata.id")) => {}
            Ok(_) => return Ok(None),
            Err(error) => return Err(self.error(&error)),
        }
        if self.peek()? != Peek::String {
            return Ok(None);
        }
        let Some(uri) = self.str()?.map(ODataId::from) else { return Ok(None) };
        match self.jiter.next_key() {
            Ok(None) => Ok(Some(uri)),
            Ok(Some(_)) => Ok(None),
            Err(error) => Err(self.error(&error)),
        }
    }
}
