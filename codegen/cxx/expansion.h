// needs: base.h
// Error-free transformations [1]: a value as the unevaluated sum of two doubles.
struct pair_f64 {
  double hi, lo;
};

// a + b for |a| >= |b| or a == 0.
TL_INLINE pair_f64 fast_sum_f64(double a, double b) {
  double s = a + b;
  return {s, (a - s) + b};
}

TL_INLINE pair_f64 sum_f64(double a, double b) {
  double s = a + b, t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}

TL_INLINE pair_f64 product_f64(double a, double b) {
  double p = a * b;
#ifdef TL_FMA
  return {p, __builtin_fma(a, b, -p)};
#else
  double ta = a * 134217729.0, tb = b * 134217729.0;
  double ah = ta - (ta - a), bh = tb - (tb - b);
  double al = a - ah, bl = b - bh;
  return {p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
#endif
}

// c - a b, rounded once where c is near a b.
TL_INLINE double residual_f64(double c, double a, double b) {
#ifdef TL_FMA
  return __builtin_fma(-a, b, c);
#else
  pair_f64 p = product_f64(a, b);
  return (c - p.hi) - p.lo;
#endif
}

// n / d, where the low parts are corrections.
TL_INLINE double quotient_f64(pair_f64 n, pair_f64 d) {
  double inverse = 1.0 / d.hi, q = n.hi * inverse;
  return fma_f64(residual_f64(n.hi, q, d.hi) + fma_f64(-q, d.lo, n.lo), inverse, q);
}

// The same in float32; the product of two floats is exact in double.
struct pair_f32 {
  float hi, lo;
};
TL_INLINE pair_f32 fast_sum_f32(float a, float b) {
  float s = a + b;
  return {s, (a - s) + b};
}
TL_INLINE pair_f32 sum_f32(float a, float b) {
  float s = a + b, t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}
TL_INLINE float residual_f32(float c, float a, float b) {
#ifdef TL_FMA
  return __builtin_fmaf(-a, b, c);
#else
  return (float)((double)c - (double)a * (double)b);
#endif
}
TL_INLINE float quotient_f32(pair_f32 n, pair_f32 d) {
  float inverse = 1.0f / d.hi, q = n.hi * inverse;
  return fma_f32(residual_f32(n.hi, q, d.hi) + fma_f32(-q, d.lo, n.lo), inverse, q);
}
