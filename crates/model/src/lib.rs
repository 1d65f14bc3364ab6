//! The nouns of the business and the pure rules over them: mockup, smart object, placement, change,
//! export, job, endpoint, delivery, tenant. No I/O, no clock, no serde.
//!
//! A value of these types has been checked once, where it was made, and is never checked again: a
//! [`Quality`] is between 1 and 100 wherever it turns up.
//!
//! ```
//! use marquetry_model::{Export, ExportFormat, ExportSize, Quality};
//!
//! let export = Export { format: ExportFormat::Jpeg, size: ExportSize::width(1200)?, ..Export::default() };
//! assert_eq!(export.quality, Quality::new("quality", 90.0)?);
//! assert_eq!(ExportSize::width(20_000).unwrap_err().to_string(), "image_size must be between 100 and 10000");
//! # Ok::<(), marquetry_model::ModelError>(())
//! ```

mod batch;
mod blob;
mod bounds;
mod catalogue;
mod date;
mod delivery;
mod destination;
mod endpoint;
mod export;
mod fidelity;
pub mod footprint;
mod id;
mod job;
mod ledger;
mod mockup;
mod path_template;
pub mod placement;
mod render_spec;
mod request;
mod template;
mod tenant;
mod timeline;
mod upload;

pub use batch::{After, Batch, BatchStanding, Pending, Then};
pub use blob::{BlobKey, ContentHash};
pub use bounds::{ModelError, Within, text};
pub use catalogue::{Catalogue, LayerAddress, LayerEntry, LayerKind, SmartObject, TextLayer, TextSegment};
pub use date::Date;
pub use delivery::{AttemptRecord, Carriage, Delivery, DeliveryAttempt, Lane, Target, Trouble};
pub use destination::{Bucket, Destination, DropboxAccess, Parcel, Preset, Reach, SendTo, Sending, Stop};
pub use endpoint::{
    Callback, DialectName, Disabled, Endpoint, EventNaming, EventType, FormerSecret, Secret, WhyDisabled,
};
pub use export::{Dpi, Export, ExportFormat, ExportSize, Quality};
pub use fidelity::{Comparison, Difference, Drawn, Fidelity, Lack, LayerFidelity, NoReference};
pub use id::{
    ApiKeyId, BatchId, DeliveryId, DesignId, EndpointId, JobId, LayerId, MalformedId, MockupId, TenantId,
};
pub use job::{Announce, ExportFile, Job, JobKind, JobResult, JobSpec, Priority, Timing, Version};
pub use ledger::{Account, Amount, Denied, LedgerEntry, Posting, Prices, Standing};
pub use mockup::{Mockup, Thumbnail, Warning};
pub use path_template::{PathTemplate, PathValues};
pub use placement::{BoxSize, Fit, Flip, Placement, Position, Rotation, Tile};
pub use render_spec::{Adjustments, AssetSource, Change, ColourOverlay, RenderSpec, Rewording};
pub use request::{
    EndpointChange, EndpointDraft, RenderRequest, RequestedAsset, RequestedChange, TextChange, TextFit,
    TextStyle, Words,
};
pub use template::{
    About, AssetKind, Design, DesignGroup, Handle, Layout, Pinned, Published, Template, TemplateAsset,
    TemplateSpec,
};
pub use tenant::{ApiKey, KeyHash, Tenant};
pub use timeline::{Happening, Moment, Progress, Timeline};
pub use upload::{UploadSource, UploadSpec};
