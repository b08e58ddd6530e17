//! The calls of preview 1 and those that WasmEdge added for sockets, one file a family, and the table of them.
//!
//! A call is a function of the [`Context`](crate::context::Context), the guest's [`Memory`](crate::memory::Memory)
//! and what the guest passed: numbers, and claims on memory. It changes nothing before it has checked what it can.
//! Engines bind the calls by the table, which is a macro because each row has a type of its own; see `on_wasmi`. To
//! add a call, write the function and its row. Rows of one name differ in type, and the import's type chooses.

pub(crate) mod addrinfo;
pub(crate) mod args;
pub(crate) mod clock;
pub(crate) mod fd;
pub(crate) mod io;
pub(crate) mod path;
pub(crate) mod poll;
pub(crate) mod proc;
pub(crate) mod random;
pub(crate) mod readdir;
pub(crate) mod sched;
pub(crate) mod sock;
pub(crate) mod sockopt;
#[cfg(test)]
mod tests;
pub(crate) mod wasmedge;
pub(crate) mod wasmedge_short;

/// The module name under which guests import the calls.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// What a parameter of a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// A descriptor.
    Fd,
    /// An address in guest memory.
    Pointer,
    /// How many elements lie at the address before.
    Count,
    /// Any other number of 32 bits.
    Word,
    /// A number of 64 bits.
    Long,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: &'static str,
    /// Its parameters. All but [`Param::Long`] are an `i32` to the engine.
    pub params: &'static [Param],
    /// Whether it comes back, with an `i32` that is an error number.
    pub returns: bool,
}

/// Runs the macro `$with` on the table of calls.
macro_rules! with_calls {
    ($with:ident) => {
        $with! {
            args::args_get(argv: Pointer, argv_buf: Pointer);
            args::args_sizes_get(count: Pointer, size: Pointer);
            args::environ_get(environ: Pointer, environ_buf: Pointer);
            args::environ_sizes_get(count: Pointer, size: Pointer);
            clock::clock_res_get(id: Word, resolution: Pointer);
            clock::clock_time_get(id: Word, precision: Long, time: Pointer);
            fd::fd_advise(fd: Fd, offset: Long, len: Long, advice: Word);
            fd::fd_allocate(fd: Fd, offset: Long, len: Long);
            fd::fd_close(fd: Fd);
            fd::fd_datasync(fd: Fd);
            fd::fd_fdstat_get(fd: Fd, stat: Pointer);
            fd::fd_fdstat_set_flags(fd: Fd, flags: Word);
            fd::fd_fdstat_set_rights(fd: Fd, rights: Long, inheriting: Long);
            fd::fd_filestat_get(fd: Fd, stat: Pointer);
            fd::fd_filestat_set_size(fd: Fd, size: Long);
            fd::fd_filestat_set_times(fd: Fd, accessed: Long, modified: Long, flags: Word);
            io::fd_pread(fd: Fd, buffers: Pointer, count: Count, offset: Long, done: Pointer);
            fd::fd_prestat_get(fd: Fd, prestat: Pointer);
            fd::fd_prestat_dir_name(fd: Fd, name: Pointer, len: Count);
            io::fd_pwrite(fd: Fd, buffers: Pointer, count: Count, offset: Long, done: Pointer);
            io::fd_read(fd: Fd, buffers: Pointer, count: Count, done: Pointer);
            readdir::fd_readdir(fd: Fd, buf: Pointer, len: Count, cookie: Long, used: Pointer);
            fd::fd_renumber(fd: Fd, to: Fd);
            io::fd_seek(fd: Fd, offset: Long, whence: Word, result: Pointer);
            fd::fd_sync(fd: Fd);
            io::fd_tell(fd: Fd, offset: Pointer);
            io::fd_write(fd: Fd, buffers: Pointer, count: Count, done: Pointer);
            path::path_create_directory(fd: Fd, path: Pointer, len: Count);
            path::path_filestat_get(fd: Fd, flags: Word, path: Pointer, len: Count, stat: Pointer);
            path::path_filestat_set_times(
                fd: Fd, lookup: Word, path: Pointer, len: Count, accessed: Long, modified: Long, flags: Word
            );
            path::path_link(
                old_fd: Fd, flags: Word, old_path: Pointer, old_len: Count, new_fd: Fd, new_path: Pointer,
                new_len: Count
            );
            path::path_open(
                fd: Fd, lookup: Word, path: Pointer, len: Count, open: Word, rights: Long, inheriting: Long,
                flags: Word, opened: Pointer
            );
            path::path_readlink(fd: Fd, path: Pointer, len: Count, buf: Pointer, buf_len: Count, used: Pointer);
            path::path_remove_directory(fd: Fd, path: Pointer, len: Count);
            path::path_rename(
                old_fd: Fd, old_path: Pointer, old_len: Count, new_fd: Fd, new_path: Pointer, new_len: Count
            );
            path::path_symlink(target: Pointer, target_len: Count, fd: Fd, path: Pointer, len: Count);
            path::path_unlink_file(fd: Fd, path: Pointer, len: Count);
            poll::poll_oneoff(subscriptions: Pointer, events: Pointer, count: Count, ready: Pointer);
            proc::proc_exit(status: Word) -> !;
            proc::proc_raise(signal: Word);
            random::random_get(buf: Pointer, len: Count);
            sched::sched_yield();
            sock::sock_accept(fd: Fd, flags: Word, accepted: Pointer);
            sock::sock_recv(fd: Fd, buffers: Pointer, count: Count, flags: Word, received: Pointer, result: Pointer);
            sock::sock_send(fd: Fd, buffers: Pointer, count: Count, flags: Word, sent: Pointer);
            sock::sock_shutdown(fd: Fd, how: Word);
            wasmedge::sock_open(family: Word, kind: Word, opened: Pointer);
            wasmedge::sock_bind(fd: Fd, address: Pointer, port: Word);
            wasmedge::sock_listen(fd: Fd, backlog: Word);
            wasmedge::sock_accept(fd: Fd, accepted: Pointer);
            wasmedge::sock_connect(fd: Fd, address: Pointer, port: Word);
            wasmedge::sock_recv_from(
                fd: Fd, buffers: Pointer, count: Count, address: Pointer, flags: Word, port: Pointer,
                received: Pointer, result: Pointer
            );
            wasmedge::sock_send_to(
                fd: Fd, buffers: Pointer, count: Count, address: Pointer, port: Word, flags: Word, sent: Pointer
            );
            wasmedge::sock_getlocaladdr(fd: Fd, address: Pointer, version: Pointer, port: Pointer);
            wasmedge::sock_getpeeraddr(fd: Fd, address: Pointer, version: Pointer, port: Pointer);
            wasmedge_short::sock_recv_from(
                fd: Fd, buffers: Pointer, count: Count, address: Pointer, flags: Word, received: Pointer,
                result: Pointer
            );
            wasmedge_short::sock_getlocaladdr(fd: Fd, address: Pointer, port: Pointer);
            wasmedge_short::sock_getpeeraddr(fd: Fd, address: Pointer, port: Pointer);
            sockopt::sock_getsockopt(fd: Fd, level: Word, name: Word, value: Pointer, size: Pointer);
            sockopt::sock_setsockopt(fd: Fd, level: Word, name: Word, value: Pointer, size: Count);
            addrinfo::sock_getaddrinfo(
                node: Pointer, node_len: Count, service: Pointer, service_len: Count, hint: Pointer,
                results: Pointer, room: Count, found: Pointer
            );
        }
    };
}
pub(crate) use with_calls;

macro_rules! rows {
    ($($family:ident :: $name:ident ( $($arg:ident : $param:ident),* ) $(-> $never:tt)? ;)*) => {
        /// Every call, by name.
        pub const CALLS: &[Call] = &[$(
            Call { name: stringify!($name), params: &[$(Param::$param),*], returns: true $(&& rows!($never))? },
        )*];
    };
    (!) => { false };
}
with_calls!(rows);
