//! Where everything is kept: the flags that name database and blobs, and what they open.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use marquetry_blobs::{S3Settings, Signing, Storage as Blobs};
use marquetry_dialect::Links;

use super::Failure;
use super::database::{Database, DatabaseFlags, Purpose};

/// Where everything is kept.
#[derive(Args, Clone, Debug)]
pub(super) struct Storage {
    /// The folder for the database and the blobs, unless they are named apart.
    #[arg(
        long,
        env = "MARQUETRY_DATA_DIR",
        default_value = "./marquetry-data",
        value_name = "DIR"
    )]
    pub(super) data_dir: PathBuf,
    #[command(flatten)]
    database: DatabaseFlags,
    /// `file:///FOLDER` or `s3://BUCKET/PREFIX`; by default a folder in the data directory. S3 is found and asked by
    /// the usual variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL, ...
    #[arg(long, env = "MARQUETRY_BLOB_URL", value_name = "URL")]
    blob_url: Option<String>,
    /// How long a request to S3 may stay without progress before it is given up.
    #[arg(long, env = "MARQUETRY_BLOB_TIMEOUT", value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    blob_timeout: u64,
    /// How often a request to S3 is repeated while it is busy or out of reach.
    #[arg(long, env = "MARQUETRY_BLOB_RETRIES", value_name = "N", default_value_t = 3,
          value_parser = clap::value_parser!(u16).range(0..=20))]
    blob_retries: u16,
    /// Where clients fetch results: from this server, or from S3 by addresses that are signed for a while.
    #[arg(long, env = "MARQUETRY_RESULT_URLS", value_enum, default_value_t)]
    result_urls: ResultUrls,
    /// How long a presigned address is valid; seven days at most, which is the default.
    #[arg(long, env = "MARQUETRY_RESULT_URL_EXPIRY", value_name = "SECONDS",
          default_value_t = Signing::LONGEST.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=Signing::LONGEST.as_secs()))]
    result_url_expiry: u64,
}

/// Where clients fetch results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ResultUrls {
    /// From this server.
    #[default]
    Served,
    /// From S3.
    Presigned,
}

impl Storage {
    /// Everything in one folder.
    pub(super) fn in_folder(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            database: DatabaseFlags::embedded(),
            blob_url: None,
            blob_timeout: 30,
            blob_retries: 3,
            result_urls: ResultUrls::Served,
            result_url_expiry: Signing::LONGEST.as_secs(),
        }
    }

    /// Opens the database.
    pub(super) async fn database(&self, purpose: Purpose) -> Result<Database, Failure> {
        self.database.open(&self.data_dir, purpose).await
    }

    /// Opens the blobs, and makes their folder when it is not there.
    pub(super) fn blobs(&self) -> Result<Blobs, Failure> {
        let s3 = S3Settings {
            timeout: Duration::from_secs(self.blob_timeout),
            retries: usize::from(self.blob_retries),
            ..S3Settings::from_environment()
        };
        Ok(match &self.blob_url {
            None => Blobs::folder(&self.data_dir.join("blobs"))?,
            Some(url) => Blobs::open(url, &s3)?,
        })
    }

    /// The addresses that are handed out, under `public_url` or, for results, as the flags say.
    pub(super) fn links(&self, public_url: &str, blobs: &Blobs) -> Result<Links, Failure> {
        let links = Links::new(public_url);
        match (self.result_urls, &blobs.signing) {
            (ResultUrls::Served, _) => Ok(links),
            (ResultUrls::Presigned, Some(signing)) => {
                let valid = Duration::from_secs(self.result_url_expiry);
                let signing = signing.clone().valid_for(valid);
                Ok(links.with_results_elsewhere(move |key| signing.address(key)))
            }
            (ResultUrls::Presigned, None) => Err(Failure::new(
                "--result-urls presigned needs blobs on S3: a folder signs no addresses",
            )),
        }
    }
}
