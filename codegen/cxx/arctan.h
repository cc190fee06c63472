// needs: arctan_kernel.h
TL_INLINE double arctan_f64(double x) {
  double a = abs_f64(x);
  bool far = a > 1.0;
  pair_f64 t = arctan_unit_f64(far ? 1.0 / a : a);
  double y = (0x1.921fb54442d18p+0 - t.hi) - (t.lo - 0x1.1a62633145c07p-54);
  return copysign_f64(far ? y : t.hi + t.lo, x);
}
TL_INLINE float arctan_f32(float x) {
  double a = (double)abs_f32(x);
  bool far = a > 1.0;
  double y = arctan_unit_f32(far ? 1.0 / a : a);
  return copysign_f32((float)(far ? 0x1.921fb54442d18p+0 - y : y), x);
}
