//! Times the processor: the command line and the clock. What is timed is in `kernels`.
//!
//! The same module runs on the host and in Yolk, and `make bench` compares the two; hence sizes are constants, and
//! every kernel's result is checked, so that a fast wrong machine does not win.

#![forbid(unsafe_code)]

mod kernels;
mod sha256;

use cli::lexopt::prelude::*;
use cli::{App, Stop, lexopt};
use kernels::{KERNELS, Kernel};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const APP: App = App {
    name: "cpubench",
    help: "\
usage: cpubench [--runs N] [--tsv] [KERNEL...]

Runs each kernel, or the named ones, and shows the least and the median time.

  -r, --runs N   run each kernel N times; 3 if not given
      --tsv      print 'kernel<TAB>least<TAB>median' with times in nanoseconds
  -l, --list     list the kernels
  -h, --help     show this
",
};

fn main() -> ExitCode {
    APP.run(cpubench)
}

fn cpubench(args: lexopt::Parser) -> Result<(), Stop> {
    let plan = Plan::read(args)?;
    let mut output = io::stdout();
    for kernel in plan.kernels {
        let line = match plan.task {
            Task::List => format!("{:8} {}", kernel.name, kernel.summary),
            Task::Table => measure(kernel, plan.runs)?.row(kernel),
            Task::TabSeparated => measure(kernel, plan.runs)?.tab_separated(kernel),
        };
        writeln!(output, "{line}")?;
    }
    Ok(())
}

/// What the command line asks for.
struct Plan {
    task: Task,
    runs: usize,
    kernels: Vec<&'static Kernel>,
}

enum Task {
    List,
    Table,
    TabSeparated,
}

impl Plan {
    fn read(mut args: lexopt::Parser) -> Result<Plan, Stop> {
        let mut plan = Plan { task: Task::Table, runs: 3, kernels: Vec::new() };
        while let Some(arg) = args.next()? {
            match arg {
                Short('r') | Long("runs") => plan.runs = args.value()?.parse()?,
                Long("tsv") => plan.task = Task::TabSeparated,
                Short('l') | Long("list") => plan.task = Task::List,
                Short('h') | Long("help") => return Err(Stop::Help),
                Value(name) => plan.kernels.push(kernel_named(&name.string()?)?),
                other => return Err(other.unexpected().into()),
            }
        }
        if plan.runs == 0 {
            return Err(Stop::Usage("at least one run is needed".to_string()));
        }
        if plan.kernels.is_empty() {
            plan.kernels.extend(KERNELS);
        }
        Ok(plan)
    }
}

fn kernel_named(name: &str) -> Result<&'static Kernel, Stop> {
    KERNELS
        .iter()
        .find(|kernel| kernel.name == name)
        .ok_or_else(|| Stop::Usage(format!("no kernel is called '{name}'; see --list")))
}

struct Times {
    least: Duration,
    median: Duration,
}

impl Times {
    fn row(&self, kernel: &Kernel) -> String {
        let [least, median] = [self.least, self.median].map(|time| time.as_secs_f64() * 1e3);
        format!("{:8} {least:10.3} ms  {median:10.3} ms  {}", kernel.name, kernel.summary)
    }

    fn tab_separated(&self, kernel: &Kernel) -> String {
        format!("{}\t{}\t{}", kernel.name, self.least.as_nanos(), self.median.as_nanos())
    }
}

/// Runs `kernel` at least once, and `runs` times.
fn measure(kernel: &Kernel, runs: usize) -> Result<Times, Stop> {
    let mut least = time(kernel)?;
    let mut times = vec![least];
    for _ in 1..runs {
        let next = time(kernel)?;
        least = least.min(next);
        times.push(next);
    }
    let middle = times.len() / 2;
    let median = *times.select_nth_unstable(middle).1;
    Ok(Times { least, median })
}

fn time(kernel: &Kernel) -> Result<Duration, Stop> {
    let start = Instant::now();
    let result = (kernel.run)();
    let time = start.elapsed();
    if result == kernel.result {
        Ok(time)
    } else {
        let reason = format!("the result is {result:#x} and must be {:#x}", kernel.result);
        Err(Stop::failed(kernel.name, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kernel, measure};

    #[test]
    fn a_wrong_result_is_a_failure() {
        assert!(measure(&Kernel { name: "right", summary: "", run: || 1, result: 1 }, 3).is_ok());
        assert!(measure(&Kernel { name: "wrong", summary: "", run: || 1, result: 2 }, 3).is_err());
    }
}
