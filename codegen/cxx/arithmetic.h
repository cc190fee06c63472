// needs: base.h
// What one operator does not say. `sign` of NaN is NaN, of -0 is 0; maximum and minimum
// keep a NaN and, of equal values, the first: with `>=` in place of `>` gcc would not
// see the instruction for it.
template <class T>
TL_INLINE T sqr(T x) {
  return (T)(x * x);
}
template <class T>
TL_INLINE T sign(T x) {
  return x > (T)0 ? (T)1 : x < (T)0 ? (T)-1 : x == (T)0 ? (T)0 : x;
}
template <class T>
TL_INLINE T maximum(T a, T b) {
  T m = b > a ? b : a;
  return b != b ? b : m;
}
template <class T>
TL_INLINE T minimum(T a, T b) {
  T m = b < a ? b : a;
  return b != b ? b : m;
}
template <class T>
TL_INLINE bool is_nan(T x) {
  return x != x;
}
TL_INLINE bool is_inf(double x) { return abs_f64(x) == __builtin_inf(); }
TL_INLINE bool is_inf(float x) { return abs_f32(x) == __builtin_inff(); }
TL_INLINE bool is_finite(double x) { return abs_f64(x) < __builtin_inf(); }
TL_INLINE bool is_finite(float x) { return abs_f32(x) < __builtin_inff(); }
