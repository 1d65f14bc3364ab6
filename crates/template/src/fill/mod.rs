//! A checked template and values for its fields become what is drawn.

mod case;
mod describe;
mod layers;
mod repeats;
mod scope;
mod seats;
mod value;

pub use seats::{Full, seat};

use std::collections::BTreeMap;

use marquetry_pixel::Size;
use serde_json::Value;

use crate::filled::{Filled, FilledPage, Picture};
use crate::form::Reader;
use crate::problem::Path;
use crate::units::{ColourName, Id};
use crate::{Checked, Colour, ColourValue, Limits, Page, Problems, Unknown};
use scope::Scope;
use value::{Given, Values, read_values};

impl Checked {
    /// Fills the gaps: takes the values, an object of them by field names, and resolves everything that
    /// is named or asked in the template. Paths of problems and warnings start at that object.
    ///
    /// Values that are not given, or null, leave the template's own content. What no field takes is
    /// passed over with a warning or refused, as `unknown` says.
    ///
    /// # Errors
    /// Every value that is missing, unreadable or too much.
    pub fn fill(&self, values: &Value, limits: &Limits, unknown: Unknown) -> Result<Filled, Problems> {
        let mut reader = Reader::new(limits, unknown);
        let read = read_values(values, self.fields(), &Path::Root, &mut reader);
        let filled = read.map(|values| self.pages(&values, &mut reader));
        let warnings = std::mem::replace(&mut reader.warnings, crate::problem::Gathered::new(0)).into_list();
        reader.problems.settle(filled).map(|pages| Filled {
            pages,
            output: self.template().output.clone(),
            warnings,
        })
    }

    fn pages(&self, values: &Values, reader: &mut Reader<'_>) -> Vec<FilledPage> {
        let template = self.template();
        let scope = Scope::new(self.fields(), values, None);
        let colours = template.colours.iter().map(|(name, named)| {
            let colour = scope.colour(named.field.as_ref()).unwrap_or(named.value);
            (name, colour)
        });
        let mut filling = Filling {
            colours: colours.collect(),
            pages: &template.pages,
            characters: 0,
            reader,
        };
        template
            .pages
            .iter()
            .map(|page| filling.page(page, &scope))
            .collect()
    }
}

/// Where the values that are being filled in came from, for problems.
type At<'p> = &'p Path<'p>;

struct Filling<'f, 'r, 'l> {
    colours: BTreeMap<&'f ColourName, Colour>,
    pages: &'f [Page],
    /// Characters of the texts so far.
    characters: usize,
    reader: &'r mut Reader<'l>,
}

impl Filling<'_, '_, '_> {
    fn page(&mut self, page: &Page, scope: &Scope<'_>) -> FilledPage {
        let background = &page.background;
        let value = scope.image(background.field.as_ref());
        let source = match value.and_then(|value| value.url.as_ref()) {
            Some(Given::At(address)) => Some(crate::Source::Url(address.clone())),
            Some(Given::Nothing) => None,
            None => background.image.clone(),
        };
        let picture = source
            .filter(|_| !value.is_some_and(|value| value.hidden))
            .map(|source| {
                let fit = value.and_then(|value| value.fit).unwrap_or(background.fit);
                (Picture::plain(source), fit)
            });
        FilledPage {
            id: page.id.clone(),
            size: Size::new(page.width.get(), page.height.get()),
            colour: background
                .colour
                .as_ref()
                .map_or(Colour::WHITE, |colour| self.colour(colour)),
            background: picture,
            layers: self.layers(&page.layers, scope, &Path::Root),
        }
    }

    fn colour(&self, colour: &ColourValue) -> Colour {
        match colour {
            ColourValue::Exact(colour) => *colour,
            // Checked to be there.
            ColourValue::Named(name) => self.colours.get(name).copied().unwrap_or(Colour::BLACK),
        }
    }

    /// The place of a page that was checked to be there.
    fn page_index(&self, id: &Id) -> Option<usize> {
        self.pages.iter().position(|page| page.id == *id)
    }
}
