static TL_APART void kernel_0_piece(const double* __restrict p0, double* __restrict p1, i64 n0, i64 n1, i64 begin, i64 end) {
  for (i64 i0 = begin; i0 < end; ++i0) {
    // model.py:2
    p1[i0] = tanh_f64(p0[i0]);
  }
}
struct kernel_0_task { const double* p0; double* p1; i64 n0; i64 n1; };
static void kernel_0_run(void* data, i64 begin, i64 end) {
  const kernel_0_task* a = (const kernel_0_task*)data;
  kernel_0_piece(a->p0, a->p1, a->n0, a->n1, begin, end);
}
static void kernel_0(tl_call* c, const double* __restrict p0, double* __restrict p1, i64 n0, i64 n1) {
  if (n0 * n1 < 32768) {
    kernel_0_piece(p0, p1, n0, n1, 0, n0 * n1);
  } else {
    kernel_0_task task = {p0, p1, n0, n1};
    c->table->parallel(c, kernel_0_run, &task, n0 * n1, 8192 * (n0 * n1) / (n0 * n1) + 1);
  }
}
extern "C" i32 tl_compute(tl_call* c) {
  const double* x = (const double*)c->inputs[0].data;
  const double* w = (const double*)c->inputs[1].data;
  const i64 n0 = c->inputs[0].shape[1];
  const i64 n1 = c->inputs[1].shape[1];
  const i64 n2 = c->inputs[0].shape[0];
  const i64 n3 = c->inputs[1].shape[0];
  i64 total0 = 0;
  const i64 at0 = total0;
  total0 += (n2 * n3 * 8 + 63) & ~(i64)63;
  char* ws0 = (char*)c->table->workspace(c, total0);
  if (!ws0) return tl_fail(c, TL_MEMORY, -1, total0, 0, 0);
  char* w0 = ws0 + at0;
  if (n0 != n1) return tl_fail(c, TL_SHAPE, 1, 1, n0, n1);
  const double f0 = 1.0;
  const double f1 = 0.0;
  double* v0 = (double*)w0;
  c->table->dgemm(0, 1, n2, n3, n0, &f0, x, n0, w, n0, &f1, v0, n3);
  double* v1;
  const i64 v1_shape0[] = {n2, n3};
  v1 = (double*)c->table->output(c, 0, v1_shape0);
  if (!v1) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  kernel_0(c, v0, v1, n2, n3);
  return TL_OK;
}
