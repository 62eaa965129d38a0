/* The load client's sockets: opening, reading, publishing, and what each arriving frame counts as. */
#ifndef SOCKETS_H
#define SOCKETS_H
#include "client.h"

static int poller, redis = -1;
static uint8_t *buffer;
enum { BUFFER = 1 << 22, BATCH = 512 };

static enum { IDLE, FAN, RATE, ASK, PACE, ONCE } mode;
static int counting;
static uint64_t sent_events, done_events, delivered, answered, refused, odd, ended_us;
static uint32_t arrived[RING];
static uint64_t due[RING];
static uint32_t opening, opened, failed, next_asker, asked_once;
static char complaint[200];

static void complain(const char *text, size_t size) {
    if (complaint[0]) return;
    size_t out = 0;
    for (size_t i = 0; i < size && out < sizeof complaint - 2; i++)
        complaint[out++] = text[i] < 32 || text[i] == '"' || text[i] == '\\' ? ' ' : text[i];
}

static void lose(conn *c) {
    if (c->state == LOST || c->state == FREE) return;
    if (c->state == READY) groups[c->group].ready--, groups[c->group].lost++;
    else opening--, failed++;
    c->state = LOST;
    free(c->part), c->part = NULL, c->part_size = 0;
    close(c->fd);
}

static void send_frame(conn *c, int opcode, const char *text, size_t size) {
    uint8_t frame[(1 << 16) + 16];
    size_t at = frame_head(frame, opcode, size, 1);
    memcpy(frame + at, text, size);
    if (send_all(c->fd, frame, at + size) < 0) lose(c);
}

static void take_steps(conn *c) {
    group *of = &groups[c->group];
    while (c->step < of->steps_count && of->steps[c->step].send && c->state == STEPPING) {
        size_t size;
        const char *text = fill(of->steps[c->step++].text, c, 1, now_us(), &size);
        send_frame(c, 1, text, size);
    }
    if (c->state == STEPPING && c->step == of->steps_count) c->state = READY, of->ready++, opening--, opened++;
}

static void send_request(conn *c, uint64_t when) {
    size_t size;
    const char *text = fill(ask, c, 1, when, &size);
    c->asked = when ? when : 1;
    send_frame(c, 1, text, size);
}

/* `count` events into the system: in one request where the server takes several, one by one where it does not. */
static void publish(uint64_t count, uint64_t when) {
    for (uint64_t i = 0; i < count; i++) due[(sent_events + i) % RING] = when;
    sent_events += count;
    if (redis >= 0) {
        uint8_t *place = stamp_mark ? memmem(message, message_size, "@@@@@@@@@@@@@@@@", STAMP_DIGITS) : NULL;
        static uint8_t *at;
        if (!at) at = place;
        if (at) write_stamp((char *)at, when);
        for (; count; count--)
            if (send_all(redis, message, message_size) < 0) die("redis");
        return;
    }
    group *by = &groups[PUBLISHERS];
    int together = strstr(emit, "{n}") != NULL;
    for (uint64_t i = 0; i < (together ? 1 : count); i++) {
        conn *c = &by->conns[serial % by->count];
        size_t size;
        const char *text = fill(emit, c, count, when, &size);
        send_frame(c, 1, text, size);
        serial++;
    }
}

static void take_event(conn *c, const uint8_t *text, size_t size) {
    if (size < event_bytes_min) return;
    /* The length tells an event from other frames; one of 64 is looked at to see that the length tells the truth. */
    if ((c->events & 63) == 0 && event_mark && !memmem(text, size, event_mark, strlen(event_mark))) {
        odd++;
        complain((const char *)text, size);
        return;
    }
    uint64_t number = c->events++;
    delivered += (uint64_t)counting;
    if (number >= sent_events) { /* more than was published: something came twice */
        odd++;
        complain((const char *)text, size);
        return;
    }
    if (mode == RATE) {
        uint64_t when = due[number % RING];
        const char *mark = stamp_mark ? memmem(text, size, stamp_mark, strlen(stamp_mark)) : NULL;
        if (mark) mark += strlen(stamp_mark), mark += strspn(mark, " \"");
        if (mark) when = strtoull(mark, NULL, 10) - 1000000000000000ull;
        uint64_t now = now_us();
        note_time(now > when ? now - when : 0);
    }
    if (++arrived[number % RING] == groups[LISTENERS].ready) arrived[number % RING] = 0, done_events++;
}

static void take_answer(conn *c, const uint8_t *text, size_t size) {
    if (!c->asked || (failure_mark && memmem(text, size, failure_mark, strlen(failure_mark)))) {
        if (!c->asked) return;
        refused++;
        complain((const char *)text, size);
    } else if (!ok_mark || memmem(text, size, ok_mark, strlen(ok_mark))) {
        if (counting) answered++, note_time(now_us() - c->asked);
    } else {
        return; /* some other frame */
    }
    c->asked = 0;
    group *of = &groups[LISTENERS];
    if (mode == ASK) {
        send_request(c, now_us());
    } else if (mode == ONCE) {
        ended_us = now_us();
        asked_once--;
        if (next_asker < of->count) asked_once++, send_request(&of->conns[next_asker++], now_us());
    }
}

static void take_text(conn *c, const uint8_t *text, size_t size) {
    group *of = &groups[c->group];
    if (size == 1 && text[0] == '2') return send_frame(c, 1, "3", 1); /* the ping of engine.io */
    if (c->state == STEPPING) {
        if (failure_mark && memmem(text, size, failure_mark, strlen(failure_mark))) {
            complain((const char *)text, size);
            lose(c);
        } else if (memmem(text, size, of->steps[c->step].text, strlen(of->steps[c->step].text))) {
            c->step++;
            take_steps(c);
        }
    } else if (c->group == PUBLISHERS) {
        if (failure_mark && memmem(text, size, failure_mark, strlen(failure_mark))) {
            refused++;
            complain((const char *)text, size);
        }
    } else if (mode == FAN || mode == RATE) {
        take_event(c, text, size);
    } else {
        take_answer(c, text, size);
    }
}

static void read_conn(conn *c) {
    size_t have = c->part_size;
    if (have) memcpy(buffer, c->part, have);
    ssize_t got = recv(c->fd, buffer + have, BUFFER - have, 0);
    if (got <= 0) {
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        return lose(c);
    }
    have += (size_t)got;
    size_t at = 0;
    if (c->state == UPGRADING) {
        uint8_t *end = memmem(buffer, have, "\r\n\r\n", 4);
        if (end) {
            if (!memmem(buffer, (size_t)(end - buffer), " 101 ", 5)) {
                complain((char *)buffer, have);
                return lose(c);
            }
            at = (size_t)(end - buffer) + 4;
            c->state = STEPPING;
            take_steps(c);
        }
    }
    while (c->state == STEPPING || c->state == READY) {
        uint64_t size;
        size_t head = read_head(buffer + at, have - at, &size);
        if (!head || have - at - head < size) break;
        int opcode = buffer[at] & 15, whole = buffer[at] >> 7;
        const uint8_t *payload = buffer + at + head;
        at += head + size;
        if (!whole || opcode == 0) odd++;
        else if (opcode == 9) send_frame(c, 10, (const char *)payload, size < 126 ? size : 0);
        else if (opcode == 8) return complain((const char *)payload + 2, size > 2 ? size - 2 : 0), lose(c);
        else if (opcode != 10) take_text(c, payload, size);
    }
    if (c->state == LOST) return;
    c->part_size = have - at;
    if (c->part_size) c->part = realloc(c->part, c->part_size), memcpy(c->part, buffer + at, c->part_size);
    else if (c->part) free(c->part), c->part = NULL;
}

static void begin_handshake(conn *c) {
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem) return lose(c);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
    group *of = &groups[c->group];
    char request[4096];
    size_t length;
    const char *headers = fill(of->headers ? of->headers : "", c, 1, 0, &length);
    int written = snprintf(request, sizeof request,
                           "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                           of->path ? of->path : "/", of->port, headers);
    c->state = UPGRADING;
    if (send_all(c->fd, request, (size_t)written) < 0) lose(c);
}

static void connect_next(group *to) {
    conn *c = &to->conns[to->count];
    *c = (conn){.group = (uint8_t)(to - groups), .index = to->count++, .state = CONNECTING};
    opening++;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket");
    int yes = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)to->port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    if (connect(c->fd, (struct sockaddr *)&at, sizeof at) < 0 && errno != EINPROGRESS) lose(c);
}

/* One turn of the loop. False: the input has a line (or ended). */
static int turn(int wait_ms) {
    struct epoll_event events[BATCH];
    int count = epoll_wait(poller, events, BATCH, wait_ms), input = 0;
    for (int i = 0; i < count; i++) {
        conn *c = events[i].data.ptr;
        if (!c) input = 1;
        else if ((void *)c == (void *)&redis) {
            if (recv(redis, buffer, BUFFER, 0) <= 0) die("redis went away");
        } else if (c->state == CONNECTING) begin_handshake(c);
        else if (c->state != LOST && c->state != FREE) read_conn(c);
    }
    return !input;
}

/* A turn that ends at `when` at the latest, to the microsecond and asleep: a client that spins until then takes a core
   from the server it measures. */
static void turn_until(uint64_t when) {
    uint64_t now = now_us(), left = when > now ? when - now : 0;
    struct timespec wait = {.tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000) * 1000};
    struct pollfd ready = {.fd = poller, .events = POLLIN};
    if (ppoll(&ready, 1, &wait, NULL) > 0) turn(0);
}
#endif
