// needs: log_base_kernel.h
TL_INLINE double log10_f64(double x) {
  split_f64 p = split_log_f64(x);
  pair_f64 l = log_pair_f64(p.f);
  pair_f64 t = product_f64(l.hi, 0x1.bcb7b1526e50ep-2);
  double low = t.lo + fma_f64(l.hi, 0x1.95355baaafad3p-57, l.lo * 0x1.bcb7b1526e50ep-2);
  low = fma_f64(p.k, 0x1.fef311f12b358p-46, low);
  pair_f64 s = fast_sum_f64(p.k * 0x1.34413509f7800p-2, t.hi);
  return log_edges_f64(x, s.hi + (s.lo + low));
}
TL_INLINE float log10_f32(float x) {
  split_f32 p = split_log_f32(x);
  pair_f32 l = log_pair_f32(p.f);
  float t = l.hi * 0x1.bcb7b2p-2f;
  float low = fma_f32(l.hi, -0x1.5b235ep-27f, l.lo * 0x1.bcb7b2p-2f) -
              residual_f32(t, l.hi, 0x1.bcb7b2p-2f);
  low = fma_f32(p.k, 0x1.3509f8p-18f, low);
  pair_f32 s = fast_sum_f32(p.k * 0x1.344p-2f, t);
  return log_edges_f32(x, s.hi + (s.lo + low));
}
