//! Templates and what is made from them: a template with its revisions, designs, groups, and the fonts and pictures
//! that templates refer to. What a layout says is for `marquetry-template` to read; here it is only named and pinned.

use std::fmt;
use std::str::FromStr;

use marquetry_job::Timestamp;

use crate::{BlobKey, ContentHash, DesignId, Export, MockupId, ModelError, TenantId, Version};

/// The name of a template, group or asset within its tenant, chosen by whoever made it: 1 to 64 characters of
/// `A-Z a-z 0-9 _ -`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(String);

impl Handle {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Handle {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ModelError::Malformed {
                field: "id",
                expected: "1 to 64 of A-Z, a-z, 0-9, _ and -",
            })
        }
    }
}

/// A layout that people fill in: what they are working on, and what is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its name, which the layout states too.
    pub id: Handle,
    /// What people call it. 1 to 255 characters.
    pub name: String,
    /// What its owner is working on. Equal to the published layout when nothing has changed since.
    pub draft: ContentHash,
    /// What is drawn; nothing before it is published for the first time.
    pub published: Option<Published>,
    /// Counts the changes.
    pub version: Version,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A revision of a template that is drawn. Never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Which one, counted from 1.
    pub revision: u32,
    /// Its layout.
    pub layout: ContentHash,
    /// Since when.
    pub at: Timestamp,
}

/// The text of a layout, kept once under its hash, for as long as anything points to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Whose it is.
    pub tenant: TenantId,
    /// The BLAKE3 hash of `json`.
    pub content: ContentHash,
    /// The layout, as it was found to be right.
    pub json: String,
    /// When it was last put.
    pub at: Timestamp,
}

/// One customer's copy of a template: the revision it was made from, and values of its own. A later revision of the
/// template does not change it.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its id.
    pub id: DesignId,
    /// What it was made from.
    pub pinned: Pinned,
    /// The values, a JSON object. Those of a team have its players in them.
    pub fields: String,
    /// What is known of it besides.
    pub about: About,
    /// Which team it is for; `None` when it is no team layout.
    pub team: Option<String>,
    /// Counts the changes.
    pub version: Version,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A revision of a template, by name and by content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The template.
    pub template: Handle,
    /// Which revision.
    pub revision: u32,
    /// Its layout.
    pub layout: ContentHash,
}

/// What callers say about whom or what a render is for. Nothing of it changes the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// A short identifier of the subject. 1 to 64 characters.
    pub player: Option<String>,
    /// The name of the design. 1 to 255 characters.
    pub name: Option<String>,
    /// The folder that the design lies in. 1 to 255 characters.
    pub folder: Option<String>,
    /// The event that it comes from. 1 to 64 characters.
    pub main_event_code: Option<String>,
    /// The event that it goes to. 1 to 64 characters.
    pub destination_event_code: Option<String>,
}

impl About {
    /// This, and where it says nothing, what `other` says.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self {
            player: self.player.or(other.player),
            name: self.name.or(other.name),
            folder: self.folder.or(other.folder),
            main_event_code: self.main_event_code.or(other.main_event_code),
            destination_event_code: self.destination_event_code.or(other.destination_event_code),
        }
    }
}

/// Templates that are made together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesignGroup {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its name.
    pub id: Handle,
    /// What people call it. 1 to 255 characters.
    pub name: String,
    /// The templates, in order; 1 to 100, none twice.
    pub templates: Vec<Handle>,
    /// Counts the changes.
    pub version: Version,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A font or a picture that templates refer to. Its content never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateAsset {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its name.
    pub id: Handle,
    /// What it is.
    pub kind: AssetKind,
    /// What people call it: the name of the file, or of the face. 1 to 255 characters.
    pub name: String,
    /// The hash of its bytes, which lie under [`BlobKey::asset`].
    pub content: ContentHash,
    /// How many bytes.
    pub bytes: u64,
    /// When it came.
    pub created_at: Timestamp,
}

/// What an uploaded asset of templates is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssetKind {
    /// An OpenType font, or WOFF2.
    Font,
    /// A picture.
    Image,
}

impl AssetKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Font, Self::Image];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Font => "font",
            Self::Image => "image",
        }
    }
}

impl TemplateAsset {
    /// Where its bytes lie.
    pub fn key(&self) -> BlobKey {
        BlobKey::asset(self.content)
    }
}

/// What a render of a template draws: pinned, so that nothing that changes later changes it.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateSpec {
    /// The template and its revision.
    pub pinned: Pinned,
    /// The values, a JSON object, as they were found to be right.
    pub fields: String,
    /// The design that it is a render of.
    pub design: Option<DesignId>,
    /// Whom or what it is for.
    pub about: About,
    /// What the mockups in it were when it was asked for.
    pub mockups: Vec<(MockupId, ContentHash)>,
    /// What the fonts and pictures that it names were when it was asked for. Their bytes stay until it has ended.
    pub assets: Vec<(Handle, ContentHash)>,
    /// The file to make; without it the pages decide: one is a JPEG, two are a PDF.
    pub export: Option<Export>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_has_plain_characters_only() {
        for fine in ["tpl_card", "A-1", &"x".repeat(64)] {
            assert_eq!(fine.parse::<Handle>().unwrap().as_str(), fine);
        }
        for wrong in ["", "a b", "ä", "a/b", "a.b", &"x".repeat(65)] {
            assert!(wrong.parse::<Handle>().is_err(), "{wrong}");
        }
    }
}
