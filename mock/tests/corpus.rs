//! Every captured tree with a service root is served as it was captured. Needs the corpus beside the repository; without it there is nothing to
//! check, which the test says.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rosefish_mock::{MockBmc, Tree};
use support::http;

fn corpus() -> Option<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    corpus.join("TREES.tsv").is_file().then_some(corpus)
}

fn trees(corpus: &Path) -> BTreeSet<PathBuf> {
    let list = std::fs::read_to_string(corpus.join("TREES.tsv")).unwrap();
    list.lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .map(|(source, rest)| corpus.join(source).join(rest.split('\t').next().unwrap()))
        .collect()
}

#[tokio::test]
async fn every_captured_resource_answers_with_its_bytes() {
    let Some(corpus) = corpus() else {
        eprintln!("skipped: no corpus at ../../shared/corpus");
        return;
    };
    let (mut served, mut resources, mut rootless) = (0, 0, 0);
    for dir in trees(&corpus) {
        let tree = Tree::from_dir_without_root(&dir).unwrap();
        if !tree.has_root() {
            assert!(Tree::from_dir(&dir).is_err());
            rootless += 1;
            continue;
        }
        let expected: Vec<_> = tree
            .files()
            .map(|(file, uri)| (dir.join(file), uri.to_owned()))
            .collect();
        let of_files = walk(&dir);
        assert_eq!(
            expected.len(),
            of_files,
            "{}: every file has a URI of its own",
            dir.display()
        );
        let bmc = MockBmc::builder().tree(tree).plain().start().await.unwrap();
        let http = http();
        for (file, uri) in expected {
            let url = bmc.url()
                + &uri
                    .replace('%', "%25")
                    .replace('#', "%23")
                    .replace(' ', "%20");
            let answer = http
                .get(&url)
                .basic_auth(bmc.user(), Some(bmc.password()))
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 200, "{url} of {}", file.display());
            let bytes = answer.bytes().await.unwrap();
            assert!(
                bytes == std::fs::read(&file).unwrap(),
                "{url} differs from {}",
                file.display()
            );
            resources += 1;
        }
        served += 1;
    }
    assert!(
        served > 50 && resources > 10_000,
        "{served} trees, {resources} resources, {rootless} without root"
    );
}

/// How many payload files there are.
fn walk(dir: &Path) -> usize {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            if path.is_dir() {
                return walk(&path);
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            usize::from(name.ends_with(".json") && name != "headers.json" || name.ends_with(".xml"))
        })
        .sum()
}
