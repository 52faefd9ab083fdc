//! Codegen
