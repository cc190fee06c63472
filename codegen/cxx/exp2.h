// needs: base.h
// 2^x = 2^k (1 + r (ln 2 + r Q(r))), |r| <= 1/2.
TL_INLINE double exp2_fraction_f64(double r) {
  double z = r * r;
  double even =
      horner(z, 0x1.ebfbdff82c590p-3, 0x1.3b2ab6fba384dp-7, 0x1.430913037f120p-13,
             0x1.62bfe447b9790p-20, 0x1.e5ea2f3e44b1dp-28);
  double odd =
      horner(z, 0x1.c6b08d704a0c0p-5, 0x1.5d87fe78a5dbdp-10, 0x1.ffcbfc61fcc08p-17,
             0x1.b5250862da152p-24, 0x1.e9bc0ef77f8f2p-32);
  double low = fma_f64(z, fma_f64(odd, r, even), r * 0x1.abc9e3b39803fp-56);
  return 1.0 + fma_f64(r, 0x1.62e42fefa39efp-1, low);
}
TL_INLINE double exp2_f64(double x) {
  double sum = x + kBias_f64, k = sum - kBias_f64;
  double y = scale_biased_f64(exp2_fraction_f64(x - k), sum);
  y = x > 1025.0 ? __builtin_inf() : y;
  return x < -1080.0 ? 0.0 : y;
}
TL_INLINE float exp2_f32(float x) {
  float sum = x + kBias_f32, k = sum - kBias_f32, r = x - k;
  float q = horner(r, 0x1.ebfbe0p-3f, 0x1.c6afecp-5f, 0x1.3b2a80p-7f, 0x1.5ec8a8p-10f,
                   0x1.43e744p-13f);
  float y = scale_biased_f32(1.0f + r * fma_f32(r, q, 0x1.62e430p-1f), sum);
  y = x > 129.0f ? __builtin_inff() : y;
  return x < -152.0f ? 0.0f : y;
}
