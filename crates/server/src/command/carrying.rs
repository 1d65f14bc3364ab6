//! The flags of files that are sent to destinations: where folders are, how many at once, how long one may take.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use marquetry_carrier::{CarrierBuilder, DropboxAddresses};

use super::Failure;
use super::limits::{bytes, time};

/// How files are brought to destinations, wherever that happens.
#[derive(Args, Clone, Debug)]
pub(super) struct Carrying {
    /// Where destinations that are folders lie, each tenant's in one of its own. Without it, what is sent to one is told
    /// that there is none.
    #[arg(long, env = "MARQUETRY_SEND_TO_FOLDER", value_name = "DIR")]
    send_to_folder: Option<PathBuf>,
    /// Files that this process brings to destinations at a time; 0 brings none.
    #[arg(long, env = "MARQUETRY_CARRIERS", value_name = "N", default_value_t = 4)]
    carriers: u16,
    /// How long one try to bring a file to a destination may take.
    #[arg(long, env = "MARQUETRY_CARRY_TIMEOUT", default_value = "5m", value_name = "TIME", value_parser = time)]
    carry_timeout: Duration,
    /// The longest file that is brought to a destination: `64M`, `1G`.
    #[arg(long, env = "MARQUETRY_CARRY_BYTES", default_value = "1G", value_name = "BYTES", value_parser = bytes)]
    carry_bytes: u64,
    /// Where Dropbox gives out access tokens.
    #[arg(long, env = "MARQUETRY_DROPBOX_API_URL", default_value_t = DropboxAddresses::default().api, value_name = "URL")]
    dropbox_api_url: String,
    /// Where Dropbox takes files.
    #[arg(long, env = "MARQUETRY_DROPBOX_CONTENT_URL", default_value_t = DropboxAddresses::default().content,
        value_name = "URL")]
    dropbox_content_url: String,
}

impl Default for Carrying {
    fn default() -> Self {
        let DropboxAddresses { api, content } = DropboxAddresses::default();
        Self {
            send_to_folder: None,
            carriers: 4,
            carry_timeout: Duration::from_secs(300),
            carry_bytes: 1 << 30,
            dropbox_api_url: api,
            dropbox_content_url: content,
        }
    }
}

impl Carrying {
    /// Whether this process brings any.
    pub(super) const fn brings(&self) -> bool {
        self.carriers > 0
    }

    /// The carrier as told, with the folder made if it is not there.
    pub(super) fn carrier(&self, carrier: CarrierBuilder) -> Result<CarrierBuilder, Failure> {
        let carrier = carrier
            .at_once(usize::from(self.carriers))
            .timeout(self.carry_timeout)
            .most_bytes(self.carry_bytes)
            .dropbox(DropboxAddresses {
                api: self.dropbox_api_url.clone(),
                content: self.dropbox_content_url.clone(),
            });
        let Some(folder) = &self.send_to_folder else {
            return Ok(carrier);
        };
        fs::create_dir_all(folder).map_err(|error| {
            Failure::new(format!(
                "--send-to-folder {} cannot be made: {error}",
                folder.display()
            ))
        })?;
        Ok(carrier.folder(folder.clone()))
    }
}
