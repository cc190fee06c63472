static void kernel_0(tl_call* c, float* __restrict p0, i64 n0, i64 n1, const float* __restrict x, i64* __restrict p1, float* r0) {
  for (i64 i = 0; i < n0; ++i) p0[i] = 0.0f;
  tl_cascade<float> t1;
  for (i64 i0 = 0; i0 < n1; ++i0) {
    float t2 = -__builtin_inff(); i64 t2_at = 0;
    for (i64 b1 = 0; b1 < n0; b1 += 4096) {
      const i64 e1 = tl_min(b1 + 4096, n0);
      float t1_l[32]; for (i64 l = 0; l < 32; ++l) t1_l[l] = 0.0f;
      float t2_l[32]; i32 t2_at_l[32]; for (i64 l = 0; l < 32; ++l) t2_l[l] = -__builtin_inff(); for (i64 l = 0; l < 32; ++l) t2_at_l[l] = 0x7fffffff;
      {
        const auto step = [&](i64 i1, i64 l) TL_STEP {
          // model.py:0
          const float t3 = x[i0 * n0 + i1];
          t1_l[l] = t1_l[l] + t3;
          // model.py:1
          p0[i1] = p0[i1] + t3;
          // model.py:2
          { const float x = t3; const bool take = !(x <= t2_l[l]) & (t2_l[l] == t2_l[l]); t2_l[l] = take ? x : t2_l[l]; t2_at_l[l] = take ? i1 - b1 : t2_at_l[l]; }
        };
        i64 j1 = b1;
        for (; j1 + 32 <= e1; j1 += 32) {
          for (i64 l = 0; l < 32; ++l) step(j1 + l, l);
        }
        for (i64 l = 0; j1 < e1; ++j1, ++l) { TL_SCALAR; step(j1, l); }
      }
      for (i64 l = 0; l < 16; ++l) t1_l[l] = t1_l[l] + t1_l[l + 16]; for (i64 l = 0; l < 8; ++l) t1_l[l] = t1_l[l] + t1_l[l + 8]; for (i64 l = 0; l < 4; ++l) t1_l[l] = t1_l[l] + t1_l[l + 4]; for (i64 l = 0; l < 2; ++l) t1_l[l] = t1_l[l] + t1_l[l + 2]; t1.push(t1_l[0] + t1_l[1]);
      for (i64 w = 16; w; w /= 2) for (i64 l = 0; l < w; ++l) { const float x = t2_l[l + w]; const i32 at = t2_at_l[l + w]; const bool take = (!(x <= t2_l[l]) & (t2_l[l] == t2_l[l])) | (((x == t2_l[l]) | ((x != x) & (t2_l[l] != t2_l[l]))) & (at < t2_at_l[l])); t2_l[l] = take ? x : t2_l[l]; t2_at_l[l] = take ? at : t2_at_l[l]; } if (t2_at_l[0] < 0x7fffffff && (!(t2_l[0] <= t2) & (t2 == t2))) { const i64 i1 = b1 + t2_at_l[0]; t2 = t2_l[0]; t2_at = i1; }
    }
    const i64 t5 = t2_at;
    p1[i0] = t5;
  }
  const float t6 = t1.total();
  *r0 = t6;
}
extern "C" i32 tl_compute(tl_call* c) {
  const float* x = (const float*)c->inputs[0].data;
  const i64 n0 = c->inputs[0].shape[1];
  const i64 n1 = c->inputs[0].shape[0];
  if ((n0 - 1 < 0 ? tl_min(n1, 1) : 0) != 0) return tl_fail(c, TL_SHAPE, 2, 0, n0 - 1 < 0 ? tl_min(n1, 1) : 0, 0);
  float v0;
  float* v1;
  const i64 v1_shape0[] = {n0};
  v1 = (float*)c->table->output(c, 1, v1_shape0);
  if (!v1) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  i64* v2;
  const i64 v2_shape0[] = {n1};
  v2 = (i64*)c->table->output(c, 2, v2_shape0);
  if (!v2) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  kernel_0(c, v1, n0, n1, x, v2, &v0);
  float* o0 = (float*)c->table->output(c, 0, nullptr);
  if (!o0) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  *o0 = v0;
  return TL_OK;
}
