// needs: base.h
// exp(x) = 2^k exp(r), |r| <= ln(2)/2. The leading part of ln 2 has so few bits that k
// times it is exact. exp(r) = 1 + r + r^2 Q(r).
struct reduced_f64 {
  double k, r, low;
};
struct reduced_f32 {
  float k, r, low;
};

TL_INLINE reduced_f64 reduce_exp_f64(double x) {
  double k = near_f64(x * 0x1.71547652b82fep+0);
  double a = fma_f64(-k, 0x1.62e42fefa3800p-1, x);
  double b = k * 0x1.ef35793c76730p-45;
  double r = a - b;
  return {k, r, (a - r) - b};
}
TL_INLINE reduced_f32 reduce_exp_f32(float x) {
  float k = near_f32(x * 0x1.715476p+0f);
  float a = fma_f32(-k, 0x1.62e000p-1f, x);
  float b = k * 0x1.0bfbe8p-15f;
  float r = a - b;
  return {k, r, (a - r) - b};
}

// Q(r)
TL_INLINE double exp_quotient_f64(double r) {
  double z = r * r;
  double even =
      horner(z, 0x1.0000000000001p-1, 0x1.5555555553d4fp-5, 0x1.6c16c17893833p-10,
             0x1.a019b8ef67c6cp-16, 0x1.2891a8c1d838dp-22);
  double odd =
      horner(z, 0x1.5555555555556p-3, 0x1.11111111109adp-7, 0x1.a01a01a7c8d47p-13,
             0x1.71de0d9c145d0p-19, 0x1.af38d53857513p-26);
  return fma_f64(odd, r, even);
}
TL_INLINE float exp_quotient_f32(float r) {
  return horner(r, 0x1.000000p-1f, 0x1.555556p-3f, 0x1.5554e8p-5f, 0x1.1110e0p-7f,
                0x1.6d4362p-10f, 0x1.a12528p-13f);
}
TL_INLINE double exp_tail_f64(double r) { return (r * r) * exp_quotient_f64(r); }
TL_INLINE float exp_tail_f32(float r) { return (r * r) * exp_quotient_f32(r); }
