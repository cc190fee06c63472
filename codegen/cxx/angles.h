// needs: base.h
TL_INLINE double deg2rad_f64(double x) { return x * 0x1.1df46a2529d39p-6; }
TL_INLINE float deg2rad_f32(float x) { return x * 0x1.1df46ap-6f; }
TL_INLINE double rad2deg_f64(double x) { return x * 0x1.ca5dc1a63c1f8p+5; }
TL_INLINE float rad2deg_f32(float x) { return x * 0x1.ca5dc2p+5f; }
