//! Layouts that the tests of this dialect fill, and short ways to ask for things.

use http::Method;
use marquetry_egress::{Policy, Schemes};
use marquetry_model::{Amount, Prices};
use serde_json::{Value, json};

use crate::http::client::{Answer, Ask};
use crate::http::site::{Setup, Site};

/// A site on which a file of a template costs 44,000 millionths.
pub(super) async fn priced() -> Site {
    let prices = Prices {
        template: Amount::from_micros(44_000),
        ..Prices::default()
    };
    Site::idle(Setup {
        prices,
        ..Setup::default()
    })
    .await
}

/// A site that calls nobody but by https.
pub(super) async fn https_alone() -> Site {
    let policy = Policy {
        schemes: Schemes::HttpsOnly,
        ..Policy::default()
    };
    Site::idle(Setup {
        policy,
        ..Setup::default()
    })
    .await
}

/// A card of one page: a name that must be given, a motto, a colour, a picture.
pub(super) fn card(id: &str) -> Value {
    json!({
        "schema": 1, "id": id, "name": "Player card",
        "colors": {"primary": {"value": "#0b3d91", "api_field_name": "TeamColor"}},
        "pages": [{
            "id": "front", "width": 150, "height": 210, "background": {"color": {"ref": "primary"}},
            "layers": [
                {"id": "photo", "type": "image", "x": 10, "y": 10, "width": 130, "height": 120,
                 "api_field_name": "Photo"},
                {"id": "name", "name": "Name", "type": "text", "x": 10, "y": 140, "width": 130, "height": 20,
                 "font": {"family": "Arimo", "size": 14}, "content": "PLAYER NAME", "api_field_name": "Name",
                 "required": true},
                {"id": "motto", "type": "text", "x": 10, "y": 170, "width": 130, "height": 20,
                 "font": {"family": "Arimo", "size": 10}, "content": "Never late", "api_field_name": "Motto"},
            ],
        }],
    })
}

/// Two pages, for a PDF.
pub(super) fn two_pages(id: &str) -> Value {
    let mut layout = card(id);
    let mut back = layout["pages"][0].clone();
    back["id"] = "back".into();
    back["layers"] = json!([]);
    layout["pages"].as_array_mut().unwrap().push(back);
    layout
}

/// A team of `count` players, the second slot kept for number 7.
pub(super) fn team(id: &str, count: usize) -> Value {
    let slots: Vec<Value> = (1..=count)
        .map(|n| match n {
            2 => json!({"id": format!("s{n:02}"), "player_id": "7"}),
            n => json!({"id": format!("s{n:02}")}),
        })
        .collect();
    json!({
        "schema": 1, "id": id, "name": "Team",
        "pages": [{
            "id": "sheet", "width": 400, "height": 400,
            "layers": [
                {"id": "title", "type": "text", "x": 0, "y": 0, "width": 400, "height": 30,
                 "font": {"family": "Arimo", "size": 20}, "api_field_name": "Team"},
                {"id": "roster", "type": "repeat", "x": 0, "y": 40, "width": 400, "height": 360,
                 "api_field_name": "Players", "slots": slots, "empty_slot": "hide",
                 "layout": {"mode": "grid", "columns": 5, "cell_width": 60, "cell_height": 30},
                 "item": [
                    {"id": "n", "type": "text", "x": 0, "y": 0, "width": 60, "height": 20,
                     "font": {"family": "Arimo", "size": 12}, "api_field_name": "Name"},
                 ]},
            ],
        }],
    })
}

impl Site {
    /// Saves a layout and publishes it.
    pub(super) async fn publish(&self, layout: &Value) -> Value {
        let path = format!(
            "/api/v1/templates/{}?publish=true",
            layout["id"].as_str().unwrap()
        );
        let answer = self.replace(path, layout).await;
        assert!(answer.status.is_success(), "{:?}", answer.body);
        answer.json()
    }

    pub(super) async fn replace(&self, path: impl Into<String>, body: &Value) -> Answer {
        self.send(Ask::new(Method::PUT, path).json(body)).await
    }

    pub(super) async fn delete(&self, path: impl Into<String>) -> Answer {
        self.send(Ask::new(Method::DELETE, path)).await
    }

    /// How many jobs there are.
    pub(super) async fn job_count(&self) -> usize {
        let jobs = self.get("/api/v1/jobs?limit=50").await.expect(200);
        jobs["jobs"].as_array().unwrap().len()
    }
}
