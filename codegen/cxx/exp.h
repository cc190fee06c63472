// needs: exp_kernel.h
// What is out of range is told behind the work: of bounds before it gcc moves much of
// the work into both arms, and computes that twice.
TL_INLINE double exp_f64(double x) {
  double sum = fma_f64(x, 0x1.71547652b82fep+0, kBias_f64), k = sum - kBias_f64;
  double a = fma_f64(-k, 0x1.62e42fefa3800p-1, x);
  double r = fma_f64(-k, 0x1.ef35793c76730p-45, a);
  double y = 1.0 + fma_f64(r * r, exp_quotient_f64(r), r);
  y = scale_biased_f64(y, sum);
  y = x > 710.0 ? __builtin_inf() : y;
  return x < -746.0 ? 0.0 : y;
}
TL_INLINE float exp_f32(float x) {
  float sum = fma_f32(x, 0x1.715476p+0f, kBias_f32), k = sum - kBias_f32;
  float a = fma_f32(-k, 0x1.62e000p-1f, x);
  float r = fma_f32(-k, 0x1.0bfbe8p-15f, a);
  float y = 1.0f + fma_f32(r * r, exp_quotient_f32(r), r);
  y = scale_biased_f32(y, sum);
  y = x > 89.0f ? __builtin_inff() : y;
  return x < -104.0f ? 0.0f : y;
}
