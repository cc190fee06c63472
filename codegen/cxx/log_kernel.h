// needs: base.h
// x = 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt(2)); s = f / (2 + f); ln(1 + f) = 2
// atanh(s) = 2 s + s z P(z), z = s^2. As 2 s = f - s f it is also f - s (f - z P): the
// leading term is exact.
struct split_f64 {
  double k, f;
};
struct split_f32 {
  float k, f;
};

TL_INLINE split_f64 split_log_f64(double x) {
  bool tiny = x < 0x1p-1022;
  u64 u = bits_f64(tiny ? x * 0x1p54 : x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  double k = from_bits_f64((u >> 52) | 0x4330000000000000) -
             (tiny ? 0x1p52 + 1077 : 0x1p52 + 1023);
  double m = from_bits_f64((u & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd);
  return {k, m - 1.0};
}
TL_INLINE split_f32 split_log_f32(float x) {
  bool tiny = x < 0x1p-126f;
  u32 u = bits_f32(tiny ? x * 0x1p25f : x) + (0x3f800000 - 0x3f3504f3);
  float k =
      from_bits_f32((u >> 23) | 0x4b000000) - (tiny ? 0x1p23f + 152 : 0x1p23f + 127);
  float m = from_bits_f32((u & 0x007fffff) + 0x3f3504f3);
  return {k, m - 1.0f};
}

TL_INLINE double log_tail_f64(double z) {
  return z * horner(z, 0x1.5555555555558p-1, 0x1.9999999995273p-2, 0x1.2492492dfd86cp-2,
                    0x1.c71c62d5e53e0p-3, 0x1.7462b91b8df65p-3, 0x1.39fdcceb4bb45p-3,
                    0x1.2b5f68a50d903p-3);
}
TL_INLINE float log_tail_f32(float z) {
  return z * horner(z, 0x1.555556p-1f, 0x1.999a96p-2f, 0x1.241f5cp-2f, 0x1.e865eap-3f);
}

// k ln 2 + ln(1 + f)
TL_INLINE double join_log_f64(double k, double f) {
  double s = f / (2.0 + f);
  double t = s * (f - log_tail_f64(s * s));
  return fma_f64(k, 0x1.62e42fefa3800p-1, f - (t - k * 0x1.ef35793c76730p-45));
}
TL_INLINE float join_log_f32(float k, float f) {
  float s = f / (2.0f + f);
  float t = s * (f - log_tail_f32(s * s));
  return fma_f32(k, 0x1.62e000p-1f, f - (t - k * 0x1.0bfbe8p-15f));
}

// What a logarithm of x is where y does not hold: at 0, below, at infinity and NaN.
TL_INLINE double log_edges_f64(double x, double y) {
  y = x < __builtin_inf() ? y : x;
  y = x == 0.0 ? -__builtin_inf() : y;
  return x < 0.0 ? __builtin_nan("") : y;
}
TL_INLINE float log_edges_f32(float x, float y) {
  y = x < __builtin_inff() ? y : x;
  y = x == 0.0f ? -__builtin_inff() : y;
  return x < 0.0f ? __builtin_nanf("") : y;
}
