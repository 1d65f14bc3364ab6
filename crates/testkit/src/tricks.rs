//! URLs that try to get where they must not: one table for every door that takes a URL from a stranger.
//!
//! Strings only, so that whoever guards a door is judged by words that it did not write. Loopback in every
//! spelling, IPv4 inside IPv6, ranges that are not the public internet, metadata services, names that mean
//! something near, texts that parsers read differently, schemes and ports.

/// What must become of a row, wherever it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its text is refused before any look-up, and this is the class of the refusal: `address`, `local name`,
    /// `trailing dot`, `bad name`, `userinfo`, `character`, `malformed`, `scheme` or `port`.
    Text(&'static str),
    /// Its text names this host, which has these addresses, and they are refused.
    Answers(&'static str, &'static [&'static str]),
    /// It looks like one host and means this other one, which does not exist.
    Means(&'static str),
}
use Fate::{Answers, Means, Text};

/// The table, without a row twice. `{p}` is the port of a trap: a guard under test allows it as it does 80 and
/// 443, so that no row is refused for its port alone. See [`aimed`].
#[rustfmt::skip]
pub const TRICKS: &[(&str, Fate)] = &[
    // Loopback, spelled every way.
    ("http://127.0.0.1:{p}/", Text("address")),
    ("http://127.1:{p}/", Text("address")),
    ("http://127.0.1:{p}/", Text("address")),
    ("http://2130706433:{p}/", Text("address")),
    ("http://017700000001:{p}/", Text("address")),
    ("http://0x7f000001:{p}/", Text("address")),
    ("http://0X7F.1:{p}/", Text("address")),
    ("http://0x7f.0x0.0x0.0x1:{p}/", Text("address")),
    ("http://0177.0.0.1:{p}/", Text("address")),
    ("http://0177.0x0.0.1:{p}/", Text("address")),
    ("http://127.0.0.01:{p}/", Text("address")),
    ("http://127.127.127.127:{p}/", Text("address")),
    ("http://127.255.255.254:{p}/", Text("address")),
    ("http://127.65535:{p}/", Text("address")),
    ("http://0:{p}/", Text("address")),
    ("http://0.0.0.0:{p}/", Text("address")),
    ("http://0.1.2.3:{p}/", Text("address")),
    ("http://127.0.0.1.:{p}/", Text("address")),
    ("http://256.256.256.256:{p}/", Text("malformed")),
    ("http://4294967297:{p}/", Text("malformed")),
    ("http://0o177.0.0.1:{p}/", Text("malformed")),
    ("http://127.0.0.1.5:{p}/", Text("malformed")),
    ("http://①②⑦.⓪.⓪.①:{p}/", Text("address")),
    ("http://１２７.０.０.１:{p}/", Text("address")),
    ("http://127。0。0。1:{p}/", Text("address")),
    ("http://127．0．0．1:{p}/", Text("address")),
    ("http://%31%32%37.0.0.1:{p}/", Text("address")),
    ("http://127%2e0%2e0%2e1:{p}/", Text("address")),
    ("http://①②⑦.1:{p}/", Text("address")),
    ("http://0ˣ7f.1:{p}/", Text("address")),

    // IPv6 loopback and what carries it.
    ("http://[::1]:{p}/", Text("address")),
    ("http://[::]:{p}/", Text("address")),
    ("http://[0:0:0:0:0:0:0:1]:{p}/", Text("address")),
    ("http://[0000:0000:0000:0000:0000:0000:0000:0001]:{p}/", Text("address")),
    ("http://[::ffff:127.0.0.1]:{p}/", Text("address")),
    ("http://[::FFFF:7F00:1]:{p}/", Text("address")),
    ("http://[0:0:0:0:0:ffff:7f00:0001]:{p}/", Text("address")),
    ("http://[::ffff:0:127.0.0.1]:{p}/", Text("address")),
    ("http://[::7f00:1]:{p}/", Text("address")),
    ("http://[::127.0.0.1]:{p}/", Text("address")),
    ("http://[::1%25lo]:{p}/", Text("malformed")),
    ("http://[fe80::1%25eth0]:{p}/", Text("malformed")),
    ("http://[::1]x:{p}/", Text("malformed")),
    ("http://[::1:{p}/", Text("malformed")),
    ("http://::1:{p}/", Text("malformed")),
    ("http://[[::1]]:{p}/", Text("malformed")),
    ("http://[127.0.0.1]:{p}/", Text("malformed")),

    // IPv4 inside IPv6 by way of a translator or a tunnel.
    ("http://[64:ff9b::127.0.0.1]:{p}/", Text("address")),
    ("http://[64:ff9b::a9fe:a9fe]/", Text("address")),
    ("http://[64:ff9b:1::10.0.0.1]/", Text("address")),
    ("http://[64:ff9b::8.8.8.8]/", Text("address")),
    ("http://[2002:7f00:1::1]:{p}/", Text("address")),
    ("http://[2002:a00:1::1]/", Text("address")),
    ("http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", Text("address")),
    ("http://[2001::1]/", Text("address")),
    ("http://[2606:4700::5efe:7f00:1]:{p}/", Text("address")),
    ("http://[2606:4700::200:5efe:10.0.0.1]/", Text("address")),
    ("http://[::ffff:8.8.8.8]/", Text("address")),

    // Ranges that are not the public internet.
    ("http://10.0.0.1/", Text("address")),
    ("http://10.255.255.255/", Text("address")),
    ("http://172.16.0.1/", Text("address")),
    ("http://172.31.255.255/", Text("address")),
    ("http://192.168.0.1/", Text("address")),
    ("http://0xc0a80001/", Text("address")),
    ("http://3232235521/", Text("address")),
    ("http://100.64.0.1/", Text("address")),
    ("http://100.127.255.254/", Text("address")),
    ("http://169.254.0.1/", Text("address")),
    ("http://192.0.0.1/", Text("address")),
    ("http://192.0.2.1/", Text("address")),
    ("http://192.88.99.1/", Text("address")),
    ("http://198.18.0.1/", Text("address")),
    ("http://198.19.255.255/", Text("address")),
    ("http://198.51.100.7/", Text("address")),
    ("http://203.0.113.9/", Text("address")),
    ("http://224.0.0.1/", Text("address")),
    ("http://239.255.255.255/", Text("address")),
    ("http://240.0.0.1/", Text("address")),
    ("http://255.255.255.255/", Text("address")),
    ("http://[fc00::1]/", Text("address")),
    ("http://[fd12:3456:789a::1]/", Text("address")),
    ("http://[fe80::1]/", Text("address")),
    ("http://[fec0::1]/", Text("address")),
    ("http://[ff02::1]/", Text("address")),
    ("http://[2001:db8::1]/", Text("address")),
    ("http://[3fff::1]/", Text("address")),
    ("http://[100::1]/", Text("address")),
    ("http://[5f00::1]/", Text("address")),
    ("http://[2001:10::1]/", Text("address")),
    ("http://[2001:2::1]/", Text("address")),
    ("http://[4000::1]/", Text("address")),

    // Where clouds keep their keys.
    ("http://169.254.169.254/latest/meta-data/iam/security-credentials/", Text("address")),
    ("http://2852039166/latest/meta-data/", Text("address")),
    ("http://0xa9fea9fe/", Text("address")),
    ("http://0251.0376.0251.0376/", Text("address")),
    ("http://169.254.43518/", Text("address")),
    ("http://[::ffff:169.254.169.254]/", Text("address")),
    ("http://[fd00:ec2::254]/latest/", Text("address")),
    ("http://[fd20:ce::254]/", Text("address")),
    ("http://169.254.170.2/v2/credentials", Text("address")),
    ("http://168.63.129.16/metadata/instance", Text("address")),
    ("http://100.100.100.200/latest/meta-data/", Text("address")),
    ("http://192.0.0.192/opc/v2/", Text("address")),
    ("http://metadata.google.internal/computeMetadata/v1/", Text("local name")),
    ("http://metadata/computeMetadata/v1/", Text("local name")),
    ("http://instance-data/latest/meta-data/", Text("local name")),

    // Names that mean something near.
    ("http://localhost:{p}/", Text("local name")),
    ("http://LOCALHOST:{p}/", Text("local name")),
    ("http://LocalHost.:{p}/", Text("trailing dot")),
    ("http://a.localhost:{p}/", Text("local name")),
    ("http://ｌｏｃａｌｈｏｓｔ:{p}/", Text("local name")),
    ("http://loc\u{ad}alhost:{p}/", Text("local name")),
    ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{p}/", Text("local name")),
    ("http://loc%61lhost:{p}/", Text("local name")),
    ("http://localhost.localdomain:{p}/", Text("local name")),
    ("http://ip6-localhost:{p}/", Text("local name")),
    ("http://ip6-loopback:{p}/", Text("local name")),
    ("http://printer.local/", Text("local name")),
    ("http://vault.internal/", Text("local name")),
    ("http://router.home.arpa/", Text("local name")),
    ("http://git.corp/", Text("local name")),
    ("http://nas.lan/", Text("local name")),
    ("http://redis/", Text("local name")),
    ("http://kubernetes.default.svc.cluster.local/", Text("local name")),
    ("http://example.com./", Text("trailing dot")),
    ("http://example.com../", Text("trailing dot")),
    ("http://.example.com/", Text("bad name")),
    ("http://a..example.com/", Text("bad name")),
    ("http://exam!ple.com/", Text("bad name")),
    ("http://127.0.0.1.nip.example:{p}/", Answers("127.0.0.1.nip.example", &["127.0.0.1"])),
    ("http://7f000001.c0a80001.rbndr.example:{p}/", Answers("7f000001.c0a80001.rbndr.example", &["192.168.0.1"])),
    ("http://spoofed.example:{p}/", Answers("spoofed.example", &["::1"])),
    ("http://mapped.example:{p}/", Answers("mapped.example", &["::ffff:127.0.0.1"])),
    ("http://nat64.example/", Answers("nat64.example", &["64:ff9b::a9fe:a9fe"])),
    ("http://imds.example/", Answers("imds.example", &["169.254.169.254"])),
    ("http://zero.example:{p}/", Answers("zero.example", &["0.0.0.0"])),
    ("http://xn--lcalhost-b7a.example:{p}/", Text("malformed")),
    ("http://l\u{f3}calhost.example:{p}/", Answers("xn--lcalhost-v3a.example", &["fc00::1"])),

    // Where parsers disagree about which host it is.
    ("http://example.com@127.0.0.1:{p}/", Text("userinfo")),
    ("http://user:password@example.com/", Text("userinfo")),
    ("http://@example.com/", Text("userinfo")),
    ("http://:@example.com/", Text("userinfo")),
    ("http://a@b@127.0.0.1:{p}/", Text("userinfo")),
    ("http://example.com&@127.0.0.1:{p}/", Text("userinfo")),
    ("http://127.0.0.1:{p}&@example.com/", Text("userinfo")),
    ("http://example.com%2f@127.0.0.1:{p}/", Text("userinfo")),
    ("http://example.com:80@127.0.0.1:{p}/", Text("userinfo")),
    ("http://example.com#@127.0.0.1:{p}/", Means("example.com")),
    ("http://example.com?@127.0.0.1:{p}/", Means("example.com")),
    ("http://example.com/@127.0.0.1:{p}/", Means("example.com")),
    ("http://127.0.0.1:{p}#@example.com/", Text("address")),
    ("http://127.0.0.1:{p}?@example.com/", Text("address")),
    ("http://example.com\\@127.0.0.1:{p}/", Text("character")),
    ("http://127.0.0.1:{p}\\@example.com/", Text("character")),
    ("http:\\\\127.0.0.1:{p}\\", Text("character")),
    ("http://127.0.\t0.1:{p}/", Text("character")),
    ("http://127.0.0.1\n:{p}/", Text("character")),
    ("http://example.com/\r\nHost: 127.0.0.1\r\n\r\nGET / HTTP/1.1", Text("character")),
    ("ht\ntp://127.0.0.1:{p}/", Text("character")),
    ("http://127.0.0.1\0.example.com:{p}/", Text("character")),
    ("\u{1}http://127.0.0.1:{p}/", Text("character")),
    ("http://127.0.0.1%00.example.com:{p}/", Text("malformed")),
    ("http://127.0.0.1%0d%0a:{p}/", Text("malformed")),
    ("http://127.0.0.1%23.example.com:{p}/", Text("malformed")),
    ("http://example.com%2f127.0.0.1:{p}/", Text("malformed")),
    ("http:127.0.0.1:{p}/", Text("malformed")),
    ("http:/127.0.0.1:{p}/", Text("malformed")),
    ("http:///127.0.0.1:{p}/", Text("malformed")),
    ("http:////127.0.0.1:{p}/", Text("malformed")),
    ("http://", Text("malformed")),
    ("http:///", Text("malformed")),
    ("//127.0.0.1:{p}/", Text("malformed")),
    ("127.0.0.1:{p}/", Text("malformed")),
    ("", Text("malformed")),
    ("http://exam ple.com/", Text("malformed")),
    ("  http://127.0.0.1:{p}/  ", Text("address")),
    ("HTTP://127.0.0.1:{p}/", Text("address")),
    ("hTTpS://[::1]:{p}/", Text("address")),
    ("http://1.1.1.1 &@127.0.0.1:{p}# @10.0.0.1/", Text("userinfo")),
    ("http://example.com:{p}:80/", Text("malformed")),

    // Schemes and ports.
    ("file:///etc/passwd", Text("scheme")),
    ("file://127.0.0.1/etc/passwd", Text("scheme")),
    ("gopher://127.0.0.1:{p}/_SET%20a%20b", Text("scheme")),
    ("dict://127.0.0.1:{p}/info", Text("scheme")),
    ("ftp://127.0.0.1:{p}/", Text("scheme")),
    ("ldap://127.0.0.1:{p}/", Text("scheme")),
    ("tftp://127.0.0.1:{p}/", Text("scheme")),
    ("data:image/png;base64,AAAA", Text("scheme")),
    ("jar:http://127.0.0.1:{p}!/", Text("scheme")),
    ("unix:/var/run/docker.sock", Text("scheme")),
    ("blob:http://127.0.0.1:{p}/x", Text("scheme")),
    ("javascript:alert(1)", Text("scheme")),
    ("ws://127.0.0.1:{p}/", Text("scheme")),
    ("view-source:http://127.0.0.1:{p}/", Text("scheme")),
    ("localhost:{p}", Text("scheme")),
    ("http://example.com:0/", Text("port")),
    ("http://example.com:22/", Text("port")),
    ("http://example.com:25/", Text("port")),
    ("http://example.com:5432/", Text("port")),
    ("http://example.com:6379/", Text("port")),
    ("http://example.com:65535/", Text("port")),
    ("http://example.com:65536/", Text("malformed")),
    ("http://example.com:-1/", Text("malformed")),
    ("http://example.com:8o/", Text("malformed")),
    ("http://example.com:00000000000000000000080/", Means("example.com")),
    ("https://example.com:/", Means("example.com")),
];

/// The text of a row, aimed at a trap that listens on `port`.
#[must_use]
pub fn aimed(text: &str, port: u16) -> String {
    text.replace("{p}", &port.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_many_and_no_row_is_there_twice() {
        let mut rows: Vec<_> = TRICKS.iter().map(|(url, _)| url).collect();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), TRICKS.len());
        assert_eq!(rows.len(), 206, "a new row is counted here on purpose");
    }
}
