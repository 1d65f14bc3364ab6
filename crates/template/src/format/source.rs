//! Where pictures come from.

use std::sync::Arc;

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use crate::form::{Form, Reader, record};
use crate::limits::{Addresses, Limits};
use crate::problem::{Path, quoted};
use crate::units::AssetId;

/// An address that a picture may have.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(Arc<str>);

impl Address {
    /// `None` unless it is an address by the limits: a scheme they allow, a host, no blanks, not too
    /// long. What lies behind it is not asked here.
    pub fn new(text: impl Into<String>, limits: &Limits) -> Option<Self> {
        let text = text.into();
        let lower = text.get(..8).unwrap_or(&text).to_ascii_lowercase();
        let rest = match limits.addresses {
            Addresses::HttpToo if lower.starts_with("http://") => &text[7..],
            _ if lower == "https://" => &text[8..],
            _ => return None,
        };
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let legal = |letter: char| !letter.is_control() && !letter.is_whitespace();
        let good = !host.is_empty() && text.len() <= limits.url && text.chars().all(legal);
        good.then(|| Self(text.into()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Form for Address {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::String(text) = value else {
            return reader.mismatch(value, path, "an address");
        };
        let read = Self::new(text, reader.limits);
        if read.is_none() {
            let scheme = match reader.limits.addresses {
                Addresses::Https => "https://",
                Addresses::HttpToo => "https:// or http://",
            };
            let most = reader.limits.url;
            reader.complain(
                path,
                format!(
                    "{} is not an {scheme} address of at most {most} bytes",
                    quoted(text)
                ),
            );
        }
        read
    }

    fn write(&self) -> Value {
        self.as_str().into()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "format": "uri", "maxLength": Limits::default().url })
    }
}

/// A picture: `{ "asset": "logo" }` or `{ "url": "https://…" }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// One that was uploaded.
    Asset(AssetId),
    /// One that is fetched when it is drawn.
    Url(Address),
}

record! {
    /// A picture: one of the two members.
    pub struct SourceForm {
        /// One that was uploaded.
        asset("asset"): optional AssetId;
        /// One that is fetched when it is drawn.
        url("url"): optional Address;
    }
}

impl Form for Source {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match SourceForm::read(value, path, reader)? {
            SourceForm {
                asset: Some(asset),
                url: None,
            } => Some(Self::Asset(asset)),
            SourceForm {
                asset: None,
                url: Some(url),
            } => Some(Self::Url(url)),
            SourceForm { .. } => {
                reader.complain(path, "needs either \"asset\" or \"url\"");
                None
            }
        }
    }

    fn write(&self) -> Value {
        let form = match self.clone() {
            Self::Asset(asset) => SourceForm {
                asset: Some(asset),
                url: None,
            },
            Self::Url(url) => SourceForm {
                asset: None,
                url: Some(url),
            },
        };
        form.write()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let form = SourceForm::schema(generator);
        schemars::json_schema!({ "allOf": [form], "minProperties": 1, "maxProperties": 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        let strict = Limits::default();
        let open = Limits {
            addresses: Addresses::HttpToo,
            ..Limits::default()
        };
        assert!(Address::new("HTTPS://example.org/p.jpg?x=1", &strict).is_some());
        assert!(Address::new("http://example.org/", &strict).is_none());
        assert!(Address::new("http://example.org/", &open).is_some());
        for wrong in [
            "",
            "https://",
            "https:///x",
            "ftp://a/",
            "https://a b/",
            "éééé://a",
        ] {
            assert!(Address::new(wrong, &open).is_none(), "{wrong}");
        }
    }
}
