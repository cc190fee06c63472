// needs: arcsin_kernel.h
TL_INLINE double finish_arccos(arc_f64 r, bool negative) {
  double s = negative ? -r.root : r.root, t = negative ? -r.tail : r.tail;
  double near = 0x1.921fb54442d18p+0 - (s + (t - 0x1.1a62633145c07p-54));
  double far = 2.0 * s + (2.0 * t + (negative ? 0x1.1a62633145c07p-53 : 0.0));
  return r.far ? (negative ? 0x1.921fb54442d18p+1 : 0.0) + far : near;
}
TL_INLINE double arccos_f64(double x) {
  return finish_arccos(reduce_arcsin_f64(abs_f64(x)), x < 0.0);
}
TL_INLINE float arccos_f32(float x) {
  return (float)finish_arccos(reduce_arcsin_f32(x), x < 0.0f);
}
