// out += sum_j weights[j] arrays[j]. No array shares memory with `out`.

#include <algorithm>
#include <cstdint>

#ifndef _OPENMP
#error "this compiler has no OpenMP"
#endif

namespace {

using Index = std::int64_t;

// Elements; a part of `out` stays in cache while the arrays pass.
constexpr Index block = 8192;
// Array elements, below which a call is over before a second thread has started.
constexpr Index alone = 65536;
// Elements of `out` up to which eight arrays at once are faster: from a cache eight streams are, from memory four.
constexpr Index in_cache = 1 << 18;

template <typename Real>
void add_eight(Real* __restrict out, const Real* weights, const Real* const* arrays, Index start, Index stop) {
    const Real w_a = weights[0], w_b = weights[1], w_c = weights[2], w_d = weights[3];
    const Real w_e = weights[4], w_f = weights[5], w_g = weights[6], w_h = weights[7];
    const Real *a = arrays[0], *b = arrays[1], *c = arrays[2], *d = arrays[3];
    const Real *e = arrays[4], *f = arrays[5], *g = arrays[6], *h = arrays[7];
#pragma omp simd
    for (Index i = start; i < stop; ++i) {
        const Real first = w_a * a[i] + w_b * b[i] + w_c * c[i] + w_d * d[i];
        out[i] += first + (w_e * e[i] + w_f * f[i] + w_g * g[i] + w_h * h[i]);
    }
}

template <typename Real>
void add_four(Real* __restrict out, const Real* weights, const Real* const* arrays, Index start, Index stop) {
    const Real w_a = weights[0], w_b = weights[1], w_c = weights[2], w_d = weights[3];
    const Real *a = arrays[0], *b = arrays[1], *c = arrays[2], *d = arrays[3];
#pragma omp simd
    for (Index i = start; i < stop; ++i) {
        out[i] += w_a * a[i] + w_b * b[i] + w_c * c[i] + w_d * d[i];
    }
}

template <typename Real>
void add_one(Real* __restrict out, Real weight, const Real* array, Index start, Index stop) {
#pragma omp simd
    for (Index i = start; i < stop; ++i) {
        out[i] += weight * array[i];
    }
}

template <typename Real>
void add_block(Real* out, const Real* weights, const Real* const* arrays, Index m, Index n, Index start) {
    const Index stop = std::min(n, start + block);
    Index j = 0;
    for (; n <= in_cache && j + 8 <= m; j += 8) {
        add_eight(out, weights + j, arrays + j, start, stop);
    }
    for (; j + 4 <= m; j += 4) {
        add_four(out, weights + j, arrays + j, start, stop);
    }
    for (; j < m; ++j) {
        add_one(out, weights[j], arrays[j], start, stop);
    }
}

template <typename Real>
void add_parallel(Real* out, const Real* weights, const Real* const* arrays, Index m, Index n) {
#pragma omp parallel for schedule(static) if (n * m >= alone)
    for (Index start = 0; start < n; start += block) {
        add_block(out, weights, arrays, m, n, start);
    }
}

template <typename Real>
void add_serial(Real* out, const Real* weights, const Real* const* arrays, Index m, Index n) {
    for (Index start = 0; start < n; start += block) {
        add_block(out, weights, arrays, m, n, start);
    }
}

}  // namespace

extern "C" {

void fma_parallel_d(double* out, const double* weights, const double* const* arrays, Index m, Index n) {
    add_parallel(out, weights, arrays, m, n);
}

void fma_parallel_f(float* out, const float* weights, const float* const* arrays, Index m, Index n) {
    add_parallel(out, weights, arrays, m, n);
}

void fma_serial_d(double* out, const double* weights, const double* const* arrays, Index m, Index n) {
    add_serial(out, weights, arrays, m, n);
}

void fma_serial_f(float* out, const float* weights, const float* const* arrays, Index m, Index n) {
    add_serial(out, weights, arrays, m, n);
}

}
