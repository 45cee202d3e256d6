/*
 * sm4_gfni.h - the numbers of the SM4 round by GFNI.
 *
 * The S-box is S(x) = A*inv(A*x + 0xd3) + 0xd3 over the SM4 field. That field
 * is isomorphic to the AES field of the instructions (root 0xd6 of the SM4
 * polynomial in the AES field): inv(A*x + 0xd3) is the AES inverse of
 * SM4_INTO*x + 0x65, mapped back. All words are therefore kept multiplied by
 * SM4_INTO, byte by byte, and round keys by the same and with 0x65 added, so
 * that a round begins with the inversion.
 *
 * L (GB/T 32907 6.2.3) is, on bytes, a sum of matrices and whole rotations:
 * L(x) = M0*x + rol8(M1*x) + rol16(M1*x) + rol24(M3*x), with M0 = 1 + (<<2),
 * M1 = rol2 of the byte, M3 = 1 + (>>6), and so M0 = M1 + M3. M1 and M3 are
 * merged with the S-box's last map and SM4_INTO into one instruction each,
 * inversion included, side by side. What the S-box's last 0xd3 becomes is the
 * same in every byte, and is added three times with M1, twice with M3.
 *
 * Words stay as they lie in memory, most significant byte first, so rotating
 * a word to the left moves its bytes to lower places.
 *
 * tests/unit/test_sm4.c derives these numbers from the standard's S-box.
 */
#ifndef HF_CRYPTO_SM_SM4_GFNI_H
#define HF_CRYPTO_SM_SM4_GFNI_H

#define SM4_INTO     0x34ac259e022dbc52
#define SM4_INTO_ADD 0x65
#define SM4_FROM     0xd72d8e511e6c8b19 /* and 0xd3: from the inverse to the S-box */
#define SM4_BACK     0x47101b244258d265 /* the inverse of SM4_INTO */
#define SM4_N1       0x08c70d0119204989
#define SM4_N3       0xfcaabeec34efb4a1
#define SM4_ADD      0x39

#endif
