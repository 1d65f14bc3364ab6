//! `marquetry keys`: the API keys of a data directory or database.

use clap::{Args, Subcommand};
use marquetry_dialect::iso8601;
use marquetry_model::{ApiKeyId, Tenant};
use marquetry_service::Service;
use tokio::runtime::Runtime;

use super::Failure;
use super::database::{Database, Purpose};
use super::storage::Storage;
use super::terminal::{complain, say};

/// Creates, lists and revokes API keys, also while a server is running on them.
#[derive(Args, Debug)]
pub(super) struct Keys {
    #[command(flatten)]
    storage: Storage,
    /// Whose keys, by name; `create` makes a tenant that is not there yet. [default: the tenant of the server]
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key and print it. It is shown only this once.
    Create {
        /// What it is for.
        #[arg(default_value = "key")]
        name: String,
    },
    /// Print one line a key: id, last characters, name, when it was made, whether it is revoked.
    List,
    /// Make a key useless from now on.
    Revoke {
        /// Its id, as `list` prints it.
        id: ApiKeyId,
    },
}

impl Keys {
    pub(super) fn run(self) -> Result<(), Failure> {
        Runtime::new()?.block_on(async {
            let Database { store, clock, .. } = self.storage.database(Purpose::Look).await?;
            let service = Service::builder(store, self.storage.blobs()?.blobs)
                .clock(clock)
                .build()?;
            let tenant = self.tenant_of(&service).await?.id;
            match self.action {
                Action::Create { name } => {
                    let made = service.create_key(tenant, &name).await?;
                    complain(&format!("key {} is shown only this once:", made.key.id));
                    say(made.text.expose())
                }
                Action::List => {
                    for key in service.keys(tenant).await? {
                        let state = if key.is_live() { "live" } else { "revoked" };
                        let made = iso8601(key.created_at);
                        say(&format!(
                            "{}  sm_****{}  {state:7}  {made}  {}",
                            key.id, key.last_four, key.name
                        ))?;
                    }
                    Ok(())
                }
                Action::Revoke { id } => {
                    service.revoke_key(tenant, id).await?;
                    complain(&format!("key {id} is revoked"));
                    Ok(())
                }
            }
        })
    }

    async fn tenant_of(&self, service: &Service) -> Result<Tenant, Failure> {
        let Some(name) = &self.tenant else {
            return Ok(service.ensure_default_tenant().await?);
        };
        let tenants = service.tenants().await?;
        let known = tenants.into_iter().find(|tenant| tenant.name == *name);
        match (known, &self.action) {
            (Some(tenant), _) => Ok(tenant),
            (None, Action::Create { .. }) => Ok(service.create_tenant(name).await?),
            (None, _) => Err(Failure::new(format!("there is no tenant {name:?}"))),
        }
    }
}
