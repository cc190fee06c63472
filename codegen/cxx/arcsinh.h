// needs: log_short.h, expansion.h
// ln(a + R), R = sqrt(1 + a^2) as a pair. Where that is near 0 instead 2 atanh(s) with
// s = tanh(y/2) = a / (1 + R), and 2 s = a - s (s a). Beyond 2^30, R = a.
TL_INLINE double arcsinh_f64(double x) {
  double a = abs_f64(x);
  bool small = a < 0.35, big = a > 0x1p30;
  pair_f64 q = product_f64(a, a);
  pair_f64 v = sum_f64(1.0, q.hi);
  double root = sqrt_f64(v.hi);
  double root_low = (residual_f64(v.hi, root, root) + (v.lo + q.lo)) / (root + root);
  pair_f64 u = sum_f64(a, root);
  split_f64 p = split_log_f64(big ? a : u.hi);
  double low = big ? 0.0 : u.lo + root_low;
  double f = fma_f64(low, exp2i_f64(p.k > 64.0 ? -64.0 : -p.k), p.f);
  double k = big ? p.k + 1.0 : p.k;
  double s = (small ? a : f) / (small ? 1.0 + root : 2.0 + f);
  double t = s * ((small ? s * a : f) - log_tail_f64(s * s));
  k = small ? 0.0 : k;
  f = small ? a : f;
  double y = fma_f64(k, 0x1.62e42fefa3800p-1, f - (t - k * 0x1.ef35793c76730p-45));
  return copysign_f64(a < __builtin_inf() ? y : a, x);
}
TL_INLINE float arcsinh_f32(float x) {
  double a = (double)abs_f32(x);
  double y = log_short_f64(a + sqrt_f64(fma_f64(a, a, 1.0)));
  y = a < 1e-4 ? a : y;
  return copysign_f32((float)(a < __builtin_inf() ? y : a), x);
}
