// needs: expansion.h
// x = k pi/2 + (hi + lo), |hi| <= pi/4. The first three parts of pi/2 have 33 bits, so
// k times them is exact for k < 2^20, and what is left of x after cancellation keeps
// its relative accuracy [2]. lo may be several units in the last place of hi.
struct turned_f64 {
  u64 quadrant;
  double hi, lo;
};

TL_INLINE turned_f64 reduce_turn_f64(double x) {
  double t = fma_f64(x, 0x1.45f306dc9c883p-1, 0x1.8p52);
  double k = t - 0x1.8p52;
  pair_f64 a =
      sum_f64(fma_f64(-k, 0x1.921fb54400000p+0, x), -(k * 0x1.0b4611a600000p-34));
  pair_f64 b = sum_f64(a.hi, -(k * 0x1.3198a2e000000p-69));
  return {bits_f64(t), b.hi, (a.lo + b.lo) - k * 0x1.b839a252049c1p-104};
}

TL_INLINE pair_f64 sine_pair_f64(double hi, double lo) {
  double z = hi * hi;
  double p =
      paired(z, -0x1.5555555555555p-3, 0x1.1111111110ba5p-7, -0x1.a01a019e80693p-13,
             0x1.71de379252004p-19, -0x1.ae60069e53ef1p-26, 0x1.5e098556d302ep-33);
  return {hi, fma_f64(z * hi, p, fma_f64(-0.5 * z, lo, lo))};
}
TL_INLINE pair_f64 cosine_pair_f64(double hi, double lo) {
  double z = hi * hi, h = 0.5 * z, w = 1.0 - h;
  double p =
      paired(z, 0x1.5555555555555p-5, -0x1.6c16c16c16960p-10, 0x1.a01a019f4d0edp-16,
             -0x1.27e4fa15bd814p-22, 0x1.1eeb66b683028p-29, -0x1.907c0e63adbb6p-37);
  return {w, ((1.0 - w) - h) + fma_f64(z * z, p, -(hi * lo))};
}

// The sine of x turned by `turn` quarters.
TL_INLINE double turned_sine_f64(turned_f64 r, u64 turn) {
  u64 q = r.quadrant + turn;
  pair_f64 s = sine_pair_f64(r.hi, r.lo), c = cosine_pair_f64(r.hi, r.lo);
  double y = (q & 1) != 0 ? c.hi + c.lo : s.hi + s.lo;
  return from_bits_f64(bits_f64(y) ^ ((q & 2) << 62));
}
TL_INLINE double turned_tangent_f64(turned_f64 r) {
  pair_f64 s = sine_pair_f64(r.hi, r.lo), c = cosine_pair_f64(r.hi, r.lo);
  s = fast_sum_f64(s.hi, s.lo);
  c = fast_sum_f64(c.hi, c.lo);
  bool odd = (r.quadrant & 1) != 0;
  return quotient_f64({odd ? -c.hi : s.hi, odd ? -c.lo : s.lo},
                      {odd ? s.hi : c.hi, odd ? s.lo : c.lo});
}

TL_INLINE bool is_far_turn_f64(double x) {
  double a = abs_f64(x);
  return (a > 0x1.8p20) & (a < __builtin_inf());
}
