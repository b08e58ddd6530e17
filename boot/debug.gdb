# Attaches gdb to `make qemu-debug`, from the top of the source tree: gdb -x boot/debug.gdb
#
# The image for booting is stripped; the linked kernel beside it has symbols and lines.

set architecture i386:x86-64
# Rust's pretty printers are not needed for the kernel, and lie elsewhere on each system.
set auto-load python-scripts off
file build/target/x86_64-unknown-hermit/release/yolk-kernel
target remote localhost:1234

# The CPU starts in the firmware. The first stop is where Rust begins, in 64-bit mode; breakpoints must be the CPU's own
# until the image is in memory.
hbreak enter
continue
