//! The files of the demo tree, which the build script includes. The originals are in `demo/`.

use axum::body::Bytes;

use crate::tree::payload::File;

static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/demo_files.rs"));

/// Returns the files of the demo tree, as if they had been read from a folder.
pub(crate) fn files() -> Vec<File> {
    FILES.iter().map(|&(path, body)| File { path: path.to_owned(), body: Bytes::from_static(body) }).collect()
}
