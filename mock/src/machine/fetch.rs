//! Images as a BMC reads them: it asks how long one is, looks at its end and at its beginning, and then reads piece by piece over
//! a connection that it keeps. From loopback addresses alone: tests must not fetch from anybody else.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Uri;
use sha2::{Digest as _, Sha256};

/// How much is asked for at a time.
const PIECE: u64 = 512 << 10;

/// Where an ISO 9660 image has its first descriptor.
const DESCRIPTOR: u64 = 32 << 10;

/// After so many requests the connection is closed, as BMCs do now and then.
const PER_CONNECTION: u32 = 200;

const PATIENCE: Duration = Duration::from_secs(20);

/// An image that was fetched, or is being fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchedImage {
    /// Its URI.
    pub uri: String,
    /// How long the server said that it is.
    pub length: u64,
    /// How many bytes were read of it, from its beginning on.
    pub read: u64,
    /// How many requests that took.
    pub requests: u32,
    /// The SHA-256 of it as 64 hexadecimal digits, as soon as all of it was read.
    pub sha256: Option<String>,
    /// Why it could not be read, where it could not.
    pub error: Option<String>,
}

/// The images of a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetches(Arc<Mutex<Vec<FetchedImage>>>);

impl Fetches {
    pub(crate) fn all(&self) -> MutexGuard<'_, Vec<FetchedImage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to fetch an image, where it is one that can be fetched.
    pub(crate) fn begin(&self, image: &str) {
        let Ok(uri) = image.parse::<Uri>() else { return };
        if uri.scheme_str() != Some("http") || !is_loopback(&uri) {
            return;
        }
        let at = {
            let mut all = self.all();
            all.push(FetchedImage { uri: image.to_owned(), ..FetchedImage::default() });
            all.len() - 1
        };
        let fetches = self.clone();
        let work = move || {
            let note = |note: &dyn Fn(&mut FetchedImage)| {
                if let Some(one) = fetches.all().get_mut(at) {
                    note(one);
                }
            };
            if let Err(error) = fetch(&uri, &note) {
                note(&|one| one.error = Some(error.to_string()));
            }
        };
        if let Err(error) = std::thread::Builder::new().name("mock-fetch".to_owned()).spawn(work)
            && let Some(one) = self.all().get_mut(at)
        {
            one.error = Some(error.to_string());
        }
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Shows what has become of an image.
type Note<'a> = dyn Fn(&dyn Fn(&mut FetchedImage)) + 'a;

fn fetch(uri: &Uri, note: &Note<'_>) -> io::Result<()> {
    let mut connection = Connection::open(uri)?;
    let head = connection.ask("HEAD", None, note)?;
    let length = head.length.ok_or_else(|| broken("the server does not say how long the image is"))?;
    if head.status != 200 || !head.takes_ranges {
        return Err(broken("the server takes no ranges"));
    }
    note(&|one| one.length = length);
    for (from, to) in [(length.saturating_sub(2048), length), (DESCRIPTOR, DESCRIPTOR + 2048)] {
        if from < to && to <= length {
            connection.read(from, to, length, note)?;
        }
    }
    let mut sum = Sha256::new();
    let mut at = 0;
    while at < length {
        let end = length.min(at + PIECE);
        sum.update(connection.read(at, end, length, note)?);
        at = end;
        note(&|one| one.read = at);
    }
    let digits: String = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    note(&|one| one.sha256 = Some(digits.clone()));
    Ok(())
}

fn broken(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// A connection that is kept.
struct Connection<'a> {
    uri: &'a Uri,
    stream: BufReader<TcpStream>,
    asked: u32,
}

/// What an answer says before its body.
struct Head {
    status: u16,
    length: Option<u64>,
    range: Option<String>,
    takes_ranges: bool,
    closes: bool,
}

impl<'a> Connection<'a> {
    fn open(uri: &'a Uri) -> io::Result<Self> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80)))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { uri, stream: BufReader::with_capacity(64 << 10, stream), asked: 0 })
    }

    fn ask(&mut self, method: &str, range: Option<(u64, u64)>, note: &Note<'_>) -> io::Result<Head> {
        if self.asked == PER_CONNECTION {
            *self = Self::open(self.uri)?;
        }
        self.asked += 1;
        note(&|one| one.requests += 1);
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: BMC\r\n");
        if let Some((from, to)) = range {
            request.push_str(&format!("Range: bytes={from}-{}\r\n", to - 1));
        }
        request.push_str("\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.head()
    }

    fn head(&mut self) -> io::Result<Head> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| broken("the server does not answer as HTTP does"))?;
        let mut head = Head { status, length: None, range: None, takes_ranges: false, closes: false };
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { return Ok(head) };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => head.length = value.parse().ok(),
                "content-range" => head.range = Some(value.to_owned()),
                "accept-ranges" => head.takes_ranges = value == "bytes",
                "connection" => head.closes = value.eq_ignore_ascii_case("close"),
                _ => {}
            }
        }
    }

    /// Reads a piece, which has to be the one that was asked for.
    fn read(&mut self, from: u64, to: u64, length: u64, note: &Note<'_>) -> io::Result<Vec<u8>> {
        let head = self.ask("GET", Some((from, to)), note)?;
        let range = format!("bytes {from}-{}/{length}", to - 1);
        if head.status != 206 || head.range.as_deref() != Some(&*range) || head.length != Some(to - from) {
            return Err(broken(&format!("asked for {range}; the server answered {} {:?}", head.status, head.range)));
        }
        let mut piece = vec![0; usize::try_from(to - from).map_err(io::Error::other)?];
        self.stream.read_exact(&mut piece)?;
        if head.closes {
            *self = Self::open(self.uri)?;
        }
        Ok(piece)
    }
}
