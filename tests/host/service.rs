//! An HTTP server of a few lines that answers as a test wants, or not at all: for what a well-behaved service never does.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What is answered to a request.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A status, a content type and a body.
    Body(u16, &'static str, String),
    /// Nothing: the connection ends.
    Lost,
}

impl Answer {
    pub(crate) fn text(status: u16, kind: &'static str, body: &str) -> Self {
        Self::Body(status, kind, body.to_owned())
    }

    pub(crate) fn json(body: serde_json::Value) -> Self {
        Self::Body(200, "application/json", body.to_string())
    }
}

pub(crate) struct Service {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// Answers until the test's process ends.
    pub(crate) fn start(answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request as it came, headers and all.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, answer: &dyn Fn(&str, &str) -> Answer) {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let Ok(length @ 1..) = stream.read(&mut part) else { return };
        bytes.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            |line: &str| line.to_lowercase().strip_prefix("content-length:").and_then(|n| n.trim().parse().ok());
        if body.len() < head.lines().find_map(length).unwrap_or(0_usize) {
            continue;
        }
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        seen.lock().unwrap().push(text.clone());
        if let Answer::Body(status, kind, body) = answer(method, path) {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} .\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n");
            let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes());
        }
        return;
    }
}
