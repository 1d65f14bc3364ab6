//! Which release of Photoshop saved a file, where that makes a difference to what is in its merged picture.

use marquetry_psd::Document;

/// Whether a release older than CS6 did, which mixes text and rounds the ends of gradients in other ways. Who is not known
/// counts as new.
pub(crate) fn is_before_cs6(document: &Document) -> bool {
    const CS6: u32 = 13;
    let version = document.resources().version().ok().flatten();
    let number = version.and_then(|version| version.photoshop());
    number.is_some_and(|number| number < CS6)
}
