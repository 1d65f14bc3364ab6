//! What is pinned to a job of where its file goes: destinations are looked up and paths filled in when it comes in.

use marquetry_model::{
    About, Date, DeliveryId, Destination, DialectName, Handle, Job, Parcel, PathTemplate, PathValues, Preset,
    Reach, SendTo, Sending, TenantId,
};
use marquetry_store::RecordStoreExt as _;
use marquetry_template::Filled;

use crate::{Service, ServiceError};

/// Where the file of a job is to be sent once it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendRequest {
    /// To whom.
    pub to: Recipient,
    /// The folder to put it in instead of that of the destination, a template of a path; an empty one, or `/`, is the
    /// top.
    pub folder: Option<String>,
    /// What to call it instead of as the destination says, a template of a path of one part.
    pub file_name: Option<String>,
    /// In whose words destinations that are told of it are told.
    pub dialect: DialectName,
}

/// Who gets the file of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// One destination.
    Destination(Handle),
    /// All destinations of a preset.
    Preset(Handle),
}

/// Who may be sent files to, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipients {
    /// The destinations.
    pub destinations: Vec<Handle>,
    /// The presets.
    pub presets: Vec<Handle>,
}

/// Where files of one submission go: found, and read, before anything else is done for it.
#[derive(Debug)]
pub(crate) struct Way {
    dialect: DialectName,
    /// Without a path those that are only told where a file is, and those that are not there any more.
    stops: Vec<(Handle, Option<PathTemplate>)>,
}

/// What is known of a file before it is made.
pub(crate) struct Cargo<'c> {
    /// What is known of the design.
    pub(crate) about: &'c About,
    /// Which of those that are sent together, from 1.
    pub(crate) index: usize,
    /// Where the words of layers are.
    pub(crate) filled: Option<&'c Filled>,
    /// What it is made of, for a name where there is no other.
    pub(crate) subject: &'c str,
    /// How its name ends.
    pub(crate) extension: &'c str,
}

impl Service {
    /// Who may be sent files to.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn recipients(&self, tenant: TenantId) -> Result<Recipients, ServiceError> {
        let destinations = self.all_of::<Destination>(tenant).await?;
        let presets = self.all_of::<Preset>(tenant).await?;
        Ok(Recipients {
            destinations: destinations.into_iter().map(|known| known.id).collect(),
            presets: presets.into_iter().map(|known| known.id).collect(),
        })
    }

    /// Where the file of `job` has got to; `None` when it is sent nowhere, and before it is there.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sending(&self, job: &Job) -> Result<Option<Sending>, ServiceError> {
        Ok(marquetry_store::sending(self.store(), job).await?)
    }

    /// The way that a submission asks for, if it asks for one.
    ///
    /// # Errors
    /// [`ServiceError::RecipientNotFound`]; [`ServiceError::Invalid`] for a path; those of the store.
    pub(crate) async fn way(
        &self,
        tenant: TenantId,
        asked: Option<&SendRequest>,
    ) -> Result<Option<Way>, ServiceError> {
        let Some(asked) = asked else { return Ok(None) };
        let mut stops = Vec::new();
        match &asked.to {
            Recipient::Destination(id) => {
                let found = self.store().get::<Destination>(tenant, id.as_str()).await?;
                match found {
                    Some(known) => stops.push(asked.stop(known, None)?),
                    None => return Err(self.no_recipient(tenant).await?),
                }
            }
            Recipient::Preset(id) => {
                let Some(preset) = self.store().get::<Preset>(tenant, id.as_str()).await? else {
                    return Err(self.no_recipient(tenant).await?);
                };
                for stop in preset.stops {
                    let id = stop.destination.as_str();
                    stops.push(match self.store().get::<Destination>(tenant, id).await? {
                        Some(known) => asked.stop(known, stop.path)?,
                        // It was taken away while the preset was made. What becomes of it is told with the rest.
                        None => (stop.destination, None),
                    });
                }
            }
        }
        Ok(Some(Way {
            dialect: asked.dialect.clone(),
            stops,
        }))
    }

    /// What is pinned to a job whose file goes that way.
    pub(crate) fn sent(&self, way: Option<&Way>, cargo: &Cargo<'_>) -> Result<Option<SendTo>, ServiceError> {
        let Some(way) = way else { return Ok(None) };
        let chance = u64::from_be_bytes(self.inner.chance.draw()?);
        let nameless = format!("{}-{chance:016x}", cargo.subject);
        let layer = |name: &str| cargo.filled?.words_of(name);
        let values = PathValues {
            about: cargo.about,
            day: Date::of(self.now()),
            index: cargo.index,
            layer: &layer,
            nameless: &nameless,
            extension: cargo.extension,
        };
        let mut parcels = Vec::with_capacity(way.stops.len());
        for (destination, path) in &way.stops {
            parcels.push(Parcel {
                delivery: DeliveryId::from_random(self.inner.chance.draw()?),
                destination: destination.clone(),
                path: path.as_ref().map(|path| path.resolve(&values)),
            });
        }
        Ok(Some(SendTo {
            dialect: way.dialect.clone(),
            parcels,
        }))
    }

    async fn no_recipient(&self, tenant: TenantId) -> Result<ServiceError, ServiceError> {
        let usable = self.recipients(tenant).await?;
        Ok(ServiceError::RecipientNotFound { usable })
    }
}

impl SendRequest {
    /// One destination on the way, with the path there: that of this request before that of the preset before its own.
    fn stop(
        &self,
        known: Destination,
        of_preset: Option<String>,
    ) -> Result<(Handle, Option<PathTemplate>), ServiceError> {
        let own = of_preset.as_deref().unwrap_or(&known.path);
        let mut path = PathTemplate::parse("path", own)?;
        if let Some(folder) = &self.folder {
            path = path.in_folder("folder_path", folder)?;
        }
        if let Some(name) = &self.file_name {
            path = path.called("file_name", name)?;
        }
        let is_told = matches!(known.reach, Reach::Webhook { .. });
        Ok((known.id, (!is_told).then_some(path)))
    }
}
