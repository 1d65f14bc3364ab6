//! Draws a PSD to a PNG with the libraries alone: no store, no queue, no server.
//!
//! `cargo run --release -p marquetry-examples --example psd_to_png -- INPUT.psd OUTPUT.png`

use std::error::Error;

use marquetry_model::{Export, ExportFormat, ExportSize};
use marquetry_render::{Assets, Limits, Order, Painter, draw, export, open};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(input), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("usage: psd_to_png INPUT.psd OUTPUT.png".into());
    };
    let mockup = open(std::fs::read(input)?, &Limits::default())?;
    let picture = draw(
        &mockup,
        &Order::default(),
        &Assets::new(),
        &Painter::default(),
        &mut (),
    )?;
    for missing in &picture.undrawn {
        eprintln!("{missing}");
    }
    let options = Export {
        format: ExportFormat::Png,
        size: ExportSize::Original,
        ..Export::default()
    };
    let (png, size) = export(&mockup, &picture.raster, &options, &mut ())?;
    std::fs::write(output, png)?;
    eprintln!("{size} pixels drawn");
    Ok(())
}
