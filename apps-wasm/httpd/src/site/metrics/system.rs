//! What `/proc` tells: processor, memory, processes, interfaces (proc(5)).

use super::{Exposition, Kind};
use std::fs;

/// Units of `/proc/stat` in a second (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// The columns of a processor's line in `/proc/stat`.
const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

/// The columns of `/proc/net/dev` that are shown.
const COLUMNS: [(usize, &str, &str); 8] = [
    (0, "node_network_receive_bytes_total", "Bytes received."),
    (1, "node_network_receive_packets_total", "Packets received."),
    (2, "node_network_receive_errs_total", "Packets received with errors."),
    (3, "node_network_receive_drop_total", "Packets received and dropped."),
    (8, "node_network_transmit_bytes_total", "Bytes sent."),
    (9, "node_network_transmit_packets_total", "Packets sent."),
    (10, "node_network_transmit_errs_total", "Packets not sent for errors."),
    (11, "node_network_transmit_drop_total", "Packets dropped before they were sent."),
];

/// Adds what one file tells.
type Source = fn(&str, &mut Exposition);

/// Adds all that can be read.
pub(super) fn expose(text: &mut Exposition) {
    let sources: [(&str, Source); 5] = [
        ("/proc/stat", stat),
        ("/proc/meminfo", memory),
        ("/proc/uptime", uptime),
        ("/proc/net/dev", network),
        ("/proc/self/stat", this_process),
    ];
    for (path, expose) in sources {
        if let Ok(content) = fs::read_to_string(path) {
            expose(&content, text);
        }
    }
    if let Some(count) = process_count() {
        text.metric("node_processes_pids", Kind::Gauge, "Processes.", count);
    }
}

fn stat(content: &str, text: &mut Exposition) {
    text.family("node_cpu_seconds_total", Kind::Counter, "Seconds that each CPU spent in each mode.");
    for line in content.lines() {
        let mut words = line.split_ascii_whitespace();
        // The line `cpu` without a number is the sum of the others.
        let Some(cpu) = words.next().and_then(|word| word.strip_prefix("cpu")).filter(|cpu| !cpu.is_empty()) else {
            continue;
        };
        for (mode, ticks) in MODES.iter().zip(words.filter_map(|word| word.parse::<f64>().ok())) {
            text.sample("node_cpu_seconds_total", &[("cpu", cpu), ("mode", mode)], ticks / TICKS_PER_SECOND);
        }
    }
    let single = [
        ("processes", "node_forks_total", Kind::Counter, "Processes ever started."),
        ("procs_running", "node_procs_running", Kind::Gauge, "Processes that can run."),
        ("btime", "node_boot_time_seconds", Kind::Gauge, "When the system booted, in seconds since 1970."),
        ("ctxt", "node_context_switches_total", Kind::Counter, "Context switches."),
        ("intr", "node_intr_total", Kind::Counter, "Interrupts."),
    ];
    for (word, name, kind, help) in single {
        if let Some(value) = number_after(content, word) {
            text.metric(name, kind, help, value);
        }
    }
}

/// The first number of the line that begins with `word`.
fn number_after(content: &str, word: &str) -> Option<u64> {
    let mut lines = content.lines().map(str::split_ascii_whitespace);
    lines.find_map(|mut words| if words.next()? == word { words.next()?.parse().ok() } else { None })
}

fn memory(content: &str, text: &mut Exposition) {
    for line in content.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let mut words = value.split_ascii_whitespace();
        let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else { continue };
        let key: String =
            key.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect();
        let key = key.trim_end_matches('_');
        // What has no unit is a number of pages or the like.
        let (name, value) = match words.next() {
            Some("kB") => (format!("node_memory_{key}_bytes"), number.saturating_mul(1024)),
            _ => (format!("node_memory_{key}"), number),
        };
        text.metric(&name, Kind::Gauge, "As in /proc/meminfo.", value);
    }
}

fn uptime(content: &str, text: &mut Exposition) {
    if let Some(seconds) = content.split_ascii_whitespace().next().and_then(|word| word.parse::<f64>().ok()) {
        text.metric("node_uptime_seconds", Kind::Gauge, "Seconds since the system booted.", seconds);
    }
}

fn network(content: &str, text: &mut Exposition) {
    let interfaces: Vec<(&str, Vec<u64>)> = content
        .lines()
        .filter_map(|line| {
            let (name, numbers) = line.split_once(':')?;
            let numbers = numbers.split_ascii_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>()?;
            Some((name.trim(), numbers))
        })
        .collect();
    for (column, name, help) in COLUMNS {
        text.family(name, Kind::Counter, help);
        for (interface, numbers) in &interfaces {
            if let Some(number) = numbers.get(column) {
                text.sample(name, &[("device", interface)], number);
            }
        }
    }
}

/// The server itself, by the names that Prometheus' client libraries have.
fn this_process(content: &str, text: &mut Exposition) {
    // The name stands in brackets and may hold any character; the state, field 3, follows.
    let Some((_, fields)) = content.rsplit_once(')') else { return };
    let field = |number: usize| fields.split_ascii_whitespace().nth(number - 3)?.parse::<f64>().ok();
    if let (Some(user), Some(system)) = (field(14), field(15)) {
        let seconds = (user + system) / TICKS_PER_SECOND;
        text.metric("process_cpu_seconds_total", Kind::Counter, "CPU time of the server.", seconds);
    }
}

/// Each process has a directory with its number.
fn process_count() -> Option<usize> {
    let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    let entries = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    Some(entries.filter(|entry| entry.file_name().to_str().is_some_and(is_number)).count())
}

#[cfg(test)]
mod tests {
    use super::{Exposition, Source, memory, network, stat, this_process, uptime};

    fn expose(source: Source, content: &str) -> String {
        let mut text = Exposition::default();
        source(content, &mut text);
        let samples = text.0.lines().filter(|line| !line.starts_with('#'));
        samples.map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn processors_and_processes() {
        let content = "cpu  300 0 0 0\ncpu0 250 0 1 7\ncpu1 50 0 0 0\nintr 9 1 2\nprocesses 4\nodd\n";
        let text = expose(stat, content);
        assert!(text.contains("node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 2.5\n"), "{text}");
        assert!(text.contains("node_cpu_seconds_total{cpu=\"1\",mode=\"idle\"} 0\n"), "{text}");
        assert!(text.ends_with("node_forks_total 4\nnode_intr_total 9\n"), "{text}");
        assert!(!text.contains("cpu=\"\""), "{text}");
    }

    #[test]
    fn memory_in_bytes() {
        let text = expose(memory, "MemTotal:  100 kB\nActive(file): 2 kB\nHugePages_Total:   0\nodd\n");
        let expected = "node_memory_MemTotal_bytes 102400\nnode_memory_Active_file_bytes 2048\n\
                        node_memory_HugePages_Total 0\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn uptime_in_seconds() {
        assert_eq!(expose(uptime, "12.50 9.00\n"), "node_uptime_seconds 12.5\n");
        assert_eq!(expose(uptime, ""), "");
    }

    #[test]
    fn the_server_itself() {
        let content = "7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 150 25 0 0 20 0 1 0 0 0 0\n";
        assert_eq!(expose(this_process, content), "process_cpu_seconds_total 1.75\n");
        assert_eq!(expose(this_process, "7 (cut off) S 1"), "");
    }

    #[test]
    fn interfaces() {
        let content = "Inter-| Receive | Transmit\n face |bytes packets|bytes\n\
                       eth0: 10 2 0 0 0 0 0 0 30 4 0 0 0 0 0 0\n  lo:1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n";
        let text = expose(network, content);
        assert!(text.contains("node_network_receive_bytes_total{device=\"eth0\"} 10\n"), "{text}");
        assert!(text.contains("node_network_transmit_packets_total{device=\"eth0\"} 4\n"), "{text}");
        assert!(text.contains("node_network_receive_drop_total{device=\"lo\"} 1\n"), "{text}");
    }
}
