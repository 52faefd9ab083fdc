//! A BMC to test against: a stateful Redfish service over any tree of payloads, and an IPMI one
//! ([`ipmi`]), for programs that talk to either. Neither needs anything but this crate.
//!
//! # A Redfish service in a test
//!
//! [`MockBmc::start`] serves a machine that the crate carries, a two-socket server with about 180
//! resources that conform to the schemas, on a loopback port over TLS. It runs on a thread of its
//! own, answers while the test blocks, and ends when it is dropped.
//!
//! ```
//! use rosefish_mock::MockBmc;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! # let _ = rustls::crypto::ring::default_provider().install_default();
//! let bmc = MockBmc::start().await?;
//!
//! // What a client under test does:
//! let client = reqwest::Client::builder()
//!     .tls_certs_only([reqwest::Certificate::from_pem(bmc.certificate_pem().unwrap().as_bytes())?])
//!     .build()?;
//! let reset = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
//! let answer = client
//!     .post(bmc.url() + reset)
//!     .basic_auth(bmc.user(), Some(bmc.password()))
//!     .header("Content-Type", "application/json")
//!     .body(r#"{"ResetType":"ForceOff"}"#)
//!     .send()
//!     .await?;
//! assert_eq!(answer.status(), 204);
//!
//! // What the test can see of it from the other side:
//! assert_eq!(bmc.resource("/redfish/v1/Systems/1").unwrap()["PowerState"], "Off");
//! assert_eq!(bmc.requests().len(), 1);
//! assert_eq!(bmc.sessions(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Other machines
//!
//! [`Tree::from_dir`] reads a folder of payloads, in the layout of DMTF's mockups (one `index.json`
//! per resource) or as `name.json` files that say in `@odata.id` where they belong. Whatever nobody
//! changed is served byte for byte, mistakes and all. A tree can be put together in a test as well:
//!
//! ```
//! use rosefish_mock::{MockBmc, Tree};
//! use serde_json::json;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let tree = Tree::new()
//!     .with("/redfish/v1", json!({ "Name": "Root", "Systems": { "@odata.id": "/redfish/v1/Systems" } }))
//!     .with("/redfish/v1/Systems", json!({ "Members": null, "Members@odata.count": "0" }));
//! let bmc = MockBmc::builder().tree(tree).credentials("root", "secret").plain().start().await?;
//! # assert!(bmc.url().starts_with("http://127.0.0.1:"));
//! # Ok::<(), rosefish_mock::Error>(())
//! # }).unwrap();
//! ```
//!
//! `rosefish record URL DIR` writes such a folder of a live service, without its secrets and, with `--mask`,
//! without what identifies the machine.
//!
//! # What happened, and what goes wrong
//!
//! [`MockBmc::requests`] is the journal: every request that arrived, with what was answered. A test picks the ones
//! that it is about and asserts what has to hold of them; what doesn't hold is shown with the whole journal. Faults
//! make the service misbehave on purpose, in the answer or below HTTP:
//!
//! ```
//! use rosefish_mock::MockBmc;
//! use rosefish_mock::fault::{Action, Rule};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! # let _ = rustls::crypto::ring::default_provider().install_default();
//! let bmc = MockBmc::builder().plain().start().await?;
//! bmc.faults().add(Rule::on("GET", "/redfish/v1").times(1).then(Action::Reset));
//!
//! assert!(reqwest::get(bmc.url() + "/redfish/v1").await.is_err());
//! assert_eq!(reqwest::get(bmc.url() + "/redfish/v1").await?.status(), 200);
//!
//! let roots = bmc.requests().to("GET", "/redfish/v1");
//! roots.assert_count(2);
//! roots.answered(200).without_header("Authorization").assert_once();
//! bmc.requests().to("POST", "**").assert_none();
//! assert_eq!(bmc.most_requests_under_way(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # What the service does
//!
//! | | |
//! | --- | --- |
//! | Login | sessions and Basic; sessions are resources, expire, and can be deleted; roles and their privileges; accounts can be created, changed and deleted, and are locked after too many wrong logins where the AccountService says so; `PasswordChangeRequired` |
//! | GET, HEAD | ETag with `If-None-Match`, `Allow`, `Link`; the versions, `$metadata` and the OData service document are made from the tree |
//! | Queries | `$expand` (`.`, `~`, `*`, `$levels`), `$select`, `$filter`, `$top`, `$skip`, `only`, `excerpt` as the tree's `ProtocolFeaturesSupported` says, or as [`Builder::query`] does: switched off, not advertised, advertised and failing; pages with `Members@odata.nextLink` ([`Builder::page_size`]) |
//! | PATCH, PUT | merges deep, arrays element by element; refuses what is read-only, unknown, of the wrong kind, out of range or not among the allowable values, by the schemas and by what the resource lists; `If-Match`; PUT where [`Builder::put_only`] says so |
//! | Settings | a settings resource takes changes that come into force at once, at a reset or in a maintenance window; BIOS attributes are held against their registry |
//! | POST, DELETE | members of the collections whose schemas allow it, with what they require and properties that the schemas know |
//! | Actions | every target in the tree, with parameters checked against the schemas, ActionInfo and allowable values. Resets change the power state, at once or by way of `PoweringOn` and `PoweringOff` ([`Builder::power_delay`]); a boot override for once is used up; a reset of the manager ends sessions, and takes the service away for a while ([`Builder::restart_delay`]); defaults of BIOS, boot order and manager; virtual media; clearing of logs; changing of passwords; test events. Actions that nothing is known of succeed and change nothing |
//! | Tasks | firmware updates, and whatever [`Builder::task`] names: 202 with a task monitor, `Retry-After`, a Task with progress, messages and payload, cancelling by DELETE, failing; the monitor gives the answer once and is gone. Jobs likewise. What would be refused is refused at once |
//! | Events | changes of resources, power and health, and tasks, as server-sent events (`Last-Event-ID`, `$filter`, comments that keep the stream alive) and as POSTs to subscribers, retried if they don't take them; subscriptions choose by all properties of EventDestination. Events go to loopback addresses only, or anywhere with [`Builder::deliver_events_anywhere`]. Metric reports, recreated from their properties; entries of logs |
//! | Updates | `SimpleUpdate`, `MultipartHttpPushUri`, `HttpPushUri`, `StartUpdate`, apply times; the inventory and the devices show the version that the image's name says |
//! | Errors | messages of the Base registry with related properties and resolution |
//! | HTTP | HTTP/2 beside HTTP/1.1 ([`Builder::http2`]); a certificate of the test's choice, X.509 v1 and short RSA keys among them ([`Certificate`]); gzip, deflate and br ([`Builder::compression`]); a limit of sessions ([`Builder::session_limit`]); a latency ([`Builder::latency`]) |
//! | Misbehaviour | [`fault`]: faults by rule, at random from a seed, and over HTTP ([`Builder::control`]), with rules ready for what is often seen ([`fault::Unreadable`] members, changes that are confirmed and not seen, tasks that say something else); [`Quirk`]: habits of vendors by name; [`LoginAnswer`]: answers to logins in every shape |
//!
//! Images are not looked into, nothing is fetched from the URIs that clients give, and certificates, licenses and
//! composition are resources like any other, without a meaning.

#![cfg_attr(docsrs, feature(doc_cfg))]
mod action;
mod builder;
mod error;
mod event;
pub mod fault;
mod http;
pub mod ipmi;
mod journal;
mod machine;
mod message;
mod mock;
mod quirk;
mod random;
mod schema;
mod service;
mod task;
mod tree;
mod update;
mod verb;

pub use builder::Builder;
pub use error::Error;
pub use http::certificate::Certificate;
pub use http::crowd::Crowd;
pub use http::encoding::Encoding;
pub use journal::assert::Requests;
pub use journal::request::Request;
pub use machine::fetch::FetchedImage;
pub use mock::{DEFAULT_PASSWORD, DEFAULT_USER, MockBmc};
pub use quirk::login::{LoginAnswer, LoginBody, LoginLocation, LoginToken};
pub use quirk::names::Quirk;
pub use task::rule::TaskRule;
pub use tree::Tree;
pub use tree::payload::{Problem, ProblemKind};
pub use verb::query::support::{Query, QuerySupport};

/// The example of the README, which is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
