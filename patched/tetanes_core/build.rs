//! The picture unit runs behind the CPU and catches up many dots at once, which takes half the time; `ahead.rs` says how.

#[path = "../patch.rs"]
mod patch;

use patch::{Change, apply};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

const CATCHES_UP: &str = "
        // A light gun, at the pads' addresses, sees pixels.
        if addr & 0xE000 == 0x2000 || addr | 1 == 0x4017 {
            self.ppu_catch_up_to_access();
        }
        self.open_bus = match addr {
";

const CATCHES_UP_TO_WRITE: &str = "
        // Above the pads, boards choose what the picture unit reads.
        if addr & 0xE000 == 0x2000 || addr >= 0x4020 {
            self.ppu_catch_up_to_access();
        }
        match addr {
            0x0000..=0x07FF => self.wram[usize::from(addr)] = val,
";

fn main() {
    let mut changes = vec![
        Change { file: "ppu.rs", old: "pub mod ctrl;\n", new: "mod ahead;\npub mod ctrl;\n" },
        // `ahead.rs` has it.
        Change {
            file: "ppu.rs",
            old: "    #[inline(always)]
    pub fn ppu_clock_to(&mut self, clock: u32) {
        let divider = u32::from(self.ppu.clock_divider);
        while self.ppu.master_clock + divider <= clock {
            self.ppu_clock();
            self.ppu.master_clock += divider;
        }
    }
",
            new: "    #[inline(always)]
    pub fn ppu_clock_to(&mut self, clock: u32) {
        self.ppu_run_to(clock);
    }
",
        },
        Change { file: "bus.rs", old: "\n        self.open_bus = match addr {\n", new: CATCHES_UP },
        Change {
            file: "bus.rs",
            old: "\n        match addr {\n            0x0000..=0x07FF => self.wram[usize::from(addr)] = val,\n",
            new: CATCHES_UP_TO_WRITE,
        },
        Change {
            file: "cpu.rs",
            old: "        self.ppu_clock_to(self.cpu.master_clock - Cpu::PPU_OFFSET);\n        self.cpu_clock();\n",
            new: "        if self.ppu_due == 0 {\n            self.ppu_catch_up();\n        }\n        self.cpu_clock();\n",
        },
        Change {
            file: "cpu.rs",
            old: "        self.ppu_clock_to(self.cpu.master_clock - Cpu::PPU_OFFSET);\n\n        self.handle_interrupts();\n",
            new: "        if self.cpu.master_clock > self.ppu_due {\n            self.ppu_meet_due();\n        }\n\n        \
                  self.handle_interrupts();\n",
        },
        // Whoever goes by instructions looks at the picture unit in between.
        Change {
            file: "control_deck.rs",
            old: "        self.invalidate_frame();\n        self.step_instr()\n",
            new: "        self.invalidate_frame();\n        let outcome = self.step_instr();\n        \
                  self.bus.ppu_catch_up();\n        outcome\n",
        },
        // What little is packed may be much: no state is larger than this.
        Change {
            file: "fs.rs",
            old: "    let mut decoder = DeflateDecoder::new(data);\n",
            new: "    let mut decoder = DeflateDecoder::new(data).take(64 << 20);\n",
        },
        // A comparison of numbers with a point in every cycle takes an emulated CPU long; positive ones compare like integers.
        Change {
            file: "input.rs",
            old: "        if self.triggered > 0.0 {\n            self.triggered -= 1.0;\n",
            new: "        if self.triggered.to_bits().cast_signed() > 0 {\n            self.triggered -= 1.0;\n",
        },
    ];
    // The new field of the bus, wherever its fields are listed, and where time begins anew.
    for (file, line, more) in [
        ("bus.rs", "    pub mapper_ops: MapperOps,\n", "    #[serde(skip)]\n    pub ppu_due: u32,\n"),
        ("bus.rs", "            mapper_ops: MapperOps::empty(),\n", "            ppu_due: 0,\n"),
        ("bus.rs", "            mapper_ops,\n", "            ppu_due: _,\n"),
        ("bus.rs", "        self.mapper_ops = *mapper_ops;\n", "        self.ppu_due = 0;\n"),
        ("bus.rs", "        self.ppu.reset(kind);\n", "        self.ppu_due = 0;\n"),
        ("cpu.rs", "        self.ppu.master_clock = 0;\n", "        self.ppu_due = 0;\n"),
    ] {
        changes.push(Change { file, old: line, new: String::leak(format!("{line}{more}")) });
    }
    apply(&changes);
    println!("cargo::rerun-if-changed=ahead.rs");
    let out = PathBuf::from(variable("OUT_DIR"));
    let published = published(&out);
    println!("cargo::rustc-env=PUBLISHED={}", published.display());
    fs::write(out.join("source/ppu/ahead.rs"), include_str!("ahead.rs")).expect("the copy can be written");
    for table in ["game_db.dat", "ntscpalette.pal"] {
        // Written, not copied: the registry's files may be read-only.
        let content = fs::read(published.join(table)).expect("the published sources can be read");
        fs::write(out.join(table), content).expect("the copy can be written");
    }
    run_published_script(&published, &out);
}

fn variable(name: &str) -> OsString {
    env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}"))
}

/// Where the published crate lies, which `apply` has made cargo bring.
fn published(out: &Path) -> PathBuf {
    let mut command = Command::new(variable("CARGO"));
    command.args(["metadata", "--format-version", "1", "--offline", "--manifest-path"]);
    let output = command.arg(out.join("published/Cargo.toml")).output().expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    // Paths come JSON-escaped; those of Unix have nothing to escape.
    let end = concat!("/tetanes-core-", env!("CARGO_PKG_VERSION"), "/Cargo.toml\"");
    let end = text.find(end).map(|place| place + end.len() - "/Cargo.toml\"".len());
    let end = end.unwrap_or_else(|| panic!("cargo knows no folder of tetanes-core"));
    PathBuf::from(text[..end].rsplit('"').next().unwrap_or_default())
}

/// Makes what the crate's own build script makes: a table of colours, in `OUT_DIR`.
fn run_published_script(published: &Path, out: &Path) {
    let rustc = variable("RUSTC");
    let program = out.join("published-script");
    let mut compile = Command::new(rustc);
    compile.args(["--edition", "2024", "--cap-lints", "allow", "-o"]).arg(&program).arg(published.join("build.rs"));
    for mut command in [compile, Command::new(&program)] {
        // What it tells cargo is about its own folder, and would make cargo build this crate again each time.
        let status = command.current_dir(published).stdout(Stdio::null()).status();
        assert!(status.as_ref().is_ok_and(|status| status.success()), "{command:?}: {status:?}");
    }
}
