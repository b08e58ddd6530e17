//! The file tree: the initrd below a writable layer, boot modules over it, `/dev`, `/proc`, `/tmp`.

use crate::facts::ThisMachine;
use machine::boot_info::{BootInfo, Module};
use machine::clock::MachineClock;
use machine::entropy::MachineEntropy;
use machine::{heap, layout};
use process::ProcessTable;
use std::sync::Arc;
use vfs::devfs::DevFs;
use vfs::procfs::{Machine, ProcFs};
use vfs::{RamFs, SpaceQuota, Vfs, tarfs};

/// Where a module without a name goes.
const UNNAMED_MODULE: &str = "/boot/module";

/// How much memory files may take: half of it, so that programs have the rest.
pub(crate) fn quota() -> Arc<SpaceQuota> {
    let (_, free) = heap::statistics();
    SpaceQuota::new(free as u64 / 2)
}

/// The root: the initrd, with everything that is written kept in memory.
pub(crate) fn root(quota: &Arc<SpaceQuota>) -> Arc<Vfs> {
    let root = RamFs::with_quota(Arc::new(MachineClock), Arc::clone(quota));
    let vfs = Vfs::new(root.root(), "ramfs");
    if let Err(error) = tarfs::unpack(layout::initrd(), &vfs, &vfs.root()) {
        machine::log!("initrd: {error}");
    }
    vfs
}

/// Adds the boot modules and mounts what is not the root; returns devices and facts, for those who have more of them.
pub(crate) fn mount_all(
    vfs: &Arc<Vfs>,
    table: &Arc<ProcessTable>,
    quota: &Arc<SpaceQuota>,
    info: &BootInfo,
) -> (Arc<DevFs>, Arc<ProcFs>) {
    for module in &info.modules {
        if let Err(message) = add_module(vfs, module) {
            machine::log!("boot module {:?}: {message}", module.command_line);
        }
    }
    let devices = DevFs::new(Arc::new(MachineClock), Arc::new(MachineEntropy));
    let machine = Machine {
        info: Arc::new(ThisMachine),
        clock: Arc::new(MachineClock),
        version: format!("Yolk {}", env!("CARGO_PKG_VERSION")),
        command_line: info.command_line.clone(),
        vfs: Arc::downgrade(vfs),
    };
    let facts = ProcFs::new(machine, Arc::clone(table) as Arc<dyn vfs::procfs::ProcSource>);
    let temporary = RamFs::with_quota(Arc::new(MachineClock), Arc::clone(quota));
    let mounts =
        [("/dev", devices.root(), "devfs"), ("/proc", facts.root(), "procfs"), ("/tmp", temporary.root(), "ramfs")];
    for (path, root, kind) in mounts {
        let made = make_directories(vfs, path).and_then(|()| vfs.mount(path, root, kind));
        if let Err(error) = made {
            machine::log!("mounting {path}: {error}");
        }
    }
    (devices, facts)
}

fn make_directories(vfs: &Vfs, path: &str) -> interfaces::Result<()> {
    let root = vfs.root();
    for (end, _) in path.match_indices('/').skip(1).chain([(path.len(), "")]) {
        match vfs.create_directory(&root, path.get(..end).unwrap_or(path), vfs::Scope::Anywhere, 0o755) {
            Ok(()) | Err(interfaces::Errno::EEXIST) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// An archive is unpacked over the root; any other file goes to the path that its command line begins with.
fn add_module(vfs: &Vfs, module: &Module) -> Result<(), String> {
    let root = vfs.root();
    if tarfs::is_archive(module.content) {
        return tarfs::unpack(module.content, vfs, &root).map(drop).map_err(|error| error.to_string());
    }
    let path = module.command_line.split_whitespace().next().unwrap_or(UNNAMED_MODULE);
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let add = || {
        if !parent.is_empty() {
            make_directories(vfs, parent)?;
        }
        vfs.lend_file(&root, &path, module.content).map(drop)
    };
    add().map_err(|error| format!("{path}: {error}"))
}
