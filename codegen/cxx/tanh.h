// needs: hyperbolic_kernel.h
// From 22 (10 in float32) on, the answer rounds to 1. From k = 2 on it is 1 - 2
// exp(-|x|) / (exp(|x|)
// + exp(-|x|)), which cannot exceed 1.
TL_INLINE double tanh_f64(double x) {
  double a = abs_f64(x);
  hyperbolic_f64 h = reduce_hyperbolic_f64(a > 22.0 ? 22.0 : a);
  bool far = h.k > 1.5;
  pair_f64 n = combine_f64(h, -h.q);
  n.hi = far ? -2.0 * h.q * (1.0 - (h.r - (h.c - h.s))) : n.hi;
  n.lo = far ? 0.0 : n.lo;
  return copysign_f64((far ? 1.0 : 0.0) + quotient_f64(n, combine_f64(h, h.q)), x);
}
TL_INLINE float tanh_f32(float x) {
  float a = abs_f32(x);
  hyperbolic_f32 h = reduce_hyperbolic_f32(a > 10.0f ? 10.0f : a);
  bool far = h.k > 1.5f;
  pair_f32 n = combine_f32(h, -h.q);
  n.hi = far ? -2.0f * h.q * (1.0f - (h.r - (h.c - h.s))) : n.hi;
  n.lo = far ? 0.0f : n.lo;
  return copysign_f32((far ? 1.0f : 0.0f) + quotient_f32(n, combine_f32(h, h.q)), x);
}
