//! Against independent BMC simulators.
