// needs: base.h, hypot.h, arctan2.h
// Complex numbers as two scalars. Division is Smith's [4]: by the larger part of the
// divisor.
struct c64 {
  typedef float part;
  float re, im;
};
struct c128 {
  typedef double part;
  double re, im;
};

template <class C>
TL_INLINE C add_complex(C a, C b) {
  return {a.re + b.re, a.im + b.im};
}
// Sums are combined with the operator, whatever the type.
TL_INLINE c64 operator+(c64 a, c64 b) {
  return add_complex(a, b);
}
TL_INLINE c128 operator+(c128 a, c128 b) {
  return add_complex(a, b);
}
template <class C>
TL_INLINE C sub_complex(C a, C b) {
  return {a.re - b.re, a.im - b.im};
}
template <class C>
TL_INLINE C mul_complex(C a, C b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class C>
TL_INLINE C div_complex(C a, C b) {
  typename C::part wide = b.re < 0 ? -b.re : b.re, high = b.im < 0 ? -b.im : b.im;
  bool flat = wide >= high;
  typename C::part p = flat ? b.re : b.im, q = flat ? b.im : b.re;
  typename C::part ratio = p == 0 ? p : q / p;
  typename C::part scale = p == 0 ? 1 / wide : 1 / (p + q * ratio);
  typename C::part x = flat ? a.re : a.im, y = flat ? a.im : a.re;
  typename C::part im = y - x * ratio;
  return {(x + y * ratio) * scale, (flat ? im : -im) * scale};
}
template <class C>
TL_INLINE C sqr_complex(C a) {
  return mul_complex(a, a);
}
template <class C>
TL_INLINE C reciprocal_complex(C a) {
  return div_complex(C{1, 0}, a);
}
template <class C>
TL_INLINE C neg_complex(C a) {
  return {-a.re, -a.im};
}
template <class C>
TL_INLINE C conj_complex(C a) {
  return {a.re, -a.im};
}
template <class C>
TL_INLINE bool eq_complex(C a, C b) {
  return (a.re == b.re) & (a.im == b.im);
}
template <class C>
TL_INLINE bool is_nan_complex(C a) {
  return (a.re != a.re) | (a.im != a.im);
}
template <class C>
TL_INLINE bool is_inf_complex(C a) {
  typename C::part inf = (typename C::part)__builtin_inf();
  return (a.re == inf) | (a.re == -inf) | (a.im == inf) | (a.im == -inf);
}
template <class C>
TL_INLINE bool is_finite_complex(C a) {
  return (a.re - a.re == 0) & (a.im - a.im == 0);
}
TL_INLINE double abs_complex(c128 a) { return hypot_f64(a.re, a.im); }
TL_INLINE float abs_complex(c64 a) { return hypot_f32(a.re, a.im); }
TL_INLINE double angle_complex(c128 a) { return arctan2_f64(a.im, a.re); }
TL_INLINE float angle_complex(c64 a) { return arctan2_f32(a.im, a.re); }
TL_INLINE c128 sign_complex(c128 a) {
  double r = abs_complex(a);
  return {r == 0 ? 0 : a.re / r, r == 0 ? 0 : a.im / r};
}
TL_INLINE c64 sign_complex(c64 a) {
  float r = abs_complex(a);
  return {r == 0 ? 0 : a.re / r, r == 0 ? 0 : a.im / r};
}
template <class To, class From>
TL_INLINE To to_complex(From a) {
  return {(typename To::part)a.re, (typename To::part)a.im};
}
