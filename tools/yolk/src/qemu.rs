//! Yolk's machine: one QEMU process, with its serial lines as streams.
//!
//! COM1 is the kernel's log and console, on QEMU's own standard streams. COM2 is the [`link`](crate::link), on a socket.
//! The process ends with its [`Machine`], and where `setpriv` exists also with this process, however that ends.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempDir;

/// What the machine starts from.
#[derive(Clone, Debug)]
pub enum Boot {
    /// The image itself, by PVH.
    Image {
        /// The image, an ELF file.
        image: PathBuf,
        /// Words for the kernel.
        command_line: String,
        /// The boot module.
        module: Option<PathBuf>,
    },
    /// A disc with GRUB on it.
    Disc {
        /// The disc, an ISO 9660 file.
        disc: PathBuf,
        /// What loads GRUB.
        firmware: Firmware,
    },
}

/// The machine's own program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firmware {
    /// A PC BIOS.
    SeaBios,
    /// UEFI.
    Ovmf,
}

/// Where OVMF lies: Debian and Ubuntu, Fedora, Arch.
const OVMF_PLACES: [&str; 4] = [
    "/usr/share/OVMF/OVMF_CODE.fd",
    "/usr/share/OVMF/OVMF_CODE_4M.fd",
    "/usr/share/edk2/ovmf/OVMF_CODE.fd",
    "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
];

/// The machine to build.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it starts from.
    pub boot: Boot,
    /// RAM in MiB.
    pub memory_mib: u64,
    /// Number of CPUs.
    pub cpus: u32,
    /// What else it has.
    pub extras: Vec<Extra>,
}

/// What not every machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// COM2, as [`Machine::link`].
    Link,
    /// A VGA card.
    Vga,
    /// QEMU's control socket, as [`Machine::control_path`].
    Control,
    /// The machine stands still until gdb attaches to port 1234.
    Gdb,
}

/// What the kernel said to QEMU's debug exit, or that it said nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was switched off.
    Done,
    /// It stopped because of a fault of its own.
    Failed,
    /// It ended in another way: a reset, or an error of QEMU's.
    None,
}

impl Verdict {
    /// A byte `n` ends QEMU with status `2n + 1`; `machine::power` has the bytes.
    fn of(status: ExitStatus) -> Self {
        match status.code() {
            Some(0x21) => Self::Done,
            Some(0x41) => Self::Failed,
            _ => Self::None,
        }
    }
}

/// A running machine.
pub struct Machine {
    process: Child,
    folder: TempDir,
    complaints: Arc<Complaints>,
    /// What the machine reads from COM1.
    pub console_input: Option<ChildStdin>,
    /// What the machine says on COM1.
    pub console_output: Option<ChildStdout>,
    /// The socket that COM2 connects to.
    pub link: Option<UnixListener>,
}

impl Machine {
    /// Starts the machine.
    pub fn start(options: &Options) -> Result<Self> {
        let folder = temporary_folder()?;
        let link = match options.extras.contains(&Extra::Link) {
            true => Some(UnixListener::bind(folder.path().join(LINK_SOCKET)).context("cannot make the link's socket")?),
            false => None,
        };
        let program = emulator();
        let mut command = bound_to_this_process(&program);
        command.args(arguments(options, folder.path())?);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // In a group of its own, so that ^C at the terminal is ours to pass on.
        command.process_group(0);
        let mut process = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
        let complaints = Complaints::collect(process.stderr.take());
        let (console_input, console_output) = (process.stdin.take(), process.stdout.take());
        Ok(Self { process, folder, complaints, console_input, console_output, link })
    }

    /// Where QEMU's control socket is, on a machine with [`Extra::Control`].
    pub fn control_path(&self) -> PathBuf {
        self.folder.path().join(CONTROL_SOCKET)
    }

    /// Waits for the end of the machine.
    pub fn wait(&mut self, limit: Duration) -> Result<Verdict> {
        self.complaints.wait_for_end(limit).context("the machine did not stop")?;
        Ok(Verdict::of(self.process.wait()?))
    }

    /// Calls `told` when the machine has ended, with what QEMU complained of.
    pub fn when_ended(&self, told: impl FnOnce(String) + Send + 'static) {
        let complaints = Arc::clone(&self.complaints);
        thread::spawn(move || {
            // A machine that runs longer than this has long been given up.
            if let Some(text) = complaints.wait_for_end(Duration::MAX) {
                told(text);
            }
        });
    }

    /// Removes the files that the machine has opened by now, so that not even a killed command leaves them.
    pub fn forget_files(&self) {
        // What cannot be removed now is removed with the folder.
        let _ = fs::remove_file(self.folder.path().join(LINK_SOCKET));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const LINK_SOCKET: &str = "link";
const CONTROL_SOCKET: &str = "control";

/// A folder that is removed with its owner. Sockets in it need a short path (108 bytes at most).
pub fn temporary_folder() -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("yolk-");
    let usual = std::env::temp_dir();
    let folder = if usual.as_os_str().len() < 80 { builder.tempdir_in(usual) } else { builder.tempdir_in("/tmp") };
    folder.context("cannot make a temporary folder")
}

/// The image to boot: `YOLK_IMAGE`, or what `make` built in the source tree of this command.
pub fn default_image() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("YOLK_IMAGE") {
        let path = PathBuf::from(path);
        return if path.is_file() {
            Ok(path)
        } else {
            Err(anyhow!("YOLK_IMAGE is {}, which is no file", path.display()))
        };
    }
    let path = project_folder().join("build/yolk.elf");
    if !path.is_file() {
        bail!("there is no image at {}: run `make` in {}", path.display(), project_folder().display());
    }
    Ok(path)
}

/// The source tree of this command.
pub fn project_folder() -> PathBuf {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR"));
    tool.ancestors().nth(2).unwrap_or(tool).to_owned()
}

/// The emulator's program: `YOLK_QEMU` or the usual one.
fn emulator() -> PathBuf {
    std::env::var_os("YOLK_QEMU").unwrap_or_else(|| "qemu-system-x86_64".into()).into()
}

/// A command whose process is killed when the thread that starts it ends, where the system has the tool for that.
fn bound_to_this_process(program: &Path) -> Command {
    let Some(setpriv) = find("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// The full path of a program.
pub fn find(program: impl AsRef<Path>) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(&program)).find(|path| path.is_file())
}

fn arguments(options: &Options, folder: &Path) -> Result<Vec<OsString>> {
    let mut words = Words::default();
    words.add("-machine q35 -cpu max -nodefaults -no-reboot -display none").add(accelerator());
    words.add(&format!("-m {}M -smp {}", options.memory_mib, options.cpus));
    words.add("-chardev stdio,id=console,signal=off -serial chardev:console");
    words.add("-device isa-debug-exit,iobase=0xf4,iosize=0x04");
    for extra in &options.extras {
        match extra {
            Extra::Link => words.socket("link", &folder.join(LINK_SOCKET), "").add("-serial chardev:link"),
            Extra::Control => words
                .socket("control", &folder.join(CONTROL_SOCKET), ",server=on,wait=off")
                .add("-mon chardev=control,mode=control"),
            Extra::Vga => words.add("-vga std"),
            Extra::Gdb => words.add("-s -S"),
        };
    }
    match &options.boot {
        Boot::Image { image, command_line, module } => {
            words.path("-kernel", image).path("-append", Path::new(command_line));
            if let Some(module) = module {
                words.path("-initrd", module);
            }
        }
        Boot::Disc { disc, firmware } => {
            words.path("-cdrom", disc);
            if *firmware == Firmware::Ovmf {
                words.option("-drive", "if=pflash,format=raw,unit=0,readonly=on,file=", &ovmf()?);
            }
        }
    }
    Ok(words.0)
}

/// Hardware virtualisation where it truly is: `/dev/kvm` may open on a machine that cannot run ring 0 with it.
fn accelerator() -> &'static str {
    let capable = fs::read_to_string("/proc/cpuinfo")
        .is_ok_and(|text| text.split_whitespace().any(|word| word == "vmx" || word == "svm"));
    let opens = OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok();
    if capable && opens { "-accel kvm" } else { "-accel tcg" }
}

fn ovmf() -> Result<PathBuf> {
    let found = OVMF_PLACES.iter().map(PathBuf::from).find(|path| path.is_file());
    found.context("there is no OVMF firmware: run `make iso`")
}

/// A command line in the making.
#[derive(Default)]
struct Words(Vec<OsString>);

impl Words {
    fn add(&mut self, words: &str) -> &mut Self {
        self.0.extend(words.split(' ').map(OsString::from));
        self
    }

    fn path(&mut self, option: &str, path: &Path) -> &mut Self {
        self.0.extend([option.into(), path.into()]);
        self
    }

    /// An option whose value ends in a path. In QEMU's lists of values a comma is doubled.
    fn option(&mut self, option: &str, value: &str, path: &Path) -> &mut Self {
        let path = path.to_string_lossy().replace(',', ",,");
        self.0.extend([option.into(), format!("{value}{path}").into()]);
        self
    }

    fn socket(&mut self, name: &str, path: &Path, more: &str) -> &mut Self {
        let path = path.to_string_lossy().replace(',', ",,");
        self.0.extend(["-chardev".into(), format!("socket,id={name},path={path}{more}").into()]);
        self
    }
}

/// What QEMU says on its standard error, which ends when QEMU does.
struct Complaints {
    state: Mutex<(String, bool)>,
    ended: Condvar,
}

impl Complaints {
    fn collect(stream: Option<ChildStderr>) -> Arc<Self> {
        let complaints = Arc::new(Self { state: Mutex::default(), ended: Condvar::new() });
        let shared = Arc::clone(&complaints);
        thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(mut stream) = stream {
                // A stream that breaks has ended, too.
                let _: io::Result<usize> = stream.read_to_end(&mut text);
            }
            *shared.state.lock().unwrap_or_else(PoisonError::into_inner) =
                (String::from_utf8_lossy(&text).trim().to_owned(), true);
            shared.ended.notify_all();
        });
        complaints
    }

    /// Waits for the end; `None` when the limit comes first.
    fn wait_for_end(&self, limit: Duration) -> Option<String> {
        let deadline = Instant::now().checked_add(limit);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.1 {
            state = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return None,
                Some(rest) => self.ended.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0,
                None => self.ended.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        Some(state.0.clone())
    }
}
