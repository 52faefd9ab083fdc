//! What speaks HTTP and knows nothing of what is served: sockets, TLS, headers, compression.

pub(crate) mod call;
pub(crate) mod certificate;
pub(crate) mod connection;
pub(crate) mod crowd;
mod der;
pub(crate) mod encoding;
pub(crate) mod etag;
pub(crate) mod reply;
mod rsa;
pub(crate) mod server;
pub(crate) mod tls;
pub(crate) mod uri;
