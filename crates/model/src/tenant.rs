//! Whose all this is, and the keys that prove it.

use std::fmt;

use marquetry_job::Timestamp;

use crate::{ApiKeyId, TenantId};

/// Whose all this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What people call it. 1 to 255 characters.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The SHA-256 of an API key; the key itself is never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(hidden)")
    }
}

/// An API key as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What its owner calls it. 1 to 255 characters.
    pub name: String,
    /// What a presented key is compared with.
    pub hash: KeyHash,
    /// The last four characters of the key, which may be shown.
    pub last_four: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last opened the door.
    pub last_used_at: Option<Timestamp>,
    /// How often it opened the door.
    pub total_requests: u64,
    /// Since when it opens nothing any more.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens the door.
    pub const fn is_live(&self) -> bool {
        self.revoked_at.is_none()
    }
}
