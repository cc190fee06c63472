// What every unit may need: integer helpers of the extent algebra, errors, and the
// cascade of sums.
#if defined(__clang__)
#define TL_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#define TL_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define TL_INDEPENDENT _Pragma("GCC ivdep")
#define TL_ROLLED _Pragma("GCC unroll 1")
#endif
#define TL_STEP __attribute__((always_inline))
#define TL_SCALAR __asm__ volatile("")  // a short loop, not worth vectorising
#define TL_APART __attribute__((noinline))  // one copy, however many call it

TL_INLINE i64 tl_max(i64 a, i64 b) { return a > b ? a : b; }
TL_INLINE i64 tl_min(i64 a, i64 b) { return a < b ? a : b; }
TL_INLINE i64 tl_floordiv(i64 a, i64 b) {
  if (b == 0) return 0;
  if (b == -1) return -a;
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}
TL_INLINE i64 tl_mod(i64 a, i64 b) { return b == 0 ? 0 : a - tl_floordiv(a, b) * b; }

// Records the first error of a call.
TL_RARE i32 tl_fail(tl_call* c, i32 code, i32 site, i64 a, i64 b, i64 d) {
  if (c->error.code == TL_OK) {
    c->error.code = code;
    c->error.site = site;
    c->error.values[0] = a;
    c->error.values[1] = b;
    c->error.values[2] = d;
  }
  return c->error.code;
}

// Notes at which step of a loop a failure was; of loops in loops the innermost first.
TL_RARE i32 tl_step(tl_call* c, i64 step, i32 code) {
  for (i32 k = 3; k < 6; ++k) {
    if (c->error.values[k]) continue;
    c->error.values[k] = step + 1;
    break;
  }
  return code;
}
TL_RARE i64 tl_bad_index(tl_call* c, i32 site, i64 i, i64 n) {
  tl_fail(c, TL_INDEX, site, i, n, 0);
  return 0;
}

// An index of a dimension of n elements, counted from the end if negative.
TL_INLINE i64 tl_at(tl_call* c, i32 site, i64 i, i64 n) {
  const i64 k = i < 0 ? i + n : i;
  return (u64)k < (u64)n ? k : tl_bad_index(c, site, i, n);
}

// Partial sums combined as a binary counter carries: the error grows with the logarithm
// of their number.
template <class T>
struct tl_cascade {
  T level[48];
  u64 count = 0;
  __attribute__((always_inline)) void push(T x) {
    i32 k = 0;
    for (u64 n = count; n & 1; n >>= 1) x = level[k++] + x;
    level[k] = x;
    ++count;
  }
  __attribute__((always_inline)) T total() const {
    T sum = T();
    i32 k = 0;
    for (u64 n = count; n; n >>= 1, ++k)
      if (n & 1) sum = level[k] + sum;
    return sum;
  }
};

// The results of pieces, combined in their order.
template <class T>
static TL_APART T tl_combined(const T* part, i64 pieces) {
  tl_cascade<T> sum;
  for (i64 i = 0; i < pieces; ++i) sum.push(part[i]);
  return sum.total();
}

// How a reduction over n elements is cut: pieces of equal length, a function of n alone.
TL_INLINE i64 tl_piece(i64 n) {
  i64 length = 65536;
  while ((n + length - 1) / length > 512) length *= 2;
  return length;
}
TL_INLINE i64 tl_pieces(i64 n) {
  const i64 length = tl_piece(n);
  return n > length ? (n + length - 1) / length : 1;
}

// How n rows of `work` elements are cut where each piece has accumulators of its own: at
// most 16 pieces, none much below 65536 elements.
TL_INLINE i64 tl_rows(i64 n, i64 work) {
  const i64 least = 65536 / (work > 0 ? work : 1) + 1;
  const i64 sixteenth = (n + 15) / 16;
  return least > sixteenth ? least : sixteenth;
}
TL_INLINE i64 tl_row_pieces(i64 n, i64 work) {
  const i64 length = tl_rows(n, work);
  return n > length ? (n + length - 1) / length : 1;
}
