//! What an upload takes of memory and time: an image from a file and from a reader, by multipart, to a server of another process.
//! `cargo bench --bench upload -- [MEGABYTES]`; defaults to 500. Ends with an error where the process grew by more than 16 MiB,
//! the progress does not add up, or something else arrived than was sent. Needs Linux, which says how large a process was.

use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rosefish::schema::UpdateService;
use rosefish::{Client, UploadImage};

const LIMIT_KIB: u64 = 16 << 10;
const UPDATE: &str = "/redfish/v1/UpdateService";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "receive") {
        receive()?;
        return Ok(ExitCode::SUCCESS);
    }
    let megabytes = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(500_u64);
    let path = std::env::temp_dir().join(format!("rosefish-bench-upload-{}", std::process::id()));
    // Without blocks on the disk: what is measured is the upload.
    fs::File::create(&path)?.set_len(megabytes * 1_000_000)?;
    let kept = measure(&path, megabytes * 1_000_000);
    fs::remove_file(&path)?;
    Ok(if kept? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn measure(path: &Path, length: u64) -> Result<bool, Box<dyn Error>> {
    // It ends when its standard input does, which is when this ends.
    let mut server =
        Command::new(std::env::current_exe()?).arg("receive").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(server.stdout.take().ok_or("no output")?).lines();
    let mut line = || lines.next().unwrap_or_else(|| Err(std::io::ErrorKind::UnexpectedEof.into()));
    let address = line()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let service = runtime.block_on(async {
        let bmc = Client::builder(&format!("http://{address}")).connect().await?;
        bmc.get::<UpdateService>(UPDATE).await
    })?;
    let mut kept = true;
    for source in ["file", "reader"] {
        // From here on the process has been no larger than it is now.
        fs::write("/proc/self/clear_refs", "5")?;
        let before = kib("VmRSS")?;
        let (sent, times, begin) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)), Instant::now());
        let (last, calls) = (Arc::clone(&sent), Arc::clone(&times));
        let reply = runtime.block_on(async {
            let image = match source {
                "file" => UploadImage::open(path).await?,
                _ => UploadImage::from_reader(tokio::io::AsyncReadExt::take(tokio::io::repeat(0), length), length),
            };
            let upload = service.upload("image.bin", image).on_progress(move |progress| {
                last.store(progress.sent, Ordering::Relaxed);
                calls.fetch_add(1, Ordering::Relaxed);
            });
            upload.await
        })?;
        let took = begin.elapsed();
        let grown = kib("VmHWM")?.saturating_sub(before);
        let arrived: u64 = line()?.parse()?;
        let (sent, times) = (sent.load(Ordering::Relaxed), times.load(Ordering::Relaxed));
        println!(
            "{:.0} MB from a {source}: {:.1} MiB beyond the {:.1} MiB that the program has; {:.2} s; {times} reports of \
             progress; {arrived} bytes arrived with the form around it; status {}",
            length as f64 / 1e6,
            grown as f64 / 1024.0,
            before as f64 / 1024.0,
            took.as_secs_f64(),
            reply.status,
        );
        kept &= grown < LIMIT_KIB && sent == length && (length..length + 1024).contains(&arrived);
    }
    drop(server.stdin.take());
    server.wait()?;
    Ok(kept)
}

/// What Linux says of this process.
fn kib(name: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("the kernel does not say")?;
    Ok(line.trim_matches(|c: char| !c.is_ascii_digit()).parse()?)
}

/// Serves an update service that takes images, and writes how long their bodies were.
fn receive() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    // What is under way ends with the process.
    std::thread::sleep(Duration::from_millis(10));
    Ok(())
}

fn serve(stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let (mut head, mut length) = (String::new(), 0_u64);
        loop {
            let start = head.len();
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
            let line = head[start..].trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or_default();
            }
            if line.is_empty() {
                break;
            }
        }
        let arrived = std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink())?;
        let body = match arrived {
            0 => format!(r#"{{"@odata.id":"{UPDATE}","MultipartHttpPushUri":"{UPDATE}/upload"}}"#),
            _ => "{}".to_owned(),
        };
        if arrived > 0 {
            println!("{arrived}");
        }
        write!(writer, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    }
}
