// needs: trigonometric_large.h, trigonometric_float.h
TL_INLINE double tan_fast_f64(double x, i64& bad) {
  bad |= is_far_turn_f64(x);
  double y = turned_tangent_f64(reduce_turn_f64(x));
  return x == 0.0 ? x : y;
}
TL_INLINE double tan_f64(double x) {
  i64 bad = 0;
  double y = tan_fast_f64(x, bad);
  return bad ? turned_tangent_f64(reduce_turn_large_f64(x)) : y;
}
TL_INLINE float tan_fast_f32(float x, i64& bad) {
  bad |= is_far_turn_f32(x);
  float y = (float)turned_tangent_f32(reduce_turn_f32(x));
  return x == 0.0f ? x : y;
}
TL_INLINE float tan_f32(float x) {
  i64 bad = 0;
  float y = tan_fast_f32(x, bad);
  return bad ? (float)turned_tangent_f64(reduce_turn_large_f64(x)) : y;
}
