//! Links, in any of their forms.

use super::fill::Filler;
use crate::codec::deviation::{DeviationKind, Handling, Problem};
use crate::codec::error::DecodeError;
use crate::codec::json::{Peek, Quoted};
use crate::codec::reader::Segment;
use crate::codec::scalar::Fit;
use crate::reflect::table::Kind;
use crate::value::link::AnyLink;
use crate::value::odata::ODataId;

impl<'j> Filler<'j> {
    /// Reads a link, or the resource in its place.
    pub(super) fn link(&mut self, link: &mut AnyLink, target: Kind, peek: Peek) -> Result<Fit, DecodeError> {
        const EXPECTED: &str = "an object with @odata.id";
        let odd = |kind| Ok(Fit::Odd(Problem::new(kind, EXPECTED), Handling::Kept));
        match peek {
            Peek::Object => {
                let (start, before) = (self.reader.place(), self.reader.json);
                let mut members = 0;
                let Some(name) = self.reader.next_name(&mut members)? else {
                    link.irregular("{}".into());
                    return odd(DeviationKind::EmptyLink);
                };
                if name.plain() == Some("@odata.id")
                    && let Some(quoted) = self.only_uri(&mut members)?
                {
                    self.reader.path.push(Segment::Field("@odata.id"));
                    match self.reader.text(quoted) {
                        Some(uri) => {
                            link.refer(ODataId::from(&*uri), false);
                            if self.reader.is_mended {
                                self.reader.report_string(quoted, "a URI");
                            }
                        }
                        None => {
                            link.irregular(self.reader.since(start));
                            let problem = Problem::new(DeviationKind::Unicode, "a URI");
                            self.reader.deviate(problem, Handling::Withheld, quoted.raw());
                        }
                    }
                    self.reader.path.pop();
                    return Ok(Fit::Exact);
                }
                self.reader.json = before;
                let Kind::Link(target) = target else {
                    debug_assert!(false, "a link's slot, and {target:?}");
                    link.irregular(self.reader.raw(peek)?);
                    return odd(DeviationKind::IrregularLink);
                };
                let mut resource = target.make();
                self.reader.charge(size_of_val(&*resource));
                self.record(&mut *resource)?;
                link.expand(resource);
                Ok(Fit::Exact)
            }
            Peek::String => {
                let Some(uri) = self.reader.str()?.map(ODataId::from) else {
                    return Ok(Fit::Refused(Problem::new(DeviationKind::Unicode, EXPECTED)));
                };
                link.refer(uri, true);
                odd(DeviationKind::LinkAsString)
            }
            _ => {
                link.irregular(self.reader.raw(peek)?);
                odd(DeviationKind::IrregularLink)
            }
        }
    }

    /// Reads a URI that is the last member of its object. If there is none, the reader's position is wrong afterwards.
    fn only_uri(&mut self, members: &mut usize) -> Result<Option<Quoted<'j>>, DecodeError> {
        if self.reader.peek()? != Peek::String {
            return Ok(None);
        }
        let uri = self.reader.json.string().map_err(|wrong| self.reader.error(wrong))?;
        let more = self.reader.next_name(members)?.is_some();
        Ok(Some(uri).filter(|_| !more))
    }
}
