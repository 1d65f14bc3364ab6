//! The hash of a request, so that an idempotency key on another request is noticed.
//!
//! Made of what was asked, not of what it was resolved to: a mockup that is renamed between two tries does not turn
//! the second into another request. Every part is written with its length or a mark, so that no two requests write
//! the same bytes. A change here makes keys that are younger than a day conflict with themselves: think twice.

use marquetry_model::{
    About, ContentHash, DesignId, Export, ExportFormat, ExportSize, Fit, Handle, Placement, RenderRequest,
    RequestedAsset, RequestedChange, TextChange, TextFit, UploadSource, UploadSpec, Words,
};
use marquetry_store::Fingerprint;

use crate::{FillRequest, GroupFill, Recipient, SendRequest, Terms, Wait};

/// Of an upload.
pub(crate) fn upload(spec: &UploadSpec, terms: &Terms) -> Fingerprint {
    let mut print = Print::new("upload 1");
    print.text(&spec.name);
    match &spec.source {
        UploadSource::Url(url) => print.mark(0).text(url),
        UploadSource::Blob { key } => print.mark(1).text(key.as_str()),
    };
    print.terms(terms);
    print.finish()
}

/// Of a render whose assets have these hashes.
pub(crate) fn render(request: &RenderRequest, hashes: &[Option<ContentHash>], terms: &Terms) -> Fingerprint {
    let mut print = Print::new("render 1");
    print.bytes(request.mockup.as_bytes());
    print.list(request.changes.iter().zip(hashes), |print, (change, hash)| {
        print.change(change, *hash);
    });
    print.list(&request.texts, Print::words);
    print.list(&request.hidden, |print, id| {
        print.bytes(id.as_bytes());
    });
    print.export(&request.export);
    print.maybe(request.label.as_deref(), |print, label| {
        print.text(label);
    });
    print.terms(terms);
    print.finish()
}

/// Of a template with values.
pub(crate) fn fill(request: &FillRequest, terms: &Terms) -> Fingerprint {
    let mut print = Print::new("template 1");
    print.text(request.template.as_str()).text(&request.fields);
    print.about(&request.about).terms(terms);
    print.finish()
}

/// Of a group with values.
pub(crate) fn group(id: &Handle, request: &GroupFill, terms: &Terms) -> Fingerprint {
    let mut print = Print::new("group 1");
    print
        .text(id.as_str())
        .text(&request.fields)
        .about(&request.about);
    print.maybe(request.of_all.as_ref(), |print, callback| {
        print.text(&callback.url);
    });
    print.terms(terms);
    print.finish()
}

/// Of a design as it is, with what is known of it here alone.
pub(crate) fn design(id: DesignId, about: &About, terms: &Terms) -> Fingerprint {
    let mut print;
    if *about == About::default() {
        print = Print::new("design 1");
        print.bytes(id.as_bytes());
    } else {
        print = Print::new("design 2");
        print.bytes(id.as_bytes()).about(about);
    }
    print.terms(terms);
    print.finish()
}

/// Sixteen bytes that follow from `parts` alone, for an id that the same call finds again.
pub(crate) fn short(parts: &[&[u8]]) -> [u8; 16] {
    let mut print = Print::new("id 1");
    print.list(parts, |print, part| {
        print.bytes(part);
    });
    let mut short = [0; 16];
    short.copy_from_slice(&print.finish().0[..16]);
    short
}

struct Print(blake3::Hasher);

impl Print {
    fn new(what: &str) -> Self {
        let mut print = Self(blake3::Hasher::new());
        print.text(what);
        print
    }

    fn finish(&self) -> Fingerprint {
        Fingerprint(*self.0.finalize().as_bytes())
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    fn mark(&mut self, mark: u8) -> &mut Self {
        self.0.update(&[mark]);
        self
    }

    fn real(&mut self, real: f64) -> &mut Self {
        // Zero has two spellings that mean one thing.
        let real = if real == 0.0 { 0.0 } else { real };
        self.number(real.to_bits())
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(crate::submit::length(bytes));
        self.0.update(bytes);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    fn maybe<T>(&mut self, there: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        match there {
            None => self.mark(0),
            Some(value) => {
                self.mark(1);
                write(self, value);
                self
            }
        }
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) -> &mut Self {
        for item in items {
            self.mark(1);
            write(self, item);
        }
        self.mark(0)
    }

    fn about(&mut self, about: &About) -> &mut Self {
        let About {
            player,
            name,
            folder,
            main_event_code,
            destination_event_code,
        } = about;
        for known in [player, name, folder, main_event_code, destination_event_code] {
            self.maybe(known.as_deref(), |print, known| {
                print.text(known);
            });
        }
        self
    }

    fn terms(&mut self, terms: &Terms) {
        self.mark(match terms.wait {
            Wait::No => 0,
            // How long is the caller's own business and may differ from try to try.
            Wait::UpTo(_) => 1,
        });
        self.maybe(terms.callback.as_ref(), |print, callback| {
            print.text(&callback.url).text(callback.dialect.as_str());
            print.maybe(callback.secret.as_ref(), |print, secret| {
                print.text(secret.expose());
            });
        });
        // Nothing at all without it, so that keys from before there was such a thing keep their meaning; whatever is
        // written ends with the terms.
        if let Some(sent) = &terms.send_to {
            self.send_to(sent);
        }
    }

    fn send_to(&mut self, sent: &SendRequest) {
        match &sent.to {
            Recipient::Destination(id) => self.mark(1).text(id.as_str()),
            Recipient::Preset(id) => self.mark(2).text(id.as_str()),
        };
        for path in [&sent.folder, &sent.file_name] {
            self.maybe(path.as_deref(), |print, path| {
                print.text(path);
            });
        }
        self.text(sent.dialect.as_str());
    }

    fn change(&mut self, change: &RequestedChange, hash: Option<ContentHash>) {
        self.bytes(change.slot.as_bytes());
        match &change.asset {
            None => self.mark(0),
            Some(RequestedAsset::Url(url)) => self.mark(1).text(url),
            Some(RequestedAsset::Bytes(bytes)) => {
                let hash = hash.unwrap_or_else(|| crate::resolve::hash(bytes));
                self.mark(2).bytes(hash.as_bytes())
            }
        };
        self.placement(&change.placement);
        self.maybe(change.colour, |print, overlay| {
            let colour = overlay.colour;
            print.bytes(&[colour.red, colour.green, colour.blue]);
            print.text(overlay.blend.name());
        });
        let tuned = &change.adjustments;
        self.real(tuned.brightness.get()).real(tuned.contrast.get());
        self.real(tuned.saturation.get()).real(tuned.vibrance.get());
        self.real(tuned.blur.get()).real(tuned.opacity.get());
    }

    fn placement(&mut self, placement: &Placement) {
        self.mark(match placement.fit {
            Fit::Fill => 0,
            Fit::Contain => 1,
            Fit::Cover => 2,
        });
        self.mark(u8::from(placement.flip.horizontal))
            .mark(u8::from(placement.flip.vertical));
        self.real(placement.rotation.get());
        self.maybe(placement.size, |print, size| {
            for side in [size.width(), size.height()] {
                print.maybe(side, |print, side| {
                    print.number(side.into());
                });
            }
        });
        self.maybe(placement.position, |print, position| {
            print.real(position.top.into()).real(position.left.into());
        });
        self.maybe(placement.tile, |print, tile| {
            print.real(tile.spacing.get());
        });
    }

    fn words(&mut self, change: &TextChange) {
        self.bytes(change.layer.as_bytes());
        match &change.words {
            Words::Plain { text, style } => {
                self.mark(0).text(text);
                self.maybe(style.font.as_deref(), |print, font| {
                    print.text(font);
                });
                self.maybe(style.font_size, |print, size| {
                    print.real(size);
                });
                self.maybe(style.colour, |print, colour| {
                    print.bytes(&[colour.red, colour.green, colour.blue]);
                });
                self.list(&style.stroke_colours, |print, colour| {
                    print.maybe(colour.as_ref(), |print, colour| {
                        print.bytes(&[colour.red, colour.green, colour.blue]);
                    });
                });
            }
            Words::Segments(segments) => {
                self.mark(1).list(segments, |print, (index, text)| {
                    print.number((*index).into()).text(text);
                });
            }
        }
        self.mark(match change.fit {
            TextFit::Overflow => 0,
            TextFit::Shrink => 1,
            TextFit::Clip => 2,
        });
    }

    fn export(&mut self, export: &Export) {
        self.mark(match export.format {
            ExportFormat::Png => 0,
            ExportFormat::Jpeg => 1,
            ExportFormat::Webp => 2,
        });
        match export.size {
            ExportSize::Original => self.mark(0),
            ExportSize::Width(width) => self.mark(1).number(width.into()),
        };
        self.real(export.quality.get());
        self.maybe(export.dpi, |print, dpi| {
            print.real(dpi.get());
        });
    }
}

#[cfg(test)]
#[path = "fingerprint_tests.rs"]
mod tests;
