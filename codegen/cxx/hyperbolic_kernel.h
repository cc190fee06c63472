// needs: exp_kernel.h, expansion.h
// For |x| = k ln 2 + r: sinh r = r + s, cosh r = 1 + c, q = 4^-k; then
// exp(|x|) -+ exp(-|x|) = 2^k ((1 -+ q) cosh r + (1 +- q) sinh r).
struct hyperbolic_f64 {
  double k, q, r, s, c;
};
struct hyperbolic_f32 {
  float k, q, r, s, c;
};

TL_INLINE hyperbolic_f64 reduce_hyperbolic_f64(double a) {
  reduced_f64 e = reduce_exp_f64(a);
  double z = e.r * e.r;
  double s =
      horner(z, 0x1.5555555555556p-3, 0x1.11111111109adp-7, 0x1.a01a01a7c8d47p-13,
             0x1.71de0d9c145d0p-19, 0x1.af38d53857513p-26);
  double c =
      horner(z, 0x1.0000000000000p-1, 0x1.5555555555557p-5, 0x1.6c16c16c15a5ap-10,
             0x1.a01a01a9ef9afp-16, 0x1.27e4d409424fcp-22, 0x1.1f7f455025eadp-29);
  double m = e.k > 40.0 ? -40.0 : -e.k;
  return {e.k, exp2i_f64(m + m), e.r, fma_f64(z * e.r, s, e.low), z * c};
}
TL_INLINE hyperbolic_f32 reduce_hyperbolic_f32(float a) {
  reduced_f32 e = reduce_exp_f32(a);
  float z = e.r * e.r;
  float s = horner(z, 0x1.555556p-3f, 0x1.1110e0p-7f, 0x1.a12528p-13f);
  float c = horner(z, 0x1.000000p-1f, 0x1.5554e8p-5f, 0x1.6d4362p-10f);
  float m = e.k > 30.0f ? -30.0f : -e.k;
  return {e.k, exp2i_f32(m + m), e.r, fma_f32(z * e.r, s, e.low), z * c};
}

// (1 + p) cosh r + (1 - p) sinh r for p = q or -q, with the rounding of the leading sum
// carried.
TL_INLINE pair_f64 combine_f64(hyperbolic_f64 h, double p) {
  double a = 1.0 + p, b = fma_f64(-p, h.r, h.r);
  double hi = a + b;
  double low = (((a - hi) + b) + ((1.0 - a) + p)) + fma_f64(-p, h.r, h.r - b);
  return fast_sum_f64(hi, low + fma_f64(a, h.c, (1.0 - p) * h.s));
}
TL_INLINE pair_f32 combine_f32(hyperbolic_f32 h, float p) {
  float a = 1.0f + p, b = fma_f32(-p, h.r, h.r);
  float hi = a + b;
  float low = (((a - hi) + b) + ((1.0f - a) + p)) + fma_f32(-p, h.r, h.r - b);
  return fast_sum_f32(hi, low + fma_f32(a, h.c, (1.0f - p) * h.s));
}
