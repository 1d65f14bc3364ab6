//! Into a folder: whole or not at all, never elsewhere.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use marquetry_job::DeliveryState;
use marquetry_model::Reach;
use tempfile::TempDir;

use crate::stage::{Running, Stage, bytes, start, tenant};

struct World {
    stage: Stage,
    root: TempDir,
    running: Running,
}

async fn world() -> World {
    let (stage, root) = (Stage::new(), tempfile::tempdir().unwrap());
    stage.destination("shelf", Reach::Folder).await;
    let running = start(stage.carrier().folder(root.path().to_owned()));
    World { stage, root, running }
}

impl World {
    fn own(&self) -> PathBuf {
        self.root.path().join(tenant().to_string())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_lies_whole_in_the_folder_of_its_tenant() {
    let world = world().await;
    // Three pieces, the last one short.
    let long = bytes((16 << 20) + 5);
    let id = world
        .stage
        .owe(1, "shelf", "2026/Zoë/card 1.webp", long.clone())
        .await;
    let delivered = world.stage.until_delivered(id).await;
    let folder = world.own().join("2026/Zoë");
    assert!(fs::read(folder.join("card 1.webp")).unwrap() == long);
    assert_eq!(names(&folder), ["card 1.webp"], "nothing is left beside it");
    let tried = delivered.tries.last().unwrap();
    assert_eq!((tried.status, tried.error.as_deref()), (None, None));

    // What is there is replaced, also by nothing at all.
    let again = world
        .stage
        .owe(2, "shelf", "2026/Zoë/card 1.webp", bytes(0))
        .await;
    world.stage.until_delivered(again).await;
    assert_eq!(fs::read(folder.join("card 1.webp")).unwrap(), b"");
    world.running.stop().await;
}

#[tokio::test]
async fn links_lead_nowhere() {
    let world = world().await;
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir(world.own()).unwrap();
    symlink(elsewhere.path(), world.own().join("out")).unwrap();
    symlink(
        elsewhere.path().join("stolen.webp"),
        world.own().join("card.webp"),
    )
    .unwrap();

    let through = world.stage.owe(1, "shelf", "out/card.webp", bytes(9)).await;
    let words = world.stage.until_refused(through, 1).await;
    assert_eq!(words, "something on the way there is a link, or no folder");
    // A link in the place of the file itself is replaced, not followed.
    let over = world.stage.owe(2, "shelf", "card.webp", bytes(9)).await;
    world.stage.until_delivered(over).await;
    assert!(names(elsewhere.path()).is_empty());
    let placed = fs::symlink_metadata(world.own().join("card.webp")).unwrap();
    assert!(placed.is_file());
}

#[tokio::test]
async fn a_path_that_climbs_is_refused_before_anything_is_touched() {
    let world = world().await;
    for (n, path) in [
        (1, "../card.webp"),
        (2, "/etc/card.webp"),
        (3, "a/../../card.webp"),
        (4, ""),
    ] {
        let id = world.stage.owe(n, "shelf", path, bytes(9)).await;
        let words = world.stage.until_refused(id, 1).await;
        assert!(words.starts_with("the path "), "{path}: {words}");
    }
    assert!(names(world.root.path()).is_empty());
}

#[tokio::test]
async fn what_is_in_the_way_is_told_in_plain_words() {
    let world = world().await;
    fs::create_dir_all(world.own().join("card.webp")).unwrap();
    fs::write(world.own().join("file"), "x").unwrap();
    let closed = world.own().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();

    let long = format!("{}.webp", "x".repeat(300));
    let mut cases = vec![
        ("card.webp", "there is a folder of that name"),
        (
            "file/card.webp",
            "something on the way there is a link, or no folder",
        ),
        (long.as_str(), "a name in the path is too long"),
    ];
    // Whoever may do anything is refused nothing.
    if fs::write(closed.join("x"), "x").is_err() {
        cases.push(("closed/card.webp", "there is no permission to write there"));
    }
    for (n, (path, expected)) in (1..).zip(cases) {
        let id = world.stage.owe(n, "shelf", path, bytes(9)).await;
        assert_eq!(world.stage.until_refused(id, 1).await, expected, "{path}");
        let tries = world
            .stage
            .store
            .delivery_attempts(tenant(), id, None, 9)
            .await
            .unwrap();
        let told = format!("{tries:?}");
        let root = world.root.path().to_str().unwrap();
        assert!(!told.contains(root), "{told}");
    }
    assert_eq!(names(&world.own()), ["card.webp", "closed", "file"]);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
}

#[tokio::test]
async fn without_a_root_nothing_is_written_and_it_is_said() {
    let stage = Stage::new();
    stage.destination("shelf", Reach::Folder).await;
    let id = stage.owe(1, "shelf", "card.webp", bytes(9)).await;
    let running = start(stage.carrier());
    assert_eq!(
        stage.until_refused(id, 1).await,
        "this server has no folder for files"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_killed_carrier_leaves_nothing_that_stays() {
    let (stage, root) = (Stage::new(), tempfile::tempdir().unwrap());
    stage.destination("shelf", Reach::Folder).await;
    let id = stage.owe(1, "shelf", "card.webp", bytes(100)).await;
    // Half a file, as whoever is killed with its process leaves it.
    let own = root.path().join(tenant().to_string());
    fs::create_dir(&own).unwrap();
    fs::write(own.join(format!(".{id}-1.part")), "half").unwrap();

    let running = start(stage.carrier().folder(root.path().to_owned()));
    let delivered = stage.until_delivered(id).await;
    assert!(matches!(delivered.state, DeliveryState::Delivered { .. }));
    assert_eq!(names(&own), ["card.webp"]);
    assert_eq!(fs::read(own.join("card.webp")).unwrap(), bytes(100));
    running.stop().await;
}
