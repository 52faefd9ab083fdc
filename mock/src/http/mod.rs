//! What speaks HTTP and knows nothing of what is served: sockets, TLS, headers, compression.

pub(crate) mod call;
pub(crate) mod connection;
pub(crate) mod encoding;
pub(crate) mod etag;
pub(crate) mod reply;
pub(crate) mod server;
pub(crate) mod tls;
pub(crate) mod uri;
