extern "C" i32 tl_compute(tl_call* c) {
  const double x0 = *(const double*)c->inputs[0].data;
  const double x1 = *(const double*)c->inputs[1].data;
  const double t0 = 2.0 * x1;
  const double t1 = x0 + t0;
  double* o0 = (double*)c->table->output(c, 0, nullptr);
  if (!o0) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  *o0 = t1;
  return TL_OK;
}
