// needs: exp_kernel.h, expansion.h
// E / (E + 2), E = expm1(2 |x|), both over 2^k, which leaves E' / (E' + 2^(1 - k)) and
// nothing that overflows. From 22 (10 in float32) on, the answer rounds to 1.
TL_INLINE double tanh_f64(double x) {
  double a = abs_f64(x);
  reduced_f64 e = reduce_exp_f64(2.0 * (a > 22.0 ? 22.0 : a));
  double q = exp2i_f64(-e.k), c = 1.0 - q;
  pair_f64 n = fast_sum_f64(c, e.r);
  n = fast_sum_f64(n.hi, n.lo + (e.low + exp_tail_f64(e.r)));
  pair_f64 d = sum_f64(n.hi, q + q);
  return copysign_f64(quotient_f64(n, {d.hi, d.lo + n.lo}), x);
}
TL_INLINE float tanh_f32(float x) {
  float a = abs_f32(x);
  reduced_f32 e = reduce_exp_f32(2.0f * (a > 10.0f ? 10.0f : a));
  float q = exp2i_f32(-e.k), c = 1.0f - q;
  pair_f32 n = fast_sum_f32(c, e.r);
  n = fast_sum_f32(n.hi, n.lo + (e.low + exp_tail_f32(e.r)));
  pair_f32 d = sum_f32(n.hi, q + q);
  return copysign_f32(quotient_f32(n, {d.hi, d.lo + n.lo}), x);
}
