# Yolk's targets; `make help` lists them. The tools come from boot/toolchain.sh, which installs what is missing.

BUILD  := build
IMAGE  := $(BUILD)/yolk.elf
DISC   := $(BUILD)/yolk.iso
TARGET := x86_64-unknown-hermit
KERNEL := $(BUILD)/target/$(TARGET)/release/yolk-kernel
# The optional parts of the image: `make image FEATURES=` has none.
FEATURES ?= js nes
# An app is a folder with a main.rs.
APPS   := $(patsubst apps-wasm/%/src/main.rs,apps-wasm/target/wasm32-wasip1/release/%.wasm,$(wildcard apps-wasm/*/src/main.rs))

# Who may log in by ssh, for this image alone: `make qemu AUTHORIZED_KEYS=~/.ssh/id_ed25519.pub`.
AUTHORIZED_KEYS ?=
KEYS   := $(BUILD)/authorized_keys

# The cartridges that come with `nes`, from their sources.
GAMES  := $(if $(filter nes,$(FEATURES)),$(patsubst games/%.s,$(BUILD)/games/%.nes,$(wildcard games/*.s)))

# This machine's own cargo builds what runs on it.
CARGO  ?= cargo
YOLK   := $(or $(CARGO_TARGET_DIR),target)/release/yolk

# Flags of the user's shell would replace the image's and reach other targets too.
unexport RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET

.PHONY: all help kernel apps image tools iso qemu qemu-gui qemu-debug debug test check bench clean FORCE
.DELETE_ON_ERROR:
# Not to be taken away after use as mere steps on the way.
.PRECIOUS: $(BUILD)/have-%

all: image ## build the image (the default)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s%s\n", $$1, $$2 }' Makefile

qemu: image $(BUILD)/have-qemu ## boot to the prompt in this terminal, web at port 8080, ssh at 2222; ^] stops the machine
	@$(YOLK) sh --try-publish 8080:80 --try-publish 2222:22

qemu-gui: image $(BUILD)/have-qemu $(BUILD)/have-gui ## the same with a window for the screen; this terminal is the serial line's
	@$(YOLK) sh --display --try-publish 8080:80 --try-publish 2222:22

qemu-debug: image $(BUILD)/have-qemu $(BUILD)/have-gdb ## boot and wait for gdb (docs/DEBUGGING.md)
	@echo "waiting for: gdb -x boot/debug.gdb"
	@$(YOLK) sh --gdb

debug: qemu-debug

test: image iso $(BUILD)/have-qemu $(BUILD)/have-clients ## run every test
	$(CARGO) test --no-fail-fast
	$(CARGO) test --no-fail-fast --manifest-path apps-wasm/Cargo.toml --target-dir apps-wasm/target
	$(CARGO) test --no-fail-fast -p yolk-tests

check: sunset ## check formatting, lints and the architecture
	$(CARGO) fmt --all --check
	$(CARGO) fmt --all --check --manifest-path apps-wasm/Cargo.toml
	RUSTC_BOOTSTRAP=1 $(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --manifest-path apps-wasm/Cargo.toml --target-dir apps-wasm/target --all-targets -- -D warnings
	$(CARGO) test -p yolk-tests --test architecture

bench: image iso $(BUILD)/have-qemu ## measure speed and size
	$(CARGO) build --release -p wasi-shim --example wasi-host
	$(CARGO) build --release -p nes --example nes-host
	$(CARGO) build --release -p js --example js-host
	$(CARGO) build --release --manifest-path apps-wasm/Cargo.toml -p httpd --target-dir apps-wasm/target
	$(CARGO) run --release -p bench

iso: $(DISC) ## build build/yolk.iso, for a CD or USB stick, BIOS or UEFI

image: $(IMAGE)

apps: $(APPS) ## build the WebAssembly apps

tools: $(YOLK)

kernel: $(KERNEL)

clean: ## remove all that was built
	rm -rf $(BUILD) target apps-wasm/target

# Where the tools are; written once. Targets that build nothing do without.
ifneq ($(filter-out help check clean,$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/toolchain.mk
endif

$(BUILD)/toolchain.mk: boot/toolchain.sh
	@mkdir -p $(BUILD)
	@boot/toolchain.sh rust > $@

$(BUILD)/have-%: boot/toolchain.sh
	@boot/toolchain.sh $* && touch $@

# Cargo knows what is out of date; make compares times only after it.
$(KERNEL): FORCE
	@boot/std/prepare.sh $(STD_SOURCE) $(abspath $(BUILD)/std)
	RUSTC=$(KERNEL_RUSTC) RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT=$(abspath $(BUILD)/std) \
	CARGO_TARGET_X86_64_UNKNOWN_HERMIT_RUSTFLAGS="$(KERNEL_FLAGS)" $(KERNEL_LINKER) \
	$(dir $(KERNEL_RUSTC))cargo build --release -Zbuild-std=std,panic_unwind --target $(TARGET) -p boot --no-default-features --features "$(FEATURES)" --target-dir $(BUILD)/target

# Interrupts use the stack, so no red zone; the CPU is asked before RDRAND is used; the linker script's path is absolute.
KERNEL_FLAGS := -Cpanic=unwind -Crelocation-model=static -Cno-redzone=yes -Ctarget-feature=-rdrand,-rdseed \
	-Clink-arg=-T$(CURDIR)/boot/link.ld

$(APPS): build-apps
	@:

.PHONY: build-apps sunset
build-apps: sunset
	RUSTC=$(WASM_RUSTC) $(WASM_SETTINGS) \
	$(dir $(WASM_RUSTC))cargo build --release $(WASM_STD) --target wasm32-wasip1 \
	--manifest-path apps-wasm/Cargo.toml --target-dir apps-wasm/target

# The crate behind sshd, patched; its workspace cannot be read without it.
sunset: $(BUILD)/have-patch
	@apps-wasm/sshd/sunset/prepare.sh $(CARGO) $(abspath $(BUILD)/sunset)

$(YOLK): FORCE
	$(CARGO) build --release -p yolk

# Cargo keeps the kernels of other features, with their old times: a change of the choice has to be seen in another way.
$(BUILD)/choice: FORCE
	@echo "$(FEATURES)" | cmp -s - $@ || echo "$(FEATURES)" > $@

$(IMAGE): $(KEYS) $(KERNEL) $(APPS) $(GAMES) $(YOLK) $(BUILD)/choice $(shell find boot/root)
	$(YOLK) image $(KERNEL) $@ --root boot/root $(APPS:%=--bin %) \
	$(if $(AUTHORIZED_KEYS),--add $(KEYS)::/etc/ssh/authorized_keys) \
	$(foreach game,$(GAMES),--add $(game)::/usr/share/games/$(notdir $(game)))

# Not every shell knows the `~` behind the `=`.
$(KEYS): FORCE
	@boot/authorized-keys.sh "$(patsubst ~/%,$(HOME)/%,$(AUTHORIZED_KEYS))" $@

$(BUILD)/games/%.nes: games/%.s games/nrom.cfg $(BUILD)/have-games
	@mkdir -p $(@D)
	ca65 $< -o $(@:.nes=.o)
	ld65 -C games/nrom.cfg $(@:.nes=.o) -o $@

$(DISC): $(IMAGE) boot/grub.cfg $(BUILD)/have-iso
	YOLK_IMAGE=$(IMAGE) $(YOLK) pack -o $@
