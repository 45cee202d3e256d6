#include "loop/wake.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un to = { .sun_family = AF_UNIX };
static atomic_int         sender = -1;

void
hf_wake_to(const char *path)
{
    if (strlen(path) >= sizeof(to.sun_path))
        return; /* the listener could not be opened there either */
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
    sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void
hf_wake(void)
{
    int fd = sender;

    if (fd != -1 && sendto(fd, "w", 1, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to)) == -1) {
        /* full: it is being woken already; absent: it is being restarted and will look */
    }
}

int
hf_wake_clear(int fd)
{
    char byte;
    int  any = 0;

    while (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0)
        any = 1;
    return any;
}
