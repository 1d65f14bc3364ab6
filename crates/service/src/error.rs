//! Why the service could not do what it was asked, sorted by who can do something about it.

use std::time::Duration;

use marquetry_egress::Refusal;
use marquetry_job::{Again, Failure, ShownState};
use marquetry_model::{
    ApiKeyId, BlobKey, DeliveryId, Denied, DesignId, EndpointId, Handle, JobId, LayerId, MockupId,
    ModelError, TenantId,
};
use marquetry_store::StoreError;
use marquetry_template::Problems;

use crate::Recipients;

/// An error from elsewhere, kept as the source.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why the service could not do what it was asked.
///
/// First what the caller asked for that is not there, then what is wrong with what the caller asked, then what
/// passes with time, then what the operator has to look at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The tenant has no such mockup.
    #[error("no mockup {id}")]
    MockupNotFound {
        /// The id that was given.
        id: MockupId,
    },
    /// The mockup has no such smart object.
    #[error("the mockup has no smart object {id}")]
    SmartObjectNotFound {
        /// The id that was given.
        id: LayerId,
    },
    /// The mockup has no such text layer.
    #[error("the mockup has no text layer {id}")]
    TextLayerNotFound {
        /// The id that was given.
        id: LayerId,
    },
    /// The tenant has no such job.
    #[error("no job {id}")]
    JobNotFound {
        /// The id that was given.
        id: JobId,
    },
    /// The job is there and has no file to show: it has not succeeded, or its file was deleted with its mockup.
    #[error("job {job} has no result")]
    ResultNotFound {
        /// The job.
        job: JobId,
    },
    /// Nothing is stored under this key.
    #[error("nothing is stored as {key}")]
    BlobNotFound {
        /// The key that was given.
        key: BlobKey,
    },
    /// The tenant has no such endpoint.
    #[error("no endpoint {id}")]
    EndpointNotFound {
        /// The id that was given.
        id: EndpointId,
    },
    /// The tenant has no such delivery, or this endpoint has not.
    #[error("no delivery {id}")]
    DeliveryNotFound {
        /// The id that was given.
        id: DeliveryId,
    },
    /// The tenant has no such key.
    #[error("no API key {id}")]
    KeyNotFound {
        /// The id that was given.
        id: ApiKeyId,
    },
    /// The tenant has no such template.
    #[error("no template {id}")]
    TemplateNotFound {
        /// The id that was given.
        id: Handle,
    },
    /// The template is there, and nothing of it was ever published.
    #[error("template {id} has no published revision")]
    TemplateNotPublished {
        /// The template.
        id: Handle,
    },
    /// The tenant has no such design.
    #[error("no design {id}")]
    DesignNotFound {
        /// The id that was given.
        id: DesignId,
    },
    /// The tenant has no such design group.
    #[error("no design group {id}")]
    GroupNotFound {
        /// The id that was given.
        id: Handle,
    },
    /// The tenant has no such font or picture for templates.
    #[error("no asset {id}")]
    AssetNotFound {
        /// The id that was given.
        id: Handle,
    },
    /// The tenant has no such destination.
    #[error("no destination {id}")]
    DestinationNotFound {
        /// The id that was given.
        id: Handle,
    },
    /// The tenant has no such preset.
    #[error("no preset {id}")]
    PresetNotFound {
        /// The id that was given.
        id: Handle,
    },
    /// A file is to be sent to whom there is not.
    #[error("nobody of that name can be sent a file")]
    RecipientNotFound {
        /// Who can.
        usable: Recipients,
    },
    /// There is no such tenant.
    #[error("no tenant {id}")]
    TenantNotFound {
        /// The id that was given.
        id: TenantId,
    },

    /// A value breaks a rule: the error names its field.
    #[error(transparent)]
    Invalid(#[from] ModelError),
    /// A layout breaks the rules of the format, or refers to what is not there.
    #[error("the layout is wrong: {0}")]
    LayoutRefused(#[source] Problems),
    /// Values do not fit the fields of the template.
    #[error("the values are wrong: {0}")]
    ValuesRefused(#[source] Problems),
    /// A player is to be seated in a template that has no team layout.
    #[error("the template has no team layout")]
    NoTeam,
    /// Every slot of the team layout is taken.
    #[error("all {slots} slots of the layout are taken")]
    LayoutFull {
        /// How many there are.
        slots: usize,
    },
    /// What the template needs was taken away since it was saved: its owner brings it back or publishes another layout.
    #[error("the template needs {what}, which is not there any more")]
    Lacking {
        /// What it needs.
        what: String,
    },
    /// The file is neither a font nor a picture of a kind that is read.
    #[error("the file is no font and no picture that can be read")]
    AssetRefused,
    /// The name is another one's.
    #[error("there is a {what} {id} already")]
    Taken {
        /// What has the name.
        what: &'static str,
        /// The name.
        id: Handle,
    },
    /// The text layer is there and its text cannot be replaced.
    #[error("the text of layer {id} cannot be replaced")]
    TextLayerNotEditable {
        /// The layer.
        id: LayerId,
    },
    /// The file is larger than the operator allows.
    #[error("an upload may have at most {limit} bytes")]
    UploadTooLarge {
        /// The most bytes allowed.
        limit: u64,
    },
    /// The stream of an upload broke off: whoever sends it sends it again.
    #[error("the upload broke off after {bytes} bytes")]
    UploadBroken {
        /// How many bytes had come.
        bytes: u64,
        /// What the stream said.
        #[source]
        source: Source,
    },
    /// A picture that came with a request is larger than the operator allows.
    #[error("an asset may have at most {limit} bytes, this one has {bytes}")]
    AssetTooLarge {
        /// How many bytes it has.
        bytes: u64,
        /// The most bytes allowed.
        limit: u64,
    },
    /// A render needs more memory than any worker has: its author asks for a smaller picture, or the operator allows
    /// more.
    #[error("the render needs about {wanted} bytes of memory, at most {allowed} are allowed")]
    NeverFits {
        /// About how many bytes it takes, at the least.
        wanted: u64,
        /// The most that there are.
        allowed: u64,
    },
    /// The part that was asked for lies outside the blob.
    #[error("no such part of {size} bytes")]
    RangeOutside {
        /// How many bytes the blob has.
        size: u64,
    },
    /// Messages may not be sent there. The reason depends on the text of the URL alone, so that its author may
    /// read it.
    #[error("messages may not be sent to this URL")]
    UrlRefused {
        /// The rule it breaks.
        #[source]
        why: Refusal,
    },
    /// Nothing may be sent there. The reason depends on the text of the URL alone, so that its author may read it.
    #[error("{field} names an address that nothing may be sent to")]
    AddressRefused {
        /// Where it stands.
        field: &'static str,
        /// The rule it breaks.
        #[source]
        why: Refusal,
    },
    /// Presets name the destination that is to go: their owner changes them first.
    #[error("the destination {id} is named by a preset")]
    DestinationInUse {
        /// The destination.
        id: Handle,
        /// The presets; at least one.
        presets: Vec<Handle>,
    },
    /// The tenant has as many destinations or presets as it may.
    #[error("at most {limit} of {what} are allowed")]
    SendingLimit {
        /// Of what.
        what: &'static str,
        /// How many.
        limit: u32,
    },
    /// The tenant has as many endpoints as it may.
    #[error("at most {limit} endpoints are allowed")]
    EndpointLimit {
        /// How many.
        limit: u32,
    },
    /// What was asked costs more than the tenant has, or its account is suspended. Nothing was begun.
    #[error(transparent)]
    Denied(Denied),
    /// The idempotency key was used with another request.
    #[error("this idempotency key belongs to another request")]
    IdempotencyConflict,
    /// The job ended before it could be cancelled.
    #[error("job {id} has ended already")]
    AlreadyEnded {
        /// The job.
        id: JobId,
        /// How it ended.
        state: ShownState,
    },
    /// The text is no API key: `sm_` and one to 253 further characters.
    #[error("an API key starts with sm_")]
    MalformedKey,
    /// The key exists and cannot be given to this tenant: it was revoked, or is another tenant's.
    #[error("this API key cannot be used: it is {why}")]
    KeyTaken {
        /// `revoked`, or `another tenant's`.
        why: &'static str,
    },

    /// The delivery is being sent at this moment.
    #[error("delivery {id} is being sent just now")]
    DeliveryBusy {
        /// The delivery.
        id: DeliveryId,
    },
    /// More work waits than the operator allows.
    #[error("{limit} jobs are waiting already")]
    QueueFull {
        /// How many may wait.
        limit: u64,
        /// When it is worth asking again.
        retry_after: Duration,
    },

    /// As many look on at jobs as the operator allows, altogether or of this tenant.
    #[error("{limit} look on already")]
    TooManyWatchers {
        /// How many may.
        limit: usize,
    },

    /// A mockup's fidelity could not be found out.
    #[error("no fidelity report could be made: {}", failure.detail)]
    NotReported {
        /// What would make a job of this mockup fail.
        failure: Failure,
        /// Whether asking once more may help.
        again: Again,
    },

    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The blob storage failed.
    #[error("the blob storage failed while {doing}")]
    Blobs {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        #[source]
        source: object_store::Error,
    },
    /// The operating system gives no random bytes.
    #[error("no random bytes can be had")]
    NoRandomness {
        /// What it said.
        #[source]
        source: Source,
    },
    /// A setting makes no sense.
    #[error("{setting} must be {expected}")]
    Setting {
        /// Which one, as the builder calls it.
        setting: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

impl ServiceError {
    /// Whether the same call may succeed later.
    pub const fn again(&self) -> Again {
        match self {
            Self::Store(error) => error.again(),
            Self::NotReported { again, .. } => *again,
            Self::Blobs { source, .. } => match source {
                object_store::Error::PermissionDenied { .. }
                | object_store::Error::Unauthenticated { .. }
                | object_store::Error::NotSupported { .. }
                | object_store::Error::NotImplemented { .. }
                | object_store::Error::InvalidPath { .. } => Again::Never,
                _ => Again::Later,
            },
            Self::DeliveryBusy { .. }
            | Self::QueueFull { .. }
            | Self::TooManyWatchers { .. }
            | Self::UploadBroken { .. }
            | Self::NoRandomness { .. } => Again::Later,
            _ => Again::Never,
        }
    }

    /// What to do with an error of the blob storage that occurred while `doing` something.
    pub(crate) fn blobs(doing: &'static str) -> impl Fn(object_store::Error) -> Self {
        move |source| Self::Blobs { doing, source }
    }
}
