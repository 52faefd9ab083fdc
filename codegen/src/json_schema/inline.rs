//! Types that stand within others without a name. They are set aside, and read when the type that they stand in is: a file may nest them.

use super::source::{Place, Source, check_name};
use crate::error::Error;
use crate::tree::Node;

/// What is set aside.
#[derive(Debug, Default)]
pub(super) struct Inline<'n> {
    pub(super) objects: Vec<(String, &'n Node)>,
    pub(super) enums: Vec<(String, &'n Node)>,
}

impl<'n> Inline<'n> {
    pub(super) fn object(&mut self, source: Source<'_>, place: Place<'_>, node: &'n Node) -> Result<String, Error> {
        let name = name(source, place, node)?;
        let ty = format!("{}.{name}", place.schema);
        self.objects.push((name, node));
        Ok(ty)
    }

    pub(super) fn enumeration(
        &mut self,
        source: Source<'_>,
        place: Place<'_>,
        node: &'n Node,
    ) -> Result<String, Error> {
        let name = name(source, place, node)?;
        let ty = format!("{}.{name}", place.schema);
        self.enums.push((name, node));
        Ok(ty)
    }
}

/// After the type and the property that it stands in: `Part` and `Kind` make `PartKind`.
fn name(source: Source<'_>, place: Place<'_>, node: &Node) -> Result<String, Error> {
    let name: String = [place.ty, place.name].concat().chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    check_name(source, node, "a type", &name)?;
    Ok(name)
}
