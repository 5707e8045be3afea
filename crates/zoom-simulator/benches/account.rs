//! A hundred thousand people in the simulator: start under 2 s, a page of 2,000 rows under 15 ms, 5,000 small calls a
//! second and core, under 250 MB resident.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a table for people")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

#[path = "../../../benches/table/mod.rs"]
mod table;

use table::{Bar, row};

const PEOPLE: usize = 100_000;
const PAGES: usize = 20;
const CALLS: u32 = 10_000;

struct Served {
    process: Child,
    address: String,
    started: Duration,
}

impl Served {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zoom-simulator"));
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--limits", "off", "--users", &PEOPLE.to_string()];
        let before = Instant::now();
        let mut process = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().to_owned();
        Self { process, address, started: before.elapsed() }
    }

    /// A number of `/proc/PID/status`, in megabytes.
    fn megabytes(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// The processor time that it took so far; the kernel counts in hundredths of a second.
    fn processor(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection that is kept.
struct Client {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Client {
    fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Self { stream: BufReader::new(stream), token: String::new() };
        let form = "grant_type=account_credentials&account_id=acme&client_id=simulator&client_secret=simulator-secret";
        let token = client.call("POST", "/oauth/token", form);
        token["access_token"].as_str().unwrap().clone_into(&mut client.token);
        client
    }

    fn call(&mut self, method: &str, path: &str, body: &str) -> Value {
        serde_json::from_slice(&self.bytes(method, path, body)).unwrap_or_default()
    }

    fn bytes(&mut self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: zoom\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(head.as_bytes()).unwrap();
        let mut length = 0;
        for (number, line) in self.stream.by_ref().lines().map(Result::unwrap).enumerate() {
            assert!(number > 0 || line.contains(" 20"), "{method} {path}: {line}");
            if let Some((_, value)) = line.to_lowercase().split_once("content-length: ") {
                length = value.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        body
    }
}

/// How many calls of a kind one core answers in a second, by the processor time that they took.
fn per_core(served: &Served, what: &str, mut call: impl FnMut(u32)) {
    let before = served.processor();
    (0..CALLS).for_each(&mut call);
    let took = served.processor() - before;
    row(what, f64::from(CALLS) / took.as_secs_f64(), "/s", Bar::Over(5000.0));
}

fn main() -> ExitCode {
    table::about("the simulator: 100,000 people");
    let served = Served::start();
    row("start with 100,000 people", served.started.as_secs_f64() * 1000.0, "ms", Bar::Under(2000.0));
    row("resident after the start", served.megabytes("VmRSS"), "MB", Bar::Under(250.0));
    let mut client = Client::connect(&served.address);

    let (mut token, mut slowest, mut ids) = (String::new(), Duration::ZERO, Vec::new());
    let before_pages = served.processor();
    for _ in 0..PAGES {
        let before = Instant::now();
        let bytes = client.bytes("GET", &format!("/v2/users?page_size=2000&next_page_token={token}"), "");
        slowest = slowest.max(before.elapsed());
        let page: Value = serde_json::from_slice(&bytes).unwrap();
        page["next_page_token"].as_str().unwrap().clone_into(&mut token);
        let rows = page["users"].as_array().unwrap();
        assert_eq!(rows.len(), 2000);
        ids.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
    }
    let took = (served.processor() - before_pages).as_secs_f64() * 1000.0 / PAGES as f64;
    row("processor time of a page of 2,000 rows", took, "ms", Bar::Under(15.0));
    row("slowest of 20 such pages", slowest.as_secs_f64() * 1000.0, "ms", Bar::None);
    let id = |number: u32| &ids[number as usize * 7919 % ids.len()];
    per_core(&served, "reads of one person", |number| {
        client.bytes("GET", &format!("/v2/users/{}", id(number)), "");
    });
    per_core(&served, "updates of one person", |number| {
        client.bytes("PATCH", &format!("/v2/users/{}", id(number)), r#"{"dept":"Research","job_title":"Analyst"}"#);
    });
    per_core(&served, "summaries", |_| drop(client.bytes("GET", "/v2/users/summary", "")));
    row("resident after all these calls", served.megabytes("VmRSS"), "MB", Bar::Under(250.0));
    table::end()
}
