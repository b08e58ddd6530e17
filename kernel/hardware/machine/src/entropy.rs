//! Random bytes: hardware and jitter seed a ChaCha generator.
//!
//! The seed takes RDSEED or RDRAND where CPUID has them, and in any case the jitter of the TSC around memory and port
//! accesses; a generator that is seeded twice mixes the new seed into the old state.

use crate::lock::IrqLock;
use crate::{clock, port::Port};
use interfaces::Entropy;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Bytes after which fresh entropy is mixed in.
const RESEED_INTERVAL: usize = 1 << 20;
/// Jitter samples a seed; each is taken to be worth an eighth of a bit at the least.
const JITTER_SAMPLES: usize = 2048;

struct Generator {
    chacha: ChaCha20Rng,
    until_reseed: usize,
}

static GENERATOR: IrqLock<Option<Generator>> = IrqLock::new(None);

/// Mixes `value` into `seed` (a xorshift-multiply round; what is mixed need not be secret, only varied).
fn stir(seed: &mut [u8; 32], round: usize, value: u64) {
    let lane = (round % 4) * 8;
    let mut word = [0; 8];
    word.copy_from_slice(&seed[lane..lane + 8]);
    let mixed = (u64::from_le_bytes(word) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    seed[lane..lane + 8].copy_from_slice(&mixed.to_le_bytes());
}

fn hardware_word() -> Option<u64> {
    let cpuid = raw_cpuid::CpuId::new();
    let mut word = 0;
    if cpuid.get_extended_feature_info().is_some_and(|info| info.has_rdseed()) {
        // SAFETY: CPUID offers the instruction.
        if (0..32).any(|_| unsafe { x86::random::rdseed64(&mut word) }) {
            return Some(word);
        }
    }
    if cpuid.get_feature_info().is_some_and(|info| info.has_rdrand()) {
        // SAFETY: CPUID offers the instruction.
        if (0..32).any(|_| unsafe { x86::random::rdrand64(&mut word) }) {
            return Some(word);
        }
    }
    None
}

fn gather() -> [u8; 32] {
    let mut seed = [0x5C; 32];
    // SAFETY: the PIT's counter latch; reading it disturbs nobody after calibration.
    let counter = unsafe { Port::<u8>::new(0x40) };
    // With hardware words, jitter is a second source and may be short; alone it must carry the seed.
    let hardware = (0..8).filter_map(|round| hardware_word().map(|word| (round, word)));
    let mut samples = JITTER_SAMPLES;
    for (round, word) in hardware {
        stir(&mut seed, round, word);
        samples = 64;
    }
    for round in 0..samples {
        // SAFETY: every x86-64 CPU has the instruction.
        let before = unsafe { x86::time::rdtsc() };
        let noise = u64::from(counter.read());
        // SAFETY: as above.
        let after = unsafe { x86::time::rdtsc() };
        stir(&mut seed, round, before ^ (after - before).rotate_left(32) ^ noise << 56);
    }
    stir(&mut seed, 0, clock::monotonic_ns());
    seed
}

fn reseed(generator: Option<Generator>) -> Generator {
    let mut seed = gather();
    if let Some(mut old) = generator {
        for (byte, more) in seed.iter_mut().zip(core::iter::repeat_with(|| old.chacha.next_u32() as u8)) {
            *byte ^= more;
        }
    }
    // The rounds of ChaCha make every output bit depend on every seed bit; its first output is the real seed.
    let mut whitened = [0; 32];
    ChaCha20Rng::from_seed(seed).fill_bytes(&mut whitened);
    Generator { chacha: ChaCha20Rng::from_seed(whitened), until_reseed: RESEED_INTERVAL }
}

/// Fills `buf` with random bytes.
pub fn fill(buf: &mut [u8]) {
    for chunk in buf.chunks_mut(4096) {
        let mut slot = GENERATOR.lock();
        let generator = match slot.take() {
            Some(generator) if generator.until_reseed > chunk.len() => slot.insert(generator),
            stale => slot.insert(reseed(stale)),
        };
        generator.until_reseed = generator.until_reseed.saturating_sub(chunk.len());
        generator.chacha.fill_bytes(chunk);
    }
}

/// The machine's source of random bytes.
#[derive(Clone, Copy, Debug)]
pub struct MachineEntropy;

impl Entropy for MachineEntropy {
    fn fill(&self, buf: &mut [u8]) {
        fill(buf);
    }
}
