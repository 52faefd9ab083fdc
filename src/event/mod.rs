//! Events: what a service reports without being asked, over a stream that stays open ([`EventStream`]) or pushed to a
//! listener ([`Subscription`], and `Listener` with the feature of that name).
//!
//! ```no_run
//! # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
//! let service = bmc.root().event_service().await?;
//! let mut events = service.events();
//! while let Some(notification) = events.next().await {
//!     for record in notification?.records() {
//!         println!("{:?} {:?}", record.severity, record.message);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "listener")]
mod connections;
#[cfg(feature = "listener")]
mod listener;
mod notification;
pub mod sse;
mod stream;
mod subscription;

#[cfg(feature = "listener")]
pub use connections::{Connection, Connections};
#[cfg(feature = "listener")]
pub use listener::{Listener, ListenerTls, PushedEvents, Server};
pub use notification::{Content, Notification};
pub use stream::EventStream;
pub use subscription::Subscription;
