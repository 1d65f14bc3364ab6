//! What was opened, piece by piece.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use object_store::{Error, GetResult, GetResultPayload};

/// Files are read so much at a time. Each piece is a change of threads, and the 8 KiB of `object_store` make that most of
/// what giving out a file costs; whoever reads slowly holds one of them.
const PIECE: u64 = 64 << 10;

/// The bytes that `found` stands for, in pieces of at most 64 KiB where they come from a file, and however the storage
/// gives them where they don't.
///
/// The stream gives the errors of the storage, and one when a file is shorter than it was.
pub fn pieces(found: GetResult) -> BoxStream<'static, Result<Bytes, Error>> {
    match found.payload {
        GetResultPayload::File(file, _) => of_file(file, found.range),
        GetResultPayload::Stream(stream) => stream,
    }
}

fn of_file(file: File, range: Range<u64>) -> BoxStream<'static, Result<Bytes, Error>> {
    stream::try_unfold((file, range), |(mut file, left)| async move {
        if left.is_empty() {
            return Ok(None);
        }
        let end = left.end.min(left.start + PIECE);
        let piece = left.start..end;
        let reading = tokio::task::spawn_blocking(move || read(&mut file, piece).map(|bytes| (bytes, file)));
        let (bytes, file) = reading.await?.map_err(|source| Error::Generic {
            store: "files",
            source: source.into(),
        })?;
        Ok(Some((bytes, (file, end..left.end))))
    })
    .boxed()
}

fn read(file: &mut File, piece: Range<u64>) -> io::Result<Bytes> {
    let length = usize::try_from(piece.end - piece.start).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(piece.start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt as _;
    use object_store::local::LocalFileSystem;
    use object_store::path::Path;
    use object_store::{GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _};

    use super::*;

    async fn stored(bytes: &[u8]) -> (tempfile::TempDir, LocalFileSystem, Path) {
        let folder = tempfile::tempdir().unwrap();
        let storage = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
        let place = Path::from("blob");
        storage.put(&place, bytes.to_vec().into()).await.unwrap();
        (folder, storage, place)
    }

    #[tokio::test]
    async fn pieces_are_the_whole_or_the_part_that_was_asked_for() {
        let whole: Vec<u8> = (0..200_000_u32).map(|at| (at % 251) as u8).collect();
        let (_folder, storage, place) = stored(&whole).await;
        for range in [0..200_000, 65_536..131_072, 1..65_538, 199_999..200_000] {
            let options = GetOptions {
                range: Some(GetRange::Bounded(range.clone())),
                ..GetOptions::default()
            };
            let found = storage.get_opts(&place, options).await.unwrap();
            let pieces: Vec<Bytes> = pieces(found).try_collect().await.unwrap();
            assert!(pieces.iter().all(|piece| piece.len() as u64 <= PIECE));
            let [from, to] = [range.start, range.end].map(|at| usize::try_from(at).unwrap());
            assert_eq!(pieces.concat(), whole[from..to], "{range:?}");
        }
        let (_folder, storage, place) = stored(b"").await;
        let found = storage.get(&place).await.unwrap();
        assert_eq!(
            pieces(found).try_collect::<Vec<_>>().await.unwrap(),
            [] as [Bytes; 0]
        );
    }

    #[tokio::test]
    async fn a_file_that_was_cut_short_is_an_error_and_no_short_answer() {
        let (folder, storage, place) = stored(&[7; 100_000]).await;
        let found = storage.get(&place).await.unwrap();
        let file = File::options()
            .write(true)
            .open(folder.path().join("blob"))
            .unwrap();
        file.set_len(70_000).unwrap();
        let pieces: Vec<_> = pieces(found).collect().await;
        assert_eq!(pieces.len(), 2);
        assert!(pieces[0].is_ok() && pieces[1].is_err());
    }
}
