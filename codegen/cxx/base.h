// Helpers that every other snippet needs. A fused multiply-add stands only where it is
// written, and falls back to two roundings where the machine has none.
#define TL_INLINE static inline __attribute__((always_inline))
#define TL_RARE static __attribute__((noinline, cold))
#if defined(__FMA__) || defined(__aarch64__)
#define TL_FMA 1
#endif

TL_INLINE double fma_f64(double a, double b, double c) {
#ifdef TL_FMA
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}

TL_INLINE float fma_f32(float a, float b, float c) {
#ifdef TL_FMA
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

// c0 + c1 x + c2 x^2 + ...
TL_INLINE double horner(double, double c) { return c; }
TL_INLINE float horner(float, float c) { return c; }
template <class... Rest>
TL_INLINE double horner(double x, double c, Rest... rest) {
  return fma_f64(horner(x, rest...), x, c);
}
template <class... Rest>
TL_INLINE float horner(float x, float c, Rest... rest) {
  return fma_f32(horner(x, rest...), x, c);
}
// c0 + c2 z + c4 z^2 + ...
TL_INLINE double every_other(double, double c) { return c; }
TL_INLINE double every_other(double, double c, double) { return c; }
template <class... Rest>
TL_INLINE double every_other(double z, double c, double, Rest... rest) {
  return fma_f64(every_other(z, rest...), z, c);
}
// horner(x, c...) in half the time from x to the result: odd powers beside even ones.
// Less exact than it where these cancel.
template <class... Rest>
TL_INLINE double paired(double x, double c, Rest... rest) {
  double z = x * x;
  return fma_f64(every_other(z, rest...), x, every_other(z, c, rest...));
}

TL_INLINE u64 bits_f64(double x) { return __builtin_bit_cast(u64, x); }
TL_INLINE u32 bits_f32(float x) { return __builtin_bit_cast(u32, x); }
TL_INLINE double from_bits_f64(u64 x) { return __builtin_bit_cast(double, x); }
TL_INLINE float from_bits_f32(u32 x) { return __builtin_bit_cast(float, x); }

TL_INLINE double abs_f64(double x) { return __builtin_fabs(x); }
TL_INLINE float abs_f32(float x) { return __builtin_fabsf(x); }
TL_INLINE double copysign_f64(double x, double y) { return __builtin_copysign(x, y); }
TL_INLINE float copysign_f32(float x, float y) { return __builtin_copysignf(x, y); }
TL_INLINE double sqrt_f64(double x) { return __builtin_sqrt(x); }
TL_INLINE float sqrt_f32(float x) { return __builtin_sqrtf(x); }

// To the nearest integer, half to even, for |x| < 2^51 (2^22): after the addition the
// unit in the last place is 1. Unlike a conversion to int this keeps NaN and the width
// of the lane.
TL_INLINE double near_f64(double x) { return (x + 0x1.8p52) - 0x1.8p52; }
TL_INLINE float near_f32(float x) { return (x + 0x1.8p23f) - 0x1.8p23f; }

// 2^k for an integer k in [-1022, 1023] ([-126, 127]): the exponent field is built by
// an addition.
TL_INLINE double exp2i_f64(double k) {
  return from_bits_f64(bits_f64(k + (0x1.8p52 + 1023)) << 52);
}
TL_INLINE float exp2i_f32(float k) {
  return from_bits_f32(bits_f32(k + (0x1.8p23f + 127)) << 23);
}

// x 2^k with one rounding at most, also where 2^k or the result is not normal, for an
// integer k in [-2046, 2047] ([-254, 255]): the product of two powers, whose exponents
// are the halves of k + 2046 (254). Its low bits are those of `sum`, k + kBias.
constexpr double kBias_f64 = 0x1.8p52 + 2046;
constexpr float kBias_f32 = 0x1.8p23f + 254;
TL_INLINE double scale_biased_f64(double x, double sum) {
  u64 u = bits_f64(sum), half = u >> 1;
  return x * from_bits_f64(half << 52) * from_bits_f64((u - half) << 52);
}
TL_INLINE float scale_biased_f32(float x, float sum) {
  u32 u = bits_f32(sum), half = u >> 1;
  return x * from_bits_f32(half << 23) * from_bits_f32((u - half) << 23);
}
TL_INLINE double scale_f64(double x, double k) {
  return scale_biased_f64(x, k + kBias_f64);
}
TL_INLINE float scale_f32(float x, float k) {
  return scale_biased_f32(x, k + kBias_f32);
}
