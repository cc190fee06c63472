static TL_APART void kernel_0_piece(tl_call* c, const i64* __restrict i, i64 n0, i32 q0, const double* __restrict x, double* __restrict p0, i64 n1, i64 begin, i64 end) {
  for (i64 i0 = begin; i0 < end; ++i0) {
    // model.py:0
    const double t0 = x[tl_at(c, q0, i[i0], n0)];
    // model.py:0, model.py:5
    p0[i0] = t0 + x[i0 * -1 + n0 - 1];
  }
}
struct kernel_0_task { tl_call* c; const i64* i; i64 n0; i32 q0; const double* x; double* p0; i64 n1; i32 failed; };
static void kernel_0_run(void* data, i64 begin, i64 end) {
  kernel_0_task* a = (kernel_0_task*)data;
  tl_call own = *a->c;
  kernel_0_piece(&own, a->i, a->n0, a->q0, a->x, a->p0, a->n1, begin, end);
  if (own.error.code) __atomic_store_n(&a->failed, 1, __ATOMIC_RELAXED);
}
static void kernel_0(tl_call* c, const i64* __restrict i, i64 n0, i32 q0, const double* __restrict x, double* __restrict p0, i64 n1) {
  if (n1 < 32768) {
    kernel_0_piece(c, i, n0, q0, x, p0, n1, 0, n1);
  } else {
    kernel_0_task task = {c, i, n0, q0, x, p0, n1};
    c->table->parallel(c, kernel_0_run, &task, n1, 8192 * n1 / n1 + 1);
    if (task.failed) kernel_0_piece(c, i, n0, q0, x, p0, n1, 0, n1);
  }
}
static void kernel_1(tl_call* c, i64 n0, const double* __restrict x, double* __restrict p0, i64 n1, const i64* __restrict i, i32 q0) {
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
  const i64 n0 = c->inputs[0].shape[0];
  const i64 n1 = c->inputs[1].shape[0];
  if ((n0 - tl_min(n1, 1) < 0 ? 1 : 0) != 0) return tl_fail(c, TL_SHAPE, 0, 97, n0 - tl_min(n1, 1) < 0 ? 1 : 0, 0);
  if (n1 != tl_min(n1, n0)) return tl_fail(c, n1 == 1 || tl_min(n1, n0) == 1 ? TL_BROADCAST : TL_SHAPE, 5, 0, n1, tl_min(n1, n0));
  double* v0;
  const i64 v0_shape0[] = {n1};
  v0 = (double*)c->table->output(c, 0, v0_shape0);
  if (!v0) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  kernel_0(c, i, n0, 0, x, v0, n1);
  if (c->error.code) return c->error.code;
  double* v1;
  const i64 v1_shape0[] = {n0};
  v1 = (double*)c->table->output(c, 1, v1_shape0);
  if (!v1) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  kernel_1(c, n0, x, v1, n1, i, 8);
  if (c->error.code) return c->error.code;
  return TL_OK;
}
