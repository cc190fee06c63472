// needs: hyperbolic_kernel.h
TL_INLINE double sinh_f64(double x) {
  double a = abs_f64(x);
  hyperbolic_f64 h = reduce_hyperbolic_f64(a > 712.0 ? 712.0 : a);
  return copysign_f64(scale_f64(combine_f64(h, -h.q).hi, h.k - 1.0), x);
}
TL_INLINE float sinh_f32(float x) {
  float a = abs_f32(x);
  hyperbolic_f32 h = reduce_hyperbolic_f32(a > 91.0f ? 91.0f : a);
  return copysign_f32(scale_f32(combine_f32(h, -h.q).hi, h.k - 1.0f), x);
}
