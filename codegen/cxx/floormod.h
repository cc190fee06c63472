// needs: fmod.h
// Python's % and //: the remainder takes the sign of the divisor, and a zero quotient
// or remainder the sign NumPy gives it. The quotient comes from the exact remainder, so
// (a - r)/b is near an integer.
TL_INLINE double adjust_mod_f64(double r, double b) {
  double y = ((r != 0.0) & ((r < 0.0) != (b < 0.0))) ? r + b : r;
  return r == 0.0 ? copysign_f64(0.0, b) : y;
}
TL_INLINE double quotient_mod_f64(double r, double a, double b) {
  double d = (a - r) / b;
  d = ((r != 0.0) & ((r < 0.0) != (b < 0.0))) ? d - 1.0 : d;
  double f = floor_f64(d);
  f = d - f > 0.5 ? f + 1.0 : f;
  f = d == 0.0 ? copysign_f64(0.0, a / b) : f;
  return b == 0.0 ? a / b : f;
}
TL_INLINE double floormod_f64(double a, double b) {
  return adjust_mod_f64(fmod_f64(a, b), b);
}
TL_INLINE double floormod_fast_f64(double a, double b, i64& bad) {
  return adjust_mod_f64(fmod_fast_f64(a, b, bad), b);
}
TL_INLINE double floordiv_f64(double a, double b) {
  return quotient_mod_f64(fmod_f64(a, b), a, b);
}
TL_INLINE double floordiv_fast_f64(double a, double b, i64& bad) {
  return quotient_mod_f64(fmod_fast_f64(a, b, bad), a, b);
}

TL_INLINE float adjust_mod_f32(float r, float b) {
  float y = ((r != 0.0f) & ((r < 0.0f) != (b < 0.0f))) ? r + b : r;
  return r == 0.0f ? copysign_f32(0.0f, b) : y;
}
TL_INLINE float quotient_mod_f32(float r, float a, float b) {
  float d = (a - r) / b;
  d = ((r != 0.0f) & ((r < 0.0f) != (b < 0.0f))) ? d - 1.0f : d;
  float f = floor_f32(d);
  f = d - f > 0.5f ? f + 1.0f : f;
  f = d == 0.0f ? copysign_f32(0.0f, a / b) : f;
  return b == 0.0f ? a / b : f;
}
TL_INLINE float floormod_f32(float a, float b) {
  return adjust_mod_f32(fmod_f32(a, b), b);
}
TL_INLINE float floormod_fast_f32(float a, float b, i64& bad) {
  return adjust_mod_f32(fmod_fast_f32(a, b, bad), b);
}
TL_INLINE float floordiv_f32(float a, float b) {
  return quotient_mod_f32(fmod_f32(a, b), a, b);
}
TL_INLINE float floordiv_fast_f32(float a, float b, i64& bad) {
  return quotient_mod_f32(fmod_fast_f32(a, b, bad), a, b);
}
