// needs: base.h, rounding.h
// Towards minus infinity (`floor`) or zero (`trunc`). Up to 32 bits through a float
// type in which the quotient of unequal integers cannot round to an integer: that
// vectorises, integer division does not. The low bits of the biased sum are the
// quotient modulo 2^32 (2^16 from a float).
TL_INLINE u32 low_bits(double q) { return (u32)bits_f64(q + 0x1.8p52); }
TL_INLINE u32 low_bits(float q) { return bits_f32(q + 0x1.8p23f); }
TL_INLINE double floor_of(double x) { return floor_f64(x); }
TL_INLINE float floor_of(float x) { return floor_f32(x); }
TL_INLINE double trunc_of(double x) { return trunc_f64(x); }
TL_INLINE float trunc_of(float x) { return trunc_f32(x); }

template <class T, class Float>
TL_INLINE T floordiv_small(T a, T b) {
  Float q = floor_of((Float)a / (Float)(b == (T)0 ? (T)1 : b));
  T r = (T)low_bits(q);
  return b == (T)0 ? (T)0 : r;
}
template <class T, class Float>
TL_INLINE T floormod_small(T a, T b) {
  T r = (T)(a - floordiv_small<T, Float>(a, b) * b);
  return b == (T)0 ? (T)0 : r;
}
template <class T, class Float>
TL_INLINE T fmod_small(T a, T b) {
  Float q = trunc_of((Float)a / (Float)(b == (T)0 ? (T)1 : b));
  T r = (T)(a - (T)low_bits(q) * b);
  return b == (T)0 ? (T)0 : r;
}

// 64 bits. A divisor of 0 or -1 is replaced: the machine traps on both.
template <class T>
TL_INLINE T floordiv_wide(T a, T b) {
  bool minus = (T)-1 < (T)0 && b == (T)-1;
  T d = b == (T)0 || minus ? (T)1 : b;
  T q = a / d, r = a % d;
  q -= (r != (T)0) & ((r < (T)0) != (d < (T)0));
  return b == (T)0 ? (T)0 : minus ? (T)-a : q;
}
template <class T>
TL_INLINE T floormod_wide(T a, T b) {
  bool minus = (T)-1 < (T)0 && b == (T)-1;
  T d = b == (T)0 || minus ? (T)1 : b;
  T r = a % d;
  return ((r != (T)0) & ((r < (T)0) != (d < (T)0))) ? r + d : r;
}
template <class T>
TL_INLINE T fmod_wide(T a, T b) {
  bool minus = (T)-1 < (T)0 && b == (T)-1;
  return a % (b == (T)0 || minus ? (T)1 : b);
}
