/* For several execution daemons on one machine: each binds to and connects from OWN_ADDRESS (127.0.0.2 ...). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef int (*call)(int, const struct sockaddr *, socklen_t);

static struct sockaddr_in own(in_port_t port)
{
    struct sockaddr_in found;
    const char *text = getenv("OWN_ADDRESS");
    memset(&found, 0, sizeof found);
    found.sin_family = AF_INET;
    found.sin_port = port;
    found.sin_addr.s_addr = text ? inet_addr(text) : INADDR_ANY;
    return found;
}

int bind(int line, const struct sockaddr *address, socklen_t size)
{
    const struct sockaddr_in *wanted = (const struct sockaddr_in *)address;
    if (address && address->sa_family == AF_INET && wanted->sin_addr.s_addr == INADDR_ANY) {
        struct sockaddr_in mine = own(wanted->sin_port);
        return ((call)dlsym(RTLD_NEXT, "bind"))(line, (struct sockaddr *)&mine, sizeof mine);
    }
    return ((call)dlsym(RTLD_NEXT, "bind"))(line, address, size);
}

int connect(int line, const struct sockaddr *address, socklen_t size)
{
    struct sockaddr_in now, mine = own(0);
    socklen_t length = sizeof now;
    if (address && address->sa_family == AF_INET && getsockname(line, (struct sockaddr *)&now, &length) == 0
        && now.sin_port == 0)
        ((call)dlsym(RTLD_NEXT, "bind"))(line, (struct sockaddr *)&mine, sizeof mine);
    return ((call)dlsym(RTLD_NEXT, "connect"))(line, address, size);
}
