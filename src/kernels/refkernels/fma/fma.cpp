// out += sum_j weights[j] arrays[j]. No array shares memory with `out`.

#include <algorithm>
#include <cstdint>

#ifndef _OPENMP
#error "this compiler has no OpenMP"
#endif

namespace {

using Index = std::int64_t;

// Elements; a part of `out` stays in cache while the arrays pass, four at a time.
constexpr Index block = 8192;
// Array elements, below which a call is over before a second thread has started.
constexpr Index alone = 65536;

template <typename Real>
void add_block(Real* __restrict out, const Real* weights, const Real* const* arrays, Index m, Index start, Index stop) {
    Index j = 0;
    for (; j + 4 <= m; j += 4) {
        const Real w_a = weights[j], w_b = weights[j + 1], w_c = weights[j + 2], w_d = weights[j + 3];
        const Real *a = arrays[j], *b = arrays[j + 1], *c = arrays[j + 2], *d = arrays[j + 3];
#pragma omp simd
        for (Index i = start; i < stop; ++i) {
            out[i] += w_a * a[i] + w_b * b[i] + w_c * c[i] + w_d * d[i];
        }
    }
    for (; j < m; ++j) {
        const Real w = weights[j];
        const Real* a = arrays[j];
#pragma omp simd
        for (Index i = start; i < stop; ++i) {
            out[i] += w * a[i];
        }
    }
}

template <typename Real>
void add_parallel(Real* out, const Real* weights, const Real* const* arrays, Index m, Index n) {
#pragma omp parallel for schedule(static) if (n * m >= alone)
    for (Index start = 0; start < n; start += block) {
        add_block(out, weights, arrays, m, start, std::min(n, start + block));
    }
}

template <typename Real>
void add_serial(Real* out, const Real* weights, const Real* const* arrays, Index m, Index n) {
    for (Index start = 0; start < n; start += block) {
        add_block(out, weights, arrays, m, start, std::min(n, start + block));
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
