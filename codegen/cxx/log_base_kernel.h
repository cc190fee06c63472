// needs: log_kernel.h, expansion.h
// ln(1 + f) as a pair, for logarithms to another base.
TL_INLINE pair_f64 log_pair_f64(double f) {
  double s = f / (2.0 + f);
  return fast_sum_f64(f, -(s * (f - log_tail_f64(s * s))));
}
TL_INLINE pair_f32 log_pair_f32(float f) {
  float s = f / (2.0f + f);
  return fast_sum_f32(f, -(s * (f - log_tail_f32(s * s))));
}
