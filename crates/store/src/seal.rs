//! Secrets at rest: with a key from the configuration, what signs webhooks lies in the store sealed.
//!
//! Who puts a secret into a record seals it first, and who signs opens it last; stores and their records see only text.
//! Sealed is by XChaCha20-Poly1305 with a fresh nonce, bound to the tenant, so that a row that was moved to another
//! tenant does not open. A sealed text ends in the last four characters of the secret, because those may be shown.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use marquetry_model::{Secret, TenantId};

/// How a sealed text begins.
const MARK: &str = "sealed:1:";
const NONCE: usize = 24;

/// Seals secrets and opens them again. Without a key, what is given to it stays as it is.
#[derive(Clone, Default)]
pub struct Seal {
    /// The first one seals, all open.
    keys: Vec<SealKey>,
}

/// A key that seals: 32 bytes. It never shows in a debug print.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey([u8; 32]);

/// A text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is 32 bytes, as 64 hexadecimal digits or in base64")]
pub struct MalformedKey;

/// A secret cannot be opened: it was sealed with a key that is not among ours, or for another tenant, or is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret does not open with the keys of this process")]
pub struct Unopened;

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(hidden)")
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").field("keys", &self.keys.len()).finish()
    }
}

impl SealKey {
    /// A key from its text.
    ///
    /// # Errors
    /// [`MalformedKey`] for anything but 32 bytes in hex or base64.
    pub fn parse(text: &str) -> Result<Self, MalformedKey> {
        let text = text.trim();
        let bytes = if text.len() == 64 {
            from_hex(text).ok_or(MalformedKey)?
        } else {
            STANDARD.decode(text).map_err(|_| MalformedKey)?
        };
        bytes.try_into().map(Self).map_err(|_| MalformedKey)
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |ascii: u8| char::from(ascii).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?))
        .collect()
}

impl Seal {
    /// Seals with the first of `keys` and opens with any: so a key is changed by putting the new one first.
    pub fn new(keys: impl IntoIterator<Item = SealKey>) -> Self {
        Self {
            keys: keys.into_iter().collect(),
        }
    }

    /// The secret as it is to be stored. `nonce` has to be random and fresh.
    #[expect(
        clippy::missing_panics_doc,
        reason = "sealing fails for texts beyond 256 GiB alone"
    )]
    pub fn seal(&self, tenant: TenantId, secret: &Secret, nonce: [u8; NONCE]) -> Secret {
        let Some(key) = self.keys.first() else {
            return secret.clone();
        };
        let sealed = cipher(key)
            .encrypt(&XNonce::from(nonce), payload(&tenant, secret.expose().as_bytes()))
            .expect("a secret is no file");
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        Secret::new(format!("{MARK}{text}:{}", secret.last_four()))
    }

    /// The secret as it signs. One that was never sealed is given as it is.
    ///
    /// # Errors
    /// [`Unopened`].
    pub fn open(&self, tenant: TenantId, stored: &Secret) -> Result<Secret, Unopened> {
        let Some(rest) = stored.expose().strip_prefix(MARK) else {
            return Ok(stored.clone());
        };
        let text = rest.split(':').next().unwrap_or_default();
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Unopened)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(Unopened)?;
        let open = |key| {
            let opened = cipher(key).decrypt(&XNonce::from(*nonce), payload(&tenant, sealed));
            String::from_utf8(opened.ok()?).ok()
        };
        self.keys.iter().find_map(open).map(Secret::new).ok_or(Unopened)
    }
}

fn cipher(key: &SealKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(key.0))
}

fn payload<'p>(tenant: &'p TenantId, msg: &'p [u8]) -> Payload<'p, 'p> {
    Payload {
        msg,
        aad: tenant.as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE_OF_THE_TEST: [u8; NONCE] = [9; NONCE];

    fn key(n: u8) -> SealKey {
        SealKey::parse(&format!("{n:02x}").repeat(32)).unwrap()
    }

    fn tenant(n: u8) -> TenantId {
        TenantId::from_random([n; 16])
    }

    fn sealed(seal: &Seal) -> Secret {
        seal.seal(tenant(1), &Secret::new("whsec_c2VjcmV0"), NONCE_OF_THE_TEST)
    }

    #[test]
    fn what_was_sealed_opens_and_shows_its_end_alone() {
        let seal = Seal::new([key(1)]);
        let stored = sealed(&seal);
        assert!(!stored.expose().contains("c2Vj"), "{}", stored.expose());
        assert_eq!(stored.last_four(), "cmV0");
        assert_eq!(seal.open(tenant(1), &stored), Ok(Secret::new("whsec_c2VjcmV0")));
    }

    #[test]
    fn another_key_another_tenant_and_damage_open_nothing() {
        let seal = Seal::new([key(1)]);
        let stored = sealed(&seal);
        assert_eq!(Seal::new([key(2)]).open(tenant(1), &stored), Err(Unopened));
        assert_eq!(Seal::default().open(tenant(1), &stored), Err(Unopened));
        assert_eq!(seal.open(tenant(2), &stored), Err(Unopened));
        for (from, to) in [("sealed:1:C", "sealed:1:D"), ("sealed:1:", "sealed:1::")] {
            let damaged = Secret::new(stored.expose().replacen(from, to, 1));
            assert_eq!(seal.open(tenant(1), &damaged), Err(Unopened), "{from}");
        }
    }

    #[test]
    fn a_key_is_changed_by_putting_the_new_one_first() {
        let (old, both) = (Seal::new([key(1)]), Seal::new([key(2), key(1)]));
        assert!(both.open(tenant(1), &sealed(&old)).is_ok());
        assert!(Seal::new([key(2)]).open(tenant(1), &sealed(&both)).is_ok());
        assert_eq!(old.open(tenant(1), &sealed(&both)), Err(Unopened));
    }

    #[test]
    fn without_a_key_secrets_stay_as_they_are() {
        let stored = sealed(&Seal::default());
        assert_eq!(stored.expose(), "whsec_c2VjcmV0");
        // And a key that comes later opens what lies there unsealed.
        assert_eq!(Seal::new([key(1)]).open(tenant(1), &stored), Ok(stored));
    }

    #[test]
    fn keys_are_32_bytes_and_do_not_print() {
        let base64 = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        assert_eq!(SealKey::parse(base64), Ok(key(1)));
        for wrong in ["", "01", &"0g".repeat(32), &"é".repeat(32), "AQEB"] {
            assert_eq!(SealKey::parse(wrong), Err(MalformedKey), "{wrong}");
        }
        assert_eq!(format!("{:?}", key(1)), "SealKey(hidden)");
    }
}
