static TL_APART void kernel_0_piece(i64 n0, const float* __restrict p0, float* __restrict p1, float* __restrict p2, i64 n1, i64 begin, i64 end) {
  i64 g0 = begin;
  if (n0 > 0 && n0 <= 32) for (; g0 + 16 <= end; g0 += 16) {
    float t0[32 * 16];
    float t1[32 * 16];
    for (i64 i1 = 0; i1 < n0; ++i1)
    for (i64 l = 0; l < 16; ++l) {
      const i64 i0 = g0 + l;
      t1[i1 * 16 + l] = p0[i0 * n0 + i1];
    }
    for (i64 w = 16; w; w /= 2) for (i64 k = 0; k < w && k + w < n0; ++k) TL_ROLLED for (i64 l = 0; l < 16; ++l) t1[k * 16 + l] = maximum<float>(t1[k * 16 + l], t1[(k + w) * 16 + l]);
    float t2[16];
    for (i64 l = 0; l < 16; ++l) {
      const i64 i0 = g0 + l;
      t2[l] = t1[l];
    }
    float t3[32 * 16];
    for (i64 i1 = 0; i1 < n0; ++i1)
    for (i64 l = 0; l < 16; ++l) {
      const i64 i0 = g0 + l;
      const float t4 = exp_f32((p0[i0 * n0 + i1] - t2[l]));
      t0[i1 * 16 + l] = t4;
      t3[i1 * 16 + l] = 0.0f + t4;
    }
    for (i64 w = 16; w; w /= 2) for (i64 k = 0; k < w && k + w < n0; ++k) TL_ROLLED for (i64 l = 0; l < 16; ++l) t3[k * 16 + l] = t3[k * 16 + l] + t3[(k + w) * 16 + l];
    float t5[16];
    for (i64 l = 0; l < 16; ++l) {
      const i64 i0 = g0 + l;
      t5[l] = t3[l];
    }
    for (i64 i1 = 0; i1 < n0; ++i1)
    for (i64 l = 0; l < 16; ++l) {
      const i64 i0 = g0 + l;
      p1[i0 * n0 + i1] = t0[i1 * 16 + l] / t5[l];
    }
  }
  for (i64 i0 = g0; i0 < end; ++i0) {
    float t6 = (-__builtin_inff());
    for (i64 b1 = 0; b1 < n0; b1 += 4096) {
      const i64 e1 = tl_min(b1 + 4096, n0);
      float t6_l[32]; for (i64 l = 0; l < 32; ++l) t6_l[l] = (-__builtin_inff());
      {
        const auto step = [&](i64 i1, i64 l) TL_STEP {
          t6_l[l] = maximum<float>(t6_l[l], p0[i0 * n0 + i1]);
        };
        i64 j1 = b1;
        for (; j1 + 32 <= e1; j1 += 32) {
          for (i64 l = 0; l < 32; ++l) step(j1 + l, l);
        }
        for (i64 l = 0; j1 < e1; ++j1, ++l) { TL_SCALAR; step(j1, l); }
      }
      for (i64 l = 0; l < 16; ++l) t6_l[l] = maximum<float>(t6_l[l], t6_l[l + 16]); for (i64 l = 0; l < 8; ++l) t6_l[l] = maximum<float>(t6_l[l], t6_l[l + 8]); for (i64 l = 0; l < 4; ++l) t6_l[l] = maximum<float>(t6_l[l], t6_l[l + 4]); for (i64 l = 0; l < 2; ++l) t6_l[l] = maximum<float>(t6_l[l], t6_l[l + 2]); t6 = maximum<float>(t6, maximum<float>(t6_l[0], t6_l[1]));
    }
    const float t7 = t6;
    tl_cascade<float> t8;
    for (i64 b1 = 0; b1 < n0; b1 += 4096) {
      const i64 e1 = tl_min(b1 + 4096, n0);
      float t8_l[32]; for (i64 l = 0; l < 32; ++l) t8_l[l] = 0.0f;
      {
        const auto step = [&](i64 i1, i64 l) TL_STEP {
          const float t9 = exp_f32((p0[i0 * n0 + i1] - t7));
          p2[i1] = t9;
          t8_l[l] = (t8_l[l] + t9);
        };
        i64 j1 = b1;
        for (; j1 + 32 <= e1; j1 += 32) {
          for (i64 l = 0; l < 32; ++l) step(j1 + l, l);
        }
        for (i64 l = 0; j1 < e1; ++j1, ++l) { TL_SCALAR; step(j1, l); }
      }
      for (i64 l = 0; l < 16; ++l) t8_l[l] = (t8_l[l] + t8_l[l + 16]); for (i64 l = 0; l < 8; ++l) t8_l[l] = (t8_l[l] + t8_l[l + 8]); for (i64 l = 0; l < 4; ++l) t8_l[l] = (t8_l[l] + t8_l[l + 4]); for (i64 l = 0; l < 2; ++l) t8_l[l] = (t8_l[l] + t8_l[l + 2]); t8.push((t8_l[0] + t8_l[1]));
    }
    const float t10 = t8.total();
    for (i64 i1 = 0; i1 < n0; ++i1) {
      p1[i0 * n0 + i1] = p2[i1] / t10;
    }
  }
}
struct kernel_0_task { i64 n0; const float* p0; float* p1; float* p2; i64 n1; };
static void kernel_0_run(void* data, i64 begin, i64 end) {
  const kernel_0_task* a = (const kernel_0_task*)data;
  float p2[2048];
  kernel_0_piece(a->n0, a->p0, a->p1, p2, a->n1, begin, end);
}
static void kernel_0(tl_call* c, i64 n0, const float* __restrict p0, float* __restrict p1, float* __restrict p2, i64 n1) {
  if (n1 * n0 < 32768 || n0 > 2048) {
    kernel_0_piece(n0, p0, p1, p2, n1, 0, n1);
  } else {
    kernel_0_task task = {n0, p0, p1, p2, n1};
    c->table->parallel(c, kernel_0_run, &task, n1, 8192 * (n1) / (n1 * n0) + 1);
  }
}
extern "C" i32 tl_compute(tl_call* c) {
  const float* x0 = (const float*)c->inputs[0].data;
  const i64 n0 = c->inputs[0].shape[1];
  const i64 n1 = c->inputs[0].shape[0];
  i64 total0 = 0;
  const i64 at0 = total0;
  total0 += (n0 * 4 + 63) & ~(i64)63;
  char* ws0 = (char*)c->table->workspace(c, total0);
  if (!ws0) return tl_fail(c, TL_MEMORY, -1, total0, 0, 0);
  char* w0 = ws0 + at0;
  if (((n0 + -1) < 0 ? tl_min(n1, 1) : 0) != 0) return tl_fail(c, TL_SHAPE, 0, 0, ((n0 + -1) < 0 ? tl_min(n1, 1) : 0), 0);
  float* v0;
  const i64 v0_shape0[] = {n1, n0};
  v0 = (float*)c->table->output(c, 0, v0_shape0);
  if (!v0) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  kernel_0(c, n0, x0, v0, (float*)w0, n1);
  return TL_OK;
}
