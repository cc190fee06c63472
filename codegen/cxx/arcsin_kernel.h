// needs: base.h
// asin(x) = x + x z P(z), z = x^2 <= 1/4. Beyond, asin(a) = pi/2 - 2 asin(sqrt((1 -
// a)/2)).
struct arc_f64 {
  bool far;
  double root, tail;
};

TL_INLINE arc_f64 reduce_arcsin_f64(double a) {
  bool far = a > 0.5;
  double z = far ? fma_f64(a, -0.5, 0.5) : a * a;
  double root = far ? sqrt_f64(z) : a;
  double p = paired(z, 0x1.5555555555556p-3, 0x1.3333333332ec4p-4, 0x1.6db6db6e3292ep-5,
                    0x1.f1c71c1d4aa0dp-6, 0x1.6e8bb1d89492bp-6, 0x1.1c4d343fa57f6p-6,
                    0x1.c9cf3759fd8ffp-7, 0x1.78246f32d075cp-7, 0x1.524ea8b3aad31p-7,
                    0x1.653a8f8cfd43dp-8, 0x1.1d661531b222ep-6, -0x1.e7a24f548c99dp-7,
                    0x1.d78189767524ep-6);
  return {far, root, root * z * p};
}
TL_INLINE arc_f64 reduce_arcsin_f32(float x) {
  double a = (double)abs_f32(x);
  bool far = a > 0.5;
  double z = far ? fma_f64(a, -0.5, 0.5) : a * a;
  double root = far ? sqrt_f64(z) : a;
  double p = horner(z, 0x1.555554e3e720bp-3, 0x1.333431929508ep-4, 0x1.6d5b8d274f089p-5,
                    0x1.fd9219f7fef5fp-6, 0x1.18e1f5c4845ebp-6, 0x1.14138bacdace2p-5);
  return {far, root, root * z * p};
}
