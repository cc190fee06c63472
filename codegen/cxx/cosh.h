// needs: hyperbolic_kernel.h
TL_INLINE double cosh_f64(double x) {
  double a = abs_f64(x);
  hyperbolic_f64 h = reduce_hyperbolic_f64(a > 712.0 ? 712.0 : a);
  return scale_f64(combine_f64(h, h.q).hi, h.k - 1.0);
}
TL_INLINE float cosh_f32(float x) {
  float a = abs_f32(x);
  hyperbolic_f32 h = reduce_hyperbolic_f32(a > 91.0f ? 91.0f : a);
  return scale_f32(combine_f32(h, h.q).hi, h.k - 1.0f);
}
