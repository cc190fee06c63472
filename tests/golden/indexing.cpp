static void kernel_0(tl_call* c, i64 n0, const i64* __restrict p0, i64 n1, i32 q0, const double* __restrict p1, double* __restrict p2) {
  for (i64 i0 = 0; i0 < n0; ++i0) {
    const double t0 = p1[tl_at(c, q0, p0[i0], n1)];
    p2[i0] = t0 + p1[i0 * -1 + (n1 + -1)];
  }
}
static void kernel_1(tl_call* c, i64 n0, const double* __restrict p0, double* __restrict p1, i64 n1, const i64* __restrict p2, i32 q0) {
  for (i64 i0 = 0; i0 < n0; ++i0) {
    p1[i0] = p0[i0];
  }
  for (i64 i0 = 0; i0 < n1; ++i0) {
    p1[tl_at(c, q0, p2[i0], n0)] = p1[tl_at(c, q0, p2[i0], n0)] + 1.0;
  }
}
extern "C" i32 tl_compute(tl_call* c) {
  const double* x0 = (const double*)c->inputs[0].data;
  const i64* x1 = (const i64*)c->inputs[1].data;
  const i64 n0 = c->inputs[1].shape[0];
  const i64 n1 = c->inputs[0].shape[0];
  if (n0 != tl_min(n0, n1)) return tl_fail(c, n0 == 1 || tl_min(n0, n1) == 1 ? TL_BROADCAST : TL_SHAPE, 5, 0, n0, tl_min(n0, n1));
  double* v0;
  const i64 v0_shape0[] = {n0};
  v0 = (double*)c->table->output(c, 0, v0_shape0);
  if (!v0) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  kernel_0(c, n0, x1, n1, 0, x0, v0);
  if (c->error.code) return c->error.code;
  double* v1;
  const i64 v1_shape0[] = {n1};
  v1 = (double*)c->table->output(c, 1, v1_shape0);
  if (!v1) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  kernel_1(c, n1, x0, v1, n0, x1, 8);
  if (c->error.code) return c->error.code;
  return TL_OK;
}
