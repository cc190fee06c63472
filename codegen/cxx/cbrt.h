// needs: expansion.h
// x = m 8^k, m in [1/2, 4). A polynomial gives cbrt(m) to 1e-2, one step of Halley's
// iteration to 1e-6; the second is a small correction y (m - y^3)/(2 y^3 + m), with y
// cut so that y^2 is exact.
TL_INLINE double halley_cbrt(double m) {
  double y =
      horner(m, 0x1.ee814cc67b28cp-2, 0x1.8d482ac56e7f0p-1, -0x1.6c808e331a081p-2,
             0x1.dab04eb3ab670p-4, -0x1.4c4126aff6497p-6, 0x1.78877ed39df45p-10);
  double c = y * y * y;
  return y * ((c + 2.0 * m) / (2.0 * c + m));
}
TL_INLINE double cbrt_f64(double x) {
  double a = abs_f64(x);
  bool tiny = a < 0x1p-1022;
  u64 u = bits_f64(tiny ? a * 0x1p54 : a);
  double e = from_bits_f64((u >> 52) | 0x4330000000000000) - (0x1p52 + 1023);
  double k = near_f64(e * 0x1.5555555555555p-2);
  double m = from_bits_f64((u & 0x000fffffffffffff) | 0x3ff0000000000000) *
             exp2i_f64(e - 3.0 * k);
  double y = from_bits_f64(bits_f64(halley_cbrt(m)) & 0xfffffffff0000000);
  double q = y * y, c = q * y;
  y = y + y * (residual_f64(m, q, y) / (2.0 * c + m));
  y = y * exp2i_f64(tiny ? k - 18.0 : k);
  y = ((a == 0.0) | !(a < __builtin_inf())) ? a : y;
  return copysign_f64(y, x);
}
// In double no float is tiny, and the first step of the iteration is enough.
TL_INLINE float cbrt_f32(float x) {
  double a = (double)abs_f32(x);
  u64 u = bits_f64(a);
  double e = from_bits_f64((u >> 52) | 0x4330000000000000) - (0x1p52 + 1023);
  double k = near_f64(e * 0x1.5555555555555p-2);
  double m = from_bits_f64((u & 0x000fffffffffffff) | 0x3ff0000000000000);
  double y = halley_cbrt(m * exp2i_f64(e - 3.0 * k)) * exp2i_f64(k);
  y = ((a == 0.0) | !(a < __builtin_inf())) ? a : y;
  return copysign_f32((float)y, x);
}
