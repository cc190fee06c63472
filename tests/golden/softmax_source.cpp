static TL_APART void kernel_0_piece(i64 n0, const float* __restrict x, float* __restrict p0, float* __restrict p1, i64 n1, i64 begin, i64 end) {
  for (i64 i0 = begin; i0 < end; ++i0) {
    float t0 = (-__builtin_inff());
    for (i64 b1 = 0; b1 < n0; b1 += 4096) {
      const i64 e1 = tl_min(b1 + 4096, n0);
      float t0_l[32]; for (i64 l = 0; l < 32; ++l) t0_l[l] = (-__builtin_inff());
      {
        const auto step = [&](i64 i1, i64 l) TL_STEP {
          // model.py:0
          t0_l[l] = maximum<float>(t0_l[l], x[i0 * n0 + i1]);
        };
        i64 j1 = b1;
        for (; j1 + 32 <= e1; j1 += 32) {
          for (i64 l = 0; l < 32; ++l) step(j1 + l, l);
        }
        for (i64 l = 0; j1 < e1; ++j1, ++l) { TL_SCALAR; step(j1, l); }
      }
      for (i64 w = 16; w; w /= 2) for (i64 l = 0; l < w; ++l) t0_l[l] = maximum<float>(t0_l[l], t0_l[l + w]); t0 = maximum<float>(t0, t0_l[0]);
    }
    const float t1 = t0;
    tl_cascade<float> t2;
    for (i64 b1 = 0; b1 < n0; b1 += 4096) {
      const i64 e1 = tl_min(b1 + 4096, n0);
      float t2_l[32]; for (i64 l = 0; l < 32; ++l) t2_l[l] = 0.0f;
      {
        const auto step = [&](i64 i1, i64 l) TL_STEP {
          // model.py:3, model.py:2
          const float t3 = exp_f32((x[i0 * n0 + i1] - t1));
          p0[i1] = t3;
          // model.py:4
          t2_l[l] = (t2_l[l] + t3);
        };
        i64 j1 = b1;
        for (; j1 + 32 <= e1; j1 += 32) {
          for (i64 l = 0; l < 32; ++l) step(j1 + l, l);
        }
        for (i64 l = 0; j1 < e1; ++j1, ++l) { TL_SCALAR; step(j1, l); }
      }
      for (i64 w = 16; w; w /= 2) for (i64 l = 0; l < w; ++l) t2_l[l] = (t2_l[l] + t2_l[l + w]); t2.push(t2_l[0]);
    }
    const float t4 = t2.total();
    for (i64 i1 = 0; i1 < n0; ++i1) {
      // model.py:6
      p1[i0 * n0 + i1] = p0[i1] / t4;
    }
  }
}
struct kernel_0_task { i64 n0; const float* x; float* p0; float* p1; i64 n1; };
static void kernel_0_run(void* data, i64 begin, i64 end) {
  const kernel_0_task* a = (const kernel_0_task*)data;
  float p0[2048];
  kernel_0_piece(a->n0, a->x, p0, a->p1, a->n1, begin, end);
}
static void kernel_0(tl_call* c, i64 n0, const float* __restrict x, float* __restrict p0, float* __restrict p1, i64 n1) {
  if (n1 * n0 < 32768 || n0 > 2048) {
    kernel_0_piece(n0, x, p0, p1, n1, 0, n1);
  } else {
    kernel_0_task task = {n0, x, p0, p1, n1};
    c->table->parallel(c, kernel_0_run, &task, n1, 8192 * (n1) / (n1 * n0) + 1);
  }
}
extern "C" i32 tl_compute(tl_call* c) {
  const float* x = (const float*)c->inputs[0].data;
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
  kernel_0(c, n0, x, (float*)w0, v0, n1);
  return TL_OK;
}
