//! The canonical scene is the same scene everywhere: checksums of its rasters at the small size.

use flate2::Crc;
use marquetry_testkit::scene::{Scene, Size};

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn small_rasters_have_their_checksums() {
    let scene = Scene::new(Size::Small);
    let raster = |name: &str| crc(&scene.raster(name).unwrap().rgba);
    assert_eq!(raster("bg"), 87_877_299);
    assert_eq!(raster("product"), 1_121_981_018);
    assert_eq!(raster("highlight"), 39_998_826);
    assert_eq!(crc(&scene.mask), 998_948_613);
    assert_eq!(crc(&scene.design.rgba), 481_718_191);
    // One pixel of the shadow is a level from what another library's single precision power makes of it.
    assert_eq!(raster("shadow"), 1_135_372_848);
    assert_eq!(crc(&scene.reference().rgba), 780_970_555);
}

#[test]
fn the_quad_covers_what_it_should() {
    let scene = Scene::new(Size::Small);
    let quad = scene.quad();
    let cross: f64 = (0..4)
        .map(|i| quad[i][0] * quad[(i + 1) % 4][1] - quad[i][1] * quad[(i + 1) % 4][0])
        .sum();
    assert!((cross.abs() / 2.0 / 1e6 - 0.35).abs() < 1e-12);
    let corner = scene.homography().apply([667.0, 667.0]);
    assert!((corner[0] - quad[2][0]).abs() < 1e-9 && (corner[1] - quad[2][1]).abs() < 1e-9);
}
