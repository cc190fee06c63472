// needs: exp_kernel.h
TL_INLINE double exp_f64(double x) {
  double t = x < -746.0 ? -746.0 : x;
  t = t > 710.0 ? 710.0 : t;
  reduced_f64 e = reduce_exp_f64(t);
  return scale_f64(1.0 + (e.r + exp_tail_f64(e.r)), e.k);
}
TL_INLINE float exp_f32(float x) {
  float t = x < -104.0f ? -104.0f : x;
  t = t > 89.0f ? 89.0f : t;
  reduced_f32 e = reduce_exp_f32(t);
  return scale_f32(1.0f + (e.r + exp_tail_f32(e.r)), e.k);
}
