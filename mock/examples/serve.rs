//! Serves the demo machine, or a folder of payloads, until Ctrl-C: `cargo run -p rosefish-mock
//! --example serve -- [DIR]`.

use rosefish_mock::{MockBmc, Tree};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), rosefish_mock::Error> {
    let tree = match std::env::args_os().nth(1) {
        Some(dir) => Tree::from_dir(dir)?,
        None => Tree::demo(),
    };
    for problem in tree.problems() {
        eprintln!("{problem}");
    }
    let bmc = MockBmc::builder().tree(tree).start().await?;
    println!("{} user {} password {}", bmc.url(), bmc.user(), bmc.password());
    bmc.wait().await
}
