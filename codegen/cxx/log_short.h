// needs: log_kernel.h
// ln(x) in double with the accuracy that a float needs.
TL_INLINE double log_short_f64(double x) {
  split_f64 p = split_log_f64(x);
  double s = p.f / (2.0 + p.f), z = s * s;
  double q = horner(z, 0x1.555556p-1, 0x1.999a96p-2, 0x1.241f5cp-2, 0x1.e865eap-3);
  return fma_f64(p.k, 0x1.62e42fefa39efp-1, p.f - s * (p.f - z * q));
}
