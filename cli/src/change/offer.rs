//! What actions a resource offers, and what they take.

use rosefish::{ActionParameter, AnyResource, OemAction};
use serde_json::{Value, json};

use crate::operate::Table;

/// An action with its parameters.
pub(super) struct Offer {
    pub(super) action: OemAction,
    pub(super) parameters: Vec<ActionParameter>,
}

/// Returns all actions that a resource offers.
pub(super) async fn offers(resource: &AnyResource) -> Vec<Offer> {
    let mut offers = Vec::new();
    for action in resource.actions() {
        let parameters = resource.action_parameters(&action).await;
        offers.push(Offer { action, parameters });
    }
    offers
}

/// Finds the action that a name means: in any case, with or without the number sign. The part after its last dot is enough if no
/// other action has the same.
pub(super) fn find<'a>(offers: &'a [Offer], name: &str) -> Option<&'a Offer> {
    let name = name.trim_start_matches('#');
    let bare = |offer: &Offer| offer.action.name.trim_start_matches('#').to_owned();
    let exact = offers.iter().find(|offer| bare(offer) == name);
    exact.or_else(|| offers.iter().find(|offer| bare(offer).eq_ignore_ascii_case(name))).or_else(|| {
        let is_short =
            |offer: &&Offer| bare(offer).rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(name));
        let mut short = offers.iter().filter(is_short);
        short.next().filter(|_| short.next().is_none())
    })
}

/// Makes a table with a row for each parameter, and one for each action without parameters.
pub(super) fn table(offers: &[&Offer]) -> String {
    let mut table = Table::new(&["ACTION", "PARAMETER", "NEEDED", "TYPE", "VALUES"]);
    for Offer { action, parameters } in offers {
        let mut name = action.name.clone();
        if parameters.is_empty() {
            table.row([name.clone(), String::new(), String::new(), String::new(), String::new()]);
        }
        for parameter in parameters {
            let needed = match parameter.required {
                Some(true) => "yes",
                Some(false) => "no",
                None => "",
            };
            let kind = parameter.data_type.clone().unwrap_or_default();
            let values = parameter.allowable_values.join(", ");
            table.row([std::mem::take(&mut name), parameter.name.clone(), needed.to_owned(), kind, values]);
        }
    }
    table.text()
}

pub(super) fn json(offers: &[Offer]) -> Value {
    let one = |Offer { action, parameters }: &Offer| {
        let uri = action.target.target.as_ref().map(|uri| uri.as_str());
        json!({
            "name": action.name, "pointer": action.pointer, "target": uri, "title": action.target.title,
            "parameters": parameters,
        })
    };
    offers.iter().map(one).collect()
}
