extern "C" i32 tl_compute(tl_call* c) {
  const double a = *(const double*)c->inputs[0].data;
  const double b = *(const double*)c->inputs[1].data;
  // model.py:0
  const double t0 = 2.0 * b;
  // model.py:1
  const double t1 = a + t0;
  double* o0 = (double*)c->table->output(c, 0, nullptr);
  if (!o0) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);
  *o0 = t1;
  return TL_OK;
}
