//! Any bytes at all through opening, planning and drawing: effects, adjustments, fills, paths, warps and
//! smart objects with whatever numbers a file gives them. An error is a fine answer; a panic, a hang or a
//! bill is not.

use marquetry_model::{Export, ExportFormat, ExportSize, LayerId};
use marquetry_render::{Assets, Limits, Order, Painter, Redraw, bundled_fonts, draw, export, open};

/// So tight that a case is quick and that going past them shows in the fuzzer's own memory limit.
fn limits() -> Limits {
    Limits {
        psd: crate::psd::limits(),
        codec: marquetry_codec::Limits {
            file_bytes: 1 << 20,
            side: 4_096,
            pixels: 1 << 20,
            decoded_bytes: 16 << 20,
        },
        nesting: 3,
        pixels: 1 << 20,
        layers_kept: 8 << 20,
    }
}

/// Opens a file, catalogues it and draws it, once from its cached rasters and once from its sources.
///
/// # Panics
/// When the renderer breaks a promise.
pub fn draw_everything(bytes: &[u8]) {
    let limits = limits();
    let Ok(mockup) = open(bytes.to_vec(), &limits) else {
        return;
    };
    let _ = mockup.catalogue(&bundled_fonts(), &|_| LayerId::from_random([1; 16]));
    for redraw in [Redraw::Changed, Redraw::All] {
        let order = Order {
            redraw,
            ..Order::default()
        };
        let Ok(picture) = draw(&mockup, &order, &Assets::new(), &Painter::default(), &mut ()) else {
            continue;
        };
        assert!(picture.raster.size().pixels() <= limits.pixels);
        let small = Export {
            format: ExportFormat::Png,
            size: ExportSize::Original,
            ..Export::default()
        };
        let _ = export(&mockup, &picture.raster, &small, &mut ());
    }
}
