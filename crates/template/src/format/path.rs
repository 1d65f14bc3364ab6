//! Lines and curves, written as in the path data of SVG: M, L, H, V, C, Q and Z, in absolute pixels.

use std::fmt::Write as _;

use marquetry_pixel::Point;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use crate::Limits;
use crate::form::{Form, Reader};
use crate::problem::{Path, quoted};
use crate::units::Coordinate;

/// One step of a pen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Lifted and put down.
    Move(Point),
    /// Straight on.
    Line(Point),
    /// Along a curve with one control point.
    Quad(Point, Point),
    /// Along a curve with two control points.
    Cubic(Point, Point, Point),
    /// Straight back to where it was put down.
    Close,
}

/// Lines and curves, in pixels from the top left corner of a frame. The first step puts the pen down.
#[derive(Clone, Debug, PartialEq)]
pub struct PathSteps(Vec<Step>);

impl PathSteps {
    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Reads path data with the commands M, L, H, V, C, Q and Z.
    ///
    /// # Errors
    /// What is wrong, and at which byte.
    pub fn parse(text: &str, most: usize) -> Result<Self, String> {
        let mut pen = Pen {
            text,
            at: 0,
            here: Point::new(0.0, 0.0),
            start: Point::new(0.0, 0.0),
        };
        let mut steps: Vec<Step> = Vec::new();
        let mut command = None;
        loop {
            let from = pen.skip();
            let Some(next) = text[from..].chars().next() else {
                break;
            };
            if next.is_ascii_alphabetic() {
                pen.at += 1;
                command = Some(next);
            } else if matches!(command, None | Some('Z')) {
                return Err(format!(
                    "has {} at byte {from}, where a command was expected",
                    quoted(next.encode_utf8(&mut [0; 4]))
                ));
            }
            let letter = command.unwrap_or('Z');
            if steps.is_empty() && letter != 'M' {
                return Err(format!("begins with {letter}, and not with M"));
            }
            if steps.len() >= most {
                return Err(format!("has more than {most} lines and curves"));
            }
            steps.push(pen.step(letter, from)?);
            if letter == 'M' {
                // Further pairs after a move are lines, as in SVG.
                command = Some('L');
            }
        }
        if steps.is_empty() {
            return Err("is empty".into());
        }
        Ok(Self(steps))
    }
}

struct Pen<'t> {
    text: &'t str,
    at: usize,
    here: Point,
    start: Point,
}

impl Pen<'_> {
    /// Past blanks and commas.
    fn skip(&mut self) -> usize {
        let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
        self.at += self.text.as_bytes()[self.at..]
            .iter()
            .take_while(|byte| blank(byte))
            .count();
        self.at
    }

    fn number(&mut self) -> Result<f64, String> {
        let from = self.skip();
        let rest = &self.text.as_bytes()[from..];
        let mut length = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
        let (mut dot, mut exponent) = (false, false);
        while let Some(byte) = rest.get(length) {
            match byte {
                b'0'..=b'9' => {}
                b'.' if !dot && !exponent => dot = true,
                b'e' | b'E' if !exponent => {
                    exponent = true;
                    length += usize::from(matches!(rest.get(length + 1), Some(b'+' | b'-')));
                }
                _ => break,
            }
            length += 1;
        }
        let text = &self.text[from..from + length];
        self.at = from + length;
        let number = text.parse().ok().and_then(Coordinate::new);
        number.map(Coordinate::get).ok_or_else(|| {
            let most = Coordinate::MOST.get();
            format!("has no number of -{most} to {most} at byte {from}")
        })
    }

    fn point(&mut self) -> Result<Point, String> {
        Ok(Point::new(self.number()?, self.number()?))
    }

    fn step(&mut self, letter: char, from: usize) -> Result<Step, String> {
        let step = match letter {
            'M' => {
                self.start = self.point()?;
                self.here = self.start;
                return Ok(Step::Move(self.start));
            }
            'L' => Step::Line(self.point()?),
            'H' => Step::Line(Point::new(self.number()?, self.here.y)),
            'V' => Step::Line(Point::new(self.here.x, self.number()?)),
            'Q' => Step::Quad(self.point()?, self.point()?),
            'C' => Step::Cubic(self.point()?, self.point()?, self.point()?),
            'Z' => {
                self.here = self.start;
                return Ok(Step::Close);
            }
            other => {
                return Err(format!(
                    "has the command {other} at byte {from}; M, L, H, V, C, Q and Z are known"
                ));
            }
        };
        if let Step::Line(to) | Step::Quad(_, to) | Step::Cubic(_, _, to) = step {
            self.here = to;
        }
        Ok(step)
    }
}

impl std::fmt::Display for PathSteps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_char(' ')?;
            }
            match step {
                Step::Move(to) => write!(f, "M{} {}", to.x, to.y)?,
                Step::Line(to) => write!(f, "L{} {}", to.x, to.y)?,
                Step::Quad(a, to) => write!(f, "Q{} {} {} {}", a.x, a.y, to.x, to.y)?,
                Step::Cubic(a, b, to) => {
                    write!(f, "C{} {} {} {} {} {}", a.x, a.y, b.x, b.y, to.x, to.y)?;
                }
                Step::Close => f.write_char('Z')?,
            }
        }
        Ok(())
    }
}

impl Form for PathSteps {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::String(text) = value else {
            return reader.mismatch(value, path, "path data such as M0 0 L10 10 Z");
        };
        match Self::parse(text, reader.limits.path_steps) {
            Ok(steps) => Some(steps),
            Err(wrong) => {
                reader.complain(path, wrong);
                None
            }
        }
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        // What a step is at its longest: three pairs of numbers.
        let longest = Limits::default().path_steps * 200;
        schemars::json_schema!({
            "type": "string", "maxLength": longest, "pattern": "^[\\s,]*M[-+0-9.eEMLHVCQZ\\s,]*$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_data_is_read_and_written() {
        let steps = PathSteps::parse(" M10-5.5.5 20 H7 V-1e1,Q1 2 3 4C1,2,3,4,5,6Z", 100);
        assert_eq!(
            steps.unwrap().to_string(),
            "M10 -5.5 L0.5 20 L7 20 L7 -10 Q1 2 3 4 C1 2 3 4 5 6 Z"
        );
    }

    #[test]
    fn what_is_no_path_says_where() {
        for (text, wrong) in [
            ("", "is empty"),
            ("L1 2", "begins with L"),
            ("M1 2 l3 4", "the command l at byte 5"),
            ("M1 2 Z 3", "\"3\" at byte 7"),
            ("M1 2 L3", "no number"),
            ("M1 2 L3 1e999", "no number"),
            ("M1 2 A1", "the command A"),
            ("M1 2 é", "byte 5"),
        ] {
            let error = PathSteps::parse(text, 100).unwrap_err();
            assert!(error.contains(wrong), "{text}: {error}");
        }
        assert!(PathSteps::parse("M1 2 3 4 5 6", 2).is_err());
    }
}
