//! Addresses by which anybody can read one blob for a while, without asking this house.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use http::Method;
use marquetry_model::BlobKey;
use object_store::path::Path;
use object_store::signer::Signer;

/// Signs addresses. Cheap to clone.
#[derive(Clone)]
pub struct Signing {
    signer: Arc<dyn Signer>,
    prefix: Path,
    valid: Duration,
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signing")
            .field("prefix", &self.prefix)
            .field("valid", &self.valid)
            .finish_non_exhaustive()
    }
}

impl Signing {
    /// The longest that an address may be valid: seven days, a rule of the protocol.
    pub const LONGEST: Duration = Duration::from_hours(7 * 24);

    pub(crate) fn new(signer: Arc<dyn Signer>, prefix: Path) -> Self {
        Self {
            signer,
            prefix,
            valid: Self::LONGEST,
        }
    }

    /// The same with addresses that are valid for so long, at least a second and at most [`Self::LONGEST`], which is
    /// also what they are valid for when nobody says.
    #[must_use]
    pub fn valid_for(self, valid: Duration) -> Self {
        Self {
            valid: valid.clamp(Duration::from_secs(1), Self::LONGEST),
            ..self
        }
    }

    /// An address of a blob, whether it is there or not. `None` when none can be made at this moment: credentials that
    /// have to be fetched anew are not waited for, because the calls that read and write fetch them soon enough.
    pub fn address(&self, key: &BlobKey) -> Option<String> {
        let place = Path::from_iter(self.prefix.parts().chain(crate::path(key).parts()));
        let signing = self.signer.signed_url(Method::GET, &place, self.valid);
        match signing.now_or_never()? {
            Ok(url) => Some(url.into()),
            Err(error) => {
                tracing::warn!(%key, %error, "no address could be signed");
                None
            }
        }
    }
}
