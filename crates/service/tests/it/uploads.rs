//! Files on their way in: whole, too large, broken off and given up.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use marquetry_model::{AssetSource, BlobKey, ModelError};
use marquetry_service::ServiceError;

use crate::world::{World, chunks, hash, read};

const MIB: usize = 1 << 20;

/// `mib` MiB of bytes that differ from place to place, in chunks of a size that fits nothing.
fn large(mib: usize) -> Vec<Bytes> {
    let mut state = 1_u32;
    let bytes: Vec<u8> = (0..mib * MIB)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    bytes.chunks(300_007).map(Bytes::copy_from_slice).collect()
}

fn good(chunks: Vec<Bytes>) -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    stream::iter(chunks.into_iter().map(Ok))
}

#[tokio::test]
async fn a_file_lies_under_the_name_of_its_content() {
    let world = World::new().await;
    let parts = large(12);
    let whole = parts.concat();
    let stored = world.service.put_upload(good(parts)).await.unwrap();
    assert_eq!(stored.content(), hash(&whole));
    assert_eq!(stored.key(), &BlobKey::upload(hash(&whole)));
    assert_eq!(stored.bytes(), u64::try_from(12 * MIB).unwrap());
    assert_eq!(world.files(), [stored.key().as_str()]);
    let blob = world.service.open_blob(stored.key(), None).await.unwrap();
    assert!(read(blob).await.unwrap() == whole);
}

#[tokio::test]
async fn the_same_file_twice_is_one_blob() {
    let world = World::new().await;
    let one = world
        .service
        .put_upload(chunks(vec![b"8B", b"PS"]))
        .await
        .unwrap();
    let two = world.service.put_upload(chunks(vec![b"8BPS"])).await.unwrap();
    assert_eq!(one.key(), two.key());
    assert_eq!(world.files().len(), 1);
}

#[tokio::test]
async fn what_is_too_large_leaves_nothing_behind() {
    let limit = u64::try_from(6 * MIB).unwrap();
    let world = World::with(|builder| builder.most_upload_bytes(limit)).await;
    assert_eq!(world.service.most_upload_bytes(), limit);
    let refused = world.service.put_upload(good(large(7))).await;
    assert!(matches!(refused, Err(ServiceError::UploadTooLarge { limit: l }) if l == limit));
    assert_eq!(world.files(), [""; 0]);
    // To the byte.
    assert!(world.service.put_upload(good(large(6))).await.is_ok());
}

#[tokio::test]
async fn what_is_empty_or_breaks_off_leaves_nothing_behind() {
    let world = World::new().await;
    let empty = world.service.put_upload(chunks(vec![b"", b""])).await;
    assert!(matches!(
        empty,
        Err(ServiceError::Invalid(ModelError::Empty { field: "file" }))
    ));
    let broken = good(large(6)).chain(stream::iter([Err(std::io::Error::other("gone"))]));
    let error = world.service.put_upload(broken).await.unwrap_err();
    let ServiceError::UploadBroken { bytes, source } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (*bytes, source.to_string().as_str()),
        (u64::try_from(6 * MIB).unwrap(), "gone")
    );
    assert_eq!(world.files(), [""; 0]);
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_nothing_behind() {
    let world = World::new().await;
    let stuck = good(large(6)).chain(stream::pending());
    let given_up = tokio::time::timeout(Duration::from_millis(300), world.service.put_upload(stuck)).await;
    assert!(given_up.is_err());
    // The half-written file goes in the background.
    for _ in 0..400 {
        if world.files().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", world.files());
}

#[tokio::test]
async fn assets_have_limits_too() {
    let world = World::with(|builder| builder.most_asset_bytes(4)).await;
    let content = hash(b"png!");
    let expected = AssetSource::Blob {
        key: BlobKey::asset(content),
        content,
    };
    assert_eq!(world.service.put_asset(&b"png!"[..]).await.unwrap(), expected);
    assert!(matches!(
        world.service.put_asset(&b"five!"[..]).await,
        Err(ServiceError::AssetTooLarge { bytes: 5, limit: 4 })
    ));
    assert!(matches!(
        world.service.put_asset(Bytes::new()).await,
        Err(ServiceError::Invalid(ModelError::Empty { field: "asset" }))
    ));
    assert_eq!(world.files(), [BlobKey::asset(content).as_str()]);
}
