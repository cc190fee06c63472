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

// How the sum of squared misses changes with pull and drag; `kept` has room for a row's
// states.
extern "C" void fits(const double* starts, const double* seen, const double* given,
                     double* out, double* kept, double h, i64 rows, i64 steps) {
  const double pull = given[0], drag = given[1];
  double by_pull = 0, by_drag = 0;
  for (i64 k = 0; k < rows; ++k) {
    double x = starts[k], v = 0;
    for (i64 t = 0; t < steps; ++t) {
      kept[2 * t] = x;
      kept[2 * t + 1] = v;
      v -= h * (pull * std::sin(x) + drag * v);
      x += h * v;
    }
    double dx = 2 * (x - seen[k]), dv = 0;
    for (i64 t = steps - 1; t >= 0; --t) {
      x = kept[2 * t];
      v = kept[2 * t + 1];
      dv += h * dx;
      by_pull -= h * dv * std::sin(x);
      by_drag -= h * dv * v;
      dx -= h * pull * std::cos(x) * dv;
      dv *= 1 - h * drag;
    }
  }
  out[0] = by_pull;
  out[1] = by_drag;
}
