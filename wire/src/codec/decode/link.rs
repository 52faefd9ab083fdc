//! Links, in whichever of their forms they come.

use super::Decoder;
use crate::codec::deviation::{DeviationKind, Handling, Problem};
use crate::codec::error::DecodeError;
use crate::codec::json::Peek;
use crate::codec::scalar::Fit;
use crate::reflect::table::Kind;
use crate::value::link::AnyLink;
use crate::value::odata::ODataId;

impl Decoder<'_> {
    /// A link, or the resource that stands in its place.
    pub(super) fn link(&mut self, link: &mut AnyLink, target: Kind, peek: Peek) -> Result<Fit, DecodeError> {
        const EXPECTED: &str = "an object with @odata.id";
        let odd = |kind| Ok(Fit::Odd(Problem::new(kind, EXPECTED), Handling::Kept));
        match peek {
            Peek::Object => {
                let before = self.json;
                let mut members = 0;
                let Some(name) = self.next_name(&mut members)? else {
                    link.irregular("{}");
                    return odd(DeviationKind::EmptyLink);
                };
                if name.plain() == Some("@odata.id")
                    && let Some(uri) = self.only_uri(&mut members)?
                {
                    link.refer(uri, false);
                    return Ok(Fit::Exact);
                }
                self.json = before;
                let Kind::Link(target) = target else { return odd(DeviationKind::IrregularLink) };
                let mut resource = target.make();
                self.record(&mut *resource)?;
                link.expand(resource);
                Ok(Fit::Exact)
            }
            Peek::String => {
                let Some(uri) = self.str()?.map(ODataId::from) else {
                    return Ok(Fit::Refused(Problem::new(DeviationKind::Unicode, EXPECTED)));
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

    /// A URI that nothing comes behind in its object. In any other case the place is no longer right.
    fn only_uri(&mut self, members: &mut usize) -> Result<Option<ODataId>, DecodeError> {
        if self.peek()? != Peek::String {
            return Ok(None);
        }
        let uri = self.json.string().map_err(|wrong| self.error(wrong))?;
        let more = self.next_name(members)?.is_some();
        Ok(uri.text().filter(|_| !more).map(|uri| ODataId::from(&*uri)))
    }
}
