// needs: base.h
// The larger is brought near 1 by a power of two, so that the squares neither overflow
// nor vanish.
TL_INLINE double hypot_f64(double x, double y) {
  double a = abs_f64(x), b = abs_f64(y);
  double high = a > b ? a : b, low = a > b ? b : a;
  u64 e = bits_f64(high) & 0x7ff0000000000000;
  e = e < 0x0360000000000000 ? 0x0360000000000000 : e;
  e = e > 0x7fd0000000000000 ? 0x7fd0000000000000 : e;
  double scale = from_bits_f64(0x7fe0000000000000 - e);
  double h = high * scale, l = low * scale;
  double r = sqrt_f64(fma_f64(h, h, l * l)) * from_bits_f64(e);
  bool infinite = (a == __builtin_inf()) | (b == __builtin_inf());
  return infinite ? __builtin_inf() : ((a != a) | (b != b)) ? a + b : r;
}
TL_INLINE float hypot_f32(float x, float y) {
  double a = (double)x, b = (double)y;
  float r = (float)sqrt_f64(fma_f64(a, a, b * b));
  bool infinite = (abs_f32(x) == __builtin_inff()) | (abs_f32(y) == __builtin_inff());
  return infinite ? __builtin_inff() : r;
}
