/* The floor server: what a kernel and a loop of send() can do, without any guarantee. Usage: floor PORT REDIS_SOCKET CHANNEL

   Every text frame is answered `{"ok":1}`; what is published on the channel goes to every socket, one send() each. */
#include "wire.h"

enum { BUFFER = 1 << 20, BATCH = 512, SOCKETS = 1 << 16 };

static uint8_t upgraded[SOCKETS];
static int members[SOCKETS], place[SOCKETS], count;
static uint8_t buffer[BUFFER], pending[BUFFER];
static size_t pending_size;

static void forget(int fd) {
    if (upgraded[fd]) {
        members[place[fd]] = members[--count];
        place[members[place[fd]]] = place[fd];
        upgraded[fd] = 0;
    }
    close(fd);
}

static void read_socket(int fd) {
    ssize_t got = recv(fd, buffer, BUFFER, 0);
    if (got <= 0) {
        if (got < 0 && errno == EAGAIN) return;
        return forget(fd);
    }
    size_t at = 0, have = (size_t)got;
    if (!upgraded[fd]) {
        static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        if (!memmem(buffer, have, "\r\n\r\n", 4)) return forget(fd);
        upgraded[fd] = 1, place[fd] = count, members[count++] = fd;
        if (send_all(fd, answer, sizeof answer - 1) < 0) forget(fd);
        return;
    }
    while (at < have) {
        uint64_t size;
        size_t head = read_head(buffer + at, have - at, &size);
        if (!head || have - at - head < size) return; /* small requests come whole on loopback */
        if ((buffer[at] & 15) == 8) return forget(fd);
        static const char reply[] = "\x81\x08{\"ok\":1}";
        if ((buffer[at] & 15) == 1 && send_all(fd, reply, sizeof reply - 1) < 0) return forget(fd);
        at += head + size;
    }
}

/* One bulk string at `at`; NULL when it is not whole yet. */
static uint8_t *read_bulk(uint8_t **at, uint8_t *end, size_t *size) {
    uint8_t *line = memmem(*at, (size_t)(end - *at), "\r\n", 2);
    if (!line || **at != '$') return NULL;
    *size = (size_t)atol((char *)*at + 1);
    if (line + 2 + *size + 2 > end) return NULL;
    *at = line + 2 + *size + 2;
    return line + 2;
}

static void fan_out(const uint8_t *text, size_t size) {
    static uint8_t frame[BUFFER];
    size_t head = frame_head(frame, 1, size, 0);
    memcpy(frame + head, text, size);
    for (int i = count - 1; i >= 0; i--)
        if (send_all(members[i], frame, head + size) < 0) forget(members[i]);
}

/* Messages of RESP2: *3 $7 message $n channel $n payload, or *3 $9 subscribe ... :1 */
static void read_redis(int fd) {
    ssize_t got = recv(fd, pending + pending_size, BUFFER - pending_size, 0);
    if (got <= 0) die("redis went away");
    pending_size += (size_t)got;
    uint8_t *at = pending, *end = pending + pending_size;
    while (end - at > 4 && !memcmp(at, "*3\r\n", 4)) {
        uint8_t *next = at + 4, *payload;
        size_t size, kind_size;
        uint8_t *kind = read_bulk(&next, end, &kind_size);
        if (!kind || !read_bulk(&next, end, &size)) break;
        if (kind_size == 9) {
            uint8_t *line = memmem(next, (size_t)(end - next), "\r\n", 2);
            if (!line) break;
            next = line + 2;
        } else {
            if (!(payload = read_bulk(&next, end, &size))) break;
            fan_out(payload, size);
        }
        at = next;
    }
    pending_size = (size_t)(end - at);
    memmove(pending, at, pending_size);
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage: floor PORT REDIS_SOCKET CHANNEL");
    raise_limit();
    int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1, poller = epoll_create1(0);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(door, (struct sockaddr *)&at, sizeof at) < 0 || listen(door, 4096) < 0) die("listen");
    int redis = connect_unix(argv[2]);
    char subscribe[300];
    int size = snprintf(subscribe, sizeof subscribe, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n", strlen(argv[3]), argv[3]);
    if (send_all(redis, subscribe, (size_t)size) < 0) die("redis");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = door}, events[BATCH];
    epoll_ctl(poller, EPOLL_CTL_ADD, door, &event);
    event.data.fd = redis;
    epoll_ctl(poller, EPOLL_CTL_ADD, redis, &event);
    for (;;) {
        int found = epoll_wait(poller, events, BATCH, -1);
        for (int i = 0; i < found; i++) {
            int fd = events[i].data.fd;
            if (fd == redis) {
                read_redis(fd);
            } else if (fd != door) {
                read_socket(fd);
            } else if ((fd = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
                epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
            }
        }
    }
}
