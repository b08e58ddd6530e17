//! The kernels: each stresses one thing that an engine can be good or bad at.

use crate::sha256::sha256;
use std::hint::black_box;

/// One kernel: a row of the table.
pub(crate) struct Kernel {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    /// Does the work and answers a number that depends on all of it.
    pub(crate) run: fn() -> u64,
    /// The right answer.
    pub(crate) result: u64,
}

/// All kernels.
pub(crate) const KERNELS: &[Kernel] = &[
    Kernel { name: "fib", summary: "calls: fib(30) by recursion", run: fib, result: 832_040 },
    Kernel { name: "sieve", summary: "byte stores: primes below 2 million", run: sieve, result: 148_933 },
    Kernel { name: "matrix", summary: "floats: two 128 x 128 matrices multiplied", run: matrix, result: 5_138_048_672 },
    Kernel { name: "sha256", summary: "integers: SHA-256 of 256 KiB", run: hash, result: 0x31a1_f9de_a016_9551 },
    Kernel { name: "copy", summary: "bulk memory: 1 MiB copied 64 times", run: copy, result: 132_113_676 },
];

fn fib() -> u64 {
    fn fib(n: u64) -> u64 {
        if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
    }
    fib(black_box(30))
}

/// Counts primes with the sieve of Eratosthenes.
fn sieve() -> u64 {
    let limit = black_box(2_000_000);
    let mut is_prime = vec![true; limit];
    let mut count = 0;
    for n in 2..limit {
        if is_prime[n] {
            count += 1;
            // From 2n, not from its square: that does not fit into 32 bits.
            for multiple in (2 * n..limit).step_by(n) {
                is_prime[multiple] = false;
            }
        }
    }
    count
}

/// Multiplies two matrices of small whole numbers, so that no sum is rounded, and adds up the product.
fn matrix() -> u64 {
    let size = black_box(128);
    let [a, b] = [7, 11].map(|factor| {
        let entry = |index: usize| ((index * factor) % 100) as f64;
        (0..size * size).map(entry).collect::<Vec<f64>>()
    });
    let mut product = vec![0.0; size * size];
    for (row, sums) in a.chunks_exact(size).zip(product.chunks_exact_mut(size)) {
        for (factor, b_row) in row.iter().zip(b.chunks_exact(size)) {
            for (sum, entry) in sums.iter_mut().zip(b_row) {
                *sum += factor * entry;
            }
        }
    }
    product.iter().sum::<f64>() as u64
}

fn hash() -> u64 {
    let data: Vec<u8> = (0..black_box(256 * 1024_u32)).map(|index| (index % 251) as u8).collect();
    let [a, b, ..] = sha256(&data);
    u64::from(a) << 32 | u64::from(b)
}

/// Copies a block to and fro and changes one byte each time, so that no copy is idle.
fn copy() -> u64 {
    let size = black_box(1 << 20);
    let mut from: Vec<u8> = (0..size).map(|index| (index % 253) as u8).collect();
    let mut to = vec![0; size];
    for round in 0..64 {
        to.copy_from_slice(&from);
        to[round * 1000] ^= 0xff;
        std::mem::swap(&mut from, &mut to);
    }
    black_box(&from).iter().map(|byte| u64::from(*byte)).sum()
}

#[cfg(test)]
mod tests {
    use super::KERNELS;

    #[test]
    fn every_kernel_answers_its_result() {
        for kernel in KERNELS {
            assert_eq!((kernel.run)(), kernel.result, "{}", kernel.name);
        }
    }
}
