//! Fetches a URL that a stranger gave you: guarded, limited, and sniffed before it is believed.
//!
//! `cargo run -p marquetry-examples --example fetch_a_strangers_url -- https://example.com/ http://169.254.169.254/`
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::error::Error;

use marquetry_egress::{Again, Egress, EgressError, FetchLimits, HostPattern, Policy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // One door for the whole process: clones share its limit on connections. What is not said here has a safe default.
    let egress = Egress::new(Policy {
        deny_hosts: vec![HostPattern::new("*.internal.example.com")],
        redirects: 1,
        ..Policy::default()
    })?;
    let limits = FetchLimits {
        bytes: 10 << 20,
        ..FetchLimits::default()
    };
    for url in std::env::args().skip(1) {
        match egress.fetch(&url, &limits).await {
            Ok(fetched) => println!(
                "{url}: {} bytes, says it is {:?}, looks like {}",
                fetched.bytes.len(),
                fetched.content_type.as_deref().unwrap_or("nothing"),
                looks_like(&fetched.bytes),
            ),
            Err(error) => tell(&url, &error),
        }
    }
    Ok(())
}

/// Two audiences: the log hears hosts, addresses and causes, the stranger a sentence that maps no network.
fn tell(url: &str, error: &EgressError) {
    let again = match error.again() {
        Again::Later => "may work later",
        Again::Never => "will not work later either",
    };
    println!("{url}: {} ({again})", error.client_message());
    eprintln!("  for the log: {}: {}", error.class(), error.detail());
}

/// What a file is, is what its bytes say.
fn looks_like(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "a PNG",
        [0xFF, 0xD8, 0xFF, ..] => "a JPEG",
        [b'8', b'B', b'P', b'S', ..] => "a Photoshop document",
        _ => "something else",
    }
}
