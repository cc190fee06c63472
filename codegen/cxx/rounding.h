// needs: base.h
// One instruction where the machine has it (without, the built-in would be a library
// call); else an addition of 2^52 rounds and a comparison corrects.
#if defined(__SSE4_1__) || defined(__aarch64__)
TL_INLINE double floor_f64(double x) { return __builtin_floor(x); }
TL_INLINE double ceil_f64(double x) { return __builtin_ceil(x); }
TL_INLINE double trunc_f64(double x) { return __builtin_trunc(x); }
TL_INLINE double rint_f64(double x) { return __builtin_rint(x); }
TL_INLINE float floor_f32(float x) { return __builtin_floorf(x); }
TL_INLINE float ceil_f32(float x) { return __builtin_ceilf(x); }
TL_INLINE float trunc_f32(float x) { return __builtin_truncf(x); }
TL_INLINE float rint_f32(float x) { return __builtin_rintf(x); }
#else
TL_INLINE double rint_f64(double x) {
  double a = abs_f64(x);
  return copysign_f64(a < 0x1p52 ? (a + 0x1p52) - 0x1p52 : a, x);
}
TL_INLINE double floor_f64(double x) {
  double r = rint_f64(x);
  return r > x ? r - 1.0 : r;
}
TL_INLINE double ceil_f64(double x) { return -floor_f64(-x); }
TL_INLINE double trunc_f64(double x) { return copysign_f64(floor_f64(abs_f64(x)), x); }
TL_INLINE float rint_f32(float x) { return (float)rint_f64((double)x); }
TL_INLINE float floor_f32(float x) { return (float)floor_f64((double)x); }
TL_INLINE float ceil_f32(float x) { return (float)ceil_f64((double)x); }
TL_INLINE float trunc_f32(float x) { return (float)trunc_f64((double)x); }
#endif

// Half away from zero. The difference from the truncated value is exact.
TL_INLINE double round_away_f64(double x) {
  double t = trunc_f64(abs_f64(x));
  return copysign_f64(abs_f64(x) - t >= 0.5 ? t + 1.0 : t, x);
}
TL_INLINE float round_away_f32(float x) {
  float t = trunc_f32(abs_f32(x));
  return copysign_f32(abs_f32(x) - t >= 0.5f ? t + 1.0f : t, x);
}
