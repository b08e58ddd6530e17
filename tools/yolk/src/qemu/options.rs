//! The machine to build, and QEMU's command line for it.
//!
//! A `q35` machine, for it has what a PC of today has (PCI Express, an I/O APIC), and boots as fast as the older `pc`.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::network::Network;

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
    /// Its network cards.
    pub networks: Vec<Network>,
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
    /// A display that only the firmware can set up: a VGA card of another kind with [`Firmware::SeaBios`], a frame buffer
    /// in memory with [`Firmware::Ovmf`].
    FirmwareDisplay,
    /// A VGA card, shown in a window, and a sound card that this host plays, where it can.
    Window,
    /// QEMU's control socket, as [`Machine::control_path`].
    Control,
    /// An AC'97 sound card, whose sound goes to [`Machine::sound_path`].
    Ac97,
    /// The same with Intel's High Definition Audio.
    Hda,
    /// The same with nothing but the PC speaker.
    PcSpeaker,
    /// No programmable interval timer: many a board of today has it switched off.
    NoPit,
    /// Time is counted in instructions, and leaps where there are none to run, so that a busy host makes nothing late. One CPU
    /// only.
    CountedTime,
    /// The machine stands still until gdb attaches to port 1234.
    Gdb,
    /// A kernel that stops cannot end QEMU: what it shows then can be looked at. There is no verdict of such a machine.
    NoVerdict,
}

/// The sockets' names in the machine's folder.
pub(super) const LINK_SOCKET: &str = "link";
pub(super) const CONTROL_SOCKET: &str = "control";
/// The recording's.
pub(super) const SOUND_FILE: &str = "sound.wav";

impl Options {
    /// The command line of this QEMU, with its sockets in this folder.
    pub(super) fn words(&self, program: &Path, folder: &Path) -> Result<Vec<OsString>> {
        let mut words = Words::default();
        words.add("-machine q35 -cpu max -nodefaults -no-reboot").add(accelerator(&self.extras));
        let display = if self.extras.contains(&Extra::Window) { window(program)? } else { "none" };
        words.add("-display").add(display);
        words.add(&format!("-m {}M -smp {}", self.memory_mib, self.cpus));
        words.add("-chardev stdio,id=console,signal=off -serial chardev:console");
        if !self.extras.contains(&Extra::NoVerdict) {
            words.add("-device isa-debug-exit,iobase=0xf4,iosize=0x04");
        }
        for extra in &self.extras {
            match extra {
                Extra::Link => words.socket("link", &folder.join(LINK_SOCKET), "").add("-serial chardev:link"),
                Extra::Control => words
                    .socket("control", &folder.join(CONTROL_SOCKET), ",server=on,wait=off")
                    .add("-mon chardev=control,mode=control"),
                Extra::Ac97 => words.sound(folder).add("-device AC97,audiodev=sound"),
                Extra::Hda => words.sound(folder).add("-device intel-hda -device hda-output,audiodev=sound"),
                Extra::PcSpeaker => words.sound(folder).add("-machine pcspk-audiodev=sound"),
                Extra::NoPit => words.add("-machine pit=off"),
                Extra::CountedTime => words.add("-icount shift=1,sleep=off"),
                Extra::Vga => words.add("-vga std"),
                Extra::Window => words.add("-vga std").host_sound(program)?,
                Extra::NoVerdict => &mut words,
                Extra::FirmwareDisplay => words.add(match &self.boot {
                    Boot::Disc { firmware: Firmware::Ovmf, .. } => "-device ramfb",
                    _ => "-vga vmware",
                }),
                Extra::Gdb => words.add("-s -S"),
            };
        }
        for (number, network) in self.networks.iter().enumerate() {
            words.0.extend(network.words(number));
        }
        match &self.boot {
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
}

/// Hardware virtualisation where it truly is: `/dev/kvm` may open on a machine that cannot run ring 0 with it.
fn accelerator(extras: &[Extra]) -> &'static str {
    // Only an emulated CPU's instructions can be counted.
    if extras.contains(&Extra::CountedTime) {
        return "-accel tcg";
    }
    let capable = fs::read_to_string("/proc/cpuinfo")
        .is_ok_and(|text| text.split_whitespace().any(|word| word == "vmx" || word == "svm"));
    let opens = OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok();
    if capable && opens { "-accel kvm" } else { "-accel tcg" }
}

/// The ways to this host's loudspeaker that QEMU may have, the best first, and where the servers and devices behind them are:
/// below the user's run-time folder, or anywhere. QEMU does not start with one that is not there.
const SPEAKERS: [(&str, &str); 3] =
    [("pipewire", "pipewire-0"), ("pa", "pulse/native"), ("alsa", "/dev/snd/controlC0")];

/// A way to this host's loudspeaker.
fn speaker_among(help: &str, is_there: impl Fn(&Path) -> bool, run_time: Option<&Path>) -> Option<&'static str> {
    let has = |name: &str| help.lines().any(|line| line.trim() == name);
    let place = |place: &str| run_time.map_or_else(|| PathBuf::from(place), |folder| folder.join(place));
    let usable = |row: &&(&str, &str)| has(row.0) && is_there(&place(row.1));
    SPEAKERS.iter().find(usable).map(|row| row.0).or_else(|| has("coreaudio").then_some("coreaudio"))
}

/// The kinds of windows that QEMU may have, the best first.
const WINDOWS: [&str; 3] = ["gtk", "sdl", "cocoa"];

/// A kind of window that this QEMU has.
fn window(program: &Path) -> Result<&'static str> {
    window_among(&help(program, "-display")?)
}

/// What QEMU says of the values that an option can have.
fn help(program: &Path, option: &str) -> Result<String> {
    let asked = Command::new(program).args([option, "help"]).output();
    let answer = asked.with_context(|| format!("cannot run {}", program.display()))?.stdout;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn window_among(help: &str) -> Result<&'static str> {
    let has = |name: &&str| help.lines().any(|line| line.trim() == *name);
    WINDOWS
        .into_iter()
        .find(has)
        .context("this QEMU cannot open a window: run `make qemu-gui`, which installs what it lacks")
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

    /// A sound card that this host plays, where it can.
    fn host_sound(&mut self, program: &Path) -> Result<&mut Self> {
        let run_time = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let speaker = speaker_among(&help(program, "-audiodev")?, |path: &Path| path.exists(), run_time.as_deref());
        if let Some(speaker) = speaker {
            self.add(&format!("-audiodev {speaker},id=host -device AC97,audiodev=host"));
        }
        Ok(self)
    }

    /// A file that records what a sound card plays.
    fn sound(&mut self, folder: &Path) -> &mut Self {
        self.option("-audiodev", "wav,id=sound,path=", &folder.join(SOUND_FILE))
    }

    fn socket(&mut self, name: &str, path: &Path, more: &str) -> &mut Self {
        let path = path.to_string_lossy().replace(',', ",,");
        self.0.extend(["-chardev".into(), format!("socket,id={name},path={path}{more}").into()]);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_chosen_from_what_there_is() {
        assert_eq!(window_among("Available display backend types:\nnone\nsdl\ngtk\n").ok(), Some("gtk"));
        assert_eq!(window_among("none\nsdl\ndbus\n").ok(), Some("sdl"));
        let error = window_among("none\ndbus\n").expect_err("no window").to_string();
        assert!(error.contains("make qemu-gui"), "{error}");
    }

    #[test]
    fn a_loudspeaker_is_chosen_whose_server_runs() {
        let help = "Available audio drivers:\nnone\nalsa\npa\nwav\n";
        let choose = |there: &[&str]| {
            let is_there = |path: &Path| there.iter().any(|one| Path::new(one) == path);
            speaker_among(help, is_there, Some(Path::new("/run/user/1")))
        };
        assert_eq!(choose(&["/run/user/1/pulse/native", "/dev/snd/controlC0"]), Some("pa"));
        assert_eq!(choose(&["/run/user/1/pipewire-0", "/dev/snd/controlC0"]), Some("alsa"));
        assert_eq!(choose(&["/dev/snd"]), None);
        assert_eq!(speaker_among("coreaudio\n", |_| false, None), Some("coreaudio"));
    }
}
