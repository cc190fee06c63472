// needs: log_base_kernel.h
TL_INLINE double log2_f64(double x) {
  split_f64 p = split_log_f64(x);
  pair_f64 l = log_pair_f64(p.f);
  pair_f64 t = product_f64(l.hi, 0x1.71547652b82fep+0);
  double low = t.lo + fma_f64(l.hi, 0x1.777d0ffda0d24p-56, l.lo * 0x1.71547652b82fep+0);
  pair_f64 s = fast_sum_f64(p.k, t.hi);
  return log_edges_f64(x, s.hi + (s.lo + low));
}
TL_INLINE float log2_f32(float x) {
  split_f32 p = split_log_f32(x);
  pair_f32 l = log_pair_f32(p.f);
  float t = l.hi * 0x1.715476p+0f;
  float low = fma_f32(l.hi, 0x1.4ae0cp-26f, l.lo * 0x1.715476p+0f) -
              residual_f32(t, l.hi, 0x1.715476p+0f);
  pair_f32 s = fast_sum_f32(p.k, t);
  return log_edges_f32(x, s.hi + (s.lo + low));
}
