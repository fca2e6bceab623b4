// The larger root of a x^2 + b x + c, element by element. `out` may be one of the inputs.

#include <cmath>
#include <cstdint>

#ifndef _OPENMP
#error "this compiler has no OpenMP"
#endif

namespace {

// Below this many elements a call is over before a second thread has started.
constexpr std::int64_t alone = 16384;

inline double root(double a, double b, double c) {
    return (-b + std::sqrt(b * b - 4.0 * a * c)) / (2.0 * a);
}

}  // namespace

extern "C" void quadratic_parallel(const double* a, const double* b, const double* c, double* out, std::int64_t n) {
#pragma omp parallel for simd schedule(static) if (parallel : n >= alone)
    for (std::int64_t i = 0; i < n; ++i) {
        out[i] = root(a[i], b[i], c[i]);
    }
}

extern "C" void quadratic_serial(const double* a, const double* b, const double* c, double* out, std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        out[i] = root(a[i], b[i], c[i]);
    }
}
