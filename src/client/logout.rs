//! The thread that ends what was dropped: logouts that nobody waits for, side by side, on a runtime of their own.

use std::sync::LazyLock;
use std::thread;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

static FAREWELLS: LazyLock<UnboundedSender<BoxFuture<'static, ()>>> = LazyLock::new(|| {
    let (sender, mut receiver) = unbounded_channel::<BoxFuture<'static, ()>>();
    // If there can be no thread there are no farewells, and nobody waits: the channel is closed.
    let _ = thread::Builder::new().name("rosefish-logout".to_owned()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            while let Some(farewell) = receiver.recv().await {
                tokio::spawn(farewell);
            }
        });
    });
    sender
});

/// Carries something out; false where that can't be.
pub(crate) fn say(farewell: impl Future<Output = ()> + Send + 'static) -> bool {
    FAREWELLS.send(Box::pin(farewell)).is_ok()
}
