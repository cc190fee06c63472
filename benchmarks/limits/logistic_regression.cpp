// A step of logistic regression that reads each row of x once from memory, two threads.
#include <cmath>
#include <vector>

#include "pool.h"

using i64 = std::int64_t;

// parameters: w then b; xent and predicted: n each.
extern "C" void step(const double* x, const double* y, double* parameters, double* xent,
                     bool* predicted, i64 n, i64 m, double rate, double decay) {
  static std::vector<double> partial[2];
  for (auto& p : partial) p.assign(m + 1, 0.0);
  on_two_threads(n, 8, [=](i64 begin, i64 end, int who) {
    double* __restrict g = partial[who].data();
    const double* __restrict w = parameters;
    for (i64 i = begin; i < end; ++i) {
      const double* __restrict row = x + i * m;
      double a = parameters[m];
      for (i64 j = 0; j < m; ++j) a += row[j] * w[j];
      const double tail = std::log1p(std::exp(-std::fabs(a)));
      xent[i] = tail + (a > 0 ? (1.0 - y[i]) * a : -y[i] * a);
      const double p = 1.0 / (1.0 + std::exp(-a)), e = (p - y[i]) / double(n);
      predicted[i] = p > 0.5;
      for (i64 j = 0; j < m; ++j) g[j] += e * row[j];
      g[m] += e;
    }
  });
  for (i64 j = 0; j <= m; ++j) {
    const double shrink = j < m ? 2.0 * decay * parameters[j] : 0.0;
    parameters[j] -= rate * (partial[0][j] + partial[1][j] + shrink);
  }
}
