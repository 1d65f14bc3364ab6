//! The program brings the file of a job into a folder, and calls back when it is there.

use std::fs;
use std::path::{Path, PathBuf};

use http::Method;
use marquetry_testkit::catcher::Catcher;
use serde_json::{Value, json};

use crate::http::client::{Answer, Ask, PATIENCE};
use crate::sudden_death::{KEY, Server};

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

async fn ask(server: &Server, method: Method, path: &str, body: &Value) -> Answer {
    Ask::new(method, path)
        .key(KEY)
        .json(body)
        .send(server.address)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_lies_in_its_folder_before_anybody_is_called() {
    let (data, shelf) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = shelf.path().join("made/here");
    let caller = Catcher::start().await;
    let flags = ["--send-to-folder", root.to_str().unwrap()];
    let server = Server::start_with(data.path(), &flags, Vec::new());

    let card = json!({
        "schema": 1, "id": "tpl_card", "name": "Card",
        "pages": [{"id": "front", "width": 60, "height": 40, "layers": [
            {"id": "name", "name": "Name", "type": "text", "x": 0, "y": 0, "width": 60, "height": 20,
             "font": {"family": "Arimo", "size": 12}, "api_field_name": "Name"},
        ]}],
    });
    let published = ask(
        &server,
        Method::PUT,
        "/api/v1/templates/tpl_card?publish=true",
        &card,
    )
    .await;
    assert!(published.status.is_success(), "{:?}", published.body);
    let destination = json!({"id": "shelf", "name": "Shelf", "folder": {}, "path": "cards/{layer:Name}"});
    ask(&server, Method::POST, "/api/v1/destinations", &destination)
        .await
        .expect(201);
    let order = json!({
        "template_id": "tpl_card", "fields": {"Name": "Zoë"}, "send_to": "integration:shelf",
        "webhook_url": caller.url("/done"),
    });
    ask(&server, Method::POST, "/api/v1/create", &order)
        .await
        .expect(202);

    let caught = caller.wait_for(1, PATIENCE).await.unwrap();
    let told: Value = serde_json::from_slice(&caught[0].body).unwrap();
    assert_eq!(
        (&told["status"], &told["send_to_status"]),
        (&json!("complete"), &json!("delivered")),
        "{told}"
    );
    let brought = files(&root);
    assert_eq!(brought.len(), 1, "{brought:?}");
    assert!(brought[0].ends_with("cards/Zoë.jpg"), "{brought:?}");
    let url = told["output_url"].as_str().unwrap();
    let path = url
        .split_once("//")
        .and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
    let served = Ask::get(path.unwrap()).send(server.address).await;
    assert_eq!(fs::read(&brought[0]).unwrap(), served.body);
}
