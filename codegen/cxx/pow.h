// needs: log_kernel.h, expansion.h, exp2.h, rounding.h
// |x|^y = 2^(y log2 |x|), the logarithm as a pair with 66 bits. log2(1 + f) = s (c1 +
// c3 z + z^2 P(z)), s = f / (2 + f) as a pair.
TL_INLINE pair_f64 log2_pair_f64(double a) {
  split_f64 p = split_log_f64(a);
  double d = 2.0 + p.f, d_low = (2.0 - d) + p.f;
  double inverse = 1.0 / d, s = p.f * inverse;
  double s_low = (residual_f64(p.f, s, d) - s * d_low) * inverse;
  pair_f64 z = product_f64(s, s);
  z.lo = fma_f64(2.0 * s, s_low, z.lo);
  double tail =
      horner(z.hi, 0x1.2776c50ef9bfep-1, 0x1.a61762a7adfa9p-2, 0x1.484b13d79c08bp-2,
             0x1.0c9a84bf7d5e8p-2, 0x1.c68f2edc66a05p-3, 0x1.89feda6ebf723p-3,
             0x1.59dfb3503e6b3p-3, 0x1.5a695e156ba31p-3);
  pair_f64 t = product_f64(z.hi, 0x1.ec709dc3a03fdp-1);
  t.lo += fma_f64(z.hi, 0x1.d27f05548af0cp-55, z.lo * 0x1.ec709dc3a03fdp-1);
  t.lo = fma_f64(z.hi * z.hi, tail, t.lo);
  pair_f64 w = fast_sum_f64(0x1.71547652b82fep+1, t.hi);
  w.lo += 0x1.777d0ffda0d24p-55 + t.lo;
  pair_f64 l = product_f64(s, w.hi);
  l.lo += fma_f64(s, w.lo, s_low * w.hi);
  pair_f64 r = fast_sum_f64(p.k, l.hi);
  return fast_sum_f64(r.hi, r.lo + l.lo);
}
TL_INLINE double log2_short_f64(double a) {
  split_f64 p = split_log_f64(a);
  double s = p.f / (2.0 + p.f), z = s * s;
  double q = horner(z, 0x1.71547652b82fep+1, 0x1.ec709dc3a03fdp-1, 0x1.2776c50ef9bfep-1,
                    0x1.a61762a7adfa9p-2, 0x1.484b13d79c08bp-2, 0x1.0c9a84bf7d5e8p-2);
  return fma_f64(s, q, p.k);
}

// 2^(y l), with the sign and the cases of C's pow.
TL_INLINE double finish_pow_f64(double x, double y, pair_f64 l) {
  double a = abs_f64(x), inf = __builtin_inf();
  double log_hi = a < inf ? (a == 0.0 ? -inf : l.hi) : a;
  double log_lo = abs_f64(log_hi) < inf ? l.lo : 0.0;
  double hi = y * log_hi;
  bool inside = abs_f64(hi) < 1100.0;
  double lo = inside ? fma_f64(y, log_lo, residual_f64(-hi, -y, log_hi)) : 0.0;
  hi = hi > 1100.0 ? 1100.0 : hi;
  hi = hi < -1100.0 ? -1100.0 : hi;
  double k = near_f64(hi);
  double r = scale_f64(exp2_fraction_f64((hi - k) + lo), k);
  r = a == 1.0 ? 1.0 : r;
  double half = y * 0.5;
  double undefined = trunc_f64(y) == y ? r : __builtin_nan("");
  undefined = a < inf ? undefined : r;
  r = x < 0.0 ? undefined : r;
  r = abs_f64(half - trunc_f64(half)) == 0.5 ? copysign_f64(r, x) : r;
  r = y == y ? r : y;
  r = y == 0.0 ? 1.0 : r;
  return x == 1.0 ? 1.0 : r;
}
TL_INLINE double pow_f64(double x, double y) {
  return finish_pow_f64(x, y, log2_pair_f64(abs_f64(x)));
}
TL_INLINE float pow_f32(float x, float y) {
  return (float)finish_pow_f64((double)x, (double)y,
                               {log2_short_f64((double)abs_f32(x)), 0.0});
}
