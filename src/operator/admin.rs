//! The admin server: is the process alive, is it ready, and what does it count.

use std::{
    collections::BTreeSet,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::metrics::Metrics;

/// How long open connections may take to end after the server was stopped.
const DRAIN: Duration = Duration::from_secs(5);

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What has to happen before the process counts as ready. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readiness {
    pending: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl Readiness {
    /// Adds something that `/readyz` waits for and names until its [`Gate::done`]. Add all of them before the server is
    /// bound, or it answers "ready" too soon.
    pub(crate) fn gate(&self, name: &'static str) -> Gate {
        self.lock().insert(name);
        Gate { readiness: self.clone(), name }
    }

    fn pending(&self) -> Vec<&'static str> {
        self.lock().iter().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thing that is pending. Dropped without [`Gate::done`], it stays pending.
#[derive(Debug)]
#[must_use = "without Gate::done the process never gets ready"]
pub(crate) struct Gate {
    readiness: Readiness,
    name: &'static str,
}

impl Gate {
    /// It has happened, for the rest of the process's life.
    pub(crate) fn done(self) {
        self.readiness.lock().remove(self.name);
    }
}

/// The admin server, bound and not yet answering.
#[derive(Debug)]
pub(crate) struct AdminServer {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

impl AdminServer {
    /// Binds `listen`; port 0 lets the system choose.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub(crate) async fn bind(listen: SocketAddr, readiness: Readiness, metrics: Metrics) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/livez", get(|| async { "ok\n" }))
            .route("/readyz", get(ready).with_state(readiness))
            .route("/metrics", get(scrape).with_state(metrics));
        Ok(Self { listener, address, router })
    }

    /// The address that was bound.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `cancel`, then lets open requests end, for 5 s at most.
    ///
    /// # Errors
    /// When the listener fails.
    pub(crate) async fn run(self, cancel: CancellationToken) -> io::Result<()> {
        let stop = cancel.clone();
        let server = axum::serve(self.listener, self.router).with_graceful_shutdown(stop.cancelled_owned());
        let overdue = async {
            cancel.cancelled().await;
            sleep(DRAIN).await;
        };
        tokio::select! {
            ended = server.into_future() => ended,
            () = overdue => {
                warn!("requests to the admin server were still open {DRAIN:?} after the stop and are cut off");
                Ok(())
            }
        }
    }
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    let pending = readiness.pending();
    if pending.is_empty() {
        return "ok\n".into_response();
    }
    let list: String = pending.into_iter().map(|name| format!("pending: {name}\n")).collect();
    (StatusCode::SERVICE_UNAVAILABLE, list).into_response()
}

async fn scrape(State(metrics): State<Metrics>) -> Response {
    match metrics.encode() {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(failure) => {
            error!(error = %failure, "metrics could not be encoded");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, net::TcpStream};

    use tokio::{
        task::{JoinHandle, spawn_blocking},
        time::timeout,
    };

    use super::*;

    struct Running {
        address: SocketAddr,
        cancel: CancellationToken,
        task: JoinHandle<io::Result<()>>,
    }

    async fn start(readiness: &Readiness, metrics: &Metrics) -> Running {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = AdminServer::bind(listen, readiness.clone(), metrics.clone()).await.unwrap();
        let (address, cancel) = (server.address(), CancellationToken::new());
        Running { address, task: tokio::spawn(server.run(cancel.clone())), cancel }
    }

    impl Running {
        async fn get(&self, path: &str) -> (u16, String) {
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            let address = self.address;
            let exchange = spawn_blocking(move || {
                let mut stream = TcpStream::connect(address)?;
                stream.write_all(request.as_bytes())?;
                io::read_to_string(stream)
            });
            let answer = exchange.await.unwrap().unwrap();
            (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
        }
    }

    #[tokio::test]
    async fn readyz_names_what_is_pending_until_all_is_done() {
        let readiness = Readiness::default();
        let (definitions, caches) = (readiness.gate("custom resource definitions"), readiness.gate("caches"));
        let admin = start(&readiness, &Metrics::new()).await;

        let (status, answer) = admin.get("/readyz").await;
        assert_eq!(status, 503);
        assert!(answer.ends_with("\r\n\r\npending: caches\npending: custom resource definitions\n"), "{answer}");

        definitions.done();
        let (status, answer) = admin.get("/readyz").await;
        assert_eq!(status, 503);
        assert!(answer.ends_with("\r\n\r\npending: caches\n"), "{answer}");

        caches.done();
        assert_eq!(admin.get("/readyz").await.0, 200);
    }

    #[tokio::test]
    async fn livez_answers_while_nothing_is_ready() {
        let readiness = Readiness::default();
        let _gate = readiness.gate("caches");
        let admin = start(&readiness, &Metrics::new()).await;
        assert_eq!(admin.get("/livez").await.0, 200);
        assert_eq!(admin.get("/").await.0, 404);
    }

    #[tokio::test]
    async fn metrics_are_served_as_openmetrics() {
        let metrics = Metrics::new();
        metrics.set_leader(true);
        let admin = start(&Readiness::default(), &metrics).await;
        let (status, answer) = admin.get("/metrics").await;
        assert_eq!(status, 200);
        assert!(answer.contains(OPEN_METRICS), "{answer}");
        assert!(answer.contains("\nzoom_operator_leader 1\n"), "{answer}");
    }

    #[tokio::test]
    async fn stops_when_cancelled_and_frees_its_port() {
        let admin = start(&Readiness::default(), &Metrics::new()).await;
        assert_eq!(admin.get("/livez").await.0, 200);
        admin.cancel.cancel();
        timeout(DRAIN, admin.task).await.unwrap().unwrap().unwrap();
        // Another test may have been given the port meanwhile, and gives it back.
        let bind = || async { Ok(TcpListener::bind(admin.address).await?) };
        zoom_operator_testing::eventually(Duration::from_mins(1), "the port is free", bind).await.unwrap();
    }
}
