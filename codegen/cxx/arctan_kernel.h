// needs: expansion.h
// atan(a) = a + a z P(z), z = a^2, 0 <= a <= 1, as a pair. What follows adds it to a
// multiple of pi/2, the leading part first: that difference is exact where it is most
// needed, near pi/4.
TL_INLINE pair_f64 arctan_unit_f64(double a) {
  double z = a * a;
  double p =
      horner(z, -0x1.5555555555555p-2, 0x1.9999999999620p-3, -0x1.24924924753ecp-3,
             0x1.c71c71bb00a6cp-4, -0x1.745d15ee35819p-4, 0x1.3b1399d1dcdc7p-4,
             -0x1.110fff599e4d2p-4, 0x1.e1d0239d392a6p-5, -0x1.aebbb1647a168p-5,
             0x1.841dcf603a209p-5, -0x1.5d02278205cc7p-5, 0x1.3328700bb8169p-5,
             -0x1.00390504e9f2fp-5, 0x1.843f4bca23369p-6, -0x1.fd0e4de8fed90p-7,
             0x1.123baedb61abdp-7, -0x1.ca3677db66678p-9, 0x1.1325b2f8964bep-10,
             -0x1.a359b96a4eee4p-13, 0x1.2f07811f9f6e9p-16);
  return {a, a * z * p};
}
TL_INLINE double arctan_unit_f32(double a) {
  double z = a * a;
  double p = paired(z, -0x1.55555529fed15p-2, 0x1.999955947a191p-3,
                    -0x1.2489515c587b6p-3, 0x1.c62cd9aa62ae5p-4, -0x1.6dd8fdf061e31p-4,
                    0x1.2006f71525126p-4, -0x1.9115a3d155a2fp-5, 0x1.aefb2bdf4b25ap-6,
                    -0x1.2ba6b6e0bd288p-7, 0x1.86406cc5c4982p-10);
  return fma_f64(a * z, p, a);
}
