// needs: base.h
// Integer operations that are defined for every pair of operands: x // 0 = x % 0 = 0,
// the smallest number // -1 is itself, a shift by the width or more (or by a negative
// number) moves every bit out.
template <class T>
TL_INLINE T abs_int(T x) {
  return x < (T)0 ? (T)-x : x;
}
template <class T>
TL_INLINE T sign_int(T x) {
  return (T)((x > (T)0) - (x < (T)0));
}
template <class T>
TL_INLINE T max_int(T a, T b) {
  return a > b ? a : b;
}
template <class T>
TL_INLINE T min_int(T a, T b) {
  return a < b ? a : b;
}

template <class T, class Unsigned>
TL_INLINE T left_shift_int(T a, T b) {
  constexpr Unsigned width = 8 * sizeof(T);
  Unsigned n = (Unsigned)b;
  T moved = (T)((Unsigned)a << (n & (Unsigned)(width - 1)));
  return n < width ? moved : (T)0;
}
template <class T, class Unsigned>
TL_INLINE T right_shift_int(T a, T b) {
  constexpr Unsigned last = 8 * sizeof(T) - 1;
  Unsigned n = (Unsigned)b;
  T moved = (T)(a >> (n < last ? n : last));
  bool out = (T)-1 > (T)0 && n > last;
  return out ? (T)0 : moved;
}

// By squaring, wrapping. With a negative exponent the truncated 1 / x^n: 0 but for x =
// 1 and -1; 0 too for x = 0.
template <class T, class Unsigned>
TL_INLINE T pow_int(T x, T n) {
  bool inverse = n < (T)0;
  bool unit = x == (T)1 || x == (T)-1;
  Unsigned base = (Unsigned)x, e = (Unsigned)n, r = 1;
  for (e = inverse ? e & 1 : e; e; e = (Unsigned)(e >> 1)) {
    r = e & 1 ? (Unsigned)(1u * r * base) : r;
    base = (Unsigned)(1u * base * base);
  }
  return inverse && !unit ? (T)0 : (T)r;
}
