//! Any text at all through the guard of the door out: as a URL, as the goal of a redirect, and behind it any addresses
//! that a name may have. What gets through must be clean, whoever wrote it.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::LazyLock;

use marquetry_egress::address::block_of;
use marquetry_egress::{Policy, Schemes};

static STRANGERS: LazyLock<Policy> = LazyLock::new(Policy::default);
static WEBHOOKS: LazyLock<Policy> = LazyLock::new(|| Policy {
    schemes: Schemes::HttpsOnly,
    ..Policy::default()
});
static HOME: LazyLock<Policy> = LazyLock::new(Policy::allow_private);

/// Judges the text before the first zero byte; what follows are addresses that its name has.
///
/// # Panics
/// When the guard lets something through that it should not, or panics itself.
pub fn judge(bytes: &[u8]) {
    let (text, rest) = match bytes.iter().position(|byte| *byte == 0) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    let text = String::from_utf8_lossy(text);
    let addresses: Vec<IpAddr> = rest.chunks_exact(16).map(address).collect();
    for policy in [&*STRANGERS, &*WEBHOOKS, &*HOME] {
        let from = policy.check("https://example.com/a/b?c").expect("a fine URL");
        for judged in [policy.check(&text), policy.check_redirect(&from, &text)] {
            let Ok(target) = judged else { continue };
            let url = target.url();
            assert!(url.username().is_empty() && url.password().is_none(), "{text:?}");
            assert!(url.fragment().is_none() && target.port() != 0, "{text:?}");
            assert_eq!(target.host(), url.host_str().expect("a host"), "{text:?}");
            // Whoever reads it again reads the same, unless it became too long by being escaped.
            if url.as_str().len() <= policy.url_bytes {
                let again = policy.check(url.as_str()).expect("what passed once");
                assert_eq!(again, target, "{text:?}");
            }
            let admitted = policy.admit(&target, &addresses).unwrap_or_default();
            for address in admitted.iter().map(|admitted| admitted.addr().ip()).chain(target.literal()) {
                let fine = block_of(address).is_none_or(|block| {
                    std::ptr::eq(policy, &*HOME) && block.is_private_network()
                });
                assert!(fine, "{text:?} reaches {address}");
            }
            if !std::ptr::eq(policy, &*HOME) {
                assert!(matches!(target.port(), 80 | 443), "{text:?}");
            }
        }
    }
}

/// IPv4 when the first twelve bytes are alike, so that both families are common.
fn address(bytes: &[u8]) -> IpAddr {
    let mut sixteen = [0; 16];
    sixteen.copy_from_slice(bytes);
    match sixteen {
        [first, .., a, b, c, d] if sixteen[..12].iter().all(|byte| *byte == first) && first != 0 => {
            IpAddr::from([a, b, c, d])
        }
        _ => Ipv6Addr::from(sixteen).into(),
    }
}
