/* What client.c and floor.c share: time, files, templates, websocket frames of RFC 6455. */
#ifndef WIRE_H
#define WIRE_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static inline void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, errno ? strerror(errno) : "wrong");
    exit(1);
}

static inline uint64_t clock_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static inline uint64_t now_us(void) { return clock_us(CLOCK_MONOTONIC); }

/* As many descriptors as we may have. */
static inline void raise_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* The header of a frame into `head`; client frames carry the mask 0, which leaves the payload as it is. */
static inline size_t frame_head(uint8_t *head, int opcode, size_t size, int masked) {
    size_t at = 2;
    head[0] = (uint8_t)(0x80 | opcode);
    if (size < 126) {
        head[1] = (uint8_t)size;
    } else if (size < 65536) {
        head[1] = 126, head[2] = (uint8_t)(size >> 8), head[3] = (uint8_t)size, at = 4;
    } else {
        head[1] = 127;
        for (int i = 0; i < 8; i++) head[2 + i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
        at = 10;
    }
    if (masked) head[1] |= 0x80, memset(head + at, 0, 4), at += 4;
    return at;
}

/* Size of the header at `data`, 0 when more bytes are needed; the payload's size into `size`. */
static inline size_t read_head(const uint8_t *data, size_t have, uint64_t *size) {
    if (have < 2) return 0;
    size_t at = 2;
    uint64_t found = data[1] & 0x7f;
    if (found == 126) {
        if (have < 4) return 0;
        found = (uint64_t)data[2] << 8 | data[3], at = 4;
    } else if (found == 127) {
        if (have < 10) return 0;
        found = 0, at = 10;
        for (int i = 0; i < 8; i++) found = found << 8 | data[2 + i];
    }
    if (data[1] & 0x80) at += 4;
    *size = found;
    return have < at ? 0 : at;
}

/* Everything, also when the peer is slow for a moment. -1: the connection is over. */
static inline int send_all(int fd, const void *data, size_t size) {
    const char *next = data;
    while (size) {
        ssize_t sent = send(fd, next, size, MSG_NOSIGNAL);
        if (sent >= 0) {
            next += sent, size -= (size_t)sent;
        } else if (errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            if (poll(&wait, 1, 5000) <= 0) return -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

static inline int connect_unix(const char *path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) < 0) die(path);
    return fd;
}
#endif
