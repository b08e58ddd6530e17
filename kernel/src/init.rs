//! What is built once std is up: files, processes, programs, and who talks to the user.

use crate::cards::Cards;
use crate::options::Options;
use crate::run::Host;
use crate::session::Session;
use crate::system::ThisSystem;
use crate::{autorun, consoles, display, files, network, rc, run, sessions, sound};
use machine::acpi::Topology;
use machine::boot_info::BootInfo;
use machine::clock::MachineClock;
use machine::entropy::MachineEntropy;
use machine::provoke;
use process::{Loader, ProcessTable};
use std::sync::Arc;
use std_abi::{fault, sockets, threads};

/// What runs files by their names.
const LOADERS: &[Loader] = &[
    Loader { suffix: ".wasm", program: "run" },
    Loader { suffix: ".wat", program: "run" },
    #[cfg(feature = "js")]
    Loader { suffix: ".js", program: "js" },
];

/// Builds everything and serves for ever.
pub(crate) fn run(info: &BootInfo, topology: &Topology) -> ! {
    let options = Options::parse(&info.command_line);
    let reaper = std::thread::Builder::new().name("reaper".to_owned()).spawn(|| fault::reap());
    let quota = files::quota();
    let vfs = files::root(&quota);
    let table = ProcessTable::with_thread_probe(Arc::clone(&vfs), Arc::new(threads::probe));
    let (devices, facts) = files::mount_all(&vfs, &table, &quota, info);
    let cards = Cards::find(topology, options.video);
    let sound = sound::start(cards.sounds, topology, &devices);
    let display = display::find(cards.displays, info.picture.as_ref(), options.video);
    let consoles = consoles::open(topology, display, &devices, &options);
    let net = network::start(cards.networks, &info.command_line, &vfs);
    let network = net.clone().map(|net| net as Arc<dyn vfs::socket::Network>);
    network.iter().cloned().for_each(sockets::set_network);
    net.iter().for_each(|net| network::show(net, &facts));
    let host = Host { clock: Arc::new(MachineClock), entropy: Arc::new(MachineEntropy), network };
    let system = Arc::new(ThisSystem { quota, consoles: consoles.clone() });
    let mut others = vec![run::program(host), beep::program(sound.clone()), selftest::program(provoke::EXCEPTIONS)];
    others.extend(graphics::programs(consoles.screen()));
    others.extend(net.iter().flat_map(nettools::programs));
    #[cfg(feature = "nes")]
    others.push(nes::program(nes::Devices { screen: consoles.screen().cloned(), sound }));
    #[cfg(feature = "js")]
    let scripts = crate::javascript::Scripts::add_to(&mut others);
    let programs = shell::programs(system, others, LOADERS.to_vec());
    #[cfg(feature = "js")]
    scripts.may_start(&programs);
    let session = Session { table, programs };
    sessions::register(&session, &devices);
    if let Err(error) = reaper {
        machine::log!("no thread for the reaper ({error}): a stack overflow will not end its program");
    }
    if let Some(script) = &options.autorun {
        autorun::run(&session, consoles.first(), script, topology, options.link);
    }
    if options.verbose {
        consoles.show_log();
    }
    rc::start(&session, &consoles, net.as_deref());
    consoles.serve(&session)
}
