//! The built pages and the map, as files.

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware,
    response::IntoResponse as _,
};
use lapwing_http::Problem;
use tower::ServiceBuilder;
use tower_http::{
    services::{ServeDir, ServeFile},
    set_header::SetResponseHeaderLayer,
};

use super::{Desk, access};

/// Everything outside `/api`.
pub(super) fn pages(desk: &Desk) -> Router<Desk> {
    let mut router = Router::new();
    if let Some(map) = &desk.pmtiles {
        // Byte ranges are what PMTiles lives on; `ServeFile` answers them.
        router = router.route_service("/map.pmtiles", ServeFile::new(map));
    } else {
        router = router.route(
            "/map.pmtiles",
            axum::routing::any(|| async { Problem::not_found() }),
        );
    }
    let router = match &desk.web_dir {
        Some(dir) => {
            // Names under `assets/` carry a hash of their content.
            let forever = SetResponseHeaderLayer::overriding(
                header::CACHE_CONTROL,
                |response: &axum::http::Response<_>| {
                    response
                        .status()
                        .is_success()
                        .then(|| HeaderValue::from_static("public, max-age=31536000, immutable"))
                },
            );
            let assets = ServiceBuilder::new()
                .layer(forever)
                .service(ServeDir::new(dir.join("assets")).precompressed_br());
            let files = ServeDir::new(dir)
                .precompressed_br()
                .fallback(ServeFile::new(dir.join("index.html")));
            router
                .nest_service("/assets", assets)
                .fallback_service(files)
        }
        None => router.fallback(|| async {
            Problem::not_found()
                .detail("this desk was started without its pages; /api is there")
                .into_response()
        }),
    };
    router.layer(middleware::from_fn_with_state(
        desk.clone(),
        access::sign_in,
    ))
}
