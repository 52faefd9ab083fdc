//! The compiler's only error type: the file and line, what was found there and what was expected.
//! Its messages are for the person who reads a failed build, who didn't write the schemas.

use std::fmt;

/// Why schemas could not be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    file: String,
    line: Option<u32>,
    found: String,
    expected: String,
}

/// A place in a schema file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The file's name.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: u32,
}

impl Place {
    /// Creates an error at this place.
    pub(crate) fn error(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::at(&self.file, self.line, found, expected)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Error {
    /// Creates an error at a line of a file.
    pub(crate) fn at(file: &str, line: u32, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            file: file.to_owned(),
            line: Some(line),
            found: found.into(),
            expected: expected.into(),
        }))
    }

    /// Creates an error about a file or folder as a whole.
    pub(crate) fn of(file: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self(Box::new(Inner { file: file.into(), line: None, found: found.into(), expected: expected.into() }))
    }

    /// Returns the file, folder or erratum that the error is about.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// Returns the line in the file, from 1; none where the error is about the file as a whole.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.0.line
    }

    /// Returns what was found.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// Returns what was expected instead.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.0.expected
    }
}

/// The errors of a pass, collected so that one run shows all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Errors(Vec<Error>);

impl Errors {
    /// How many errors are kept at most: a hostile file can cause any number of them.
    const MOST: usize = 200;

    /// Returns the value of a result, or records its error unless the same one is recorded already.
    pub(crate) fn take<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if self.0.len() < Self::MOST && !self.0.contains(&error) {
                    self.0.push(error);
                }
                None
            }
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        other.0.into_iter().for_each(|error| {
            self.take::<()>(Err(error));
        });
    }

    /// Returns the result of a pass if it had no errors, and the errors otherwise.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    pub(crate) fn into_vec(self) -> Vec<Error> {
        self.0
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Self(vec![error])
    }
}

/// Takes the first error, for callers that report only one.
impl From<Errors> for Error {
    fn from(errors: Errors) -> Self {
        errors.0.into_iter().next().unwrap_or_else(|| Self::of("schemas", "no error", "one"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.file)?;
        if let Some(line) = self.0.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": found {}; expected {}", self.0.found, self.0.expected)
    }
}

impl std::error::Error for Error {}
