//! What booting costs: time, bytes, memory.

use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use yolk::qemu::{self, Boot, Firmware, Machine, Options};

use crate::empty;
use crate::programs::{app, output, yolk_run};
use crate::table::{Amount, Row};

/// How often each way is booted: the median counts.
const BOOTS: usize = 10;

/// What the shell says when it waits for a command.
const PROMPT: &[u8] = b"$ ";

/// How long QEMU may take to end.
const LIMIT: Duration = Duration::from_secs(60);

/// From the start of QEMU to the prompt.
pub(crate) fn times() -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let nothing = folder.path().join("empty.elf");
    std::fs::write(&nothing, empty::image())?;
    let bare = Amount::Nanoseconds(median(|| to_end(by_image(nothing.clone())))?);
    let by_pvh = median(|| to_prompt(by_image(qemu::default_image()?)))?;
    let disc = qemu::project_folder().join("build/yolk.iso");
    let from_disc = median(|| to_prompt(Boot::Disc { disc: disc.clone(), firmware: Firmware::SeaBios }))?;
    let row = |what: &str, time| Row {
        what: what.to_owned(),
        yolk: Amount::Nanoseconds(time),
        reference: Some((bare, "a machine that powers off at once")),
    };
    Ok(vec![row("boot to prompt, PVH", by_pvh), row("boot to prompt, ISO", from_disc)])
}

/// The image's size, and the least memory in which hello runs.
pub(crate) fn size() -> Result<Vec<Row>> {
    let bytes = qemu::default_image()?.metadata()?.len();
    let (mut too_little, mut enough) = (4_u32, 512_u32);
    while enough - too_little > 1 {
        let middle = u32::midpoint(enough, too_little);
        let mut command = yolk_run();
        command.args(["--timeout", "20", "--mem", &format!("{middle}M")]).arg(app("hello"));
        if output(&mut command).is_ok() { enough = middle } else { too_little = middle }
    }
    let row = |what: &str, bytes| Row { what: what.to_owned(), yolk: Amount::Bytes(bytes), reference: None };
    Ok(vec![row("image size", bytes as f64), row("least RAM for hello", f64::from(enough) * f64::from(1 << 20))])
}

fn by_image(image: PathBuf) -> Boot {
    Boot::Image { image, command_line: String::new(), module: None }
}

fn start(boot: Boot) -> Result<(Instant, Machine)> {
    let start = Instant::now();
    Ok((start, Machine::start(&Options { boot, memory_mib: 512, cpus: 2, networks: Vec::new(), extras: Vec::new() })?))
}

fn to_end(boot: Boot) -> Result<f64> {
    let (start, mut machine) = start(boot)?;
    machine.wait(LIMIT)?;
    Ok(start.elapsed().as_nanos() as f64)
}

fn to_prompt(boot: Boot) -> Result<f64> {
    let (start, mut machine) = start(boot)?;
    let mut console = machine.console_output.take().context("a machine without a console")?;
    hear_prompt(&mut console)?;
    Ok(start.elapsed().as_nanos() as f64)
}

/// What a console says up to the next prompt.
pub(crate) fn hear_prompt(console: &mut impl Read) -> Result<String> {
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    while !heard.windows(PROMPT.len()).any(|bytes| bytes == PROMPT) {
        match console.read(&mut buffer)? {
            0 => bail!("the machine stopped before its prompt"),
            count => heard.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(String::from_utf8_lossy(&heard).into_owned())
}

fn median(measure: impl Fn() -> Result<f64>) -> Result<f64> {
    let mut times = (0..BOOTS).map(|_| measure()).collect::<Result<Vec<f64>>>()?;
    times.sort_by(f64::total_cmp);
    Ok((times[(BOOTS - 1) / 2] + times[BOOTS / 2]) / 2.0)
}
