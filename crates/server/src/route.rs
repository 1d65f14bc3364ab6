//! The one table of routes. Matching, "no such path", "wrong method" with its `Allow`, who must show a key, and the
//! list that documentation and tests read all come from it.

use std::collections::BTreeMap;

use futures::TryFutureExt as _;
use futures::future::BoxFuture;
use http::Method;
use marquetry_dialect::{Refusal, Resource};
use marquetry_service::Authenticated;

use crate::call::Call;
use crate::handler::templified::{
    assets, designs, destinations, exports, groups, photos, presets, renders as fills, teams, templates,
};
use crate::handler::{
    account, deliveries, endpoints, files, health, jobs, mockups, renders, uploads, watching,
};
use crate::reply::{Refused, Reply};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// Anyone.
    Anyone,
    /// Whoever shows an API key.
    Key,
}

/// A route as documentation names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteName {
    /// The method; where it is `GET`, `HEAD` is answered too.
    pub method: Method,
    /// The path, its gaps in braces.
    pub path: &'static str,
    /// Who may use it.
    pub guard: Guard,
}

/// Every route there is, in the order of the table; a route that answers under two paths stands there twice.
pub fn routes() -> impl Iterator<Item = RouteName> {
    ROUTES.iter().flat_map(|route| {
        route.paths.iter().map(|path| RouteName {
            method: route.method.clone(),
            path,
            guard: match route.handler {
                Handler::Anyone(_) => Guard::Anyone,
                Handler::Key(_) => Guard::Key,
            },
        })
    })
}

pub(crate) type Answering = BoxFuture<'static, Result<Reply, Refused>>;

/// What answers, and to whom: a route for key holders cannot be called without one.
pub(crate) enum Handler {
    Anyone(fn(Call) -> Answering),
    Key(fn(Call, Authenticated) -> Answering),
}

pub(crate) struct Route {
    method: Method,
    paths: &'static [&'static str],
    pub(crate) handler: Handler,
    /// Whether it submits jobs, which pass a gate. What can be refused there is refused before anything else is
    /// looked at, the key included: many times what can be done is asked for then, and each refusal has to be cheap.
    pub(crate) submits: bool,
}

macro_rules! routes {
    ($($guard:ident $method:ident [$($path:literal),+] => $handler:path;)*) => {
        static ROUTES: &[Route] = &[$(
            Route {
                method: Method::$method,
                paths: &[$($path),+],
                handler: routes!(@ $guard $handler),
                submits: routes!(? $guard),
            },
        )*];
    };
    (@ Anyone $handler:path) => { Handler::Anyone(|call| Box::pin($handler(call).map_err(Refused::from))) };
    (@ Key $handler:path) => { Handler::Key(|call, caller| Box::pin($handler(call, caller).map_err(Refused::from))) };
    (@ Submitter $handler:path) => { routes!(@ Key $handler) };
    (? Submitter) => { true };
    (? $guard:ident) => { false };
}

routes! {
    Key POST ["/api/v1/psd/upload"] => uploads::create;

    Key GET ["/api/v1/psd-mockups", "/api/v1/mockups"] => mockups::list;
    Key GET ["/api/v1/psd-mockups/{id}", "/api/v1/mockups/{id}"] => mockups::get;
    Key PATCH ["/api/v1/psd-mockups/{id}", "/api/v1/mockups/{id}"] => mockups::rename;
    Key DELETE ["/api/v1/psd-mockups/{id}", "/api/v1/mockups/{id}"] => mockups::delete;
    Key GET ["/api/v1/psd-mockups/{id}/layers", "/api/v1/mockups/{id}/layers"] => mockups::layers;
    Key GET ["/api/v1/psd-mockups/{id}/fidelity", "/api/v1/mockups/{id}/fidelity"] => mockups::fidelity;
    Key DELETE ["/api/v1/mockups/all"] => mockups::delete_all;

    Submitter POST ["/api/v1/renders"] => renders::create;

    Key GET ["/api/v1/jobs"] => jobs::list;
    Key GET ["/api/v1/jobs/{id}"] => jobs::get;
    Key GET ["/api/v1/jobs/{id}/timeline"] => jobs::timeline;
    Key GET ["/api/v1/jobs/{id}/events"] => watching::events;
    Key POST ["/api/v1/jobs/{id}/cancel"] => jobs::cancel;
    Key DELETE ["/api/v1/jobs/{id}"] => jobs::cancel;

    Key POST ["/api/v1/webhook-endpoints"] => endpoints::create;
    Key GET ["/api/v1/webhook-endpoints"] => endpoints::list;
    Key GET ["/api/v1/webhook-endpoints/events"] => deliveries::events;
    Key GET ["/api/v1/webhook-endpoints/events/{delivery}"] => deliveries::message;
    Key GET ["/api/v1/webhook-endpoints/{id}"] => endpoints::get;
    Key PATCH ["/api/v1/webhook-endpoints/{id}"] => endpoints::change;
    Key DELETE ["/api/v1/webhook-endpoints/{id}"] => endpoints::delete;
    Key POST ["/api/v1/webhook-endpoints/{id}/rotate-secret"] => endpoints::rotate_secret;
    Key POST ["/api/v1/webhook-endpoints/{id}/test"] => endpoints::test;
    Key GET ["/api/v1/webhook-endpoints/{id}/deliveries"] => deliveries::list;
    Key POST ["/api/v1/webhook-endpoints/{id}/deliveries/replay-failed"] => deliveries::replay_failed;
    Key POST ["/api/v1/webhook-endpoints/{id}/deliveries/{delivery}/replay"] => deliveries::replay;
    Key GET ["/api/v1/webhook-endpoints/{id}/deliveries/{delivery}/attempts"] => deliveries::attempts;

    Key GET ["/api/v1/me"] => account::me;
    Anyone GET ["/api/v1/packages/plans", "/api/v1/packages/pricing"] => account::plans;

    Submitter POST ["/api/v1/create"] => fills::create;
    Key GET ["/api/v1/create/{job}"] => fills::poll;

    Key GET ["/api/v1/templates"] => templates::list;
    Key POST ["/api/v1/templates"] => templates::create;
    Key GET ["/api/v1/templates/{id}"] => templates::get;
    Key PUT ["/api/v1/templates/{id}"] => templates::save;
    Key DELETE ["/api/v1/templates/{id}"] => templates::delete;
    Key GET ["/api/v1/templates/{id}/layout"] => templates::layout;
    Key GET ["/api/v1/templates/{id}/draft"] => templates::draft;
    Key POST ["/api/v1/templates/{id}/publish"] => templates::publish;
    Submitter POST ["/api/v1/templates/{id}/preview"] => templates::preview;
    Key GET ["/api/v1/template-assets"] => assets::list;
    Key POST ["/api/v1/template-assets"] => assets::create;
    Key GET ["/api/v1/template-assets/{id}"] => assets::get;
    Key DELETE ["/api/v1/template-assets/{id}"] => assets::delete;

    Key GET ["/api/v1/design-groups"] => groups::list;
    Key POST ["/api/v1/design-groups"] => groups::create;
    Submitter POST ["/api/v1/design-groups/create"] => groups::produce;
    Key GET ["/api/v1/design-groups/{id}"] => groups::get;
    Key PUT ["/api/v1/design-groups/{id}"] => groups::change;
    Key DELETE ["/api/v1/design-groups/{id}"] => groups::delete;

    Key POST ["/api/v1/studio/create"] => designs::create;
    Submitter POST ["/api/v1/studio/create-and-render"] => fills::create_and_render;
    Key POST ["/api/v1/studio/create/team"] => teams::seat;
    Key GET ["/api/v1/destinations"] => destinations::list;
    Key POST ["/api/v1/destinations"] => destinations::create;
    Key GET ["/api/v1/destinations/{id}"] => destinations::get;
    Key PUT ["/api/v1/destinations/{id}"] => destinations::change;
    Key DELETE ["/api/v1/destinations/{id}"] => destinations::delete;
    Key GET ["/api/v1/presets"] => presets::list;
    Key POST ["/api/v1/presets"] => presets::create;
    Key GET ["/api/v1/presets/{id}"] => presets::get;
    Key PUT ["/api/v1/presets/{id}"] => presets::change;
    Key DELETE ["/api/v1/presets/{id}"] => presets::delete;

    Key GET ["/api/v1/studio"] => designs::list;
    Key GET ["/api/v1/studio/{id}"] => designs::get;
    Key PATCH ["/api/v1/studio/{id}"] => designs::change;
    Key DELETE ["/api/v1/studio/{id}"] => designs::delete;
    Submitter POST ["/api/v1/studio/{id}/export/gfcrew"] => exports::gfcrew;
    Submitter POST ["/api/v1/studio/{id}/export/dropbox"] => exports::dropbox;
    Submitter POST ["/api/v1/studio/{id}/export/webhook"] => exports::webhook;
    Submitter POST ["/api/v1/studio/{id}/export/preset"] => exports::preset;
    Key POST ["/api/v1/photos/process"] => photos::process;
    Key GET ["/api/v1/photos/process/{job}"] => photos::poll;

    Anyone GET ["/files/{*key}"] => files::read;
    Anyone GET ["/livez", "/healthz"] => health::live;
    Anyone GET ["/readyz"] => health::ready;
    Anyone GET ["/metrics"] => health::metrics;
}

/// The paths that a listener for operators serves.
const ADMIN: [&str; 4] = ["/livez", "/healthz", "/readyz", "/metrics"];

/// The resource whose limit the headers of a route's answers tell of: renders, but where files come in.
pub(crate) fn resource(pattern: &str) -> Resource {
    if pattern == "/api/v1/psd/upload" {
        Resource::Uploads
    } else {
        Resource::Renders
    }
}

/// Finds the route of a request.
pub(crate) struct Router {
    patterns: matchit::Router<Pattern>,
}

struct Pattern {
    path: &'static str,
    methods: Vec<(&'static Method, &'static Route)>,
}

/// A route that was found.
pub(crate) struct Found {
    pub(crate) route: &'static Route,
    pub(crate) pattern: &'static str,
    pub(crate) gaps: Vec<(String, String)>,
}

impl Router {
    pub(crate) fn new() -> Self {
        Self::of(|_| true)
    }

    /// Those for operators alone: how the process is, and nothing of anybody's.
    pub(crate) fn admin() -> Self {
        Self::of(|path| ADMIN.contains(&path))
    }

    fn of(serves: impl Fn(&str) -> bool) -> Self {
        let mut by_path: BTreeMap<&'static str, Vec<_>> = BTreeMap::new();
        for route in ROUTES {
            for path in route.paths.iter().filter(|path| serves(path)) {
                by_path.entry(path).or_default().push((&route.method, route));
            }
        }
        let mut patterns = matchit::Router::new();
        for (path, methods) in by_path {
            patterns
                .insert(path, Pattern { path, methods })
                .expect("the table holds no two patterns that cannot be told apart, as a test sees");
        }
        Self { patterns }
    }

    /// The route that answers `method` under `path`, which has no slash at its end.
    ///
    /// # Errors
    /// 404 when nothing answers under the path, 405 when something else does.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<Found, Refusal> {
        let matched = self.patterns.at(path).map_err(|_| Refusal::NoSuchPath)?;
        let pattern = matched.value;
        let answers = |wanted: &Method| {
            let mut methods = pattern.methods.iter();
            methods
                .find(|(method, _)| *method == wanted)
                .map(|(_, route)| *route)
        };
        let route = match answers(method) {
            None if *method == Method::HEAD => answers(&Method::GET),
            found => found,
        };
        let route = route.ok_or_else(|| Refusal::WrongMethod {
            allowed: pattern.allow(),
        })?;
        let gaps = matched.params.iter();
        Ok(Found {
            route,
            pattern: pattern.path,
            gaps: gaps
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect(),
        })
    }
}

impl Pattern {
    /// The `Allow` header.
    fn allow(&self) -> String {
        let mut methods: Vec<&str> = self.methods.iter().map(|(method, _)| method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(method: &Method, path: &str) -> &'static str {
        Router::new()
            .find(method, path)
            .unwrap_or_else(|problem| panic!("{path}: {problem:?}"))
            .pattern
    }

    #[test]
    fn every_route_is_found_under_its_own_pattern() {
        for route in routes() {
            let path = route.path.replace("{*key}", "results/x");
            let path = path
                .replace("{id}", "some-id")
                .replace("{job}", "some-job")
                .replace("{delivery}", "another-id");
            assert_eq!(pattern(&route.method, &path), route.path);
        }
    }

    #[test]
    fn fixed_words_win_over_gaps() {
        for (method, path, expected) in [
            (
                Method::GET,
                "/api/v1/webhook-endpoints/events",
                "/api/v1/webhook-endpoints/events",
            ),
            (Method::DELETE, "/api/v1/mockups/all", "/api/v1/mockups/all"),
            (
                Method::POST,
                "/api/v1/webhook-endpoints/x/deliveries/replay-failed",
                "/api/v1/webhook-endpoints/{id}/deliveries/replay-failed",
            ),
            (
                Method::POST,
                "/api/v1/webhook-endpoints/x/deliveries/replay-failed/replay",
                "/api/v1/webhook-endpoints/{id}/deliveries/{delivery}/replay",
            ),
        ] {
            assert_eq!(pattern(&method, path), expected);
        }
    }

    #[test]
    fn a_listener_for_operators_serves_nothing_of_anybody_s() {
        let admin = Router::admin();
        for path in ADMIN {
            assert!(admin.find(&Method::GET, path).is_ok(), "{path}");
        }
        for route in routes().filter(|route| !ADMIN.contains(&route.path)) {
            let path = route
                .path
                .replace("{*key}", "results/x")
                .replace("{id}", "x")
                .replace("{job}", "z")
                .replace("{delivery}", "y");
            assert!(admin.find(&route.method, &path).is_err(), "{path}");
        }
    }

    #[test]
    fn head_goes_where_get_goes() {
        assert_eq!(pattern(&Method::HEAD, "/livez"), "/livez");
        let router = Router::new();
        let refused = router.find(&Method::HEAD, "/api/v1/renders").err().unwrap();
        assert!(matches!(refused, Refusal::WrongMethod { .. }), "{refused:?}");
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        let router = Router::new();
        let refused = router.find(&Method::PUT, "/api/v1/mockups/x").err().unwrap();
        let allowed = "DELETE, GET, HEAD, PATCH".to_owned();
        assert_eq!(refused, Refusal::WrongMethod { allowed });
        for nowhere in ["/api/v2/jobs", "*"] {
            let refused = router.find(&Method::GET, nowhere).err();
            assert_eq!(refused, Some(Refusal::NoSuchPath), "{nowhere}");
        }
    }
}
