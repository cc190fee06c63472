static void kernel_0(tl_call* c, i64 n0, const i64* __restrict i, i64 n1, i32 q0, const double* __restrict x, double* __restrict p0) {
  for (i64 i0 = 0; i0 < n0; ++i0) {
    // model.py:0
    p0[i0] = x[tl_at(c, q0, i[i0], n1)];
  }
}
static TL_APART void kernel_1_piece(i64 n0, const double* __restrict p0, i64 n1, const double* __restrict x, double* __restrict p1, i64 n2, i64 begin, i64 end) {
  for (i64 i0 = begin; i0 < end; ++i0) {
    const double t0 = x[i0 * (((1 - tl_min(n0, n1)) < 0 ? 1 : ((tl_min(n0, n1) + -1) < 0 ? 1 : 0)) * -1) + (n1 + -1)];
    // model.py:5
    p1[i0] = (p0[i0 * ((1 - n0) < 0 ? 1 : ((n0 + -1) < 0 ? 1 : 0))] + t0);
  }
}
struct kernel_1_task { i64 n0; const double* p0; i64 n1; const double* x; double* p1; i64 n2; };
static void kernel_1_run(void* data, i64 begin, i64 end) {
  const kernel_1_task* a = (const kernel_1_task*)data;
  kernel_1_piece(a->n0, a->p0, a->n1, a->x, a->p1, a->n2, begin, end);
}
static void kernel_1(tl_call* c, i64 n0, const double* __restrict p0, i64 n1, const double* __restrict x, double* __restrict p1, i64 n2) {
  if (n2 < 32768) {
    kernel_1_piece(n0, p0, n1, x, p1, n2, 0, n2);
  } else {
    kernel_1_task task = {n0, p0, n1, x, p1, n2};
    c->table->parallel(c, kernel_1_run, &task, n2, 8192 * (n2) / (n2) + 1);
  }
}
static void kernel_2(tl_call* c, i64 n0, const double* __restrict x, double* __restrict p0, i64 n1, const i64* __restrict i, i32 q0) {
  for (i64 i0 = 0; i0 < n0; ++i0) {
    p0[i0] = x[i0];
  }
  for (i64 i0 = 0; i0 < n1; ++i0) {
    // model.py:8, model.py:7
    p0[tl_at(c, q0, i[i0], n0)] = p0[tl_at(c, q0, i[i0], n0)] + 1.0;
  }
}
extern "C" i32 tl_compute(tl_call* c) {
  const double* x = (const double*)c->inputs[0].data;
  const i64* i = (const i64*)c->inputs[1].data;
  const i64 n0 = c->inputs[1].shape[0];
  const i64 n1 = c->inputs[0].shape[0];
  i64 total0 = 0;
  const i64 at0 = total0;
  total0 += (n0 * 8 + 63) & ~(i64)63;
  char* ws0 = (char*)c->table->workspace(c, total0);
  if (!ws0) return tl_fail(c, TL_MEMORY, -1, total0, 0, 0);
  char* w0 = ws0 + at0;
  double* v0 = (double*)w0;
  kernel_0(c, n0, i, n1, 0, x, v0);
  if (c->error.code) return c->error.code;
  const i64 n2 = (i64)((n0 + -2) < 0 ? ((0 - n0) < 0 ? tl_min(n0, n1) : n0) : n0);
  if (((n0 + -2) < 0 ? ((0 - n0) < 0 ? n2 : n0) : n0) != n2) return tl_fail(c, TL_SHAPE, 5, 0, ((n0 + -2) < 0 ? ((0 - n0) < 0 ? n2 : n0) : n0), n2);
  if (((tl_min(n0, n1) + -2) < 0 ? ((0 - tl_min(n0, n1)) < 0 ? n2 : tl_min(n0, n1)) : tl_min(n0, n1)) != n2) return tl_fail(c, TL_SHAPE, 5, 0, ((tl_min(n0, n1) + -2) < 0 ? ((0 - tl_min(n0, n1)) < 0 ? n2 : tl_min(n0, n1)) : tl_min(n0, n1)), n2);
  double* v1;
  const i64 v1_shape0[] = {n2};
  v1 = (double*)c->table->output(c, 0, v1_shape0);
  if (!v1) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  kernel_1(c, n0, v0, n1, x, v1, n2);
  double* v2;
  const i64 v2_shape0[] = {n1};
  v2 = (double*)c->table->output(c, 1, v2_shape0);
  if (!v2) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  kernel_2(c, n1, x, v2, n0, i, 8);
  if (c->error.code) return c->error.code;
  return TL_OK;
}
