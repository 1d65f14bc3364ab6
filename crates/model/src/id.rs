//! Ids, each a type of its own: a [`JobId`] is no [`MockupId`].

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A text that is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is a UUID in its hyphenated form")]
pub struct MalformedId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Written as a lower-case hyphenated UUID of version 4.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id from sixteen random bytes; six of their bits become the UUID's version mark.
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }

            /// The id that these bytes spell, taken as they are.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its sixteen bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            /// Reads the hyphenated form, in either case.
            fn from_str(text: &str) -> Result<Self, MalformedId> {
                if text.len() != 36 {
                    return Err(MalformedId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| MalformedId)
            }
        }
    };
}

id! {
    /// Whose all this is.
    TenantId
}
id! {
    /// An uploaded PSD and its catalogue.
    MockupId
}
id! {
    /// One piece of work owed.
    JobId
}
id! {
    /// A layer of a mockup: a smart object, a text layer, a group, anything in its tree.
    LayerId
}
id! {
    /// Where a tenant hears of events.
    EndpointId
}
id! {
    /// One message owed to the outside.
    DeliveryId
}
id! {
    /// One customer's copy of a template.
    DesignId
}
id! {
    /// Jobs that were submitted together.
    BatchId
}
id! {
    /// An API key (not its secret).
    ApiKeyId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_lower_case_version_4_uuid() {
        let id = JobId::from_random([0xff; 16]);
        assert_eq!(id.to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
    }

    #[test]
    fn other_spellings_of_a_uuid_are_refused() {
        for text in [
            "",
            "ffffffffffff4fffbfffffffffffffff",
            "{ffffffff-ffff-4fff-bfff-ffffffffffff}",
            "g",
        ] {
            assert_eq!(text.parse::<MockupId>(), Err(MalformedId), "{text}");
        }
    }
}
