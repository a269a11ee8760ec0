//! A few directions in which points spread most (principal components: Jolliffe 2002), and how far a
//! projection on them can err.
//!
//! For any matrix V, |Vᵀ(x − y)| ≤ ‖V‖ |x − y|: a distance between projections, over the norm, is never
//! more than that of the points. So it need not be exact which directions these are; they are told from
//! a sample by a few orthogonal iterations (Golub and Van Loan 2013, Matrix Computations, § 8.2.4).

use super::Points;
use super::dense::Frame;

/// Directions.
pub(super) const LEADING: usize = 8;

/// Coordinates in them.
pub(super) type Projection = [f32; LEADING];

/// Rows looked at, at most.
const SAMPLE: usize = 1024;

/// Iterations; more would change little.
const ROUNDS: usize = 10;

/// A direction this much shorter after others are taken out is one of them.
const DEPENDENT: f64 = 1e-9;

/// The directions.
pub(super) struct Components {
    /// Per coordinate of a point, its part in each direction.
    vectors: Vec<[f64; LEADING]>,
    /// No less than the norm of the matrix of directions.
    pub(super) norm: f64,
}

impl Components {
    /// Those of `rows`, from a sample.
    pub(super) fn new(frame: &Frame, rows: &Points) -> Self {
        let step = rows.rows().div_ceil(SAMPLE).max(1);
        let mut place = Vec::new();
        let mut sample = Vec::new();
        for row in (0..rows.rows()).step_by(step) {
            frame.place(rows.row(row), &mut place);
            sample.extend_from_slice(&place);
        }
        let dimensions = rows.dimensions();
        let mut vectors: Vec<[f64; LEADING]> = (0..dimensions).map(start).collect();
        orthonormal(&mut vectors);
        for _ in 0..ROUNDS {
            let mut next = vec![[0.0; LEADING]; dimensions];
            for point in sample.chunks_exact(dimensions) {
                let parts = dot(&vectors, point);
                for (next, &x) in next.iter_mut().zip(point) {
                    next.iter_mut().zip(parts).for_each(|(sum, part)| *sum += x * part);
                }
            }
            vectors = next;
            orthonormal(&mut vectors);
        }
        let norm = norm(&vectors);
        Self { vectors, norm }
    }

    /// Where a point lies in the directions.
    pub(super) fn project(&self, point: &[f64]) -> Projection {
        dot(&self.vectors, point).map(|x| x as f32)
    }

    /// How far the distance of two projections can be from that of the exact ones, for points no longer
    /// than `reach`: single precision rounds each coordinate by 2⁻²⁴ of itself, and the sum before it
    /// errs by far less.
    pub(super) fn error(&self, reach: f64) -> f64 {
        let coordinate =
            f64::from(f32::EPSILON) * (reach * self.norm) + f64::from(f32::MIN_POSITIVE);
        2.0 * coordinate * (LEADING as f64).sqrt()
    }
}

/// Numbers that look random: a start that is orthogonal to no direction.
fn start(coordinate: usize) -> [f64; LEADING] {
    std::array::from_fn(|direction| {
        let mixed = (coordinate * LEADING + direction + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40) as f64 / (1_u64 << 24) as f64 - 0.5
    })
}

/// The product of a point with each direction.
fn dot(vectors: &[[f64; LEADING]], point: &[f64]) -> [f64; LEADING] {
    let mut sums = [0.0; LEADING];
    for (vector, &x) in vectors.iter().zip(point) {
        sums.iter_mut().zip(vector).for_each(|(sum, v)| *sum += v * x);
    }
    sums
}

/// Directions of length 1 at right angles, those that depend on earlier ones 0 (Gram and Schmidt, twice).
fn orthonormal(vectors: &mut [[f64; LEADING]]) {
    let product = |vectors: &[[f64; LEADING]], a: usize, b: usize| -> f64 {
        vectors.iter().map(|v| v[a] * v[b]).sum()
    };
    for direction in 0..LEADING {
        let before = product(vectors, direction, direction).sqrt();
        for earlier in (0..direction).chain(0..direction) {
            let shared = product(vectors, earlier, direction);
            vectors.iter_mut().for_each(|v| v[direction] -= shared * v[earlier]);
        }
        let length = product(vectors, direction, direction).sqrt();
        let scale = if length > before * DEPENDENT { 1.0 / length } else { 0.0 };
        vectors.iter_mut().for_each(|v| v[direction] *= scale);
    }
}

/// No less than the norm: its square is at most the largest sum of a row of |VᵀV| (Gershgorin 1931).
fn norm(vectors: &[[f64; LEADING]]) -> f64 {
    let mut most = 0.0_f64;
    for a in 0..LEADING {
        let product = |b: usize| vectors.iter().map(|v| v[a] * v[b]).sum::<f64>().abs();
        most = most.max((0..LEADING).map(product).sum());
    }
    let rounding = 8.0 * (vectors.len() + LEADING) as f64 * f64::EPSILON;
    (most * (1.0 + rounding) + rounding).sqrt() * (1.0 + f64::EPSILON)
}
