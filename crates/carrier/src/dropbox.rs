//! The way to Dropbox, through its HTTP API.
//!
//! Dropbox API v2, *files/upload* and *files/upload_session*: the arguments go in a header, the bytes in the body. A
//! file of one piece is uploaded at once, a longer one in a session, whose last request puts it in its place.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use marquetry_egress::{Egress, HeaderMap, HeaderName, HeaderValue, Outgoing, SendLimits, Sent};
use marquetry_model::Secret;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::bring::{Bring, Brought};
use crate::builder::DropboxAddresses;
use crate::cargo::Cargo;
use crate::place::Place;
use crate::setback::{Setback, Stop, said};
use crate::tokens::{Grant, Owner, Tokens};

/// Somebody's Dropbox.
pub(crate) struct Dropbox {
    pub(crate) egress: Egress,
    pub(crate) limits: SendLimits,
    pub(crate) addresses: DropboxAddresses,
    pub(crate) access: Access,
}

/// How it is shown who asks. Secrets are opened.
pub(crate) enum Access {
    Token(Secret),
    Refresh {
        tokens: Arc<Tokens>,
        owner: Owner,
        grant: Grant,
    },
}

impl fmt::Debug for Dropbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dropbox")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

/// How much of an answer is read: more than any that is needed.
const ANSWER: usize = 64 * 1024;
/// What a content hash is made of: hashes of blocks of so many bytes, hashed.
const BLOCK: usize = 4 << 20;

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    content_hash: Option<String>,
}

#[derive(Deserialize)]
struct Session {
    session_id: String,
}

#[derive(Deserialize)]
struct Refused {
    error_summary: String,
}

#[async_trait]
impl Bring for Dropbox {
    async fn bring(&self, cargo: &Cargo, place: &Place) -> Result<Brought, Stop> {
        let commit = json!({
            "path": format!("/{}", place.path()),
            "mode": "overwrite",
            "autorename": false,
            "mute": true,
        });
        let mut hash = ContentHash::default();
        let mut pieces = cargo.pieces().peekable();
        let first = cargo.read(pieces.next().unwrap_or_default()).await?;
        hash.add(&first);
        let sent = match pieces.peek() {
            None => self.call("upload", &commit, first).await?,
            Some(_) => {
                let begun = self
                    .call("upload_session/start", &json!({ "close": false }), first)
                    .await?;
                let session: Session = read(&begun)?;
                let cursor = |offset: u64| json!({ "session_id": session.session_id, "offset": offset });
                let mut last = begun;
                while let Some(piece) = pieces.next() {
                    let at = cursor(piece.start);
                    let bytes = cargo.read(piece).await?;
                    hash.add(&bytes);
                    last = match pieces.peek() {
                        Some(_) => {
                            let argument = json!({ "cursor": at, "close": false });
                            self.call("upload_session/append_v2", &argument, bytes).await?
                        }
                        None => {
                            let argument = json!({ "cursor": at, "commit": commit });
                            self.call("upload_session/finish", &argument, bytes).await?
                        }
                    };
                }
                last
            }
        };
        let told = read::<Metadata>(&sent)?.content_hash;
        if told.is_some_and(|told| told != hash.end()) {
            return Err(Setback::answered("Dropbox received other bytes than were sent", &sent).into());
        }
        Ok(Brought {
            status: Some(sent.status.as_u16()),
            lookup: sent.peer.ip().to_string(),
        })
    }
}

impl Dropbox {
    /// Makes a request of the API of files, with a fresh token once more if the one at hand is not accepted.
    async fn call(&self, route: &str, argument: &serde_json::Value, body: Bytes) -> Result<Sent, Setback> {
        let mut sent = self.ask(route, argument, body.clone()).await?;
        if let Access::Refresh { tokens, owner, .. } = &self.access
            && sent.status.as_u16() == 401
        {
            tokens.forget(owner);
            sent = self.ask(route, argument, body).await?;
        }
        match sent.status.is_success() {
            true => Ok(sent),
            false => Err(Setback::answered(refusal(&sent), &sent)),
        }
    }

    async fn ask(&self, route: &str, argument: &serde_json::Value, body: Bytes) -> Result<Sent, Setback> {
        let token = match &self.access {
            Access::Token(token) => token.clone(),
            Access::Refresh { tokens, owner, grant } => {
                tokens
                    .token(owner, grant, &self.egress, &self.addresses.api, &self.limits)
                    .await?
            }
        };
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()))
            .map_err(|_| Setback::ours("the access token is none"))?;
        bearer.set_sensitive(true);
        let argument = HeaderValue::try_from(ascii(&argument.to_string()))
            .map_err(|_| Setback::ours("the path is none that Dropbox can have"))?;
        let mut outgoing = Outgoing::post(format!("{}/2/files/{route}", self.addresses.content), body);
        outgoing.headers = HeaderMap::from_iter([
            (HeaderName::from_static("authorization"), bearer),
            (HeaderName::from_static("dropbox-api-arg"), argument),
            (
                HeaderName::from_static("content-type"),
                HeaderValue::from_static("application/octet-stream"),
            ),
        ]);
        let limits = SendLimits {
            answer_bytes: ANSWER,
            ..self.limits.clone()
        };
        let sent = self.egress.send(outgoing, &limits).await;
        sent.map_err(|error| Setback::unanswered(&error))
    }
}

fn read<T: serde::de::DeserializeOwned>(sent: &Sent) -> Result<T, Setback> {
    let unread = |_| Setback::answered("the answer is not that of Dropbox", sent);
    serde_json::from_slice(&sent.body).map_err(unread)
}

/// JSON that may stand in a header: everything beyond ASCII, and the one sign of ASCII that may not, as `\uXXXX`.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for sign in json.chars() {
        if sign.is_ascii() && sign != '\u{7f}' {
            text.push(sign);
        } else {
            let mut units = [0; 2];
            for unit in sign.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

/// An answer in words. The summary names a reason, then noise.
fn refusal(sent: &Sent) -> String {
    let summary = serde_json::from_slice::<Refused>(&sent.body).map(|refused| refused.error_summary);
    let summary = summary.unwrap_or_default();
    let reasons: Vec<&str> = summary.split('/').collect();
    let known = |reason: &str| reasons.contains(&reason);
    let words = if known("insufficient_space") {
        "the Dropbox is full"
    } else if known("no_write_permission") || known("team_folder") {
        "Dropbox does not let it be written there"
    } else if known("malformed_path") || known("disallowed_name") {
        "the path is none that Dropbox can have"
    } else if known("conflict") {
        "there is something of that name in the Dropbox that is no file"
    } else if known("expired_access_token") {
        "the access token of Dropbox has ended"
    } else if known("missing_scope") {
        "the app of Dropbox may not write files: it needs files.content.write"
    } else if known("too_many_write_operations") || sent.status.as_u16() == 429 {
        "Dropbox has too much to do for this account"
    } else if sent.status.as_u16() == 401 {
        "Dropbox does not accept the access token"
    } else {
        let status = said(sent.status);
        let told = reasons.iter().take_while(|reason| {
            !reason.is_empty()
                && reason
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        });
        let told: Vec<&str> = told.copied().take(4).collect();
        return match told.is_empty() {
            true => format!("Dropbox answered {status}"),
            false => format!("Dropbox answered {status}: {}", told.join("/")),
        };
    };
    words.to_owned()
}

/// The hash by which Dropbox knows what a file holds.
#[derive(Default)]
struct ContentHash {
    blocks: Sha256,
    block: Sha256,
    filled: usize,
}

impl ContentHash {
    fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(BLOCK - self.filled));
            self.block.update(now);
            self.filled += now.len();
            bytes = rest;
            if self.filled == BLOCK {
                self.close_block();
            }
        }
    }

    fn close_block(&mut self) {
        self.blocks.update(self.block.finalize_reset());
        self.filled = 0;
    }

    fn end(mut self) -> String {
        if self.filled > 0 {
            self.close_block();
        }
        let hash = self.blocks.finalize();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ascii_is_escaped_and_reads_back() {
        let path = json!({ "path": "/Zoë/サッカー/🏆/\u{7f}\"\\.jpg" });
        let text = ascii(&path.to_string());
        assert!(text.bytes().all(|byte| (b' '..0x7f).contains(&byte)), "{text}");
        assert!(
            text.contains("\\u00eb") && text.contains("\\ud83c\\udfc6"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), path);
    }

    #[test]
    fn the_content_hash_does_not_depend_on_the_pieces() {
        let bytes: Vec<u8> = (0..=250).cycle().take(BLOCK * 2 + 5).collect();
        // By the definition: the hash of the hashes of the blocks.
        let mut whole = Sha256::new();
        for block in bytes.chunks(BLOCK) {
            whole.update(Sha256::digest(block));
        }
        let expected: String = whole
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        for piece in [1 << 16, BLOCK, BLOCK + 1, bytes.len()] {
            let mut hash = ContentHash::default();
            bytes.chunks(piece).for_each(|piece| hash.add(piece));
            assert_eq!(hash.end(), expected, "{piece}");
        }
        // SHA-256 of nothing.
        let nothing = ContentHash::default().end();
        assert!(nothing.starts_with("e3b0c44298fc1c14"), "{nothing}");
    }
}
