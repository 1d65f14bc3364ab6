//! What is written is read back, for any noun; what is damaged or newer is refused, and says so.

use std::time::Duration;

use marquetry_job::{
    Attempt, Cancel, DeathCause, DeliveryState, Failure, Health, Hold, JobState, Lease, Tally, Timestamp,
    WorkerId,
};
use marquetry_model::{
    Adjustments, Amount, Announce, AssetSource, AttemptRecord, BlobKey, BoxSize, Callback, Catalogue, Change,
    ColourOverlay, ContentHash, Delivery, DeliveryAttempt, DeliveryId, DialectName, Disabled, Endpoint,
    EndpointId, EventNaming, EventType, Export, ExportFile, ExportFormat, ExportSize, Fit, Flip,
    FormerSecret, Happening, Job, JobId, JobResult, JobSpec, LayerAddress, LayerEntry, LayerId, LayerKind,
    Mockup, MockupId, Moment, Placement, Position, Priority, Progress, RenderSpec, Rewording, Secret,
    SmartObject, Target, TenantId, TextFit, TextLayer, TextSegment, TextStyle, Thumbnail, Tile, Timeline,
    Timing, Trouble, UploadSource, UploadSpec, Version, Warning, WhyDisabled, Within, Words,
};
use marquetry_pixel::{BlendMode, Quad, Rect, Rgb, Size};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::{AttemptRow, DeliveryRow, EndpointRow, JobRow, MockupRow};
use crate::StoreError;

mod nouns;

fn moment() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_micros)
}

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..12).prop_map(String::from_iter)
}

fn within<const A: i32, const B: i32>() -> impl Strategy<Value = Within<A, B>> {
    (f64::from(A)..=f64::from(B)).prop_map(|value| Within::new("x", value).unwrap())
}

fn hash() -> impl Strategy<Value = ContentHash> {
    any::<[u8; 32]>().prop_map(ContentHash::from_bytes)
}

fn layer_id() -> impl Strategy<Value = LayerId> {
    any::<[u8; 16]>().prop_map(LayerId::from_bytes)
}

fn address() -> impl Strategy<Value = LayerAddress> {
    vec(any::<u32>(), 0..4).prop_map(LayerAddress)
}

fn colour() -> impl Strategy<Value = Rgb> {
    any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Rgb::new(r, g, b))
}

fn blend() -> impl Strategy<Value = BlendMode> {
    select(BlendMode::ALL.to_vec())
}

fn size() -> impl Strategy<Value = Size> {
    any::<(u32, u32)>().prop_map(|(w, h)| Size::new(w, h))
}

fn tally() -> impl Strategy<Value = Tally> {
    (1u32.., any::<u32>(), any::<u32>()).prop_map(|(attempt, starts, crashes)| Tally {
        attempt: Attempt::new(attempt),
        starts,
        crashes,
    })
}

fn lease() -> impl Strategy<Value = Lease> {
    (any::<[u8; 16]>(), any::<u32>(), moment()).prop_map(|(worker, epoch, until)| Lease {
        hold: Hold {
            worker: WorkerId::from_random(worker),
            epoch,
        },
        until,
    })
}

fn job_state() -> impl Strategy<Value = JobState> {
    prop_oneof![
        (tally(), moment()).prop_map(|(tally, not_before)| JobState::Queued { tally, not_before }),
        (tally(), lease(), any::<bool>()).prop_map(|(tally, lease, asked)| JobState::Running {
            tally,
            lease,
            cancel: if asked { Cancel::Asked } else { Cancel::NotAsked },
        }),
        moment().prop_map(|at| JobState::Succeeded { at }),
        (moment(), text(), text(), text()).prop_map(|(at, c, m, d)| JobState::Failed {
            at,
            cause: Failure::new(c, m, d)
        }),
        moment().prop_map(|at| JobState::Cancelled { at }),
    ]
}

fn delivery_state() -> impl Strategy<Value = DeliveryState> {
    let causes = [
        DeathCause::Exhausted,
        DeathCause::Gone,
        DeathCause::EndpointRemoved,
        DeathCause::SendersCrashed,
        DeathCause::EndpointDisabled,
    ];
    prop_oneof![
        (tally(), moment()).prop_map(|(tally, due)| DeliveryState::Pending { tally, due }),
        (tally(), lease()).prop_map(|(tally, lease)| DeliveryState::Sending { tally, lease }),
        (tally(), moment()).prop_map(|(tally, at)| DeliveryState::Delivered { tally, at }),
        (tally(), moment(), select(causes.to_vec())).prop_map(|(tally, at, cause)| DeliveryState::Dead {
            at,
            tally,
            cause
        }),
    ]
}

fn placement() -> impl Strategy<Value = Placement> {
    (
        select(vec![Fit::Fill, Fit::Contain, Fit::Cover]),
        any::<(bool, bool)>(),
        within(),
        of((of(1u32..=300_000), 1u32..=300_000)),
        of(any::<(i32, i32)>()),
        of(within()),
    )
        .prop_map(
            |(fit, (horizontal, vertical), rotation, size, position, spacing)| Placement {
                fit,
                flip: Flip { horizontal, vertical },
                rotation,
                size: size.map(|(width, height)| BoxSize::new(width, Some(height)).unwrap()),
                position: position.map(|(top, left)| Position { top, left }),
                tile: spacing.map(|spacing| Tile { spacing }),
            },
        )
}

fn adjustments() -> impl Strategy<Value = Adjustments> {
    (within(), within(), within(), within(), within(), within()).prop_map(
        |(brightness, contrast, saturation, vibrance, blur, opacity)| Adjustments {
            brightness,
            contrast,
            saturation,
            vibrance,
            blur,
            opacity,
        },
    )
}

fn asset() -> impl Strategy<Value = AssetSource> {
    prop_oneof![
        text().prop_map(AssetSource::Url),
        hash().prop_map(|content| AssetSource::Blob {
            key: BlobKey::asset(content),
            content
        }),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    (
        layer_id(),
        vec(address(), 0..3),
        of(asset()),
        placement(),
        of((colour(), blend())),
        adjustments(),
    )
        .prop_map(
            |(slot, addresses, asset, placement, colour, adjustments)| Change {
                slot,
                addresses,
                asset,
                placement,
                colour: colour.map(|(colour, blend)| ColourOverlay { colour, blend }),
                adjustments,
            },
        )
}

fn rewording() -> impl Strategy<Value = Rewording> {
    let plain = (
        text(),
        of(text()),
        of(0.1..2000.0),
        of(colour()),
        vec(of(colour()), 0..3),
    )
        .prop_map(|(text, font, font_size, colour, stroke_colours)| Words::Plain {
            text,
            style: TextStyle {
                font,
                font_size,
                colour,
                stroke_colours,
            },
        });
    let words = prop_oneof![plain, vec((any::<u32>(), text()), 0..3).prop_map(Words::Segments)];
    let fit = select(vec![TextFit::Overflow, TextFit::Shrink, TextFit::Clip]);
    (layer_id(), vec(address(), 0..3), words, fit).prop_map(|(slot, addresses, words, fit)| Rewording {
        slot,
        addresses,
        words,
        fit,
    })
}

fn format() -> impl Strategy<Value = ExportFormat> {
    select(vec![ExportFormat::Png, ExportFormat::Jpeg, ExportFormat::Webp])
}

fn export() -> impl Strategy<Value = Export> {
    (format(), of(100u32..=10_000), within(), of(within())).prop_map(|(format, width, quality, dpi)| Export {
        format,
        size: width.map_or(ExportSize::Original, |width| ExportSize::width(width).unwrap()),
        quality,
        dpi,
    })
}

fn spec() -> impl Strategy<Value = JobSpec> {
    let render = (
        any::<[u8; 16]>(),
        text(),
        hash(),
        vec(change(), 0..3),
        vec(rewording(), 0..3),
        vec(address(), 0..3),
        export(),
        of(text()),
    )
        .prop_map(
            |(mockup, mockup_name, content, changes, texts, hidden, export, label)| {
                JobSpec::Render(Box::new(RenderSpec {
                    mockup: MockupId::from_bytes(mockup),
                    mockup_name,
                    content,
                    changes,
                    texts,
                    hidden,
                    export,
                    label,
                }))
            },
        );
    let source = prop_oneof![
        text().prop_map(UploadSource::Url),
        hash().prop_map(|content| UploadSource::Blob {
            key: BlobKey::upload(content)
        }),
    ];
    let upload = (text(), source).prop_map(|(name, source)| JobSpec::Upload(UploadSpec { name, source }));
    let template = nouns::template_spec().prop_map(|spec| JobSpec::Template(Box::new(spec)));
    prop_oneof![3 => render, 2 => template, 1 => upload]
}

fn dialect() -> impl Strategy<Value = DialectName> {
    "[a-z0-9_-]{1,32}".prop_map(|name| DialectName::new(name).unwrap())
}

fn callback() -> impl Strategy<Value = Callback> {
    (text(), of(text()), dialect()).prop_map(|(url, secret, dialect)| Callback {
        url,
        secret: secret.map(Secret::new),
        dialect,
    })
}

fn warnings() -> impl Strategy<Value = Vec<Warning>> {
    vec(
        (text(), text()).prop_map(|(code, message)| Warning { code, message }),
        0..3,
    )
}

fn result() -> impl Strategy<Value = JobResult> {
    (
        of((any::<[u8; 16]>(), any::<u32>(), format(), any::<u64>(), size())),
        of(any::<[u8; 16]>()),
        warnings(),
        vec((text(), any::<u64>()), 0..3),
    )
        .prop_map(|(file, mockup, warnings, timings)| JobResult {
            export: file.map(|(job, number, format, bytes, size)| ExportFile {
                key: BlobKey::result(JobId::from_bytes(job), number, format),
                content_type: format.content_type().to_owned(),
                bytes,
                size,
            }),
            mockup: mockup.map(MockupId::from_bytes),
            warnings,
            timings: timings
                .into_iter()
                .map(|(room, micros)| Timing {
                    room,
                    took: Duration::from_micros(micros),
                })
                .collect(),
        })
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (any::<[u8; 16]>(), any::<u32>()).prop_map(|(worker, attempt)| Happening::Claimed {
            worker: WorkerId::from_random(worker),
            attempt,
        }),
        (any::<u32>(), text(), text(), moment()).prop_map(|(attempt, code, message, again)| {
            Happening::Broke {
                attempt,
                code,
                message,
                again,
            }
        }),
        Just(Happening::HandedBack),
        Just(Happening::HolderLost),
        Just(Happening::CancelAsked),
    ]
}

fn timeline() -> impl Strategy<Value = Timeline> {
    (
        vec((moment(), happening()), 0..6),
        any::<u32>(),
        of((text(), 0..=100_u8)),
        vec(any::<[u8; 16]>(), 0..3),
    )
        .prop_map(|(moments, left_out, progress, deliveries)| Timeline {
            moments: moments
                .into_iter()
                .map(|(at, what)| Moment { at, what })
                .collect(),
            left_out,
            progress: progress.map(|(stage, percent)| Progress { stage, percent }),
            deliveries: deliveries.into_iter().map(DeliveryId::from_bytes).collect(),
        })
}

fn job() -> impl Strategy<Value = Job> {
    (
        (
            any::<[u8; 16]>(),
            any::<[u8; 16]>(),
            spec(),
            job_state(),
            0..u64::MAX / 2,
            select(Priority::ALL.to_vec()),
        ),
        (
            any::<bool>(),
            of(callback()),
            moment(),
            moment(),
            of(moment()),
            of(result()),
            timeline(),
            of(0..=Amount::MOST.micros()),
            of(nouns::send_to()),
        ),
    )
        .prop_map(|((id, tenant, spec, state, version, priority), rest)| {
            let (silent, callback, created_at, updated_at, started_at, result, timeline, charge, send_to) =
                rest;
            Job {
                id: JobId::from_bytes(id),
                tenant: TenantId::from_bytes(tenant),
                spec,
                state,
                version: Version(version),
                priority,
                announce: if silent {
                    Announce::Silent
                } else {
                    Announce::Events
                },
                callback,
                send_to,
                charge: charge.and_then(Amount::from_micros),
                created_at,
                updated_at,
                started_at,
                result,
                timeline,
            }
        })
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let target = prop_oneof![
        any::<[u8; 16]>().prop_map(|id| Target::Endpoint(EndpointId::from_bytes(id))),
        callback().prop_map(Target::Callback),
        nouns::handle().prop_map(Target::Destination),
        (nouns::handle(), text()).prop_map(|(destination, path)| Target::File { destination, path }),
    ];
    let tries = vec((moment(), any::<u64>(), of(any::<u16>()), of(text())), 0..3);
    (
        (
            any::<[u8; 16]>(),
            any::<[u8; 16]>(),
            target,
            dialect(),
            any::<[u8; 16]>(),
        ),
        (
            select(EventType::ALL.to_vec()),
            any::<Vec<u8>>(),
            delivery_state(),
            0..u64::MAX / 2,
            tries,
        ),
        (moment(), moment()),
    )
        .prop_map(
            |((id, tenant, target, dialect, job), rest, (created_at, updated_at))| {
                let (event, body, state, version, tries) = rest;
                Delivery {
                    id: DeliveryId::from_bytes(id),
                    tenant: TenantId::from_bytes(tenant),
                    target,
                    dialect,
                    job: JobId::from_bytes(job),
                    event,
                    body: body.into(),
                    state,
                    version: Version(version),
                    tries: tries
                        .into_iter()
                        .map(|(at, micros, status, error)| DeliveryAttempt {
                            at,
                            took: Duration::from_micros(micros),
                            status,
                            error,
                        })
                        .collect(),
                    created_at,
                    updated_at,
                }
            },
        )
}

fn attempt() -> impl Strategy<Value = AttemptRecord> {
    let tried = (moment(), any::<u64>(), of(any::<u16>()), of(text()));
    let rest = (
        any::<u32>(),
        of(select(Trouble::ALL.to_vec())),
        text(),
        vec((text(), text()), 0..4),
        text(),
    );
    (tried, rest).prop_map(|((at, micros, status, error), rest)| {
        let (number, trouble, lookup, request, answer) = rest;
        AttemptRecord {
            number,
            tried: DeliveryAttempt {
                at,
                took: Duration::from_micros(micros),
                status,
                error,
            },
            trouble,
            lookup,
            request,
            answer,
        }
    })
}

fn health() -> impl Strategy<Value = Health> {
    prop_oneof![
        Just(Health::Well),
        (moment(), moment()).prop_map(|(first, last)| Health::Doubtful { first, last }),
        (moment(), moment()).prop_map(|(since, last)| Health::Failing { since, last }),
    ]
}

fn disabled() -> impl Strategy<Value = Disabled> {
    let why = select(vec![WhyDisabled::Gone, WhyDisabled::Failing]);
    (moment(), why).prop_map(|(at, why)| Disabled { at, why })
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    (
        (any::<[u8; 16]>(), any::<[u8; 16]>(), text(), text(), of(text())),
        (
            vec(select(EventType::ALL.to_vec()), 0..4),
            any::<bool>(),
            dialect(),
            any::<bool>(),
            vec((text(), moment()), 0..3),
            of(disabled()),
            health(),
        ),
        (moment(), of(moment()), 0..u64::MAX / 2),
    )
        .prop_map(
            |((id, tenant, url, secret, description), rest, (created_at, updated_at, version))| {
                let (event_types, legacy, dialect, enabled, former, disabled, health) = rest;
                Endpoint {
                    id: EndpointId::from_bytes(id),
                    tenant: TenantId::from_bytes(tenant),
                    url,
                    secret: Secret::new(secret),
                    former_secrets: former
                        .into_iter()
                        .map(|(secret, until)| FormerSecret {
                            secret: Secret::new(secret),
                            until,
                        })
                        .collect(),
                    description,
                    event_types,
                    naming: if legacy {
                        EventNaming::Legacy
                    } else {
                        EventNaming::Current
                    },
                    dialect,
                    enabled,
                    disabled,
                    health,
                    created_at,
                    updated_at,
                    version: Version(version),
                }
            },
        )
}

fn number() -> impl Strategy<Value = f64> {
    prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL
}

fn text_layer() -> impl Strategy<Value = TextLayer> {
    let segment =
        (text(), of(text()), of(number()), of(colour())).prop_map(|(text, font, font_size, colour)| {
            TextSegment {
                text,
                font,
                font_size,
                colour,
            }
        });
    (
        (
            layer_id(),
            address(),
            text(),
            of(text()),
            of(text()),
            of(number()),
            of(colour()),
        ),
        (
            of(any::<bool>()),
            any::<[bool; 4]>(),
            vec(segment, 0..3),
            any::<u32>(),
            vec(layer_id(), 0..3),
        ),
    )
        .prop_map(|((id, address, name, text, font, font_size, colour), rest)| {
            let (font_available, [editable, visible, overlay, clipped], segments, strokes, together) = rest;
            TextLayer {
                id,
                address,
                name,
                text,
                font,
                font_size,
                colour,
                font_available,
                editable,
                segments,
                visible,
                stroke_count: strokes,
                has_colour_overlay: overlay,
                has_clipped_artwork: clipped,
                edit_together: together,
            }
        })
}

fn smart_object() -> impl Strategy<Value = SmartObject> {
    let quad = of(any::<[u8; 8]>().prop_map(|c| {
        let [a, b, c, d, e, f, g, h] = c.map(|n| f64::from(n) / 7.0);
        Quad::new([(a, b), (c, d), (e, f), (g, h)])
    }));
    let leaf = (
        (layer_id(), vec(address(), 0..3), text(), of(text()), size()),
        (
            any::<(i32, i32)>(),
            size(),
            quad,
            blend(),
            any::<bool>(),
            vec(text_layer(), 0..2),
        ),
    )
        .prop_map(|((id, instances, name, layer_name, frame), rest)| {
            let ((x, y), extent, quad, blend, visible, text_layers) = rest;
            SmartObject {
                id,
                instances,
                name,
                layer_name,
                frame,
                bounds: Rect::new(x, y, extent.width, extent.height),
                quad,
                blend,
                visible,
                smart_objects: vec![],
                text_layers,
            }
        })
        .boxed();
    (leaf.clone(), vec(leaf, 0..2)).prop_map(|(outer, smart_objects)| SmartObject {
        smart_objects,
        ..outer
    })
}

fn entry() -> impl Strategy<Value = LayerEntry> {
    let leaf = (
        layer_id(),
        address(),
        text(),
        select(LayerKind::ALL.to_vec()),
        any::<bool>(),
    )
        .prop_map(|(id, address, name, kind, visible)| LayerEntry {
            id,
            address,
            name,
            kind,
            visible,
            children: vec![],
        })
        .boxed();
    leaf.clone().prop_recursive(4, 16, 3, move |inner| {
        (leaf.clone(), vec(inner, 0..3)).prop_map(|(outer, children)| LayerEntry { children, ..outer })
    })
}

fn mockup() -> impl Strategy<Value = Mockup> {
    (
        (
            any::<[u8; 16]>(),
            any::<[u8; 16]>(),
            text(),
            hash(),
            any::<u64>(),
            size(),
            of(number()),
        ),
        (
            vec(smart_object(), 0..2),
            vec(text_layer(), 0..2),
            vec(entry(), 0..3),
        ),
        (
            warnings(),
            vec(any::<u32>(), 0..3),
            moment(),
            moment(),
            0..u64::MAX / 2,
        ),
    )
        .prop_map(
            |((id, tenant, name, content, source_bytes, size, dpi), found, rest)| {
                let (smart_objects, text_layers, layers) = found;
                let (warnings, widths, created_at, updated_at, version) = rest;
                let id = MockupId::from_bytes(id);
                Mockup {
                    id,
                    tenant: TenantId::from_bytes(tenant),
                    name,
                    content,
                    source: BlobKey::upload(content),
                    source_bytes,
                    size,
                    dpi,
                    catalogue: Catalogue {
                        smart_objects,
                        text_layers,
                        layers,
                    },
                    warnings,
                    thumbnails: widths
                        .into_iter()
                        .map(|width| Thumbnail {
                            width,
                            key: BlobKey::thumbnail(id, width),
                        })
                        .collect(),
                    created_at,
                    updated_at,
                    version: Version(version),
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_job_is_read_as_it_was_written(job in job()) {
        let row = JobRow::of(&job);
        prop_assert_eq!(row.due, job.state.due().map(Timestamp::as_micros));
        prop_assert_eq!(row.job().unwrap(), job);
    }

    #[test]
    fn a_delivery_is_read_as_it_was_written(delivery in delivery()) {
        prop_assert_eq!(DeliveryRow::of(&delivery).columns().delivery().unwrap(), delivery);
    }

    #[test]
    fn an_attempt_is_read_as_it_was_written(attempt in attempt(), id in any::<[u8; 16]>()) {
        let row = AttemptRow::of(DeliveryId::from_bytes(id), &attempt);
        prop_assert_eq!(AttemptRow::attempt(&row.record).unwrap(), attempt);
    }

    #[test]
    fn an_endpoint_is_read_as_it_was_written(endpoint in endpoint()) {
        prop_assert_eq!(EndpointRow::of(&endpoint).endpoint().unwrap(), endpoint);
    }

    #[test]
    fn a_mockup_is_read_as_it_was_written(mockup in mockup()) {
        prop_assert_eq!(MockupRow::of(&mockup).mockup().unwrap(), mockup);
    }

    #[test]
    fn damage_is_refused_and_never_a_panic(job in job(), at in any::<prop::sample::Index>(), byte in 32u8..127) {
        let mut row = JobRow::of(&job);
        let mut bytes = row.record.into_bytes();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        // Damage may leave something readable, or not even text; it must not be worse than that.
        row.record = String::from_utf8_lossy(&bytes).into_owned();
        let _ = row.job();
    }
}

fn plain_job() -> Job {
    let spec = UploadSpec {
        name: "mug".into(),
        source: UploadSource::Url("https://example.com/m.psd".into()),
    };
    Job::accepted(
        JobId::from_random([1; 16]),
        TenantId::from_random([2; 16]),
        JobSpec::Upload(spec),
        Announce::Events,
        None,
        Timestamp::from_micros(0),
    )
}

#[test]
fn a_newer_form_says_that_it_is_newer() {
    let mut row = JobRow::of(&plain_job());
    row.record = r#"{"v":2,"everything":"is different"}"#.into();
    let Err(StoreError::Unreadable { what: "job", problem }) = row.job() else {
        panic!("it was read")
    };
    let id = JobId::from_bytes(row.id);
    assert_eq!(problem, format!("{id}: it has version 2, known is 1"));
}

#[test]
fn members_that_came_later_are_ignored_and_absent_ones_have_defaults() {
    let mut row = JobRow::of(&plain_job());
    row.record = r#"{"v":1,"state":{"is":"succeeded","at":7},"updated_at":7,"mood":"fine"}"#.into();
    let job = row.job().unwrap();
    assert_eq!(
        job.state,
        JobState::Succeeded {
            at: Timestamp::from_micros(7)
        }
    );
    assert_eq!(job.announce, Announce::Events);
}

#[test]
fn a_timeline_of_a_newer_program_is_read_without_what_is_new_in_it() {
    let mut row = JobRow::of(&plain_job());
    row.record = r#"{"v":1,"state":{"is":"cancelled","at":7},"updated_at":7,"timeline":{"moments":
        [{"at":1,"is":"paused","why":"lunch"},{"at":2,"is":"handed_back"}],"mood":"fine"}}"#
        .into();
    let moments = row.job().unwrap().timeline.moments;
    assert_eq!(moments.len(), 1);
    assert_eq!(moments[0].what, Happening::HandedBack);
}

#[test]
fn deeply_nested_groups_survive() {
    let leaf = |n: u8| LayerEntry {
        id: LayerId::from_bytes([n; 16]),
        address: LayerAddress(vec![n.into()]),
        name: format!("group {n}"),
        kind: LayerKind::Group,
        visible: true,
        children: vec![],
    };
    let tree = (0..250).rev().fold(leaf(255), |inner, n| LayerEntry {
        children: vec![inner],
        ..leaf(n)
    });
    let catalogue = Catalogue {
        layers: vec![tree],
        ..Catalogue::default()
    };
    let json = super::write(&super::catalogue::CatalogueForm::of(&catalogue));
    let form: super::catalogue::CatalogueForm = super::read(&json).unwrap();
    assert_eq!(form.back().unwrap(), catalogue);
}
