/*
 * sm4_sbox.h - the SM4 S-box as a circuit over bit planes; made by tools/gen-sm4-sbox.
 *
 * 103 XOR and 36 AND. SM4_SBOX(type, x) replaces the eight planes x[0..7] (bit i of
 * every byte in x[i]) by those of the S-box output; type is any type with ~ & ^.
 */
#ifndef HF_CRYPTO_SM_SM4_SBOX_H
#define HF_CRYPTO_SM_SM4_SBOX_H

/* clang-format off */
#define SM4_SBOX(type, x)                                                                   \
    do {                                                                                    \
        type a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22,       \
            a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37,      \
            a38, a39, a40, a41, a42, n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11,      \
            n12, n13, n14, n15, p0, p1, p2, p3, p4, p5, p6, p7, p8, d13, d14, d15, d16,     \
            d17, d18, d19, d20, d21, d22, d23, d24, d25, d26, e0, e1, e2, e3, e4, e5,       \
            e6, e7, e8, e9, e10, e11, f0, f1, f2, g0, g1, g2, f3, f4, f5, i3, i2, i1,       \
            i0, h2, l2, m0, m1, m2, t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11,       \
            t12, t13, t14, t15, t16, t17, o18, o19, o20, o21, o22, o23, o24, o25, o26,      \
            o27, o28, o29, o30, o31, o32, o33, o34, o35, o36, o37, o38, o39, o40, o41,      \
            o42, o43, o44, o45, o46, o47, o48, o49, o50;                                    \
        a8 = (x)[2] ^ (x)[3]; a9 = (x)[0] ^ (x)[4]; a10 = (x)[1] ^ (x)[6];                  \
        a11 = (x)[5] ^ a8; a12 = a9 ^ a10; a13 = (x)[2] ^ (x)[7]; a14 = (x)[4] ^ (x)[7];    \
        a15 = a8 ^ a14; a16 = (x)[7] ^ a12; a17 = (x)[1] ^ a9; a18 = (x)[0] ^ (x)[1];       \
        a19 = (x)[7] ^ a11; a20 = (x)[3] ^ (x)[5]; a21 = a16 ^ a20; a22 = (x)[6] ^ a13;     \
        a23 = (x)[7] ^ a8; a24 = a8 ^ a10; a25 = a17 ^ a19; a26 = (x)[6] ^ a9;              \
        a27 = (x)[7] ^ a18; a28 = (x)[4] ^ a22; a29 = (x)[6] ^ a15; a30 = a11 ^ a12;        \
        a31 = (x)[3] ^ a9; a32 = a13 ^ a18; a33 = (x)[1] ^ a15; a34 = a10 ^ a15;            \
        a35 = a11 ^ a18; a36 = (x)[2] ^ a17; a37 = a11 ^ a17; a38 = (x)[7] ^ a10;           \
        a39 = (x)[5] ^ a27; a40 = (x)[2] ^ a12; a41 = (x)[6] ^ a19; a42 = a11 ^ a26;        \
        n0 = ~a23; n1 = ~a35; n2 = ~a42; n3 = ~a38; n4 = ~a34; n5 = ~a14; n6 = ~a29;        \
        n7 = ~a28; n8 = ~a10; n9 = ~a12; n10 = ~a30; n11 = ~a13; n12 = ~a16; n13 = ~a41;    \
        n14 = ~(x)[6]; n15 = ~a36; p0 = a39 & n6; p1 = n0 & (x)[3]; p2 = n1 & n7;           \
        p3 = n2 & n8; p4 = n3 & a9; p5 = a25 & n9; p6 = n4 & a33; p7 = a24 & a31;           \
        p8 = n5 & a32; d13 = p2 ^ p4; d14 = p4 ^ p7; d15 = p1 ^ p3; d16 = n11 ^ d13;        \
        d17 = d15 ^ d16; d18 = p0 ^ p5; d19 = a21 ^ d13; d20 = d18 ^ d19; d21 = p3 ^ p6;    \
        d22 = a22 ^ d14; d23 = d21 ^ d22; d24 = p5 ^ p8; d25 = a19 ^ d14;                   \
        d26 = d24 ^ d25; e0 = d26 & d20; e1 = d23 & d17; e2 = d26 ^ d23; e3 = d20 ^ d17;    \
        e4 = e2 & e3; e5 = e4 ^ e1; e6 = e0 ^ e1; e7 = d23 ^ d20; e8 = d26 ^ e3;            \
        e9 = e5 ^ e7; e10 = e6 ^ e8; e11 = e9 ^ e10; f0 = d26 & e9; f1 = d23 & e11;         \
        f2 = e2 & e10; g0 = d26 ^ d20; g1 = d23 ^ d17; g2 = g0 ^ g1; f3 = g0 & e9;          \
        f4 = g1 & e11; f5 = g2 & e10; i3 = f2 ^ f1; i2 = f0 ^ f1; i1 = f5 ^ f4;             \
        i0 = f3 ^ f4; h2 = i3 ^ i2; l2 = i1 ^ i0; m0 = i2 ^ i0; m1 = i3 ^ i1;               \
        m2 = h2 ^ l2; t0 = n10 & i3; t1 = n11 & i2; t2 = a21 & h2; t3 = a37 & i1;           \
        t4 = n12 & i0; t5 = n13 & l2; t6 = n14 & m1; t7 = a40 & m0; t8 = n15 & m2;          \
        t9 = n6 & i3; t10 = (x)[3] & i2; t11 = n7 & h2; t12 = n8 & i1; t13 = a9 & i0;       \
        t14 = n9 & l2; t15 = a33 & m1; t16 = a31 & m0; t17 = a32 & m2; o18 = t0 ^ t1;       \
        o19 = t6 ^ t9; o20 = t3 ^ t10; o21 = t11 ^ t13; o22 = t8 ^ o20; o23 = t14 ^ o19;    \
        o24 = t12 ^ o18; o25 = t7 ^ o21; o26 = t4 ^ o22; o27 = t0 ^ t2; o28 = t5 ^ o18;     \
        o29 = t11 ^ t16; o30 = o26 ^ o27; o31 = o23 ^ o25; o32 = t8 ^ o24;                  \
        o33 = t15 ^ o19; o34 = t15 ^ o29; o35 = t17 ^ o33; o36 = o21 ^ o35;                 \
        o37 = o32 ^ o36; o38 = o28 ^ o31; o39 = o28 ^ o34; o40 = o30 ^ o35;                 \
        o41 = t10 ^ o32; o42 = o20 ^ o39; o43 = t4 ^ o38; o44 = o25 ^ o26;                  \
        o45 = t6 ^ o30; o46 = o24 ^ o44; o47 = t1 ^ o31; o48 = o34 ^ o45;                   \
        o49 = t2 ^ o47; o50 = o23 ^ o41; (x)[0] = ~o46; (x)[1] = ~o42; (x)[2] = o37;        \
        (x)[3] = o48; (x)[4] = ~o43; (x)[5] = o49; (x)[6] = ~o40; (x)[7] = ~o50;            \
    } while (0)

#endif
