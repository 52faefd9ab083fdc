//! Serves many small machines from one process: `cargo run -p rosefish-mock --example crowd -- 300`. Prints a URL for each. A line on
//! standard input is answered with how many sessions are open, and its end ends the machines.

use std::io::{BufRead as _, Write as _};

use rosefish_mock::{Crowd, MockBmc, Tree};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(100), |count| count.parse())?;
    let (crowd, tree) = (Crowd::new(1)?, Tree::small());
    let mut machines = Vec::new();
    for _ in 0..count {
        let one = MockBmc::builder().crowd(&crowd).tree(tree.clone()).plain().credentials("admin", "password");
        machines.push(one.start().await?);
    }
    let mut out = std::io::stdout().lock();
    for machine in &machines {
        writeln!(out, "{}", machine.url())?;
    }
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        line?;
        writeln!(out, "{}", machines.iter().map(MockBmc::sessions).sum::<usize>())?;
        out.flush()?;
    }
    Ok(())
}
