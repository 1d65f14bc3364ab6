//! The addresses that answers hand out, all under one public origin.

use std::fmt;
use std::sync::Arc;

use marquetry_model::{BlobKey, MockupId};

/// Makes addresses under the origin that clients reach the server by.
#[derive(Clone)]
pub struct Links {
    origin: String,
    elsewhere: Option<Arc<Elsewhere>>,
}

/// Where a file lies that this server need not hand out itself.
type Elsewhere = dyn Fn(&BlobKey) -> Option<String> + Send + Sync;

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links")
            .field("origin", &self.origin)
            .field("results_elsewhere", &self.elsewhere.is_some())
            .finish()
    }
}

impl Links {
    /// Where stored files are served, below the origin.
    pub const FILES: &'static str = "/files/";
    /// How the keys of results begin.
    const RESULTS: &'static str = "results/";

    /// Addresses under `public_url`, such as `https://mockups.example.com`; slashes at its end do not count.
    pub fn new(public_url: &str) -> Self {
        Self {
            origin: public_url.trim().trim_end_matches('/').to_owned(),
            elsewhere: None,
        }
    }

    /// The same, but for results, whose addresses `elsewhere` gives: such as one at the storage, signed for a while.
    /// Where it gives none, the result is served under the origin, which it is in either case. Previews keep their
    /// addresses, because they are shown for as long as their mockup is.
    #[must_use]
    pub fn with_results_elsewhere(
        self,
        elsewhere: impl Fn(&BlobKey) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            elsewhere: Some(Arc::new(elsewhere)),
            ..self
        }
    }

    /// The origin, without a slash at its end.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// `path`, which starts with a slash, under the origin.
    pub fn under(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Where a stored file can be fetched. Only files that [`Self::file_of_path`] gives are served.
    pub fn file(&self, key: &BlobKey) -> String {
        if let Some(elsewhere) = &self.elsewhere
            && key.as_str().starts_with(Self::RESULTS)
            && let Some(address) = elsewhere(key)
        {
            return address;
        }
        format!("{}{}{key}", self.origin, Self::FILES)
    }

    /// Where a mockup can be read.
    pub fn mockup(&self, id: MockupId) -> String {
        self.under(&format!("/api/v1/psd-mockups/{id}"))
    }

    /// The file that a path asks for; `None` when it asks for none that is served. Results, previews and heat maps
    /// are; what tenants uploaded is not.
    ///
    /// ```
    /// use marquetry_dialect::Links;
    /// let path = "/files/results/9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10/0.webp";
    /// assert!(Links::file_of_path(path).is_some());
    /// assert!(Links::file_of_path("/files/uploads/secret.psd").is_none());
    /// ```
    pub fn file_of_path(path: &str) -> Option<BlobKey> {
        let key = path.strip_prefix(Self::FILES)?;
        let is_picture = [Self::RESULTS, "thumbnails/"]
            .iter()
            .any(|folder| key.starts_with(folder));
        // Beside a heat map lies its report, in the form that the store keeps it in.
        let is_heat_map = key.starts_with("fidelity/") && key.ends_with(".png");
        let served = is_picture || is_heat_map;
        if served { key.parse().ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use marquetry_model::{ExportFormat, JobId};

    #[test]
    fn an_address_leads_back_to_its_file() {
        let links = Links::new("https://mockups.example.com/sub/");
        for key in [
            BlobKey::result(JobId::from_random([1; 16]), 0, ExportFormat::Webp),
            BlobKey::thumbnail(MockupId::from_random([2; 16]), 720),
            BlobKey::heat_map(marquetry_model::ContentHash::from_bytes([7; 32])),
        ] {
            let url = links.file(&key);
            let path = url.strip_prefix("https://mockups.example.com/sub").unwrap();
            assert_eq!(Links::file_of_path(path), Some(key));
        }
    }

    #[test]
    fn results_alone_may_lie_elsewhere() {
        let result = BlobKey::result(JobId::from_random([1; 16]), 0, ExportFormat::Webp);
        let preview = BlobKey::thumbnail(MockupId::from_random([2; 16]), 720);
        let links = Links::new("https://a.example")
            .with_results_elsewhere(|key| Some(format!("https://s3/{key}?signed")));
        assert_eq!(links.file(&result), format!("https://s3/{result}?signed"));
        assert_eq!(links.file(&preview), format!("https://a.example/files/{preview}"));
        let unsigned = Links::new("https://a.example").with_results_elsewhere(|_| None);
        assert_eq!(
            unsigned.file(&result),
            format!("https://a.example/files/{result}")
        );
    }

    #[test]
    fn nothing_else_is_served() {
        let upload = BlobKey::upload(marquetry_model::ContentHash::from_bytes([7; 32]));
        let report = BlobKey::fidelity(marquetry_model::ContentHash::from_bytes([7; 32]));
        for path in [
            format!("/files/{upload}"),
            format!("/files/{report}"),
            "/files/results/../uploads/a".to_owned(),
            "/files/results/".to_owned(),
            "/files/".to_owned(),
            "results/a".to_owned(),
        ] {
            assert_eq!(Links::file_of_path(&path), None, "{path}");
        }
    }
}
