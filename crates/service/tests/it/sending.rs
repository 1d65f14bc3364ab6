//! Destinations and presets, and what is pinned of them to jobs, over every store.

use marquetry_model::{
    About, Bucket, Destination, DialectName, DropboxAccess, Handle, ModelError, Reach, Secret, SendTo, Stop,
};
use marquetry_service::{
    DestinationRequest, FillRequest, GroupFill, GroupRequest, PresetRequest, Recipient, Recipients,
    SendRequest, ServiceError, Terms, Wait,
};
use marquetry_store::{RecordStoreExt as _, Seal, SealKey};
use serde_json::json;

use crate::world::{World, request};

over_each_store!(
    paths_are_filled_when_a_job_comes_in,
    a_destination_that_a_preset_names_stays,
    one_key_sends_to_one_place,
);

fn handle(text: &str) -> Handle {
    text.parse().unwrap()
}

fn webhook() -> DestinationRequest {
    DestinationRequest {
        name: "Ours".into(),
        reach: Some(Reach::Webhook {
            url: "https://hooks.example.org/x".into(),
            secret: Some(Secret::new("a secret of ours")),
        }),
        path: None,
    }
}

fn folder(path: &str) -> DestinationRequest {
    DestinationRequest {
        name: "Folder".into(),
        reach: Some(Reach::Folder),
        path: Some(path.into()),
    }
}

fn send(to: Recipient) -> SendRequest {
    SendRequest {
        to,
        folder: None,
        file_name: None,
        dialect: DialectName::new("plain").unwrap(),
    }
}

fn sending(to: &str) -> Terms {
    Terms {
        send_to: Some(send(Recipient::Destination(handle(to)))),
        ..Wait::No.into()
    }
}

async fn publish(world: &World, id: &str, pages: usize) {
    let page = |at: usize| {
        json!({"id": format!("p{at}"), "width": 100, "height": 100, "layers": [{
            "id": format!("name{at}"), "name": "Name", "type": "text", "x": 0, "y": 0, "width": 90, "height": 20,
            "font": {"family": "Arimo", "size": 12}, "api_field_name": "Name",
        }]})
    };
    let pages: Vec<_> = (0..pages).map(page).collect();
    let layout = json!({"schema": 1, "id": id, "name": id, "pages": pages}).to_string();
    let (service, tenant) = (&world.service, world.tenant);
    service
        .save_template(tenant, &handle(id), layout.as_bytes())
        .await
        .unwrap();
    service.publish_template(tenant, &handle(id)).await.unwrap();
}

fn fill() -> FillRequest {
    FillRequest {
        template: handle("card"),
        fields: json!({"Name": "../Jo"}).to_string(),
        about: About {
            name: Some("Jo's card".into()),
            ..About::default()
        },
    }
}

fn paths(send_to: &Option<SendTo>) -> Vec<(&str, Option<&str>)> {
    let parcels = send_to.as_ref().unwrap().parcels.iter();
    parcels
        .map(|parcel| (parcel.destination.as_str(), parcel.path.as_deref()))
        .collect()
}

async fn make(world: &World, id: &str, request: DestinationRequest) -> Destination {
    let made = world
        .service
        .create_destination(world.tenant, Some(handle(id)), request);
    made.await.unwrap()
}

async fn paths_are_filled_when_a_job_comes_in(world: World) {
    let (service, tenant) = (&world.service, world.tenant);
    publish(&world, "card", 1).await;
    publish(&world, "both", 2).await;
    make(&world, "ours", webhook()).await;
    make(&world, "disk", folder("{date}/{layer:Name}")).await;
    let stop = |id: &str, path: Option<&str>| Stop {
        destination: handle(id),
        path: path.map(Into::into),
    };
    let preset = PresetRequest {
        name: "Everywhere".into(),
        stops: vec![stop("disk", Some("{design}/{index}")), stop("ours", None)],
    };
    service
        .create_preset(tenant, Some(handle("all")), preset)
        .await
        .unwrap();

    let single = service.submit_template(tenant, fill(), sending("disk")).await;
    let day = marquetry_model::Date::of(world.now());
    let path = format!("{day}/.._Jo.jpg");
    assert_eq!(
        paths(&single.unwrap().job().send_to),
        [("disk", Some(path.as_str()))]
    );

    let group = GroupRequest {
        name: "Both".into(),
        templates: vec![handle("card"), handle("both")],
    };
    service
        .create_group(tenant, Some(handle("group")), group)
        .await
        .unwrap();
    let all = Terms {
        send_to: Some(send(Recipient::Preset(handle("all")))),
        ..Wait::No.into()
    };
    let request = GroupFill {
        fields: "{}".into(),
        about: About::default(),
        of_all: None,
    };
    let batch = service
        .submit_group(tenant, &handle("group"), request, all.clone())
        .await
        .unwrap();
    // What happens to the preset afterwards is nothing to them.
    service.delete_preset(tenant, &handle("all")).await.unwrap();
    let job = service.job(tenant, batch.batch.jobs[0]).await.unwrap();
    assert_eq!(paths(&job.send_to), [("disk", Some("01.jpg")), ("ours", None)]);
    assert_eq!(
        paths(&batch.jobs[1].send_to),
        [("disk", Some("02.pdf")), ("ours", None)]
    );
    assert_eq!(service.sending(&job).await.unwrap(), None, "it is not made yet");

    let refused = service.submit_template(tenant, fill(), all).await;
    let usable = Recipients {
        destinations: vec![handle("disk"), handle("ours")],
        presets: vec![],
    };
    assert!(
        matches!(&refused, Err(ServiceError::RecipientNotFound { usable: told }) if same(told, &usable)),
        "{refused:?}"
    );
    // Nobody else's.
    let theirs = service
        .submit_template(world.other, fill(), sending("disk"))
        .await;
    assert!(
        matches!(&theirs, Err(ServiceError::RecipientNotFound { usable }) if *usable == Recipients::default()),
        "{theirs:?}"
    );
}

fn same(one: &Recipients, other: &Recipients) -> bool {
    let sorted = |known: &Recipients| {
        let mut all = known.destinations.clone();
        all.sort();
        (all, known.presets.clone())
    };
    sorted(one) == sorted(other)
}

async fn a_destination_that_a_preset_names_stays(world: World) {
    let (service, tenant) = (&world.service, world.tenant);
    make(&world, "disk", folder("x")).await;
    let preset = |destination: &str| PresetRequest {
        name: "All".into(),
        stops: vec![Stop {
            destination: handle(destination),
            path: None,
        }],
    };
    let nowhere = service.create_preset(tenant, None, preset("none")).await;
    assert!(matches!(nowhere, Err(ServiceError::DestinationNotFound { .. })));
    let made = service.create_preset(tenant, None, preset("disk")).await.unwrap();
    let refused = service.delete_destination(tenant, &handle("disk")).await;
    assert!(
        matches!(&refused, Err(ServiceError::DestinationInUse { presets, .. }) if presets == std::slice::from_ref(&made.id)),
        "{refused:?}"
    );
    service.delete_preset(tenant, &made.id).await.unwrap();
    service.delete_destination(tenant, &handle("disk")).await.unwrap();
    let gone = service.destination(tenant, &handle("disk")).await;
    assert!(matches!(gone, Err(ServiceError::DestinationNotFound { .. })));
}

async fn one_key_sends_to_one_place(world: World) {
    let (service, tenant) = (&world.service, world.tenant);
    publish(&world, "card", 1).await;
    make(&world, "one", folder("a")).await;
    make(&world, "two", folder("b")).await;
    let keyed = |to: &str| Terms {
        idempotency_key: Some("k".into()),
        ..sending(to)
    };
    let first = service
        .submit_template(tenant, fill(), keyed("one"))
        .await
        .unwrap();
    let again = service
        .submit_template(tenant, fill(), keyed("one"))
        .await
        .unwrap();
    assert_eq!(first.job().id, again.job().id);
    assert_eq!(first.job().send_to, again.job().send_to);
    let other = service.submit_template(tenant, fill(), keyed("two")).await;
    assert!(
        matches!(other, Err(ServiceError::IdempotencyConflict)),
        "{other:?}"
    );
}

#[tokio::test]
async fn secrets_are_sealed_and_only_their_ends_are_shown() {
    let seal = || Seal::new([SealKey::parse(&"0f".repeat(32)).unwrap()]);
    let world = World::with(|builder| builder.seal(seal())).await;
    let (service, tenant) = (&world.service, world.tenant);
    let shown = make(&world, "ours", webhook()).await;
    let secret = |destination: &Destination| match &destination.reach {
        Reach::Webhook {
            secret: Some(secret), ..
        } => secret.expose().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(secret(&shown), "ours");
    let kept = async || {
        let known = world.store.get::<Destination>(tenant, "ours").await;
        secret(&known.unwrap().unwrap())
    };
    let sealed = kept().await;
    assert!(!sealed.contains("secret of"), "{sealed}");
    let open = seal().open(tenant, &Secret::new(sealed.clone())).unwrap();
    assert_eq!(open.expose(), "a secret of ours");

    // A change that says nothing of how it is reached leaves that, secrets included.
    let renamed = DestinationRequest {
        name: "Renamed".into(),
        reach: None,
        path: None,
    };
    let renamed = service
        .change_destination(tenant, &handle("ours"), renamed)
        .await
        .unwrap();
    assert_eq!(
        (renamed.name.as_str(), secret(&renamed).as_str()),
        ("Renamed", "ours")
    );
    assert_eq!(kept().await, sealed);
    // Of a short one nothing is shown.
    let short = DestinationRequest {
        reach: Some(Reach::Webhook {
            url: "https://hooks.example.org/y".into(),
            secret: Some(Secret::new("short")),
        }),
        ..webhook()
    };
    let changed = service
        .change_destination(tenant, &handle("ours"), short)
        .await
        .unwrap();
    assert_eq!(secret(&changed), "");
}

#[tokio::test]
async fn what_is_wrong_with_a_destination_is_told_when_it_is_made() {
    let world = World::with(|builder| builder.most_destinations(2)).await;
    let (service, tenant) = (&world.service, world.tenant);
    let bucket = |change: fn(&mut Bucket)| {
        let mut bucket = Bucket {
            endpoint: None,
            region: "eu-central-1".into(),
            name: "prints".into(),
            access_key_id: "AKIA".into(),
            secret_access_key: Secret::new("very secret"),
        };
        change(&mut bucket);
        Reach::Bucket(bucket)
    };
    let refresh = Reach::Dropbox(DropboxAccess::Refresh {
        app_key: String::new(),
        app_secret: None,
        refresh_token: Secret::new("x"),
    });
    for (reach, path, field) in [
        (Reach::Folder, None, "path"),
        (Reach::Folder, Some("{nothing}"), "path"),
        (
            bucket(|bucket| bucket.name = "a b".into()),
            Some("x"),
            "bucket.name",
        ),
        (bucket(|bucket| bucket.region.clear()), Some("x"), "bucket.region"),
        (
            bucket(|bucket| bucket.secret_access_key = Secret::new("")),
            Some("x"),
            "a secret",
        ),
        (refresh, Some("x"), "dropbox.app_key"),
    ] {
        let request = DestinationRequest {
            name: "x".into(),
            reach: Some(reach),
            path: path.map(Into::into),
        };
        let refused = service.create_destination(tenant, None, request).await;
        let Err(ServiceError::Invalid(error)) = refused else {
            panic!("{field}: {refused:?}")
        };
        assert!(error.to_string().starts_with(field), "{error}");
    }
    for (reach, field) in [
        (
            Reach::Webhook {
                url: "http://hooks.example.org".into(),
                secret: None,
            },
            "webhook.url",
        ),
        (
            bucket(|bucket| bucket.endpoint = Some("https://127.0.0.1:9000".into())),
            "bucket.endpoint",
        ),
    ] {
        let request = DestinationRequest {
            name: "x".into(),
            reach: Some(reach),
            path: Some("x".into()),
        };
        let refused = service.create_destination(tenant, None, request).await;
        assert!(
            matches!(&refused, Err(ServiceError::AddressRefused { field: told, .. }) if *told == field),
            "{field}: {refused:?}"
        );
    }
    make(&world, "one", webhook()).await;
    let twice = service
        .create_destination(tenant, Some(handle("one")), webhook())
        .await;
    assert!(matches!(twice, Err(ServiceError::Taken { .. })), "{twice:?}");
    make(&world, "two", webhook()).await;
    let third = service.create_destination(tenant, None, webhook()).await;
    assert!(
        matches!(third, Err(ServiceError::SendingLimit { limit: 2, .. })),
        "{third:?}"
    );
}

#[tokio::test]
async fn an_upload_has_no_file_to_send() {
    let world = World::new().await;
    make(&world, "one", webhook()).await;
    let upload = marquetry_service::UploadRequest {
        name: "mug".into(),
        file: marquetry_service::UploadFile::Url("https://example.org/x.psd".into()),
    };
    let refused = world
        .service
        .submit_upload(world.tenant, upload, sending("one"))
        .await;
    assert!(
        matches!(
            refused,
            Err(ServiceError::Invalid(ModelError::Malformed {
                field: "send_to",
                ..
            }))
        ),
        "{refused:?}"
    );
    let mockup = world.mockup(world.tenant, 1, b"psd").await;
    let render = world
        .service
        .submit_render(world.tenant, request(mockup.id, b"png"), sending("one"))
        .await
        .unwrap();
    assert_eq!(paths(&render.job().send_to), [("one", None)]);
}
