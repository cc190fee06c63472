// needs: exp_kernel.h
// expm1(x) = 2^k ((1 - 2^-k + r) + tail). Below -40 the answer is -1; above k = 64 the
// 1 is lost.
TL_INLINE double expm1_f64(double x) {
  double t = x < -40.0 ? -40.0 : x;
  t = t > 710.0 ? 710.0 : t;
  reduced_f64 e = reduce_exp_f64(t);
  double c = 1.0 - exp2i_f64(e.k > 64.0 ? -64.0 : -e.k);
  double hi = c + e.r;
  double low = (c - hi) + e.r;
  double y = scale_f64(hi + (low + (e.low + exp_tail_f64(e.r))), e.k);
  return x == 0.0 ? x : y;
}
TL_INLINE float expm1_f32(float x) {
  float t = x < -20.0f ? -20.0f : x;
  t = t > 89.0f ? 89.0f : t;
  reduced_f32 e = reduce_exp_f32(t);
  float c = 1.0f - exp2i_f32(e.k > 32.0f ? -32.0f : -e.k);
  float hi = c + e.r;
  float low = (c - hi) + e.r;
  float y = scale_f32(hi + (low + (e.low + exp_tail_f32(e.r))), e.k);
  return x == 0.0f ? x : y;
}
