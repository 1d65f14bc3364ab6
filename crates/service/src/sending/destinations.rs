//! Destinations: kept with their secrets sealed, shown with the ends of them.

use marquetry_model::{
    Bucket, Destination, DropboxAccess, Handle, ModelError, PathTemplate, Preset, Reach, Secret, TenantId,
    Version,
};
use marquetry_store::{Noun, RecordCursor, RecordPage, RecordStoreExt as _, StoreError, Swap};

use crate::jobs::listed;
use crate::mockups::ROUNDS;
use crate::{Service, ServiceError};

/// A destination as its owner wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationRequest {
    /// What people call it. 1 to 255 characters.
    pub name: String,
    /// How it is reached, its secrets as they are. Without it one that is there is reached as before.
    pub reach: Option<Reach>,
    /// Under which path files are put there: see [`PathTemplate`]. One that is only told where they are needs none.
    pub path: Option<String>,
}

/// The path of a destination under which nothing is put.
const UNUSED_PATH: &str = "{design}";
/// The most characters of a secret.
const LONGEST_SECRET: usize = 4096;

impl Service {
    /// Makes a destination, under `id` or a name of the service's choice. Of its secrets the answer has the last four
    /// characters.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`], [`ServiceError::AddressRefused`], [`ServiceError::Taken`],
    /// [`ServiceError::SendingLimit`], and those of the store.
    pub async fn create_destination(
        &self,
        tenant: TenantId,
        id: Option<Handle>,
        request: DestinationRequest,
    ) -> Result<Destination, ServiceError> {
        let reach = request.reach.ok_or(ModelError::Empty { field: "reach" })?;
        let path = self.check_destination(&request.name, &reach, request.path)?;
        let id = match id {
            Some(id) => id,
            None => format!("dst_{:016x}", u64::from_be_bytes(self.inner.chance.draw()?)).parse()?,
        };
        let now = self.now();
        let destination = Destination {
            tenant,
            id,
            name: request.name,
            reach: self.sealed_reach(tenant, reach)?,
            path,
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        };
        self.insert_counted(tenant, &destination, &destination.id).await?;
        tracing::info!(destination = %destination.id, %tenant, "destination made");
        Ok(self.masked(destination))
    }

    /// Gives a destination another name and path, and if the request says so another way to be reached. What is still
    /// to be sent there is sent as it says now.
    ///
    /// # Errors
    /// [`ServiceError::DestinationNotFound`], [`ServiceError::Invalid`], [`ServiceError::AddressRefused`], and those of
    /// the store.
    pub async fn change_destination(
        &self,
        tenant: TenantId,
        id: &Handle,
        request: DestinationRequest,
    ) -> Result<Destination, ServiceError> {
        for _ in 0..ROUNDS {
            let known = self.known_destination(tenant, id).await?;
            let reach = match &request.reach {
                Some(reach) => {
                    let path = request.path.clone();
                    let path = self.check_destination(&request.name, reach, path)?;
                    (self.sealed_reach(tenant, reach.clone())?, path)
                }
                None => {
                    let path = check_words(&request.name, &known.reach, request.path.clone())?;
                    (known.reach.clone(), path)
                }
            };
            let destination = Destination {
                name: request.name.clone(),
                reach: reach.0,
                path: reach.1,
                version: known.version.next(),
                updated_at: self.now().max(known.updated_at),
                ..known.clone()
            };
            match self.store().replace(known.version, &destination).await? {
                Swap::Swapped => return Ok(self.masked(destination)),
                Swap::Moved => {}
                Swap::Missing => return Err(ServiceError::DestinationNotFound { id: id.clone() }),
            }
        }
        Err(StoreError::Contended { what: "destination" }.into())
    }

    /// A destination of the tenant, with the last four characters of its secrets.
    ///
    /// # Errors
    /// [`ServiceError::DestinationNotFound`], and those of the store.
    pub async fn destination(&self, tenant: TenantId, id: &Handle) -> Result<Destination, ServiceError> {
        Ok(self.masked(self.known_destination(tenant, id).await?))
    }

    /// The tenant's destinations, newest first, those after `after`; at most `limit` and at most
    /// [`Self::MOST_LISTED`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn destinations(
        &self,
        tenant: TenantId,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> Result<RecordPage<Destination>, ServiceError> {
        let page = self
            .store()
            .list::<Destination>(tenant, after, listed(limit))
            .await?;
        Ok(RecordPage {
            items: page.items.into_iter().map(|known| self.masked(known)).collect(),
            next: page.next,
        })
    }

    /// Takes a destination away. What is still to be sent there is given up.
    ///
    /// # Errors
    /// [`ServiceError::DestinationNotFound`], [`ServiceError::DestinationInUse`] while presets name it, and those of the
    /// store.
    pub async fn delete_destination(&self, tenant: TenantId, id: &Handle) -> Result<(), ServiceError> {
        self.known_destination(tenant, id).await?;
        let presets = self.all_of::<Preset>(tenant).await?.into_iter();
        let users: Vec<Handle> = presets
            .filter(|preset| preset.stops.iter().any(|stop| stop.destination == *id))
            .map(|preset| preset.id)
            .collect();
        if !users.is_empty() {
            return Err(ServiceError::DestinationInUse {
                id: id.clone(),
                presets: users,
            });
        }
        match self
            .store()
            .delete::<Destination>(tenant, id.as_str(), None)
            .await?
        {
            Swap::Missing => Err(ServiceError::DestinationNotFound { id: id.clone() }),
            Swap::Swapped | Swap::Moved => {
                tracing::info!(destination = %id, %tenant, "destination deleted");
                Ok(())
            }
        }
    }

    pub(super) async fn known_destination(
        &self,
        tenant: TenantId,
        id: &Handle,
    ) -> Result<Destination, ServiceError> {
        let found = self.store().get::<Destination>(tenant, id.as_str()).await?;
        found.ok_or_else(|| ServiceError::DestinationNotFound { id: id.clone() })
    }

    /// Writes down one more of a kind of which a tenant may have so many.
    pub(super) async fn insert_counted<N: Noun>(
        &self,
        tenant: TenantId,
        noun: &N,
        id: &Handle,
    ) -> Result<(), ServiceError> {
        let (what, limit) = (N::KIND.name(), self.inner.settings.most_destinations);
        let _counting = self.inner.endpoint_gate.lock().await;
        let there = self.all_of::<N>(tenant).await?.len();
        if u32::try_from(there).map_or(true, |there| there >= limit) {
            return Err(ServiceError::SendingLimit { what, limit });
        }
        match self.store().insert(noun).await {
            Ok(()) => Ok(()),
            Err(StoreError::Duplicate { .. }) => Err(ServiceError::Taken { what, id: id.clone() }),
            Err(error) => Err(error.into()),
        }
    }

    /// All of a kind that a tenant has, newest first. There are only so many.
    pub(super) async fn all_of<N: Noun>(&self, tenant: TenantId) -> Result<Vec<N>, ServiceError> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .store()
                .list::<N>(tenant, after.as_ref(), Self::MOST_LISTED)
                .await?;
            all.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// The path under which files are put there, if nothing is wrong with the rest either.
    fn check_destination(
        &self,
        name: &str,
        reach: &Reach,
        path: Option<String>,
    ) -> Result<String, ServiceError> {
        let path = check_words(name, reach, path)?;
        let judge = |field, url: &str| match self.inner.settings.webhook_policy.check(url) {
            Ok(_) => Ok(()),
            Err(why) => Err(ServiceError::AddressRefused { field, why }),
        };
        match reach {
            Reach::Webhook { url, .. } => judge("webhook.url", url)?,
            Reach::Bucket(Bucket {
                endpoint: Some(url), ..
            }) => judge("bucket.endpoint", url)?,
            Reach::Bucket(_) | Reach::Folder | Reach::Dropbox(_) => {}
        }
        Ok(path)
    }

    fn sealed_reach(&self, tenant: TenantId, reach: Reach) -> Result<Reach, ServiceError> {
        reach.with_secrets(|secret| self.sealed(tenant, &secret))
    }

    /// With the last four characters of its secrets, which show their owner which they are; of one that is short, or
    /// that does not open, none.
    fn masked(&self, destination: Destination) -> Destination {
        let tenant = destination.tenant;
        let ends = |secret: Secret| match self.inner.seal.open(tenant, &secret) {
            Ok(open) if open.expose().chars().nth(11).is_some() => Ok(Secret::new(open.last_four())),
            _ => Ok(Secret::new("")),
        };
        let reach = destination.reach.with_secrets::<std::convert::Infallible>(ends);
        let Ok(reach) = reach;
        Destination { reach, ..destination }
    }
}

/// Whether every text has the form that it must. Gives the path.
fn check_words(name: &str, reach: &Reach, path: Option<String>) -> Result<String, ModelError> {
    marquetry_model::text("name", name, 255)?;
    match reach {
        Reach::Webhook { .. } | Reach::Folder => {}
        Reach::Bucket(bucket) => {
            marquetry_model::text("bucket.region", &bucket.region, 64)?;
            marquetry_model::text("bucket.access_key_id", &bucket.access_key_id, 128)?;
            let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            let name = &bucket.name;
            if !(3..=63).contains(&name.len()) || !name.chars().all(is_fit) || name.contains("..") {
                return Err(ModelError::Malformed {
                    field: "bucket.name",
                    expected: "3 to 63 of A-Z, a-z, 0-9, ., - and _",
                });
            }
        }
        Reach::Dropbox(DropboxAccess::Token(_)) => {}
        Reach::Dropbox(DropboxAccess::Refresh { app_key, .. }) => {
            marquetry_model::text("dropbox.app_key", app_key, 128)?;
        }
    }
    reach
        .clone()
        .with_secrets(|secret| {
            marquetry_model::text("a secret", secret.expose(), LONGEST_SECRET).map(|()| secret)
        })
        .map(drop)?;
    match (path, reach) {
        (Some(path), _) => PathTemplate::parse("path", &path).map(|_| path),
        (None, Reach::Webhook { .. }) => Ok(UNUSED_PATH.to_owned()),
        (None, _) => Err(ModelError::Empty { field: "path" }),
    }
}
