/* SM2 with MULX, ADCX and ADOX. */
#if defined(__x86_64__)

#include <string.h>

#include <openssl/crypto.h>

#include "crypto/sm/sm2_fe_adx.h"
#include "crypto/sm/sm2_word.h"

#define SM2_OPS      hf_sm2_ops_adx
#define SM2_OPS_NAME "adx"
#include "crypto/sm/sm2_curve_body.h"

#else
typedef int hf_sm2_adx_is_for_x86_64;
#endif
