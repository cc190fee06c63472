// Dynamic time warping, row by row and by anti-diagonals. Compiled without -ffast-math:
// of two numbers one is the smaller, and NaN if either is, as NumPy's minimum has it.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
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

// Cell (i, d - i) is at i + 1 of its diagonal; of these, three take turns.
extern "C" void warping_diagonals(const double* x, const double* y, double* out, i64 n,
                                  i64 m) {
  std::vector<double> turned(y, y + m), room(3 * (n + 1), INFINITY);
  std::reverse(turned.begin(), turned.end());
  double *before = room.data(), *last = before + n + 1, *next = last + n + 1;
  before[0] = 0;
  for (i64 d = 0; d < n + m - 1; ++d) {
    const i64 low = std::max<i64>(0, d - m + 1), high = std::min(d + 1, n);
    const double* other = turned.data() + (m - 1 - d);
    const double* __restrict corner = before, * __restrict near = last;
    double* __restrict made = next;
    for (i64 i = low; i < high; ++i) {
      const double least_before = least(least(near[i + 1], near[i]), corner[i]);
      made[i + 1] = std::fabs(x[i] - other[i]) + least_before;
    }
    before[0] = INFINITY;
    std::swap(before, last);
    std::swap(last, next);
  }
  *out = last[n];
}
