//! Lightly damaged PSDs in great number: real files of the folders named, and files of the project's
//! own writer. `mutate [--draw] COUNT [FOLDER]...` prints how many were read, or drawn, and the slowest one.
//!
//! Each case changes a few bytes of one file: flips, extreme values, cuts, copies. The sequence is the
//! same at every run, so a case that fails is found again by its number.

use std::fs;
use std::time::{Duration, Instant};

use marquetry_fuzz::draw::draw_everything;
use marquetry_fuzz::psd::ask_everything;
use marquetry_testkit::psd::{Compression, Depth, Format, Mode, specimen};

/// Xorshift, from one number: D. H. Lehmer's successors, George Marsaglia 2003.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).peekable();
    let drawn = arguments.next_if(|first| first == "--draw").is_some();
    let (task, told): (fn(&[u8]), _) = if drawn {
        (draw_everything, "drawn")
    } else {
        (ask_everything, "read")
    };
    let count: u64 = arguments
        .next()
        .and_then(|text| text.to_str()?.parse().ok())
        .unwrap_or(1_000_000);
    let mut files = Vec::new();
    for folder in arguments {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|ending| ending == "psd" || ending == "psb")
            {
                files.push(fs::read(path)?);
            }
        }
    }
    // Small files are read in microseconds, so they can be met the more often.
    files.retain(|file| file.len() < 300_000);
    let real = files.len();
    for format in [Format::Psd, Format::Psb] {
        for depth in [Depth::Eight, Depth::Sixteen, Depth::ThirtyTwo] {
            for mode in [Mode::Rgb, Mode::Grey, Mode::Cmyk] {
                files.extend(Compression::ALL.map(|packing| specimen(format, depth, mode, packing)));
            }
        }
    }
    println!("{real} real files and {} of our own", files.len() - real);
    let mut slowest = (Duration::ZERO, 0);
    let started = Instant::now();
    for case in 0..count {
        let mut dice = Dice((case + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        dice.roll();
        let mut bytes = files[dice.below(files.len())].clone();
        for _ in 0..=dice.below(8) {
            // The head holds what steers everything else, so half of the damage goes there.
            let reach = if dice.roll() % 2 == 0 {
                bytes.len().min(4_000)
            } else {
                bytes.len()
            };
            let at = dice.below(reach);
            match dice.roll() % 6 {
                0 => bytes[at] ^= 1 << dice.below(8),
                1 => bytes[at] = dice.roll() as u8,
                2 => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][dice.below(5)],
                3 => {
                    let end = (at + 4).min(bytes.len());
                    bytes[at..end].fill([0, 0xFF][dice.below(2)]);
                }
                4 => {
                    let from = dice.below(bytes.len());
                    let length = dice.below(64).min(bytes.len() - at.max(from));
                    bytes.copy_within(from..from + length, at);
                }
                _ if dice.roll() % 8 == 0 => bytes.truncate(at.max(1)),
                _ => bytes[at] = bytes[at].wrapping_add(1),
            }
        }
        let begun = Instant::now();
        task(&bytes);
        slowest = slowest.max((begun.elapsed(), case));
        if (case + 1) % (count / 10).max(1) == 0 {
            println!(
                "{} {told}, slowest {:?} (case {})",
                case + 1,
                slowest.0,
                slowest.1
            );
        }
    }
    println!(
        "{count} {told} in {:?}; slowest {:?} (case {})",
        started.elapsed(),
        slowest.0,
        slowest.1
    );
    Ok(())
}
