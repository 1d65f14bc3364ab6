//! Hears what other processes tell, on a connection of its own, and rings the bell of this one.
//!
//! What is told while the connection is down is lost. So after each new connection everybody is told to
//! look, and those who wait look now and then anyway.

use std::time::Duration;

use futures::future::poll_fn;
use marquetry_store::{Bell, Change};
use tokio::sync::watch;
use tokio::time::{interval_at, sleep, timeout};
use tokio_postgres::AsyncMessage;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::Address;
use crate::error::chain;
use crate::news::{self, CHANNEL, Tag};

/// The first wait before connecting again; each failure doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LAST_WAIT: Duration = Duration::from_secs(5);
/// How often the connection is asked whether it is alive: a peer that vanished says nothing.
const PULSE: Duration = Duration::from_secs(10);

/// What a listener needs to know.
pub(crate) struct Listener {
    pub(crate) address: Address,
    pub(crate) tls: MakeRustlsConnect,
    pub(crate) bell: Bell,
    pub(crate) tag: Tag,
    pub(crate) patience: Duration,
    /// Told when it hears for the first time.
    pub(crate) ready: watch::Sender<bool>,
}

impl Listener {
    /// Listens for as long as it is let.
    pub(crate) async fn run(self) {
        let mut wait = FIRST_WAIT;
        loop {
            match self.listen(&mut wait).await {
                Ok(()) => tracing::warn!("the connection that hears of changes was closed"),
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "changes in other processes are not heard")
                }
            }
            sleep(wait).await;
            wait = (wait * 2).min(LAST_WAIT);
        }
    }

    /// One connection from its beginning to its end.
    async fn listen(&self, wait: &mut Duration) -> Result<(), tokio_postgres::Error> {
        let connecting = timeout(self.patience, self.address.config.connect(self.tls.clone()));
        let Ok(connected) = connecting.await else {
            return Ok(());
        };
        let (client, mut connection) = connected?;
        // The connection is driven here, because it is where notifications come out.
        let hearing = async {
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notification(note) = message? {
                    for change in news::heard(&self.tag, note.payload()) {
                        self.bell.ring(change);
                    }
                }
            }
            Ok(())
        };
        let keeping = async {
            client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
            *wait = FIRST_WAIT;
            // Whatever was told before this moment went by unheard.
            self.bell.ring(Change::Missed);
            self.ready.send_replace(true);
            let mut pulse = interval_at(tokio::time::Instant::now() + PULSE, PULSE);
            loop {
                pulse.tick().await;
                if timeout(self.patience, client.check_connection()).await.is_err() {
                    return Ok(());
                }
            }
        };
        tokio::select! {
            heard = hearing => heard,
            kept = keeping => kept,
        }
    }
}
