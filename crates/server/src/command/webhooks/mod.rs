//! `marquetry webhooks`: hearing a server's events on one's own machine, and sending again what did not arrive.
//! Both go through the API with an API key, so they work from anywhere and see what their tenant may see.

mod api;
mod listen;
mod replay;

use clap::{Args, Subcommand};
use tokio::runtime::Runtime;

use super::Failure;

/// Hears events here, and sends again what did not arrive.
#[derive(Args, Debug)]
pub(super) struct Webhooks {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Bring a server's events to an address that it cannot reach, such as a program on this machine.
    Listen(listen::Listen),
    /// Send deliveries once more that failed or were given up.
    Replay(replay::Replay),
}

impl Webhooks {
    pub(super) fn run(self) -> Result<(), Failure> {
        Runtime::new()?.block_on(async {
            match self.action {
                Action::Listen(listen) => listen.run().await,
                Action::Replay(replay) => replay.run().await,
            }
        })
    }
}

/// Which server, and who asks.
#[derive(Args, Clone, Debug)]
struct Site {
    /// The server whose events these are.
    #[arg(
        long,
        env = "MARQUETRY_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080"
    )]
    server: String,
    /// An API key of the tenant.
    #[arg(long, env = "MARQUETRY_API_KEY", hide_env_values = true, value_name = "KEY")]
    api_key: String,
    /// Only what goes to this endpoint. [default: all endpoints, and callbacks of single jobs]
    #[arg(long, value_name = "ID")]
    endpoint: Option<String>,
    /// Only this kind of event, as in `render.failed`; may be given more than once.
    #[arg(long = "event", value_name = "TYPE")]
    events: Vec<String>,
}

impl Site {
    /// Whether a delivery of that kind was asked for.
    fn wants(&self, event: &str) -> bool {
        self.events.is_empty() || self.events.iter().any(|wanted| wanted == event)
    }
}
