//! `marquetry account`: what tenants that pay beforehand have.

use clap::{Args, Subcommand};
use marquetry_dialect::iso8601;
use marquetry_model::{Account as Funds, Amount, Standing, TenantId};
use marquetry_service::Service;
use tokio::runtime::Runtime;

use super::Failure;
use super::database::{Database, Purpose};
use super::storage::Storage;
use super::terminal::say;

/// Entries that are read at a time.
const PAGE: u32 = 500;

/// Pays in, suspends and shows accounts, also while a server is running on them. They matter only to servers that were
/// told prices.
#[derive(Args, Debug)]
pub(super) struct Account {
    #[command(flatten)]
    storage: Storage,
    /// Whose account, by name. [default: the tenant of the server]
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the balance, what is held of it for jobs that have not ended, and whether the account is open.
    Show,
    /// Add to the balance.
    TopUp {
        /// How much: `25`, `0.044`.
        amount: Amount,
        /// What the payment is called. Under one name it counts once, however often this is run.
        reference: String,
    },
    /// Have nothing new begun.
    Suspend {
        /// Why, for the ledger.
        why: String,
    },
    /// Take a suspension back.
    Reopen {
        /// Why, for the ledger.
        why: String,
    },
    /// Print the ledger, one line an entry, the newest first.
    Entries {
        /// How many.
        #[arg(long, default_value_t = 100, value_name = "N")]
        most: u32,
    },
}

impl Account {
    pub(super) fn run(self) -> Result<(), Failure> {
        Runtime::new()?.block_on(async {
            let Database { store, clock, .. } = self.storage.database(Purpose::Look).await?;
            let service = Service::builder(store, self.storage.blobs()?.blobs)
                .clock(clock)
                .build()?;
            let tenant = self.tenant_of(&service).await?;
            match &self.action {
                Action::Show => show(&service.funds(tenant).await?),
                Action::TopUp { amount, reference } => {
                    show(&service.top_up(tenant, *amount, reference).await?)
                }
                Action::Suspend { why } => show(&service.suspend(tenant, why).await?),
                Action::Reopen { why } => show(&service.reopen(tenant, why).await?),
                Action::Entries { most } => entries(&service, tenant, *most).await,
            }
        })
    }

    async fn tenant_of(&self, service: &Service) -> Result<TenantId, Failure> {
        let Some(name) = &self.tenant else {
            return Ok(service.ensure_default_tenant().await?.id);
        };
        let tenants = service.tenants().await?;
        let known = tenants.into_iter().find(|tenant| tenant.name == *name);
        let known = known.ok_or_else(|| Failure::new(format!("there is no tenant {name:?}")))?;
        Ok(known.id)
    }
}

fn show(funds: &Funds) -> Result<(), Failure> {
    let standing = match funds.standing {
        Standing::Open => "open",
        Standing::Suspended => "suspended",
    };
    say(&format!(
        "balance {}  held {}  available {}  {standing}",
        funds.balance,
        funds.held,
        funds.available()
    ))
}

async fn entries(service: &Service, tenant: TenantId, most: u32) -> Result<(), Failure> {
    let (mut left, mut before) = (most, None);
    while left > 0 {
        let page = service.ledger(tenant, before, left.min(PAGE)).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.number);
        left = left.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
        for entry in &page {
            say(&format!(
                "{:>8}  {}  {:9}  {:>14}  balance {:>14}  held {:>14}  {}",
                entry.number,
                iso8601(entry.at),
                entry.posting.name(),
                entry.amount.to_string(),
                entry.balance.to_string(),
                entry.held.to_string(),
                entry.reference
            ))?;
        }
    }
    Ok(())
}
