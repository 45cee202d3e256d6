/* SM2 in portable C. */
#include <string.h>

#include <openssl/crypto.h>

#include "crypto/sm/sm2_fe_c.h"

#define SM2_OPS      hf_sm2_ops_generic
#define SM2_OPS_NAME "generic"
#include "crypto/sm/sm2_curve_body.h"
