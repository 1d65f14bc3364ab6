//! The operator's own proxy, where there is one: every connection is a tunnel through it, to an address that was
//! checked here.
//!
//! The proxy is told the address and never the name. A name would be looked up once more on its side, and what
//! was checked would not be what is dialled.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::error::EgressError;

/// An HTTP proxy that makes tunnels (`CONNECT`, RFC 9110, section 9.3.6).
///
/// It is the operator's word against nobody's: its own address is not checked, and only what is named here is ever
/// used, never the environment.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
    /// The value of `Proxy-Authorization`.
    authorization: Option<String>,
}

/// The longest head of a proxy's answer, in bytes.
const HEAD: usize = 8192;

impl Proxy {
    /// From `http://HOST:PORT`, with `USER:PASSWORD@` before the host where it wants them.
    ///
    /// # Errors
    /// [`EgressError::Config`] for anything else; the text is not repeated, as it may hold a password.
    pub fn new(url: &str) -> Result<Self, EgressError> {
        let wrong = || EgressError::Config {
            what: "a proxy is http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT".to_owned(),
        };
        let url = Url::parse(url).map_err(|_| wrong())?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if url.scheme() != "http" || !bare {
            return Err(wrong());
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let authorization = (!url.username().is_empty() || url.password().is_some())
            .then(|| {
                let user = percent_decoded(url.username())?;
                let password = percent_decoded(url.password().unwrap_or_default())?;
                Some(format!(
                    "Basic {}",
                    STANDARD.encode([&user[..], b":", &password].concat())
                ))
            })
            .map(|made| made.ok_or_else(wrong))
            .transpose()?;
        Ok(Self {
            // As a socket wants it, without the brackets of a URL.
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().ok_or_else(wrong)?,
            authorization,
        })
    }

    /// A tunnel to that address.
    pub(crate) async fn tunnel(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
        if let Some(authorization) = &self.authorization {
            request.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;

        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= HEAD {
                return Err(io::Error::other("the proxy's answer is too long"));
            }
            // Byte by byte, for what follows the head belongs to the other end of the tunnel. It is a line or two.
            head.push(stream.read_u8().await?);
        }
        let status = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        match status {
            [b'2', _, _] if head.starts_with(b"HTTP/1.") => Ok(stream),
            _ => Err(io::Error::other(format!(
                "the proxy answered {}",
                String::from_utf8_lossy(&status[..status.len().min(3)])
            ))),
        }
    }
}

// By hand: it may hold a password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("authorization", &self.authorization.is_some())
            .finish()
    }
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_origin_and_perhaps_a_password() {
        let proxy = Proxy::new("http://us%3Aer:p%40ss@proxy.example:3128").unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("proxy.example", 3128));
        let told = proxy
            .authorization
            .as_deref()
            .unwrap()
            .strip_prefix("Basic ")
            .unwrap();
        assert_eq!(STANDARD.decode(told).unwrap(), b"us:er:p@ss");
        assert!(!format!("{proxy:?}").contains(told), "{proxy:?}");
        assert_eq!(Proxy::new("http://[::1]:8080/").unwrap().host, "::1");
        assert_eq!(Proxy::new("http://10.0.0.1").unwrap().port, 80);
        for wrong in [
            "https://proxy.example:3128",
            "socks5://proxy.example",
            "proxy.example:3128",
            "http://proxy.example/path",
            "http://u:%zz@proxy.example",
            "",
        ] {
            let error = Proxy::new(wrong).unwrap_err().to_string();
            assert!(!error.contains("%zz"), "{error}");
        }
    }
}
