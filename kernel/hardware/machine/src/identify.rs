//! What the processor says of itself (Intel SDM vol. 2, CPUID).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use raw_cpuid::CpuId;

/// The processor's name for itself; empty where it has none.
#[must_use]
pub fn model() -> String {
    CpuId::new().get_processor_brand_string().map_or_else(String::new, |brand| brand.as_str().trim().to_string())
}

/// The features that programs ask for, by their names in Linux's `/proc/cpuinfo`.
#[must_use]
pub fn features() -> Vec<&'static str> {
    let cpuid = CpuId::new();
    let basic = cpuid.get_feature_info();
    let extended = cpuid.get_extended_feature_info();
    let basic = |test: fn(&raw_cpuid::FeatureInfo) -> bool| basic.as_ref().is_some_and(test);
    let extended = |test: fn(&raw_cpuid::ExtendedFeatures) -> bool| extended.as_ref().is_some_and(test);
    let table = [
        ("fpu", basic(raw_cpuid::FeatureInfo::has_fpu)),
        ("tsc", basic(raw_cpuid::FeatureInfo::has_tsc)),
        ("apic", basic(raw_cpuid::FeatureInfo::has_apic)),
        ("sse", basic(raw_cpuid::FeatureInfo::has_sse)),
        ("sse2", basic(raw_cpuid::FeatureInfo::has_sse2)),
        ("sse3", basic(raw_cpuid::FeatureInfo::has_sse3)),
        ("ssse3", basic(raw_cpuid::FeatureInfo::has_ssse3)),
        ("sse4_1", basic(raw_cpuid::FeatureInfo::has_sse41)),
        ("sse4_2", basic(raw_cpuid::FeatureInfo::has_sse42)),
        ("popcnt", basic(raw_cpuid::FeatureInfo::has_popcnt)),
        ("aes", basic(raw_cpuid::FeatureInfo::has_aesni)),
        ("xsave", basic(raw_cpuid::FeatureInfo::has_xsave)),
        ("avx", basic(raw_cpuid::FeatureInfo::has_avx)),
        ("rdrand", basic(raw_cpuid::FeatureInfo::has_rdrand)),
        ("hypervisor", basic(raw_cpuid::FeatureInfo::has_hypervisor)),
        ("fsgsbase", extended(raw_cpuid::ExtendedFeatures::has_fsgsbase)),
        ("bmi1", extended(raw_cpuid::ExtendedFeatures::has_bmi1)),
        ("avx2", extended(raw_cpuid::ExtendedFeatures::has_avx2)),
        ("bmi2", extended(raw_cpuid::ExtendedFeatures::has_bmi2)),
        ("rdseed", extended(raw_cpuid::ExtendedFeatures::has_rdseed)),
        ("avx512f", extended(raw_cpuid::ExtendedFeatures::has_avx512f)),
    ];
    table.into_iter().filter(|(_, present)| *present).map(|(name, _)| name).collect()
}
