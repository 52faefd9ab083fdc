//! Reads folders of schemas into documents, whatever language the schemas are in. One language is read from each folder: CSDL if it has
//! any, else JSON Schema, else OpenAPI.

use std::fs;
use std::path::{Path, PathBuf};

use crate::csdl::{self, Document};
use crate::error::{Error, Errors};

/// Larger files aren't schemas. DSP8010's largest is a megabyte.
const MAX_BYTES: u64 = 64 << 20;

/// A language that schemas are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Csdl,
    JsonSchema,
    OpenApi,
}

impl Language {
    const ALL: [Self; 3] = [Self::Csdl, Self::JsonSchema, Self::OpenApi];

    fn is_of(self, file: &Path) -> bool {
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match self {
            Self::Csdl => extension == "xml",
            Self::JsonSchema => extension == "json",
            Self::OpenApi => matches!(extension, "yaml" | "yml"),
        }
    }

    fn read(self, file: &str, text: &str) -> Result<Vec<Document>, Errors> {
        match self {
            Self::Csdl => Ok(vec![csdl::parse_all(file, text)?]),
            #[cfg(feature = "json-schema")]
            Self::JsonSchema => crate::json_schema::read(file, text),
            #[cfg(feature = "openapi")]
            Self::OpenApi => crate::openapi::read(file, text),
            #[cfg(not(feature = "openapi"))]
            _ => {
                let language = if self == Self::OpenApi { "an OpenAPI file" } else { "a JSON Schema" };
                let feature = "CSDL, or the feature `openapi` of `rosefish` or of `rosefish-codegen`";
                Err(Error::of(file, language, feature).into())
            }
        }
    }
}

/// Reads all schema files of the folders, in the folders' order and sorted by file name within each: CSDL (`*.xml`), else JSON
/// Schema (`*.json`, with the feature `json-schema`), else OpenAPI (`*.yaml`, with the feature `openapi`).
///
/// Where two folders define the same type, what the earlier one says comes first.
///
/// # Errors
///
/// A folder that cannot be read or holds no schemas, or a file that is not what its name says.
pub fn load(folders: &[PathBuf]) -> Result<Vec<Document>, Error> {
    Ok(load_all(folders)?)
}

/// Like [`load`], but returns the errors of all files.
pub(crate) fn load_all(folders: &[PathBuf]) -> Result<Vec<Document>, Errors> {
    let (mut documents, mut errors) = (Vec::new(), Errors::default());
    for folder in folders {
        match load_folder(folder) {
            Ok(read) => documents.extend(read),
            Err(wrong) => errors.append(wrong),
        }
    }
    errors.or(documents)
}

/// Reads one schema file from its text, in the language that the name's ending shows; `file` is the name that errors give.
///
/// # Errors
///
/// Text that is not what the name says.
pub fn parse(file: &str, text: &str) -> Result<Vec<Document>, Error> {
    let language = Language::ALL.into_iter().find(|language| language.is_of(Path::new(file)));
    let Some(language) = language else {
        return Err(Error::of(file, "a name without an ending that is known", "*.xml, *.json or *.yaml"));
    };
    let documents = language.read(file, text)?;
    Ok(settled(language, documents))
}

/// Settles what can be decided only once all files of a folder are read.
fn settled(language: Language, documents: Vec<Document>) -> Vec<Document> {
    #[cfg(feature = "json-schema")]
    if language != Language::Csdl {
        let mut documents = documents;
        crate::json_schema::settle::settle(&mut documents);
        return documents;
    }
    let _ = language;
    documents
}

fn load_folder(folder: &Path) -> Result<Vec<Document>, Errors> {
    let files = files(folder)?;
    let language = Language::ALL.into_iter().find(|language| files.iter().any(|file| language.is_of(file)));
    let Some(language) = language else {
        return Err(Error::of(
            folder.display().to_string(),
            "no *.xml, *.json or *.yaml file",
            "a folder of schemas, such as `csdl` of DSP8010",
        )
        .into());
    };
    let (mut documents, mut errors) = (Vec::new(), Errors::default());
    for path in files.iter().filter(|path| language.is_of(path)) {
        match read(folder, path, language) {
            Ok(read) => documents.extend(read),
            Err(wrong) => errors.append(wrong),
        }
    }
    errors.or(settled(language, documents))
}

/// Reads all `*.xml` files of a folder, which may be empty.
pub(crate) fn load_overlays(folder: &Path) -> Result<Vec<Document>, Error> {
    let mut documents = Vec::new();
    for path in files(folder)?.iter().filter(|path| Language::Csdl.is_of(path)) {
        documents.extend(read(folder, path, Language::Csdl)?);
    }
    Ok(documents)
}

fn read(folder: &Path, path: &Path, language: Language) -> Result<Vec<Document>, Errors> {
    let name = name(folder, path);
    let unreadable =
        |error: std::io::Error| Error::of(path.display().to_string(), error.to_string(), "a readable file");
    let bytes = fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MAX_BYTES {
        return Err(Error::of(name, format!("{bytes} bytes"), format!("at most {MAX_BYTES} bytes")).into());
    }
    let text = text(&name, fs::read(path).map_err(unreadable)?)?;
    let mut documents = language.read(&name, &text)?;
    for document in &mut documents {
        document.folder = folder.to_path_buf();
    }
    Ok(documents)
}

/// Returns a file's name for errors, such as `csdl/ComputerSystem_v1.xml`. The folder tells files of the same name apart.
fn name(folder: &Path, path: &Path) -> String {
    let last = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    [last(folder), last(path)].into_iter().flatten().collect::<Vec<_>>().join("/")
}

fn text(file: &str, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().iter().take(valid);
        let line = before.filter(|byte| **byte == b'\n').count();
        let line = u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1);
        Error::at(file, line, "bytes that are not UTF-8", "text in UTF-8")
    })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |error: std::io::Error| {
        Error::of(folder.display().to_string(), error.to_string(), "a folder of schemas, such as `csdl` of DSP8010")
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
