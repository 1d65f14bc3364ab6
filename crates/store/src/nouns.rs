//! Nouns that are kept as records: typed reading and writing over any [`RecordStore`].

use marquetry_job::Timestamp;
use marquetry_model::{Layout, TenantId, Version};

use crate::persisted::readable;
use crate::{Record, RecordCursor, RecordKind, RecordPage, RecordStore, StoreError, Swap};

/// How often a record is read again when others change it meanwhile.
const TRIES: usize = 16;

/// Something that is kept as a [`Record`].
pub trait Noun: Sized + Send + Sync {
    /// The kind of its records.
    const KIND: RecordKind;

    /// Its record.
    fn record(&self) -> Record;

    /// What a record holds.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a newer program wrote it, or it is damaged.
    fn read(record: &Record) -> Result<Self, StoreError>;
}

/// Reading and writing of nouns instead of records.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use marquetry_job::Timestamp;
/// use marquetry_model::{DesignGroup, TenantId, Version};
/// use marquetry_store::{RecordStoreExt, memory::MemoryStore};
///
/// let (store, tenant, now) = (MemoryStore::new(), TenantId::from_random([1; 16]), Timestamp::from_micros(0));
/// let group = DesignGroup {
///     tenant,
///     id: "summer".parse()?,
///     name: "Summer".into(),
///     templates: vec!["card".parse()?],
///     version: Version::FIRST,
///     created_at: now,
///     updated_at: now,
/// };
/// store.insert(&group).await?;
/// assert_eq!(store.get::<DesignGroup>(tenant, "summer").await?, Some(group));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub trait RecordStoreExt: RecordStore {
    /// Makes a noun durable.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when its id is taken.
    fn insert<N: Noun>(&self, noun: &N) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { self.insert_record(&noun.record()).await }
    }

    /// The noun with this id, if it is this tenant's.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when its record cannot be read.
    fn get<N: Noun>(
        &self,
        tenant: TenantId,
        id: &str,
    ) -> impl Future<Output = Result<Option<N>, StoreError>> + Send {
        async move {
            let record = self.record(tenant, N::KIND, id).await?;
            record.as_ref().map(N::read).transpose()
        }
    }

    /// A tenant's nouns of one kind, newest first, those after `after`. One that cannot be read is passed over (see
    /// [`readable`]).
    ///
    /// # Errors
    /// Only those of the backend.
    fn list<N: Noun>(
        &self,
        tenant: TenantId,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> impl Future<Output = Result<RecordPage<N>, StoreError>> + Send {
        async move {
            let page = self.list_records(tenant, N::KIND, after, limit).await?;
            let mut items = Vec::with_capacity(page.items.len());
            for record in &page.items {
                items.extend(readable(record.id.as_bytes(), N::read(record))?);
            }
            Ok(RecordPage {
                items,
                next: page.next,
            })
        }
    }

    /// Puts a noun in the place of the stored one if that is at version `expected`.
    ///
    /// # Errors
    /// Only those of the backend.
    fn replace<N: Noun>(
        &self,
        expected: Version,
        noun: &N,
    ) -> impl Future<Output = Result<Swap, StoreError>> + Send {
        async move { self.replace_record(expected, &noun.record()).await }
    }

    /// Removes a noun if it is this tenant's and at version `expected`, or at any when none is expected.
    ///
    /// # Errors
    /// Only those of the backend.
    fn delete<N: Noun>(
        &self,
        tenant: TenantId,
        id: &str,
        expected: Option<Version>,
    ) -> impl Future<Output = Result<Swap, StoreError>> + Send {
        async move { self.delete_record(tenant, N::KIND, id, expected).await }
    }

    /// Puts a layout, as often as one likes: one that is there already counts as put at `layout.at`. To be done before
    /// anything points to it, and again before anything ceases to: what nothing points to is swept once it was put
    /// long enough ago, and a job that is being submitted may have read the older pointer.
    ///
    /// # Errors
    /// [`StoreError::Contended`] when others put it all the while.
    fn put_layout(&self, layout: &Layout) -> impl Future<Output = Result<(), StoreError>> + Send {
        async {
            let mut record = layout.record();
            for _ in 0..TRIES {
                record.version = Version::FIRST;
                match self.insert_record(&record).await {
                    Err(StoreError::Duplicate { .. }) => {}
                    other => return other,
                }
                let Some(known) = self.record(layout.tenant, RecordKind::Layout, &record.id).await? else {
                    continue;
                };
                // Somebody put it later than that: what is wanted is so already.
                if known.updated_at >= layout.at {
                    return Ok(());
                }
                record.version = known.version.next();
                record.updated_at = layout.at.max(known.updated_at);
                match self.replace_record(known.version, &record).await? {
                    Swap::Swapped => return Ok(()),
                    Swap::Moved | Swap::Missing => {}
                }
            }
            Err(StoreError::Contended {
                what: RecordKind::Layout.name(),
            })
        }
    }

    /// Says of a layout that is there that it was put at `at`: see [`put_layout`](Self::put_layout). Does nothing when
    /// it is not there.
    ///
    /// # Errors
    /// Only those of the backend.
    fn touch_layout(
        &self,
        tenant: TenantId,
        id: &str,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            match self.get::<Layout>(tenant, id).await? {
                Some(layout) => self.put_layout(&Layout { at, ..layout }).await,
                None => Ok(()),
            }
        }
    }
}

impl<S: RecordStore + ?Sized> RecordStoreExt for S {}
