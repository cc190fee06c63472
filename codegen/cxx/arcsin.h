// needs: arcsin_kernel.h
TL_INLINE double finish_arcsin(arc_f64 r) {
  double near = r.root + r.tail;
  double far =
      0x1.921fb54442d18p+0 - (2.0 * r.root + (2.0 * r.tail - 0x1.1a62633145c07p-54));
  return r.far ? far : near;
}
TL_INLINE double arcsin_f64(double x) {
  return copysign_f64(finish_arcsin(reduce_arcsin_f64(abs_f64(x))), x);
}
TL_INLINE float arcsin_f32(float x) {
  return copysign_f32((float)finish_arcsin(reduce_arcsin_f32(x)), x);
}
