//! A transport that answers from memory: it stands for a program's own transport, and can do what a socket can't.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use rosefish::transport::{Body, HttpRequest, HttpResponse, Transport};
use rosefish::{Client, ClientBuilder, Error};

type Answer = Result<HttpResponse, Error>;

/// Answers a request, given its number among those with its method and URL.
type Script = Box<dyn Fn(&mut HttpRequest, usize) -> Answer + Send + Sync>;

/// Answers requests by a script, and records them.
pub(crate) struct Memory {
    answer: Script,
    asked: Mutex<Vec<HttpRequest>>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Memory {
    /// Creates a transport that answers by this script.
    pub(crate) fn new(answer: impl Fn(&HttpRequest, usize) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Self::taking(move |request, number| answer(request, number))
    }

    /// Creates a transport that answers by a script that may take the request's body.
    pub(crate) fn taking(answer: impl Fn(&mut HttpRequest, usize) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { answer: Box::new(answer), asked: Mutex::default() })
    }

    /// Returns the method and URL of each request.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|request| format!("{} {}", request.method(), request.uri())).collect()
    }

    pub(crate) fn header(&self, number: usize, name: &str) -> Option<String> {
        self.asked.lock().unwrap()[number].headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    }
}

impl Transport for Memory {
    fn send(&self, mut request: HttpRequest) -> BoxFuture<'_, Answer> {
        let mut asked = self.asked.lock().unwrap();
        let same = |other: &&HttpRequest| other.method() == request.method() && other.uri() == request.uri();
        let number = asked.iter().filter(same).count() + 1;
        let answer = (self.answer)(&mut request, number);
        asked.push(request);
        Box::pin(async move { answer })
    }
}

pub(crate) fn json(status: u16, body: &str) -> Answer {
    let mut response = HttpResponse::new(Body::from(Bytes::from(body.to_owned())));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    Ok(response)
}

pub(crate) fn with(answer: Answer, name: &'static str, value: &str) -> Answer {
    answer.map(|mut answer| {
        answer.headers_mut().insert(name, value.parse().unwrap());
        answer
    })
}

pub(crate) fn client(memory: &Arc<Memory>) -> ClientBuilder {
    Client::builder("https://bmc.example").transport(Arc::clone(memory) as Arc<dyn Transport>)
}
