// needs: base.h
// ln((1 + a)/(1 - a))/2. With (1 + a)/(1 - a) = 2^k m, tanh(ln(m)/2) is
// s = ((1 - 2^k) + a (1 + 2^k)) / ((1 + 2^k) + a (1 - 2^k)), and s = a where k = 0. The
// difference of the exponents, fractions included, finds k near enough: m stays in
// [0.66, 1.51]. From k = 2 on 1 - a is exact and 1 + a need not be.
TL_INLINE double arctanh_f64(double x) {
  double a = abs_f64(x);
  double n = 1.0 + a, d = 1.0 - a;
  u64 u = bits_f64(n) - bits_f64(d) + 0x0008000000000000;
  double k = from_bits_f64((u >> 52) | 0x4330000000000000) - 0x1p52;
  k = k > 60.0 ? 60.0 : k;
  double e = exp2i_f64(k);
  bool far = k > 1.5;
  double top = far ? n - d * e : fma_f64(a, 1.0 + e, 1.0 - e);
  double s = top / (far ? n + d * e : fma_f64(a, 1.0 - e, 1.0 + e));
  double z = s * s;
  double tail =
      z * paired(z, 0x1.5555555555555p-1, 0x1.999999999a212p-2, 0x1.249249238d222p-2,
                 0x1.c71c734603f0bp-3, 0x1.745c8db3591d4p-3, 0x1.3b2e7232f5acap-3,
                 0x1.0e33cf2d30faep-3, 0x1.1930ffd47cf23p-3);
  double low = fma_f64(s, tail * 0.5, k * 0x1.ef35793c76730p-46);
  double y = fma_f64(k, 0x1.62e42fefa3800p-2, s + low);
  y = a < 1.0 ? y : __builtin_inf();
  y = a <= 1.0 ? y : __builtin_nan("");
  return copysign_f64(y, x);
}
TL_INLINE float arctanh_f32(float x) { return (float)arctanh_f64((double)x); }
