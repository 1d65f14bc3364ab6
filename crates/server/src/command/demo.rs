//! `marquetry demo`: a server, an upload, an asynchronous render, polling and a signed webhook, each
//! shown as it happens. The queue, the database, the HTTP API and the webhook are the real ones.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use marquetry_dialect::sudomock::signature::{self, TOLERANCE};
use marquetry_egress::{Egress, FetchLimits, Outgoing, Policy, SendLimits};
use marquetry_render::bundled_fonts;
use marquetry_server::{App, Config, serve};
use marquetry_store::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Failure;
use super::engine::Engine;
use super::limits::Limits;
use super::outside::Outside;
use super::serve::Stop;
use super::storage::Storage;
use super::terminal::{say, spinner, write_whole};

const MOCKUP: &[u8] = include_bytes!("../../assets/mockup.psd");
const DESIGN: &[u8] = include_bytes!("../../assets/design.png");
const PATIENCE: Duration = Duration::from_secs(120);

/// Shows the whole path on this machine, in a minute, and leaves a picture beside you.
#[derive(Args, Debug)]
pub(super) struct Demo {
    /// Where the picture goes.
    #[arg(short, long, default_value = "marquetry-demo.png")]
    output: PathBuf,
}

/// A webhook as it came in.
struct Heard {
    headers: HeaderMap,
    body: Bytes,
}

impl Demo {
    pub(super) fn run(self) -> Result<(), Failure> {
        Runtime::new()?.block_on(self.show())
    }

    async fn show(self) -> Result<(), Failure> {
        let folder = tempfile::tempdir()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let engine = Engine::open(
            &Storage::in_folder(folder.path()),
            &origin,
            Outside::private(),
            Limits::default(),
        )
        .await?;
        let tenant = engine.service.ensure_default_tenant().await?;
        let key = engine.service.create_key(tenant.id, "demo").await?.text;
        let (tell, stop) = Stop::manual();
        let app = Arc::new(App::self_hosted(
            engine.service.clone(),
            engine.links.clone(),
            Config::default(),
        ));
        let worker = engine.worker(1, bundled_fonts().clone())?;
        let courier = engine.courier()?;
        let (heard, mut hearing) = mpsc::channel(16);
        let receiver = TcpListener::bind("127.0.0.1:0").await?;
        let receiver_address = receiver.local_addr()?;
        let client = Client {
            egress: Egress::new(Policy::allow_private())?,
            origin,
            key: key.expose().to_owned(),
        };
        let walk = async {
            let walked = self.walk(&client, receiver_address, &mut hearing).await;
            // Whatever came of it, everything else may stop now.
            let _ = tell.send(true);
            walked
        };
        let (walked, served, (), (), ()) = tokio::join!(
            walk,
            serve(listener, app, stop.asked()),
            worker.run(stop.asked()),
            courier.run(stop.asked()),
            listen(receiver, heard, stop.clone()),
        );
        served?;
        walked
    }

    async fn walk(
        &self,
        client: &Client,
        receiver: SocketAddr,
        hearing: &mut mpsc::Receiver<Heard>,
    ) -> Result<(), Failure> {
        say("Marquetry lays a design into a Photoshop mockup. This is the whole path, on this machine.\n")?;
        say(&format!(
            "A server is listening on {}, its data in a temporary folder.",
            client.origin
        ))?;

        title("1. Tell the server where to call when something has happened")?;
        let endpoint = client
            .post_json(
                "/api/v1/webhook-endpoints",
                &json!({"url": format!("http://{receiver}/hook"), "event_types": []}),
            )
            .await?;
        let secret = text(&endpoint, "/secret")?.to_owned();

        title("2. Upload the mockup: a PSD with a smart object")?;
        let uploaded = client.upload().await?;
        let mockup = text(&uploaded, "/data/uuid")?.to_owned();
        let slot = text(&uploaded, "/data/smart_objects/0/uuid")?.to_owned();

        title("3. Ask for a render, and do not wait for it")?;
        let design = base64(DESIGN);
        let accepted = client
            .post_json(
                "/api/v1/renders",
                &json!({
                    "is_async": true,
                    "mockup_uuid": mockup,
                    "smart_objects": [{"uuid": slot, "asset": {"base64": design, "fit": "cover"}}],
                    "export_options": {"image_format": "png", "image_size": "original"},
                }),
            )
            .await?;

        title("4. Poll until it is done")?;
        let poll = text(&accepted, "/status_url")?.to_owned();
        let started = Instant::now();
        let job = loop {
            let job = client.get(&poll).await?;
            let status = text(&job, "/status")?;
            say(&format!("GET {poll}  ->  {status}"))?;
            match status {
                "queued" | "processing" if started.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                "succeeded" => break job,
                _ => return Err(Failure::new(format!("the render ended as {status}: {job}"))),
            }
        };
        say(&format!("\n{}", shown(&job)?))?;

        title("5. The server calls back, signed")?;
        let message = loop {
            let heard = timeout(PATIENCE, hearing.recv()).await;
            let heard = heard
                .ok()
                .flatten()
                .ok_or_else(|| Failure::new("no webhook came"))?;
            let body: Value = serde_json::from_slice(&heard.body)?;
            if body.pointer("/render_uuid") == job.pointer("/render_uuid") {
                break heard;
            }
        };
        say(&format!("POST http://{receiver}/hook"))?;
        for name in [
            signature::SIGNATURE_HEADER,
            signature::TIMESTAMP_HEADER,
            signature::DELIVERY_HEADER,
        ] {
            say(&format!(
                "{name}: {}",
                header(&message.headers, name).unwrap_or_default()
            ))?;
        }
        let body: Value = serde_json::from_slice(&message.body)?;
        say(&format!("\n{}", serde_json::to_string_pretty(&body)?))?;
        let find = |name: &str| header(&message.headers, name);
        signature::verify(&secret, find, &message.body, SystemClock.now(), TOLERANCE)?;
        say("\nThe signature is right: the message came from whoever knows the secret of step 1.")?;

        title("6. Fetch the picture")?;
        let address = text(&job, "/result_url")?;
        say(&format!("GET {address}"))?;
        let picture = client.egress.fetch(address, &FetchLimits::default()).await?;
        write_whole(&self.output, &picture.bytes)?;
        say(&format!(
            "\nThe picture is in {} ({} bytes).",
            self.output.display(),
            picture.bytes.len()
        ))?;
        say("To keep a server running: marquetry serve")
    }
}

/// A client of the demo's own server, which shows what it says and hears.
struct Client {
    egress: Egress,
    origin: String,
    key: String,
}

impl Client {
    async fn post_json(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        say(&format!("POST {path}\nx-api-key: sm_…\n\n{}\n", shown(body)?))?;
        let body = Bytes::from(serde_json::to_vec(body)?);
        let answer = self.send(Method::POST, path, "application/json", body).await?;
        say(&shown(&answer)?)?;
        Ok(answer)
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(Method::GET, path, "application/json", Bytes::new())
            .await
    }

    async fn upload(&self) -> Result<Value, Failure> {
        let path = "/api/v1/psd/upload?name=Poster";
        say(&format!(
            "POST {path}\nx-api-key: sm_…\ncontent-type: image/vnd.adobe.photoshop\n"
        ))?;
        say(&format!(
            "({} bytes of PSD; a JSON body with \"psd_file_url\" does as well)\n",
            MOCKUP.len()
        ))?;
        let progress = spinner();
        progress.set_message("reading the mockup and drawing its previews");
        let answer = self
            .send(
                Method::POST,
                path,
                "image/vnd.adobe.photoshop",
                Bytes::from_static(MOCKUP),
            )
            .await;
        progress.finish_and_clear();
        let answer = answer?;
        say(&shown(&answer)?)?;
        Ok(answer)
    }

    async fn send(&self, method: Method, path: &str, content: &str, body: Bytes) -> Result<Value, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("x-api-key"),
            HeaderValue::from_str(&self.key)?,
        );
        headers.insert(hyper::header::CONTENT_TYPE, HeaderValue::from_str(content)?);
        let limits = SendLimits {
            total: PATIENCE,
            answer_bytes: 1 << 20,
            answer_wait: Duration::from_secs(10),
            ..SendLimits::default()
        };
        let outgoing = Outgoing {
            method,
            url: format!("{}{path}", self.origin),
            headers,
            body,
            party: None,
        };
        let sent = self.egress.send(outgoing, &limits).await?;
        let answer: Value = serde_json::from_slice(&sent.body)?;
        if sent.status.is_success() {
            Ok(answer)
        } else {
            Err(Failure::new(format!("{path} answered {}: {answer}", sent.status)))
        }
    }
}

/// Takes webhooks and answers 200.
async fn listen(listener: TcpListener, heard: mpsc::Sender<Heard>, stop: Stop) {
    let accept = async {
        while let Ok((stream, _)) = listener.accept().await {
            let heard = heard.clone();
            let hear = service_fn(move |request: Request<Incoming>| hear(request, heard.clone()));
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), hear),
            );
        }
    };
    tokio::select! {
        () = accept => {}
        () = stop.asked() => {}
    }
}

async fn hear(
    request: Request<Incoming>,
    heard: mpsc::Sender<Heard>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    if let Ok(body) = Limited::new(body, 1 << 20).collect().await {
        // When the demo is over nobody listens any more.
        let _ = heard
            .send(Heard {
                headers: head.headers,
                body: body.to_bytes(),
            })
            .await;
    }
    Ok(Response::new(Empty::new()))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn title(text: &str) -> Result<(), Failure> {
    say(&format!("\n── {text} ──\n"))
}

fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str, Failure> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| Failure::new(format!("the answer has no text at {pointer}")))
}

/// JSON for eyes: long texts are cut, and of long lists the head is shown.
fn shown(value: &Value) -> Result<String, Failure> {
    fn cut(value: &Value) -> Value {
        match value {
            Value::String(text) if text.chars().count() > 120 => {
                let head: String = text.chars().take(24).collect();
                Value::String(format!("{head}… ({} characters)", text.chars().count()))
            }
            Value::Array(items) => items.iter().map(cut).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), cut(value)))
                .collect(),
            other => other.clone(),
        }
    }
    Ok(serde_json::to_string_pretty(&cut(value))?)
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
