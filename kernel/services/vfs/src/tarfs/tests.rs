use super::*;
use crate::testing::TestClock;
use crate::{Kind, OpenOptions, RamFs, Vfs};
use std::io::Write;
use std::sync::Arc;
use tar::{Builder, EntryType, Header};

fn tree() -> Arc<Vfs> {
    Vfs::new(RamFs::new(TestClock::new()).root(), "ramfs")
}

fn leak(bytes: Vec<u8>) -> &'static [u8] {
    Box::leak(bytes.into_boxed_slice())
}

fn header(kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o640);
    header.set_mtime(1_600_000_000);
    header
}

fn add(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, content: &[u8]) {
    builder.append_data(&mut header(kind, content.len() as u64), name, content).unwrap();
}

fn add_link(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, target: &str) {
    builder.append_link(&mut header(kind, 0), name, target).unwrap();
}

/// An archive with one entry whose header is as `change` leaves it, whatever that is.
fn raw(change: impl FnOnce(&mut [u8; 512])) -> Vec<u8> {
    let mut block = *header(EntryType::Regular, 0).as_bytes();
    block[..4].copy_from_slice(b"name");
    change(&mut block);
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    write!(&mut block[148..156], "{sum:06o}\0 ").unwrap();
    block.to_vec()
}

#[test]
fn entries_of_each_kind() {
    let vfs = tree();
    let mut builder = Builder::new(Vec::new());
    add(&mut builder, EntryType::Directory, "etc/", b"");
    add(&mut builder, EntryType::Regular, "etc/motd", b"welcome\n");
    add(&mut builder, EntryType::Regular, "bin/deep/er/tool", &[7; 1000]);
    add_link(&mut builder, EntryType::Symlink, "bin/issue", "/etc/motd");
    add_link(&mut builder, EntryType::Link, "etc/issue", "etc/motd");
    add(&mut builder, EntryType::Fifo, "etc/pipe", b"");
    let archive = leak(builder.into_inner().unwrap());
    assert!(is_archive(archive));
    assert_eq!(unpack(archive, &vfs, &vfs.root()), Ok(6));

    let root = vfs.root();
    assert_eq!(vfs.read_file(&root, "/bin/issue", 99).as_deref(), Ok(&b"welcome\n"[..]));
    assert_eq!(vfs.read_file(&root, "/bin/deep/er/tool", 9999).as_deref(), Ok(&[7; 1000][..]));
    let motd = vfs.metadata(&root, "/etc/motd", Scope::Anywhere, Follow::No).unwrap();
    let expected = (Kind::Regular, 2, 0o640, 1_600_000_000_000_000_000, 0);
    assert_eq!((motd.kind, motd.links, motd.mode, motd.modified_ns, motd.allocated), expected);
    let etc = vfs.metadata(&root, "/etc", Scope::Anywhere, Follow::No).unwrap();
    assert_eq!((etc.kind, etc.modified_ns), (Kind::Directory, 1_600_000_000_000_000_000));
    assert_eq!(vfs.metadata(&root, "/etc/pipe", Scope::Anywhere, Follow::No), Err(Errno::ENOENT));
}

#[test]
fn what_is_there_is_replaced_and_directories_are_merged() {
    let vfs = tree();
    let root = vfs.root();
    vfs.create_directory(&root, "etc", Scope::Anywhere, 0o700).unwrap();
    vfs.write_file(&root, "etc/kept", b"kept").unwrap();
    vfs.write_file(&root, "etc/motd", b"an older and longer text").unwrap();
    let before = vfs.open(&root, "etc/motd", Scope::Anywhere, &OpenOptions::read()).unwrap();
    let mut builder = Builder::new(Vec::new());
    add(&mut builder, EntryType::Directory, "./etc", b"");
    add(&mut builder, EntryType::Regular, "./etc/motd", b"new");
    assert_eq!(unpack(leak(builder.into_inner().unwrap()), &vfs, &root), Ok(2));
    assert_eq!(vfs.read_file(&root, "etc/kept", 99).as_deref(), Ok(&b"kept"[..]));
    assert_eq!(vfs.read_file(&root, "etc/motd", 99).as_deref(), Ok(&b"new"[..]));
    assert_eq!(before.metadata().size, 24, "who had it open keeps it");
}

#[test]
fn long_names_in_gnu_and_pax_form() {
    let vfs = tree();
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(200));
    let mut builder = Builder::new(Vec::new());
    add(&mut builder, EntryType::Regular, &long, b"gnu");
    add_link(&mut builder, EntryType::Symlink, "link", &long);
    let pax_name = format!("pax/{}", "p".repeat(150));
    let records = [("path", pax_name.as_bytes()), ("mtime", b"1600000000.25"), ("comment", b"=")];
    builder.append_pax_extensions(records).unwrap();
    add(&mut builder, EntryType::Regular, "short", b"pax");
    assert_eq!(unpack(leak(builder.into_inner().unwrap()), &vfs, &vfs.root()), Ok(3));
    assert_eq!(vfs.read_file(&vfs.root(), &long, 99).as_deref(), Ok(&b"gnu"[..]));
    assert_eq!(vfs.read_link(&vfs.root(), "link", Scope::Anywhere).as_deref(), Ok(long.as_str()));
    let pax = vfs.metadata(&vfs.root(), &pax_name, Scope::Anywhere, Follow::No).unwrap();
    assert_eq!(pax.modified_ns, 1_600_000_000_250_000_000);
}

#[test]
fn names_do_not_lead_outside() {
    let vfs = tree();
    let root = vfs.root();
    vfs.create_directory(&root, "into", Scope::Anywhere, 0o755).unwrap();
    let into = vfs.resolve(&root, "into", Scope::Anywhere, Follow::Yes).unwrap();
    let unpack_raw = |bytes: Vec<u8>| unpack(leak(bytes), &vfs, &into).map_err(|error| error.reason);
    let named = |name: &[u8]| raw(|block| block[..name.len()].copy_from_slice(name));
    assert_eq!(unpack_raw(named(b"../escaped")), Err(TarReason::UnsafeName));
    assert_eq!(unpack_raw(named(b"a/../../escaped")), Err(TarReason::UnsafeName));
    assert_eq!(unpack_raw(named(b"/absolute\0")), Ok(1));
    assert!(vfs.resolve(&into, "absolute", Scope::Beneath, Follow::No).is_ok());

    for target in ["/", "..", "../"] {
        let mut builder = Builder::new(Vec::new());
        add_link(&mut builder, EntryType::Symlink, "out", target);
        add(&mut builder, EntryType::Regular, "out/escaped", b"!");
        let result = unpack(leak(builder.into_inner().unwrap()), &vfs, &into);
        assert_eq!(
            result.map_err(|error| (error.name, error.reason)),
            Err(("out/escaped".into(), Errno::EPERM.into()))
        );
    }
    let mut builder = Builder::new(Vec::new());
    add_link(&mut builder, EntryType::Symlink, "out", "/nothing");
    add(&mut builder, EntryType::Directory, "out", b"");
    assert!(unpack(leak(builder.into_inner().unwrap()), &vfs, &into).is_err());
    assert_eq!(vfs.resolve(&root, "escaped", Scope::Anywhere, Follow::No).err(), Some(Errno::ENOENT));
}

#[test]
fn damage_is_an_error_with_its_place() {
    let vfs = tree();
    let result = |bytes: Vec<u8>| unpack(leak(bytes), &vfs, &vfs.root()).map_err(|error| error.reason);
    assert_eq!(result(vec![]), Ok(0));
    assert_eq!(result(vec![1; 100]), Err(TarReason::Truncated));
    assert_eq!(result(vec![1; 512]), Err(TarReason::Checksum));
    assert_eq!(result(raw(|block| block[124..135].fill(b'7'))), Err(TarReason::Truncated));
    assert_eq!(result(raw(|block| block[124..136].fill(0xff))), Err(TarReason::Malformed));
    assert_eq!(
        result(raw(|block| block[124..136].copy_from_slice(b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))),
        Err(TarReason::Malformed)
    );
    assert_eq!(result(raw(|block| block[0] = 0xff)), Err(TarReason::Malformed));
    assert_eq!(result(raw(|block| block[156] = b'S')), Err(TarReason::UnknownKind(b'S')));
    assert_eq!(result(raw(|block| block[156] = b'1')), Err(TarReason::Refused(Errno::ENOENT)));
    let mut pax = raw(|block| {
        block[156] = b'x';
        block[124..136].copy_from_slice(b"00000000012\0");
    });
    pax.extend_from_slice(b"99 path=x\n");
    pax.resize(1024, 0);
    assert_eq!(result(pax), Err(TarReason::Malformed));
    let error = unpack(leak([raw(|_| {}), vec![9; 512]].concat()), &vfs, &vfs.root()).unwrap_err();
    assert_eq!((error.offset, error.reason), (512, TarReason::Checksum));
}

/// No change of single bytes makes it panic, and what it makes stays inside.
#[test]
fn hostile_archives_do_not_panic() {
    let mut builder = Builder::new(Vec::new());
    add(&mut builder, EntryType::Regular, &"long/".repeat(30), b"gnu");
    builder.append_pax_extensions([("path", &b"pax"[..]), ("size", b"3")]).unwrap();
    add(&mut builder, EntryType::Regular, "file", b"abc");
    add_link(&mut builder, EntryType::Link, "link", "file");
    let archive = builder.into_inner().unwrap();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    for _ in 0..2000 {
        let mut bytes = archive.clone();
        for _ in 0..1 + random() % 4 {
            let at = random() % bytes.len();
            bytes[at] = random() as u8;
        }
        // Right checksums let the damage through to what reads the other fields.
        for block in bytes.chunks_exact_mut(512) {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
            write!(&mut block[148..156], "{sum:06o}\0 ").unwrap();
        }
        bytes.truncate(bytes.len() - random() % 512);
        let vfs = tree();
        let _ = unpack(leak(bytes), &vfs, &vfs.root());
    }
}
