// needs: trigonometric_large.h, trigonometric_float.h
TL_INLINE double sin_fast_f64(double x, i64& bad) {
  bad |= is_far_turn_f64(x);
  double y = turned_sine_f64(reduce_turn_f64(x), 0);
  return x == 0.0 ? x : y;
}
TL_INLINE double sin_f64(double x) {
  i64 bad = 0;
  double y = sin_fast_f64(x, bad);
  return bad ? turned_sine_f64(reduce_turn_large_f64(x), 0) : y;
}
TL_INLINE float sin_fast_f32(float x, i64& bad) {
  bad |= is_far_turn_f32(x);
  float y = (float)turned_sine_f32(reduce_turn_f32(x), 0);
  return x == 0.0f ? x : y;
}
TL_INLINE float sin_f32(float x) {
  i64 bad = 0;
  float y = sin_fast_f32(x, bad);
  return bad ? (float)turned_sine_f64(reduce_turn_large_f64(x), 0) : y;
}
