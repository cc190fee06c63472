// needs: log_kernel.h
TL_INLINE double log_f64(double x) {
  split_f64 p = split_log_f64(x);
  return log_edges_f64(x, join_log_f64(p.k, p.f));
}
TL_INLINE float log_f32(float x) {
  split_f32 p = split_log_f32(x);
  return log_edges_f32(x, join_log_f32(p.k, p.f));
}
