//! Lower bounds of many distances at once, in bytes that saturate.
//!
//! One source, written over [`Lanes`], is compiled for each instruction set; which one runs is found
//! out when it runs. Every operation is exact on bytes, so that all give the same result.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "instruction sets are found out at run time")
)]

pub(super) mod tile;

use std::fmt;
use std::sync::OnceLock;

/// Rows in a leaf, and leaves in a group.
pub(super) const LINE: usize = 64;

/// One byte of each row of a leaf, or of each leaf of a group.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Line(pub(super) [u8; LINE]);

/// A query as the bounds need it.
#[derive(Default)]
pub(super) struct Probe {
    /// Units that make one: the most that a column contributes.
    pub(super) width: u8,
    /// Per number column: the codes below and above the query's, at the ends itself.
    pub(super) numbers: Vec<(u8, u8)>,
    /// Per category column: the query's code.
    pub(super) categories: Vec<u8>,
    /// Per category column: the line of a group that holds what the leaves contribute.
    pub(super) lines: Vec<usize>,
}

/// An instruction set that this machine has: made by [`Simd::all`] alone, after the machine was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Simd(Set);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Set {
    /// Whatever the compiler makes of it.
    Portable,
    /// 16 lanes.
    #[cfg(target_arch = "x86_64")]
    Sse2,
    /// 32 lanes.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 64 lanes.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl fmt::Display for Simd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Set::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Set::Sse2 => "SSE2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "AVX512",
        })
    }
}

impl Simd {
    /// Those this machine has, slowest first.
    pub(super) fn all() -> Vec<Self> {
        let mut all = vec![Self(Set::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            all.push(Self(Set::Sse2));
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                all.push(Self(Set::Avx2));
            }
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
                all.push(Self(Set::Avx512));
            }
        }
        all
    }

    /// The fastest this machine has, or the one that `DOSIMETER_SIMD` names (`portable`, `sse2`,
    /// `avx2`, `avx512`) if it has that: for tests.
    pub(super) fn best() -> Self {
        static BEST: OnceLock<Simd> = OnceLock::new();
        *BEST.get_or_init(|| {
            let wanted = std::env::var("DOSIMETER_SIMD").unwrap_or_default();
            let mut all = Self::all();
            let named = all.iter().find(|one| one.to_string().eq_ignore_ascii_case(&wanted));
            named.copied().or_else(|| all.pop()).unwrap_or(Self(Set::Portable))
        })
    }

    /// Which rows of a leaf contribute at most `limit`; a set bit is a row.
    pub(super) fn rows(self, leaf: &[Line], probe: &Probe, limit: u8) -> u64 {
        match self.0 {
            Set::Portable => rows::<Bytes>(leaf, probe, limit),
            #[cfg(target_arch = "x86_64")]
            Set::Sse2 => rows::<x86::Sse2>(leaf, probe, limit),
            // SAFETY: the machine has it: only `all` makes a `Simd`, and `Set` is private.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { x86::rows_avx2(leaf, probe, limit) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { x86::rows_avx512(leaf, probe, limit) },
        }
    }

    /// The least that each leaf of a group contributes; which contribute at most `limit`.
    pub(super) fn leaves(self, group: &[Line], probe: &Probe, limit: u8, out: &mut Line) -> u64 {
        match self.0 {
            Set::Portable => leaves::<Bytes>(group, probe, limit, out),
            #[cfg(target_arch = "x86_64")]
            Set::Sse2 => leaves::<x86::Sse2>(group, probe, limit, out),
            // SAFETY: the machine has it: only `all` makes a `Simd`, and `Set` is private.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { x86::leaves_avx2(group, probe, limit, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { x86::leaves_avx512(group, probe, limit, out) },
        }
    }
}

/// Bytes worked on together. Sums and differences saturate. The lanes of an instruction set are used only
/// inside a function that has it enabled (`x86::rows_avx2` and its like): its safety argument is that of the
/// call of that function.
trait Lanes: Copy {
    const COUNT: usize;
    fn splat(byte: u8) -> Self;
    /// The `part`-th `COUNT` bytes.
    fn load(line: &Line, part: usize) -> Self;
    fn store(self, line: &mut Line, part: usize);
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
    /// `cost` where the bytes differ.
    fn unless_equal(self, other: Self, cost: Self) -> Self;
    /// A bit for each byte that is at most the other.
    fn at_most(self, other: Self) -> u64;
}

#[inline(always)]
fn rows<V: Lanes>(leaf: &[Line], probe: &Probe, limit: u8) -> u64 {
    let (numbers, categories) = leaf.split_at(probe.numbers.len().min(leaf.len()));
    let cost = V::splat(probe.width);
    let mut found = 0;
    for part in 0..LINE / V::COUNT {
        let mut sum = V::splat(0);
        for (line, &(below, above)) in numbers.iter().zip(&probe.numbers) {
            let x = V::load(line, part);
            let apart = x.minus(V::splat(above)).or(V::splat(below).minus(x));
            sum = sum.plus(apart.min(cost));
        }
        for (line, &code) in categories.iter().zip(&probe.categories) {
            sum = sum.plus(V::load(line, part).unless_equal(V::splat(code), cost));
        }
        found |= sum.at_most(V::splat(limit)) << (part * V::COUNT);
    }
    found
}

#[inline(always)]
fn leaves<V: Lanes>(group: &[Line], probe: &Probe, limit: u8, out: &mut Line) -> u64 {
    let cost = V::splat(probe.width);
    let ranges = group.as_chunks::<2>().0;
    let mut found = 0;
    for part in 0..LINE / V::COUNT {
        let mut sum = V::splat(0);
        for ([low, high], &(below, above)) in ranges.iter().zip(&probe.numbers) {
            let under = V::load(low, part).minus(V::splat(above));
            let over = V::splat(below).minus(V::load(high, part));
            sum = sum.plus(under.or(over).min(cost));
        }
        for &line in &probe.lines {
            sum = sum.plus(V::load(&group[line], part));
        }
        sum.store(out, part);
        found |= sum.at_most(V::splat(limit)) << (part * V::COUNT);
    }
    found
}

/// Lanes for any machine.
#[derive(Clone, Copy)]
struct Bytes([u8; 16]);

impl Bytes {
    #[inline(always)]
    fn with(self, other: Self, f: impl Fn(u8, u8) -> u8) -> Self {
        let mut out = self;
        out.0.iter_mut().zip(other.0).for_each(|(a, b)| *a = f(*a, b));
        out
    }
}

impl Lanes for Bytes {
    const COUNT: usize = 16;
    #[inline(always)]
    fn splat(byte: u8) -> Self {
        Self([byte; 16])
    }
    #[inline(always)]
    fn load(line: &Line, part: usize) -> Self {
        Self(line.0.as_chunks().0[part])
    }
    #[inline(always)]
    fn store(self, line: &mut Line, part: usize) {
        line.0.as_chunks_mut().0[part] = self.0;
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.with(other, u8::saturating_add)
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.with(other, u8::saturating_sub)
    }
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self.with(other, |a, b| a | b)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.with(other, u8::min)
    }
    #[inline(always)]
    fn unless_equal(self, other: Self, cost: Self) -> Self {
        self.with(other, |a, b| if a == b { 0 } else { u8::MAX }).with(cost, |a, b| a & b)
    }
    #[inline(always)]
    fn at_most(self, other: Self) -> u64 {
        let bit = |(i, (a, b)): (usize, (u8, u8))| u64::from(a <= b) << i;
        self.0.into_iter().zip(other.0).enumerate().map(bit).fold(0, |all, bit| all | bit)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! Each type wraps a register. Its methods are inlined into functions that have the instruction
    //! set enabled, which are called only where the machine has it.

    use std::arch::x86_64::*;

    use super::{Lanes, Line, Probe};

    #[derive(Clone, Copy)]
    pub(super) struct Sse2(__m128i);
    #[derive(Clone, Copy)]
    pub(super) struct Avx2(__m256i);
    #[derive(Clone, Copy)]
    pub(super) struct Avx512(__m512i);

    #[target_feature(enable = "avx2")]
    pub(super) fn rows_avx2(leaf: &[Line], probe: &Probe, limit: u8) -> u64 {
        super::rows::<Avx2>(leaf, probe, limit)
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn rows_avx512(leaf: &[Line], probe: &Probe, limit: u8) -> u64 {
        super::rows::<Avx512>(leaf, probe, limit)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn leaves_avx2(group: &[Line], probe: &Probe, limit: u8, out: &mut Line) -> u64 {
        super::leaves::<Avx2>(group, probe, limit, out)
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn leaves_avx512(group: &[Line], probe: &Probe, limit: u8, out: &mut Line) -> u64 {
        super::leaves::<Avx512>(group, probe, limit, out)
    }

    /// The methods of [`Lanes`] for one register; what differs is passed in.
    macro_rules! lanes {
        ($type:ident, $count:literal, $splat:ident, $load:ident, $store:ident, $plus:ident,
         $minus:ident, $or:ident, $min:ident, $differ:expr, $at_most:expr) => {
            impl Lanes for $type {
                const COUNT: usize = $count;
                #[inline(always)]
                fn splat(byte: u8) -> Self {
                    // SAFETY: works on registers; the caller has the instruction set.
                    Self(unsafe { $splat(byte.cast_signed()) })
                }
                #[inline(always)]
                fn load(line: &Line, part: usize) -> Self {
                    let bytes: &[u8; $count] = &line.0.as_chunks().0[part];
                    // SAFETY: reads the whole of `bytes`, at any alignment.
                    Self(unsafe { $load(bytes.as_ptr().cast()) })
                }
                #[inline(always)]
                fn store(self, line: &mut Line, part: usize) {
                    let bytes: &mut [u8; $count] = &mut line.0.as_chunks_mut().0[part];
                    // SAFETY: writes the whole of `bytes`, at any alignment.
                    unsafe { $store(bytes.as_mut_ptr().cast(), self.0) }
                }
                #[inline(always)]
                fn plus(self, other: Self) -> Self {
                    // SAFETY: works on registers; the caller has the instruction set.
                    Self(unsafe { $plus(self.0, other.0) })
                }
                #[inline(always)]
                fn minus(self, other: Self) -> Self {
                    // SAFETY: works on registers; the caller has the instruction set.
                    Self(unsafe { $minus(self.0, other.0) })
                }
                #[inline(always)]
                fn or(self, other: Self) -> Self {
                    // SAFETY: works on registers; the caller has the instruction set.
                    Self(unsafe { $or(self.0, other.0) })
                }
                #[inline(always)]
                fn min(self, other: Self) -> Self {
                    // SAFETY: works on registers; the caller has the instruction set.
                    Self(unsafe { $min(self.0, other.0) })
                }
                #[inline(always)]
                fn unless_equal(self, other: Self, cost: Self) -> Self {
                    // SAFETY: works on registers; the caller has the instruction set.
                    Self(unsafe { $differ(self.0, other.0, cost.0) })
                }
                #[inline(always)]
                fn at_most(self, other: Self) -> u64 {
                    // SAFETY: works on registers; the caller has the instruction set.
                    unsafe { $at_most(self.0, other.0) }
                }
            }
        };
    }

    lanes!(
        Sse2,
        16,
        _mm_set1_epi8,
        _mm_loadu_si128,
        _mm_storeu_si128,
        _mm_adds_epu8,
        _mm_subs_epu8,
        _mm_or_si128,
        _mm_min_epu8,
        |a, b, cost| _mm_andnot_si128(_mm_cmpeq_epi8(a, b), cost),
        |a, b| u64::from(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(a, b), a)).cast_unsigned())
    );
    lanes!(
        Avx2,
        32,
        _mm256_set1_epi8,
        _mm256_loadu_si256,
        _mm256_storeu_si256,
        _mm256_adds_epu8,
        _mm256_subs_epu8,
        _mm256_or_si256,
        _mm256_min_epu8,
        |a, b, cost| _mm256_andnot_si256(_mm256_cmpeq_epi8(a, b), cost),
        |a, b| {
            let least = _mm256_cmpeq_epi8(_mm256_min_epu8(a, b), a);
            u64::from(_mm256_movemask_epi8(least).cast_unsigned())
        }
    );
    lanes!(
        Avx512,
        64,
        _mm512_set1_epi8,
        _mm512_loadu_si512,
        _mm512_storeu_si512,
        _mm512_adds_epu8,
        _mm512_subs_epu8,
        _mm512_or_si512,
        _mm512_min_epu8,
        |a, b, cost| _mm512_maskz_mov_epi8(_mm512_cmpneq_epi8_mask(a, b), cost),
        |a, b| _mm512_cmple_epu8_mask(a, b)
    );
}
