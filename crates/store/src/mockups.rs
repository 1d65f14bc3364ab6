//! The store of mockups.

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{ContentHash, Mockup, MockupId, TenantId, Version};

use crate::{StoreError, Swap};

/// Remembers mockups. An upload job adds its mockup through [`crate::JobStore::replace_job`].
#[async_trait]
pub trait MockupStore: std::fmt::Debug + Send + Sync {
    /// Makes a mockup durable.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the id is taken.
    async fn insert_mockup(&self, mockup: &Mockup) -> Result<(), StoreError>;

    /// The mockup with this id, if it is this tenant's.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn mockup(&self, tenant: TenantId, id: MockupId) -> Result<Option<Mockup>, StoreError>;

    /// A tenant's mockups in an order, without the first `offset`, at most `limit`.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn list_mockups(
        &self,
        tenant: TenantId,
        filter: &MockupFilter,
        order: MockupOrder,
        limit: u32,
        offset: u64,
    ) -> Result<MockupPage, StoreError>;

    /// Puts `mockup` in the place of the stored one if that is at version `expected`. Only its name,
    /// `updated_at` and version ever change; a store need not write the rest again.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn replace_mockup(&self, expected: Version, mockup: &Mockup) -> Result<Swap, StoreError>;

    /// Removes the mockup if it is this tenant's, and gives it back so that its blobs can follow.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn delete_mockup(&self, tenant: TenantId, id: MockupId) -> Result<Option<Mockup>, StoreError>;

    /// Whether any mockup of any tenant has this content. While one has, its file must stay.
    ///
    /// # Errors
    /// Only those of the backend.
    async fn content_in_use(&self, content: ContentHash) -> Result<bool, StoreError>;
}

/// Which mockups to list. The default lists all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MockupFilter {
    /// Only those whose name contains this, in either case.
    pub name: Option<String>,
    /// Only those made at this moment or later.
    pub created_after: Option<Timestamp>,
    /// Only those made at this moment or earlier.
    pub created_before: Option<Timestamp>,
}

/// In which order to list; equal ones follow the order of their ids, the same way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MockupOrder {
    /// By what.
    pub by: OrderBy,
    /// Which way round.
    pub way: Way,
}

/// What mockups are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderBy {
    /// Their name, capitals counted as small letters.
    Name,
    /// When they were made.
    CreatedAt,
    /// When their name last changed.
    UpdatedAt,
}

/// Which way round a list runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Smallest or oldest first.
    Ascending,
    /// Largest or newest first.
    Descending,
}

/// Part of a list of mockups.
#[derive(Clone, Debug, PartialEq)]
pub struct MockupPage {
    /// The mockups.
    pub mockups: Vec<Mockup>,
    /// How many the filter admits in all.
    pub total: u64,
}

impl Default for MockupOrder {
    /// Newest first.
    fn default() -> Self {
        Self {
            by: OrderBy::CreatedAt,
            way: Way::Descending,
        }
    }
}

impl MockupFilter {
    /// How names are compared: every backend folds them with this, so that all agree on every script.
    pub fn folded(name: &str) -> String {
        name.to_lowercase()
    }

    /// Whether `mockup` is to be listed.
    pub fn admits(&self, mockup: &Mockup) -> bool {
        let named = |part: &String| Self::folded(&mockup.name).contains(&Self::folded(part));
        self.name.as_ref().is_none_or(named)
            && self.created_after.is_none_or(|from| mockup.created_at >= from)
            && self.created_before.is_none_or(|to| mockup.created_at <= to)
    }
}
