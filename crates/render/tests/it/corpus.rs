//! Every file of a folder of real PSDs, when `MARQUETRY_CORPUS` names one: drawn, or refused in words.

use std::fs;

use marquetry_render::{Assets, Limits, Order, Painter, draw, open};

#[test]
fn real_files_are_drawn_or_refused() {
    let Some(folder) = std::env::var_os("MARQUETRY_CORPUS") else {
        eprintln!("skipped: MARQUETRY_CORPUS names no folder of PSD files");
        return;
    };
    let mut drawn = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path
            .extension()
            .is_some_and(|ending| ending == "psd" || ending == "psb")
        {
            continue;
        }
        let result = open(fs::read(&path).unwrap(), &Limits::default()).and_then(|mockup| {
            draw(
                &mockup,
                &Order::default(),
                &Assets::new(),
                &Painter::default(),
                &mut (),
            )
        });
        match result {
            Ok(_) => drawn += 1,
            Err(refused) => eprintln!("{}: {refused}", path.display()),
        }
    }
    assert!(drawn > 0, "no file could be drawn");
}
