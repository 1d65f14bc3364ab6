//! A network of our own in which *every* address on earth is this machine, and somebody listens on port 80 of all
//! of them. Nothing stands in for anything: the policy is the one for strangers, and whoever dials a blocked
//! address is heard there.
//!
//! Needs Linux, `unshare` and `ip`, and a kernel that lets us have a network namespace; says so and skips where
//! one of them is missing. The test starts itself again inside the namespace.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use marquetry_egress::{Egress, IpNet, Outgoing, Policy, ResolveError, Resolver};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::far_end::{class, door, limits, send_limits};

/// Set inside the namespace.
const INSIDE: &str = "MARQUETRY_TEST_OWN_NETWORK";

/// What must never be dialled, written down a second time and by other means than the table under test.
/// After the IANA special-purpose registries; and the addresses where clouds keep their keys.
const REFUSED: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "169.254.169.254/32",
    "169.254.170.2/32",
    "168.63.129.16/32",
    "100.100.100.200/32",
    "192.0.0.192/32",
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0/96",
    "::ffff:0:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:2::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "fd00:ec2::254/128",
    "4000::/3",
    "e000::/4",
    // ISATAP: wherever such an interface is.
    "2606:4700::5efe:0:0/96",
    "2606:4700::200:5efe:0:0/96",
];

/// Stands for an honest server.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

#[test]
fn nobody_is_dialled_in_a_network_where_everybody_answers() {
    let Ok(this) = std::env::current_exe() else {
        eprintln!("skipped: this program does not know where it is");
        return;
    };
    let steps = "ip link set lo up && ip route add local 0.0.0.0/0 dev lo && \
                 { ip -6 route add local ::/0 dev lo || echo 'without IPv6' >&2; } && exec \"$0\" \"$@\"";
    let possible = Command::new("unshare")
        .args(["-rn", "ip", "link", "set", "lo", "up"])
        .output();
    if !possible.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no network namespace can be made here (unshare -rn, ip)");
        return;
    }
    let output = Command::new("unshare")
        .args(["-rn", "sh", "-c", steps])
        .arg(this)
        .args(["own_network::inside", "--exact", "--ignored", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{complaints}");
    // A filter that matches nothing succeeds as well.
    assert!(told.contains("1 passed"), "{told}\n{complaints}");
    eprintln!("{}", complaints.trim());
}

#[test]
#[ignore = "started by the test above, inside a network namespace"]
fn inside() {
    if std::env::var_os(INSIDE).is_none() {
        eprintln!("skipped: not inside a network of its own");
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let network = runtime.block_on(Network::listen());
    let egress = door(Policy::default(), Arc::new(Spelled::default()));

    runtime.block_on(the_network_hears_whoever_dials(&network));
    let mut runner = TestRunner::new(Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    });
    let blocked =
        (0..REFUSED.len(), any::<u128>()).prop_map(|(row, bits)| within(REFUSED[row].parse().unwrap(), bits));
    let tried = AtomicUsize::new(0);
    runner
        .run(&blocked, |address| {
            tried.fetch_add(
                runtime.block_on(every_door(&network, &egress, address)),
                Ordering::Relaxed,
            );
            Ok(())
        })
        .unwrap();
    eprintln!("{} tries at blocked addresses, 0 connections", tried.into_inner());

    let mut runner = TestRunner::new(Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&any::<u32>().prop_map(Ipv4Addr::from_bits), |address| {
            runtime.block_on(public_or_not(&network, &egress, address.into()));
            Ok(())
        })
        .unwrap();
    runtime.block_on(flips(&network));
}

/// The control for all the zeros: without the guard, the listeners do hear who dials a blocked address.
async fn the_network_hears_whoever_dials(network: &Network) {
    let mut heard = 0;
    for (row, net) in REFUSED.iter().enumerate() {
        let address = within(net.parse().unwrap(), row as u128 + 1);
        // Multicast and broadcast cannot be dialled at all, link-local not without a zone.
        if TcpStream::connect(SocketAddr::new(address, 80)).await.is_ok() {
            heard += network.visits().await.len();
        }
    }
    assert!(heard >= 14, "only {heard} of {} networks answer", REFUSED.len());
    eprintln!(
        "{heard} of {} blocked networks answer whoever gets past a guard",
        REFUSED.len()
    );
}

/// A blocked address at each door, by itself, behind a name, beside a good address, and as a redirect's goal.
/// Gives the number of tries.
async fn every_door(network: &Network, egress: &Egress, address: IpAddr) -> usize {
    let spelled = spelled(address);
    let urls = [
        format!("http://{}/", literal(address)),
        format!("http://only-{spelled}.example/"),
        format!("http://first-{spelled}.example/"),
        format!("http://last-{spelled}.example/"),
    ];
    for url in &urls {
        let fetched = egress.fetch(url, &limits()).await.map(drop);
        let sent = egress
            .send(Outgoing::post(url, "{}"), &send_limits())
            .await
            .map(drop);
        let checked = egress.check(url).await.map(drop);
        for outcome in [fetched, sent, checked] {
            assert_eq!(class(&outcome.expect_err(url)), "address", "{url}");
        }
    }
    assert_eq!(network.visits().await, Vec::<IpAddr>::new(), "{address}");
    for (hops, url) in urls.iter().enumerate() {
        network.redirect_to(Some(url.clone()));
        let start = format!("http://{}/{hops}", literal(PUBLIC));
        let error = egress.fetch(&start, &limits()).await.expect_err(url);
        assert_eq!(class(&error), "address", "{url}: {error}");
        network.redirect_to(None);
        assert_eq!(network.visits().await, [PUBLIC], "a redirect to {url}");
    }
    4 * urls.len()
}

/// Any IPv4 address at all: whoever is in no blocked network is reached, and nobody else.
async fn public_or_not(network: &Network, egress: &Egress, address: IpAddr) {
    let blocked = REFUSED
        .iter()
        .any(|net| net.parse::<IpNet>().unwrap().contains(&address));
    let fetched = egress
        .fetch(&format!("http://{}/", literal(address)), &limits())
        .await;
    let expected = if blocked { vec![] } else { vec![address] };
    assert_eq!(network.visits().await, expected, "{address}");
    assert_eq!(fetched.is_ok(), !blocked, "{address}: {fetched:?}");
}

/// A name that is good and bad in turn, a thousand times: whoever is dialled is who was checked.
async fn flips(network: &Network) {
    let resolver = Arc::new(Spelled::default());
    let egress = door(Policy::default(), resolver.clone());
    let mut reached = 0;
    for turn in 0..1000 {
        let address = within(REFUSED[turn % REFUSED.len()].parse().unwrap(), turn as u128);
        let url = format!("http://flip-{}.example/", spelled(address));
        match egress.fetch(&url, &limits()).await {
            Ok(_) => reached += 1,
            Err(error) => assert_eq!(class(&error), "address", "{error}"),
        }
    }
    assert_eq!(
        resolver.questions.load(Ordering::SeqCst),
        1000,
        "one question a request"
    );
    assert_eq!(network.visits().await, vec![PUBLIC; reached]);
    assert_eq!(reached, 500);
    eprintln!("1000 requests to names that flip: {reached} to the good address, 0 to the bad one");
}

/// The address in a network whose other bits are these.
fn within(net: IpNet, bits: u128) -> IpAddr {
    match net {
        IpNet::V4(net) => {
            let [.., a, b, c, d] = bits.to_be_bytes();
            let low = Ipv4Addr::new(a, b, c, d).to_bits() & net.hostmask().to_bits();
            Ipv4Addr::from_bits(net.network().to_bits() | low).into()
        }
        IpNet::V6(net) => {
            Ipv6Addr::from_bits(net.network().to_bits() | bits & net.hostmask().to_bits()).into()
        }
    }
}

fn literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

fn spelled(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("{:08x}", v4.to_bits()),
        IpAddr::V6(v6) => format!("{:032x}", v6.to_bits()),
    }
}

/// Names that say themselves what they resolve to: `only-7f000001.example`. Others begin with `first` or `last`,
/// where the good address stands, or `flip` from one question to the next.
#[derive(Debug, Default)]
struct Spelled {
    questions: AtomicUsize,
}

#[async_trait]
impl Resolver for Spelled {
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let turn = self.questions.fetch_add(1, Ordering::SeqCst);
        let (how, rest) = name.split_once('-').unwrap();
        let digits = rest.strip_suffix(".example").unwrap();
        let bits = u128::from_str_radix(digits, 16).unwrap();
        let address = match digits.len() {
            8 => Ipv4Addr::from_bits(u32::try_from(bits).unwrap()).into(),
            _ => Ipv6Addr::from_bits(bits).into(),
        };
        Ok(match how {
            "first" => vec![PUBLIC, address],
            "last" => vec![address, PUBLIC],
            "flip" if turn.is_multiple_of(2) => vec![PUBLIC],
            _ => vec![address],
        })
    }
}

/// Port 80 of every address there is, and who was dialled.
struct Network {
    visited: Arc<Mutex<Vec<IpAddr>>>,
    redirect: Arc<Mutex<Option<String>>>,
}

impl Network {
    async fn listen() -> Self {
        let network = Self {
            visited: Arc::default(),
            redirect: Arc::default(),
        };
        // Both families where there are two; an IPv4 one then comes as a mapped one.
        let listener = match TcpListener::bind("[::]:80").await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind("0.0.0.0:80").await.unwrap(),
        };
        let (visited, redirect) = (network.visited.clone(), network.redirect.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let dialled = stream.local_addr().unwrap().ip().to_canonical();
                visited
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(dialled);
                let location = redirect.lock().unwrap_or_else(PoisonError::into_inner).clone();
                tokio::spawn(answer(stream, location));
            }
        });
        network
    }

    /// Who was dialled since the last time. A connection that stands is in the queue of the listener, and one
    /// more of our own, which it takes after all others, says when it has counted them.
    async fn visits(&self) -> Vec<IpAddr> {
        let marker = IpAddr::from([127, 255, 255, 254]);
        drop(TcpStream::connect(SocketAddr::new(marker, 80)).await.unwrap());
        loop {
            {
                let mut visited = self.visited.lock().unwrap_or_else(PoisonError::into_inner);
                if visited.last() == Some(&marker) {
                    visited.pop();
                    return std::mem::take(&mut *visited);
                }
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }

    fn redirect_to(&self, location: Option<String>) {
        *self.redirect.lock().unwrap_or_else(PoisonError::into_inner) = location;
    }
}

async fn answer(mut stream: TcpStream, location: Option<String>) {
    let _ = stream.read(&mut [0; 1024]).await;
    let answer = match location {
        Some(location) => format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"),
        None => "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhere".to_owned(),
    };
    let _ = stream.write_all(answer.as_bytes()).await;
}
