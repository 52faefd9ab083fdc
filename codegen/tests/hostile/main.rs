//! Input made to hurt, in all languages: whatever the bytes, there is a model or an error, never a panic.

mod code;
mod csdl;
mod json;
mod mutation;
