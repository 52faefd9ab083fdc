//! What belongs to a resource and is found by more than a link: its pending settings, and the registry that describes the
//! attributes of a BIOS.

use crate::resource::Resource;
use crate::resource::follow::{Follow, Step};
use crate::schema::settings::Settings;
use crate::wire::{Link, Type};

impl<T: Type> Resource<T> {
    /// Follows `@Redfish.Settings` to the pending settings: a resource of the same type, which has what was written and has
    /// not taken effect yet.
    ///
    /// Where there are none, `.await` is an error of the kind [`ErrorKind::Missing`](crate::ErrorKind::Missing), and
    /// [`get_opt`](Follow::get_opt) gives `None`.
    ///
    /// ```no_run
    /// # async fn run(bios: rosefish::Resource<rosefish::schema::Bios>) -> Result<(), rosefish::Error> {
    /// if let Some(pending) = bios.settings().get_opt().await? {
    ///     println!("after the next reset: {:?}", pending.attributes);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn settings(&self) -> Follow<T> {
        let resource = self.any();
        let named = resource.record().annotations().record::<Settings>("", "Redfish.Settings").and_then(Result::ok);
        let place = named.and_then(|named| named.value.settings_object?.uri().cloned());
        // Some name the resource itself.
        let link = place.filter(|uri| !uri.as_str().is_empty() && uri.as_str() != resource.uri()).map(Link::<T>::from);
        let missing = format!("{} has no pending settings", resource.uri());
        Follow::of(Step::new(resource.client(), link.as_ref().map(Link::any), resource.uri(), missing))
    }
}

#[cfg(all(feature = "systems", feature = "registries"))]
mod registry {
    //! The registry of a BIOS. A service lists its registries as files; which a name shows which one is meant.

    use std::collections::HashSet;

    use crate::client::Client;
    use crate::error::{Error, ErrorKind};
    use crate::resource::read::ReadAs;
    use crate::resource::typed::ResourceFuture;
    use crate::resource::{AnyResource, Expected, Fetch, Resource, links_at};
    use crate::schema::{AttributeRegistry, Bios, MessageRegistryFile, MessageRegistryFileCollection};
    use crate::wire::Record;

    /// What registries of a BIOS are called where the BIOS does not say which one is its own.
    const USUAL: &str = "biosattributeregistry";

    impl Resource<Bios> {
        /// Finds the registry that describes the attributes: their types, allowed values, help texts and dependencies. It is
        /// the one of the name that `AttributeRegistry` has, among those that the service lists in `Registries`; where the
        /// property is missing, the first whose name begins with `BiosAttributeRegistry`.
        ///
        /// Takes three or more requests; keep the result.
        ///
        /// # Errors
        ///
        /// Where the service has no such registry ([`ErrorKind::Missing`]), and as [`Client::get`].
        pub fn registry(&self) -> impl Future<Output = Result<Resource<AttributeRegistry>, Error>> + Send + use<> {
            ResourceFuture::of(find(self.any().clone()))
        }
    }

    fn find(bios: AnyResource) -> Fetch {
        Box::pin(async move {
            let client = bios.client();
            let said = bios.record().text("AttributeRegistry").unwrap_or_default();
            // Some give a URI for the name.
            let said = Some(last_step(said)).filter(|name| !name.is_empty());
            let wanted = said.unwrap_or(USUAL);
            let mut near = None;
            for uri in candidates(client, wanted).await? {
                let read_as = ReadAs::ItSays { otherwise: Some(MessageRegistryFile::type_table()) };
                let file = match client.fetch(&uri, read_as).await {
                    Ok(file) => file,
                    // Another one may be it.
                    Err(error) if error.is_not_found() || error.kind() == ErrorKind::Decode => continue,
                    Err(error) => return Err(error),
                };
                let names = ["Registry", "RegistryVersion", "Id"].iter().filter_map(|name| file.record().text(name));
                let closeness = names.chain([last_step(&uri)]).map(|name| closeness(name, wanted)).max();
                match closeness.unwrap_or_default() {
                    Closeness::Same => return registry_of(file).await,
                    Closeness::OtherVersion if near.is_none() => near = Some(file),
                    _ => {}
                }
            }
            match near {
                Some(file) => registry_of(file).await,
                None => {
                    let text = format!("the service lists no registry of the name {wanted}");
                    Err(Error::new(ErrorKind::Missing, text).at("GET", bios.uri()))
                }
            }
        })
    }

    /// The files that the service lists: those first whose URI has the name.
    async fn candidates(client: &Client, wanted: &str) -> Result<Vec<String>, Error> {
        let root = client.root();
        let Some(first) = root.registries.as_ref().and_then(|link| link.uri()) else {
            return Err(Error::new(ErrorKind::Missing, "the service lists no registries").at("GET", root.uri()));
        };
        let (mut page, mut seen, mut found) = (Some(first.as_str().to_owned()), HashSet::new(), Vec::new());
        while let Some(uri) = page.take().filter(|uri| seen.insert(uri.clone())) {
            let list = client.fetch(&uri, ReadAs::Exactly(MessageRegistryFileCollection::type_table())).await?;
            let links = links_at(list.record(), "Members");
            found.extend(links.iter().filter_map(|link| link.uri()).map(|uri| uri.as_str().to_owned()));
            page = list.record().text("Members@odata.nextLink").filter(|uri| !uri.is_empty()).map(str::to_owned);
        }
        found.sort_by_key(|uri| std::cmp::Reverse(closeness(last_step(uri), wanted)));
        Ok(found)
    }

    /// What a file stands for; some services list the registry itself.
    async fn registry_of(file: AnyResource) -> Result<AnyResource, Error> {
        let expected = Expected::type_of::<AttributeRegistry>();
        if file.table() == expected.table {
            return file.checked(expected);
        }
        let file: Resource<MessageRegistryFile> = file.typed()?;
        let mut places: Vec<_> = file.location.iter().filter(|place| place.uri.is_some()).collect();
        // The texts differ by language, the attributes don't.
        let is_english = |language: &str| language.starts_with("en") || language == "default";
        places.sort_by_key(|place| !place.language.as_deref().is_none_or(is_english));
        let missing = format!("{} does not say where its registry can be read", file.uri());
        let mut failed = None;
        for uri in places.into_iter().filter_map(|place| place.uri.as_deref()).filter(|uri| !uri.is_empty()) {
            match expected.check(file.client().fetch(uri, ReadAs::Exactly(expected.table))).await {
                Ok(registry) => return Ok(registry),
                Err(error) if error.is_auth() => return Err(error),
                // What is wrong with the English one says most.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Err(failed.unwrap_or_else(|| Error::new(ErrorKind::Missing, missing)))
    }

    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
    enum Closeness {
        #[default]
        Other,
        OtherVersion,
        Same,
    }

    /// How a name stands to the one that is wanted. Versions are written as `.v1_0_0`, `.1.0.0` and `.1.0`.
    fn closeness(name: &str, wanted: &str) -> Closeness {
        let (name, wanted) = (parts(name), parts(wanted));
        // Where none is named, one for any machine is as good.
        if wanted.0 == USUAL && wanted.1.is_empty() && name.0 != wanted.0 && name.0.starts_with(USUAL) {
            return Closeness::OtherVersion;
        }
        match name.0 == wanted.0 {
            true if name.1.starts_with(&wanted.1) || wanted.1.starts_with(&name.1) => Closeness::Same,
            true => Closeness::OtherVersion,
            false => Closeness::Other,
        }
    }

    fn parts(name: &str) -> (String, Vec<String>) {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(".json").unwrap_or(&name);
        let (prefix, version) = name.split_once('.').unwrap_or((name, ""));
        let numbers = version.trim_start_matches('v').split(['.', '_']).filter(|number| !number.is_empty());
        (prefix.to_owned(), numbers.map(str::to_owned).collect())
    }

    fn last_step(uri: &str) -> &str {
        uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_registry_is_known_by_its_name_in_each_spelling_of_its_version() {
            let cases = [
                ("BiosAttributeRegistry.v1_0_0", "BiosAttributeRegistry.v1_0_0", Closeness::Same),
                ("BiosAttributeRegistry.1.0.0", "BiosAttributeRegistry.v1_0_0", Closeness::Same),
                ("biosattributeregistryu32.v1_2_40", "BiosAttributeRegistryU32.v1_2_40", Closeness::Same),
                ("BiosAttributeRegistry", "BiosAttributeRegistry.v1_0_0", Closeness::Same),
                ("BiosAttributeRegistry.1.0", "BiosAttributeRegistry.v1_0_0", Closeness::Same),
                ("BiosAttributeRegistry.v1_0_0.json", "BiosAttributeRegistry.v1_0_0", Closeness::Same),
                ("BiosAttributeRegistry.v1_1_0", "BiosAttributeRegistry.v1_0_0", Closeness::OtherVersion),
                ("BiosAttributeRegistryU30.v1_0_0", "BiosAttributeRegistryU32.v1_0_0", Closeness::Other),
                ("BiosAttributeRegistryU30.v1_0_0", USUAL, Closeness::OtherVersion),
                ("BiosAttributeRegistry.v1_0_0", USUAL, Closeness::Same),
                ("NetworkAttributesRegistry", "BiosAttributeRegistry", Closeness::Other),
            ];
            for (name, wanted, expected) in cases {
                assert_eq!(closeness(name, wanted), expected, "{name}, {wanted}");
            }
        }
    }
}
