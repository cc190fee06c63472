// needs: log_kernel.h, expansion.h
// ln(1 + f) as a pair, for logarithms to another base; and ln(1 + f) in double for a
// float's f.
TL_INLINE pair_f64 log_pair_f64(double f) {
  double s = f / (2.0 + f);
  return fast_sum_f64(f, -(s * (f - log_tail_f64(s * s))));
}
TL_INLINE double log_short_f64(double f) {
  double s = f / (2.0 + f), z = s * s;
  double p = horner(z, 0x1.5555555555p-1, 0x1.999a96p-2, 0x1.241f5cp-2, 0x1.e865eap-3);
  return f - s * (f - z * p);
}
