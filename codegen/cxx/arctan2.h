// needs: arctan_kernel.h
// The angle of (x, y) from the ratio of the smaller to the larger of |x|, |y|. Equal
// ones, zeros and infinities included, have the ratio 1, or 0 at the origin.
TL_INLINE double ratio_arctan2(double a, double b) {
  double low = a < b ? a : b, high = a < b ? b : a;
  double q = low / high;
  q = high == 0.0 ? 0.0 : q;
  q = low == __builtin_inf() ? 1.0 : q;
  return ((a != a) | (b != b)) ? a + b : q;
}
TL_INLINE double arctan2_f64(double y, double x) {
  double a = abs_f64(y), b = abs_f64(x);
  pair_f64 t = arctan_unit_f64(ratio_arctan2(a, b));
  bool steep = a > b, left = copysign_f64(1.0, x) < 0.0;
  double turns = steep ? 1.0 : left ? 2.0 : 0.0, sign = steep != left ? -1.0 : 1.0;
  double angle = turns * 0x1.921fb54442d18p+0 + sign * t.hi;
  return copysign_f64(angle + (turns * 0x1.1a62633145c07p-54 + sign * t.lo), y);
}
TL_INLINE float arctan2_f32(float y, float x) {
  double a = (double)abs_f32(y), b = (double)abs_f32(x);
  double t = arctan_unit_f32(ratio_arctan2(a, b));
  bool steep = a > b, left = copysign_f32(1.0f, x) < 0.0f;
  double turns = steep ? 1.0 : left ? 2.0 : 0.0, sign = steep != left ? -1.0 : 1.0;
  return copysign_f32((float)(turns * 0x1.921fb54442d18p+0 + sign * t), y);
}
