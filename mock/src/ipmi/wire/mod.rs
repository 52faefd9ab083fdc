//! What goes over UDP: RMCP and session framing, algorithms, handshake, session state, the SOL payload.
//! Nothing here opens a socket or reads a clock; what time it is comes in as an argument.

pub(crate) mod crypto;
pub(crate) mod handshake;
pub(crate) mod message;
pub(crate) mod packet;
pub(crate) mod session;
pub(crate) mod sol;
