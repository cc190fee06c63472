// Dynamic time warping row by row. Compiled without -ffast-math: of two numbers one is
// the smaller, and NaN if either is, as NumPy's minimum has it.
#include <cmath>
#include <cstdint>
#include <vector>

using i64 = std::int64_t;

namespace {

double least(double a, double b) { return a < b || a != a ? a : b; }

}  // namespace

extern "C" void warping(const double* x, const double* y, double* out, i64 n, i64 m) {
  std::vector<double> row(m, INFINITY);
  for (i64 i = 0; i < n; ++i) {
    double diagonal = i == 0 ? 0 : INFINITY, left = INFINITY;
    for (i64 j = 0; j < m; ++j) {
      const double above = row[j];
      left = std::fabs(x[i] - y[j]) + least(least(above, left), diagonal);
      diagonal = above;
      row[j] = left;
    }
  }
  *out = row[m - 1];
}
