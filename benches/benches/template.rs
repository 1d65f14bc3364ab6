//! The player card of the examples (1500 x 2100, a photo, a QR code, texts) to its JPEG, on one thread, warm:
//! the median of many, and where the time went.
//!
//! `cargo bench -p marquetry-benches --bench template`

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop there")]
#![expect(clippy::print_stdout, reason = "a bench tells what it found")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use marquetry_codec::{Encoding, Format, Quality, encode};
use marquetry_pixel::{Raster, Size};
use marquetry_render::{Limits, Painter, Room, Supplies, Watch, bundled_fonts, render_template};
use marquetry_template::{Everything, Filled, Limits as TemplateLimits, Template, Unknown};
use marquetry_testkit::photos;
use serde_json::Value;

/// Cards that are measured, after a few that are not.
const CARDS: usize = 41;
const BEFORE: usize = 5;

/// Time in each room.
struct Doors {
    passed: Instant,
    rooms: BTreeMap<&'static str, Duration>,
}

impl Watch for Doors {
    fn left(&mut self, room: Room) {
        let now = Instant::now();
        *self.rooms.entry(room.name()).or_default() += now - self.passed;
        self.passed = now;
    }
}

fn json(path: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/templates");
    serde_json::from_slice(&std::fs::read(folder.join(path)).unwrap()).unwrap()
}

fn card() -> Filled {
    let limits = TemplateLimits::default();
    let template = Template::from_value(&json("player-card.json"), &limits).unwrap();
    let checked = template.check(&Everything, &limits).unwrap();
    let values = json("fields/player-card.json");
    checked.fill(&values, &limits, Unknown::Refuse).unwrap()
}

fn photo(width: u32, height: u32) -> Vec<u8> {
    let picture = photos::portrait(width as usize, height as usize, 23);
    let raster = Raster::from_bytes(Size::new(width, height), picture.rgba).unwrap();
    encode(&raster, &Encoding::new(Format::jpeg(Quality::new(90).unwrap()))).unwrap()
}

/// How long this thread was on a processor, where the system tells: on a machine that does other things the
/// time on the wall says little.
fn on_processor() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn measure(width: u32, height: u32) {
    let filled = card();
    let photo = bytes::Bytes::from(photo(width, height));
    let pictures = filled.needs().pictures;
    let supplies = Supplies {
        pictures: pictures
            .into_iter()
            .map(|picture| (picture, photo.clone()))
            .collect(),
        ..Supplies::default()
    };
    let painter = Painter {
        fonts: bundled_fonts(),
        ..Painter::default()
    };
    let (mut whole, mut own) = (Vec::new(), Vec::new());
    let mut rooms: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
    let mut size = 0;
    for card in 0..BEFORE + CARDS {
        let (begun, before) = (Instant::now(), on_processor());
        let mut doors = Doors {
            passed: begun,
            rooms: BTreeMap::new(),
        };
        let made =
            render_template(&filled, None, &supplies, &Limits::default(), &painter, &mut doors).unwrap();
        let took = begun.elapsed();
        let after = on_processor();
        size = made.bytes.len();
        if card >= BEFORE {
            whole.push(took);
            own.extend(after.zip(before).map(|(after, before)| after - before));
            for (room, time) in doors.rooms {
                rooms.entry(room).or_default().push(time);
            }
        }
    }
    let megapixels = f64::from(width * height) / 1e6;
    println!(
        "player card, photo of {megapixels:.1} megapixels ({} kB): median {:.1} ms, {} kB",
        photo.len() / 1000,
        median(whole),
        size / 1000
    );
    if !own.is_empty() {
        println!("  {:.1} ms of them on the processor", median(own));
    }
    for (room, times) in rooms {
        println!("  {room:<8}{:>7.1} ms", median(times));
    }
}

fn main() {
    for (width, height) in [(1500, 2000), (2000, 3000), (3000, 4000)] {
        measure(width, height);
    }
}
