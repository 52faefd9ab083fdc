//! Every captured tree with a service root is served as it was captured. Needs the corpus beside the repository,
//! which is why the test is ignored unless it is asked for: `cargo test -- --include-ignored`.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use rosefish_mock::{MockBmc, Tree};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus")
}

fn trees(corpus: &Path) -> BTreeSet<PathBuf> {
    let list = std::fs::read_to_string(corpus.join("TREES.tsv")).unwrap();
    let rows = list.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|row| corpus.join(row[0]).join(row[1])).collect()
}

#[tokio::test]
#[ignore = "needs ../shared/corpus"]
async fn every_captured_resource_answers_with_its_bytes() {
    let corpus = corpus();
    let (mut served, mut resources, mut rootless) = (0, 0, 0);
    for dir in trees(&corpus) {
        let tree = Tree::from_dir_without_root(&dir).unwrap();
        if !tree.has_root() {
            assert!(Tree::from_dir(&dir).is_err());
            rootless += 1;
            continue;
        }
        let expected: Vec<_> = tree.files().map(|(file, uri)| (dir.join(file), uri.to_owned())).collect();
        assert_eq!(expected.len(), payloads(&dir), "{}: every file has a URI of its own", dir.display());
        let bmc = MockBmc::builder().tree(tree).plain().credentials("u", "p").start().await.unwrap();
        let mut connection = BufReader::new(TcpStream::connect(bmc.address()).unwrap());
        for (file, uri) in expected {
            let path = uri.replace('%', "%25").replace('#', "%23").replace(' ', "%20");
            let (status, body) = get(&mut connection, &path);
            assert_eq!(status, 200, "{path} of {}", file.display());
            assert!(body == std::fs::read(&file).unwrap(), "{path} isn't {}", file.display());
            resources += 1;
        }
        served += 1;
    }
    let seen = format!("{served} trees, {resources} resources, {rootless} trees without root");
    println!("{seen}");
    assert!(served > 50 && resources > 10_000, "{seen}");
}

/// A GET without anything between the bytes and the test.
fn get(connection: &mut BufReader<TcpStream>, path: &str) -> (u16, Vec<u8>) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: bmc\r\nAuthorization: Basic dTpw\r\n\r\n");
    connection.get_mut().write_all(request.as_bytes()).unwrap();
    let mut line = String::new();
    connection.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let mut length = 0;
    while line != "\r\n" {
        line.clear();
        connection.read_line(&mut line).unwrap();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    (status, body)
}

/// How many payload files there are.
fn payloads(dir: &Path) -> usize {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            if path.is_dir() {
                return payloads(&path);
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            usize::from(name.ends_with(".json") && name != "headers.json" || name.ends_with(".xml"))
        })
        .sum()
}
