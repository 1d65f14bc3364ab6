//! Fonts and pictures that layouts refer to by name. What a file is, its first bytes say; whether it can be used shows
//! when it is.

use bytes::Bytes;
use marquetry_model::{AssetKind, BlobKey, Handle, ModelError, TemplateAsset, TenantId};
use marquetry_store::{RecordCursor, RecordPage, RecordStoreExt as _, StoreError, Swap};

use crate::jobs::listed;
use crate::submit::length;
use crate::{Service, ServiceError, resolve};

/// A file that layouts will refer to.
#[derive(Clone, Debug)]
pub struct AssetRequest {
    /// The name by which they do; without one, it follows from the content.
    pub id: Option<Handle>,
    /// What people call it. 1 to 255 characters; without one, its id.
    pub name: Option<String>,
    /// The file.
    pub bytes: Bytes,
}

impl Service {
    /// Keeps a font or a picture. The same file under the same name is kept once.
    ///
    /// # Errors
    /// [`ServiceError::AssetRefused`] for a file of no known kind, [`ServiceError::AssetTooLarge`],
    /// [`ServiceError::Taken`] when another file has the name, and those of store and blobs.
    pub async fn put_template_asset(
        &self,
        tenant: TenantId,
        request: AssetRequest,
    ) -> Result<TemplateAsset, ServiceError> {
        let AssetRequest { id, name, bytes } = request;
        let (size, limit) = (length(&bytes), self.inner.settings.most_template_asset_bytes);
        if size == 0 {
            return Err(ModelError::Empty { field: "file" }.into());
        }
        if size > limit {
            return Err(ServiceError::AssetTooLarge { bytes: size, limit });
        }
        let kind = kind_of(&bytes).ok_or(ServiceError::AssetRefused)?;
        let content = resolve::hash(&bytes);
        let id = match id {
            Some(id) => id,
            None => format!("{}_{}", kind.name(), &content.to_string()[..24]).parse()?,
        };
        let name = name.unwrap_or_else(|| id.to_string());
        marquetry_model::text("name", &name, 255)?;
        // Blob first, record second: a record never points at bytes that are not there.
        self.put_bytes(&BlobKey::asset(content), bytes).await?;
        let asset = TemplateAsset {
            tenant,
            id,
            kind,
            name,
            content,
            bytes: size,
            created_at: self.now(),
        };
        match self.store().insert(&asset).await {
            Ok(()) => Ok(asset),
            Err(StoreError::Duplicate { .. }) => {
                let known = self.template_asset(tenant, &asset.id).await?;
                if known.content == content {
                    Ok(known)
                } else {
                    Err(ServiceError::Taken {
                        what: "asset",
                        id: asset.id,
                    })
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// An asset of the tenant.
    ///
    /// # Errors
    /// [`ServiceError::AssetNotFound`], and those of the store.
    pub async fn template_asset(&self, tenant: TenantId, id: &Handle) -> Result<TemplateAsset, ServiceError> {
        let found = self.store().get::<TemplateAsset>(tenant, id.as_str()).await?;
        found.ok_or_else(|| ServiceError::AssetNotFound { id: id.clone() })
    }

    /// The tenant's assets, newest first, those after `after`; at most `limit` and at most [`Self::MOST_LISTED`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn template_assets(
        &self,
        tenant: TenantId,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> Result<RecordPage<TemplateAsset>, ServiceError> {
        Ok(self.store().list(tenant, after, listed(limit)).await?)
    }

    /// Takes an asset away. Layouts that refer to it cannot be rendered any more; jobs that were submitted can.
    ///
    /// # Errors
    /// [`ServiceError::AssetNotFound`], and those of the store.
    pub async fn delete_template_asset(&self, tenant: TenantId, id: &Handle) -> Result<(), ServiceError> {
        match self
            .store()
            .delete::<TemplateAsset>(tenant, id.as_str(), None)
            .await?
        {
            Swap::Missing => Err(ServiceError::AssetNotFound { id: id.clone() }),
            Swap::Swapped | Swap::Moved => Ok(()),
        }
    }

    /// The most bytes that an asset of templates may have.
    pub fn most_template_asset_bytes(&self) -> u64 {
        self.inner.settings.most_template_asset_bytes
    }
}

/// What a file is, by its first bytes.
fn kind_of(bytes: &[u8]) -> Option<AssetKind> {
    const FONTS: [&[u8]; 6] = [b"OTTO", b"\x00\x01\x00\x00", b"true", b"ttcf", b"wOFF", b"wOF2"];
    const PICTURES: [&[u8]; 4] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a"];
    let begins = |magics: &[&[u8]]| magics.iter().any(|magic| bytes.starts_with(magic));
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    if begins(&FONTS) {
        Some(AssetKind::Font)
    } else if begins(&PICTURES) || is_webp {
        Some(AssetKind::Image)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        for (bytes, kind) in [
            (&b"OTTO...."[..], Some(AssetKind::Font)),
            (b"\x00\x01\x00\x00\x00\x0f", Some(AssetKind::Font)),
            (b"wOF2\x00\x01\x00\x00", Some(AssetKind::Font)),
            (b"\x89PNG\r\n\x1a\n\x00\x00", Some(AssetKind::Image)),
            (b"\xff\xd8\xff\xe0", Some(AssetKind::Image)),
            (b"RIFF\x01\x00\x00\x00WEBPVP8 ", Some(AssetKind::Image)),
            (b"RIFF\x01\x00\x00\x00WAVEfmt ", None),
            (b"<svg xmlns=", None),
            (b"8BPS", None),
            (b"", None),
        ] {
            assert_eq!(kind_of(bytes), kind, "{bytes:?}");
        }
    }
}
