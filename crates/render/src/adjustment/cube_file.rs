//! Tables of colours as text: `.cube`, `.3dl` and the table in a `.look`.

use marquetry_compose::Cube;

/// The table of a file, whichever of the forms it has.
pub(super) fn read(bytes: &[u8]) -> Option<Cube> {
    let text = std::str::from_utf8(bytes).map_or_else(
        // Names in other encodings stand in comments only; the numbers are ASCII.
        |_| bytes.iter().map(|&byte| char::from(byte)).collect(),
        str::to_owned,
    );
    if text.contains("LUT_3D_SIZE") {
        cube(&text)
    } else if text.trim_start().starts_with('<') {
        look(&text)
    } else {
        three_dl(&text)
    }
}

/// Adobe's *Cube LUT Specification 1.0*: a size, a domain, then red running fastest.
fn cube(text: &str) -> Option<Cube> {
    let mut side = 0;
    let (mut low, mut high) = ([0.0; 3], [1.0; 3]);
    let mut colours = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        let mut words = line.split_whitespace();
        match words.next() {
            Some("LUT_3D_SIZE") => side = words.next()?.parse().ok()?,
            Some("DOMAIN_MIN") => low = three(words)?,
            Some("DOMAIN_MAX") => high = three(words)?,
            Some(first) if first.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') => {
                if colours.len() > Cube::MOST_SIDE.pow(3) {
                    return None;
                }
                colours.push(three(line.split_whitespace())?);
            }
            _ => {}
        }
    }
    // A domain other than 0 to 1 asks for values that no byte has.
    if low != [0.0; 3] || high != [1.0; 3] {
        return None;
    }
    Cube::new(side, colours)
}

/// Autodesk's form: a line of grid positions, then whole numbers with blue running fastest, of as many
/// bits as the largest needs.
fn three_dl(text: &str) -> Option<Cube> {
    let mut rows = text
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    let side = rows.next()?.split_whitespace().count();
    if !(2..=Cube::MOST_SIDE).contains(&side) {
        return None;
    }
    let colours = rows
        .take(side.pow(3))
        .map(|line| three(line.split_whitespace()))
        .collect::<Option<Vec<_>>>()?;
    let most = colours.iter().flatten().copied().fold(0.0, f32::max);
    let full = [10_u32, 12, 16]
        .map(|bits| (1_u32 << bits) - 1)
        .map(|full| full as f32)
        .into_iter()
        .find(|&full| most <= full)?;
    let colours = colours
        .into_iter()
        .map(|colour| colour.map(|sample| sample / full));
    blue_fastest(side, &colours.collect::<Vec<_>>())
}

/// IRIDAS: XML with a `<LUT>` of `<size>` and `<data>`, four bytes a number in hexadecimal, red fastest.
fn look(text: &str) -> Option<Cube> {
    let table = between(text, "<LUT>", "</LUT>")?;
    let number = |text: &str| text.trim().trim_matches('"').trim().to_owned();
    let side: usize = number(between(table, "<size>", "</size>")?).parse().ok()?;
    if !(2..=Cube::MOST_SIDE).contains(&side) {
        return None;
    }
    let digits: Vec<u8> = between(table, "<data>", "</data>")?
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    let bytes: Vec<u8> = digits
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[high, low]| high << 4 | low)
        .collect();
    let samples: Vec<f32> = bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&four| f32::from_le_bytes(four))
        .collect();
    Cube::new(side, samples.as_chunks::<3>().0.to_vec())
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let start = text.find(from)? + from.len();
    let end = text[start..].find(to)?;
    Some(&text[start..start + end])
}

fn three<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<[f32; 3]> {
    let mut next = || words.next()?.parse().ok();
    Some([next()?, next()?, next()?])
}

/// A grid whose blue runs fastest.
pub(super) fn blue_fastest(side: usize, colours: &[[f32; 3]]) -> Option<Cube> {
    let place = |at: usize| {
        let (red, green, blue) = (at % side, at / side % side, at / side / side);
        (red * side + green) * side + blue
    };
    let turned = (0..side.checked_pow(3)?).map(|at| colours.get(place(at)).copied());
    Cube::new(side, turned.collect::<Option<Vec<_>>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two points a channel that swap red and blue.
    fn swapped() -> Cube {
        let corner = |at: usize| [at >> 2, at >> 1 & 1, at & 1].map(|bit| if bit == 1 { 1.0 } else { 0.0 });
        Cube::new(2, (0..8).map(corner).collect()).unwrap()
    }

    #[test]
    fn every_form_is_read() {
        let mut text = "TITLE \"x\"\r\n#comment\r\nLUT_3D_SIZE 2\r\nDOMAIN_MIN 0.0 0.0 0.0\r\n".to_owned();
        for at in 0..8 {
            text += &format!("{}.0 {} {}e0\r\n", at >> 2, at >> 1 & 1, at & 1);
        }
        assert_eq!(read(text.as_bytes()), Some(swapped()));
        let mut text = "# 3DL\n0 1023\n".to_owned();
        for at in 0..8 {
            text += &format!(
                "{} {} {}\n",
                (at & 1) * 1023,
                (at >> 1 & 1) * 1023,
                (at >> 2) * 1023
            );
        }
        assert_eq!(read(text.as_bytes()), Some(swapped()));
        let data: String = (0..8)
            .flat_map(|at| [at >> 2, at >> 1 & 1, at & 1])
            .flat_map(|bit: u8| f32::from(bit).to_le_bytes())
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let text = format!("<?xml?><look><LUT><size>\"2\"</size><data>\"{data}\"</data></LUT></look>");
        assert_eq!(read(text.as_bytes()), Some(swapped()));
    }

    #[test]
    fn what_is_no_table_is_none() {
        for text in [
            "",
            "LUT_3D_SIZE 2",
            "LUT_3D_SIZE 99999999999",
            "<LUT>",
            "1 2",
            "0 1\n1 2 x",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read(&[0xff; 9]), None);
    }
}
