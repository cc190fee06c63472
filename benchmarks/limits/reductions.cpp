// Sums, maxima, their places and softmax over the rows and the columns of a matrix, two
// threads.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "pool.h"

using i64 = std::int64_t;

namespace {
template <class F>
void by_rows(const double* x, double* z, i64 rows, i64 columns, F f, double start) {
  on_two_threads(rows, 16, [=](i64 begin, i64 end, int) {
    for (i64 i = begin; i < end; ++i) {
      double total = start;
      for (i64 j = 0; j < columns; ++j) total = f(total, x[i * columns + j]);
      z[i] = total;
    }
  });
}

template <class F>
void by_columns(const double* x, double* z, i64 rows, i64 columns, F f) {
  // Each piece is a band of columns, so that no partial results are joined.
  on_two_threads(columns, 4, [=](i64 begin, i64 end, int) {
    double* __restrict out = z;
    for (i64 j = begin; j < end; ++j) out[j] = x[j];
    i64 i = 1;
    for (; i + 4 <= rows; i += 4) {
      const double* __restrict a = x + i * columns;
      for (i64 j = begin; j < end; ++j)
        out[j] = f(f(f(out[j], a[j]), f(a[j + columns], a[j + 2 * columns])),
                   a[j + 3 * columns]);
    }
    for (; i < rows; ++i)
      for (i64 j = begin; j < end; ++j) out[j] = f(out[j], x[i * columns + j]);
  });
}

double plus(double a, double b) { return a + b; }
double larger(double a, double b) { return a > b ? a : b; }
constexpr double kLowest = std::numeric_limits<double>::lowest();
}  // namespace

extern "C" {
void sum_rows(const double* x, double* z, i64 m, i64 n) {
  by_rows(x, z, m, n, [](double a, double b) { return plus(a, b); }, 0.0);
}
void max_rows(const double* x, double* z, i64 m, i64 n) {
  by_rows(x, z, m, n, [](double a, double b) { return larger(a, b); }, kLowest);
}
void sum_columns(const double* x, double* z, i64 m, i64 n) {
  by_columns(x, z, m, n, [](double a, double b) { return plus(a, b); });
}
void max_columns(const double* x, double* z, i64 m, i64 n) {
  by_columns(x, z, m, n, [](double a, double b) { return larger(a, b); });
}
void mean_rows(const double* x, double* z, i64 m, i64 n) {
  sum_rows(x, z, m, n);
  for (i64 i = 0; i < m; ++i) z[i] /= double(n);
}
void mean_columns(const double* x, double* z, i64 m, i64 n) {
  sum_columns(x, z, m, n);
  for (i64 j = 0; j < n; ++j) z[j] /= double(m);
}
void argmax_rows(const double* x, i64* z, i64 m, i64 n) {
  constexpr i64 kLanes = 16;
  on_two_threads(m, 16, [=](i64 begin, i64 end, int) {
    for (i64 i = begin; i < end; ++i) {
      const double* __restrict row = x + i * n;
      double best[kLanes], top = kLowest;
      i64 at[kLanes] = {}, found = 0, j = 0;
      for (double& b : best) b = kLowest;
      for (; j + kLanes <= n; j += kLanes)
        for (i64 l = 0; l < kLanes; ++l) {
          const bool take = row[j + l] > best[l];
          best[l] = take ? row[j + l] : best[l];
          at[l] = take ? j + l : at[l];
        }
      for (i64 l = 0; n >= kLanes && l < kLanes; ++l)
        if (best[l] > top || (best[l] == top && at[l] < found))
          top = best[l], found = at[l];
      for (; j < n; ++j)
        if (row[j] > top) top = row[j], found = j;
      z[i] = found;
    }
  });
}
void argmax_columns(const double* x, i64* z, i64 m, i64 n) {
  on_two_threads(n, 4, [=](i64 begin, i64 end, int) {
    std::vector<double> top(x + begin, x + end);
    double* __restrict best = top.data();
    i64* __restrict at = z + begin;
    for (i64 j = 0; j < end - begin; ++j) at[j] = 0;
    for (i64 i = 1; i < m; ++i) {
      const double* __restrict row = x + i * n + begin;
      for (i64 j = 0; j < end - begin; ++j) {
        const bool take = row[j] > best[j];
        best[j] = take ? row[j] : best[j];
        at[j] = take ? i : at[j];
      }
    }
  });
}
void softmax_rows(const double* x, double* z, i64 m, i64 n) {
  on_two_threads(m, 16, [=](i64 begin, i64 end, int) {
    for (i64 i = begin; i < end; ++i) {
      const double* __restrict row = x + i * n;
      double* __restrict out = z + i * n;
      double top = kLowest, total = 0.0;
      for (i64 j = 0; j < n; ++j) top = larger(top, row[j]);
      for (i64 j = 0; j < n; ++j) out[j] = std::exp(row[j] - top);
      for (i64 j = 0; j < n; ++j) total += out[j];
      for (i64 j = 0; j < n; ++j) out[j] *= 1.0 / total;
    }
  });
}
void softmax_columns(const double* x, double* z, i64 m, i64 n) {
  on_two_threads(n, 4, [=](i64 begin, i64 end, int) {
    const i64 width = end - begin;
    std::vector<double> top(x + begin, x + end), total(width, 0.0);
    double* __restrict t = total.data(), * __restrict h = top.data();
    for (i64 i = 1; i < m; ++i)
      for (i64 j = 0; j < width; ++j) h[j] = larger(h[j], x[i * n + begin + j]);
    for (i64 i = 0; i < m; ++i) {
      const double* __restrict row = x + i * n + begin;
      double* __restrict out = z + i * n + begin;
      for (i64 j = 0; j < width; ++j) out[j] = std::exp(row[j] - h[j]);
      for (i64 j = 0; j < width; ++j) t[j] += out[j];
    }
    for (i64 j = 0; j < width; ++j) t[j] = 1.0 / t[j];
    for (i64 i = 0; i < m; ++i)
      for (i64 j = 0; j < width; ++j) z[i * n + begin + j] *= t[j];
  });
}
}
