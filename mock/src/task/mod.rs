//! Operations that take time: a request is answered with 202 and a task monitor, continues as a
//! Task (or a Job) that shows how far it is, and leaves its real answer with the monitor (DSP0266,
//! "Asynchronous operations"). What the operation does is the handlers' business; they carry it out
//! when the task ends.

pub(crate) mod monitor;
pub(crate) mod operation;
pub(crate) mod rule;
pub(crate) mod tasks;
