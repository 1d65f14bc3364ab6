//! The same of what is kept as records, and of jobs that draw templates.

use marquetry_model::{
    About, After, AssetKind, Batch, BatchId, Bucket, Design, DesignGroup, DesignId, Destination,
    DropboxAccess, Handle, Layout, Parcel, Pending, Pinned, Preset, Published, Reach, SendTo, Stop, Template,
    TemplateAsset, TemplateSpec, Then,
};

use super::*;
use crate::persisted::RecordRow;
use crate::{Noun, Record, RecordKind};

pub(super) fn handle() -> impl Strategy<Value = Handle> {
    "[A-Za-z0-9_-]{1,64}".prop_map(|text| text.parse().unwrap())
}

fn tenant() -> impl Strategy<Value = TenantId> {
    any::<[u8; 16]>().prop_map(TenantId::from_bytes)
}

fn version() -> impl Strategy<Value = Version> {
    (1..u64::MAX / 2).prop_map(Version)
}

fn pinned() -> impl Strategy<Value = Pinned> {
    (handle(), any::<u32>(), hash()).prop_map(|(template, revision, layout)| Pinned {
        template,
        revision,
        layout,
    })
}

fn about() -> impl Strategy<Value = About> {
    (of(text()), of(text()), of(text()), of(text()), of(text())).prop_map(
        |(player, name, folder, main_event_code, destination_event_code)| About {
            player,
            name,
            folder,
            main_event_code,
            destination_event_code,
        },
    )
}

fn design_id() -> impl Strategy<Value = DesignId> {
    any::<[u8; 16]>().prop_map(DesignId::from_bytes)
}

pub(super) fn template_spec() -> impl Strategy<Value = TemplateSpec> {
    let mockup = any::<[u8; 16]>().prop_map(MockupId::from_bytes);
    (
        pinned(),
        text(),
        of(design_id()),
        about(),
        vec((mockup, hash()), 0..3),
        vec((handle(), hash()), 0..3),
        of(export()),
    )
        .prop_map(
            |(pinned, fields, design, about, mockups, assets, export)| TemplateSpec {
                pinned,
                fields,
                design,
                about,
                mockups,
                assets,
                export,
            },
        )
}

fn template() -> impl Strategy<Value = Template> {
    let published = (any::<u32>(), hash(), moment()).prop_map(|(revision, layout, at)| Published {
        revision,
        layout,
        at,
    });
    (
        tenant(),
        handle(),
        text(),
        hash(),
        of(published),
        version(),
        moment(),
        moment(),
    )
        .prop_map(
            |(tenant, id, name, draft, published, version, created_at, updated_at)| Template {
                tenant,
                id,
                name,
                draft,
                published,
                version,
                created_at,
                updated_at,
            },
        )
}

fn design() -> impl Strategy<Value = Design> {
    (
        (tenant(), design_id(), pinned(), text(), about(), of(text())),
        (version(), moment(), moment()),
    )
        .prop_map(
            |((tenant, id, pinned, fields, about, team), (version, created_at, updated_at))| Design {
                tenant,
                id,
                pinned,
                fields,
                about,
                team,
                version,
                created_at,
                updated_at,
            },
        )
}

fn group() -> impl Strategy<Value = DesignGroup> {
    (
        tenant(),
        handle(),
        text(),
        vec(handle(), 0..4),
        version(),
        moment(),
        moment(),
    )
        .prop_map(
            |(tenant, id, name, templates, version, created_at, updated_at)| DesignGroup {
                tenant,
                id,
                name,
                templates,
                version,
                created_at,
                updated_at,
            },
        )
}

fn template_asset() -> impl Strategy<Value = TemplateAsset> {
    (
        tenant(),
        handle(),
        select(AssetKind::ALL.to_vec()),
        text(),
        hash(),
        any::<u64>(),
        moment(),
    )
        .prop_map(
            |(tenant, id, kind, name, content, bytes, created_at)| TemplateAsset {
                tenant,
                id,
                kind,
                name,
                content,
                bytes,
                created_at,
            },
        )
}

fn layout() -> impl Strategy<Value = Layout> {
    (tenant(), hash(), text(), moment()).prop_map(|(tenant, content, json, at)| Layout {
        tenant,
        content,
        json,
        at,
    })
}

fn job_id() -> impl Strategy<Value = JobId> {
    any::<[u8; 16]>().prop_map(JobId::from_bytes)
}

fn batch() -> impl Strategy<Value = Batch> {
    let id = any::<[u8; 16]>().prop_map(BatchId::from_bytes);
    (
        tenant(),
        id,
        of(handle()),
        vec(job_id(), 1..4),
        of(callback()),
        moment(),
    )
        .prop_map(|(tenant, id, group, jobs, callback, created_at)| Batch {
            tenant,
            id,
            group,
            jobs,
            callback,
            created_at,
        })
}

fn pending() -> impl Strategy<Value = Pending> {
    let delivery = any::<[u8; 16]>().prop_map(DeliveryId::from_bytes);
    let after = prop_oneof![
        vec(job_id(), 1..4).prop_map(After::Jobs),
        vec(delivery, 1..4).prop_map(After::Deliveries),
    ];
    let batch = any::<[u8; 16]>().prop_map(BatchId::from_bytes);
    let then = prop_oneof![
        batch.prop_map(Then::TellOfBatch),
        job_id().prop_map(Then::TellOfJob)
    ];
    (tenant(), then, after, moment()).prop_map(|(tenant, then, after, created_at)| Pending {
        tenant,
        then,
        after,
        created_at,
    })
}

fn secret() -> impl Strategy<Value = Secret> {
    text().prop_map(Secret::new)
}

fn reach() -> impl Strategy<Value = Reach> {
    let access = prop_oneof![
        secret().prop_map(DropboxAccess::Token),
        (text(), of(secret()), secret()).prop_map(|(app_key, app_secret, refresh_token)| {
            DropboxAccess::Refresh {
                app_key,
                app_secret,
                refresh_token,
            }
        }),
    ];
    let bucket = (of(text()), text(), text(), text(), secret()).prop_map(
        |(endpoint, region, name, access_key_id, secret_access_key)| Bucket {
            endpoint,
            region,
            name,
            access_key_id,
            secret_access_key,
        },
    );
    prop_oneof![
        (text(), of(secret())).prop_map(|(url, secret)| Reach::Webhook { url, secret }),
        Just(Reach::Folder),
        bucket.prop_map(Reach::Bucket),
        access.prop_map(Reach::Dropbox),
    ]
}

fn destination() -> impl Strategy<Value = Destination> {
    (
        tenant(),
        handle(),
        text(),
        reach(),
        text(),
        version(),
        moment(),
        moment(),
    )
        .prop_map(
            |(tenant, id, name, reach, path, version, created_at, updated_at)| Destination {
                tenant,
                id,
                name,
                reach,
                path,
                version,
                created_at,
                updated_at,
            },
        )
}

fn preset() -> impl Strategy<Value = Preset> {
    let stop = (handle(), of(text())).prop_map(|(destination, path)| Stop { destination, path });
    (
        tenant(),
        handle(),
        text(),
        vec(stop, 1..4),
        version(),
        moment(),
        moment(),
    )
        .prop_map(
            |(tenant, id, name, stops, version, created_at, updated_at)| Preset {
                tenant,
                id,
                name,
                stops,
                version,
                created_at,
                updated_at,
            },
        )
}

pub(super) fn send_to() -> impl Strategy<Value = SendTo> {
    let parcel = (any::<[u8; 16]>(), handle(), of(text())).prop_map(|(id, destination, path)| Parcel {
        delivery: DeliveryId::from_bytes(id),
        destination,
        path,
    });
    (dialect(), vec(parcel, 1..4)).prop_map(|(dialect, parcels)| SendTo { dialect, parcels })
}

/// A noun by way of its record and its row, and what the record says it is.
fn there_and_back<N: Noun + Clone>(noun: &N) -> (N, Record) {
    let record = noun.record();
    let row = RecordRow::of(&record).record(N::KIND).unwrap();
    assert_eq!(row, record);
    (N::read(&row).unwrap(), record)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_template_is_read_as_it_was_written(template in template()) {
        let (read, record) = there_and_back(&template);
        prop_assert_eq!(&read, &template);
        prop_assert!(record.refers.contains(&template.draft.to_string()));
        prop_assert!(template.published.is_none_or(|one| record.refers.contains(&one.layout.to_string())));
        prop_assert!(record.refers.is_sorted());
    }

    #[test]
    fn a_layout_is_read_as_it_was_written(layout in layout()) {
        prop_assert_eq!(there_and_back(&layout).0, layout);
    }

    #[test]
    fn a_design_is_read_as_it_was_written(design in design()) {
        let (read, record) = there_and_back(&design);
        prop_assert_eq!(record.refers, [design.pinned.layout.to_string()]);
        prop_assert_eq!(read, design);
    }

    #[test]
    fn a_group_is_read_as_it_was_written(group in group()) {
        prop_assert_eq!(there_and_back(&group).0, group);
    }

    #[test]
    fn an_asset_is_read_as_it_was_written(asset in template_asset()) {
        let (read, record) = there_and_back(&asset);
        prop_assert_eq!(record.refers, [asset.content.to_string()]);
        prop_assert_eq!(read, asset);
    }

    #[test]
    fn a_batch_is_read_as_it_was_written(batch in batch()) {
        prop_assert_eq!(there_and_back(&batch).0, batch);
    }

    #[test]
    fn a_destination_is_read_as_it_was_written(destination in destination()) {
        prop_assert_eq!(there_and_back(&destination).0, destination);
    }

    #[test]
    fn a_preset_is_read_as_it_was_written(preset in preset()) {
        prop_assert_eq!(there_and_back(&preset).0, preset);
    }

    #[test]
    fn what_is_pending_is_read_as_it_was_written(pending in pending()) {
        prop_assert_eq!(there_and_back(&pending).0, pending);
    }

    #[test]
    fn a_damaged_record_is_refused_and_never_a_panic(design in design(), at in any::<prop::sample::Index>(), byte in 32u8..127) {
        let mut record = design.record();
        let mut bytes = std::mem::take(&mut record.form).into_bytes();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        record.form = String::from_utf8_lossy(&bytes).into_owned();
        let _ = Design::read(&record);
    }
}

#[test]
fn a_newer_record_says_that_it_is_newer() {
    let record = Record {
        tenant: TenantId::from_random([1; 16]),
        kind: RecordKind::DesignGroup,
        id: "summer".into(),
        version: Version::FIRST,
        created_at: Timestamp::from_micros(0),
        updated_at: Timestamp::from_micros(0),
        refers: vec![],
        form: r#"{"v":2,"everything":"is different"}"#.into(),
    };
    let error = DesignGroup::read(&record).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a stored design group cannot be read: summer: it has version 2, known is 1"
    );
}
