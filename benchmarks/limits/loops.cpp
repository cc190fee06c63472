// Loops as one would write them by hand: serial, one buffer for each state.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

using i64 = std::int64_t;

extern "C" void logistic_map(double* x, double rate, i64 steps) {
  double value = *x;
  for (i64 t = 0; t < steps; ++t) value = rate * value * (1 - value);
  *x = value;
}

// A pendulum by the classic method of Runge and Kutta, in fixed time steps.
extern "C" void pendulum(double* state, double h, i64 steps) {
  double s[2] = {state[0], state[1]};
  for (i64 t = 0; t < steps; ++t) {
    double k[4][2], at[2] = {s[0], s[1]};
    for (i64 stage = 0; stage < 4; ++stage) {
      k[stage][0] = at[1];
      k[stage][1] = -std::sin(at[0]);
      const double far = stage < 2 ? h / 2 : h;
      for (i64 i = 0; i < 2; ++i) at[i] = s[i] + far * k[stage][i];
    }
    for (i64 i = 0; i < 2; ++i) {
      s[i] += h / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    }
  }
  state[0] = s[0];
  state[1] = s[1];
}

extern "C" void turned(const double* matrix, double* state, i64 steps) {
  double m[3][3], s[3];
  std::memcpy(m, matrix, sizeof m);
  std::memcpy(s, state, sizeof s);
  for (i64 t = 0; t < steps; ++t) {
    double next[3] = {0, 0, 0};
    for (i64 i = 0; i < 3; ++i) {
      for (i64 j = 0; j < 3; ++j) next[i] += m[i][j] * s[j];
    }
    std::memcpy(s, next, sizeof s);
  }
  std::memcpy(state, s, sizeof s);
}

extern "C" void heat(double* plate, i64 n, i64 steps, double rate) {
  std::vector<double> other(plate, plate + n * n);
  double *now = plate, *next = other.data();
  for (i64 t = 0; t < steps; ++t) {
    for (i64 i = 1; i < n - 1; ++i) {
      const double* __restrict u = now + i * n, *up = u - n, *down = u + n;
      double* __restrict v = next + i * n;
      for (i64 j = 1; j < n - 1; ++j) {
        v[j] = u[j] + rate * (up[j] + down[j] + u[j - 1] + u[j + 1] - 4 * u[j]);
      }
    }
    std::swap(now, next);
  }
  if (now != plate) std::memcpy(plate, now, n * n * sizeof(double));
}

// The new state takes the place of the one before the last.
extern "C" void wave(double* membrane, i64 n, i64 steps, double speed) {
  std::vector<double> other(membrane, membrane + n * n);
  double *now = membrane, *before = other.data();
  for (i64 t = 0; t < steps; ++t) {
    for (i64 i = 1; i < n - 1; ++i) {
      const double* __restrict u = now + i * n, *up = u - n, *down = u + n;
      double* __restrict v = before + i * n;
      for (i64 j = 1; j < n - 1; ++j) {
        const double around = up[j] + down[j] + u[j - 1] + u[j + 1];
        v[j] = 2 * u[j] - v[j] + speed * (around - 4 * u[j]);
      }
    }
    std::swap(now, before);
  }
  if (now != membrane) std::memcpy(membrane, now, n * n * sizeof(double));
}

namespace {

// What a becomes: by k, log of the sum over j of exp(a[j] + moves[j, k]), and seen[k].
void hmm_step(const double* __restrict a, const double* __restrict moves,
              const double* __restrict seen, double* __restrict out, i64 n) {
  std::vector<double> top(n, -INFINITY), sum(n, 0.0);
  double* __restrict m = top.data(), * __restrict s = sum.data();
  for (i64 j = 0; j < n; ++j) {
    for (i64 k = 0; k < n; ++k) m[k] = std::fmax(m[k], a[j] + moves[j * n + k]);
  }
  for (i64 j = 0; j < n; ++j) {
    for (i64 k = 0; k < n; ++k) s[k] += std::exp(a[j] + moves[j * n + k] - m[k]);
  }
  for (i64 k = 0; k < n; ++k) out[k] = m[k] + std::log(s[k]) + seen[k];
}

double log_sum(const double* a, i64 n) {
  double m = -INFINITY, s = 0;
  for (i64 k = 0; k < n; ++k) m = std::fmax(m, a[k]);
  for (i64 k = 0; k < n; ++k) s += std::exp(a[k] - m);
  return m + std::log(s);
}

}  // namespace

extern "C" void hmm(const double* first, const double* moves, const double* seen,
                    double* out, i64 n, i64 steps) {
  std::vector<double> a(first, first + n), b(n);
  for (i64 t = 0; t < steps; ++t) {
    hmm_step(a.data(), moves, seen + t * n, b.data(), n);
    a.swap(b);
  }
  *out = log_sum(a.data(), n);
}

// All states are kept; then backwards, each weight is exp(a[j] + moves[j, k] - b[k]).
extern "C" void hmm_gradient(const double* first, const double* moves,
                             const double* seen, double* __restrict out, i64 n,
                             i64 steps) {
  std::vector<double> states((steps + 1) * n), g(n), before(n);
  std::memcpy(states.data(), first, n * sizeof(double));
  for (i64 t = 0; t < steps; ++t) {
    double* a = states.data() + t * n;
    hmm_step(a, moves, seen + t * n, a + n, n);
  }
  const double* last = states.data() + steps * n;
  const double all = log_sum(last, n);
  for (i64 k = 0; k < n; ++k) g[k] = std::exp(last[k] - all);
  std::memset(out, 0, n * n * sizeof(double));
  for (i64 t = steps; t-- > 0;) {
    const double* __restrict a = states.data() + t * n, * __restrict s = seen + t * n;
    const double* __restrict b = a + n, * __restrict gk = g.data();
    for (i64 j = 0; j < n; ++j) {
      double total = 0;
      for (i64 k = 0; k < n; ++k) {
        const double w = gk[k] * std::exp(a[j] + moves[j * n + k] - (b[k] - s[k]));
        out[j * n + k] += w;
        total += w;
      }
      before[j] = total;
    }
    g.swap(before);
  }
}
