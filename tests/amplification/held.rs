//! Bytes received against bytes held: how much memory a client uses for what a service sends, wherever it is read. The test and
//! the fuzz target check the same property, each with a counting allocator of its own.

use std::sync::{Arc, LazyLock, Mutex};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use peak_alloc::PeakAlloc;
use rosefish::event::sse::Parser;
use rosefish::schema::{ComputerSystem, ComputerSystemCollection};
use rosefish::transport::{Body, HttpRequest, HttpResponse, Transport};
use rosefish::wire::{Limits, Table, decode_into};
use rosefish::{Client, Error, RetryPolicy};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The memory limit of a decoded value.
const MEMORY: usize = 256 << 10;
/// The size up to which a body is made by repetition.
const LONGEST: usize = 256 << 10;
/// The most that the JSON of an error may take, whatever the limits of values: the minimum of the default of `Limits::memory`.
const ERROR: usize = 16 << 20;
/// The memory for searching 64 KiB of an error's body for secrets.
const LOOKING: usize = 12 << 20;
/// The memory that a request takes by itself.
const FIXED: usize = 256 << 10;
/// How many pages of a collection are read.
const PAGES: usize = 4;

const ROOT: &str = "{\"@odata.id\":\"/redfish/v1\",\"@odata.type\":\"#ServiceRoot.v1_5_0.ServiceRoot\",\
    \"Systems\":{\"@odata.id\":\"/redfish/v1/Systems\"},\"Registries\":{\"@odata.id\":\"/redfish/v1/Registries\"}}";

/// Where the bytes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Value,
    Resource,
    Error,
    Registries,
    Registry,
    Events,
    Page,
}

pub(crate) const PLACES: [Place; 7] =
    [Place::Value, Place::Resource, Place::Error, Place::Registries, Place::Registry, Place::Events, Place::Page];

/// A transport that answers from memory.
#[derive(Debug, Default)]
struct Service(Mutex<(Option<Place>, Bytes, usize)>);

impl Transport for Service {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Error>> {
        let mut state = self.0.lock().unwrap();
        let (place, body) = (state.0, state.1.clone());
        state.2 += 1;
        let path = request.uri().path().to_owned();
        let odd = Bytes::from_static(
            b"{\"error\":{\"@Message.ExtendedInfo\":[{\"MessageId\":\"Acme.1.0.Odd\",\"MessageArgs\":[\"a\"]}]}}",
        );
        let (status, body) = match (path.as_str(), place) {
            ("/redfish/v1" | "/redfish/v1/", _) => (200, Bytes::from_static(ROOT.as_bytes())),
            ("/redfish/v1/Registries", Some(Place::Registries)) => (200, body),
            ("/redfish/v1/Registries", _) => {
                (200, Bytes::from_static(b"{\"Members\":[{\"@odata.id\":\"/redfish/v1/Registries/Acme\"}]}"))
            }
            ("/redfish/v1/Registries/Acme", _) => {
                (200, Bytes::from_static(b"{\"Registry\":\"Acme.1.0\",\"Location\":[{\"Uri\":\"/acme.json\"}]}"))
            }
            ("/acme.json", _) => (200, body),
            (_, Some(Place::Error)) => (400, body),
            (_, Some(Place::Registries | Place::Registry)) => (400, odd),
            (_, Some(Place::Page)) if !path.starts_with("/redfish/v1/Page") => (404, Bytes::new()),
            (_, Some(_)) => (200, body),
            (_, None) => (404, Bytes::new()),
        };
        let mut response = HttpResponse::new(Body::from(body));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
        Box::pin(async move { Ok(response) })
    }
}

/// Creates a body from an item: the item alone, repeated, in a list under `name`, or in the list that the place reads.
pub(crate) fn body(place: Place, form: u8, name: &str, item: &[u8]) -> Vec<u8> {
    let many = |begin: &[u8], between: &[u8], end: &[u8]| {
        let mut text = begin.to_vec();
        let times = (LONGEST / (item.len() + between.len()).max(1)).clamp(1, 40_000);
        for number in 0..times {
            if number > 0 {
                text.extend(between);
            }
            text.extend(item);
        }
        text.extend(end);
        text
    };
    let list = |begin: &str, end: &str| many(begin.as_bytes(), b",", end.as_bytes());
    match (form % 4, place) {
        (0, _) => item.to_vec(),
        (1, _) => many(b"", b"", b""),
        (2, _) => list(&format!("{{\"{name}\":["), "]}"),
        (_, Place::Error) => list("{\"error\":{\"@Message.ExtendedInfo\":[", "]}}"),
        (_, Place::Page) => list("{\"Members@odata.nextLink\":\"/redfish/v1/Page\",\"Members\":[", "]}"),
        (_, Place::Registries) => list("{\"Members\":[", "]}"),
        (_, Place::Registry) => list("{\"Messages\":{\"Odd\":{\"Message\":\"%1\"},\"x\":[", "]}}"),
        (_, Place::Events) => many(b"id: 1\ndata: {\"Events\":[", b"]}\n\ndata: {", b"}\n\n"),
        (_, Place::Value | Place::Resource) => list(&format!("{{\"{name}\":{{\"{name}\":["), "]}}"),
    }
}

/// The bytes received, the memory held for them, and the most that may be held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) came: usize,
    pub(crate) held: usize,
    pub(crate) most: usize,
}

fn measured(came: usize, most: usize, act: impl FnOnce()) -> Held {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    act();
    Held { came, held: HEAP.peak_usage().saturating_sub(before), most }
}

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());

/// Measures reading a body in a place. An empty body is read first: what is created once for all types must not count.
pub(crate) fn held(place: Place, table: &'static Table, body: &[u8]) -> Held {
    drop(table.make());
    once(place, table, b"{}");
    once(place, table, body)
}

fn once(place: Place, table: &'static Table, body: &[u8]) -> Held {
    let limits = Limits::default().with_memory(MEMORY);
    // Mended text is one copy, and the strings that are kept are another.
    let alone = MEMORY + 3 * body.len() + FIXED;
    match place {
        Place::Value => measured(body.len(), alone, || {
            let mut record = table.make();
            let _ = decode_into(&mut *record, body, &limits);
        }),
        Place::Events => measured(body.len(), alone, || {
            let mut parser = Parser::new(MEMORY);
            for piece in body.chunks(4 << 10) {
                parser.push(piece);
                while let Some(frame) = parser.next_frame() {
                    let Ok(frame) = frame else { continue };
                    let mut record = table.make();
                    let _ = decode_into(&mut *record, frame.data.as_bytes(), &limits);
                }
            }
        }),
        _ => {
            let service = Arc::new(Service::default());
            let transport = Arc::clone(&service) as Arc<dyn Transport>;
            let client = Client::builder("https://bmc.example").transport(transport).limits(limits).pages(PAGES);
            let client = RUNTIME.block_on(client.retry(RetryPolicy::none()).connect()).unwrap();
            *service.0.lock().unwrap() = (Some(place), Bytes::copy_from_slice(body), 0);
            // The pages that were read are held while their members are returned.
            let most = match place {
                Place::Page => PAGES * alone + LOOKING,
                Place::Error => ERROR + alone + LOOKING,
                _ => alone + LOOKING,
            };
            let held = measured(body.len(), most, || RUNTIME.block_on(read(&client, place)));
            let requests = service.0.lock().unwrap().2;
            assert!(requests < 300, "{place:?}: {requests} requests");
            held
        }
    }
}

async fn read(client: &Client, place: Place) {
    if place != Place::Page {
        if let Err(error) = client.get::<ComputerSystem>("/redfish/v1/Systems/1").await {
            assert!(error.report().to_string().len() < 1 << 20);
        }
        return;
    }
    if let Ok(systems) = client.get::<ComputerSystemCollection>("/redfish/v1/Page").await {
        let mut members = systems.members();
        for _ in 0..200 {
            if members.next().await.is_none() {
                break;
            }
        }
    }
}

/// Runs `act` and returns its result and the memory that it took at its peak.
pub(crate) fn taken<T>(act: impl FnOnce() -> T) -> (T, usize) {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let made = act();
    (made, HEAP.peak_usage().saturating_sub(before))
}
