//! What is asked of services that say different things of themselves.

use super::*;
use crate::schema::service_root::Expand as Features;
use crate::schema::{Session, SessionCollection};
use crate::wire::Record;

fn all() -> ProtocolFeaturesSupported {
    let expand_query = Features {
        links: Some(true),
        no_links: Some(true),
        expand_all: Some(true),
        levels: Some(true),
        max_levels: Some(3),
        ..Default::default()
    };
    ProtocolFeaturesSupported {
        expand_query: Some(expand_query),
        filter_query: Some(true),
        select_query: Some(true),
        excerpt_query: Some(true),
        only_member_query: Some(true),
        top_skip_query: Some(true),
        ..Default::default()
    }
}

fn asked(query: &Query, features: &ProtocolFeaturesSupported, scope: Scope) -> String {
    query.ask(SessionCollection::type_table(), Some(features), scope).unwrap().uri("/c")
}

#[test]
fn what_a_service_says_that_it_can_is_asked() {
    let root = Filter::property("UserName").eq("a b&c");
    let cases = [
        (Query::new(), "/c"),
        (Query::new().expand(Expand::Subordinate), "/c?$expand=.($levels=1)"),
        (Query::new().expand(Expand::Links).levels(2), "/c?$expand=~($levels=2)"),
        (Query::new().expand(Expand::All).levels(9), "/c?$expand=*($levels=3)"),
        (Query::new().select(["Id", "UserName"]), "/c?$select=Id,UserName"),
        (Query::new().filter(root), "/c?$filter=UserName%20eq%20'a%20b%26c'"),
        (Query::new().top(5).skip(2), "/c?$skip=2&$top=5"),
        (Query::new().only(), "/c?only"),
        (Query::new().excerpt(), "/c?excerpt"),
        (Query::new().expand(Expand::All).insist(), "/c?$expand=*"),
    ];
    for (query, expected) in cases {
        assert_eq!(asked(&query, &all(), Scope::Resource), expected, "{query:?}");
    }
    assert_eq!(asked(&Query::new(), &all(), Scope::Members), "/c?$expand=.($levels=1)", "members are read at once");
    assert_eq!(asked(&Query::new().without_expand(), &all(), Scope::Members), "/c");
}

#[test]
fn what_a_service_can_not_do_is_left_out_done_here_or_refused() {
    let none = ProtocolFeaturesSupported::default();
    let table = SessionCollection::type_table();
    let saving = Query::new().expand(Expand::All).select(["Id"]).excerpt();
    assert_eq!(asked(&saving, &none, Scope::Resource), "/c");
    let filter = Filter::property("UserName").eq("root");
    let counted = Query::new().filter(filter.clone()).top(3).skip(1);
    assert!(counted.ask(table, Some(&none), Scope::Resource).unwrap_err().contains("$filter"));
    assert!(Query::new().top(1).ask(table, None, Scope::Resource).unwrap_err().contains("$top"));
    assert!(Query::new().only().ask(table, None, Scope::Members).unwrap_err().contains("only"));
    let here = counted.ask(table, Some(&none), Scope::Members).unwrap();
    assert_eq!(here.uri("/c"), "/c");
    assert_eq!(here.remainder, Remainder { filter: Some(filter.clone()), skip: 1, top: Some(3) });

    // Counting what the service would not have filtered gives other members.
    let halves = ProtocolFeaturesSupported { top_skip_query: Some(true), ..Default::default() };
    assert_eq!(asked(&counted, &halves, Scope::Members), "/c");
    let simple = ProtocolFeaturesSupported { filter_query_compound_operations: Some(false), ..all() };
    let both = Query::new().filter(filter.clone()).filter(filter.clone());
    assert!(both.ask(table, Some(&simple), Scope::Members).unwrap().remainder.filter.is_some());
    // Also where the service says that it can: some say so and give all.
    let said = Query::new().filter(filter.clone()).ask(table, Some(&simple), Scope::Members).unwrap();
    assert_eq!(said.remainder.filter, Some(filter));
    assert_eq!(asked(&counted.insist(), &none, Scope::Members), "/c?$filter=UserName%20eq%20'root'&$skip=1&$top=3");
}

#[test]
fn properties_are_those_of_the_members() {
    let table = SessionCollection::type_table();
    let error = Query::new().select(["username"]).ask(table, None, Scope::Resource).unwrap_err();
    assert!(error.contains("UserName"), "{error}");
    assert!(Query::new().select(["UserName"]).ask(Session::type_table(), None, Scope::Resource).is_ok());
}

#[test]
fn a_further_page_is_asked_what_its_link_does_not_say() {
    let query = Query::new().select(["Id"]).filter(Filter::property("UserName").eq("root")).top(9).skip(1);
    let asked = query.ask(SessionCollection::type_table(), Some(&all()), Scope::Members).unwrap().further();
    let cases = [
        ("/c?$skip=5", "/c?$skip=5&$expand=.($levels=1)&$select=Id,UserName&$filter=UserName%20eq%20'root'"),
        ("/c?%24filter=x&$select=Id&$expand=.", "/c?%24filter=x&$select=Id&$expand=."),
        ("/c/page2#x", "/c/page2?$expand=.($levels=1)&$select=Id,UserName&$filter=UserName%20eq%20'root'"),
    ];
    for (uri, expected) in cases {
        assert_eq!(asked.uri(uri), expected);
    }
    assert_eq!(asked.needed_uri("/c?x"), "/c?x&$filter=UserName%20eq%20'root'");
}
