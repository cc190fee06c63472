// needs: expansion.h, rounding.h
// a - b trunc(a/b), exact. The rounded quotient is at most one too large while it is
// below 2^53, and then the residual, corrected by b, is exact. Beyond: long division,
// eleven bits a step.
TL_RARE double fmod_large_f64(double x, double y) {
  u64 a = bits_f64(abs_f64(x)), b = bits_f64(abs_f64(y));
  i64 ea = (i64)(a >> 52), eb = (i64)(b >> 52);
  a = ea ? (a & 0x000fffffffffffff) | 0x0010000000000000 : a;
  b = eb ? (b & 0x000fffffffffffff) | 0x0010000000000000 : b;
  i64 steps = (ea ? ea : 1) - (eb ? eb : 1);
  for (a %= b; steps > 0 && a; steps -= 11) a = (a << (steps < 11 ? steps : 11)) % b;
  double r =
      (double)a * (eb > 1022 ? exp2i_f64((double)(eb - 1075))
                             : exp2i_f64((double)((eb ? eb : 1) - 1022)) * 0x1p-53);
  return copysign_f64(r, x);
}
TL_INLINE double fmod_fast_f64(double x, double y, i64& bad) {
  double a = abs_f64(x), b = abs_f64(y), inf = __builtin_inf();
  double q = a / b;
  bool far = (q >= 0x1p53) & (a < inf) & (b > 0.0);
#ifndef TL_FMA
  far |= ((a > 0x1p990) | (b < 0x1p-900)) & (a < inf) & (b > 0.0) & (a >= b);
#endif
  bad |= far;
  double r = residual_f64(a, trunc_f64(q), b);
  r = r < 0.0 ? r + b : r;
  r = ((a < inf) & (a < b)) ? a : r;
  return copysign_f64(r, x);
}
TL_INLINE double fmod_f64(double x, double y) {
  i64 bad = 0;
  double r = fmod_fast_f64(x, y, bad);
  return bad ? fmod_large_f64(x, y) : r;
}
TL_INLINE float fmod_fast_f32(float x, float y, i64& bad) {
  return (float)fmod_fast_f64((double)x, (double)y, bad);
}
TL_INLINE float fmod_f32(float x, float y) {
  return (float)fmod_f64((double)x, (double)y);
}
