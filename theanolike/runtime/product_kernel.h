// The product of matrices, for one instruction set. The file that includes this defines
// kVector (bytes), kRows and kVectors: a tile of kRows rows and kVectors vectors of the
// result stays in registers. No other includes: all that stands here is compiled for
// that instruction set, and nothing of it may be shared with others.
//
// A panel of op(b), kVectors vectors wide, is copied to where its rows follow one
// another while the first tile is computed from it. op(a) is read where it lies.
// Every element is summed up in the order of p, in blocks that depend on k alone.

namespace {

constexpr i64 kDeep = 512;               // products that an element sums up at a time
constexpr i64 kBlockBytes = 384 * 1024;  // of op(a), which stay in the second cache

// Values that the compiler knows nothing of.
#if defined(__x86_64__)
#define OPAQUE(vector) __asm__("" : "+v"(vector))
#elif defined(__aarch64__)
#define OPAQUE(vector) __asm__("" : "+w"(vector))
#else
#define OPAQUE(vector)
#endif
#define OPAQUE_POINTER(pointer) __asm__("" : "+r"(pointer))

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define HAS_SHUFFLES
#endif
#endif

inline i64 smaller(i64 a, i64 b) { return a < b ? a : b; }

template <typename T>
struct Vector {
  typedef T Aligned __attribute__((vector_size(kVector), may_alias));
  typedef T Any __attribute__((vector_size(kVector), may_alias, aligned(sizeof(T))));
};
template <typename T>
constexpr i64 kLanes = kVector / sizeof(T);

// Some columns of a panel, a block of the depth: what its tiles have in common.
template <typename T>
struct Panel {
  i64 deep;
  i64 a_row, a_step;
  const T* b;
  i64 b_step;
  T* packed;  // where the first tile copies the panel to
  i64 c_row;
  T alpha, beta;
  bool reads;  // whether c is read
};

// Asks for the lines of a tile of c, which come while it is summed up.
template <typename T, int R, int V>
inline void prefetch_tile(const T* c, i64 c_row) {
  for (i64 r = 0; r < R; ++r, c += c_row) {
    UNROLL
    for (i64 v = 0; v < V; ++v) __builtin_prefetch(c + v * kLanes<T>, 1);
    OPAQUE_POINTER(c);
  }
}

// c = alpha sum + beta c. What is fused with what is the same in all tiles; and row by
// row: addresses that wait in registers would drive out sums.
template <typename T, int R, int V>
inline void store_tile(const Panel<T>& panel, typename Vector<T>::Aligned (&sum)[R][V],
                       T* c, i64 c_row) {
  using Any = typename Vector<T>::Any;
  const T alpha = panel.alpha, beta = panel.beta;
  const bool reads = panel.reads;
  UNROLL
  for (i64 r = 0; r < R; ++r, c += c_row) {
    OPAQUE_POINTER(c);
    UNROLL
    for (i64 v = 0; v < V; ++v) {
      Any* to = reinterpret_cast<Any*>(c + v * kLanes<T>);
      auto scaled = alpha * sum[r][v];
      OPAQUE(scaled);
      *to = reads ? scaled + beta * *to : scaled;
    }
  }
}

// One tile: c = alpha a b + beta c.
template <typename T, int R, int V, bool kPacks>
__attribute__((noinline)) void compute_tile(const Panel<T>& panel, const T* a, T* c,
                                            i64 c_row) {
  using Aligned = typename Vector<T>::Aligned;
  using Any = typename Vector<T>::Any;
  constexpr i64 width = kLanes<T>;
  if (panel.reads) prefetch_tile<T, R, V>(c, c_row);
  const T* row[R];
  Aligned sum[R][V];
  UNROLL
  for (i64 r = 0; r < R; ++r) {
    row[r] = r == 0 ? a : row[r - 1] + panel.a_row;
    UNROLL
    for (i64 v = 0; v < V; ++v) sum[r][v] = Aligned{};
  }
  const i64 deep = panel.deep, a_step = panel.a_step, b_step = panel.b_step;
  const T* b = panel.b;
  T* packed = panel.packed;
  for (i64 p = 0, at = 0; p < deep; ++p, at += a_step, b += b_step) {
    Aligned right[V];
    UNROLL
    for (i64 v = 0; v < V; ++v) {
      right[v] = *reinterpret_cast<const Any*>(b + v * width);
      if (kPacks) *reinterpret_cast<Aligned*>(packed + v * width) = right[v];
    }
    if (kPacks) packed += V * width;
    UNROLL
    for (i64 r = 0; r < R; ++r) {
      const T left = row[r][at];
      UNROLL
      for (i64 v = 0; v < V; ++v) sum[r][v] += left * right[v];
    }
  }
  store_tile<T, R, V>(panel, sum, c, c_row);
}

// Copies fewer elements than a vector has.
template <typename T>
inline void copy_few(T* to, const T* from, i64 count) {
  UNROLL
  for (i64 size = kLanes<T> / 2; size > 0; size /= 2) {
    if ((count & size) == 0) continue;
    __builtin_memcpy(to, from, size * sizeof(T));
    to += size;
    from += size;
  }
}

template <typename T>
inline void copy(T* to, const T* from, i64 count) {
  constexpr i64 width = kLanes<T>;
  for (; count >= width; count -= width, to += width, from += width)
    *reinterpret_cast<typename Vector<T>::Any*>(to) =
        *reinterpret_cast<const typename Vector<T>::Any*>(from);
  copy_few(to, from, count);
}

// A tile of a panel that the result's last column cuts off, by way of a block.
template <typename T, int R, int V, bool kPacks>
void compute_cut_tile(const Panel<T>& panel, const T* a, i64 columns, T* c) {
  constexpr i64 width = V * kLanes<T>;
  if (columns == width) return compute_tile<T, R, V, kPacks>(panel, a, c, panel.c_row);
  alignas(64) T block[R * width];
  if (panel.reads) {
    __builtin_memset(block, 0, sizeof(block));
    for (i64 r = 0; r < R; ++r) copy(block + r * width, c + r * panel.c_row, columns);
  }
  compute_tile<T, R, V, kPacks>(panel, a, block, width);
  for (i64 r = 0; r < R; ++r) copy(c + r * panel.c_row, block + r * width, columns);
}

// The last rows, at most R.
template <typename T, int R, int V>
void compute_last_tile(const Panel<T>& panel, const T* a, i64 rows, i64 columns, T* c) {
  if constexpr (R > 0) {
    if (rows == R) return compute_cut_tile<T, R, V, false>(panel, a, columns, c);
    compute_last_tile<T, R - 1, V>(panel, a, rows, columns, c);
  }
}

#ifdef HAS_SHUFFLES
// Two rows of a square after a step of its transposition: off-diagonal quarters, kStep
// lanes wide, change places. The first row or the second one.
template <bool kSecond, i64 kStep, typename V, i64... kLane>
inline V mix(V x, V y, std::integer_sequence<i64, kLane...>) {
  constexpr i64 count = sizeof...(kLane), shift = kSecond ? kStep : 0;
  return __builtin_shufflevector(
      x, y, ((kLane & kStep) != 0 ? count - kStep : 0) + kLane + shift...);
}

template <i64 kStep, typename V, i64 kCount>
inline void transpose(V (&rows)[kCount]) {
  using Lanes = std::make_integer_sequence<i64, kCount>;
  if constexpr (kStep < kCount) {
    UNROLL
    for (i64 i = 0; i < kCount; ++i) {
      if ((i & kStep) != 0) continue;
      const V x = rows[i], y = rows[i + kStep];
      rows[i] = mix<false, kStep>(x, y, Lanes{});
      rows[i + kStep] = mix<true, kStep>(x, y, Lanes{});
    }
    transpose<2 * kStep>(rows);
  }
}
#endif

// Copies as many columns of op(b) as a vector has lanes, each of which lies together,
// in squares that are transposed in registers. Returns how deep it came.
template <typename T>
i64 pack_squares(i64 deep, i64 width, const T* b, i64 b_column, T* packed) {
  i64 p = 0;
#ifdef HAS_SHUFFLES
  using Aligned = typename Vector<T>::Aligned;
  using Any = typename Vector<T>::Any;
  constexpr i64 lanes = kLanes<T>;
  for (; p + lanes <= deep; p += lanes) {
    Aligned square[lanes];
    UNROLL
    for (i64 i = 0; i < lanes; ++i)
      square[i] = *reinterpret_cast<const Any*>(b + i * b_column + p);
    transpose<1>(square);
    UNROLL
    for (i64 i = 0; i < lanes; ++i)
      *reinterpret_cast<Aligned*>(packed + (p + i) * width) = square[i];
  }
#endif
  return p;
}

// Copies columns of op(b); those that it hasn't are zeros.
template <typename T>
void pack(i64 deep, i64 columns, i64 width, const T* b, i64 b_step, i64 b_column,
          T* packed) {
  if (columns < width) __builtin_memset(packed, 0, deep * width * sizeof(T));
  if (b_column == 1) {
    for (i64 p = 0; p < deep; ++p) copy(packed + p * width, b + p * b_step, columns);
    return;
  }
  constexpr i64 lanes = kLanes<T>;
  for (i64 j = 0; j < columns; j += lanes) {
    const i64 end = smaller(j + lanes, columns);
    const T* from = b + j * b_column;
    i64 p = end - j == lanes && b_step == 1
                ? pack_squares(deep, width, from, b_column, packed + j)
                : 0;
    for (; p < deep; ++p)
      for (i64 l = j; l < end; ++l)
        packed[p * width + l] = b[p * b_step + l * b_column];
  }
}

// The tiles of a panel, from the top down.
template <typename T, int V>
void compute_panel(Panel<T> panel, i64 b_column, const T* a, i64 rows, i64 columns,
                   T* c, T* packed) {
  constexpr i64 width = V * kLanes<T>;
  if (b_column != 1 || columns < width) {
    pack(panel.deep, columns, width, panel.b, panel.b_step, b_column, packed);
    panel.b = packed;
    panel.b_step = width;
  } else if (rows > kRows) {
    panel.packed = packed;
    compute_cut_tile<T, kRows, V, true>(panel, a, columns, c);
    panel.b = packed;
    panel.b_step = width;
    a += kRows * panel.a_row;
    c += kRows * panel.c_row;
    rows -= kRows;
  }
  for (; rows >= kRows; rows -= kRows) {
    compute_cut_tile<T, kRows, V, false>(panel, a, columns, c);
    a += kRows * panel.a_row;
    c += kRows * panel.c_row;
  }
  compute_last_tile<T, kRows - 1, V>(panel, a, rows, columns, c);
}

template <typename T>
void compute(const Product<T>& product, i64 top, i64 bottom, i64 left, i64 right) {
  constexpr i64 lanes = kLanes<T>;
  alignas(64) T packed[kDeep * kVectors * lanes];
  const i64 blocks = (product.k + kDeep - 1) / kDeep;
  const i64 most = (product.k + blocks - 1) / blocks;
  const i64 fitting = kBlockBytes / (most * static_cast<i64>(sizeof(T)));
  const i64 tall = fitting < kRows ? kRows : fitting / kRows * kRows;
  for (i64 p = 0; p < product.k; p += most) {
    const bool first = p == 0;
    Panel<T> panel = {};
    panel.deep = smaller(most, product.k - p);
    panel.a_row = product.a_row;
    panel.a_step = product.a_step;
    panel.b_step = product.b_step;
    panel.c_row = product.c_row;
    panel.alpha = product.alpha;
    panel.beta = first ? product.beta : T(1);
    panel.reads = !first || product.beta != T(0);
    for (i64 row = top; row < bottom; row += tall) {
      const i64 rows = smaller(tall, bottom - row);
      const T* a = product.a + row * product.a_row + p * product.a_step;
      for (i64 j = left; j < right;) {
        const i64 vectors = (right - j + lanes - 1) / lanes;
        const i64 columns = smaller(right - j, kVectors * lanes);
        panel.b = product.b + p * product.b_step + j * product.b_column;
        T* c = product.c + row * product.c_row + j;
        if (vectors >= kVectors) {
          compute_panel<T, kVectors>(panel, product.b_column, a, rows, columns, c,
                                     packed);
        } else if (vectors == 2) {
          compute_panel<T, 2>(panel, product.b_column, a, rows, columns, c, packed);
        } else {
          compute_panel<T, 1>(panel, product.b_column, a, rows, columns, c, packed);
        }
        j += columns;
      }
    }
  }
}

template <typename T>
constexpr ProductRoutine<T> kRoutine = {compute<T>, kRows, kVectors * kLanes<T>};

}  // namespace
