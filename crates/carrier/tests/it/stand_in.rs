//! A stand-in of Dropbox on the loopback. It takes nothing that the real one would not take, and computes what it
//! answers from the bytes that came.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use marquetry_carrier::DropboxAddresses;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What there is, and what was asked.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    /// The files, by path in lower case, as Dropbox knows them.
    pub(crate) files: HashMap<String, Bytes>,
    /// Uploads under way.
    sessions: HashMap<String, Vec<u8>>,
    /// The routes that were asked, in order.
    pub(crate) asked: Vec<String>,
    /// The forms that asked for tokens.
    pub(crate) forms: Vec<String>,
    /// The access token that is accepted now.
    pub(crate) token: String,
    /// How long a token that is given out lasts, in seconds.
    pub(crate) lasts: u64,
    /// What is answered to the next requests of the content API instead: status, headers, body.
    pub(crate) instead: Vec<Instead>,
    /// How many answers are not given after what was asked for was done.
    pub(crate) silent: usize,
    /// What was wrong with requests.
    pub(crate) wrong: Vec<String>,
}

/// Status, headers, body.
type Instead = (u16, Vec<(&'static str, &'static str)>, &'static str);

#[derive(Debug)]
pub(crate) struct StandIn {
    address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
    server: JoinHandle<()>,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let inside = Arc::new(Mutex::new(Inside {
            token: "sl.good".into(),
            lasts: 14_400,
            ..Inside::default()
        }));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::clone(&inside);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(Arc::clone(&shared), request));
                    // A client that hangs up is no matter.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            address,
            inside,
            server,
        }
    }

    pub(crate) fn addresses(&self) -> DropboxAddresses {
        DropboxAddresses {
            api: format!("http://{}/api/", self.address),
            content: format!("http://{}/content", self.address),
        }
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Reply = (u16, Vec<(&'static str, &'static str)>, Vec<u8>);

async fn answer(
    inside: Arc<Mutex<Inside>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let reply = reply(&mut inside.lock().unwrap(), &head, body);
    let Some((status, headers, body)) = reply else {
        return std::future::pending().await;
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status.try_into().unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    Ok(response)
}

/// What is answered, if anything.
fn reply(inside: &mut Inside, head: &Parts, body: Bytes) -> Option<Reply> {
    let path = head.uri.path().to_owned();
    let reply = if head.method != Method::POST {
        inside.wrong.push(format!("{} {path}", head.method));
        (405, vec![], vec![])
    } else if path == "/api/oauth2/token" {
        inside.grant(&head.headers, &body)
    } else {
        match path.strip_prefix("/content/2/files/") {
            Some(route) => inside.files(route, &head.headers, body),
            None => {
                inside.wrong.push(path);
                (404, vec![], vec![])
            }
        }
    };
    if inside.silent > 0 {
        inside.silent -= 1;
        return None;
    }
    Some(reply)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn error(status: u16, summary: &str) -> Reply {
    let body = json!({ "error_summary": summary, "error": { ".tag": summary.split('/').next() } });
    (
        status,
        vec![("content-type", "application/json")],
        body.to_string().into_bytes(),
    )
}

fn fine(body: &Value) -> Reply {
    (
        200,
        vec![("content-type", "application/json")],
        body.to_string().into_bytes(),
    )
}

impl Inside {
    fn grant(&mut self, headers: &HeaderMap, body: &Bytes) -> Reply {
        let form = String::from_utf8_lossy(body).into_owned();
        let known = text(headers, "content-type") == "application/x-www-form-urlencoded"
            && form.contains("grant_type=refresh_token")
            && form.contains("refresh_token=r%2Bt%261")
            && form.contains("client_id=the-app");
        self.asked.push("oauth2/token".into());
        self.forms.push(form);
        if !known {
            let body = json!({ "error": "invalid_grant", "error_description": "refresh token is malformed" });
            return (400, vec![], body.to_string().into_bytes());
        }
        fine(&json!({ "access_token": self.token, "token_type": "bearer", "expires_in": self.lasts }))
    }

    fn files(&mut self, route: &str, headers: &HeaderMap, body: Bytes) -> Reply {
        self.asked.push(route.into());
        if !self.instead.is_empty() {
            let (status, headers, body) = self.instead.remove(0);
            return (status, headers, body.into());
        }
        if text(headers, "authorization") != format!("Bearer {}", self.token) {
            return error(401, "expired_access_token/..");
        }
        if text(headers, "content-type") != "application/octet-stream" {
            self.wrong.push(format!("{route}: content-type"));
            return (400, vec![], b"Error in call: bad content type".to_vec());
        }
        // A value with anything but ASCII in it is no text here.
        let Ok(argument) = serde_json::from_str::<Value>(text(headers, "dropbox-api-arg")) else {
            self.wrong.push(format!("{route}: argument"));
            return (400, vec![], b"Error in call: no valid argument".to_vec());
        };
        match route {
            "upload" => self.put(&argument, body),
            "upload_session/start" if argument == json!({ "close": false }) => {
                let id = format!("session-{}", self.sessions.len());
                self.sessions.insert(id.clone(), body.to_vec());
                fine(&json!({ "session_id": id }))
            }
            "upload_session/append_v2" => match self.append(&argument, &body) {
                Ok(_) => (200, vec![], b"null".to_vec()),
                Err(reply) => reply,
            },
            "upload_session/finish" => match self.append(&argument, &body) {
                Ok(whole) => self.put(&argument["commit"], whole),
                Err(reply) => reply,
            },
            _ => {
                self.wrong.push(format!("{route}: {argument}"));
                (400, vec![], b"Error in call".to_vec())
            }
        }
    }

    fn append(&mut self, argument: &Value, body: &Bytes) -> Result<Bytes, Reply> {
        let cursor = &argument["cursor"];
        let id = cursor["session_id"].as_str().unwrap_or_default();
        let Some(session) = self.sessions.get_mut(id) else {
            return Err(error(409, "not_found/.."));
        };
        if cursor["offset"].as_u64() != u64::try_from(session.len()).ok() {
            return Err(error(409, "incorrect_offset/.."));
        }
        session.extend_from_slice(body);
        Ok(session.clone().into())
    }

    fn put(&mut self, commit: &Value, bytes: Bytes) -> Reply {
        let path = commit["path"].as_str().unwrap_or_default();
        let expected = json!({ "path": path, "mode": "overwrite", "autorename": false, "mute": true });
        if !path.starts_with('/') || *commit != expected {
            self.wrong.push(commit.to_string());
            return error(409, "path/malformed_path/..");
        }
        let mut hash = Sha256::new();
        for block in bytes.chunks(4 * 1024 * 1024) {
            hash.update(Sha256::digest(block));
        }
        let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let told = json!({ "path_display": path, "size": bytes.len(), "content_hash": hash });
        self.files.insert(path.to_lowercase(), bytes);
        fine(&told)
    }
}
