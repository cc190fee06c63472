// needs: base.h
// Extremes by a branch that the processor guesses: where a step waits for the result of
// the one before, a right guess costs less than to compare. Not for loops over
// elements.
template <class T>
TL_INLINE T guessed_maximum(T a, T b) {
  if (a >= b) return a;
  __asm__ volatile("");  // or gcc makes it a conditional move
  return a != a ? a : b;
}
template <class T>
TL_INLINE T guessed_minimum(T a, T b) {
  if (a <= b) return a;
  __asm__ volatile("");
  return a != a ? a : b;
}
