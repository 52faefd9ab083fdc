//! Uploads: what goes out, how it is watched, and that it goes out once.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use rosefish::schema::UpdateService;
use rosefish::{Client, Credentials, ErrorKind, Resource, UploadImage, UploadProgress};
use rosefish_mock::MockBmc;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::builder;
use crate::memory::{Memory, json as answer};

const UPDATE: &str = "/redfish/v1/UpdateService";
const PUSH: &str = "/redfish/v1/UpdateService/push";
const SECOND: Duration = Duration::from_secs(1);

fn image(length: u32) -> Vec<u8> {
    (0..length).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// A reader that gives an image in pieces of odd sizes, each a while after it was asked for.
struct Slow {
    rest: bytes::Bytes,
    ready: bool,
}

impl AsyncRead for Slow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.ready = !self.ready;
        if !self.ready {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let length = self.rest.len().min(7919).min(buffer.remaining());
        buffer.put_slice(&self.rest.split_to(length));
        Poll::Ready(Ok(()))
    }
}

fn slow(image: &[u8]) -> Slow {
    Slow { rest: bytes::Bytes::copy_from_slice(image), ready: true }
}

/// Notes the progress of an upload.
fn noted() -> (Arc<Mutex<Vec<UploadProgress>>>, impl FnMut(UploadProgress) + Send + 'static) {
    let all: Arc<Mutex<Vec<UploadProgress>>> = Arc::default();
    let notes = Arc::clone(&all);
    (all, move |progress| notes.lock().unwrap().push(progress))
}

#[tokio::test]
async fn an_image_from_anywhere_arrives_as_it_is_with_its_length_and_its_progress_adds_up() {
    let whole = image(700_001);
    let folder = std::env::temp_dir().join(format!("rosefish-upload-{}", std::process::id()));
    std::fs::write(&folder, &whole).unwrap();
    for push in [false, true] {
        let mock = MockBmc::start().await.unwrap();
        if push {
            let mut service = mock.resource(UPDATE).unwrap();
            service.as_object_mut().unwrap().remove("MultipartHttpPushUri");
            mock.set(UPDATE, service);
        }
        let bmc = builder(&mock).connect().await.unwrap();
        let service = bmc.get::<UpdateService>(UPDATE).await.unwrap();
        for (from, source) in [
            ("bytes", UploadImage::from(whole.clone())),
            ("file", UploadImage::open(&folder).await.unwrap()),
            ("reader", UploadImage::from_reader(slow(&whole), whole.len() as u64)),
        ] {
            assert_eq!(source.length(), whole.len() as u64, "{from}");
            mock.clear_requests();
            let (progress, note) = noted();
            let mut upload = service.upload("bmc.bin", source).on_progress(note);
            if !push {
                upload = upload.with(|with| with.force_update = Some(true)).oem_part("OemKey", "text/plain", "k");
            }
            upload.await.unwrap_or_else(|error| panic!("{from}: {error}"));
            let sent = mock.requests().to("POST", "/redfish/v1/UpdateService/*").assert_once();
            assert_eq!(sent.header("transfer-encoding"), None, "{from}");
            assert_eq!(sent.header("content-length"), Some(&*sent.body().len().to_string()), "{from}");
            let place = sent.body().windows(whole.len()).position(|part| part == whole).unwrap_or(usize::MAX);
            if push {
                assert_eq!((place, sent.body().len()), (0, whole.len()), "{from}");
            } else {
                let (before, behind) = (&sent.body()[..place], &sent.body()[place + whole.len()..]);
                let (before, behind) = (String::from_utf8_lossy(before), String::from_utf8_lossy(behind));
                assert!(before.contains("UpdateParameters") && before.contains("{\"ForceUpdate\":true}"), "{before}");
                assert!(before.ends_with("Content-Type: application/octet-stream\r\n\r\n"), "{before}");
                assert!(behind.starts_with("\r\n--") && behind.contains("name=\"OemKey\""), "{behind}");
                assert!(behind.ends_with("--\r\n"), "{behind}");
            }
            let progress = progress.lock().unwrap();
            assert!(progress.len() > 10 && progress.windows(2).all(|two| two[0].sent < two[1].sent), "{from}");
            assert!(progress.iter().all(|now| now.total == whole.len() as u64), "{from}");
            assert_eq!(progress.last().unwrap().sent, whole.len() as u64, "{from}");
        }
    }
    std::fs::remove_file(folder).unwrap();
}

/// What a service does with an upload.
#[derive(Clone, Copy)]
enum Does {
    /// Takes all of it.
    Take,
    /// Takes it, so slowly.
    TakeSlowly(Duration),
    /// Takes so many bytes, then breaks the connection.
    Break(usize),
    /// Takes so many bytes, answers this status, and breaks the connection.
    Answer(usize, u16),
    /// Takes nothing more after the head.
    Stall,
    /// Takes all of it and does not answer.
    Silence,
}

/// A service that takes images by `HttpPushUri`.
struct Taker {
    address: SocketAddr,
    /// How many uploads have begun, and how many bytes of the last one arrived.
    begun: Arc<AtomicUsize>,
    bytes: Arc<AtomicU64>,
    ended: Arc<AtomicUsize>,
}

impl Taker {
    async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let taker = Self {
            address: listener.local_addr().unwrap(),
            begun: Arc::default(),
            bytes: Arc::default(),
            ended: Arc::default(),
        };
        let (begun, bytes, ended) = (Arc::clone(&taker.begun), Arc::clone(&taker.bytes), Arc::clone(&taker.ended));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (begun, bytes, ended) = (Arc::clone(&begun), Arc::clone(&bytes), Arc::clone(&ended));
                tokio::spawn(async move {
                    let _ = serve(stream, does, &begun, &bytes).await;
                    ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        taker
    }

    async fn service(&self) -> Resource<UpdateService> {
        let url = format!("http://{}", self.address);
        let bmc = Client::builder(&url).credentials(Credentials::new("u", "p")).basic_auth().connect().await.unwrap();
        bmc.get(UPDATE).await.unwrap()
    }
}

async fn serve(mut stream: TcpStream, does: Does, begun: &AtomicUsize, bytes: &AtomicU64) -> io::Result<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        if head.starts_with("get") {
            let body = json!({ "@odata.id": UPDATE, "HttpPushUri": PUSH }).to_string();
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await?;
            continue;
        }
        begun.fetch_add(1, Ordering::SeqCst);
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap();
        let length: usize = length.parse().unwrap();
        let (most, pause) = match does {
            Does::Break(most) | Does::Answer(most, _) => (most, Duration::ZERO),
            Does::TakeSlowly(pause) => (length, pause),
            Does::Take | Does::Silence => (length, Duration::ZERO),
            Does::Stall => (0, Duration::ZERO),
        };
        let (mut taken, mut buffer) = (0, vec![0; 1 << 20]);
        while taken < most {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                read => taken += read,
            }
            bytes.store(taken as u64, Ordering::SeqCst);
            tokio::time::sleep(pause).await;
        }
        match does {
            Does::Break(_) => return stream.set_zero_linger(),
            Does::Answer(_, status) => {
                stream.write_all(format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n").as_bytes()).await?;
                // A reset would take the answer along.
                tokio::time::sleep(Duration::from_millis(200)).await;
                return Ok(());
            }
            Does::Stall | Does::Silence => std::future::pending().await,
            Does::Take | Does::TakeSlowly(_) => {
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
            }
        }
    }
}

#[tokio::test]
async fn an_image_that_is_not_as_long_as_was_said_is_broken_off() {
    let whole = image(600_000);
    let broken = || UploadImage::from_reader(slow(&whole[..300_000]).chain(Fails), 600_000);
    for (case, source, text) in [
        ("short", UploadImage::from_reader(slow(&whole[..599_999]), 600_000), "1 bytes before"),
        ("empty", UploadImage::from_reader(slow(&[]), 600_000), "600000 bytes before"),
        ("long", UploadImage::from_reader(slow(&whole), 599_999), "longer"),
        ("unreadable", broken(), "the disk is gone"),
    ] {
        let said = source.length();
        let taker = Taker::start(Does::Take).await;
        let error = taker.service().await.upload("bmc.bin", source).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Body, "{case}: {error}");
        assert!(error.report().contains(text) && error.outcome_unknown(), "{case}: {}", error.report());
        while taker.ended.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(taker.bytes.load(Ordering::SeqCst) < said, "{case}: the service does not have the whole of it");
        assert_eq!(taker.begun.load(Ordering::SeqCst), 1, "{case}");
    }
    let error = UploadImage::open("/no/such/image.bin").await.unwrap_err();
    assert!(error.kind() == ErrorKind::Body && error.to_string().contains("/no/such/image.bin"), "{error}");
}

/// A reader whose disk is gone.
struct Fails;

impl AsyncRead for Fails {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::Error::other("the disk is gone")))
    }
}

#[tokio::test]
async fn an_image_of_which_something_went_out_is_never_sent_again() {
    for (case, does, status) in [
        ("broken", Does::Break(100_000), None),
        ("broken at the end", Does::Break(8_000_000), None),
        ("401 in the middle", Does::Answer(100_000, 401), Some(401)),
        ("401 at the end", Does::Answer(8_000_000, 401), Some(401)),
        ("503", Does::Answer(8_000_000, 503), Some(503)),
        ("429", Does::Answer(8_000_000, 429), Some(429)),
    ] {
        let taker = Taker::start(does).await;
        let service = taker.service().await;
        // Whatever it is made of: bytes could be sent again, and are not.
        for (number, source) in
            [UploadImage::from(image(8_000_000)), UploadImage::from_reader(slow(&image(8_000_000)), 8_000_000)]
                .into_iter()
                .enumerate()
        {
            let error = service.upload("bmc.bin", source).await.unwrap_err();
            assert_eq!(taker.begun.load(Ordering::SeqCst), number + 1, "{case}: {error}");
            // An answer in the middle may be lost with its connection.
            let lost = error.status().is_none() && matches!(does, Does::Break(_) | Does::Answer(100_000, _));
            assert!(lost || error.status() == status, "{case}: {error}");
            assert_eq!(error.outcome_unknown(), lost, "{case}: {error}");
        }
    }
}

#[tokio::test]
async fn an_image_of_which_nothing_went_out_is_sent_again_where_that_is_safe() {
    // A transport that answers before it asks for the body: with 401, or without a connection.
    for refused in [true, false] {
        let taken = Arc::new(Mutex::new(None));
        let told = Arc::clone(&taken);
        let memory = Memory::taking(move |request, number| match (request.method().as_str(), number) {
            ("GET", _) => answer(200, &json!({ "HttpPushUri": PUSH, "@odata.id": UPDATE }).to_string()),
            (_, 1) if refused => answer(401, ""),
            (_, 1) => Err(rosefish::Error::unsent("nobody there")),
            _ => {
                *told.lock().unwrap() = Some(std::mem::replace(request.body_mut(), bytes::Bytes::new().into()));
                answer(204, "")
            }
        });
        let bmc = crate::memory::client(&memory);
        let bmc = bmc.credentials(Credentials::new("u", "p")).basic_auth().connect().await.unwrap();
        let service = bmc.get::<UpdateService>(UPDATE).await.unwrap();
        service.upload("bmc.bin", image(200_000)).await.unwrap();
        let body = taken.lock().unwrap().take().unwrap();
        assert_eq!(body.length(), Some(200_000));
        let pieces: Vec<_> = body.map(|piece| piece.unwrap().to_vec()).collect().await;
        assert_eq!(pieces.concat(), image(200_000));
    }
}

#[tokio::test]
async fn an_upload_lives_as_long_as_it_moves() {
    // Longer than the client's calls may take, and than it may stand still.
    let taker = Taker::start(Does::TakeSlowly(Duration::from_millis(50))).await;
    let url = format!("http://{}", taker.address);
    let bmc = Client::builder(&url).timeout(SECOND / 4).connect().await.unwrap();
    let service = bmc.get::<UpdateService>(UPDATE).await.unwrap();
    let begin = Instant::now();
    let upload = service.upload("bmc.bin", vec![7; 24_000_000]).stall_timeout(SECOND / 2);
    upload.answer_timeout(4 * SECOND).await.unwrap();
    assert!(begin.elapsed() > SECOND / 2, "{:?}", begin.elapsed());

    let service = Taker::start(Does::Stall).await.service().await;
    let stalled = service.upload("bmc.bin", vec![7; 32_000_000]).stall_timeout(SECOND / 4).await.unwrap_err();
    assert!(stalled.is_timeout() && stalled.outcome_unknown(), "{stalled}");
    assert!(stalled.to_string().contains("of 32000000 bytes"), "it says how far it was: {stalled}");

    let service = Taker::start(Does::Silence).await.service().await;
    let silent = service.upload("bmc.bin", image(100_000)).answer_timeout(SECOND / 4).await.unwrap_err();
    assert!(silent.is_timeout() && silent.outcome_unknown(), "{silent}");

    let service = Taker::start(Does::TakeSlowly(SECOND / 4)).await.service().await;
    let begin = Instant::now();
    let late = service.upload("bmc.bin", vec![7; 32_000_000]).timeout(SECOND).await.unwrap_err();
    assert!(late.is_timeout() && begin.elapsed() < 3 * SECOND, "{late}");
}

#[tokio::test]
async fn a_session_that_has_ended_is_found_out_before_the_image_goes_out() {
    let mock = MockBmc::start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    let service = bmc.get::<UpdateService>(UPDATE).await.unwrap();
    mock.end_sessions();
    mock.clear_requests();
    service.upload("bmc.bin", UploadImage::from_reader(slow(&image(100_000)), 100_000)).await.unwrap();
    let uploads = mock.requests().to("POST", "/redfish/v1/UpdateService/*");
    assert!(uploads.assert_once().status() < 300);
}
