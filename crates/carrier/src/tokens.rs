//! Access tokens of Dropbox: given, or fetched for a refresh token and kept until shortly before they end.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use marquetry_egress::{Egress, HeaderMap, HeaderValue, Outgoing, SendLimits};
use marquetry_model::{Destination, Handle, Secret, TenantId, Version};
use serde::Deserialize;
use tokio::time::Instant;
use url::form_urlencoded::Serializer;

use crate::setback::{Setback, said};

/// Whose token it is; a destination that changes is at another version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    tenant: TenantId,
    destination: Handle,
    version: Version,
}

impl Owner {
    pub(crate) fn of(destination: &Destination) -> Self {
        Self {
            tenant: destination.tenant,
            destination: destination.id.clone(),
            version: destination.version,
        }
    }
}

/// What a token is fetched for. Opened.
pub(crate) struct Grant {
    pub(crate) app_key: String,
    pub(crate) app_secret: Option<Secret>,
    pub(crate) refresh_token: Secret,
}

/// The tokens that are known.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<HashMap<Owner, Known>>);

#[derive(Clone, Debug)]
struct Known {
    token: Secret,
    until: Instant,
}

/// Most that are remembered; who is forgotten costs one more request.
const MOST: usize = 1024;
/// So long before its end a token is fetched anew.
const AHEAD: Duration = Duration::from_secs(300);
/// How much of an answer is read.
const ANSWER: usize = 64 * 1024;

#[derive(Deserialize)]
struct Fetched {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Tokens {
    /// The token that is known of `owner`, or a new one.
    ///
    /// # Errors
    /// A [`Setback`] when Dropbox gives none.
    pub(crate) async fn token(
        &self,
        owner: &Owner,
        grant: &Grant,
        egress: &Egress,
        api: &str,
        limits: &SendLimits,
    ) -> Result<Secret, Setback> {
        if let Some(known) = self
            .known()
            .get(owner)
            .filter(|known| known.until > Instant::now())
        {
            return Ok(known.token.clone());
        }
        let fetched = fetch(grant, egress, api, limits).await?;
        let token = Secret::new(fetched.access_token);
        // Without a word it is used once.
        let lasts = Duration::from_secs(fetched.expires_in.unwrap_or(0).min(86_400)).saturating_sub(AHEAD);
        let mut all = self.known();
        if all.len() >= MOST {
            all.clear();
        }
        let until = Instant::now() + lasts;
        let known = Known {
            token: token.clone(),
            until,
        };
        all.insert(owner.clone(), known);
        Ok(token)
    }

    /// The token of `owner` was not accepted.
    pub(crate) fn forget(&self, owner: &Owner) {
        self.known().remove(owner);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Owner, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn form(grant: &Grant) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token")
        .append_pair("refresh_token", grant.refresh_token.expose())
        .append_pair("client_id", &grant.app_key);
    if let Some(secret) = &grant.app_secret {
        form.append_pair("client_secret", secret.expose());
    }
    form.finish()
}

async fn fetch(grant: &Grant, egress: &Egress, api: &str, limits: &SendLimits) -> Result<Fetched, Setback> {
    let mut outgoing = Outgoing::post(format!("{api}/oauth2/token"), form(grant));
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    outgoing.headers =
        HeaderMap::from_iter([(marquetry_egress::HeaderName::from_static("content-type"), kind)]);
    let limits = SendLimits {
        answer_bytes: ANSWER,
        ..limits.clone()
    };
    let sent = egress
        .send(outgoing, &limits)
        .await
        .map_err(|error| Setback::unanswered(&error))?;
    if !sent.status.is_success() {
        let words = match serde_json::from_slice(&sent.body) {
            Ok(Refused { error }) if error == "invalid_grant" => {
                "Dropbox does not accept the refresh token".to_owned()
            }
            Ok(Refused { error }) if error == "invalid_client" => {
                "Dropbox does not know the key of the app, or its secret".to_owned()
            }
            _ => format!("Dropbox gave no access token: {}", said(sent.status)),
        };
        return Err(Setback::answered(words, &sent));
    }
    let unread = |_| Setback::answered("Dropbox gave an access token that cannot be read", &sent);
    serde_json::from_slice(&sent.body).map_err(unread)
}
