// needs: trigonometric_kernel.h
// The reduction for any finite x [3]: x = m 2^e times 192 bits of 2/pi, chosen so that
// the product is known modulo 4 with 130 bits behind the point. Scalar, rarely called.
TL_RARE turned_f64 reduce_turn_large_f64(double x) {
  static const u64 two_over_pi[20] = {0,
                                      0xa2f9836e4e441529,
                                      0xfc2757d1f534ddc0,
                                      0xdb6295993c439041,
                                      0xfe5163abdebbc561,
                                      0xb7246e3a424dd2e0,
                                      0x06492eea09d1921c,
                                      0xfe1deb1cb129a73e,
                                      0xe88235f52ebb4484,
                                      0xe99c7026b45f7e41,
                                      0x3991d639835339f4,
                                      0x9c845f8bbdf9283b,
                                      0x1ff897ffde05980f,
                                      0xef2f118b5a0a6d1f,
                                      0x6d367ecf27cb09b7,
                                      0x4f463f669e5fea2d,
                                      0x7527bac7ebe5f17b,
                                      0x3d0739f78a5292ea,
                                      0x6bfb5fb11f8d5d08,
                                      0x56033046fc7b6bab};
  __extension__ typedef unsigned __int128 u128;
  u64 bits = bits_f64(x);
  u64 m = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  i64 e = (i64)((bits >> 52) & 0x7ff) - 1075;
  // Bits of 2/pi above 2^(1 - e) give multiples of 4; the window begins just below
  // them, with the zero word in front for |x| < 2^55.
  i64 first = e + 62;
  i64 word = first >> 6, shift = first & 63;
  u64 w[3];
  for (i64 i = 0; i < 3; i++) {
    w[i] = two_over_pi[word + i] << shift;
    if (shift) w[i] |= two_over_pi[word + i + 1] >> (64 - shift);
  }
  // The window stands for W 2^-(first + 128); x * window = m W 2^-190.
  u128 low = (u128)m * w[2];
  u128 mid = (u128)m * w[1] + (u64)(low >> 64);
  u64 p0 = (u64)low, p1 = (u64)mid;
  u64 p2 = m * w[0] + (u64)(mid >> 64);
  // Two integer bits, then 190 of fraction.
  u64 quadrant = p2 >> 62;
  u64 f2 = p2 << 2 | p1 >> 62, f1 = p1 << 2 | p0 >> 62, f0 = p0 << 2;
  bool upper = f2 >> 63;
  if (upper) {
    quadrant++;
    f0 = ~f0, f1 = ~f1, f2 = ~f2;
  }
  u128 top = (u128)f2 << 64 | f1;
  i64 zeros = f2 ? __builtin_clzll(f2) : 64 + (f1 ? __builtin_clzll(f1) : 63);
  top = zeros ? top << zeros | (zeros < 64 ? f0 >> (64 - zeros) : f0 << (zeros - 64))
              : top;
  double scale = exp2i_f64((double)-zeros);
  double hi = (double)(u64)(top >> 75) * 0x1p-53 * scale;
  double lo = (double)(u64)((top >> 22) & 0x1fffffffffffff) * 0x1p-106 * scale;
  pair_f64 p = product_f64(hi, 0x1.921fb54442d18p+0);
  p = fast_sum_f64(
      p.hi, p.lo + fma_f64(hi, 0x1.1a62633145c07p-54, lo * 0x1.921fb54442d18p+0));
  bool flip = upper != (x < 0.0);
  quadrant = x < 0.0 ? 0 - quadrant : quadrant;
  return {quadrant, flip ? -p.hi : p.hi, flip ? -p.lo : p.lo};
}
