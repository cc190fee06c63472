// needs: base.h
// Float to integer, defined for every value: truncated; NaN and what int64 cannot hold
// are INT64_MIN. Narrower types wrap from there. uint64 takes its own upper half too,
// and 0 from 2^64 on.
TL_INLINE i64 to_i64(double x) {
  bool inside = (x >= -0x1p63) & (x < 0x1p63);
  i64 n = (i64)(inside ? x : 0.0);
  return inside ? n : (i64)0x8000000000000000;
}
TL_INLINE u64 to_u64(double x) {
  bool upper = x >= 0x1p63;
  return (u64)to_i64(upper ? x - 0x1p63 : x) ^ (upper ? (u64)0x8000000000000000 : 0);
}

// To float, rounded to odd: what comes of rounding that to float16 is the double
// rounded once.
TL_INLINE float to_odd_float(double x) {
  float y = (float)x;
  u32 bits = bits_f32(y);
  bits -= abs_f64((double)y) > abs_f64(x) ? 1 : 0;
  return from_bits_f32((double)y == x ? bits : bits | 1);
}
