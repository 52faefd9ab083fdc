//! The host that a command is about, added when its arguments are put together: a command line may name many hosts, and each run of
//! a command gets the arguments of one.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Error, FromArgMatches};

use super::settings::Settings;

/// The argument that names hosts, in all commands that have it.
pub(crate) const HOSTS: &str = "hosts";

/// The flag that turns questions off, in all commands that are about hosts.
pub(crate) const YES: &str = "yes";

/// A host, by its name and with what is known of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Named {
    /// The name as it was given, which is also the name in results.
    pub(crate) name: String,
    /// The address to connect to: the name, unless an inventory says otherwise, and the path that followed it.
    pub(crate) address: String,
    pub(crate) settings: Settings,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Named>>> = const { RefCell::new(None) };
}

/// Puts arguments together for a host.
pub(crate) fn arguments_for<A: FromArgMatches>(host: Arc<Named>, matches: &ArgMatches) -> Result<A, Error> {
    CURRENT.with(|current| current.replace(Some(host)));
    let arguments = A::from_arg_matches(matches);
    CURRENT.with(|current| current.replace(None));
    arguments
}

fn current() -> Option<Arc<Named>> {
    CURRENT.with(|current| current.borrow().clone())
}

/// An argument that names the host that a command is about, with a help text of the command's own.
macro_rules! host_argument {
    ($(#[$docs:meta])* $name:ident, $shown:literal, $help:expr) => {
        $(#[$docs])*
        #[derive(Debug, Clone)]
        pub(crate) struct $name(String);

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
                from_matches(matches).map(Self)
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl clap::Args for $name {
            fn augment_args(command: Command) -> Command {
                command.arg(Arg::new(HOSTS).value_name($shown).help($help).required(true))
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }
    };
}

fn from_matches(matches: &ArgMatches) -> Result<String, Error> {
    let first = || matches.get_one::<String>(HOSTS).cloned();
    current()
        .map(|host| host.address.clone())
        .or_else(first)
        .ok_or_else(|| Error::raw(clap::error::ErrorKind::MissingRequiredArgument, "name a host\n"))
}

host_argument!(
    /// The host that a command is about: the positional `HOST`.
    Address,
    "HOST",
    "The host: a name or an address, with or without a port, or the URL of its Redfish service or of a system, chassis or \
     manager in it; or several: a,b or node[01-64] or @GROUP, or - for standard input"
);

host_argument!(
    /// The resource that a command is about: the positional `URI`.
    ResourceUrl,
    "URI",
    "The URL of the resource, path and all; of several hosts: node[01-64]/redfish/v1/Systems/1"
);

host_argument!(
    /// The service that a command walks: the positional `HOST`.
    Service,
    "HOST",
    "The service: https://HOST, or just HOST; or several: a,b or node[01-64] or @GROUP, or - for standard input"
);

host_argument!(
    /// The service that a command walks, or a path with payloads: the positional `HOST|PATH`.
    ServiceOrPath,
    "HOST|PATH",
    "A folder with *.json files, a single file, or the service to walk: https://HOST, or just HOST; or several: a,b or \
     node[01-64] or @GROUP, or - for standard input"
);

/// The service of a command that can do without one.
#[derive(Debug, Clone)]
pub(crate) struct MaybeService(pub(crate) Option<Service>);

impl FromArgMatches for MaybeService {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        match matches.contains_id(HOSTS) {
            true => Service::from_arg_matches(matches).map(Some).map(Self),
            false => Ok(Self(None)),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for MaybeService {
    fn augment_args(command: Command) -> Command {
        Service::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// What is known of the host that a command is about. This is not an argument: it applies where the command line says nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    host: Arc<Named>,
    /// The user comes from the environment, not from the command line.
    user_is_of_environment: bool,
}

impl Known {
    pub(crate) fn settings(&self) -> &Settings {
        &self.host.settings
    }

    /// Returns the name of the host, if it comes from a list or an inventory.
    pub(crate) fn name(&self) -> Option<&str> {
        Some(self.host.name.as_str()).filter(|name| !name.is_empty())
    }

    /// Returns the user to log in as, from the command line, else from the inventory, else from the environment.
    pub(crate) fn user<'a>(&'a self, argument: Option<&'a str>) -> Option<&'a str> {
        let known = self.settings().user.as_deref();
        if self.user_is_of_environment { known.or(argument) } else { argument.or(known) }
    }
}

impl FromArgMatches for Known {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let has_user = matches.try_contains_id("user").unwrap_or_default();
        let user_is_of_environment = has_user && matches.value_source("user") == Some(ValueSource::EnvVariable);
        Ok(Self { host: current().unwrap_or_default(), user_is_of_environment })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Known {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

/// Whether to ask nothing, for commands that ask even before they change a single host. The flag itself is there anyway.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sure(pub(crate) bool);

impl FromArgMatches for Sure {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(matches.try_get_one(YES).ok().flatten().copied().unwrap_or_default()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Sure {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}
