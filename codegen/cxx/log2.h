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
  split_f64 p = split_log_f64((double)x);
  return log_edges_f32(x,
                       (float)fma_f64(log_short_f64(p.f), 0x1.71547652b82fep+0, p.k));
}
