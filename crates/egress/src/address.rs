//! Which addresses are the public internet, and what the others are. Pure tables and bit tests.
//!
//! IPv4 is public unless listed; IPv6 is public only inside `2000::/3`, minus what is listed. Both
//! lists follow the IANA IPv4 and IPv6 Special-Purpose Address Registries. An IPv6 address that
//! carries an IPv4 one inside (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) is refused whatever
//! it carries: some machine on the way might unwrap it, and no public server needs to be named so.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Block {
    /// `0.0.0.0/8` and `::`: "this host", which many systems connect to themselves.
    Unspecified,
    /// `127.0.0.0/8` and `::1`.
    Loopback,
    /// `10/8`, `172.16/12`, `192.168/16` (RFC 1918).
    Private,
    /// `100.64.0.0/10`: carrier-grade NAT (RFC 6598).
    SharedNat,
    /// `169.254.0.0/16`, `fe80::/10`.
    LinkLocal,
    /// `fc00::/7` (RFC 4193).
    UniqueLocal,
    /// `fec0::/10`, deprecated and still routed by some.
    SiteLocal,
    /// Where a cloud keeps its keys: `169.254.169.254` and its cousins in other ranges.
    Metadata,
    /// `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// Ranges that only documents use: `192.0.2.0/24`, `2001:db8::/32` and the like.
    Documentation,
    /// `198.18.0.0/15`, `2001:2::/48`.
    Benchmark,
    /// `192.0.0.0/24`, `2001::/23` and other ranges set aside by the IETF.
    Protocol,
    /// `240.0.0.0/4`, broadcast, and every IPv6 address outside `2000::/3`.
    Reserved,
    /// An IPv6 address that carries an IPv4 one.
    Embedded(Embedding),
}

/// How an IPv6 address carries an IPv4 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Embedding {
    /// `::ffff:0:0/96`, also the translated form `::ffff:0:0:0/96`.
    Mapped,
    /// `::/96`.
    Compatible,
    /// `64:ff9b::/96` and `64:ff9b:1::/48`.
    Nat64,
    /// `2002::/16`.
    SixToFour,
    /// `2001::/32`.
    Teredo,
    /// Interface identifiers `0:5efe:a.b.c.d` and `200:5efe:a.b.c.d`.
    Isatap,
}

impl Block {
    /// Whether [`Networks::AllowPrivate`](crate::Networks::AllowPrivate) lifts this block: loopback
    /// and the ranges a site hands out to its own machines. Metadata services are not lifted.
    #[must_use]
    pub fn is_private_network(self) -> bool {
        matches!(
            self,
            Self::Loopback | Self::Private | Self::SharedNat | Self::UniqueLocal
        )
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "an unspecified address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::SharedNat => "a carrier-grade NAT address",
            Self::LinkLocal => "a link-local address",
            Self::UniqueLocal => "a unique local address",
            Self::SiteLocal => "a site-local address",
            Self::Metadata => "a cloud metadata address",
            Self::Multicast => "a multicast address",
            Self::Documentation => "a documentation address",
            Self::Benchmark => "a benchmark address",
            Self::Protocol => "an address set aside for protocols",
            Self::Reserved => "a reserved address",
            Self::Embedded(Embedding::Mapped) => "an IPv4-mapped address",
            Self::Embedded(Embedding::Compatible) => "an IPv4-compatible address",
            Self::Embedded(Embedding::Nat64) => "a NAT64 address",
            Self::Embedded(Embedding::SixToFour) => "a 6to4 address",
            Self::Embedded(Embedding::Teredo) => "a Teredo address",
            Self::Embedded(Embedding::Isatap) => "an ISATAP address",
        })
    }
}

/// Says why `address` is not the public internet; `None` when it is.
///
/// ```
/// use marquetry_egress::address::{block_of, Block};
///
/// assert_eq!(block_of("93.184.215.14".parse().unwrap()), None);
/// assert_eq!(block_of("169.254.169.254".parse().unwrap()), Some(Block::Metadata));
/// assert_eq!(block_of("10.1.2.3".parse().unwrap()), Some(Block::Private));
/// ```
#[must_use]
pub fn block_of(address: IpAddr) -> Option<Block> {
    match address {
        IpAddr::V4(v4) => block_of_v4(v4),
        IpAddr::V6(v6) => block_of_v6(v6),
    }
}

/// The IPv4 address that an IPv6 one carries, and how. `None` for IPv4 and for plain IPv6.
#[must_use]
pub fn embedded_v4(address: IpAddr) -> Option<(Embedding, Ipv4Addr)> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => embedding(v6),
    }
}

/// One row of a table: network, prefix length in bits, what it is. The first match wins, so the
/// narrow rows stand first.
type RowV4 = ([u8; 4], u32, Block);

const V4: &[RowV4] = &[
    ([169, 254, 169, 254], 32, Block::Metadata), // AWS, Google, Azure, DigitalOcean, OpenStack
    ([169, 254, 170, 2], 32, Block::Metadata),   // AWS container credentials
    ([169, 254, 170, 23], 32, Block::Metadata),  // AWS pod identity
    ([168, 63, 129, 16], 32, Block::Metadata),   // Azure's host service: a *public* address
    ([100, 100, 100, 200], 32, Block::Metadata), // Alibaba
    ([192, 0, 0, 192], 32, Block::Metadata),     // Oracle
    ([0, 0, 0, 0], 8, Block::Unspecified),
    ([10, 0, 0, 0], 8, Block::Private),
    ([100, 64, 0, 0], 10, Block::SharedNat),
    ([127, 0, 0, 0], 8, Block::Loopback),
    ([169, 254, 0, 0], 16, Block::LinkLocal),
    ([172, 16, 0, 0], 12, Block::Private),
    ([192, 0, 0, 0], 24, Block::Protocol),
    ([192, 0, 2, 0], 24, Block::Documentation),
    ([192, 88, 99, 0], 24, Block::Protocol), // 6to4 relays, deprecated
    ([192, 168, 0, 0], 16, Block::Private),
    ([198, 18, 0, 0], 15, Block::Benchmark),
    ([198, 51, 100, 0], 24, Block::Documentation),
    ([203, 0, 113, 0], 24, Block::Documentation),
    ([224, 0, 0, 0], 4, Block::Multicast),
    ([240, 0, 0, 0], 4, Block::Reserved), // broadcast included
];

type RowV6 = (Ipv6Addr, u32, Block);

const V6: &[RowV6] = &[
    (
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0),
        32,
        Block::Metadata,
    ), // AWS
    (
        Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
        128,
        Block::Metadata,
    ), // Google
    (Ipv6Addr::UNSPECIFIED, 128, Block::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Block::Loopback),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Block::UniqueLocal),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, Block::LinkLocal),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, Block::SiteLocal),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Block::Multicast),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        Block::Documentation,
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        Block::Documentation,
    ),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, Block::Benchmark),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Block::Protocol), // ORCHID, anycasts, ...
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, Block::Reserved),  // discard-only
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, Block::Reserved), // segment routing
];

/// The one range that IANA hands out for the public IPv6 internet.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

fn block_of_v4(address: Ipv4Addr) -> Option<Block> {
    let bits = address.to_bits();
    let hit = |&&(net, length, _): &&RowV4| (bits ^ u32::from_be_bytes(net)).leading_zeros() >= length;
    V4.iter().find(hit).map(|&(_, _, block)| block)
}

fn block_of_v6(address: Ipv6Addr) -> Option<Block> {
    // Plain `::` and `::1` fall in the compatible range too: name them for what they are.
    if !address.is_unspecified()
        && !address.is_loopback()
        && let Some((how, _)) = embedding(address)
    {
        return Some(Block::Embedded(how));
    }
    let within = |net: Ipv6Addr, length| (address.to_bits() ^ net.to_bits()).leading_zeros() >= length;
    let listed = V6
        .iter()
        .find(|&&(net, length, _)| within(net, length))
        .map(|&(_, _, block)| block);
    listed.or_else(|| (!within(GLOBAL_UNICAST.0, GLOBAL_UNICAST.1)).then_some(Block::Reserved))
}

fn embedding(address: Ipv6Addr) -> Option<(Embedding, Ipv4Addr)> {
    let s = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    let found = match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            (Embedding::Mapped, v4(high, low))
        }
        [0, 0, 0, 0, 0, 0, high, low] => (Embedding::Compatible, v4(high, low)),
        // The /96 and the local-use /48; the latter may hold its IPv4 address at other offsets
        // (RFC 6052), which does not matter as it is refused whatever it carries.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => {
            (Embedding::Nat64, v4(high, low))
        }
        [0x2002, high, low, ..] => (Embedding::SixToFour, v4(high, low)),
        // Teredo stores the client's address inverted (RFC 4380).
        [0x2001, 0, .., high, low] => (Embedding::Teredo, v4(!high, !low)),
        [.., 0 | 0x200, 0x5efe, high, low] => (Embedding::Isatap, v4(high, low)),
        _ => return None,
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(text: &str) -> Option<Block> {
        block_of(text.parse().unwrap())
    }

    #[test]
    fn both_edges_of_every_ipv4_row_are_inside_and_the_row_is_not_shadowed() {
        for &(net, length, expected) in V4 {
            let first = u32::from_be_bytes(net);
            let last = first | u32::MAX.checked_shr(length).unwrap_or(0);
            assert!(
                block_of_v4(Ipv4Addr::from_bits(first)).is_some(),
                "{net:?}/{length}"
            );
            assert_eq!(
                block_of_v4(Ipv4Addr::from_bits(last)),
                Some(expected),
                "{net:?}/{length}"
            );
        }
    }

    #[test]
    fn neighbours_of_the_ipv4_ranges_are_public() {
        for public in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "168.63.129.15",
            "168.63.129.17",
        ] {
            assert_eq!(block(public), None, "{public}");
        }
    }

    #[test]
    fn only_global_unicast_is_public_in_ipv6() {
        for public in [
            "2606:4700::6810:84e5",
            "2a00:1450:4001:81b::200e",
            "2001:200::1",
            "2003::1",
            "2620:fe::fe",
        ] {
            assert_eq!(block(public), None, "{public}");
        }
        for (text, expected) in [
            ("::", Block::Unspecified),
            ("::1", Block::Loopback),
            ("fc00::1", Block::UniqueLocal),
            ("fdff:ffff::1", Block::UniqueLocal),
            ("fd00:ec2::254", Block::Metadata),
            ("fd20:ce::254", Block::Metadata),
            ("fe80::1", Block::LinkLocal),
            ("febf::1", Block::LinkLocal),
            ("fec0::1", Block::SiteLocal),
            ("ff02::1", Block::Multicast),
            ("2001:db8::1", Block::Documentation),
            ("3fff:fff::1", Block::Documentation),
            ("2001:2::1", Block::Benchmark),
            ("2001:10::1", Block::Protocol),
            ("2001:20::1", Block::Protocol),
            ("2001:1ff::1", Block::Protocol),
            ("100::1", Block::Reserved),
            ("5f00::1", Block::Reserved),
            ("4000::1", Block::Reserved),
            ("1fff::1", Block::Reserved),
            ("64:ff9b:2::1", Block::Reserved),
        ] {
            assert_eq!(block(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn embedded_addresses_are_unwrapped_and_refused() {
        let inner = Ipv4Addr::new(127, 0, 0, 1);
        for (text, how) in [
            ("::ffff:127.0.0.1", Embedding::Mapped),
            ("::ffff:0:7f00:1", Embedding::Mapped),
            ("::7f00:1", Embedding::Compatible),
            ("64:ff9b::7f00:1", Embedding::Nat64),
            ("64:ff9b:1::7f00:1", Embedding::Nat64),
            ("2002:7f00:1::1", Embedding::SixToFour),
            ("2001:0:4136:e378:8000:63bf:80ff:fffe", Embedding::Teredo),
            ("2606:4700::5efe:7f00:1", Embedding::Isatap),
            ("2606:4700::200:5efe:7f00:1", Embedding::Isatap),
        ] {
            assert_eq!(embedded_v4(text.parse().unwrap()), Some((how, inner)), "{text}");
            assert_eq!(block(text), Some(Block::Embedded(how)), "{text}");
        }
        assert_eq!(
            block("::ffff:93.184.215.14"),
            Some(Block::Embedded(Embedding::Mapped))
        );
    }

    proptest! {
        /// The standard library knows some of these ranges too; where it does, we agree with it.
        #[test]
        fn nothing_that_std_calls_special_is_public(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            let special = v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
            prop_assert!(!special || block_of_v4(v4).is_some());
            prop_assert!(block_of_v6(v4.to_ipv6_mapped()).is_some());
            prop_assert!(block_of_v6(v4.to_ipv6_compatible()).is_some());
        }

        /// Whatever the low bits, nothing outside `2000::/3` is public.
        #[test]
        fn outside_global_unicast_nothing_is_public(bits: u128) {
            let v6 = Ipv6Addr::from_bits(bits);
            prop_assert!(bits >> 125 == 1 || block_of_v6(v6).is_some());
        }
    }
}
