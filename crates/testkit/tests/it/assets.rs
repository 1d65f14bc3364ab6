//! The files that ship are what the generator makes.

use std::path::Path;

use marquetry_testkit::demo;

#[test]
fn shipped_files_are_what_the_generator_makes() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/assets");
    let shipped = |name: &str| std::fs::read(assets.join(name)).unwrap();
    let remedy =
        "run `cargo run -p marquetry-testkit --bin make-demo -- crates/server/assets` and look at the result";
    assert!(
        shipped("design.png") == demo::design_png(),
        "design.png is another: {remedy}"
    );
    assert!(
        shipped("mockup.psd") == demo::mockup_psd(),
        "mockup.psd is another: {remedy}"
    );
}
