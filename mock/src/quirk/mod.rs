//! What services of certain vendors do otherwise than the standard says, each under a name: how the
//! tree is changed for it (`prepare`), what is refused (`refuse`), and how answers are changed
//! (`amend`). Rules of [`fault`](crate::fault) come on top.

pub(crate) mod amend;
pub(crate) mod login;
pub(crate) mod names;
pub(crate) mod prepare;
pub(crate) mod refuse;
