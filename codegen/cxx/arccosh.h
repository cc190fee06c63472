// needs: log_short.h, expansion.h
// ln(x + R), R = sqrt(x^2 - 1) as a pair; near 1 instead 2 atanh(s), s = sqrt((x -
// 1)/(x + 1)).
TL_INLINE double arccosh_f64(double x) {
  bool small = x < 1.06, big = x > 0x1p30;
  pair_f64 q = product_f64(x, x);
  double v = (q.hi - 1.0) + q.lo;
  double v_low = (q.hi - 1.0) - v + q.lo;
  double root = sqrt_f64(v);
  double root_low = (residual_f64(v, root, root) + v_low) / (root + root);
  pair_f64 u = sum_f64(x, root);
  split_f64 p = split_log_f64(big ? x : u.hi);
  double low = big ? 0.0 : u.lo + root_low;
  double f = fma_f64(low, exp2i_f64(p.k > 64.0 ? -64.0 : -p.k), p.f);
  double k = big ? p.k + 1.0 : p.k;
  double s = (small ? x - 1.0 : f) / (small ? x + 1.0 : 2.0 + f);
  s = small ? sqrt_f64(s) : s;
  double t = s * ((small ? 0.0 : f) - log_tail_f64(s * s));
  k = small ? 0.0 : k;
  f = small ? s + s : f;
  double y = fma_f64(k, 0x1.62e42fefa3800p-1, f - (t - k * 0x1.ef35793c76730p-45));
  y = x < __builtin_inf() ? y : x;
  return x < 1.0 ? __builtin_nan("") : y;
}
TL_INLINE float arccosh_f32(float x) {
  double a = (double)x;
  double y = log_short_f64(a + sqrt_f64((a - 1.0) * (a + 1.0)));
  y = a < __builtin_inf() ? y : a;
  return a < 1.0 ? __builtin_nanf("") : (float)y;
}
