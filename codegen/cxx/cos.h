// needs: trigonometric_large.h, trigonometric_float.h
TL_INLINE double cos_fast_f64(double x, i64& bad) {
  bad |= is_far_turn_f64(x);
  double y = turned_sine_f64(reduce_turn_f64(x), 1);
  return y;
}
TL_INLINE double cos_f64(double x) {
  i64 bad = 0;
  double y = cos_fast_f64(x, bad);
  return bad ? turned_sine_f64(reduce_turn_large_f64(x), 1) : y;
}
TL_INLINE float cos_fast_f32(float x, i64& bad) {
  bad |= is_far_turn_f32(x);
  float y = (float)turned_sine_f32(reduce_turn_f32(x), 1);
  return y;
}
TL_INLINE float cos_f32(float x) {
  i64 bad = 0;
  float y = cos_fast_f32(x, bad);
  return bad ? (float)turned_sine_f64(reduce_turn_large_f64(x), 1) : y;
}
