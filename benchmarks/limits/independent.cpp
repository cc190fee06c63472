// Rows that don't depend on each other, one after another, as one would write them.
#include <cmath>
#include <cstdint>

using i64 = std::int64_t;

extern "C" void logistic_maps(const double* rates, double* out, double start, i64 rows,
                              i64 steps) {
  for (i64 k = 0; k < rows; ++k) {
    double x = start;
    for (i64 t = 0; t < steps; ++t) x = rates[k] * x * (1 - x);
    out[k] = x;
  }
}

extern "C" void pendulums(const double* starts, double* out, double h, i64 rows,
                          i64 steps) {
  for (i64 k = 0; k < rows; ++k) {
    double x = starts[k], v = 0;
    for (i64 t = 0; t < steps; ++t) {
      const double v1 = v, a1 = -std::sin(x);
      const double v2 = v + h / 2 * a1, a2 = -std::sin(x + h / 2 * v1);
      const double v3 = v + h / 2 * a2, a3 = -std::sin(x + h / 2 * v2);
      const double v4 = v + h * a3, a4 = -std::sin(x + h * v3);
      x += h / 6 * (v1 + 2 * v2 + 2 * v3 + v4);
      v += h / 6 * (a1 + 2 * a2 + 2 * a3 + a4);
    }
    out[k] = x;
  }
}
