// needs: log_kernel.h
// ln(u + c), u = fl(1 + x), c the rounding error of that sum, brought to the scale of
// u.
TL_INLINE double log1p_f64(double x) {
  double u = 1.0 + x, t = u - 1.0;
  double c = (1.0 - (u - t)) + (x - t);
  split_f64 p = split_log_f64(u);
  double f = fma_f64(c, exp2i_f64(p.k > 64.0 ? -64.0 : -p.k), p.f);
  double y = log_edges_f64(u, join_log_f64(p.k, f));
  return x == 0.0 ? x : y;
}
TL_INLINE float log1p_f32(float x) {
  float u = 1.0f + x, t = u - 1.0f;
  float c = (1.0f - (u - t)) + (x - t);
  split_f32 p = split_log_f32(u);
  float f = fma_f32(c, exp2i_f32(p.k > 64.0f ? -64.0f : -p.k), p.f);
  float y = log_edges_f32(u, join_log_f32(p.k, f));
  return x == 0.0f ? x : y;
}
