/* The load client: thousands of websockets in one thread, told what to do by lines on its input.

   open G COUNT AT_ONCE        connect group G (L or P) and take each socket through its steps
   fan W SECONDS WARM          closed loop: W events in flight, the next goes out when one reached every listener
   rate PER_SECOND SECONDS     open loop: events at fixed times, latency from the time intended
   ask AT_ONCE SECONDS WARM    closed loop: each of AT_ONCE listeners asks again when it was answered
   pace PER_SECOND SECONDS     open loop: requests at fixed times, latency from the time intended
   once AT_ONCE                every listener asks once
   close G | cpu | quit

   Each answers one line of JSON. Nothing is measured by the peer: it cannot flatter itself. */
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
        if (memmem(text, size, of->steps[c->step].text, strlen(of->steps[c->step].text))) {
            c->step++;
            take_steps(c);
        } else if (failure_mark && memmem(text, size, failure_mark, strlen(failure_mark))) {
            complain((const char *)text, size);
            lose(c);
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

static double cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void begin(int next) {
    mode = next;
    sent_events = done_events = delivered = answered = refused = odd = 0;
    complaint[0] = 0;
    counting = 1;
    memset(arrived, 0, sizeof arrived);
    for (uint32_t i = 0; i < groups[LISTENERS].count; i++)
        groups[LISTENERS].conns[i].events = groups[LISTENERS].conns[i].asked = 0;
    forget_times();
}

/* `missing` deliveries never came, `odd` ones should not have come: both must be 0 for a figure to count. */
static void tell(double seconds, double cpu) {
    uint64_t listeners = groups[LISTENERS].ready, total = 0;
    for (uint32_t i = 0; i < groups[LISTENERS].count; i++) total += groups[LISTENERS].conns[i].events;
    uint64_t wanted = mode == FAN || mode == RATE ? sent_events * listeners : total;
    printf("{\"seconds\":%.6f,\"delivered\":%llu,\"answered\":%llu,\"events\":%llu,\"missing\":%lld,\"odd\":%llu,"
           "\"refused\":%llu,\"lost\":%u,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"measured\":%llu,\"cpu\":%.3f,"
           "\"complaint\":\"%s\"}\n",
           seconds, (unsigned long long)delivered, (unsigned long long)answered, (unsigned long long)sent_events,
           (long long)(wanted - total), (unsigned long long)odd, (unsigned long long)refused, groups[LISTENERS].lost,
           percentile_ms(0.5), percentile_ms(0.99), (double)longest / 1e3, (unsigned long long)measured,
           cpu / (seconds > 0 ? seconds : 1), complaint);
}

/* Wait until all that is under way has come, or nothing has come for a while. */
static void drain(void) {
    uint64_t start = now_us(), quiet = start, seen = ~0ull;
    while (done_events < sent_events && now_us() - quiet < 2000000 && now_us() - start < 30000000) {
        turn(50);
        uint64_t total = 0;
        for (uint32_t i = 0; i < groups[LISTENERS].count; i++) total += groups[LISTENERS].conns[i].events;
        if (total != seen) seen = total, quiet = now_us();
    }
}

static void run_fan(uint64_t in_flight, double seconds, double warm) {
    begin(FAN);
    counting = 0;
    uint64_t start = now_us(), from = start + (uint64_t)(warm * 1e6), until = from + (uint64_t)(seconds * 1e6), now;
    double cpu = 0;
    publish(in_flight, start);
    while ((now = now_us()) < until) {
        if (!counting && now >= from) counting = 1, from = now, cpu = cpu_s();
        turn(20);
        uint64_t room = in_flight - (sent_events - done_events);
        if (room) publish(room, now_us());
    }
    counting = 0;
    cpu = cpu_s() - cpu;
    drain();
    tell((double)(now - from) / 1e6, cpu);
}

static void run_rate(double per_second, double seconds) {
    begin(RATE);
    uint64_t start = now_us() + 1000, total = (uint64_t)(per_second * seconds);
    double cpu = cpu_s();
    for (uint64_t next = 0; next < total;) {
        uint64_t when = start + (uint64_t)((double)next * 1e6 / per_second), now = now_us();
        if (now >= when) publish(1, when), next++;
        else turn((int)((when - now) / 1000)); /* the rest of a millisecond is waited for without sleep */
    }
    double took = (double)(now_us() - start) / 1e6;
    cpu = cpu_s() - cpu;
    drain();
    tell(took, cpu);
}

static void run_ask(uint32_t at_once, double seconds, double warm) {
    begin(ASK);
    counting = 0;
    group *of = &groups[LISTENERS];
    uint64_t start = now_us(), from = start + (uint64_t)(warm * 1e6), until = from + (uint64_t)(seconds * 1e6), now;
    double cpu = 0;
    for (uint32_t i = 0; i < at_once && i < of->count; i++) send_request(&of->conns[i], now_us());
    while ((now = now_us()) < until) {
        if (!counting && now >= from) counting = 1, from = now, cpu = cpu_s();
        turn(20);
    }
    counting = 0;
    cpu = cpu_s() - cpu;
    mode = PACE; /* answers no longer bring new requests */
    for (uint64_t quiet = now_us(); now_us() - quiet < 2000000;) {
        uint32_t left = 0;
        for (uint32_t i = 0; i < of->count; i++) left += of->conns[i].state == READY && of->conns[i].asked;
        if (!left) break;
        turn(20);
    }
    tell((double)(now - from) / 1e6, cpu);
}

/* A request whose time comes while every socket still waits is sent by the first that is free: the wait counts. */
static void run_pace(double per_second, double seconds) {
    begin(PACE);
    group *of = &groups[LISTENERS];
    uint64_t start = now_us() + 1000, total = (uint64_t)(per_second * seconds), next = 0, turns = 0;
    uint64_t patience = start + (uint64_t)(seconds * 1e6) + 5000000;
    double cpu = cpu_s();
    while (answered + refused < total && now_us() < patience) {
        uint64_t when = start + (uint64_t)((double)next * 1e6 / per_second), now = now_us();
        conn *freed = NULL;
        for (uint32_t i = 0; next < total && now >= when && i < of->count && !freed; i++) {
            conn *c = &of->conns[turns++ % of->count];
            if (c->state == READY && !c->asked) freed = c;
        }
        if (freed) send_request(freed, when), next++;
        else turn(next < total && now < when ? (int)((when - now) / 1000) : 1);
    }
    tell((double)(now_us() - start) / 1e6, cpu_s() - cpu);
}

static void run_once(uint32_t at_once) {
    begin(ONCE);
    group *of = &groups[LISTENERS];
    uint64_t start = now_us();
    double cpu = cpu_s();
    for (next_asker = asked_once = 0; next_asker < of->count && asked_once < at_once; asked_once++)
        send_request(&of->conns[next_asker++], now_us());
    while (asked_once && now_us() - start < 60000000) turn(20);
    tell((double)(ended_us - start) / 1e6, cpu_s() - cpu);
}

static void run_open(group *to, uint32_t count, uint32_t at_once) {
    begin(IDLE);
    to->conns = realloc(to->conns, (to->count + count) * sizeof(conn)); /* only while none is registered: see main */
    opened = failed = 0;
    uint64_t start = now_us(), quiet = start;
    double cpu = cpu_s();
    for (uint32_t begun = 0, seen = 0; opened + failed < count && now_us() - quiet < 20000000;) {
        while (opening < at_once && begun < count) begun++, connect_next(to);
        turn(20);
        if (opened + failed != seen) seen = opened + failed, quiet = now_us();
    }
    double seconds = (double)(now_us() - start) / 1e6;
    printf("{\"opened\":%u,\"failed\":%u,\"seconds\":%.6f,\"cpu\":%.3f,\"complaint\":\"%s\"}\n", opened,
           count - opened, seconds, (cpu_s() - cpu) / seconds, complaint);
}

static void run_close(group *of) {
    uint32_t closed = 0;
    for (uint32_t i = 0; i < of->count; i++) {
        conn *c = &of->conns[i];
        if (c->state == READY) send_frame(c, 8, "\x03\xe8", 2);
        if (c->state != LOST) close(c->fd), free(c->part), closed++;
    }
    of->count = of->ready = of->lost = opening = 0;
    printf("{\"closed\":%u}\n", closed);
}

int main(int argc, char **argv) {
    if (argc != 2) die("usage: client CONFIG");
    raise_limit();
    read_config(argv[1]);
    seed_state ^= now_us() << 20 | (uint64_t)getpid();
    buffer = malloc(BUFFER);
    poller = epoll_create1(EPOLL_CLOEXEC);
    setvbuf(stdout, NULL, _IOLBF, 0);
    setvbuf(stdin, NULL, _IONBF, 0);
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    if (redis_path) {
        redis = connect_unix(redis_path);
        struct epoll_event replies = {.events = EPOLLIN, .data.ptr = &redis};
        epoll_ctl(poller, EPOLL_CTL_ADD, redis, &replies);
    }
    for (char line[256], which; ;) {
        epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
        mode = IDLE;
        while (turn(-1)) continue; /* pings are answered while nothing is asked */
        epoll_ctl(poller, EPOLL_CTL_DEL, STDIN_FILENO, &input);
        if (!fgets(line, sizeof line, stdin) || !strncmp(line, "quit", 4)) return 0;
        double a = 0, b = 0, c = 0;
        if (sscanf(line, "open %c %lf %lf", &which, &a, &b) == 3) {
            group *to = &groups[which == 'P' ? PUBLISHERS : LISTENERS];
            if (to->count) die("that group is open");
            run_open(to, (uint32_t)a, (uint32_t)b);
        } else if (sscanf(line, "fan %lf %lf %lf", &a, &b, &c) == 3) run_fan((uint64_t)a, b, c);
        else if (sscanf(line, "rate %lf %lf", &a, &b) == 2) run_rate(a, b);
        else if (sscanf(line, "ask %lf %lf %lf", &a, &b, &c) == 3) run_ask((uint32_t)a, b, c);
        else if (sscanf(line, "pace %lf %lf", &a, &b) == 2) run_pace(a, b);
        else if (sscanf(line, "once %lf", &a) == 1) run_once((uint32_t)a);
        else if (sscanf(line, "close %c", &which) == 1) run_close(&groups[which == 'P' ? PUBLISHERS : LISTENERS]);
        else errno = 0, die(line);
    }
}
