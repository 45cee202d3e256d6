#include "wire/login.h"

void
hf_login_transcript(struct hf_wr *w, bool server, struct hf_bytes client_random,
                    struct hf_bytes server_random, struct hf_bytes server_id)
{
    hf_wr_str(w, server ? "HUFU-LOGIN-SERVER-1" : "HUFU-LOGIN-CLIENT-1");
    hf_wr_u8(w, 0);
    hf_wr_put(w, client_random);
    hf_wr_put(w, server_random);
    hf_wr_put(w, server_id);
}
