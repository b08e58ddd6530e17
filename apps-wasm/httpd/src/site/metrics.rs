//! `/metrics`, in the text format of Prometheus: the system as `/proc` tells it, and the server itself.
//!
//! Names are those of Prometheus' node exporter, so that its dashboards fit. What a system does not tell is left out.

mod system;

use crate::http::{Body, Record, Reply, Status};
use std::collections::BTreeMap;
use std::fmt::Display;

/// What the server counts of itself.
#[derive(Default)]
pub(super) struct Counters {
    requests: BTreeMap<u16, u64>,
    sent_bytes: u64,
    pub(super) open_connections: usize,
}

impl Counters {
    pub(super) fn count(&mut self, record: &Record) {
        *self.requests.entry(record.status.code).or_default() += 1;
        self.sent_bytes += record.body_bytes;
    }
}

/// The page.
pub(super) fn page(counters: &Counters) -> Reply {
    let mut text = Exposition::default();
    system::expose(&mut text);
    expose(counters, &mut text);
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    Reply::with_content(Status::OK, content_type, Body::Bytes(text.0.into_bytes())).header("Cache-Control", "no-store")
}

fn expose(counters: &Counters, text: &mut Exposition) {
    text.family("httpd_requests_total", Kind::Counter, "Answers by status.");
    for (status, count) in &counters.requests {
        text.sample("httpd_requests_total", &[("status", &status.to_string())], count);
    }
    text.metric("httpd_sent_bytes_total", Kind::Counter, "Bytes of bodies sent.", counters.sent_bytes);
    text.metric("httpd_connections", Kind::Gauge, "Open connections.", counters.open_connections);
}

/// A page in the making.
#[derive(Default)]
struct Exposition(String);

/// How a value moves.
#[derive(Clone, Copy)]
enum Kind {
    /// Only upwards.
    Counter,
    /// Up and down.
    Gauge,
}

impl Exposition {
    /// Begins a family of samples.
    fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        self.0 += &format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// One sample of a family.
    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escape(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        self.0 += &format!("{name}{labels} {value}\n");
    }

    /// A family of one sample.
    fn metric(&mut self, name: &str, kind: Kind, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
