//! Many hosts: how they are named ([`names`], [`inventory`], [`ansible`], [`hosts`]), what is known of each ([`settings`], [`current`]), and how a
//! command runs for all of them ([`fan`]) and is shown ([`tell`], [`groups`]). Commands themselves are about one host, and know nothing of this.

pub(crate) mod ansible;
pub(crate) mod ansible_list;
pub(crate) mod current;
pub(crate) mod fan;
pub(crate) mod groups;
pub(crate) mod hosts;
pub(crate) mod inventory;
pub(crate) mod names;
pub(crate) mod options;
pub(crate) mod outcome;
pub(crate) mod settings;
pub(crate) mod tell;
