//! Half-distances of a few queries to 32 rows at once, in single precision.

use super::{Set, Simd};

/// Queries in a tile.
pub(in crate::nearest) const QUERIES: usize = 12;

/// Rows in a strip.
pub(in crate::nearest) const ROWS: usize = 32;

/// One value of each row of a strip.
pub(in crate::nearest) type Strip = [f32; ROWS];

/// One value of each query of a tile.
pub(in crate::nearest) type Tile = [f32; QUERIES];

impl Simd {
    /// For each query, which rows of a strip have first − Σ query · row at most the query's limit; a set
    /// bit is a row. The strip's first line is what is subtracted from.
    pub(in crate::nearest) fn tile(
        self,
        queries: &[Tile],
        rows: &[Strip],
        limits: &Tile,
    ) -> [u32; QUERIES] {
        match self.0 {
            Set::Portable => tile::<Floats>(queries, rows, limits),
            #[cfg(target_arch = "x86_64")]
            Set::Sse2 => tile::<x86::Sse2>(queries, rows, limits),
            // SAFETY: the machine has it: only `all` makes a `Simd`, and `Set` is private.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { x86::tile_avx2(queries, rows, limits) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { x86::tile_avx512(queries, rows, limits) },
        }
    }

    /// Which of 32 boxes, given by their least and largest coordinates, have a squared distance of at
    /// most `limit` to a point; a set bit is a box.
    pub(in crate::nearest) fn boxes(
        self,
        point: &[f32],
        ranges: &[[Strip; 2]],
        limit: f32,
        out: &mut Strip,
    ) -> u32 {
        match self.0 {
            Set::Portable => boxes::<Floats>(point, ranges, limit, out),
            #[cfg(target_arch = "x86_64")]
            Set::Sse2 => boxes::<x86::Sse2>(point, ranges, limit, out),
            // SAFETY: the machine has it: only `all` makes a `Simd`, and `Set` is private.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { x86::boxes_avx2(point, ranges, limit, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { x86::boxes_avx512(point, ranges, limit, out) },
        }
    }

    /// Which rows of a strip have a squared distance of at most `limit` to a point; a set bit is a row.
    pub(in crate::nearest) fn within(self, point: &[f32], rows: &[Strip], limit: f32) -> u32 {
        match self.0 {
            Set::Portable => within::<Floats>(point, rows, limit),
            #[cfg(target_arch = "x86_64")]
            Set::Sse2 => within::<x86::Sse2>(point, rows, limit),
            // SAFETY: the machine has it: only `all` makes a `Simd`, and `Set` is private.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { x86::within_avx2(point, rows, limit) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { x86::within_avx512(point, rows, limit) },
        }
    }
}

/// Numbers worked on together.
trait Lanes: Copy {
    const COUNT: usize;
    fn splat(number: f32) -> Self;
    /// The `part`-th `COUNT` numbers.
    fn load(strip: &Strip, part: usize) -> Self;
    /// Writes the `part`-th `COUNT` numbers.
    fn store(self, strip: &mut Strip, part: usize);
    /// Less a product, rounded once or twice.
    fn less(self, a: Self, b: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn max(self, other: Self) -> Self;
    /// A bit for each number that is at most the other.
    fn at_most(self, other: Self) -> u32;
}

#[inline(always)]
fn tile<V: Lanes>(queries: &[Tile], rows: &[Strip], limits: &Tile) -> [u32; QUERIES] {
    let mut found = [0; QUERIES];
    let Some((first, rows)) = rows.split_first() else { return found };
    for part in 0..ROWS / V::COUNT {
        let mut sums = [V::load(first, part); QUERIES];
        for (query, row) in queries.iter().zip(rows) {
            let row = V::load(row, part);
            for (sum, &x) in sums.iter_mut().zip(query) {
                *sum = sum.less(V::splat(x), row);
            }
        }
        for ((found, sum), &limit) in found.iter_mut().zip(sums).zip(limits) {
            *found |= sum.at_most(V::splat(limit)) << (part * V::COUNT);
        }
    }
    found
}

/// Squares are summed with the sign turned, as `less` has it.
#[inline(always)]
fn boxes<V: Lanes>(point: &[f32], ranges: &[[Strip; 2]], limit: f32, out: &mut Strip) -> u32 {
    let (zero, mut found) = (V::splat(0.0), 0);
    for part in 0..ROWS / V::COUNT {
        let mut sum = zero;
        for ([low, high], &x) in ranges.iter().zip(point) {
            let x = V::splat(x);
            let apart = V::load(low, part).minus(x).max(x.minus(V::load(high, part))).max(zero);
            sum = sum.less(apart, apart);
        }
        let sum = zero.minus(sum);
        sum.store(out, part);
        found |= sum.at_most(V::splat(limit)) << (part * V::COUNT);
    }
    found
}

#[inline(always)]
fn within<V: Lanes>(point: &[f32], rows: &[Strip], limit: f32) -> u32 {
    let (zero, mut found) = (V::splat(0.0), 0);
    for part in 0..ROWS / V::COUNT {
        let mut sum = zero;
        for (row, &x) in rows.iter().zip(point) {
            let apart = V::load(row, part).minus(V::splat(x));
            sum = sum.less(apart, apart);
        }
        found |= zero.minus(sum).at_most(V::splat(limit)) << (part * V::COUNT);
    }
    found
}

/// Lanes for any machine.
#[derive(Clone, Copy)]
struct Floats([f32; 4]);

impl Lanes for Floats {
    const COUNT: usize = 4;
    #[inline(always)]
    fn splat(number: f32) -> Self {
        Self([number; 4])
    }
    #[inline(always)]
    fn load(strip: &Strip, part: usize) -> Self {
        Self(strip.as_chunks().0[part])
    }
    #[inline(always)]
    fn store(self, strip: &mut Strip, part: usize) {
        strip.as_chunks_mut().0[part] = self.0;
    }
    #[inline(always)]
    fn minus(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a -= b);
        self
    }
    #[inline(always)]
    fn max(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a = if *a > b { *a } else { b });
        self
    }
    #[inline(always)]
    fn less(mut self, a: Self, b: Self) -> Self {
        let products = a.0.into_iter().zip(b.0);
        self.0.iter_mut().zip(products).for_each(|(sum, (a, b))| *sum -= a * b);
        self
    }
    #[inline(always)]
    fn at_most(self, other: Self) -> u32 {
        let bit = |(i, (a, b)): (usize, (f32, f32))| u32::from(a <= b) << i;
        self.0.into_iter().zip(other.0).enumerate().map(bit).fold(0, |all, bit| all | bit)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! Each type wraps a register. Its methods are inlined into functions that have the instruction
    //! set enabled, which are called only where the machine has it.

    use std::arch::x86_64::*;

    use super::{Lanes, QUERIES, Strip, Tile};

    #[derive(Clone, Copy)]
    pub(super) struct Sse2(__m128);
    #[derive(Clone, Copy)]
    pub(super) struct Avx2(__m256);
    /// Two registers, so that a query's number is loaded once for both.
    #[derive(Clone, Copy)]
    pub(super) struct Avx512(__m512, __m512);

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn tile_avx2(queries: &[Tile], rows: &[Strip], limits: &Tile) -> [u32; QUERIES] {
        super::tile::<Avx2>(queries, rows, limits)
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn tile_avx512(queries: &[Tile], rows: &[Strip], limits: &Tile) -> [u32; QUERIES] {
        super::tile::<Avx512>(queries, rows, limits)
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn boxes_avx2(
        point: &[f32],
        ranges: &[[Strip; 2]],
        limit: f32,
        out: &mut Strip,
    ) -> u32 {
        super::boxes::<Avx2>(point, ranges, limit, out)
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn boxes_avx512(
        point: &[f32],
        ranges: &[[Strip; 2]],
        limit: f32,
        out: &mut Strip,
    ) -> u32 {
        super::boxes::<Avx512>(point, ranges, limit, out)
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn within_avx2(point: &[f32], rows: &[Strip], limit: f32) -> u32 {
        super::within::<Avx2>(point, rows, limit)
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn within_avx512(point: &[f32], rows: &[Strip], limit: f32) -> u32 {
        super::within::<Avx512>(point, rows, limit)
    }

    /// The methods of [`Lanes`] for one register; what differs is passed in.
    macro_rules! lanes {
        ($type:ident, $count:literal, $splat:ident, $load:ident, $store:ident, $minus:ident,
         $max:ident, $less:expr, $at_most:expr) => {
            impl Lanes for $type {
                const COUNT: usize = $count;
                #[inline(always)]
                fn splat(number: f32) -> Self {
                    // SAFETY: works on registers; the caller has the instruction set.
                    Self(unsafe { $splat(number) })
                }
                #[inline(always)]
                fn load(strip: &Strip, part: usize) -> Self {
                    let numbers: &[f32; $count] = &strip.as_chunks().0[part];
                    // SAFETY: reads the whole of `numbers`, at any alignment.
                    Self(unsafe { $load(numbers.as_ptr()) })
                }
                #[inline(always)]
                fn store(self, strip: &mut Strip, part: usize) {
                    let numbers: &mut [f32; $count] = &mut strip.as_chunks_mut().0[part];
                    // SAFETY: writes the whole of `numbers`, at any alignment.
                    unsafe { $store(numbers.as_mut_ptr(), self.0) }
                }
                #[inline(always)]
                fn minus(self, other: Self) -> Self {
                    // SAFETY: works on registers; the caller has the instruction set.
                    Self(unsafe { $minus(self.0, other.0) })
                }
                #[inline(always)]
                fn max(self, other: Self) -> Self {
                    // SAFETY: works on registers; the caller has the instruction set.
                    Self(unsafe { $max(self.0, other.0) })
                }
                #[inline(always)]
                fn less(self, a: Self, b: Self) -> Self {
                    // SAFETY: works on registers; the caller has the instruction set.
                    Self(unsafe { $less(self.0, a.0, b.0) })
                }
                #[inline(always)]
                fn at_most(self, other: Self) -> u32 {
                    // SAFETY: works on registers; the caller has the instruction set.
                    unsafe { $at_most(self.0, other.0) }
                }
            }
        };
    }

    lanes!(
        Sse2,
        4,
        _mm_set1_ps,
        _mm_loadu_ps,
        _mm_storeu_ps,
        _mm_sub_ps,
        _mm_max_ps,
        |sum, a, b| _mm_sub_ps(sum, _mm_mul_ps(a, b)),
        |a, b| _mm_movemask_ps(_mm_cmple_ps(a, b)).cast_unsigned()
    );
    lanes!(
        Avx2,
        8,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_sub_ps,
        _mm256_max_ps,
        |sum, a, b| _mm256_fnmadd_ps(a, b, sum),
        |a, b| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LE_OQ>(a, b)).cast_unsigned()
    );

    impl Lanes for Avx512 {
        const COUNT: usize = 32;
        #[inline(always)]
        fn splat(number: f32) -> Self {
            // SAFETY: works on registers; the caller has the instruction set.
            let all = unsafe { _mm512_set1_ps(number) };
            Self(all, all)
        }
        #[inline(always)]
        fn load(strip: &Strip, part: usize) -> Self {
            let [low, high]: &[[f32; 16]; 2] = &strip.as_chunks().0.as_chunks().0[part];
            // SAFETY: reads the whole of `low` and of `high`, at any alignment.
            unsafe { Self(_mm512_loadu_ps(low.as_ptr()), _mm512_loadu_ps(high.as_ptr())) }
        }
        #[inline(always)]
        fn store(self, strip: &mut Strip, part: usize) {
            let [low, high]: &mut [[f32; 16]; 2] =
                &mut strip.as_chunks_mut().0.as_chunks_mut().0[part];
            // SAFETY: writes the whole of `low` and of `high`, at any alignment.
            unsafe {
                _mm512_storeu_ps(low.as_mut_ptr(), self.0);
                _mm512_storeu_ps(high.as_mut_ptr(), self.1);
            }
        }
        #[inline(always)]
        fn minus(self, other: Self) -> Self {
            // SAFETY: works on registers; the caller has the instruction set.
            unsafe { Self(_mm512_sub_ps(self.0, other.0), _mm512_sub_ps(self.1, other.1)) }
        }
        #[inline(always)]
        fn max(self, other: Self) -> Self {
            // SAFETY: works on registers; the caller has the instruction set.
            unsafe { Self(_mm512_max_ps(self.0, other.0), _mm512_max_ps(self.1, other.1)) }
        }
        #[inline(always)]
        fn less(self, a: Self, b: Self) -> Self {
            // SAFETY: works on registers; the caller has the instruction set.
            unsafe { Self(_mm512_fnmadd_ps(a.0, b.0, self.0), _mm512_fnmadd_ps(a.1, b.1, self.1)) }
        }
        #[inline(always)]
        fn at_most(self, other: Self) -> u32 {
            // SAFETY: works on registers; the caller has the instruction set.
            let (low, high) = unsafe {
                (
                    _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, other.0),
                    _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.1, other.1),
                )
            };
            u32::from(low) | u32::from(high) << 16
        }
    }
}
