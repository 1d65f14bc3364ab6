//! Whether a connection is a session of ours, or a pooler may stand in between that lends sessions to others.
//!
//! A prepared statement lives in a session. Behind a pooler in transaction mode the next transaction may run in
//! another session, where its name is unknown, or worse: where another process gave it to another statement.
//! A pooler does not say that it is one. But the server says whose socket it is connected to: when it is ours,
//! nobody is in between. Whoever is in doubt (a pooler, a translated address, a local socket) is taken for a pooler,
//! and everything works, with statements that are planned each time.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::Address;
use crate::pool::Sessions;

/// Looks whose the sessions at this address are.
pub(crate) async fn look(address: &Address, tls: &MakeRustlsConnect, patience: Duration) -> Sessions {
    match timeout(patience, seen(address, tls)).await {
        Ok(Some((here, seen))) if here == seen => Sessions::Own,
        _ => {
            tracing::info!("a pooler may stand before PostgreSQL: statements are not prepared");
            Sessions::Shared
        }
    }
}

/// The address of a socket of ours, and the address that the server sees at the other end of its own.
async fn seen(address: &Address, tls: &MakeRustlsConnect) -> Option<(SocketAddr, SocketAddr)> {
    // Several hosts may be several things: one that was seen says nothing about the others.
    let ([Host::Tcp(host)], ports) = (address.config.get_hosts(), address.config.get_ports()) else {
        return None;
    };
    let port = ports.first().copied().unwrap_or(5432);
    let to = match address.config.get_hostaddrs() {
        [] => TcpStream::connect((host.as_str(), port)).await,
        [to, ..] => TcpStream::connect((*to, port)).await,
    };
    let stream = to.ok()?;
    let here = stream.local_addr().ok()?;
    let mut tls = tls.clone();
    let tls = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut tls, host).ok()?;
    let (client, connection) = address.config.connect_raw(stream, tls).await.ok()?;
    // It ends when the client is dropped.
    tokio::spawn(connection);
    let sql = "SELECT inet_client_addr(), inet_client_port()";
    let row = client.query_typed(sql, &[]).await.ok()?.into_iter().next()?;
    let (ip, port): (Option<IpAddr>, Option<i32>) = (row.try_get(0).ok()?, row.try_get(1).ok()?);
    let seen = SocketAddr::new(ip?.to_canonical(), u16::try_from(port?).ok()?);
    Some((SocketAddr::new(here.ip().to_canonical(), here.port()), seen))
}
