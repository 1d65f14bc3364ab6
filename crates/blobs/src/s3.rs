//! S3 and everything that speaks its protocol.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use crate::{OpenError, Signing, Storage};

/// How S3 is spoken to.
#[derive(Clone)]
pub struct S3Settings {
    /// Where it is and who asks, by the names of the environment variables that Amazon's own tools read:
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`, ... What
    /// is no such name is left aside. Without a key, the role of the machine is asked for one. An endpoint that begins
    /// with `http://` is taken at its word.
    pub names: Vec<(String, String)>,
    /// How long one request may stay without progress: until its answer begins, and between two pieces of it. 30 s.
    pub timeout: Duration,
    /// How long a connection may take to be made. 5 s.
    pub connect: Duration,
    /// How often one request is repeated while the storage is busy or out of reach. 3.
    pub retries: usize,
}

impl Default for S3Settings {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            timeout: Duration::from_secs(30),
            connect: Duration::from_secs(5),
            retries: 3,
        }
    }
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The names only: among the values are secrets.
        let names: Vec<&str> = self.names.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("S3Settings")
            .field("names", &names)
            .field("timeout", &self.timeout)
            .field("connect", &self.connect)
            .field("retries", &self.retries)
            .finish()
    }
}

impl S3Settings {
    /// The settings with what the environment of this process says in variables that begin with `AWS_`.
    pub fn from_environment() -> Self {
        let names = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("AWS_"));
        Self {
            names: names.collect(),
            ..Self::default()
        }
    }

    fn builder(&self, bucket: &str) -> AmazonS3Builder {
        let mut builder = AmazonS3Builder::new();
        let mut plain = false;
        for (name, value) in &self.names {
            if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
                plain |= matches!(key, AmazonS3ConfigKey::Endpoint) && value.starts_with("http://");
                builder = builder.with_config(key, value);
            }
        }
        let client = ClientOptions::new()
            // Of a whole request none: a large file may take as long as it likes while it moves.
            .with_timeout_disabled()
            .with_read_timeout(self.timeout)
            .with_connect_timeout(self.connect)
            .with_allow_http(plain)
            .with_default_content_type("application/octet-stream")
            .with_content_type_for_suffix("webp", "image/webp")
            .with_content_type_for_suffix("png", "image/png")
            .with_content_type_for_suffix("jpg", "image/jpeg")
            .with_content_type_for_suffix("json", "application/json");
        let retry = RetryConfig {
            max_retries: self.retries,
            retry_timeout: self.timeout * 2,
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(5),
                base: 2.0,
            },
        };
        builder
            .with_bucket_name(bucket)
            .with_client_options(client)
            .with_retry(retry)
    }
}

impl Storage {
    /// A bucket, or what lies under a prefix in it.
    ///
    /// # Errors
    /// [`OpenError::Setting`] for a time of zero, [`OpenError::Storage`] for names or a bucket that make no sense.
    pub fn s3(bucket: &str, prefix: &str, settings: &S3Settings) -> Result<Self, OpenError> {
        for (setting, time) in [
            ("blob timeout", settings.timeout),
            ("blob connect timeout", settings.connect),
        ] {
            if time.is_zero() {
                let expected = "longer than nothing";
                return Err(OpenError::Setting { setting, expected });
            }
        }
        marquetry_egress::choose_tls();
        let prefix = object_store::path::Path::from(prefix);
        let s3 = Arc::new(settings.builder(bucket).build()?);
        let signing = Signing::new(Arc::clone(&s3) as _, prefix.clone());
        Ok(Self {
            blobs: if prefix.as_ref().is_empty() {
                s3
            } else {
                Arc::new(PrefixStore::new(s3, prefix))
            },
            signing: Some(signing),
        })
    }
}
