// needs: trigonometric_kernel.h
// The same for float32, in double: 25 bits of pi/2 times k < 2^28 are exact.
TL_INLINE turned_f64 reduce_turn_f32(float value) {
  double x = (double)value;
  double t = fma_f64(x, 0x1.45f306dc9c883p-1, 0x1.8p52);
  double k = t - 0x1.8p52;
  double r = fma_f64(-k, 0x1.921fb50000000p+0, x) - k * 0x1.110b4611a6263p-26;
  return {bits_f64(t), r, 0.0};
}
TL_INLINE double sine_short_f64(double r) {
  double z = r * r;
  double p = horner(z, -0x1.555555545c0f8p-3, 0x1.11110dea5e8c0p-7,
                    -0x1.a013a11619d1bp-13, 0x1.6dbbee1f24647p-19);
  return fma_f64(z * r, p, r);
}
TL_INLINE double cosine_short_f64(double r) {
  double z = r * r;
  double p =
      horner(z, 0x1.5555543fd0b8fp-5, -0x1.6c12ceea84a52p-10, 0x1.9bd670a50ba0cp-16);
  return fma_f64(z * z, p, fma_f64(z, -0.5, 1.0));
}
TL_INLINE double turned_sine_f32(turned_f64 r, u64 turn) {
  u64 q = r.quadrant + turn;
  double y = (q & 1) != 0 ? cosine_short_f64(r.hi) : sine_short_f64(r.hi);
  return from_bits_f64(bits_f64(y) ^ ((q & 2) << 62));
}
TL_INLINE double turned_tangent_f32(turned_f64 r) {
  double s = sine_short_f64(r.hi), c = cosine_short_f64(r.hi);
  bool odd = (r.quadrant & 1) != 0;
  return (odd ? -c : s) / (odd ? s : c);
}
TL_INLINE bool is_far_turn_f32(float x) {
  float a = abs_f32(x);
  return (a > 0x1p28f) & (a < __builtin_inff());
}
