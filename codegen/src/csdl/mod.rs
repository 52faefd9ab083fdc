//! CSDL files as plain documents: what is written in the file and on which line, nothing resolved.
//! What the names refer to is for [`crate::model`] to find out.

mod document;
mod parse;
mod xml;

pub use document::{
    Action, Annotation, Document, EnumType, Include, Member, Parameter, Property, Record, Schema, StructuredType, Term,
    TypeDefinition, Value,
};
pub use parse::parse;

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Reads all `*.xml` files of the folders, in the folders' order and sorted by file name within each.
///
/// Where two folders define the same type, what the earlier one says comes first.
///
/// # Errors
///
/// A folder that cannot be read or holds no CSDL, or a file that is not CSDL.
pub fn load(folders: &[PathBuf]) -> Result<Vec<Document>, Error> {
    let mut documents = Vec::new();
    for folder in folders {
        let read = load_any(folder)?;
        if read.is_empty() {
            return Err(Error::of(
                folder.display().to_string(),
                "no *.xml file",
                "a folder of CSDL files, such as `csdl` of DSP8010",
            ));
        }
        documents.extend(read);
    }
    Ok(documents)
}

/// Reads all `*.xml` files of a folder, of which there may be none.
pub(crate) fn load_any(folder: &Path) -> Result<Vec<Document>, Error> {
    let mut documents = Vec::new();
    for path in files(folder)? {
        let name = name(folder, &path);
        let bytes = fs::read(&path)
            .map_err(|error| Error::of(path.display().to_string(), error.to_string(), "a readable file"))?;
        let mut document = parse(&name, &text(&name, bytes)?)?;
        document.folder = folder.to_path_buf();
        documents.push(document);
    }
    Ok(documents)
}

/// `csdl/ComputerSystem_v1.xml`: as much of the path as tells two folders' files apart.
fn name(folder: &Path, path: &Path) -> String {
    let last = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    [last(folder), last(path)].into_iter().flatten().collect::<Vec<_>>().join("/")
}

fn text(file: &str, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().iter().take(valid);
        let line = before.filter(|byte| **byte == b'\n').count();
        Error::at(
            file,
            u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1),
            "bytes that are not UTF-8",
            "XML in UTF-8",
        )
    })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |error: std::io::Error| {
        Error::of(folder.display().to_string(), error.to_string(), "a folder of CSDL files, such as `csdl` of DSP8010")
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "xml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
