//! The Rust of the book in `docs/`, which is compiled, and run where it can be, as tests of documentation.

macro_rules! pages {
    ($($name:ident $text:expr;)*) => {
        $(#[doc = $text] struct $name;)*
    };
}

pages! {
    GettingStarted include_str!("../docs/getting-started.md");
    Reading include_str!("../docs/reading.md");
    Changing include_str!("../docs/changing.md");
    Events include_str!("../docs/events.md");
    Oem include_str!("../docs/oem.md");
    IpmiAndHost include_str!("../docs/ipmi-and-host.md");
    Mock include_str!("../docs/mock.md");
    ComingFrom include_str!("../docs/coming-from.md");
}
