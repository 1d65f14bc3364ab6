//! Whether a template means something as a whole: ids, references, fields, sizes.

mod catalogue;
mod cycle;
mod derive;
mod layers;
mod mentions;
mod repeats;

pub use catalogue::{Catalogue, Everything};

use std::collections::{BTreeMap, BTreeSet};

use crate::field::Fields;
use crate::problem::{Gathered, Path, hint, quoted};
use crate::units::Id;
use crate::{ColourValue, Kind, Layer, Limits, Problem, Problems, Source, Template};

/// A template that was checked, with its fields. Only such a one can be filled.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    template: Template,
    fields: Fields,
    warnings: Vec<Problem>,
}

impl Checked {
    /// The template.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// What callers can set.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// What is no problem and probably a slip: fields that are only asked for, under names that are nearly
    /// those of others.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

impl Template {
    /// Checks what a template means as a whole, against what there is besides it.
    ///
    /// # Errors
    /// Every id that stands twice, every reference to nothing, every field that is used as two things,
    /// every circle, whatever lacks what it needs or costs more than the limits.
    pub fn check(self, catalogue: &impl Catalogue, limits: &Limits) -> Result<Checked, Problems> {
        let mut checking = Checking {
            template: &self,
            catalogue,
            limits,
            problems: Gathered::new(limits.problems),
        };
        checking.template();
        let mut problems = checking.problems;
        let mut warnings = Gathered::new(limits.problems);
        let fields = derive::derive(&self, limits, &mut problems, &mut warnings);
        problems.settle(Some(())).map(|()| Checked {
            template: self,
            fields,
            warnings: warnings.into_list(),
        })
    }
}

struct Checking<'c, C> {
    template: &'c Template,
    catalogue: &'c C,
    limits: &'c Limits,
    problems: Gathered,
}

impl<C: Catalogue> Checking<'_, C> {
    fn complain(&mut self, path: &Path<'_>, message: impl Into<String>) {
        self.problems.push(path, message);
    }

    fn template(&mut self) {
        let template = self.template;
        let root = Path::Root;
        self.fonts(&root.member("fonts"));
        let pages = root.member("pages");
        let mut seen = BTreeSet::new();
        for (index, page) in template.pages.iter().enumerate() {
            let path = pages.item(index);
            self.unique(&mut seen, &page.id, &path.member("id"));
            let pixels = u64::from(page.width.get()) * u64::from(page.height.get());
            if pixels > self.limits.pixels {
                let most = self.limits.pixels;
                self.complain(&path, format!("has {pixels} pixels, {most} are allowed"));
            }
            let background = path.member("background");
            self.colour(page.background.colour.as_ref(), &background.member("color"));
            self.source(page.background.image.as_ref(), &background.member("image"));
            let mut ids = BTreeSet::new();
            self.layers(&page.layers, &path.member("layers"), &mut ids, Place::Page);
        }
        self.pages_in_mockups();
        let filled: usize = template
            .pages
            .iter()
            .map(|page| cost(&page.layers))
            .fold(0, usize::saturating_add);
        let most = self.limits.filled_layers;
        if filled > most {
            self.complain(
                &pages,
                format!("have {filled} layers when every repeat is full, {most} are allowed"),
            );
        }
    }

    fn fonts(&mut self, path: &Path<'_>) {
        let mut seen = BTreeSet::new();
        for (index, font) in self.template.fonts.iter().enumerate() {
            let path = path.item(index);
            if !seen.insert((&font.family, font.weight, font.style)) {
                let (family, weight, style) = (font.family.as_str(), font.weight.get(), font.style);
                self.complain(
                    &path,
                    format!("is a second {family} of the weight {weight}, {style}"),
                );
            }
            if !self.catalogue.has_font(&font.asset) {
                let asset = quoted(font.asset.as_str());
                self.complain(&path.member("asset"), format!("there is no font {asset}"));
            }
        }
    }

    fn unique<'i>(&mut self, seen: &mut BTreeSet<&'i Id>, id: &'i Id, path: &Path<'_>) {
        if !seen.insert(id) {
            self.complain(
                path,
                format!("{} is the id of another one too", quoted(id.as_str())),
            );
        }
    }

    fn colour(&mut self, colour: Option<&ColourValue>, path: &Path<'_>) {
        let colours = &self.template.colours;
        if let Some(ColourValue::Named(name)) = colour
            && !colours.contains_key(name)
        {
            let hint = hint(name.as_str(), colours.keys().map(|name| name.as_str()));
            self.complain(
                path,
                format!("there is no colour {}{hint}", quoted(name.as_str())),
            );
        }
    }

    fn source(&mut self, source: Option<&Source>, path: &Path<'_>) {
        if let Some(Source::Asset(asset)) = source
            && !self.catalogue.has_picture(asset)
        {
            self.complain(path, format!("there is no picture {}", quoted(asset.as_str())));
        }
    }

    /// A page may lie in a mockup on a page, but not in itself.
    fn pages_in_mockups(&mut self) {
        let mut edges: BTreeMap<&Id, BTreeSet<&Id>> = BTreeMap::new();
        for page in &self.template.pages {
            pages_used(&page.layers, edges.entry(&page.id).or_default());
        }
        if let Some(way) = cycle::cycle(&edges) {
            let names: Vec<String> = way.iter().map(|id| quoted(id.as_str())).collect();
            self.complain(
                &Path::Root.member("pages"),
                format!("lie in themselves, by way of {}", names.join(", ")),
            );
        }
    }
}

/// Where layers stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// On a page, perhaps in groups.
    Page,
    /// In the item of a repeat.
    Item,
}

fn pages_used<'t>(layers: &'t [Layer], pages: &mut BTreeSet<&'t Id>) {
    for layer in layers {
        match &layer.kind {
            Kind::Group(group) => pages_used(&group.layers, pages),
            Kind::Repeat(repeat) => pages_used(&repeat.item, pages),
            Kind::SmartObject(mockup) => {
                pages.extend(mockup.slots.iter().filter_map(|slot| slot.page.as_ref()));
            }
            Kind::Text(_) | Kind::Image(_) | Kind::Shape(_) | Kind::Qr(_) => {}
        }
    }
}

/// How many layers these are at most, when every cell of a repeat is drawn.
fn cost(layers: &[Layer]) -> usize {
    layers
        .iter()
        .map(|layer| match &layer.kind {
            Kind::Group(group) => cost(&group.layers).saturating_add(1),
            // A cell is a layer of its own.
            Kind::Repeat(repeat) => cost(&repeat.item)
                .saturating_add(1)
                .saturating_mul(repeat.cells())
                .saturating_add(1),
            Kind::SmartObject(mockup) => mockup.slots.len().saturating_add(1),
            _ => 1,
        })
        .fold(0, usize::saturating_add)
}
