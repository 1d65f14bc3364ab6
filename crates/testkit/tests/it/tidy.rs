//! The rules of the house, read from the files themselves. Each test names the rule it holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// Outside crates that are kept to some rooms, and why. Development dependencies are free.
const KEPT: &[(&str, &[&str], &str)] = &[
    ("clap", &["server"], "only the program has a command line"),
    (
        "deadpool-postgres",
        &["store-postgres"],
        "one room speaks to PostgreSQL",
    ),
    ("fast_image_resize", &["codec"], "one room scales pictures"),
    ("fearless_simd", &["compose"], "one room has row kernels"),
    (
        "flate2",
        &["psd", "codec"],
        "compressed bytes are unpacked where they are parsed",
    ),
    ("hmac", &["dialect"], "signatures are a dialect's words"),
    ("hyper", &["egress", "server"], "one door out, one door in"),
    ("hyper-util", &["egress", "server"], "one door out, one door in"),
    ("image", &["codec"], "one room decodes pictures"),
    ("image-webp", &["codec"], "one room decodes pictures"),
    ("indicatif", &["server"], "only the program has a terminal"),
    (
        "ipnet",
        &["egress", "server"],
        "addresses are judged at the door out; the program reads its settings",
    ),
    ("jpeg-encoder", &["codec"], "one room encodes pictures"),
    ("libwebp-sys", &["codec"], "one room encodes pictures"),
    ("matchit", &["server"], "one room has routes"),
    (
        "metrics-exporter-prometheus",
        &["server"],
        "only the program decides where figures go",
    ),
    ("moxcms", &["codec"], "one room converts colours of files"),
    ("multer", &["server"], "one room reads forms"),
    ("pdf-writer", &["codec"], "one room encodes pictures"),
    ("png", &["codec"], "one room encodes pictures"),
    ("qrcodegen", &["codec"], "one room encodes pictures"),
    (
        "reqwest",
        &["blobs"],
        "the S3 client alone brings a client of its own",
    ),
    ("rusqlite", &["store-sqlite"], "one room speaks to SQLite"),
    (
        "rustls",
        &["egress", "store-postgres"],
        "one door out, one to the database",
    ),
    (
        "rustls-native-certs",
        &["egress", "store-postgres"],
        "one door out, one to the database",
    ),
    ("tiny-skia", &["compose"], "one room draws"),
    (
        "tokio-postgres",
        &["store-postgres"],
        "one room speaks to PostgreSQL",
    ),
    ("tokio-rustls", &["egress"], "one door out"),
    (
        "tracing-subscriber",
        &["server"],
        "only the program decides where the log goes",
    ),
    (
        "webpki-roots",
        &["egress", "store-postgres"],
        "one door out, one to the database",
    ),
    ("zune-jpeg", &["codec"], "one room decodes pictures"),
];

/// Outside crates that some rooms must do without, and why.
const SPURNED: &[(&str, &[&str], &str)] = &[
    (
        "serde",
        &["model", "job"],
        "stored and spoken forms are converted by hand, so that each can change alone",
    ),
    (
        "serde_json",
        &["model", "job"],
        "stored and spoken forms are converted by hand",
    ),
    (
        "tokio",
        &[
            "pixel", "job", "model", "psd", "template", "text", "codec", "compose", "render", "dialect",
        ],
        "the middle is pure: bytes in, bytes out",
    ),
    (
        "object_store",
        &[
            "pixel", "job", "model", "psd", "template", "text", "codec", "compose", "render", "dialect",
            "egress",
        ],
        "the middle is pure: bytes in, bytes out",
    ),
];

/// Files that may hold unsafe code: room and path within it.
const UNSAFE: &[(&str, &str)] = &[("codec", "src/encode/libwebp.rs")];

/// Rooms with lints of their own, because a forbidden lint cannot be allowed for one file.
const OWN_LINTS: &[&str] = &["codec"];

/// Words that say nothing in a type's name.
const EMPTY_WORDS: &[&str] = &["Manager", "Helper", "Helpers", "Util", "Utils"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A crate under `crates/`.
struct Room {
    folder: String,
    manifest: Table,
}

impl Room {
    fn all() -> Vec<Self> {
        let mut rooms: Vec<Self> = fs::read_dir(root().join("crates"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.join("Cargo.toml").is_file())
            .map(|path| Self {
                folder: path.file_name().unwrap().to_str().unwrap().into(),
                manifest: fs::read_to_string(path.join("Cargo.toml"))
                    .unwrap()
                    .parse()
                    .unwrap(),
            })
            .collect();
        rooms.sort_by(|a, b| a.folder.cmp(&b.folder));
        assert!(rooms.len() >= 16, "the crates were not found");
        rooms
    }

    fn floor(&self) -> i64 {
        let floor = ["metadata", "house", "floor"]
            .iter()
            .try_fold(self.manifest.get("package").unwrap(), |table, key| table.get(key))
            .and_then(Value::as_integer);
        floor.unwrap_or_else(|| panic!("{}: `[package.metadata.house] floor` is missing", self.folder))
    }

    /// Names of what the shipped crate needs: normal and build dependencies, of every platform, by package name.
    fn dependencies(&self) -> Vec<String> {
        let mut tables = vec![&self.manifest];
        if let Some(platforms) = self.manifest.get("target").and_then(Value::as_table) {
            tables.extend(platforms.values().filter_map(Value::as_table));
        }
        let kinds = ["dependencies", "build-dependencies"];
        tables
            .iter()
            .flat_map(|table| {
                kinds
                    .iter()
                    .filter_map(|kind| table.get(*kind).and_then(Value::as_table))
            })
            .flat_map(Table::iter)
            .map(|(name, value)| {
                value
                    .get("package")
                    .and_then(Value::as_str)
                    .unwrap_or(name)
                    .to_owned()
            })
            .collect()
    }
}

/// Every Rust file of the project, with its text; not what builds leave.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("target") {
                    walk(&path, found);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    ["crates", "benches", "examples", "fuzz"]
        .iter()
        .for_each(|folder| walk(&root().join(folder), &mut found));
    assert!(found.len() > 30, "the sources were not found");
    found
}

/// Fails with all complaints at once.
fn settle(rule: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{rule}:\n  {}", complaints.join("\n  "));
}

/// `path:line: what` for each line that `wrong` complains about.
fn complain(wrong: impl Fn(&Path, &str) -> Option<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in sources() {
        let shown = path.strip_prefix(root()).unwrap();
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(what) = wrong(shown, line) {
                complaints.push(format!("{}:{number}: {what}", shown.display()));
            }
        }
    }
    complaints
}

#[test]
fn a_crate_depends_only_on_lower_floors() {
    let rooms = Room::all();
    let floors: BTreeMap<String, i64> = rooms
        .iter()
        .map(|room| (format!("marquetry-{}", room.folder), room.floor()))
        .collect();
    let mut complaints = Vec::new();
    for room in rooms.iter().filter(|room| room.folder != "testkit") {
        for dependency in room
            .dependencies()
            .iter()
            .filter(|name| name.starts_with("marquetry-"))
        {
            match floors.get(dependency) {
                Some(floor) if *floor < room.floor() => {}
                Some(floor) => complaints.push(format!(
                    "{} (floor {}) depends on {dependency} (floor {floor})",
                    room.folder,
                    room.floor()
                )),
                None => complaints.push(format!(
                    "{} depends on {dependency}, which is no crate here",
                    room.folder
                )),
            }
        }
    }
    settle("a crate depends only on lower floors", &complaints);
}

#[test]
fn the_testkit_never_ships() {
    let complaints: Vec<String> = Room::all()
        .iter()
        .filter(|room| room.dependencies().iter().any(|name| name == "marquetry-testkit"))
        .map(|room| format!("{} needs the testkit outside its tests", room.folder))
        .collect();
    settle("the testkit is a development dependency only", &complaints);
}

#[test]
fn a_package_is_named_after_its_folder() {
    let complaints: Vec<String> = Room::all()
        .iter()
        .filter(|room| {
            room.manifest
                .get("package")
                .and_then(|package| package.get("name"))
                .and_then(Value::as_str)
                != Some(&format!("marquetry-{}", room.folder))
        })
        .map(|room| room.folder.clone())
        .collect();
    settle(
        "folder and package name are equal but for the prefix",
        &complaints,
    );
}

/// As the README has it: which program is meant must never become a choice.
#[test]
fn cargo_run_runs_the_program() {
    let manifest: Table = fs::read_to_string(root().join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let workspace = manifest.get("workspace").unwrap();
    let defaults = workspace.get("default-members").unwrap().as_array().unwrap();
    assert_eq!(defaults.as_slice(), [Value::from("crates/server")]);
    let rooms = Room::all();
    let server = rooms.iter().find(|room| room.folder == "server").unwrap();
    let run = server.manifest.get("package").unwrap().get("default-run");
    assert_eq!(run, Some(&Value::from("marquetry")));
}

#[test]
fn the_lints_of_the_house_hold_everywhere() {
    let complaints: Vec<String> = Room::all()
        .iter()
        .filter(|room| !OWN_LINTS.contains(&room.folder.as_str()))
        .filter(|room| {
            room.manifest
                .get("lints")
                .and_then(|lints| lints.get("workspace"))
                != Some(&Value::Boolean(true))
        })
        .map(|room| room.folder.clone())
        .collect();
    settle("each crate has `[lints] workspace = true`", &complaints);
}

#[test]
fn outside_crates_stay_in_their_rooms() {
    let mut complaints = Vec::new();
    for room in Room::all().iter().filter(|room| room.folder != "testkit") {
        let dependencies = room.dependencies();
        let needs = |name: &str| dependencies.iter().any(|dependency| dependency == name);
        for (name, keepers, reason) in KEPT {
            if needs(name) && !keepers.contains(&room.folder.as_str()) {
                complaints.push(format!(
                    "{} needs {name}, kept to {keepers:?}: {reason}",
                    room.folder
                ));
            }
        }
        for (name, without, reason) in SPURNED {
            if needs(name) && without.contains(&room.folder.as_str()) {
                complaints.push(format!("{} does without {name}: {reason}", room.folder));
            }
        }
    }
    settle("an outside crate is kept to its rooms", &complaints);
}

#[test]
fn every_file_says_what_lives_there() {
    let complaints: Vec<String> = sources()
        .iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| path.strip_prefix(root()).unwrap().display().to_string())
        .collect();
    settle("each file opens with a `//!` line", &complaints);
}

#[test]
fn nothing_is_left_for_later() {
    // Written in halves, so that this file passes its own test.
    let needles = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("db", "g!("),
    ];
    let complaints = complain(|_, line| {
        needles
            .iter()
            .find(|needle| line.contains(*needle))
            .map(|needle| (*needle).into())
    });
    settle("no placeholder is committed", &complaints);
}

#[test]
fn type_names_say_something() {
    let complaints = complain(|_, line| {
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let at = words
            .iter()
            .position(|word| ["struct", "enum", "trait", "type", "union"].contains(word))?;
        if line.trim_start().starts_with("//") {
            return None;
        }
        let name = words.get(at + 1)?;
        camel_words(name)
            .any(|word| EMPTY_WORDS.contains(&word))
            .then(|| (*name).to_owned())
    });
    settle("no Manager, Helper or Util", &complaints);
}

/// `JobStore` to `Job`, `Store`.
fn camel_words(name: &str) -> impl Iterator<Item = &str> {
    let mut starts: Vec<usize> = name
        .char_indices()
        .filter(|(_, letter)| letter.is_uppercase())
        .map(|(at, _)| at)
        .collect();
    starts.push(name.len());
    (0..starts.len() - 1).map(move |i| &name[starts[i]..starts[i + 1]])
}

#[test]
fn unsafe_code_lies_where_it_may() {
    let needles = ["{", "fn ", "impl ", "extern "].map(|what| format!("{} {what}", concat!("un", "safe")));
    let allowed: Vec<PathBuf> = UNSAFE
        .iter()
        .map(|(folder, path)| Path::new("crates").join(folder).join(path))
        .collect();
    let complaints = complain(|path, line| {
        let code = line.split("//").next().unwrap_or_default();
        let found = needles.iter().find(|needle| code.contains(needle.as_str()))?;
        (!allowed.iter().any(|allowed| allowed == path)).then(|| found.clone())
    });
    settle("unsafe code lies only in the files named for it", &complaints);
}
